"""Cassandra and stores in the cluster, on top of the project's own stacks: each mode rehearses clean and adds exactly what is its own."""

import re
from functools import cache

import pytest
from program_support import of_type, one, record_stack

from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.packages import packages
from apim_infra.rehearsal.state import Operation
from apim_infra.rehearsal.testing import Recording
from apim_infra.settings.violations import SettingsError

RING, MANAGED, INSIDE = (f"stores.cassandra.mode={mode}" for mode in ("self-managed", "managed", "in-cluster"))
STORES = ("mariadb", "postgresql", "gateway_postgresql", "redis")
ALL_INSIDE = tuple(f"stores.{store}.mode=in-cluster" for store in (*STORES, "cassandra"))
WITHOUT_NAT = (
    "network.nat=none",
    'network.interface_endpoints=["autoscaling","ec2","ecr.api","ecr.dkr","eks","eks-auth","elasticloadbalancing","logs","sts"]',
)


@cache
def recorded(*overrides: str, stack: str = "dev") -> Recording:
    recording = record_stack(stack, *overrides)
    assert [f"{error.urn}: {error.message}" for error in recording.errors] == []
    return recording


def short(urn: str) -> str:
    return re.sub(r"^apim-\w+?-", "", urn.rpartition("::")[2])


def added(*overrides: str, stack: str = "dev") -> set[str]:
    """Return the names of what an option adds; nothing may go, and no resource of a cloud may change but those of flows and quotas."""
    before, after = recorded(stack=stack).graph, recorded(*overrides, stack=stack).graph
    old, new = ({resource.urn: resource for resource in graph.resources} for graph in (before, after))
    assert {short(urn) for urn in old.keys() - new.keys()} == set()
    return {short(urn) for urn in new.keys() - old.keys()}


def only(names: set[str], *patterns: str) -> None:
    """Hold names to patterns: each name fits one, each pattern is met."""
    for pattern in patterns:
        assert any(re.fullmatch(pattern, name) for name in names), f"nothing is like {pattern} in {sorted(names)}"
    assert [name for name in sorted(names) if not any(re.fullmatch(pattern, name) for pattern in patterns)] == []


@pytest.mark.slow
def test_a_ring_adds_its_nodes_its_way_out_its_rules_and_what_tells_of_it() -> None:
    only(
        added(RING),
        r"cassandra(-(shared|administrator|application))?(-(secret|value|password))?",
        r"cassandra-(authority|client)(-(key|request|certificate))?",
        r"cassandra-eu-west-1[ab]-addresses",
        r"cassandra-eu-west-1[ab]-\d(-(interface|data|instance|attachment|ready|role|profile|secrets|agent))?",
        r"cassandra-eu-west-1[ab]-\d-(key|request|certificate)",
        r"cassandra-eu-west-1[ab]-\d-materials(-(secret|value))?",
        r"cassandra-keyspaces",
        r"cassandra-client(-(settings|secret|metrics|authority))?",
        r"default_5_6_2",  # the provider of certificates
        r"network-data-nat",
        r"security-cassandra(-(to|from)-.*)?",
        r"security-nodes-to-cassandra-tcp-(9042|7070)",
        r"flows-(microservices|monitoring)-to-cassandra(-egress)?",
    )


@pytest.mark.slow
def test_keyspaces_add_themselves_a_role_and_what_tells_of_them() -> None:
    only(
        added(MANAGED),
        r"keyspaces(-apim-dev-apim)?",
        r"keyspaces-cassandra-client(-(role|rights|association))?",
        r"cassandra-client(-settings)?",
        r"security-nodes-to-internet-tcp-9142",
        r"flows-microservices-to-(internet|pod-identity)(-egress)?",
    )
    keyspace = one(recorded(MANAGED).graph, "aws:keyspaces/keyspace:Keyspace")
    assert keyspace.inputs["name"] == "apim_dev_apim"


@pytest.mark.slow
def test_without_metrics_nobody_reads_the_exporters() -> None:
    graph = recorded(RING, "observability.metrics.enabled=false").graph
    assert not [resource for resource in graph.resources if resource.name.endswith("cassandra-client-metrics")]
    assert not [rule for rule in graph.resources if rule.name.endswith("nodes-to-cassandra-tcp-7070")]


@pytest.mark.slow
def test_nothing_but_the_matrix_reaches_the_nodes() -> None:
    graph = recorded(RING).graph
    (group,) = [
        resource
        for resource in of_type(graph, "aws:ec2/securityGroup:SecurityGroup")
        if resource.name.endswith("-security-cassandra")
    ]
    rules = [
        rule.inputs
        for rule in of_type(graph, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if rule.inputs["securityGroupId"] == group.id
    ]
    assert {rule["fromPort"] for rule in rules} == {9042, 7001, 7070}
    assert not [rule for rule in rules if rule.get("cidrIpv4")]
    for interface in of_type(graph, "aws:ec2/networkInterface:NetworkInterface"):
        assert interface.inputs["securityGroups"] == [group.id]


@pytest.mark.slow
@pytest.mark.parametrize("mode", [RING, MANAGED])
def test_a_second_run_changes_nothing_and_another_version_comes_one_node_after_another(mode: str) -> None:
    providers = packages()
    first = record_stack("dev", mode, providers=providers)
    again = record_stack("dev", mode, before=first, providers=providers)
    assert first.errors == again.errors == []
    assert {step.operation for step in again.steps} <= {Operation.SAME}
    if mode == MANAGED:
        return
    after = record_stack("dev", mode, "stores.cassandra.version=5.0", before=again, providers=providers)
    assert after.errors == []
    replaced = [short(step.urn) for step in after.steps if step.operation is Operation.REPLACE]
    nodes = [name for name in replaced if name.endswith(("-instance", "-ready"))]
    parts = ("eu-west-1a-1", "eu-west-1b-1", "eu-west-1a-2")
    assert nodes == [f"cassandra-{part}-{kind}" for part in parts for kind in ("instance", "ready")]
    assert not [name for name in replaced if name.endswith(("-data", "-interface", "-secret"))]


@pytest.mark.slow
def test_a_node_more_replaces_nothing_in_the_whole_stack() -> None:
    providers = packages()
    first = record_stack("dev", RING, providers=providers)
    after = record_stack("dev", RING, "stores.cassandra.nodes=4", before=first, providers=providers)
    assert after.errors == []
    done = {step.operation for step in after.steps if "cassandra" in step.urn.rpartition("::")[2]}
    assert Operation.REPLACE not in {step.operation for step in after.steps}
    assert Operation.CREATE in done


@pytest.mark.slow
def test_stores_in_the_cluster_take_the_place_of_managed_ones() -> None:
    graph = recorded(*ALL_INSIDE).graph
    types = {resource.type for resource in graph.resources}
    assert types.isdisjoint({"aws:rds/instance:Instance", "aws:elasticache/replicationGroup:ReplicationGroup"})
    kinds = {type_.rpartition(":")[2] for type_ in types}
    assert {"Cluster", "MariaDB", "CassandraDatacenter"} <= kinds
    assert hosts(graph) == {
        "mariadb": "mariadb.apim.svc",
        "postgresql": "postgresql-rw.apim.svc",
        "redis": "redis.user-namespace.svc",
    }
    gateway = next(r for r in releases(graph) if r.inputs["name"] == "gateway-default").inputs["values"]["env"]
    assert (gateway["pg_host"], gateway["pg_database"]) == ("gateway-postgresql-rw.user-namespace.svc", "kong")
    installed = {release.inputs["name"] for release in releases(graph)}
    assert {"cloudnative-pg", "mariadb-operator", "cass-operator", "redis"} <= installed


@pytest.mark.slow
def test_only_the_operators_that_are_needed_are_installed() -> None:
    installed = {release.inputs["name"] for release in releases(recorded("stores.mariadb.mode=in-cluster").graph)}
    assert "mariadb-operator" in installed
    assert installed.isdisjoint({"cloudnative-pg", "cass-operator"})
    assert not [name for name in (r.name for r in recorded().graph.resources) if "store-operators" in name]


def releases(graph: Graph) -> list[Resource]:
    return of_type(graph, "kubernetes:helm.sh/v3:Release")


def hosts(graph: Graph) -> dict[str, str]:
    """Return the host of each store as the control plane is told it."""
    (release,) = [release for release in releases(graph) if release.inputs["name"] == "apim"]
    found: dict[str, str] = {}
    for name in ("mariadb", "postgresql", "redis"):
        texts = re.findall(rf"'{name.upper()}_HOST': '([^']+)'", str(release.inputs["values"]))
        found[name] = texts[0] if texts else ""
    return found


REFUSED = {
    (RING, *WITHOUT_NAT): ("must reach secretsmanager, ssm, ssmmessages", "is needed without NAT"),
    (MANAGED, *WITHOUT_NAT): ("must reach cassandra",),
    (RING, "stores.cassandra.version=3.11"): ("must be a cassandra version", "use 4.0, 4.1, 5.0"),
    (RING, "stores.cassandra.version=2.2"): ("must be a cassandra version",),
    (INSIDE, "tier=prd"): ("must not be in-cluster in tier prd",),
    (RING, "stores.cassandra.nodes=12", "network.zones=2", 'stores.cassandra.keyspaces=["system-auth"]'): (
        "must begin with a letter, and not with system",
    ),
    (RING, "stores.cassandra.multi_zone=true"): ("none stands by",),
    (MANAGED, "stores.cassandra.image_id=ami-0123456789abcdef0"): ("has no meaning in mode managed",),
    (INSIDE, "stores.mariadb.mode=in-cluster", "stores.mariadb.version=10.6"): ("has an image in the cluster",),
}


@pytest.mark.parametrize("overrides", REFUSED, ids=lambda overrides: " ".join(overrides)[:60])
def test_what_cannot_be_built_is_refused_with_the_reason(overrides: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError) as error:
        record_stack("dev", *overrides)
    for words in REFUSED[overrides]:
        assert words in str(error.value)
