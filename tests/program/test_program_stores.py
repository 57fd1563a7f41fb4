"""Protection of the stores: what each option adds, removes and changes, in development and in production."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from program_support import environment_of, of_type, one, passwords, record_stack

from apim_infra.platform.aws_backups import build_recovery
from apim_infra.platform.aws_foundation import build_foundation
from apim_infra.platform.aws_stores import build_stores
from apim_infra.platform.naming import Naming
from apim_infra.rehearsal.graph import Graph
from apim_infra.rehearsal.graph_file import graph_text
from apim_infra.rehearsal.packages import packages
from apim_infra.rehearsal.state import Operation
from apim_infra.rehearsal.testing import Recording, record

INSTANCE = "aws:rds/instance:Instance"
STORES = ("mariadb", "postgresql", "gateway-postgresql")
ROTATED = "stores.{}.password_rotation_days=30"
QUIET = "stores.{}.password_rotation_days=null"


@dataclass(frozen=True)
class Change:
    """How one graph differs from another, by the names of its resources without the stack's prefix."""

    added: set[str]
    removed: set[str]
    changed: Mapping[str, set[str]]
    """Name to the input keys that differ; inputs of components are left out."""


def short(urn: str) -> str:
    return re.sub(r"^apim-\w+?-", "", urn.rpartition("::")[2])


def change(before: Graph, after: Graph) -> Change:
    old, new = ({r.urn: r for r in graph.resources} for graph in (before, after))
    changed = {
        short(urn): {
            key for key in {*old[urn].inputs, *new[urn].inputs} if old[urn].inputs.get(key) != new[urn].inputs.get(key)
        }
        for urn in old.keys() & new.keys()
        if old[urn].custom and old[urn].inputs != new[urn].inputs
    }
    return Change(
        {short(urn) for urn in new.keys() - old.keys()}, {short(urn) for urn in old.keys() - new.keys()}, changed
    )


@cache
def recorded(stack: str, *overrides: str) -> Recording:
    recording = record_stack(stack, *overrides)
    assert recording.errors == []
    return recording


@cache
def stores(stack: str, *overrides: str) -> Graph:
    """The stores of a stack with what they stand on, built alone to be quick."""
    settings = environment_of(stack, *overrides).settings

    def program() -> None:
        naming = Naming.of_stack(settings)
        foundation = build_foundation(settings, naming)
        build_stores(settings, naming, foundation, build_recovery(settings, naming, foundation))

    made = record(program, stack=stack)
    assert made.errors == []
    return made.graph


@pytest.fixture(params=["dev", "prd"])
def by(request: pytest.FixtureRequest) -> Callable[..., Change]:
    """How the stores of a stack change with settings laid over it."""
    return lambda *overrides: change(stores(request.param), stores(request.param, *overrides))


def like(names: set[str], *patterns: str) -> set[str]:
    """Return the names that no pattern matches; every pattern must match something."""
    for pattern in patterns:
        assert any(re.fullmatch(pattern, name) for name in names), f"nothing is like {pattern} in {sorted(names)}"
    return {name for name in names if not any(re.fullmatch(pattern, name) for pattern in patterns)}


OPERATOR = (
    "external-secrets(-release|-store)?",
    "reloader(-release)?",
    "secrets-identity(-role|-rights|-association)?",
)
"""What rotation brings along once, whatever store it is for."""

FUNCTION = ("{0}-rotation(-log|-function|-schedule)?", "security-{0}-from-secret-rotation-tcp-(3306|5432)",
            "security-secret-rotation-to-{0}-tcp-(3306|5432)")  # fmt: skip
"""What it brings for each store."""

GROUP = ("security-secret-rotation", "security-secret-rotation-to-internet-tcp-443")
"""What its functions share."""


def of_stores(*stores: str) -> list[str]:
    return [pattern.format(store) for store in stores for pattern in FUNCTION]


@pytest.mark.slow
def test_rotation_in_development_adds_its_own_parts_alone() -> None:
    found = change(recorded("dev").graph, recorded("dev", ROTATED.format("mariadb")).graph)
    assert found.removed == set()
    assert like(found.added, *OPERATOR, *of_stores("mariadb"), *GROUP, "apim-mariadb-source") == set()
    assert found.changed == {
        # New pods start with what has changed; the namespace of the controllers holds two more; the rest may have no more than before.
        "apim-release": {"values"},
        "platform-system-quota": {"spec"},
        **{name: {"spec"} for name in found.changed if name == "microservices-quota"},
    }


@pytest.mark.slow
def test_the_gateways_password_changes_the_gateways_alone() -> None:
    found = change(recorded("dev").graph, recorded("dev", ROTATED.format("gateway_postgresql")).graph)
    assert found.removed == set()
    assert (
        like(found.added, *OPERATOR, *of_stores("gateway-postgresql"), *GROUP, "gateway-default-database-source")
        == set()
    )
    assert found.changed.keys() - {"microservices-quota"} == {"gateway-default-release", "platform-system-quota"}


@pytest.mark.slow
def test_rotation_in_production_can_be_left_out() -> None:
    quiet = recorded("prd", *(QUIET.format(store.replace("-", "_")) for store in STORES))
    found = change(recorded("prd").graph, quiet.graph)
    assert found.added == set()
    left = like(
        found.removed,
        *OPERATOR,
        *of_stores(*STORES),
        *GROUP,
        "security-secret-rotation-to-endpoints-tcp-443",
        "security-endpoints-from-secret-rotation-tcp-443",
        "apim-(mariadb|postgresql)-source",
        "gateway-(default|partners|internal)-database-source",
    )
    assert left == set()
    assert like(
        set(found.changed), "apim-release", "gateway-(default|partners|internal)-release", "platform-system-quota"
    ) <= {"microservices-quota"}


@pytest.mark.slow
def test_rotation_of_a_second_password_adds_no_second_operator() -> None:
    one_, two = (ROTATED.format("mariadb"), ROTATED.format("postgresql"))
    found = change(recorded("dev", one_).graph, recorded("dev", one_, two).graph)
    assert like(found.added, *of_stores("postgresql"), "apim-postgresql-source") == set()
    assert found.removed == set()
    assert found.changed.keys() == {"apim-release", "secrets-identity-rights"}


@pytest.mark.slow
def test_rotation_switched_on_and_off_on_a_platform_that_is_there_replaces_nothing() -> None:
    worlds = packages()
    before = record_stack("dev", providers=worlds)
    on = record_stack(
        "dev", *(ROTATED.format(store.replace("-", "_")) for store in STORES), before=before, providers=worlds
    )
    off = record_stack("dev", before=on, providers=worlds)
    assert [*on.errors, *off.errors] == []
    kinds = [{step.operation for step in recording.steps} for recording in (on, off)]
    assert kinds[0] <= {Operation.SAME, Operation.CREATE, Operation.UPDATE, Operation.READ}
    assert kinds[1] <= {Operation.SAME, Operation.DELETE, Operation.UPDATE, Operation.READ}
    stayed = {short(r.urn): r.id for r in before.graph.resources if r.type in (INSTANCE, "kubernetes:core/v1:Secret")}
    assert stayed == {
        short(r.urn): r.id for r in off.graph.resources if r.type in (INSTANCE, "kubernetes:core/v1:Secret")
    }


@pytest.mark.slow
@pytest.mark.parametrize(("stack", "overrides"), [("dev", [ROTATED.format("mariadb")]), ("prd", [])])
def test_no_password_is_in_clear_while_it_rotates(stack: str, overrides: list[str]) -> None:
    recording = recorded(stack, *overrides)
    text, secrets = graph_text(recording.graph) + repr(recording.findings), passwords(recording.graph)
    assert len(secrets) >= len(STORES)
    assert [secret for secret in secrets if secret in text] == []


@pytest.mark.slow
def test_functions_are_in_the_private_subnets_with_a_group_of_their_own() -> None:
    graph = recorded("prd").graph
    private = {s.id for s in of_type(graph, "aws:ec2/subnet:Subnet") if "-private-" in s.name}
    (group,) = [
        g.id for g in of_type(graph, "aws:ec2/securityGroup:SecurityGroup") if g.name.endswith("-secret-rotation")
    ]
    functions = of_type(graph, "aws:serverlessrepository/cloudFormationStack:CloudFormationStack")
    assert len(functions) == len(STORES)
    for function in functions:
        parameters = function.inputs["parameters"]
        assert set(parameters["vpcSubnetIds"].split(",")) == private
        assert parameters["vpcSecurityGroupIds"] == group


@pytest.mark.slow
def test_the_operator_reads_the_secrets_that_rotate_and_no_others() -> None:
    graph = recorded("dev", ROTATED.format("mariadb")).graph
    (rights,) = [
        r for r in of_type(graph, "aws:iam/rolePolicy:RolePolicy") if r.name.endswith("secrets-identity-rights")
    ]
    arns = {s.name: s.outputs["arn"] for s in of_type(graph, "aws:secretsmanager/secret:Secret")}
    named = {name for name, arn in arns.items() if arn in rights.inputs["policy"]}
    assert named == {"apim-dev-mariadb-secret-secret"}
    followed = [r for r in graph.resources if r.type.endswith(":ExternalSecret")]
    assert [r.inputs["spec"]["data"][0]["remoteRef"]["key"] for r in followed] == [
        arns["apim-dev-mariadb-secret-secret"]
    ]


# -- windows, insights and monitoring --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("store", STORES)
def test_windows_of_a_database_change_nothing_else(by: Callable[..., Change], store: str) -> None:
    path = f"stores.{store.replace('-', '_')}"
    found = by(f"{path}.backup_window=22:00-23:00", f"{path}.maintenance_window=sat:23:00-sun:00:00")
    assert (found.added, found.removed) == (set(), set())
    keys = found.changed.pop(f"{store}-instance") if isinstance(found.changed, dict) else set[str]()
    assert keys == {"backupWindow", "maintenanceWindow"}
    assert all(changed == {"maintenanceWindow"} for changed in found.changed.values())
    assert like(set(found.changed), *([f"{store}-replica-\\d"] if found.changed else [])) == set()


def test_windows_of_the_in_memory_store_change_nothing_else(by: Callable[..., Change]) -> None:
    found = by("stores.redis.snapshot_window=22:00-23:00", "stores.redis.maintenance_window=sat:23:00-sun:00:00")
    assert found == Change(set(), set(), {"redis-group": {"snapshotWindow", "maintenanceWindow"}})


def test_insights_are_of_the_database_that_they_are_asked_for() -> None:
    found = change(stores("dev"), stores("dev", "stores.mariadb.performance_insights=true"))
    keys = {"performanceInsightsEnabled", "performanceInsightsKmsKeyId", "performanceInsightsRetentionPeriod"}
    assert found == Change(set(), set(), {"mariadb-instance": keys})


def test_monitoring_brings_a_role_and_nothing_else() -> None:
    found = change(stores("dev"), stores("dev", "stores.postgresql.monitoring_seconds=30"))
    assert found.added == {"postgresql-monitoring", "postgresql-monitoring-policy"}
    assert found.removed == set()
    assert found.changed == {"postgresql-instance": {"monitoringInterval", "monitoringRoleArn"}}


def test_production_has_insights_and_monitoring_of_every_database() -> None:
    graph = stores("prd")
    key = one_of(graph, "aws:kms/key:Key", "keys-stores")
    for instance in of_type(graph, INSTANCE):
        assert instance.inputs["performanceInsightsEnabled"] is True, instance.name
        assert instance.inputs["performanceInsightsRetentionPeriod"] == 7
        assert instance.inputs["performanceInsightsKmsKeyId"] == key.outputs["arn"]
        assert instance.inputs["monitoringInterval"] == 60
        assert instance.inputs["deletionProtection"] is True
        assert instance.inputs["maxAllocatedStorage"] > 20


def test_production_can_do_without_them() -> None:
    off = [
        f"stores.{store.replace('-', '_')}.{option}"
        for store in STORES
        for option in ("performance_insights=false", "monitoring_seconds=0")
    ]
    found = change(stores("prd"), stores("prd", *off))
    assert found.added == set()
    assert like(found.removed, "(mariadb|postgresql|gateway-postgresql)-monitoring(-policy)?") == set()
    assert like(set(found.changed), "(mariadb|postgresql|gateway-postgresql)-(instance|replica-\\d)") == set()


def test_every_store_accepts_tls_alone() -> None:
    graph = stores("prd")
    wanted = {"mariadb": "require_secure_transport", "postgres": "rds.force_ssl"}
    for group in of_type(graph, "aws:rds/parameterGroup:ParameterGroup"):
        (engine,) = [name for name in wanted if group.inputs["family"].startswith(name)]
        values: dict[str, Any] = {each["name"]: each["value"] for each in group.inputs["parameters"]}
        assert values[wanted[engine]] == "1"
        assert values.get("ssl_min_protocol_version", "TLSv1.2") == "TLSv1.2"
    redis = one(graph, "aws:elasticache/replicationGroup:ReplicationGroup")
    assert (redis.inputs["transitEncryptionEnabled"], redis.inputs["transitEncryptionMode"]) == (True, "required")


def one_of(graph: Graph, type_: str, name: str) -> Any:
    (found,) = [resource for resource in of_type(graph, type_) if short(resource.urn) == name]
    return found
