"""Load balancers and DNS on AWS, from the settings."""

from collections.abc import Mapping

import pulumi

from apim_infra.planning.placement import LoadBalancerName, hosts, hosts_elsewhere
from apim_infra.platform.aws_foundation import Foundation
from apim_infra.platform.naming import Naming
from apim_infra.settings.environment import Product, Topology
from apim_infra.settings.gateway import Exposure
from apim_infra.settings.stack import StackSettings
from components.aws.dns import AliasArgs, Dns, DnsArgs
from components.aws.load_balancer import DEFAULT_LISTENERS, ListenerArgs, LoadBalancer

LOAD_BALANCERS: tuple[LoadBalancerName, ...] = ("internal", "public")


def build_load_balancers(settings: StackSettings, naming: Naming, foundation: Foundation) -> Mapping[str, LoadBalancer]:
    """Build the internal and the public load balancer, as far as they are wanted."""
    # Behind the cloud's own front end nothing but its VPC link reaches the load balancer of API users.
    inside = {"internal": True, "public": settings.topology is Topology.INTEGRATED_CLOUD}
    wanted = {"internal": settings.ingress.internal.enabled, "public": settings.ingress.public.enabled}
    return {
        kind: LoadBalancer(
            naming.name(kind),
            {
                "vpc_id": foundation.vpc_id,
                "listeners": [*DEFAULT_LISTENERS, *_own_ports(settings, kind)],
                "internal": inside[kind],
                "subnet_ids": list(foundation.private_subnet_ids if inside[kind] else foundation.public_subnet_ids),
                "security_group_ids": [foundation.security_group_ids[f"{kind}-load-balancer"]],
                "deletion_protection": settings.deletion_protection,
                "tags": naming.tags,
            },
            foundation.options,
        )
        for kind, enabled in wanted.items()
        if enabled
    }


def _own_ports(settings: StackSettings, kind: str) -> list[ListenerArgs]:
    """Return the ports of the gateways to which a load balancer leads past the ingress."""
    ports = settings.layer7.ports if settings.product is Product.LAYER7 else []
    return [
        {"name": port.name, "port": port.port}
        for port in ports
        if kind == ("public" if port.exposure is Exposure.PUBLIC else "internal")
    ]


def build_dns(
    settings: StackSettings, naming: Naming, foundation: Foundation, balancers: Mapping[str, LoadBalancer]
) -> Dns:
    """Build the zones of the company domain with an alias for every host that leads to a load balancer."""
    aliases = {kind: _aliases(settings, kind, balancers[kind]) for kind in LOAD_BALANCERS if kind in balancers}
    existing = settings.ingress.dns
    args: DnsArgs = {
        "domain": settings.company_domain,
        "public": settings.ingress.public.enabled,
        "public_hosts": [] if settings.topology is Topology.INTEGRATED_CLOUD else aliases.get("public", []),
        "private_hosts": aliases.get("internal", []),
        "vpc_id": foundation.vpc_id,
        "deletion_protection": settings.deletion_protection,
        # cert-manager proves the domain by records that it may leave behind.
        "empty_on_delete": not settings.deletion_protection,
        "tags": naming.tags,
    }
    if existing.public_zone_id is not None:
        args["public_zone_id"] = existing.public_zone_id
    if existing.private_zone_id is not None:
        args["private_zone_id"] = existing.private_zone_id
    if elsewhere := hosts_elsewhere(settings):
        args["elsewhere"] = elsewhere
    return Dns(naming.name("dns"), args, foundation.options)


def _aliases(settings: StackSettings, kind: LoadBalancerName, balancer: LoadBalancer) -> list[AliasArgs]:
    labels = dict.fromkeys(host.name for host in hosts(settings) if host.load_balancer == kind)
    return [{"host": label, "target": balancer.dns_name, "target_zone_id": balancer.zone_id} for label in labels]


def zone_of(zone_id: pulumi.Output[str] | None) -> list[pulumi.Output[str]]:
    """Return a zone as a list, empty when there is none."""
    return [] if zone_id is None else [zone_id]
