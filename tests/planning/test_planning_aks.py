"""AKS: rules between settings, a cluster that is brought along, and the ends of pods' flows."""

from typing import Any

import pytest

from apim_infra.planning.addresses import plan_addresses
from apim_infra.planning.aks_ends import AksEnd, aks_end
from apim_infra.planning.aks_rules import NO_ADMINISTRATORS
from apim_infra.planning.existing_azure import AksFacts, aks_problems, cluster_id
from apim_infra.planning.flows import Role
from apim_infra.planning.notices import notices
from apim_infra.planning.pod_flows import PodEnd, pod_flows
from apim_infra.planning.subnets import addresses_needed, built_subnets
from apim_infra.planning.validation import violations
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.catalogue import node_size, size_names

AWS = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "stg"}
NETWORK = "/subscriptions/s/resourceGroups/connectivity/providers/Microsoft.Network/virtualNetworks/company"
THEIRS = "/subscriptions/s/resourceGroups/platform/providers/Microsoft.ContainerService/managedClusters/company"


def stack(**values: Any) -> StackSettings:
    usual = {"cloud": "azure", "region": "westeurope", "company_domain": "example.com", "tier": "stg"}
    return load_settings({**usual, **values}).settings


def aks(**cluster: Any) -> StackSettings:
    return stack(cluster=cluster)


def pool(name: str, /, **values: Any) -> StackSettings:
    usual = {"size": "Standard_D8s_v6", "min": 1, "max": 9}
    return aks(pools={name: {**usual, **values}})


def paths(settings: StackSettings) -> list[str]:
    return [violation.path for violation in violations(settings)]


def test_the_defaults_hold() -> None:
    assert paths(stack()) == []
    assert paths(stack(tier="dev")) == []
    assert paths(stack(tier="prd")) == []


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"cluster": {"networking": {"pod_cidr": "10.0.0.0/16"}}}, "cluster.networking.pod_cidr"),
        ({"cluster": {"networking": {"pod_cidr": "172.20.0.0/17"}}}, "cluster.networking.pod_cidr"),
        ({"cluster": {"networking": {"pod_cidr": "172.30.0.0/16"}}}, "cluster.networking.pod_cidr"),
        ({"cluster": {"networking": {"pod_cidr": "10.244.0.0/22"}}}, "cluster.networking.pod_cidr"),
        ({"network": {"service_cidr": "172.31.0.0/16"}}, "network.service_cidr"),
        ({"network": {"cidr": "172.30.0.0/16"}}, "network.cidr"),
        ({"network": {"nat": "none"}}, "network.nat"),
        ({"cluster": {"system_pool": {"size": "Standard_D2s_v6"}}}, "cluster.system_pool.size"),
        ({"cluster": {"system_pool": {"size": "Standard_B4s_v2"}}}, "cluster.system_pool.size"),
        ({"cluster": {"system_pool": {"size": "m7i.large"}}}, "cluster.system_pool.size"),
        (
            {"cluster": {"administrators": ["arn:aws:iam::111122223333:role/platform-admin"]}},
            "cluster.administrators[0]",
        ),
        (
            {
                "cluster": {
                    "api_endpoint": {
                        "public": True,
                        "allowed_cidrs": [f"198.51.{block}.{host}/32" for block in (100, 101) for host in range(101)],
                    }
                }
            },
            "cluster.api_endpoint.allowed_cidrs",
        ),
    ],
)
def test_what_aks_refuses_is_refused_before(values: dict[str, Any], path: str) -> None:
    assert path in paths(stack(**values))


@pytest.mark.parametrize(
    ("name", "values", "path"),
    [
        ("user", {"disk_gb": 20}, "cluster.pools.user.disk_gb"),
        ("user", {"name": "system"}, "cluster.pools.user.name"),
        ("user", {"capacity": "spot", "soak_minutes": 5}, "cluster.pools.user.soak_minutes"),
        ("user", {"capacity": "spot", "max_surge": "1"}, "cluster.pools.user.max_surge"),
        (
            "user",
            {"labels": {"kubernetes.azure.com/mode": "user"}},
            'cluster.pools.user.labels["kubernetes.azure.com/mode"]',
        ),
        ("management", {"size": "m7i.large"}, "cluster.pools.management.size"),
    ],
)
def test_wrong_pools_are_refused(name: str, values: dict[str, Any], path: str) -> None:
    assert path in paths(pool(name, **values))


def test_pools_have_different_names() -> None:
    same = {"name": "apimpool", "size": "Standard_D8s_v6", "min": 1, "max": 9}
    assert "cluster.pools.monitoring.name" in paths(aks(pools={"user": same, "monitoring": same}))
    assert "cluster.pools.user.name" not in paths(
        aks(pools={"user": same, "monitoring": {**same, "name": "infrapool"}})
    )


def test_names_of_pools_are_those_of_the_reference() -> None:
    assert paths(pool("user", name="apimpool")) == []
    assert paths(pool("monitoring", name="infrapool")) == []


# -- sizes ---------------------------------------------------------------------------------------------------------------------------------


def test_sizes_say_what_their_machines_can_do() -> None:
    sizes = {name: node_size(stack().cloud, name) for name in size_names(stack().cloud, "nodes")}
    assert {name for name, size in sizes.items() if not size.premium} == {
        f"Standard_D{cores}_v3" for cores in (2, 4, 8, 16)
    }
    assert sizes["Standard_D4ds_v6"].ephemeral_disk_gb == 220
    assert sizes["Standard_DS3_v2"].ephemeral_disk_gb == 172
    assert sizes["Standard_D4s_v6"].ephemeral_disk_gb == 0


# -- a cluster that is brought along -----------------------------------------------------------------------------------------------------------


FACTS: dict[str, Any] = {
    "version": "1.35.4",
    "network_plugin_mode": "overlay",
    "network_policy": "cilium",
    "pod_cidr": "10.244.0.0/16",
    "service_cidr": "172.20.0.0/16",
    "issuer": True,
    "workload_identity": True,
    "azure_rbac": True,
    "subnet_ids": (f"{NETWORK}/subnets/nodes",),
}


def brought(**cluster: Any) -> StackSettings:
    network = {
        "id": NETWORK,
        "private_subnet_ids": [f"{NETWORK}/subnets/nodes"],
        "data_subnet_ids": [f"{NETWORK}/subnets/data"],
    }
    return stack(
        network={"existing": network, "zones": 2}, cluster={"existing": {"name": THEIRS}, "version": "1.35", **cluster}
    )


def test_a_cluster_is_known_by_its_id() -> None:
    assert cluster_id(THEIRS) == ("platform", "company")
    assert cluster_id(THEIRS.lower()) == ("platform", "company")
    assert cluster_id("company") is None
    assert cluster_id(f"{THEIRS}/agentPools/system") is None


def test_a_fitting_cluster_has_no_problems_and_an_unknown_one_neither() -> None:
    assert list(aks_problems(brought(), AksFacts(**FACTS))) == []
    unknown = {name: () if name == "subnet_ids" else None for name in FACTS}
    assert list(aks_problems(brought(), AksFacts(**unknown))) == []


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"version": "1.34.2"}, "cluster.version"),
        ({"network_plugin_mode": ""}, "cluster.existing.name"),
        ({"network_policy": "calico"}, "cluster.networking.policy"),
        ({"pod_cidr": "192.168.0.0/16"}, "cluster.networking.pod_cidr"),
        ({"service_cidr": "10.0.0.0/16"}, "network.service_cidr"),
        ({"issuer": False}, "cluster.existing.name"),
        ({"workload_identity": False}, "cluster.existing.name"),
        ({"azure_rbac": False}, "cluster.existing.name"),
        ({"subnet_ids": (f"{NETWORK}-other/subnets/nodes",)}, "cluster.existing.name"),
    ],
)
def test_what_a_cluster_lacks_is_named(facts: dict[str, Any], path: str) -> None:
    assert [each.path for each in aks_problems(brought(), AksFacts(**{**FACTS, **facts}))] == [path]


@pytest.mark.parametrize(
    ("cluster", "path"),
    [
        ({"existing": {"name": "company"}}, "cluster.existing.name"),
        ({"existing": {"name": THEIRS, "addons": ["coredns"]}}, "cluster.existing.addons"),
        ({"defender": True}, "cluster.defender"),
        ({"policy_addon": True}, "cluster.policy_addon"),
        ({"secrets_encryption": True}, "cluster.secrets_encryption"),
        ({"long_term_support": True}, "cluster.long_term_support"),
    ],
)
def test_a_cluster_that_is_brought_along_is_never_changed(cluster: dict[str, Any], path: str) -> None:
    assert path in paths(brought(**cluster))


# -- ends of pods' flows -----------------------------------------------------------------------------------------------------------------------


def end(role: Role, *, source: bool = False, **cluster: Any) -> AksEnd | None:
    settings = aks(**cluster)
    return aks_end(settings, plan_addresses(settings), role, source=source)


def test_the_clusters_own_services_are_a_namespace() -> None:
    assert end(Role.DNS) == AksEnd()
    assert end(Role.CLUSTER, source=True) == AksEnd()
    assert end(Role.GATEWAY) is None


def test_the_kubernetes_api_is_among_the_nodes_in_public_or_in_a_subnet_of_its_own() -> None:
    plan = plan_addresses(stack())
    assert end(Role.CLUSTER) == AksEnd((str(plan.private[0]), "172.20.0.0/16"))
    public = {"public": True, "allowed_cidrs": ["198.51.100.0/24"]}
    assert end(Role.CLUSTER, api_endpoint=public) == AksEnd(("0.0.0.0/0", "172.20.0.0/16"), public=True)
    own = plan_addresses(aks(secrets_encryption=True)).subnets["api_server"]
    assert own.prefixlen == 28
    assert end(Role.CLUSTER, secrets_encryption=True) == AksEnd((str(own), "172.20.0.0/16"))
    assert end(Role.CLUSTER, source=True, secrets_encryption=True) == AksEnd((str(own),))


def test_the_api_servers_subnet_is_built_for_the_key_of_secrets_alone() -> None:
    assert "api_server" not in built_subnets(stack())
    asked = aks(secrets_encryption=True)
    assert "api_server" in built_subnets(asked)
    assert addresses_needed(asked)["api_server"] == 9
    assert "api_server" not in built_subnets(brought(secrets_encryption=True))


@pytest.mark.parametrize(("policy", "nodes"), [("cilium", True), ("calico", False)])
def test_cilium_does_not_know_nodes_by_their_addresses(policy: str, nodes: bool) -> None:
    found = end(Role.NODES, networking={"policy": policy})
    assert found is not None
    assert found.nodes is nodes


def test_load_balancers_leave_the_clients_address_in_packets() -> None:
    settings = stack(
        ingress={"public": {"source_cidrs": ["203.0.113.0/24"]}, "internal": {"source_cidrs": ["10.1.0.0/16"]}}
    )
    plan = plan_addresses(settings)
    assert aks_end(settings, plan, Role.PUBLIC_LOAD_BALANCER, source=True) == AksEnd(("203.0.113.0/24",))
    assert aks_end(settings, plan, Role.INTERNAL_LOAD_BALANCER, source=True) == AksEnd(("10.1.0.0/16",))


def test_every_flow_of_pods_has_an_end_with_addresses_or_pods() -> None:
    for flow in pod_flows(stack()):
        for side in (flow.source, flow.destination):
            assert side.namespace is not None or side.ranges, flow.name


def test_what_reaches_pods_from_the_api_server_comes_from_its_tunnel() -> None:
    webhooks = [flow for flow in pod_flows(stack()) if flow.source.role == Role.CLUSTER]
    assert webhooks
    assert {flow.source for flow in webhooks} == {PodEnd("cluster", "kube-system", (), (), open=True)}


def test_a_cluster_that_nobody_administers_is_a_warning() -> None:
    group = {"administrators": ["00000000-0000-0000-0000-000000000001"]}
    pipeline = {
        "run": {
            "issuer": "https://token.actions.githubusercontent.com",
            "subject": "repo:acme/apim:ref:refs/heads/main",
        }
    }
    rules = [
        NO_ADMINISTRATORS in {found.rule for found in notices(each)}
        for each in (stack(), aks(**group), stack(pipelines=pipeline))
    ]
    assert rules == [True, False, False]
    assert NO_ADMINISTRATORS not in {found.rule for found in notices(load_settings({**AWS}).settings)}
