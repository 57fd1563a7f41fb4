"""Layer7 in the whole program: both examples, and what its options add to a platform."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from conftest import Rehearsed
from program_support import ROOT, objects, of_type, production, record_stack

from apim_infra.rehearsal.graph import Graph

pytestmark = pytest.mark.slow
STACKS = ("layer7-on-aws", "layer7-on-azure")


@pytest.fixture(scope="module")
def graphs(rehearsed: Callable[[str], Rehearsed]) -> dict[str, Graph]:
    found = {stack: rehearsed(stack) for stack in STACKS}
    assert {stack: each.code for stack, each in found.items()} == dict.fromkeys(STACKS, 0)
    return {stack: each.graph for stack, each in found.items()}


def releases(graph: Graph) -> dict[str, dict[str, Any]]:
    """Return the values of the gateways' releases."""
    return {
        each.inputs["name"]: each.inputs["values"]
        for each in of_type(graph, "kubernetes:helm.sh/v3:Release")
        if each.inputs["name"].startswith("ssg-")
    }


def test_gateways_keep_their_configuration_in_mysql_of_either_cloud(graphs: dict[str, Graph]) -> None:
    database = [
        each for each in of_type(graphs["layer7-on-aws"], "aws:rds/instance:Instance") if "engine" in each.inputs
    ]
    assert [each.inputs["engine"] for each in database] == ["mysql"]
    (group,) = of_type(graphs["layer7-on-aws"], "aws:rds/parameterGroup:ParameterGroup")
    assert {"log_bin_trust_function_creators", "require_secure_transport"} <= {
        each["name"] for each in group.inputs["parameters"] if each["value"] == "1"
    }
    azure = of_type(graphs["layer7-on-azure"], "azure-native:dbformysql:Configuration")
    switched = {each.inputs["configurationName"]: each.inputs["value"] for each in azure}
    assert switched["log_bin_trust_function_creators"] == "ON"


@pytest.mark.parametrize("stack", STACKS)
def test_no_secret_is_in_a_release_or_a_job(graphs: dict[str, Graph], stack: str) -> None:
    for name, values in releases(graphs[stack]).items():
        text = json.dumps(values)
        assert values["existingGatewaySecretName"] == f"{name}-credentials"
        assert "mypassword" not in text
        assert '"secret": true' not in text, "a secret is among the values"
    (job,) = [each for name, each in objects(graphs[stack], "Job").items() if "layer7-databases" in name]
    (container,) = job.inputs["spec"]["template"]["spec"]["containers"]
    secret = {each["name"] for each in container["env"] if "valueFrom" in each}
    assert "ADMINISTRATOR_PASSWORD" in secret
    assert all("PASSWORD" not in name for name in {each["name"] for each in container["env"]} - secret)


@pytest.mark.parametrize("stack", STACKS)
def test_the_ingress_verifies_the_gateways(graphs: dict[str, Graph], stack: str) -> None:
    verified = {
        target["name"]: each.inputs["spec"]["validation"]
        for each in objects(graphs[stack], "BackendTLSPolicy").values()
        for target in each.inputs["spec"]["targetRefs"]
    }
    assert verified.keys() == releases(graphs[stack]).keys()
    assert {each["caCertificateRefs"][0]["name"] for each in verified.values()} == {"backend-tls"}


@pytest.mark.parametrize(
    ("stack", "server"), [("layer7-on-aws", "mariadb-instance"), ("layer7-on-azure", "mariadb-server")]
)
def test_the_order_is_server_secrets_databases_gateways(graphs: dict[str, Graph], stack: str, server: str) -> None:
    made = [each.name for each in graphs[stack].resources if each.custom]
    wanted = [server, "ssg-default-credentials", "layer7-databases-job", "ssg-default-release"]
    assert sorted(wanted, key=lambda name: made.index(f"apim-{stack}-{name}")) == wanted


def test_images_and_pods_are_pinned_and_restricted(graphs: dict[str, Graph]) -> None:
    for name, each in objects(graphs["layer7-on-aws"], "StatefulSet").items():
        pod = each.inputs["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        assert ":latest" not in container["image"], name
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
    assert {"user-namespace/data-grid", "user-namespace/data-grid-partners", "user-namespace/influxdb"} == set(
        objects(graphs["layer7-on-aws"], "StatefulSet")
    )


# -- options ---------------------------------------------------------------------------------------------------------------------------------


@cache
def recorded(*overrides: str) -> Graph:
    file = ROOT / "examples" / "layer7" / "Pulumi.layer7-on-azure.yaml"
    made = record_stack("layer7-on-azure", "tier=dev", "layer7.metrics=none", *overrides, file=file)
    assert made.errors == []
    return made.graph


def added(*overrides: str) -> set[str]:
    """Return what options add, by the names of resources without the stack's prefix; nothing may go."""
    before, after = ({each.name for each in graph.resources} for graph in (recorded(), recorded(*overrides)))
    assert before <= after
    return {name.removeprefix("apim-layer7-on-azure-") for name in after - before}


def test_a_port_past_the_ingress_adds_its_service_and_its_flows() -> None:
    ports = 'layer7.ports=[{"name":"mqtt","port":8883,"exposure":"public"}]'
    assert {name for name in added(ports) if not name.startswith("flows")} == {"port-mqtt", "port-mqtt-service"}
    (service,) = [each for each in objects(recorded(ports), "Service").values() if "mqtt" in each.name]
    assert service.inputs["spec"]["type"] == "LoadBalancer"
    assert [port["port"] for port in service.inputs["spec"]["ports"]] == [8883]


def test_a_data_grid_adds_its_pods_their_budget_and_flows() -> None:
    found = {name for name in added("layer7.data_grid=in-cluster") if not name.startswith("flows")}
    assert found == {
        "data-grid",
        *(f"data-grid-{part}" for part in ("service", "configuration", "stateful-set", "budget")),
    }


def test_metrics_add_influxdb_and_its_dashboard() -> None:
    found = {name for name in added("layer7.metrics=influxdb") if not name.startswith("flows")}
    assert found == {
        "influxdb",
        *(f"influxdb-{part}" for part in ("service", "configuration", "stateful-set")),
        "layer7",
        "layer7-source",
        "layer7-layer7-services",
    }


def test_the_token_service_adds_a_secret_alone_beside_what_its_chart_brings() -> None:
    found = {name for name in added("layer7.token_service=true") if not name.startswith("flows")}
    assert found == {"layer7-token-service", "layer7-token-service-otk-database-password"}


def test_another_engine_changes_the_database_its_parameters_and_its_rotation_alone() -> None:
    made = record_stack("prd", "stores.mariadb.engine=mysql", "stores.mariadb.version=8.4")
    assert made.errors == []
    before, after = ({each.urn: each for each in graph.resources} for graph in (production().graph, made.graph))
    assert before.keys() == after.keys()
    changed = {
        urn.rpartition("::")[2] for urn in before if before[urn].custom and before[urn].inputs != after[urn].inputs
    }
    assert changed == {f"apim-prd-mariadb-{part}" for part in ("instance", "parameters", "rotation-function")}
