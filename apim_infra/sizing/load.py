"""What follows from the load of gateway groups: replicas, which the groups derive themselves, and a pool that has room for them."""

import re
from collections.abc import Iterator
from dataclasses import replace

from apim_infra.products.profile import ProductUnavailableError
from apim_infra.settings.deployments import deployments
from apim_infra.settings.gateway import GatewayGroup
from apim_infra.settings.gateway_load import LoadPolicy, carried, measured_range, measurements
from apim_infra.settings.layers import Origin
from apim_infra.settings.load import Resolved
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.capacity import nodes_needed, pool_plan, survived
from apim_infra.sizing.catalogue import UnknownSizeError

POOL_MAXIMUM = "cluster.pools.user.max"
_REPLICAS = re.compile(r"(private_deployment\.)?gateway_groups\[(\d+)\]\.replicas\.(min|max)")


def with_room_for_load(resolved: Resolved) -> Resolved:
    """Return the settings with what is derived from loads marked so, and with a pool `user` that is large enough.

    The largest number of its nodes is raised, never lowered, and only where neither the stack file nor the command line says it. Settings whose size or
    product is unknown are returned as they are: they are refused elsewhere.
    """
    settings = resolved.settings
    if not any(group.load for deployment in deployments(settings) for group in deployment.settings.gateway_groups):
        return resolved
    origins = {
        path: Origin.LOAD if origin is Origin.DEFAULT and _derived(settings, path) else origin
        for path, origin in resolved.origins.items()
    }
    maximum = None if origins[POOL_MAXIMUM] in (Origin.FILE, Origin.SET) else _nodes(settings)
    if maximum is None or maximum <= settings.cluster.pools.user.max:
        return replace(resolved, origins=origins)
    pools = settings.cluster.pools
    larger = pools.model_copy(update={"user": pools.user.model_copy(update={"max": maximum})})
    cluster = settings.cluster.model_copy(update={"pools": larger})
    return replace(
        resolved,
        settings=settings.model_copy(update={"cluster": cluster}),
        origins={**origins, POOL_MAXIMUM: Origin.LOAD},
    )


def _nodes(settings: StackSettings) -> int | None:
    """Return the largest number of nodes of the pool `user` with which it stands everything that the stack must; None where no number does."""
    try:
        return nodes_needed(settings, pool_plan(settings, "user"), survived(settings))
    except (ProductUnavailableError, UnknownSizeError):
        return None


def _derived(settings: StackSettings, path: str) -> bool:
    """Tell whether a setting is a bound of replicas that a group derives from its load."""
    found = _REPLICAS.fullmatch(path)
    if found is None:
        return False
    private = settings.private_deployment if found[1] else None
    groups = private.gateway_groups if private else settings.gateway_groups
    return groups[int(found[2])].load is not None


def derivations(settings: StackSettings) -> Iterator[tuple[str, str, str]]:
    """Yield path, value and reason of the replicas of every group that names a load."""
    for deployment in deployments(settings):
        prefix = f"{deployment.prefix}_deployment." if deployment.prefix else ""
        for position, group in enumerate(deployment.settings.gateway_groups):
            needed = group.needed()
            if needed is not None:
                reason = _reason(group)
                yield f"{prefix}gateway_groups[{position}].replicas", f"{needed.minimum} to {needed.maximum}", reason


def _reason(group: GatewayGroup) -> str:
    load, measured = group.load, measurements()
    policy = load.policy if load else LoadPolicy.PASS_THROUGH
    peak = load.requests_per_second if load else 0
    smallest, _ = measured_range()
    each = carried(policy, smallest) / smallest
    return (
        f"since {peak} requests a second of {policy} are to be carried at {group.cpu_percent} % CPU by gateways of {group.most_cpu_millicores} millicores; "
        f"{smallest} gateways of {measured.cpu_millicores} millicores carried {each:.0f} each at {measured.message_kib} KB "
        f"({measured.measured_with}; apim_infra/settings/gateway_load.yaml)"
    )
