"""How a node pool is spread over the zones, and how it grows while it is upgraded.

On AWS there is a group of equal nodes for each zone, so that a zone can be added without touching the others; on Azure one pool spans them.

On AWS a pool's `min` is kept by all zones together. Its `max` is what pods may count on, also while a zone is lost: the zones that are left must then
hold it, so each may have `max` divided by one zone fewer than there are, rounded up. All pools together never have more nodes than their
`max` add to, since the autoscaler stops there.
"""

import math

from apim_infra.settings.cluster import Pool
from apim_infra.settings.stack import StackSettings


def zone_minimums(pool: Pool, zones: int) -> tuple[int, ...]:
    """Return the smallest number of nodes of each zone, first zone first: the pool's `min` dealt out evenly.

    No zone's share grows when a zone is added: AWS refuses a minimum above the number of nodes that run.
    """
    return tuple((pool.min + zones - 1 - position) // zones for position in range(zones))


def zone_maximum(pool: Pool, zones: int) -> int:
    """Return the largest number of nodes of each zone: with one zone lost the others together still hold the pool's `max`."""
    return math.ceil(pool.max / (zones - 1))


def most_nodes(settings: StackSettings) -> int:
    """Return the most nodes that all pools have together while none is being replaced: where the autoscaler stops."""
    pools = settings.cluster.pools
    return sum(pool.max for pool in (pools.management, pools.user, pools.monitoring))


def surge(wanted: str, maximum: int) -> int:
    """Return by how many nodes a pool of so many nodes grows while it is upgraded; `wanted` is a number, or a share in per cent."""
    if wanted.endswith("%"):
        return math.ceil(maximum * int(wanted.removesuffix("%")) / 100)
    return int(wanted)


def surged_nodes(settings: StackSettings) -> int:
    """Return by how many nodes all pools of AKS together grow while they are upgraded, that of its own services too."""
    pools, system = settings.cluster.pools, settings.cluster.system_pool
    own = sum(surge(pool.max_surge, pool.max) for pool in (pools.management, pools.user, pools.monitoring))
    return own + surge(Pool.model_fields["max_surge"].default, system.max)
