"""What a gateway group adds and changes, option by option: everything else stays as it was.

Built is the cluster's ground with the gateways alone, to be quick.
"""

import json
import re
from functools import cache
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest
from program_support import objects, texts

from apim_infra.planning import validation
from apim_infra.platform.cloud import CloudPlatform
from apim_infra.platform.kubernetes import build_ground
from apim_infra.platform.naming import Naming
from apim_infra.platform.workloads import build_gateways
from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.graph_file import graph_text
from apim_infra.rehearsal.testing import Recording, record
from apim_infra.settings.load import load_settings

pytestmark = pytest.mark.slow

BASE: dict[str, Any] = {
    "cloud": "aws",
    "region": "eu-west-1",
    "company_domain": "example.com",
    "tier": "dev",
    "cluster": {"pools": {"user": {"max": 12}}},
    "observability": {"metrics": {"enabled": False}},  # brings kinds that only its chart has
}
PASSWORD = "correct-horse-battery-staple"
FIRST: dict[str, Any] = {"name": "default"}
SECOND: dict[str, Any] = {"name": "orders", "apis": ["/orders"]}
SIDECAR: dict[str, Any] = {"mode": "sidecar", "sidecar": {"image": "registry.example.com/orders:1.4.2", "port": 8080}}
KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "c", "cluster": {"server": "https://cluster.example.com"}}],
    "users": [{"name": "u", "user": {"token": "t"}}],
    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    "current-context": "c",
}
RELEASE = "gateway-orders-release"


def built(*groups: dict[str, Any]) -> Recording:
    return _built(json.dumps(groups))


@cache
def _built(groups: str) -> Recording:
    settings = load_settings({**BASE, "gateway_groups": json.loads(groups)}).settings
    assert validation.violations(settings) == []

    def program() -> None:
        naming = Naming("apim-test", {})
        database: Any = {
            "host": "db.example.internal",
            "port": 5432,
            "database": "kong",
            "username": "kong",
            "password": pulumi.Output.secret(PASSWORD),
        }
        cloud = CloudPlatform(
            kubernetes=k8s.Provider("cluster", kubeconfig=json.dumps(KUBECONFIG)),
            cluster=None,
            cluster_name=pulumi.Output.from_input("cluster"),
            network_id=pulumi.Output.from_input("vpc-1"),
            stores={"gateway_postgresql": database},
            target_groups={},
            dns_challenge=None,
            volumes={"storage_class": "gp3", "provisioner": "ebs.csi.aws.com", "parameters": {"type": "gp3"}},
            image_registry=pulumi.Output.from_input("registry.example.com"),
        )
        ground = build_ground(settings, naming, cloud)
        build_gateways(settings, naming, cloud, ground.options())

    recording = record(program)
    assert recording.errors == []
    return recording


def short(name: str) -> str:
    return name.removeprefix("apim-test-")


def difference(before: Graph, after: Graph) -> tuple[set[str], set[str], set[str]]:
    """Return the names of resources that were added, removed and changed; quotas of whole namespaces follow every group and are left out."""
    old, new = (
        {short(r.name): r for r in graph.custom() if not r.type.startswith("pulumi:")} for graph in (before, after)
    )
    both = old.keys() & new.keys()
    changed = {name for name in both if old[name].inputs != new[name].inputs}
    whole = {name for name in changed if re.fullmatch(r"(user-namespace|microservices)-quota", name)}
    return new.keys() - old.keys(), old.keys() - new.keys(), changed - whole


def named(graph: Graph, name: str) -> Resource:
    return next(resource for resource in graph.resources if short(resource.name) == name)


def values(graph: Graph, name: str = RELEASE) -> Any:
    return named(graph, name).inputs["values"]


def changed_values(before: Any, after: Any) -> set[str]:
    old, new = dict(texts(before)), dict(texts(after))
    return {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}


BOTH = (FIRST, SECOND)


def option(**given: Any) -> tuple[Graph, Graph]:
    """Return two groups without an option and with it on the second one."""
    return built(*BOTH).graph, built(FIRST, {**SECOND, **given}).graph


def test_another_group_adds_what_is_its_own_and_tells_the_groups_apart() -> None:
    added, removed, changed = difference(built(FIRST).graph, built(*BOTH).graph)
    assert {name for name in added if not name.startswith("flows-")} == {
        "gateway-orders-database",
        "gateway-orders-release",
        "gateway-orders-plugins",
    }
    assert {name for name in added if name.startswith("flows-")} == {
        "flows-ingress-to-gateway-public-ingress",
        "flows-ingress-to-gateway-public-egress",
        "flows-admin-of-default-ingress",
        "flows-admin-of-orders-ingress",
    }
    assert removed == {
        "flows-ingress-controller-to-gateway-ingress",
        "flows-ingress-controller-to-gateway-egress",
        "flows-gateway-to-gateway-ingress",
    }
    assert changed == set()


def test_a_third_group_adds_one_policy() -> None:
    third = {"name": "returns", "apis": ["/returns"]}
    added, removed, _ = difference(built(*BOTH).graph, built(*BOTH, third).graph)
    assert {name for name in added if name.startswith("flows-")} == {"flows-admin-of-returns-ingress"}
    assert removed == set()


def test_a_tier_adds_a_class_and_a_part_of_the_quota() -> None:
    before = built(*BOTH).graph
    after = built({**FIRST, "tier": 3}, {**SECOND, "tier": 1}).graph
    added, removed, changed = difference(before, after)
    assert added == {
        f"gateway-shares-{part}"
        for tier in (1, 3)
        for part in (f"user-namespace-tier-{tier}-class", f"user-namespace-user-namespace-tier-{tier}-quota")
    }
    assert (removed, changed) == (set(), {"gateway-default-release", RELEASE})
    assert changed_values(values(before), values(after)) == {"priorityClassName"}
    classes = objects(after, "PriorityClass")
    assert {name: found.inputs["value"] for name, found in classes.items()} == {
        "/user-namespace-tier-1": -1,
        "/user-namespace-tier-3": -3,
    }
    spec = objects(after, "ResourceQuota")["user-namespace/user-namespace-tier-1"].inputs["spec"]
    (scope,) = spec["scopeSelector"]["matchExpressions"]
    assert (scope["scopeName"], scope["values"], spec["hard"]["pods"]) == (
        "PriorityClass",
        ["user-namespace-tier-1"],
        "5",
    )


def test_gateways_wait_for_their_class() -> None:
    graph = built(FIRST, {**SECOND, "quota_share": True}).graph
    by_urn = {resource.urn: resource for resource in graph.resources}
    wanted = named(graph, "gateway-shares-user-namespace-group-orders-class").urn

    def waits(urn: str) -> bool:
        return urn == wanted or any(waits(other) for other in by_urn[urn].dependencies)

    assert waits(named(graph, RELEASE).urn)


def test_a_share_of_its_own_is_the_groups_alone() -> None:
    before, after = option(quota_share=True)
    added, removed, changed = difference(before, after)
    assert added == {
        "gateway-shares-user-namespace-group-orders-class",
        "gateway-shares-user-namespace-user-namespace-group-orders-quota",
    }
    assert (removed, changed) == (set(), {RELEASE})


@pytest.mark.parametrize(
    ("tag", "paths"),
    [
        ("3.9.1", {"image.tag"}),
        ("orders-42", {"image.tag", "image.effectiveSemver"}),
        (f"sha256:{'a' * 64}", {"image.repository", "image.tag", "image.unifiedRepoTag", "image.effectiveSemver"}),
    ],
)
def test_an_image_of_its_own_changes_its_release_alone(tag: str, paths: set[str]) -> None:
    before, after = option(image_tag=tag)
    assert difference(before, after) == (set(), set(), {RELEASE})
    assert changed_values(values(before), values(after)) == paths


def test_a_port_of_its_own_changes_its_release_and_its_policies() -> None:
    before, after = option(port=8180)
    added, removed, changed = difference(before, after)
    assert added == {"flows-ingress-to-orders-ingress", "flows-ingress-to-orders-egress"}
    assert (removed, changed) == (set(), {RELEASE})
    assert values(after)["proxy"]["http"]["containerPort"] == 8180
    (rule,) = named(after, "flows-ingress-to-orders-ingress").inputs["spec"]["ingress"]
    assert [port["port"] for port in rule["ports"]] == [8180]


def test_a_private_group_is_reached_by_the_ingress_inside_alone() -> None:
    before, after = option(exposure="private")
    added, removed, changed = difference(before, after)
    assert added == {"flows-ingress-to-gateway-private-ingress", "flows-ingress-to-gateway-private-egress"}
    assert (removed, changed) == (set(), {RELEASE, "gateway-orders-plugins"})
    spec = named(after, "flows-ingress-to-gateway-private-ingress").inputs["spec"]
    assert spec["podSelector"]["matchLabels"] == {"apim.io/exposure": "private"}
    (peer,) = spec["ingress"][0]["from"]
    assert peer["podSelector"]["matchLabels"] == {"apim.io/ingress": "internal"}


def test_a_database_of_its_own_is_made_before_its_release() -> None:
    before, after = option(database="own")
    added, removed, changed = difference(before, after)
    assert added == {
        "gateway-database-owner",
        "gateway-orders-database-password",
        "gateway-orders-own-database",
        "gateway-orders-database-job-job",
    }
    assert (removed, changed) == ({"gateway-orders-database"}, {RELEASE})
    environment = values(after)["env"]
    assert (environment["pg_database"], environment["pg_user"]) == ("kong_orders", "kong_orders")
    assert environment["pg_password"]["valueFrom"]["secretKeyRef"]["name"] == "gateway-orders-own-database"
    assert named(after, "gateway-orders-database-job-job").urn in named(after, RELEASE).dependencies


def test_the_password_of_a_database_is_in_secrets_alone() -> None:
    recording = built(FIRST, {**SECOND, "database": "own"})
    text = graph_text(recording.graph)
    assert PASSWORD not in text
    job = named(recording.graph, "gateway-orders-database-job-job").inputs["spec"]["template"]["spec"]["containers"][0]
    variables = {each["name"]: each for each in job["env"]}
    assert all("valueFrom" in variables[name] for name in ("PGPASSWORD", "OWN_PASSWORD"))
    assert "PASSWORD" in job["command"][2]  # read from the environment, by its name
    assert variables["PGSSLMODE"]["value"] == "require"


def test_a_service_with_gateways_of_its_own_stands_among_the_services() -> None:
    before, after = built(*BOTH).graph, built(FIRST, {**SECOND, **SIDECAR}).graph
    added, removed, changed = difference(before, after)
    own = {"configuration", "deployment", "service", "autoscaler", "disruption-budget"}
    assert {name for name in added if name.startswith("gateway-")} == {f"gateway-orders-{part}" for part in own}
    assert {name for name in added if name.startswith("flows-")} == {
        "flows-ingress-to-sidecar-public-ingress",
        "flows-ingress-to-sidecar-public-egress",
    }
    assert {name for name in removed if name.startswith("gateway-")} == {
        "gateway-orders-database",
        "gateway-orders-release",
        "gateway-orders-plugins",
    }
    assert changed == set()
    deployment = objects(after, "Deployment")["microservices/gateway-orders"]
    service, proxy = deployment.inputs["spec"]["template"]["spec"]["containers"]
    assert (service["image"], proxy["image"]) == ("registry.example.com/orders:1.4.2", "kong:3.9.2")
    environment = {each["name"]: each["value"] for each in proxy["env"]}
    assert (environment["KONG_DATABASE"], environment["KONG_ADMIN_LISTEN"]) == ("off", "off")
    file = environment["KONG_DECLARATIVE_CONFIG"].rpartition("/")[2]
    declared = json.loads(objects(after, "ConfigMap")["microservices/gateway-orders"].inputs["data"][file])
    (routed,) = declared["services"]
    assert (routed["url"], routed["routes"][0]["paths"]) == ("http://127.0.0.1:8080", ["/orders"])


def test_another_path_rolls_a_sidecar_over() -> None:
    before = built(FIRST, {**SECOND, **SIDECAR}).graph
    after = built(FIRST, {**SECOND, **SIDECAR, "apis": ["/orders", "/returns"]}).graph
    assert difference(before, after) == (set(), set(), {"gateway-orders-configuration", "gateway-orders-deployment"})


def test_a_load_changes_the_bounds_of_its_group_alone() -> None:
    before, after = option(load={"requests_per_second": 1000})
    assert difference(before, after) == (set(), set(), {RELEASE})
    assert values(after)["autoscaling"]["maxReplicas"] > values(before)["autoscaling"]["maxReplicas"]
