"""Cassandra that Azure runs, on top of a stack of the examples: what the mode and its options add, change and take away in the whole program."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from program_support import ROOT, of_type, one, record_stack

from apim_infra.rehearsal.graph import Graph
from apim_infra.rehearsal.packages import packages
from apim_infra.rehearsal.state import Operation
from apim_infra.rehearsal.testing import Recording
from apim_infra.settings.violations import SettingsError

pytestmark = pytest.mark.slow

STACK = "azure-standard"
FILE = ROOT / f"examples/{STACK}/Pulumi.{STACK}.yaml"
RING = ("stores.cassandra.mode=self-managed",)
PRINCIPAL, OTHER = "e5007d2c-4b13-4a74-9b6a-605d99f03501", "6f1d2c3b-0a4e-4b5f-8c6d-7e8f90a1b2c3"
"""Azure Cosmos DB, as two tenants may know it."""

MODE = "stores.cassandra.mode=managed"
SIZE = "stores.cassandra.size=Standard_E8s_v5"
INSTANCE = (MODE, SIZE, f"stores.cassandra.service_principal_id={PRINCIPAL}")

STEPS: Mapping[str, tuple[str, ...]] = {
    "ring": RING,
    "instance": INSTANCE,
    "again": INSTANCE,
    "nodes": (*INSTANCE, "stores.cassandra.nodes=6"),
    "size": (MODE, "stores.cassandra.size=Standard_E16s_v5", "stores.cassandra.storage_gb=2000", INSTANCE[-1]),
    "version": (*INSTANCE, "stores.cassandra.version=5.0"),
    "tenant": (MODE, SIZE, f"stores.cassandra.service_principal_id={OTHER}", "stores.cassandra.version=5.0"),
    "ring again": RING,
}
"""One stack after another, each from what was there before."""

MACHINES = (
    r"cassandra-(shared|administrator|application|ssh)(-(secret|password|key))?",
    r"cassandra-[123]-1-.+",
    r"cassandra-keyspaces",
    r"cassandra-client-(metrics|authority)",
    r"storage-cassandra-snapshots",
    r"flows-monitoring-to-cassandra-egress",
    r"default_\d+_\d+_\d+",  # the provider of Kubernetes or certificates
)
SERVICE = (
    r"(network|security)-cassandra",
    r"(security-cassandra|cassandra-cluster)-diagnostics",
    r"cassandra-(network-right|password|cluster|datacenter)",
    r"cassandra-credentials(-secret)?",
)
BOTH = (
    r"cassandra",
    r"cassandra-authority(-key)?",
    r"cassandra-client(-(key|request|certificate|settings|secret))?",
    r"flows-microservices-to-cassandra-egress",
)


@cache
def recorded(*overrides: str) -> Recording:
    recording = record_stack(STACK, *overrides, file=FILE)
    assert [f"{error.urn}: {error.message}" for error in recording.errors] == []
    return recording


@cache
def steps() -> Mapping[str, Recording]:
    providers, found = packages(), dict[str, Recording]()
    last: Recording | None = None
    for name, overrides in STEPS.items():
        last = record_stack(STACK, *overrides, file=FILE, before=last, providers=providers)
        assert [f"{name}: {error.urn}: {error.message}" for error in last.errors] == []
        found[name] = last
    return found


def short(urn: str) -> str:
    return re.sub(rf"^apim-{STACK}-", "", urn.rpartition("::")[2])


def names(graph: Graph) -> set[str]:
    return {short(resource.urn) for resource in graph.resources}


def only(found: set[str], *patterns: str) -> None:
    """Hold names to patterns: each name fits one, each pattern is met, but for providers' names, which depend on their versions."""
    missed = [
        pattern
        for pattern in patterns
        if not pattern.startswith("default_") and not any(re.fullmatch(pattern, name) for name in found)
    ]
    strange = sorted(name for name in found if not any(re.fullmatch(pattern, name) for pattern in patterns))
    assert (missed, strange) == ([], [])


def done(name: str) -> dict[str, Operation]:
    """Return what a step did to what it did not leave alone, but for components, which are nothing in the cloud."""
    graph_types = {short(resource.urn): resource.type for resource in steps()[name].graph.resources}
    return {
        short(step.urn): step.operation
        for step in steps()[name].steps
        if step.operation is not Operation.SAME and not graph_types.get(short(step.urn), "").startswith("apim:")
    }


def subnets(graph: Graph) -> dict[str, Mapping[str, Any]]:
    return {subnet.inputs["subnetName"]: subnet.inputs for subnet in of_type(graph, "azure-native:network:Subnet")}


def test_the_mode_adds_the_instance_with_its_subnet_and_what_tells_of_it() -> None:
    without, instance = names(recorded().graph), names(recorded(*INSTANCE).graph)
    assert without - instance == set()
    only(instance - without, *SERVICE, *BOTH, MACHINES[-1])


def test_between_the_modes_machines_go_and_the_instance_comes() -> None:
    ring, instance = names(recorded(*RING).graph), names(recorded(*INSTANCE).graph)
    only(instance - ring, *SERVICE)
    only(ring - instance, *MACHINES)


def test_from_one_mode_to_the_other_and_back() -> None:
    there, back = done("instance"), done("ring again")
    made = {name for name, operation in there.items() if operation is Operation.CREATE}
    assert {"cassandra-cluster", "cassandra-datacenter", "network-cassandra"} <= made
    assert {there[f"cassandra-{zone}-1-machine"] for zone in (1, 2, 3)} == {Operation.DELETE}
    assert {back[name] for name in ("cassandra-cluster", "cassandra-datacenter", "network-cassandra")} == {
        Operation.DELETE
    }
    assert names(steps()["ring again"].graph) == names(steps()["ring"].graph)


def test_a_second_run_changes_nothing() -> None:
    assert done("again") == {}


@pytest.mark.parametrize(
    ("step", "changed"),
    [
        ("nodes", {"cassandra-datacenter": Operation.UPDATE}),
        ("size", {"cassandra-datacenter": Operation.UPDATE}),
    ],
)
def test_more_nodes_and_larger_ones_change_the_data_centre_alone(step: str, changed: dict[str, Operation]) -> None:
    # What is told to programs, seeds and password, stays.
    assert done(step) == changed


@pytest.mark.parametrize(
    ("step", "expected"), [("instance", (3, 1, "Standard_E8s_v5")), ("size", (3, 2, "Standard_E16s_v5"))]
)
def test_nodes_have_their_size_and_whole_disks(step: str, expected: tuple[int, int, str]) -> None:
    given = one(steps()[step].graph, "azure-native:cosmosdb:CassandraDataCenter").inputs["properties"]
    assert (given["nodeCount"], given["diskCapacity"], given["sku"]) == expected


def test_another_version_replaces_nothing() -> None:
    found = done("version")
    assert found["cassandra-cluster"] is Operation.UPDATE
    assert Operation.REPLACE not in found.values()


def test_another_principal_is_another_right_and_nothing_more() -> None:
    assert done("tenant") == {"cassandra-network-right": Operation.REPLACE}
    right = next(item for item in steps()["tenant"].graph.resources if item.name.endswith("-cassandra-network-right"))
    assert right.inputs["principalId"] == OTHER
    assert right.inputs["scope"] == one(steps()["tenant"].graph, "azure-native:network:VirtualNetwork").id


def test_protection_locks_the_instance() -> None:
    plain, protected = recorded(*INSTANCE).graph, recorded(*INSTANCE, "stores.cassandra.deletion_protection=true").graph
    assert names(protected) - names(plain) == {"locks", "locks-cassandra"} - names(plain)
    assert "locks-cassandra" in names(protected)
    cluster = one(protected, "azure-native:cosmosdb:CassandraCluster")
    assert cluster.protect is True


def test_the_subnet_is_the_services_alone_and_moves_no_other() -> None:
    before, after = subnets(recorded().graph), subnets(recorded(*INSTANCE).graph)
    assert after.keys() - before.keys() == {"cassandra"}
    assert {name: after[name]["addressPrefix"] for name in before} == {
        name: given["addressPrefix"] for name, given in before.items()
    }
    own = after["cassandra"]
    assert [item["serviceName"] for item in own["delegations"]] == ["Microsoft.DocumentDB/cassandraClusters"]
    assert own["natGateway"]["id"] == after["nodes"]["natGateway"]["id"]
    graph = recorded(*INSTANCE).graph
    center = one(graph, "azure-native:cosmosdb:CassandraDataCenter").inputs["properties"]
    cluster = one(graph, "azure-native:cosmosdb:CassandraCluster").inputs["properties"]
    assert center["delegatedSubnetId"] == cluster["delegatedManagementSubnetId"]
    assert center["delegatedSubnetId"].endswith("/subnets/cassandra")


def test_the_instance_comes_after_the_ways_out_of_its_subnet() -> None:
    cluster = one(recorded(*INSTANCE).graph, "azure-native:cosmosdb:CassandraCluster")
    waits_for = {short(urn) for urn in cluster.dependencies}
    assert {"cassandra-network-right", "network-cassandra"} <= waits_for


def test_programs_have_login_and_certificate_and_reach_the_instance_alone() -> None:
    graph = recorded(*INSTANCE).graph
    (told,) = [item for item in graph.resources if item.name.endswith("-cassandra-client-settings")]
    settings = told.inputs["data"]
    assert (settings["username"], settings["consistency"], settings["datacenter"]) == (
        "cassandra",
        "QUORUM",
        "westeurope",
    )
    # A public authority vouches for the nodes.
    assert "ca.crt" not in settings
    (secret,) = [item for item in graph.resources if item.name.endswith("-cassandra-client-secret")]
    assert secret.inputs["stringData"] == {"secret": True}
    held = {"cassandra-password", "cassandra-client-certificate", "cassandra-client-key"}
    assert held <= {short(urn) for urn in secret.dependencies}
    (policy,) = [
        item.inputs
        for item in of_type(graph, "kubernetes:networking.k8s.io/v1:NetworkPolicy")
        if item.name.endswith("-flows-microservices-to-cassandra-egress")
    ]
    prefix = subnets(graph)["cassandra"]["addressPrefix"]
    assert [end["ipBlock"]["cidr"] for rule in policy["spec"]["egress"] for end in rule["to"]] == [prefix]


def test_keyspaces_are_left_to_the_owner_with_their_statements() -> None:
    exports = recorded(*INSTANCE, 'stores.cassandra.keyspaces=["apim","order-history"]').exports
    replication = "{'class': 'NetworkTopologyStrategy', 'westeurope': 3}"
    assert exports["cassandra_keyspaces"] == [
        f"CREATE KEYSPACE IF NOT EXISTS {name} WITH replication = {replication};" for name in ("apim", "order_history")
    ]
    assert "cassandra_keyspaces" not in recorded(*RING).exports


REFUSED: dict[tuple[str, ...], str] = {
    (MODE,): "stores.cassandra.service_principal_id",
    (*INSTANCE, "stores.cassandra.size=Standard_D4s_v6"): "must be a size that the managed service has",
    (*INSTANCE, "stores.cassandra.nodes=4"): "must be a multiple of 3",
    (*INSTANCE, "stores.cassandra.version=3.11"): "support of 3.11 ended on 2024-09-05",
    (*INSTANCE, "private_deployment.domain=inside.example.com"): "beside a private deployment",
    (INSTANCE[-1],): "has no meaning in mode none",
}


@pytest.mark.parametrize("overrides", REFUSED, ids=lambda overrides: " ".join(overrides)[-60:])
def test_what_cannot_be_built_is_refused_with_the_reason(overrides: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError) as error:
        record_stack(STACK, *overrides, file=FILE)
    assert REFUSED[overrides] in str(error.value)
