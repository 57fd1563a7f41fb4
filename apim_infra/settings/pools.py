"""Names of the node pools."""

from typing import Literal

PoolName = Literal["management", "user", "monitoring"]
"""Name of a node pool."""

POOLS: tuple[PoolName, ...] = ("management", "user", "monitoring")
"""Every node pool, in the order in which they are made."""
