"""Tags of Azure resources."""

from collections.abc import Mapping

import pulumi

Tags = Mapping[str, pulumi.Input[str]]
"""Tags by key."""
