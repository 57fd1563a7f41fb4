"""Pools as the Kubernetes components take them."""

from apim_infra.settings.pools import PoolName
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.capacity import pool_settings
from components.kubernetes.pods import Placement


def placement(settings: StackSettings, pool: PoolName) -> Placement:
    """Return a pool with the taints that pods on it must tolerate."""
    return {
        "pool": pool,
        "taints": [
            {"key": taint.key, "value": taint.value, "effect": str(taint.effect)}
            for taint in pool_settings(settings, pool).taints
        ],
    }
