"""Tyk in the program: what its plan becomes, what each option adds and takes away, and what the examples build around it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import pulumi
import pytest
from conftest import Rehearsed
from echo_twin import Echo
from program_support import ROOT, environment_of, objects, of_type

from apim_infra.platform.cloud import CloudPlatform
from apim_infra.platform.naming import Naming
from apim_infra.platform.product_releases import build_product
from apim_infra.products.plans import Access, PoolPlacement, StoreAccess
from apim_infra.products.registry import product_plan
from apim_infra.rehearsal.graph import Graph
from apim_infra.rehearsal.graph_file import graph_text
from apim_infra.rehearsal.testing import record
from apim_infra.rehearsal.twins.random import RandomTwin
from apim_infra.settings.pools import POOLS

EXAMPLES = ROOT / "examples"
TENANTS = EXAMPLES / "multi-tenant" / "Pulumi.tenants-on-aws.yaml"
CONTROL_PLANE = EXAMPLES / "tyk-distributed" / "Pulumi.tyk-control-plane.yaml"
DATA_PLANE = EXAMPLES / "tyk-distributed" / "Pulumi.tyk-data-plane.yaml"
MINIMAL = EXAMPLES / "tyk-minimal" / "Pulumi.tyk-minimal.yaml"


def _store(port: int, name: str) -> StoreAccess:
    return StoreAccess(
        host=pulumi.Output.from_input(f"{name}.example.internal"),
        port=pulumi.Output.from_input(port),
        database=name,
        username=pulumi.Output.from_input("admin"),
        password=pulumi.Output.secret(f"password-of-{name}"),
    )


@dataclass(frozen=True)
class Built:
    """What the product's plan becomes, without the cloud below it."""

    names: set[str]
    """Resources without the stack's prefix; components are left out."""
    asked: dict[str, Any]
    """Inputs of the Kubernetes objects by those names, secrets in clear."""
    text: str
    """The recorded graph."""

    def values(self, release: str) -> Any:
        return self.asked[f"{release}-release"]["values"]


@cache
def built(file: Path, *overrides: str) -> Built:
    stack = file.name.removeprefix("Pulumi.").removesuffix(".yaml")
    settings = environment_of(stack, *overrides, file=file).settings

    def program() -> None:
        access = Access(
            stores={"redis": _store(6379, "redis"), "gateway_postgresql": _store(5432, "db")},
            placements={pool: PoolPlacement({"apim.io/pool": pool}, []) for pool in POOLS},
            image_registry="registry.example.com",
        )
        plan = product_plan(settings, access)
        assert plan is not None
        # Of the cloud only ports beside the ingress read anything, which Tyk asks for none of.
        build_product(settings, Naming.of_stack(settings), plan, pulumi.ResourceOptions(), cast(CloudPlatform, None))

    echo = Echo()
    recording = record(program, stack=stack, providers={"random": RandomTwin(0), "kubernetes": echo})
    assert recording.errors == [], recording.errors

    def short(name: str) -> str:
        return name.removeprefix(f"apim-{stack}-")

    return Built(
        {short(resource.name) for resource in recording.graph.resources if resource.custom},
        {short(name): inputs for name, inputs in echo.asked.items()},
        graph_text(recording.graph),
    )


# -- what the plan becomes ----------------------------------------------------------------------------------------------------------------


def test_addresses_that_are_known_later_are_put_together_and_stay_secret_where_they_hold_a_password() -> None:
    tenants = built(TENANTS)
    assert tenants.values("gateway-dmz")["global"]["redis"]["addrs"] == ["redis.example.internal:6379"]
    own = tenants.asked["tyk-database"]["stringData"]
    assert own["pgConnectionString"] == (
        f"host=db.example.internal port=5432 user=tyk password={own['password']} dbname=tyk sslmode=require"
    )
    (container,) = tenants.asked["tyk-databases-job"]["spec"]["template"]["spec"]["containers"]
    environment = {each["name"]: each.get("value") for each in container["env"]}
    assert (environment["PGPORT"], environment["PGHOST"], environment["PGPASSWORD"]) == (
        "5432",
        "db.example.internal",
        None,
    )
    secrets = [inputs["stringData"] for inputs in tenants.asked.values() if "stringData" in inputs]
    kept = {value for each in secrets for value in each.values() if len(value) >= 20}
    assert len(kept) > 10
    assert not any(value in tenants.text for value in kept)


def test_an_organisation_more_adds_its_own_objects_and_takes_nothing_away() -> None:
    before, after = built(TENANTS), built(TENANTS, _organisations("treasury"))
    assert before.names - after.names == set()
    assert after.names - before.names == {
        "tyk-administrator-treasury",
        "tyk-administrator-treasury-adminuserpassword",
        "tyk-portal-treasury",
        "tyk-portal-treasury-password",
        "portal-treasury-release",
        "tyk-organisation-treasury-job",
    }
    changed = {name for name in before.names & after.asked.keys() if before.asked[name] != after.asked[name]}
    # The databases get one more, and the certificate one more name.
    assert changed == {"tyk-databases-job", "backend-certificates-backend-tls"}


def _organisations(more: str) -> str:
    settings = environment_of("tenants-on-aws", file=TENANTS).settings
    known = [each.model_dump(mode="json", exclude_none=True) for each in settings.tyk.organisations]
    new = {"name": more, "administrator": f"{more}@example.com", "portal_host": more}
    return f"tyk.organisations={json.dumps([*known, new])}"


def test_a_pump_more_changes_the_pump_alone() -> None:
    asked = [{"name": "a", "sink": "statsd", "address": "statsd.example.com", "settings": {"fields": "request_time"}}]
    before, after = built(MINIMAL), built(MINIMAL, f"tyk.pumps={json.dumps(asked)}")
    assert before.names == after.names
    assert {name for name in before.asked if before.asked[name] != after.asked[name]} == {"pump-release"}


def test_without_monitoring_the_smallest_form_is_one_release() -> None:
    without = built(MINIMAL, "observability.metrics.enabled=false")
    assert built(MINIMAL).names - without.names == {"pump-release"}


def test_replicas_of_programs_bring_a_budget_that_one_pod_has_not() -> None:
    two, one = built(CONTROL_PLANE), built(CONTROL_PLANE, "tyk.dashboard_replicas=1", "tyk.mdcb.replicas=1")
    assert two.names - one.names == {"dashboard-budget", "mdcb-budget"}
    more = built(CONTROL_PLANE, "tyk.pump_replicas=2", "tyk.portal_replicas=2")
    assert more.names - two.names == {"pump-budget", "portal-payments-budget"}
    assert more.values("pump")["pump"]["replicaCount"] == more.values("portal-payments")["replicaCount"] == 2


def test_hosts_of_programs_are_settings() -> None:
    renamed = built(CONTROL_PLANE, "tyk.dashboard_host=console", "tyk.mdcb.host=bridge")
    assert renamed.values("dashboard")["dashboard"]["hostName"] == "console.apim.example.com"
    assert built(CONTROL_PLANE).values("portal-payments")["hostName"] == "payments.apim.example.com"
    assert renamed.names == built(CONTROL_PLANE).names


def test_the_group_of_a_data_plane_is_its_region_unless_it_is_named() -> None:
    unnamed = EXAMPLES / "tyk-distributed" / "Pulumi.tyk-data-on-aws.yaml"
    assert built(unnamed).asked["tyk-remote"]["stringData"]["groupID"] == "data-plane-eu-west-1"
    named = built(DATA_PLANE, "tyk.remote.group=west").asked["tyk-remote"]["stringData"]
    assert (named["groupID"], named["orgId"]) == ("data-plane-west", "7d0f09f1b16061af82fad32a")


# -- the examples --------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def control_plane(rehearsed: Callable[[str], Rehearsed]) -> Graph:
    found = rehearsed("tyk-control-plane")
    assert found.code == 0, found.report
    return found.graph


def custom(graph: Graph, kind: str) -> dict[str, Any]:
    found = [resource for resource in graph.resources if resource.inputs.get("kind") == kind]
    return {each.inputs["metadata"]["name"]: each.inputs["spec"] for each in found}


@pytest.mark.slow
def test_connections_of_data_planes_are_passed_on_to_mdcb_unopened(control_plane: Graph) -> None:
    (route,) = [
        spec for name, spec in custom(control_plane, "TLSRoute").items() if name == "public-mdcb-apim-example-com"
    ]
    assert route["hostnames"] == ["mdcb.apim.example.com"]
    (backend,) = route["rules"][0]["backendRefs"]
    assert (backend["name"], backend["port"]) == ("mdcb-svc-tyk", 9091)
    listeners = {each["name"]: each for each in custom(control_plane, "Gateway")["public"]["listeners"]}
    assert listeners["mdcb-apim-example-com"]["protocol"] == "TLS"
    assert listeners["mdcb-apim-example-com"]["tls"] == {"mode": "Passthrough"}
    assert listeners["api-apim-example-com"]["protocol"] == "HTTPS"
    grants = custom(control_plane, "ReferenceGrant")
    assert grants["ingress-mdcb-svc-tyk"]["from"][0]["kind"] == "TLSRoute"


@pytest.mark.slow
def test_mdcb_shows_a_certificate_of_the_public_authority_for_its_own_name(control_plane: Graph) -> None:
    certificate = custom(control_plane, "Certificate")["mdcb-tls"]
    assert certificate["dnsNames"] == ["mdcb.apim.example.com"]
    assert certificate["issuerRef"]["name"] == "platform"
    records = {resource.inputs["name"] for resource in of_type(control_plane, "aws:route53/record:Record")}
    assert "mdcb.apim.example.com" in records


@pytest.mark.slow
def test_data_planes_reach_mdcb_by_the_ranges_of_the_load_balancer_alone(control_plane: Graph) -> None:
    rules = of_type(control_plane, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    public = {
        rule.inputs["cidrIpv4"]
        for rule in rules
        if "public-load-balancer" in rule.name and rule.inputs.get("cidrIpv4") and rule.inputs.get("toPort") == 443
    }
    assert public == {"198.51.100.16/28", "203.0.113.0/24"}
    policies = objects(control_plane, "NetworkPolicy")
    ports = {
        port["port"]
        for name, policy in policies.items()
        if "ingress-controller-to-control-plane" in name
        for rule in policy.inputs["spec"].get("ingress", [])
        for port in rule["ports"]
    }
    assert ports == {3000, 3001, 9091}


@pytest.mark.slow
@pytest.mark.parametrize("stack", ["tyk-data-plane", "tyk-data-on-aws", "tenants-on-azure", "tyk-control-on-azure"])
def test_every_other_example_is_clean(rehearsed: Callable[[str], Rehearsed], stack: str) -> None:
    found = rehearsed(stack)
    assert found.code == 0, found.report
    assert "CHANGEME" not in found.text
