"""Asks AWS what is known of what is brought along, and holds it to the platform's needs before anything is made."""

from collections.abc import Iterator, Mapping

import pulumi
import pulumi_aws as aws

from apim_infra.planning.existing import (
    ClusterFacts,
    KeyFacts,
    NetworkFacts,
    SubnetFacts,
    ZoneFacts,
    cluster_problems,
    key_problems,
    network_problems,
    zone_problems,
)
from apim_infra.planning.flows import EVERYWHERE
from apim_infra.settings.network import ExistingNetwork
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import SettingsError, Violation


def check_existing(settings: StackSettings, provider: aws.Provider) -> None:
    """Check everything that is brought along. Raises RunError, which ends the program without a traceback, listing every violation."""
    options = pulumi.InvokeOptions(provider=provider)
    violations = list(_violations(settings, options))
    if violations:
        raise pulumi.RunError(str(SettingsError(violations)))
    if settings.cluster.existing is not None:
        for addon in settings.cluster.existing.addons:
            # AWS itself refuses to show one that the cluster does not have, with its name.
            aws.eks.get_addon(cluster_name=settings.cluster.existing.name, addon_name=addon, opts=options)


def existing_keys(settings: StackSettings) -> Mapping[str, str]:
    """Return the keys that are brought along: purpose to ARN."""
    keys = settings.encryption
    named = {"cluster": keys.cluster_key_arn, "stores": keys.stores_key_arn, "logs": keys.logs_key_arn}
    return {purpose: arn for purpose, arn in named.items() if arn is not None}


def _violations(settings: StackSettings, options: pulumi.InvokeOptions) -> Iterator[Violation]:
    network = settings.network.existing
    if network is not None:
        yield from network_problems(settings, _network(network, options))
    for purpose, arn in existing_keys(settings).items():
        yield from key_problems(settings, f"{purpose}_key_arn", arn, _key(arn, options))
    for kind, zone_id in (
        ("public", settings.ingress.dns.public_zone_id if settings.ingress.public.enabled else None),
        ("private", settings.ingress.dns.private_zone_id),
    ):
        if zone_id is not None:
            zone = aws.route53.get_zone(zone_id=zone_id, opts=options)
            yield from zone_problems(settings, kind, zone_id, ZoneFacts(zone.name, zone.private_zone))
    if settings.cluster.existing is not None:
        facts = _cluster(settings.cluster.existing.name, options)
        yield from cluster_problems(settings, network.id if network else None, facts)


def _network(existing: ExistingNetwork, options: pulumi.InvokeOptions) -> NetworkFacts:
    vpc = aws.ec2.get_vpc(id=existing.id, opts=options)
    kinds = {
        "public": existing.public_subnet_ids,
        "private": existing.private_subnet_ids,
        "data": existing.data_subnet_ids,
    }
    return NetworkFacts(
        existing.id,
        vpc.cidr_block,
        vpc.enable_dns_support,
        vpc.enable_dns_hostnames,
        {kind: [_subnet(existing.id, subnet, options) for subnet in ids] for kind, ids in kinds.items()},
    )


def _subnet(vpc_id: str, subnet_id: str, options: pulumi.InvokeOptions) -> SubnetFacts:
    subnet = aws.ec2.get_subnet(id=subnet_id, opts=options)
    return SubnetFacts(
        subnet_id,
        subnet.vpc_id,
        subnet.availability_zone,
        subnet.available_ip_address_count,
        subnet.map_public_ip_on_launch,
        _way_out(vpc_id, subnet_id, options),
    )


def _way_out(vpc_id: str, subnet_id: str, options: pulumi.InvokeOptions) -> str | None:
    """Return where the default route of a subnet leads: by its own route table, otherwise by the network's main one."""
    for name, value in (("association.subnet-id", subnet_id), ("association.main", "true")):
        found = aws.ec2.get_route_tables(vpc_id=vpc_id, filters=[{"name": name, "values": [value]}], opts=options)
        if found.ids:
            table = aws.ec2.get_route_table(route_table_id=found.ids[0], opts=options)
            default = next((route for route in table.routes or () if route.cidr_block == EVERYWHERE), None)
            if default is None:
                return "none"
            return "internet" if (default.gateway_id or "").startswith("igw-") else "private"
    return None


def _key(arn: str, options: pulumi.InvokeOptions) -> KeyFacts:
    key = aws.kms.get_key(key_id=arn, opts=options)
    return KeyFacts(key.enabled, key.key_usage, key.key_spec, key.multi_region)


def _cluster(name: str, options: pulumi.InvokeOptions) -> ClusterFacts:
    cluster = aws.eks.get_cluster(name=name, opts=options)
    network = next(iter(cluster.kubernetes_network_configs or ()), None)
    access = next(iter(cluster.access_configs or ()), None)
    return ClusterFacts(
        cluster.status,
        cluster.version,
        cluster.vpc_config.vpc_id if cluster.vpc_config else None,
        network.service_ipv4_cidr if network else None,
        access.authentication_mode if access else None,
        cluster.vpc_config.endpoint_private_access if cluster.vpc_config else None,
        cluster.vpc_config.cluster_security_group_id if cluster.vpc_config else None,
    )
