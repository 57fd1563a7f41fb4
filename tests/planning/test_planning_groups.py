"""Flows that tell gateway groups apart, and rules between groups and what they stand on."""

import re
from dataclasses import replace
from typing import Any

import pytest

from apim_infra.planning.group_flows import INGRESS_LABEL
from apim_infra.planning.group_rules import LOAD_ESTIMATED, group_violations, load_notices, owner_violations
from apim_infra.planning.mesh import mesh_rules
from apim_infra.planning.placement import hosts
from apim_infra.planning.pod_ends import PodFlow
from apim_infra.planning.pod_flows import pod_flows
from apim_infra.products.combinations import product_violations
from apim_infra.products.profile import EXPOSURE_LABEL, GROUP_LABEL, profile
from apim_infra.settings.deployments import Deployment
from apim_infra.settings.environment import Product
from apim_infra.settings.images import ImageSource
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings
from components.kubernetes.ingress_specs import GATEWAY_LABEL

BASE: dict[str, Any] = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "prd"}
AXWAY: dict[str, Any] = {"cloud": "azure", "region": "westeurope", "product": "axway"}
SIDECAR: dict[str, Any] = {"mode": "sidecar", "sidecar": {"image": "shop/orders:1.4.2", "port": 8080}}
PRIVATE: dict[str, Any] = {"domain": "corp.example.net"}


def stack(*groups: dict[str, Any], **given: Any) -> StackSettings:
    named = [{"name": f"g{number}", "apis": [f"/{number}"], **group} for number, group in enumerate(groups)]
    return load_settings({**BASE, **given, "gateway_groups": named}).settings


def to_gateways(settings: StackSettings) -> dict[str, PodFlow]:
    """Return the flows that end at gateways, by name."""
    return {
        flow.name: flow
        for flow in pod_flows(settings)
        if re.fullmatch(r"(private-)?(gateway|sidecar)", flow.destination.role)
    }


def test_the_label_of_the_ingress_is_the_one_that_its_proxies_carry() -> None:
    assert INGRESS_LABEL == GATEWAY_LABEL


def test_a_single_group_has_nothing_to_tell_apart() -> None:
    assert {"ingress-controller-to-gateway", "gateway-to-gateway"} <= to_gateways(stack({})).keys()
    assert all(not flow.destination.labels for flow in to_gateways(stack({})).values())


def test_only_the_ingress_that_leads_to_a_group_reaches_it() -> None:
    found = to_gateways(stack({}, {}, {"exposure": "private"}))
    assert "ingress-controller-to-gateway" not in found
    for exposure, proxies in (("public", "public"), ("private", "internal")):
        flow = found[f"ingress-to-gateway-{exposure}"]
        assert dict(flow.source.labels)[INGRESS_LABEL] == proxies
        assert dict(flow.destination.labels)[EXPOSURE_LABEL] == exposure
        assert ([port.port_from for port in flow.ports], flow.ends) == ([8000], "both")


def test_a_group_is_administered_by_the_control_plane_and_itself_alone() -> None:
    found = to_gateways(stack({}, {}))
    assert found["gateway-to-gateway"].ends == "source"
    for name in ("g0", "g1"):
        flow = found[f"admin-of-{name}"]
        assert flow.source.labels == flow.destination.labels == ((GROUP_LABEL, name),)
        assert ([port.port_from for port in flow.ports], flow.ends) == ([8444], "destination")
    assert found["control-plane-to-gateway"].ends == "both"


def test_a_port_of_its_own_is_let_through_for_that_group_alone() -> None:
    found = to_gateways(stack({}, {"port": 8180}))
    own = found["ingress-to-g1"]
    assert (dict(own.destination.labels)[GROUP_LABEL], [port.port_from for port in own.ports]) == ("g1", [8180])
    assert [port.port_from for port in found["ingress-to-gateway-public"].ports] == [8000]


def test_services_with_gateways_of_their_own_are_reached_among_other_services() -> None:
    settings = stack({}, SIDECAR, {**SIDECAR, "exposure": "private"})
    found = to_gateways(settings)
    for exposure in ("public", "private"):
        end = found[f"ingress-to-sidecar-{exposure}"].destination
        assert (end.namespace, dict(end.labels)) == (
            "microservices",
            {"apim.io/role": "sidecar", EXPOSURE_LABEL: exposure},
        )
    assert [port.port_from for port in found["monitoring-to-sidecar"].ports] == [8100]
    assert not [name for name in to_gateways(stack({}, {})) if "sidecar" in name]
    routes = {host.path: (host.namespace, host.service, host.port) for host in hosts(settings)}
    assert routes["/1"] == ("microservices", "gateway-g1", 80)
    assert routes["/0"] == ("user-namespace", "gateway-g0-proxy", 80)


def test_deployments_beside_each_other_tell_their_groups_apart_by_their_own_ingress() -> None:
    groups = [{"name": name, "apis": [f"/{name}"], "exposure": "private"} for name in ("a" * 30, "b")]
    settings = stack({}, {}, private_deployment={**PRIVATE, "gateway_groups": groups})
    found = to_gateways(settings)
    flow = found["private-ingress-to-gateway-private"]
    assert dict(flow.source.labels)[INGRESS_LABEL] == "private-internal"
    assert flow.destination.namespace == "user-namespace-private"
    assert {"private-admin-of-b", "admin-of-g0"} <= found.keys()
    own = [name for name in found if re.match(r"(private-)?(ingress-to|admin-of)-", name)]
    assert [name for name in own if not re.fullmatch(r"[a-z0-9-]{1,50}", name)] == []
    assert f"private-admin-of-{'a' * 30}" in own  # the longest name of a group


def test_policies_grow_with_the_groups_and_never_with_their_pairs() -> None:
    some: dict[str, Any] = {}
    counts = [len(pod_flows(stack(*[some] * groups))) for groups in (10, 20, 100)]
    assert counts[1] - counts[0] == 10
    assert counts[2] - counts[1] == 80


def test_a_mesh_holds_each_group_to_what_it_may() -> None:
    rules = mesh_rules(stack({}, {}, cluster={"mesh": "istio-ambient"}))
    assert {"admin-of-g0", "admin-of-g1", "ingress-to-gateway-public"} <= {rule.name for rule in rules}
    assert "gateway-to-gateway" not in {rule.name for rule in rules}  # it is what they may ask for, not what they get


# -- rules -------------------------------------------------------------------------------------------------------------------------------------------

DIGEST = f"sha256:{'a' * 64}"
CASES: dict[str, tuple[str, str, StackSettings]] = {
    "own database beside a cluster's": (
        "gateway_groups[0].database",
        "needs a managed gateway_postgresql",
        stack({"database": "own"}, tier="dev", stores={"gateway_postgresql": {"mode": "in-cluster"}}),
    ),
    "own database of a sidecar": (
        "gateway_groups[0].database",
        "no database",
        stack({**SIDECAR, "database": "own"}),
    ),
    "service on the gateway's port": (
        "gateway_groups[0].sidecar.port",
        "is the port status of the gateway",
        stack({**SIDECAR, "sidecar": {**SIDECAR["sidecar"], "port": 8100}}),
    ),
    "service on the group's own port": (
        "gateway_groups[0].sidecar.port",
        "is the port proxy of the gateway",
        stack({**SIDECAR, "port": 8080}),
    ),
    "port of the administration": ("gateway_groups[0].port", "is the port admin-tls", stack({"port": 8444})),
    "database of a product without one": (
        "gateway_groups[0].database",
        "is not available for a single gateway group of axway",
        stack({"database": "own"}, **AXWAY),
    ),
    "sidecar of a product that is too large": (
        "gateway_groups[0].mode",
        "is not available for axway: its gateways register with the node manager",
        stack(SIDECAR, **AXWAY),
    ),
    "group of the private deployment": (
        "private_deployment.gateway_groups[0].database",
        "no database",
        stack(
            {},
            private_deployment={
                **PRIVATE,
                "gateway_groups": [{"name": "x", "exposure": "private", "database": "own", **SIDECAR}],
            },
        ),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_rule_names_path_rule_and_fix(name: str) -> None:
    path, rule, settings = CASES[name]
    found = [*product_violations(settings), *group_violations(settings)]
    (violation,) = [each for each in found if each.path == path]
    assert rule in violation.rule
    assert violation.fix


def test_a_digest_cannot_come_from_a_cache() -> None:
    settings = stack({"image_tag": DIGEST})
    cached = settings.images.model_copy(update={"source": ImageSource.PULL_THROUGH_CACHE})
    assert list(group_violations(settings)) == []
    (violation,) = group_violations(settings.model_copy(update={"images": cached}))
    assert (violation.path, "pull-through cache" in violation.rule) == ("gateway_groups[0].image_tag", True)


def test_two_groups_cannot_own_one_keyspace() -> None:
    """Names of groups have no underscores, so only a product whose kinds of keyspaces end alike can make two names equal."""
    product = replace(profile(Product.AXWAY), keyspaces_per_group=("general", "old_general"))
    clashing = stack({"name": "a"}, {"name": "a-old"}, **AXWAY)
    (violation,) = owner_violations(product, Deployment("", clashing))
    assert violation.path == "gateway_groups[1].name"
    assert "makes a_old_general, which gateway_groups[0].name owns already" in violation.rule
    assert list(owner_violations(profile(Product.AXWAY), Deployment("", clashing))) == []


def test_replicas_beyond_what_was_measured_are_an_estimate() -> None:
    load = {"load": {"requests_per_second": 4000}}
    (notice,) = load_notices(stack({"cpu_millicores": 2000, **load}, {}))
    assert (notice.rule, "measured with axway, not with kong" in notice.message) == (LOAD_ESTIMATED, True)
    (small,) = load_notices(stack({"cpu_millicores": 1000, **load}, **AXWAY))
    assert "taken in proportion for 1000" in small.message
    assert "measured with 6 gateways at most" in small.message
    assert list(load_notices(stack({"cpu_millicores": 2000, **load}, **AXWAY))) == []
