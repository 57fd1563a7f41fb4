"""Programs with a cluster on Azure, small enough to read, and what it needs around it."""

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_azure_native as azure
from azure_stack import LOCATION, SUBSCRIPTION, TAGS, TENANT, Stack, sample

from apim_infra.rehearsal.testing import Recording
from components.azure.cluster import Cluster
from components.azure.existing_cluster import ExistingCluster
from components.azure.maintenance import Maintenance
from components.azure.node_pool import NodePool
from components.azure.workload_identity import WorkloadIdentity

GROUP = "platform"
ADMINISTRATORS = "6f1d2c3b-0a4e-4b5f-8c6d-7e8f90a1b2c3"
ZONES = ("1", "2", "3")


def run(program: Callable[[], object]) -> Recording:
    """Record a program on a stack of its own; the samples as they are, once for all tests."""
    return sample(program) if program in SAMPLES else Stack().run(program)


class Ground:
    """The resource group and network of the samples, with the nodes' subnet behind a NAT gateway."""

    def __init__(self, *, api_server: bool = False) -> None:
        self.group = azure.resources.ResourceGroup("group", resource_group_name=GROUP, location=LOCATION, tags=TAGS)
        common: dict[str, Any] = {"resource_group_name": self.group.name, "location": LOCATION}
        self.network = azure.network.VirtualNetwork(
            "vnet", address_space=azure.network.AddressSpaceArgs(address_prefixes=["10.0.0.0/16"]), tags=TAGS, **common
        )
        address = azure.network.PublicIPAddress(
            "address",
            sku=azure.network.PublicIPAddressSkuArgs(name="Standard"),
            public_ip_allocation_method="Static",
            tags=TAGS,
            **common,
        )
        nat = azure.network.NatGateway(
            "nat",
            sku=azure.network.NatGatewaySkuArgs(name="Standard"),
            public_ip_addresses=[azure.network.SubResourceArgs(id=address.id)],
            tags=TAGS,
            **common,
        )
        self.nodes = azure.network.Subnet(
            "nodes",
            resource_group_name=self.group.name,
            virtual_network_name=self.network.name,
            address_prefix="10.0.0.0/20",
            nat_gateway=azure.network.SubResourceArgs(id=nat.id),
        )
        self.api_server = (
            azure.network.Subnet(
                "api-server",
                resource_group_name=self.group.name,
                virtual_network_name=self.network.name,
                address_prefix="10.0.16.0/28",
                delegations=[
                    azure.network.DelegationArgs(name="aks", service_name="Microsoft.ContainerService/managedClusters")
                ],
                opts=pulumi.ResourceOptions(depends_on=[self.nodes]),
            )
            if api_server
            else None
        )

    def nodes_of(self, **changes: Any) -> Any:
        """Return the nodes of a pool."""
        usual = {
            "subnet_id": self.nodes.id,
            "zones": ZONES,
            "size": "Standard_D4s_v6",
            "minimum": 2,
            "maximum": 4,
        }
        return {**usual, **changes}


def cluster(ground: Ground | None = None, **options: Any) -> Cluster:
    ground = ground or Ground()
    args: Any = {
        "resource_group_name": ground.group.name,
        "location": LOCATION,
        "subscription_id": SUBSCRIPTION,
        "tenant_id": TENANT,
        "version": "1.35",
        "network_id": ground.network.id,
        "system_pool": ground.nodes_of(),
        "pod_cidr": "10.244.0.0/16",
        "service_cidr": "172.20.0.0/16",
        "tags": TAGS,
    }
    args.update(options)
    return Cluster("apim", args)


def node_pool(ground: Ground | None = None, nodes: dict[str, Any] | None = None, **options: Any) -> NodePool:
    ground = ground or Ground()
    made = cluster(ground)
    args: Any = {
        "resource_group_name": ground.group.name,
        "cluster_name": made.name,
        "version": "1.35",
        "pool": "user",
        "nodes": ground.nodes_of(**(nodes or {})),
        "tags": TAGS,
    }
    args.update(options)
    return NodePool("apim-user", args)


def maintenance(**options: Any) -> Maintenance:
    ground = Ground()
    args: Any = {
        "resource_group_name": ground.group.name,
        "cluster_name": cluster(ground).name,
        "cluster": {"day": "Sunday", "start": "02:00", "hours": 4},
        "nodes": {"day": "Saturday", "start": "22:00", "hours": 6},
    }
    args.update(options)
    return Maintenance("windows", args)


def workload_identity(**options: Any) -> WorkloadIdentity:
    ground = Ground()
    args: Any = {
        "resource_group_name": ground.group.name,
        "location": LOCATION,
        "subscription_id": SUBSCRIPTION,
        "issuer_url": cluster(ground).issuer_url,
        "namespace": "platform-system",
        "service_account": "cert-manager",
        "grants": {"network": {"role": "Reader", "scope": ground.network.id}},
        "tags": TAGS,
    }
    args.update(options)
    return WorkloadIdentity("certificates", args)


def existing_cluster() -> ExistingCluster:
    return ExistingCluster("company", {"resource_group_name": "theirs", "cluster_name": "company", "tenant_id": TENANT})


SAMPLES = (cluster, node_pool, maintenance, workload_identity, existing_cluster)
