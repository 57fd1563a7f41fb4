"""WSO2 API Manager on both clouds: what is in the graph of its examples."""

from collections.abc import Callable
from typing import Any

import pytest
from conftest import Rehearsed
from program_support import objects, of_type, passwords, texts

from apim_infra.rehearsal.graph import Graph

pytestmark = pytest.mark.slow
STACKS = ("wso2-on-aws", "wso2-on-azure")
NAMESPACE = "user-namespace"


@pytest.fixture(scope="module", params=STACKS)
def graph(request: pytest.FixtureRequest, rehearsed: Callable[[str], Rehearsed]) -> Graph:
    found = rehearsed(request.param)
    assert found.code == 0, found.report
    return found.graph


def releases(graph: Graph) -> dict[str, dict[str, Any]]:
    """Return the product's releases by name."""
    found = of_type(graph, "kubernetes:helm.sh/v3:Release")
    return {each.inputs["name"]: each.inputs for each in found if each.inputs["namespace"] == NAMESPACE}


def test_planes_and_a_release_for_each_group(graph: Graph) -> None:
    gateways = {"gateway-food", "gateway-sms", "gateway-location"}
    programs = {"wso2-acp"} if graph.stack == STACKS[0] else {"wso2-acp", "wso2-tm", "wso2-km"}
    assert set(releases(graph)) == gateways | programs
    assert {each["version"] for each in releases(graph).values()} == {"4.7.0-1"}


def test_values_hold_addresses_but_no_password(graph: Graph) -> None:
    urls = releases(graph)["wso2-acp"]["values"]["wso2"]["apim"]["configurations"]["databases"]
    for key, database in (("apim_db", "wso2_apim"), ("shared_db", "wso2_shared")):
        assert urls[key]["url"].startswith("jdbc:postgresql://apim-wso2-on-")
        assert urls[key]["url"].endswith(f":5432/{database}?sslmode=require")
    made = passwords(graph)
    for release in releases(graph).values():
        assert not [path for path, text in texts(release["values"]) if any(secret in text for secret in made)]


def test_the_job_takes_the_scripts_out_of_the_products_image(graph: Graph) -> None:
    (job,) = [each for name, each in objects(graph, "Job").items() if name.startswith(f"{NAMESPACE}/wso2-databases-")]
    pod = job.inputs["spec"]["template"]["spec"]
    (files,), (script,) = pod["initContainers"], pod["containers"]
    assert files["image"].endswith("/wso2am-acp:4.7.0")
    assert files["command"] == ["cp", "-R", "/home/wso2carbon/wso2am-acp-4.7.0/dbscripts/.", "/files"]
    shared = {mount["name"] for mount in files["volumeMounts"]} & {mount["name"] for mount in script["volumeMounts"]}
    assert shared == {"files"}
    assert pod["securityContext"]["runAsUser"] == 10001
    told = {each["name"]: each for each in script["env"]}
    assert told["PGSSLMODE"]["value"] == "require"
    assert {name for name, each in told.items() if "valueFrom" in each} == {
        "ADMIN_PASSWORD",
        "APIM_PASSWORD",
        "SHARED_PASSWORD",
    }


def test_certificates_have_keystores_and_keys_that_last(graph: Graph) -> None:
    specs = {name: each.inputs["spec"] for name, each in objects(graph, "Certificate").items()}
    shown, signing = specs[f"{NAMESPACE}/backend-tls"], specs[f"{NAMESPACE}/wso2-signing"]
    for spec in (shown, signing):
        assert spec["keystores"]["jks"] == {
            "create": True,
            "passwordSecretRef": {"name": "wso2", "key": "keystore-password"},
        }
        assert spec["privateKey"]["rotationPolicy"] == "Never"
    assert (shown["privateKey"]["algorithm"], signing["privateKey"]["algorithm"]) == ("ECDSA", "RSA")
    assert f"gateway-sms-service.{NAMESPACE}.svc" in shown["dnsNames"]


def test_budgets_find_the_pods_that_the_charts_label(graph: Graph) -> None:
    budgets = {
        name.removeprefix(f"{NAMESPACE}/"): each.inputs["spec"]
        for name, each in objects(graph, "PodDisruptionBudget").items()
        if name.startswith(f"{NAMESPACE}/")
    }
    assert {name: spec["selector"]["matchLabels"] for name, spec in budgets.items()} == {
        name: {"deployment": name} for name in releases(graph)
    }
    assert {spec["maxUnavailable"] for spec in budgets.values()} == {1}


def test_nodes_of_the_product_have_no_taint_that_its_pods_would_need_to_tolerate(graph: Graph) -> None:
    pools = of_type(graph, "aws:eks/nodeGroup:NodeGroup", "azure-native:containerservice:AgentPool")
    for pool in pools:
        labels = pool.inputs.get("labels") or pool.inputs["nodeLabels"]
        taints = pool.inputs.get("taints") or pool.inputs.get("nodeTaints")
        if labels.get("apim.io/pool") in ("management", "user"):
            assert not taints, pool.name


def test_policies_let_gateways_reach_the_control_plane_and_nobody_else_inside(graph: Graph) -> None:
    policies = objects(graph, "NetworkPolicy")
    into = policies[f"{NAMESPACE}/gateway-to-control-plane-ingress"].inputs["spec"]
    (expression,) = into["podSelector"]["matchExpressions"]
    assert (expression["key"], expression["operator"]) == ("deployment", "In")
    assert {"wso2-acp", "wso2-databases"} <= set(expression["values"])
    (rule,) = into["ingress"]
    (peer,) = rule["from"]
    assert peer["podSelector"]["matchExpressions"][0]["values"] == ["gateway-food", "gateway-sms", "gateway-location"]
    assert {port["port"] for port in rule["ports"]} == {9443, 9711, 9611, 5672}


def test_paths_lead_to_the_gateways_of_their_group_by_tls(graph: Graph) -> None:
    routes = {
        (match["path"]["value"], rule["backendRefs"][0]["name"], rule["backendRefs"][0]["port"])
        for route in objects(graph, "HTTPRoute").values()
        for rule in route.inputs["spec"]["rules"]
        for match in rule.get("matches", [])
        if rule.get("backendRefs")
    }
    assert routes >= {
        ("/delivery", "gateway-food-service", 8243),
        ("/pizza", "gateway-food-service", 8243),
        ("/sms/v1.0", "gateway-sms-service", 8243),
        ("/location", "gateway-location-service", 8243),
        ("/devportal", "wso2-acp-service", 9443),
    }
    trusted = {
        target["name"]
        for policy in objects(graph, "BackendTLSPolicy").values()
        for target in policy.inputs["spec"]["targetRefs"]
    }
    assert trusted >= {"gateway-food-service", "gateway-sms-service", "gateway-location-service", "wso2-acp-service"}
