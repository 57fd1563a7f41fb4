"""Flows that tell one gateway group from another: only the ingress that leads to a group reaches it, and its administration only the group itself.

A deployment with one group has nothing to tell apart. Policies grow with the number of groups, never with their pairs: groups behind one load balancer on
one port share a flow, and what every group may do to itself is let through group by group at the destination alone.
"""

from collections.abc import Iterator
from dataclasses import replace

from apim_infra.planning.pod_ends import PodEnd, PodFlow, PodPort
from apim_infra.products.groups import proxy_port
from apim_infra.products.profile import EXPOSURE_LABEL, GROUP_LABEL, Profile, profile
from apim_infra.settings.deployments import Deployment
from apim_infra.settings.gateway import Exposure, GatewayGroup, GroupMode

INGRESS_LABEL = "apim.io/ingress"
"""Label of the proxies of the ingress that names the load balancer which they stand behind."""

_INGRESS, _GATEWAY, _SIDECAR = "ingress-controller", "gateway", "sidecar"


def by_group(deployment: Deployment, flow: PodFlow) -> Iterator[PodFlow]:
    """Yield the flow, or what it means for each part of the deployment's gateway groups that policies tell apart."""
    product = profile(deployment.settings.product)
    ends = tuple(end.role.removeprefix(f"{deployment.prefix}-") for end in (flow.source, flow.destination))
    groups = [group for group in deployment.settings.gateway_groups if _role(group) == ends[1]]
    several = len(deployment.settings.gateway_groups) > 1
    if ends == (_INGRESS, _SIDECAR) or (ends == (_INGRESS, _GATEWAY) and several and product.groups_apart):
        yield from _from_ingress(deployment, product, flow, groups)
    elif ends == (_GATEWAY, _GATEWAY) and several and product.groups_apart:
        yield replace(flow, ends="source")
        for group in groups:
            own = ((GROUP_LABEL, group.name),)
            yield replace(
                flow,
                name=deployment.own(f"admin-of-{group.name}"),
                source=_labelled(flow.source, own),
                destination=_labelled(flow.destination, own),
                ends="destination",
            )
    else:
        yield flow


def _role(group: GatewayGroup) -> str:
    return _SIDECAR if group.mode is GroupMode.SIDECAR else _GATEWAY


def _from_ingress(
    deployment: Deployment, product: Profile, flow: PodFlow, groups: list[GatewayGroup]
) -> Iterator[PodFlow]:
    """Yield a flow for the groups of each load balancer that listen on the product's port, and one for each group with a port of its own."""
    _, _, destination = flow.destination.role.rpartition("-")
    for exposure in dict.fromkeys(group.exposure for group in groups if group.port is None):
        yield replace(
            flow,
            name=deployment.own(f"ingress-to-{destination}-{exposure}"),
            source=_proxies(deployment, flow.source, exposure),
            destination=_labelled(flow.destination, ((EXPOSURE_LABEL, exposure.value),)),
        )
    for group in groups:
        if group.port is not None:
            ports = tuple(_own_port(port, product, group) for port in flow.ports)
            yield replace(
                flow,
                name=deployment.own(f"ingress-to-{group.name}"),
                source=_proxies(deployment, flow.source, group.exposure),
                destination=_labelled(flow.destination, ((GROUP_LABEL, group.name),)),
                ports=ports,
            )


def _own_port(port: PodPort, product: Profile, group: GatewayGroup) -> PodPort:
    number = proxy_port(product, group)
    return replace(port, port_from=number, port_to=number) if port.port_from == product.port("proxy") else port


def _proxies(deployment: Deployment, end: PodEnd, exposure: Exposure) -> PodEnd:
    """Return the proxies behind the load balancer of an exposure."""
    name = "internal" if exposure is Exposure.PRIVATE else "public"
    return _labelled(end, ((INGRESS_LABEL, deployment.own(name)),))


def _labelled(end: PodEnd, labels: tuple[tuple[str, str], ...]) -> PodEnd:
    return replace(end, labels=(*end.labels, *labels))
