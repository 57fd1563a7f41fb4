"""Keys, network and security groups of the platform on AWS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from apim_infra.planning.addresses import plan_addresses
from apim_infra.planning.cassandra_rules import installs_packages
from apim_infra.planning.flows import NetworkFlow, Role, network_flows, network_ranges, network_roles
from apim_infra.platform.aws_existing import check_existing, existing_keys
from apim_infra.platform.naming import Naming
from apim_infra.settings.deployments import Deployment
from apim_infra.settings.environment import Topology
from apim_infra.settings.stack import StackSettings
from components.aws.encryption import EncryptionKeys
from components.aws.network import Network, NetworkArgs, SubnetArgs
from components.aws.security_groups import FlowArgs, SecurityGroups
from components.aws.vpc_endpoints import VpcEndpoints


@dataclass(frozen=True, slots=True)
class Foundation:
    """What everything else on AWS stands on."""

    provider: aws.Provider
    account_id: pulumi.Output[str]
    keys: EncryptionKeys
    vpc_id: pulumi.Output[str]
    public_subnet_ids: Sequence[pulumi.Output[str]]
    private_subnet_ids: Sequence[pulumi.Output[str]]
    data_subnet_ids: Sequence[pulumi.Output[str]]
    security_group_ids: Mapping[str, pulumi.Output[str]]
    """Network role to its security group."""
    ways_out: Sequence[pulumi.Resource]
    """What nodes need before they can reach the cluster and the cloud's APIs: routes with their gateways, rules, and endpoints."""
    private_data_subnet_ids: Sequence[pulumi.Output[str]]
    """Subnets of the private deployment's stores; none without it."""
    data_ranges: Sequence[IPv4Network]
    """Ranges of the subnets of the stores; none of a network that is brought along."""
    private_data_ranges: Sequence[IPv4Network]
    """Ranges of the subnets of the private deployment's stores."""
    nat_gateway_ids: Mapping[str, pulumi.Output[str]]
    """Zone to its NAT gateway; empty without NAT, and for a network that is brought along."""

    def of(self, deployment: Deployment) -> "Foundation":
        """Return what a deployment stands on: its own subnets for stores, and its own security groups under the names of their roles."""
        if not deployment.prefix:
            return self
        prefix = deployment.own("")
        own = {
            role.removeprefix(prefix): id_ for role, id_ in self.security_group_ids.items() if role.startswith(prefix)
        }
        groups = {**self.security_group_ids, **own}
        return replace(
            self,
            data_subnet_ids=self.private_data_subnet_ids,
            data_ranges=self.private_data_ranges,
            security_group_ids=groups,
        )

    @property
    def options(self) -> pulumi.ResourceOptions:
        """Options of a component on AWS: its children use the stack's own provider."""
        return pulumi.ResourceOptions(providers=[self.provider])


def build_foundation(settings: StackSettings, naming: Naming) -> Foundation:
    """Build provider, keys, network and security groups."""
    plan = plan_addresses(settings)
    provider = aws.Provider(naming.name("aws"), region=settings.region)
    account_id = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(provider=provider)).account_id
    options = pulumi.ResourceOptions(providers=[provider])
    check_existing(settings, provider)
    protected = settings.deletion_protection
    keys = EncryptionKeys(
        naming.name("keys"),
        {
            "account_id": account_id,
            "region": settings.region,
            # Fixed when a key is made: copies in a recovery region can be asked for later without a new key, and so without new stores.
            "multi_region": True,
            "existing": existing_keys(settings),
            "alarms": settings.observability.alerts.cloud_alarms,
            "deletion_protection": protected,
            "tags": naming.tags,
        },
        options,
    )
    network = _network(settings, naming, keys, options)
    groups = SecurityGroups(
        naming.name("security"),
        {
            "vpc_id": network.vpc_id,
            "existing": _existing_groups(settings, provider),
            "roles": {str(role): f"{role} of {naming.prefix}" for role in network_roles(settings)},
            "ranges": {str(role): ranges for role, ranges in network_ranges(settings).items()},
            "flows": [_flow_args(flow) for flow in network_flows(settings)],
            "tags": naming.tags,
        },
        options,
    )
    ways_out: list[pulumi.Resource] = [*network.resources, groups]
    if settings.network.interface_endpoints:
        ways_out.append(
            VpcEndpoints(
                naming.name("endpoints"),
                {
                    "region": settings.region,
                    "vpc_id": network.vpc_id,
                    "vpc_cidr": settings.network.cidr,
                    "subnet_ids": list(network.private_subnet_ids),
                    "interface_services": settings.network.interface_endpoints,
                    # Guarded by the matrix of flows, not by the network's whole range.
                    "security_group_ids": [groups.ids[Role.ENDPOINTS]],
                    "tags": naming.tags,
                },
                options,
            )
        )
    return Foundation(
        provider,
        account_id,
        keys,
        network.vpc_id,
        network.public_subnet_ids,
        network.private_subnet_ids,
        network.data_subnet_ids,
        groups.ids,
        ways_out,
        network.private_data_subnet_ids,
        plan.data,
        plan.private_data,
        network.nat_gateway_ids,
    )


@dataclass(frozen=True, slots=True)
class _Network:
    vpc_id: pulumi.Output[str]
    public_subnet_ids: Sequence[pulumi.Output[str]]
    private_subnet_ids: Sequence[pulumi.Output[str]]
    data_subnet_ids: Sequence[pulumi.Output[str]]
    resources: Sequence[pulumi.Resource]
    """What is built of it; nothing when it is brought along."""
    private_data_subnet_ids: Sequence[pulumi.Output[str]] = ()
    nat_gateway_ids: Mapping[str, pulumi.Output[str]] = field(default_factory=dict[str, pulumi.Output[str]])


def _network(
    settings: StackSettings, naming: Naming, keys: EncryptionKeys, options: pulumi.ResourceOptions
) -> _Network:
    """Build the network, or take the one that is brought along as it is."""
    existing = settings.network.existing
    if existing is None:
        built = Network(naming.name("network"), network_args(settings, naming, keys.logs_key_arn), options)
        return _Network(
            built.vpc_id,
            built.public_subnet_ids,
            built.private_subnet_ids,
            built.data_subnet_ids,
            [built],
            built.private_data_subnet_ids,
            {zone: gateway.id for zone, gateway in built.nat_gateways.items()},
        )
    public, private, data = (
        [pulumi.Output.from_input(subnet) for subnet in ids]
        for ids in (existing.public_subnet_ids, existing.private_subnet_ids, existing.data_subnet_ids)
    )
    return _Network(pulumi.Output.from_input(existing.id), public, private, data, [])


def _existing_groups(settings: StackSettings, provider: aws.Provider) -> Mapping[str, pulumi.Output[str]]:
    """Return the groups that are brought along: the one that EKS gave to the cluster's interfaces."""
    existing = settings.cluster.existing
    if existing is None:
        return {}
    cluster = aws.eks.get_cluster_output(name=existing.name, opts=pulumi.InvokeOutputOptions(provider=provider))
    return {Role.CLUSTER: cluster.vpc_config.apply(lambda config: config.cluster_security_group_id)}


def network_args(settings: StackSettings, naming: Naming, logs_key_arn: pulumi.Input[str]) -> NetworkArgs:
    """Turn settings and their address plan into the arguments of the network."""
    plan = plan_addresses(settings)

    def subnets(ranges: Sequence[object]) -> list[SubnetArgs]:
        return [{"zone": zone, "cidr": str(cidr)} for zone, cidr in zip(plan.zones, ranges, strict=True)]

    network = settings.network
    entrance = settings.ingress.public.enabled and settings.topology is not Topology.INTEGRATED_CLOUD
    needs_internet = entrance or network.nat != "none"
    return {
        "region": settings.region,
        "cidr": network.cidr,
        "public_subnets": subnets(plan.public) if needs_internet else [],
        "private_subnets": subnets(plan.private),
        "data_subnets": subnets(plan.data),
        "private_data_subnets": subnets(plan.private_data) if plan.private_data else [],
        "nat": str(network.nat),
        "data_egress": installs_packages(settings),
        "gateway_endpoints": network.gateway_endpoints,
        "flow_logs": network.flow_logs.enabled,
        "flow_log_retention_days": network.flow_logs.retention_days,
        "key_arn": logs_key_arn,
        "tags": naming.tags,
    }


def _flow_args(flow: NetworkFlow) -> FlowArgs:
    args: FlowArgs = {
        "source": str(flow.source),
        "destination": str(flow.destination),
        "protocol": flow.protocol,
        "reason": flow.reason,
    }
    if flow.port_from is not None and flow.port_to is not None:
        args["port_from"], args["port_to"] = flow.port_from, flow.port_to
    return args
