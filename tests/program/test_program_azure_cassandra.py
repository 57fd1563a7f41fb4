"""Cassandra on Azure, on top of a stack of the examples: what each option adds, changes and replaces in the whole program, and nothing more."""

import base64
import re
from collections.abc import Mapping
from functools import cache

import pytest
from program_support import ROOT, of_type, record_stack

from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.packages import packages
from apim_infra.rehearsal.provider import Provider
from apim_infra.rehearsal.state import Operation
from apim_infra.rehearsal.testing import Recording
from apim_infra.settings.violations import SettingsError

pytestmark = pytest.mark.slow

STACK = "azure-standard"
FILE = ROOT / f"examples/{STACK}/Pulumi.{STACK}.yaml"
RING = "stores.cassandra.mode=self-managed"
MACHINE, DISK = "azure-native:compute:VirtualMachine", "azure-native:compute:Disk"
PARTS = ("1-1", "2-1", "3-1")
FOUR = (*PARTS, "1-2")
GROUP = "6f1d2c3b-0a4e-4b5f-8c6d-7e8f90a1b2c3"
"""Administrators of the stack."""

IMAGE = (
    "/subscriptions/00000000-0000-4000-8000-00000000000f/resourceGroups/images/providers/Microsoft.Compute/images/one"
)


STEPS = (
    "stores.cassandra.performance_tier=P30",
    "stores.cassandra.entra_login=false",
    "stores.cassandra.backup_retention_days=0",
    "stores.cassandra.nodes=4",
    "stores.cassandra.size=Standard_D8s_v6",
    "stores.cassandra.version=5.0",
    f"stores.cassandra.image_id={IMAGE}",
)
"""One change after another on a stack with a ring."""


def recording_of(
    *overrides: str, before: Recording | None = None, providers: Mapping[str, Provider] | None = None
) -> Recording:
    recording = record_stack(STACK, *overrides, file=FILE, before=before, providers=providers)
    assert [f"{error.urn}: {error.message}" for error in recording.errors] == []
    return recording


@cache
def steps() -> Mapping[str, Recording]:
    """Return what each change does to a stack that has those before it; "" for none."""
    providers, found = packages(), dict[str, Recording]()
    last = recording_of(RING, providers=providers)
    for number, change in enumerate(("", *STEPS)):
        last = recording_of(RING, *STEPS[:number], before=last, providers=providers)
        found[change] = last
    return found


@cache
def recorded(*overrides: str) -> Recording:
    return recording_of(*overrides)


def short(urn: str) -> str:
    return re.sub(rf"^apim-{STACK}-", "", urn.rpartition("::")[2])


def names(graph: Graph) -> set[str]:
    return {short(resource.urn) for resource in graph.resources}


def only(found: set[str], *patterns: str) -> None:
    """Hold names to patterns: each name fits one, each pattern is met."""
    for pattern in patterns:
        assert any(re.fullmatch(pattern, name) for name in found), f"nothing is like {pattern} in {sorted(found)}"
    assert [name for name in sorted(found) if not any(re.fullmatch(pattern, name) for pattern in patterns)] == []


def done(recording: Recording) -> dict[str, Operation]:
    return {short(step.urn): step.operation for step in recording.steps if step.operation is not Operation.SAME}


def of_the_ring(found: dict[str, Operation]) -> dict[str, Operation]:
    return {name: operation for name, operation in found.items() if name.startswith("cassandra-")}


def test_a_ring_adds_its_nodes_its_container_and_what_tells_of_it() -> None:
    before, after = names(recorded().graph), names(recorded(RING).graph)
    assert before - after == set()
    only(
        after - before,
        r"cassandra(-(shared|administrator|application|ssh))?(-(secret|password|key))?",
        r"cassandra-(authority|client)(-(key|request|certificate))?",
        r"cassandra-[123]-1(-(interface|data|identity|machine|login|ready))",
        r"cassandra-[123]-1-(key|request|certificate)",
        r"cassandra-[123]-1-materials(-secret)?",
        r"cassandra-[123]-1-(shared|materials|administrator|application|snapshots)-right",
        rf"cassandra-[123]-1-{GROUP}",
        r"cassandra-keyspaces",
        r"cassandra-client(-(settings|secret|metrics|authority))?",
        r"default_\d+_\d+_\d+",  # the provider of certificates
        r"storage-cassandra-snapshots",
        r"flows-(microservices|monitoring)-to-cassandra-egress",
    )


def test_nodes_stand_in_the_data_subnet_one_in_each_zone() -> None:
    graph = recorded(RING).graph
    (data,) = [
        subnet for subnet in of_type(graph, "azure-native:network:Subnet") if subnet.inputs["subnetName"] == "data"
    ]
    cards = [card for card in of_type(graph, "azure-native:network:NetworkInterface") if "cassandra" in card.name]
    placed = [card.inputs["ipConfigurations"][0] for card in cards]
    assert {place["subnet"]["id"] for place in placed} == {data.id}
    assert {place["privateIPAllocationMethod"] for place in placed} == {"Static"}
    assert sorted(machine.inputs["zones"][0] for machine in of_type(graph, MACHINE)) == ["1", "2", "3"]


def test_programs_are_told_to_read_and_write_by_quorum() -> None:
    told = of_type(recorded(RING).graph, "kubernetes:core/v1:ConfigMap")
    (settings,) = [item.inputs["data"] for item in told if item.name.endswith("cassandra-client-settings")]
    assert settings["consistency"] == "QUORUM"
    assert len(settings["hosts"].split(",")) == 3


def test_without_metrics_nobody_reads_the_exporters() -> None:
    graph = recorded(RING, "observability.metrics.enabled=false").graph
    assert not [resource for resource in graph.resources if resource.name.endswith("cassandra-client-metrics")]


def rules(graph: Graph) -> set[tuple[str, str]]:
    """Return the directions and ports that rules of the data subnet let through for a reason that has to do with Cassandra."""
    (group,) = [
        group for group in of_type(graph, "azure-native:network:NetworkSecurityGroup") if group.name.endswith("-data")
    ]
    return {
        (rule["direction"], rule["destinationPortRange"])
        for rule in group.inputs["securityRules"]
        if rule["access"] == "Allow"
    }


def test_the_subnet_lets_through_what_the_matrix_says() -> None:
    before, after = rules(recorded().graph), rules(recorded(RING).graph)
    assert after - before == {
        ("Inbound", "9042"),
        ("Inbound", "7001"),
        ("Inbound", "7070"),
        ("Outbound", "7001"),
        ("Outbound", "443"),
        ("Outbound", "80"),
    }
    own = rules(recorded(RING, f"stores.cassandra.image_id={IMAGE}").graph)
    assert after - own == {("Outbound", "80")}


def test_a_second_run_changes_nothing() -> None:
    assert done(steps()[""]) == {}


def test_a_node_more_replaces_nothing_in_the_whole_stack() -> None:
    found = done(steps()["stores.cassandra.nodes=4"])
    assert Operation.REPLACE not in found.values()
    ring = of_the_ring(found)
    made = {name for name, operation in ring.items() if operation is Operation.CREATE}
    assert all(name.startswith("cassandra-1-2-") for name in made)
    # What reads the exporters learns of the fourth.
    assert {name for name in ring if name not in made} == {"cassandra-client-metrics"}


def test_another_version_comes_one_machine_after_another_and_touches_no_disk() -> None:
    after = steps()["stores.cassandra.version=5.0"]
    replaced = [short(step.urn) for step in after.steps if step.operation is Operation.REPLACE]
    nodes = [name for name in replaced if name.endswith(("-machine", "-ready"))]
    assert nodes == [f"cassandra-{part}-{kind}" for part in FOUR for kind in ("machine", "ready")]
    assert not [name for name in replaced if name.endswith(("-data", "-interface", "-secret", "-identity"))]


def test_another_size_changes_machines_alone() -> None:
    found = of_the_ring(done(steps()["stores.cassandra.size=Standard_D8s_v6"]))
    expected = {f"cassandra-{part}-{kind}": Operation.UPDATE for part in FOUR for kind in ("machine", "ready")}
    assert found == expected


def test_an_image_of_ones_own_replaces_machines_and_no_disk() -> None:
    found = of_the_ring(done(steps()[f"stores.cassandra.image_id={IMAGE}"]))
    assert {found[f"cassandra-{part}-machine"] for part in FOUR} == {Operation.REPLACE}
    assert not [name for name in found if name.endswith(("-data", "-interface", "-secret", "-identity"))]


def test_a_performance_tier_changes_disks_alone() -> None:
    found = of_the_ring(done(steps()["stores.cassandra.performance_tier=P30"]))
    assert found == {f"cassandra-{part}-data": Operation.UPDATE for part in PARTS}


def test_logins_by_entra_are_switched_off_without_another_machine() -> None:
    found = of_the_ring(done(steps()["stores.cassandra.entra_login=false"]))
    expected = {f"cassandra-{part}-{name}": Operation.DELETE for part in PARTS for name in ("login", GROUP)}
    assert found == {**expected, **{f"cassandra-{part}-machine": Operation.UPDATE for part in PARTS}}


def test_snapshots_go_with_backups_and_no_machine_is_touched() -> None:
    found = done(steps()["stores.cassandra.backup_retention_days=0"])
    rights = {f"cassandra-{part}-snapshots-right": Operation.DELETE for part in PARTS}
    assert of_the_ring(found) == {**rights, "cassandra-shared-secret": Operation.UPDATE}
    assert found["storage-cassandra-snapshots"] is Operation.DELETE


def test_snapshots_are_kept_as_long_as_backups() -> None:
    graph = recorded(RING, "stores.cassandra.backup_retention_days=14").graph
    policies = str([policy.inputs for policy in of_type(graph, "azure-native:storage:ManagementPolicy")])
    assert "cassandra-snapshots/" in policies
    rules = [
        rule
        for policy in of_type(graph, "azure-native:storage:ManagementPolicy")
        for rule in policy.inputs["policy"]["rules"]
        if "cassandra-snapshots/" in str(rule)
    ]
    assert "14" in str(rules)


def script(resource: Resource) -> str:
    return resource.inputs["source"]["script"]


def test_keyspaces_have_three_copies_in_the_regions_data_centre() -> None:
    graph = recorded(RING).graph
    (made,) = [resource for resource in graph.resources if resource.name.endswith("-cassandra-keyspaces")]
    assert "'class': 'NetworkTopologyStrategy', 'westeurope': 3" in script(made)
    (first,) = [machine for machine in of_type(graph, MACHINE) if machine.name.endswith("-1-1-machine")]
    assert made.inputs["vmName"] == first.outputs["name"]
    assert "dc=westeurope\n" in base64.b64decode(first.inputs["osProfile"]["customData"]).decode()


REFUSED: dict[tuple[str, ...], str] = {
    (RING, "stores.cassandra.version=2.2"): "support of 2.2 ended on 2021-07-26",
    (
        RING,
        "stores.cassandra.service_principal_id=6f1d2c3b-0a4e-4b5f-8c6d-7e8f90a1b2c3",
    ): "has no meaning in mode self-managed",
    (RING, "stores.cassandra.nodes=12", "network.zones=2"): "must be 2 to 8",
    (RING, "stores.cassandra.final_snapshot=true"): "is for aws",
    (RING, "stores.cassandra.performance_tier=P4"): "must be P6 to P50",
    (RING, "network.nat=none"): "is needed without NAT",
    (RING, 'network.interface_endpoints=["registry"]'): "must reach vault, blob",
}


@pytest.mark.parametrize("overrides", REFUSED, ids=lambda overrides: " ".join(overrides)[:60])
def test_what_cannot_be_built_is_refused_with_the_reason(overrides: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError) as error:
        record_stack(STACK, *overrides, file=FILE)
    assert REFUSED[overrides] in str(error.value)
