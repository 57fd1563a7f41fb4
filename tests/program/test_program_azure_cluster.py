"""What each option of the cluster adds, removes and changes on Azure: everything else stays as it was."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pulumi
import pytest
from program_support import ROOT, environment_of, of_type, one, record_stack

from apim_infra.platform.azure_cluster import build_cluster, build_workload_identities
from apim_infra.platform.azure_foundation import build_foundation
from apim_infra.platform.azure_monitoring import build_cluster_monitoring
from apim_infra.platform.naming import Naming
from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.testing import record
from apim_infra.settings.stack import StackSettings

pytestmark = pytest.mark.slow

STACK = "azure-standard"
FILE = ROOT / f"examples/{STACK}/Pulumi.{STACK}.yaml"
CLUSTER = "azure-native:containerservice:ManagedCluster"
POOL = "azure-native:containerservice:AgentPool"
ZONE = "/subscriptions/00000000-0000-4000-8000-000000000009/resourceGroups/dns/providers/Microsoft.Network/dnsZones/example.com"
BASE = ("network.zones=2", "cluster.secrets_encryption=false", "deletion_protection=false", "cluster.pools.user.max=12")
"""What every test starts from, whatever the example says."""


def settings_of(*overrides: str, stack: str = STACK, file: Path = FILE) -> StackSettings:
    return environment_of(stack, *overrides, file=file).settings


@cache
def built(*overrides: str) -> Graph:
    """Return the graph of foundation, cluster and identities."""
    asked = settings_of(*BASE, *overrides)

    def program() -> None:
        naming = Naming.of_stack(asked)
        foundation = build_foundation(asked, naming)
        cluster, _ = build_cluster(asked, naming, foundation, build_cluster_monitoring(asked, naming, foundation))
        build_workload_identities(asked, naming, foundation, cluster, pulumi.Output.from_input(ZONE))

    made = record(program, stack=STACK, config={"azure-native:location": asked.region})
    assert [f"{error.urn}: {error.message}" for error in made.errors] == []
    return made.graph


@dataclass(frozen=True)
class Change:
    """How one graph differs from another, by the names of its resources without the stack's prefix; components are left out."""

    added: set[str]
    removed: set[str]
    changed: dict[str, set[str]]


def change(*overrides: str, before: Graph | None = None) -> Change:
    old, new = (
        {_short(resource): resource for resource in graph.custom()} for graph in (before or built(), built(*overrides))
    )
    return Change(
        added=new.keys() - old.keys(),
        removed=old.keys() - new.keys(),
        changed={
            name: _differing(old[name], new[name])
            for name in old.keys() & new.keys()
            if _differing(old[name], new[name])
        },
    )


def _short(resource: Resource) -> str:
    return re.sub(rf"^apim-{STACK}-", "", resource.name)


def _differing(old: Resource, new: Resource) -> set[str]:
    keys = old.inputs.keys() | new.inputs.keys()
    return {key for key in keys if old.inputs.get(key) != new.inputs.get(key)}


def pool(graph: Graph, name: str) -> Resource:
    (found,) = [resource for resource in of_type(graph, POOL) if resource.inputs["nodeLabels"]["apim.io/pool"] == name]
    return found


def setting(path: str, value: object) -> str:
    return f"{path}={json.dumps(value)}"


# -- access, network and what is opted into ----------------------------------------------------------------------------------------------------


def test_the_api_may_have_a_public_address_for_named_ranges() -> None:
    found = change(setting("cluster.api_endpoint", {"public": True, "allowed_cidrs": ["198.51.100.0/24"]}))
    assert (found.added, found.removed) == (set(), set())
    assert found.changed.pop("cluster") == {"apiServerAccessProfile"}
    assert all(name.startswith("security-") for name in found.changed)


def test_calico_may_enforce_network_policies() -> None:
    found = change("cluster.networking.policy=calico")
    assert (found.added, found.removed, found.changed) == (set(), set(), {"cluster": {"networkProfile"}})


def test_pods_have_the_range_of_the_settings() -> None:
    found = change("cluster.networking.pod_cidr=10.200.0.0/16")
    assert found.changed.pop("cluster") == {"networkProfile"}
    # Pods reach each other by their own addresses, which the nodes' group judges too.
    assert found.changed == {"security-nodes": {"securityRules"}}


@pytest.mark.parametrize(
    ("override", "changed"),
    [
        ("cluster.policy_addon=true", "addonProfiles"),
        ("cluster.defender=true", "securityProfile"),
        ("cluster.image_cleaner_hours=24", "securityProfile"),
        ("cluster.image_cleaner_hours=null", "securityProfile"),
        ("cluster.system_pool.max=5", "agentPoolProfiles"),
        (setting("cluster.administrators", ["11111111-2222-3333-4444-555555555555"]), "aadProfile"),
    ],
)
def test_an_option_of_the_cluster_changes_the_cluster_alone(override: str, changed: str) -> None:
    found = change(override)
    assert (found.added, found.removed) == (set(), set())
    assert found.changed == {"cluster": {changed}}


def test_secrets_are_encrypted_by_the_platforms_key_which_the_api_server_reaches_in_the_network() -> None:
    found = change("cluster.secrets_encryption=true")
    assert found.removed == set()
    assert found.added == {
        "key-role",
        "vault-role",
        "network-api-server",
        "security-api-server",
        "security-api-server-diagnostics",
    }
    assert found.changed.pop("cluster") == {"apiServerAccessProfile", "securityProfile"}
    assert found.changed.keys() <= {"security-nodes", "security-data"}


def test_long_term_support_is_of_the_tier_premium() -> None:
    found = change("cluster.long_term_support=true")
    assert found.changed == {"cluster": {"sku", "supportPlan"}}
    assert one(built(), CLUSTER).inputs["sku"]["tier"] == "Standard"


def test_the_tier_dev_pays_nothing_for_its_control_plane() -> None:
    assert one(built("tier=dev"), CLUSTER).inputs["sku"]["tier"] == "Free"


# -- upgrades --------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("override", "removed", "profile"),
    [
        ("cluster.upgrades.channel=none", {"maintenance-cluster"}, {"upgradeChannel": "none"}),
        ("cluster.upgrades.channel=stable", set(), {"upgradeChannel": "stable"}),
        ("cluster.upgrades.node_channel=security-patch", set(), {"nodeOSUpgradeChannel": "SecurityPatch"}),
        ("cluster.upgrades.node_channel=none", {"maintenance-nodes"}, {"nodeOSUpgradeChannel": "Unmanaged"}),
    ],
)
def test_a_channel_changes_the_cluster_and_takes_the_window_of_what_is_not_upgraded(
    override: str, removed: set[str], profile: dict[str, str]
) -> None:
    found = change(override)
    assert (found.added, found.removed) == (set(), removed)
    assert found.changed == {"cluster": {"autoUpgradeProfile"}}
    assert one(built(override), CLUSTER).inputs["autoUpgradeProfile"].items() >= profile.items()


def test_windows_are_those_of_the_settings_in_whole_hours() -> None:
    found = change("cluster.upgrades.window=mon:22:00-tue:03:30")
    assert found.changed == {"maintenance-cluster": {"maintenanceWindow"}}
    (made,) = [
        each
        for each in built("cluster.upgrades.window=mon:22:00-tue:03:30").resources
        if each.name.endswith("maintenance-cluster")
    ]
    window = made.inputs["maintenanceWindow"]
    assert window["schedule"]["weekly"]["dayOfWeek"] == "Monday"
    assert (window["startTime"], window["durationHours"]) == ("22:00", 5)


# -- pools -----------------------------------------------------------------------------------------------------------------------------------


def test_every_pool_is_made_from_its_settings() -> None:
    asked = settings_of(*BASE)
    for name in ("management", "user", "monitoring"):
        wanted, made = getattr(asked.cluster.pools, name), pool(built(), name).inputs
        assert (made["vmSize"], made["minCount"], made["maxCount"]) == (wanted.size, wanted.min, wanted.max)
        assert made["availabilityZones"] == ["1", "2"]
        assert made["nodeTaints"] == [f"{taint.key}={taint.value}:{taint.effect}" for taint in wanted.taints]


def test_pools_may_have_names_of_their_own() -> None:
    found = change("cluster.pools.user.name=apimpool", "cluster.pools.monitoring.name=infrapool")
    assert (found.added, found.removed) == (set(), set())
    assert found.changed == {"user-nodes": {"agentPoolName"}, "monitoring-nodes": {"agentPoolName"}}


@pytest.mark.parametrize(
    ("override", "key", "value"),
    [
        ("cluster.pools.user.max_surge=2", "maxSurge", "2"),
        ("cluster.pools.user.drain_timeout_minutes=60", "drainTimeoutInMinutes", 60),
        ("cluster.pools.user.soak_minutes=10", "nodeSoakDurationInMinutes", 10),
    ],
)
def test_surge_drain_and_soak_change_their_pool_alone(override: str, key: str, value: object) -> None:
    assert change(override).changed == {"user-nodes": {"upgradeSettings"}}
    assert pool(built(override), "user").inputs["upgradeSettings"][key] == value


def test_spot_nodes_are_another_pool() -> None:
    found = change("cluster.pools.user.capacity=spot")
    assert (found.added, found.removed) == (set(), set())
    assert found.changed == {
        "user-nodes": {"agentPoolName", "scaleSetPriority", "scaleSetEvictionPolicy", "spotMaxPrice", "upgradeSettings"}
    }


def test_a_third_zone_builds_new_pools_and_leaves_the_cluster_alone() -> None:
    found = change("network.zones=3")
    pools = {f"{name}-nodes" for name in ("management", "user", "monitoring")}
    assert {name for name in found.changed if name in pools} == pools
    assert all(found.changed[name] == {"agentPoolName", "availabilityZones"} for name in pools)
    assert "cluster" not in found.changed


def test_old_machines_can_be_chosen_and_have_what_they_can_do() -> None:
    made = pool(
        built("cluster.pools.monitoring.size=Standard_D2_v3", "cluster.pools.monitoring.max=5"), "monitoring"
    ).inputs
    assert made["enableEncryptionAtHost"] is False
    assert made["securityProfile"] == {"enableSecureBoot": False, "enableVTPM": False}
    assert pool(built(), "monitoring").inputs["enableEncryptionAtHost"] is True


def test_a_local_disk_that_is_large_enough_is_used() -> None:
    size = "cluster.pools.user.size=Standard_D4ds_v6"
    assert pool(built(size), "user").inputs["osDiskType"] == "Ephemeral"
    assert pool(built(size, "cluster.pools.user.disk_gb=512"), "user").inputs["osDiskType"] == "Managed"
    assert pool(built(), "user").inputs["osDiskType"] == "Managed"


def test_pods_of_the_certificate_manager_may_write_the_public_zone_alone() -> None:
    roles = [
        r for r in of_type(built(), "azure-native:authorization:RoleAssignment") if "certificates-identity" in r.name
    ]
    (role,) = roles
    assert role.inputs["scope"].endswith("/dnsZones/example.com")


# -- in the cluster ----------------------------------------------------------------------------------------------------------------------------


def names(graph: Graph) -> set[str]:
    return {resource.name.removeprefix(f"apim-{STACK}-") for resource in graph.custom()}


@pytest.mark.slow
def test_nodes_that_patch_themselves_are_rebooted_by_kured() -> None:
    usual = record_stack(STACK, file=FILE)
    asked = record_stack(STACK, "cluster.upgrades.node_channel=none", file=FILE)
    assert [error.message for error in (*usual.errors, *asked.errors)] == []
    assert names(asked.graph) - names(usual.graph) == {"kured-release"}
    assert names(usual.graph) - names(asked.graph) == {"maintenance-nodes"}
    release = asked.named(f"apim-{STACK}-kured-release").inputs
    assert release["namespace"] == "kube-system"
    assert release["values"]["configuration"]["rebootDays"] == ["sa"]


@pytest.mark.slow
def test_calico_goes_by_addresses_of_nodes_and_cilium_by_a_word_of_its_own() -> None:
    usual = record_stack(STACK, file=FILE)
    asked = record_stack(STACK, "cluster.networking.policy=calico", file=FILE)
    kind = "kubernetes:cilium.io/v2:CiliumNetworkPolicy"
    (own,) = usual.of_type(kind)
    assert own.inputs["spec"]["egress"][0]["toEntities"] == ["host", "remote-node"]
    assert asked.of_type(kind) == []
    policy = asked.named(own.name).inputs["spec"]
    assert [block["ipBlock"]["cidr"] for rule in policy["egress"] for block in rule["to"]]


@pytest.mark.slow
def test_nothing_that_eks_lacks_is_installed_on_aks() -> None:
    made = names(record_stack(STACK, file=FILE).graph)
    assert not [name for name in made if re.search(r"autoscaler|load-balancer-controller|metrics-server", name)]
