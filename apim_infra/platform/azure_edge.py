"""Load balancers, Application Gateway and DNS on Azure, from the settings."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network

import pulumi
import pulumi_azure_native as azure

from apim_infra.planning.entry_addresses import load_balancer_address
from apim_infra.planning.placement import LoadBalancerName, host_names, hosts, hosts_elsewhere
from apim_infra.planning.subnets import ENTRY, NODES
from apim_infra.platform.azure_cluster import CERTIFICATES, NAMES, AnyCluster, WorkloadIdentities
from apim_infra.platform.azure_foundation import Foundation
from apim_infra.platform.naming import Naming
from apim_infra.settings.ingress import FirewallMode
from apim_infra.settings.stack import StackSettings
from components.azure.application_gateway import ApplicationGateway, ApplicationGatewayArgs
from components.azure.application_gateway_parts import SiteArgs
from components.azure.certificates import GatewayCertificate, GatewayCertificateArgs
from components.azure.dns import AliasArgs, Dns, DnsArgs
from components.azure.load_balancer import LoadBalancer, LoadBalancerArgs
from components.azure.role_assignment import assign
from components.azure.web_firewall import WebFirewall
from components.kubernetes.certificates import AzureDnsSolver
from components.kubernetes.external_dns import AzureZone
from components.kubernetes.ingress_specs import LoadBalancerService

LOAD_BALANCERS: tuple[LoadBalancerName, ...] = ("internal", "public")

CERTIFICATE = "hosts"
"""Name of the one certificate of an Application Gateway, which is for all of its hosts."""


def build_load_balancers(
    settings: StackSettings, naming: Naming, foundation: Foundation, deployment: int
) -> Mapping[LoadBalancerName, LoadBalancer]:
    """Build the address of the internal and of the public load balancer, as far as they are wanted.

    `deployment` is the place of the deployment among those of the stack. Behind an Application Gateway the public one is reached in the network alone.
    """
    inside = {"internal": True, "public": settings.ingress.application_gateway is not None}
    wanted = {"internal": settings.ingress.internal.enabled, "public": settings.ingress.public.enabled}
    built: dict[LoadBalancerName, LoadBalancer] = {}
    for kind in LOAD_BALANCERS:
        if not wanted[kind]:
            continue
        args: LoadBalancerArgs = {
            "resource_group_name": foundation.resource_group_name,
            "location": foundation.location,
            "internal": inside[kind],
            "tags": naming.tags,
        }
        if inside[kind]:
            args["subnet_name"] = foundation.subnet_ids[NODES].apply(lambda subnet: subnet.rpartition("/")[2])
            args["address"] = _private_address(foundation, deployment, kind)
        else:
            args["zones"] = foundation.zones
            args["deletion_protection"] = settings.deletion_protection
            args["diagnostics"] = foundation.diagnostics
        built[kind] = LoadBalancer(naming.name(kind), args, foundation.options)
    return built


def ingress_services(
    settings: StackSettings, foundation: Foundation, balancers: Mapping[LoadBalancerName, LoadBalancer]
) -> Mapping[str, LoadBalancerService]:
    """Return what the services of the ingress say to get the addresses of their load balancers."""
    ingress = settings.ingress
    sources: dict[LoadBalancerName, Sequence[pulumi.Input[str]]] = {
        "internal": ingress.internal.source_cidrs,
        "public": ingress.public.source_cidrs,
    }
    if "public" in balancers and ingress.application_gateway is not None:
        sources["public"] = [_range_of(foundation, ENTRY)]
    services: dict[str, LoadBalancerService] = {}
    for kind, balancer in balancers.items():
        services[kind] = {"annotations": balancer.annotations, "source_cidrs": sources[kind]}
        if kind == "public" and ingress.application_gateway is not None:
            services[kind]["trusted_hops"] = 1
    return services


def grant_addresses(
    naming: Naming,
    foundation: Foundation,
    cluster: AnyCluster,
    balancers: Mapping[LoadBalancerName, LoadBalancer],
) -> list[pulumi.Resource]:
    """Let the cluster put its load balancers at public addresses, which are not in a resource group of its own: find them there, and change them."""
    public_ips = {kind: each.public_ip for kind, each in balancers.items() if each.public_ip is not None}
    wanted: dict[str, tuple[str, pulumi.Input[str]]] = {
        f"{kind}-address": ("Network Contributor", public_ip.id) for kind, public_ip in public_ips.items()
    }
    if public_ips:
        wanted["addresses"] = ("Reader", foundation.resource_group_id)
    return [
        assign(
            naming.name(f"{part}-role"),
            role=role,
            principal_id=cluster.control_plane_principal_id,
            scope=scope,
            subscription_id=foundation.subscription_id,
            opts=foundation.options,
        )
        for part, (role, scope) in wanted.items()
    ]


def build_application_gateway(
    settings: StackSettings,
    naming: Naming,
    foundation: Foundation,
    balancers: Mapping[LoadBalancerName, LoadBalancer],
) -> ApplicationGateway | None:
    """Build the Application Gateway before the hosts of API users, with its firewall and its certificate; None where none is wanted."""
    wanted = settings.ingress.application_gateway
    names = host_names(settings, "public")
    if wanted is None or not names:
        return None
    certificate = _certificate(settings, naming, foundation, names)
    args: ApplicationGatewayArgs = {
        "resource_group_name": foundation.resource_group_name,
        "resource_group_id": foundation.resource_group_id,
        "location": foundation.location,
        "subnet_id": foundation.subnet_ids[ENTRY],
        "sites": [_site(settings, name) for name in names],
        "certificates": {CERTIFICATE: certificate.secret_id},
        "identity_id": certificate.identity_id,
        "backend_addresses": [balancers["public"].address],
        "capacity": wanted.capacity,
        "http2": wanted.http2,
        "zones": foundation.zones,
        "deletion_protection": settings.deletion_protection,
        "diagnostics": foundation.diagnostics,
        "tags": naming.tags,
    }
    if wanted.max_capacity is not None:
        args["max_capacity"] = wanted.max_capacity
    if wanted.firewall:
        args["firewall"] = True
        args["firewall_policy_id"] = WebFirewall(
            naming.name("firewall"),
            {
                "resource_group_name": foundation.resource_group_name,
                "location": foundation.location,
                "count_only": wanted.firewall_mode is FirewallMode.DETECTION,
                "tags": naming.tags,
            },
            foundation.options,
        ).id
    # Azure lets neither the rules of its subnet nor its right to the certificate go before the gateway itself.
    needed = pulumi.ResourceOptions(depends_on=[*foundation.ways_out, certificate])
    return ApplicationGateway(naming.name("entry"), args, pulumi.ResourceOptions.merge(foundation.options, needed))


def build_dns(
    settings: StackSettings,
    naming: Naming,
    foundation: Foundation,
    balancers: Mapping[LoadBalancerName, LoadBalancer],
    gateway: ApplicationGateway | None,
) -> Dns:
    """Build the zones of the company domain with a record for every host that leads to a load balancer, or to the Application Gateway."""
    entrances: dict[LoadBalancerName, LoadBalancer | ApplicationGateway] = {**balancers}
    if gateway is not None:
        entrances["public"] = gateway
    aliases = {kind: _aliases(settings, kind, entrance) for kind, entrance in entrances.items()}
    existing = settings.ingress.dns
    args: DnsArgs = {
        "resource_group_name": foundation.resource_group_name,
        "domain": settings.company_domain,
        "public": settings.ingress.public.enabled,
        "public_hosts": aliases.get("public", []),
        "private_hosts": aliases.get("internal", []),
        "network_id": foundation.network_id,
        "deletion_protection": settings.deletion_protection,
        "tags": naming.tags,
    }
    if existing.public_zone_id is not None:
        args["public_zone_id"] = existing.public_zone_id
    if existing.private_zone_id is not None:
        args["private_zone_id"] = existing.private_zone_id
    if elsewhere := hosts_elsewhere(settings):
        args["elsewhere"] = elsewhere
    return Dns(naming.name("dns"), args, foundation.options)


def dns_challenge(
    settings: StackSettings, foundation: Foundation, dns: Dns, identities: WorkloadIdentities
) -> AzureDnsSolver | None:
    """Return where certificates are proven, by the identity of cert-manager; None where nothing is public."""
    if dns.public_zone_id is None:
        return None
    return {
        "subscription_id": foundation.subscription_id,
        "resource_group": dns.public_zone_id.apply(lambda zone_id: zone_id.split("/")[4]),
        "zone": settings.company_domain,
        "identity_client_id": identities.client_ids[CERTIFICATES],
    }


def azure_zone(foundation: Foundation, dns: Dns, identities: WorkloadIdentities) -> AzureZone | None:
    """Return where names are published, and the identity that may; None where nothing is public, or nobody asks for names."""
    client_id = identities.client_ids.get(NAMES)
    if dns.public_zone_id is None or client_id is None:
        return None
    return {
        "tenant_id": foundation.tenant_id,
        "subscription_id": foundation.subscription_id,
        "resource_group": dns.public_zone_id.apply(lambda zone_id: zone_id.split("/")[4]),
        "identity_client_id": client_id,
    }


def _certificate(
    settings: StackSettings, naming: Naming, foundation: Foundation, names: Sequence[str]
) -> GatewayCertificate:
    """Build the gateway's identity, and its certificate where none is brought along."""
    wanted = settings.ingress.application_gateway
    args: GatewayCertificateArgs = {
        "resource_group_name": foundation.resource_group_name,
        "location": foundation.location,
        "subscription_id": foundation.subscription_id,
        "vault_id": foundation.keys.vault_id,
        "tags": naming.tags,
    }
    if wanted and wanted.certificate_secret_id is not None and wanted.certificate_vault_id is not None:
        args["secret_id"], args["vault_id"] = wanted.certificate_secret_id, wanted.certificate_vault_id
    else:
        args["hosts"], args["vault_name"] = names, foundation.keys.vault_name
    return GatewayCertificate(naming.name("entry-certificate"), args, foundation.options)


def _site(settings: StackSettings, name: str) -> SiteArgs:
    """Return a host of the gateway; cookies keep users of interfaces, not of APIs, with one backend."""
    portal = settings.ingress.public.hosts.developers
    interface = any(
        host.sticky or host.name == portal
        for host in hosts(settings)
        if host.load_balancer == "public" and host.fqdn == name
    )
    return {"host": name, "certificate": CERTIFICATE, "sticky": interface}


def _aliases(
    settings: StackSettings, kind: LoadBalancerName, entrance: LoadBalancer | ApplicationGateway
) -> list[AliasArgs]:
    labels = dict.fromkeys(host.name for host in hosts(settings) if host.load_balancer == kind)
    aliases: list[AliasArgs] = [{"host": label, "target": entrance.address} for label in labels]
    if entrance.address_id is not None:
        for alias in aliases:
            alias["target_id"] = entrance.address_id
    return aliases


def _private_address(foundation: Foundation, deployment: int, kind: LoadBalancerName) -> pulumi.Output[str]:
    """Return the address of a load balancer in the nodes' subnet, whose range is planned, or read where the network is brought along."""
    return _range_of(foundation, NODES).apply(
        lambda nodes: str(load_balancer_address(IPv4Network(nodes), deployment, kind))
    )


def _range_of(foundation: Foundation, subnet: str) -> pulumi.Output[str]:
    """Return the range of a subnet."""
    if subnet in foundation.subnets:
        return pulumi.Output.from_input(str(foundation.subnets[subnet]))
    found = foundation.subnet_ids[subnet].apply(lambda id_: id_.split("/"))
    return azure.network.get_subnet_output(
        resource_group_name=found.apply(lambda parts: parts[4]),
        virtual_network_name=found.apply(lambda parts: parts[8]),
        subnet_name=found.apply(lambda parts: parts[10]),
        opts=pulumi.InvokeOutputOptions(provider=foundation.ground.provider),
    ).apply(lambda read: read.address_prefix or (read.address_prefixes or [""])[0])
