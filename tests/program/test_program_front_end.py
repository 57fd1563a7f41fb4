"""The cloud's own front end: API Gateway leads to a load balancer that nothing else reaches, and each option does what it says."""

import json
import re
import shutil
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from program_support import ROOT, environment_of, of_type
from test_program_options import Change, change, like

from apim_infra.environment import load_environment
from apim_infra.platform import aws_front_end
from apim_infra.platform.aws_edge import build_dns, build_load_balancers
from apim_infra.platform.aws_foundation import build_foundation
from apim_infra.platform.aws_front_end import build_front_end
from apim_infra.platform.aws_health_checks import build_health_checks
from apim_infra.platform.naming import Naming
from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.packages import packages
from apim_infra.rehearsal.testing import Recording, record

pytestmark = pytest.mark.slow

STACK = "aws-integrated-cloud"
FOLDER = Path("examples") / STACK
FILE = ROOT / FOLDER / f"Pulumi.{STACK}.yaml"
ROUTE = "aws:apigatewayv2/route:Route"
INTEGRATION = "aws:apigatewayv2/integration:Integration"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
ANSWER = {"responses": {"200": {"description": "fine"}}}

# -- the whole example -------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def graph(rehearsed: Callable[[str], Any]) -> Graph:
    made = rehearsed(STACK)
    assert made.code == 0, made.report
    return made.graph


def named(graph: Graph, name: str) -> Resource:
    (found,) = (resource for resource in graph.resources if resource.name == f"apim-{STACK}-{name}")
    return found


@pytest.mark.slow
class TestExample:
    def test_no_load_balancer_faces_the_internet(self, graph: Graph) -> None:
        private = {subnet.id for subnet in of_type(graph, "aws:ec2/subnet:Subnet") if "network-private-" in subnet.name}
        assert {balancer.inputs["internal"] for balancer in of_type(graph, BALANCER)} == {True}
        assert all(set(balancer.inputs["subnets"]) == private for balancer in of_type(graph, BALANCER))

    def test_nobody_outside_reaches_anything_but_api_gateway(self, graph: Graph) -> None:
        assert [rule.name for rule in of_type(graph, INGRESS) if rule.inputs.get("cidrIpv4") == "0.0.0.0/0"] == []

    def test_the_load_balancer_of_api_users_is_reached_by_the_link_alone(self, graph: Graph) -> None:
        balancer = named(graph, "security-public-load-balancer").id
        rules = [rule.inputs for rule in of_type(graph, INGRESS) if rule.inputs["securityGroupId"] == balancer]
        link = named(graph, "security-vpc-link").id
        assert [(rule["referencedSecurityGroupId"], rule["fromPort"], rule["toPort"]) for rule in rules] == [
            (link, 443, 443)
        ]
        assert named(graph, "vpc-link-link").inputs["securityGroupIds"] == [link]
        assert named(graph, "public-nlb").inputs["securityGroups"] == [balancer]

    def test_public_hosts_lead_to_api_gateway_inside_and_outside(self, graph: Graph) -> None:
        targets = {
            host: named(graph, f"front-end-{host}-name").outputs["domainNameConfiguration"]["targetDomainName"]
            for host in ("api", "developers")
        }
        for host, target in targets.items():
            for kind in ("public", "private"):
                record = named(graph, f"front-end-{host}-{kind}")
                assert record.inputs["name"] == f"{host}.stg.example.com"
                assert [alias["name"] for alias in record.inputs["aliases"]] == [target]
                assert record.inputs["zoneId"] == named(graph, f"dns-{kind}").id

    def test_private_hosts_lead_to_the_internal_load_balancer(self, graph: Graph) -> None:
        name = named(graph, "internal-nlb").outputs["dnsName"]
        aliases = [alias["name"] for alias in named(graph, "dns-private-apim-admin").inputs["aliases"]]
        assert aliases == [name]

    def test_each_operation_of_the_documents_has_a_route(self, graph: Graph) -> None:
        expected = {"$default"}
        for document, base in (("orders", ""), ("customers", "/customers")):
            content = yaml.safe_load((ROOT / FOLDER / "apis" / f"{document}.yaml").read_text(encoding="utf-8"))
            expected |= {
                f"{method.upper()} {base}{path}"
                for path, item in content["paths"].items()
                for method in item
                if method != "parameters"
            }
        api = named(graph, "api-http-api-api").id
        routes = [route.inputs for route in of_type(graph, ROUTE)]
        assert {route["routeKey"] for route in routes if route["apiId"] == api} == expected
        assert len(expected) == 11
        assert [route["routeKey"] for route in routes if route["apiId"] != api] == ["$default"]

    def test_apis_have_no_address_but_their_hosts(self, graph: Graph) -> None:
        apis = of_type(graph, "aws:apigatewayv2/api:Api")
        assert {api.inputs["disableExecuteApiEndpoint"] for api in apis} == {True}
        mapped = {mapping.inputs["apiId"] for mapping in of_type(graph, "aws:apigatewayv2/apiMapping:ApiMapping")}
        assert mapped == {api.id for api in apis}

    def test_certificates_behind_api_gateway_are_publicly_trusted(self, graph: Graph) -> None:
        issuers = [r for r in graph.resources if r.type.endswith(":ClusterIssuer")]
        assert [issuer.inputs["spec"].keys() for issuer in issuers] == [{"acme"}]
        hosts = {r.inputs["tlsConfig"]["serverNameToVerify"] for r in of_type(graph, INTEGRATION)}
        assert hosts == {"api.stg.example.com", "developers.stg.example.com"}

    def test_access_logs_are_encrypted_and_kept_for_the_time_asked_for(self, graph: Graph) -> None:
        key = named(graph, "keys-logs").outputs["arn"]
        for host in ("api", "developers"):
            group = named(graph, f"{host}-http-api-access").inputs
            assert (group["kmsKeyId"], group["retentionInDays"]) == (key, 90)

    def test_public_hosts_are_checked_from_outside(self, graph: Graph) -> None:
        checks = of_type(graph, "aws:route53/healthCheck:HealthCheck")
        assert {check.inputs["fqdn"] for check in checks} == {"api.stg.example.com", "developers.stg.example.com"}


# -- options, with the front end built on its foundation alone to be quick ---------------------------------------------------------------------


def front_end(
    *overrides: str,
    directory: Path = ROOT,
    before: Recording | None = None,
    providers: Mapping[str, Any] | None = None,
) -> Recording:
    settings = load_environment(STACK, directory=directory, file=FILE, overrides=overrides).settings

    def program() -> None:
        naming = Naming.of_stack(settings)
        foundation = build_foundation(settings, naming)
        balancers = build_load_balancers(settings, naming, foundation)
        dns = build_dns(settings, naming, foundation, balancers)
        build_front_end(settings, naming, foundation, balancers, dns)
        build_health_checks(settings, naming, foundation)

    made = record(program, stack=STACK, before=before, providers=providers)
    assert made.errors == []
    return made


@cache
def usual() -> Graph:
    return front_end().graph


def difference(*overrides: str) -> Change:
    found = change(usual(), front_end(*overrides).graph)
    return Change(
        {bare(name) for name in found.added},
        {bare(name) for name in found.removed},
        {bare(name): keys for name, keys in found.changed.items()},
    )


def bare(name: str) -> str:
    return re.sub(r"^(apim-)?(aws-)?integrated-cloud-", "", name)


def test_cors_is_answered_by_the_api_of_the_apis_alone() -> None:
    found = difference("edge.cors=null")
    assert (found.added, found.removed) == (set(), set())
    assert found.changed == {"api-http-api-api": {"corsConfiguration"}}


def test_throttling_limits_both_apis() -> None:
    found = difference("edge.throttling.rate=5")
    assert (found.added, found.removed) == (set(), set())
    assert found.changed == {f"{host}-http-api-stage": {"defaultRouteSettings"} for host in ("api", "developers")}


def test_unlisted_paths_of_the_apis_can_be_refused_and_the_portal_stays_whole() -> None:
    found = difference("edge.unlisted_paths=refuse")
    assert (found.added, found.removed, found.changed) == (set(), {"api-http-api-unlisted"}, {})


def test_access_logs_can_be_kept_longer() -> None:
    found = difference("edge.access_log_retention_days=365")
    assert found.changed == {f"{host}-http-api-access": {"retentionInDays"} for host in ("api", "developers")}


def test_without_documents_every_path_is_forwarded_alike() -> None:
    found = difference("edge.documents=[]")
    assert (found.added, found.changed) == (set(), {})
    assert like(found.removed, "api-http-api-(orders|customers)(-.*)?") == set()
    assert len(found.removed) == 12


def test_a_certificate_that_is_brought_along_needs_no_proof() -> None:
    arn = "arn:aws:acm:eu-west-1:111122223333:certificate/12345678-1234-1234-1234-123456789012"
    found = difference(f"edge.certificate_arn={arn}")
    assert found.added == set()
    assert like(found.removed, "front-end-(api|developers)-(proof|validation)") == set()
    names = {f"front-end-{host}-name" for host in ("api", "developers")}
    assert found.changed.keys() - names <= {f"front-end-{host}-certificate" for host in ("api", "developers")}
    assert all(found.changed[name] == {"domainNameConfiguration"} for name in names)


def test_mutual_tls_is_asked_of_clients_of_the_apis_and_not_of_readers() -> None:
    found = difference("edge.mutual_tls.truststore=tests/program/authorities.pem", "edge.api_type=http")
    assert like(found.added, "truststore(-.*)?") == set()
    # Checkers from outside have no certificate.
    assert like(found.removed, r"health-checks-api\.stg\.example\.com(-down)?") == set()
    assert found.changed == {"front-end-api-name": {"mutualTlsAuthentication"}}


def test_health_checks_can_be_left_out() -> None:
    found = difference("ingress.dns.health_checks.enabled=false")
    assert (found.added, found.changed) == (set(), {})
    assert like(found.removed, "health-checks", "health-checks-.*") == set()
    assert len(found.removed) == 7


def test_a_rest_api_stands_on_the_same_way_and_hosts() -> None:
    found = difference("edge.api_type=rest")
    assert like(found.removed, "(api|developers)-http-api(-.*)?") == set()
    assert like(found.added, "(api|developers)-rest-api(-.*)?", "api-logging(-.*)?") == set()
    assert found.changed == {}


def test_a_private_group_keeps_the_host_of_the_apis_inside() -> None:
    groups = '[{"name":"default","apis":["/orders","/customers"]},{"name":"bo","exposure":"private","apis":["/bo"]}]'
    found = difference(f"gateway_groups={groups}")
    assert (found.added, found.removed) == ({"dns-private-api"}, {"front-end-api-private"})
    assert found.changed == {}


def test_a_platform_with_its_own_entrance_is_checked_alike() -> None:
    def checked(*overrides: str) -> Graph:
        settings = environment_of("dev", *overrides).settings

        def program() -> None:
            naming = Naming.of_stack(settings)
            build_health_checks(settings, naming, build_foundation(settings, naming))

        made = record(program, stack="dev")
        assert made.errors == []
        return made.graph

    found = change(checked(), checked("ingress.dns.health_checks.enabled=true"))
    assert (found.removed, found.changed) == (set(), {})
    assert like(found.added, "health-checks", "health-checks-.*") == set()


# -- a second run in the same world ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the project's documents, which a test may change."""
    shutil.copytree(ROOT / FOLDER / "apis", tmp_path / FOLDER / "apis")
    monkeypatch.setattr(aws_front_end, "project_directory", lambda: tmp_path)
    return tmp_path


def again(project: Path, alter: Callable[[], None], *overrides: str) -> dict[str, str]:
    """Deploy, alter the project, deploy again; return what the second run did, by name."""
    world = packages()
    first = front_end(directory=project, providers=world)
    alter()
    second = front_end(*overrides, directory=project, before=first, providers=world)
    custom = {resource.urn for made in (first, second) for resource in made.graph.custom()}
    return {
        bare(step.urn.rpartition("::")[2]): str(step.operation)
        for step in second.steps
        if str(step.operation) not in ("same", "read") and step.urn in custom
    }


def altered(file: Path, alter: Callable[[dict[str, Any]], None]) -> None:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    alter(content["paths"])
    file.write_text(yaml.safe_dump(content), encoding="utf-8")


def test_the_same_documents_change_nothing(project: Path) -> None:
    assert again(project, lambda: None) == {}


def test_another_operation_adds_its_route_and_replaces_nothing(project: Path) -> None:
    orders = project / FOLDER / "apis/orders.yaml"
    done = again(project, lambda: altered(orders, lambda paths: paths["/orders/health"].update(head=ANSWER)))
    assert list(done.values()) == ["create"]
    assert re.fullmatch(r"api-http-api-orders-head-orders-health-[0-9a-f]{6}", next(iter(done)))


def test_a_changed_document_touches_no_route_of_another(project: Path) -> None:
    customers = project / FOLDER / "apis/customers.yaml"

    def alter(paths: dict[str, Any]) -> None:
        del paths["/{customer}"]["patch"]
        paths["/{customer}"]["put"] = ANSWER

    done = again(project, lambda: altered(customers, alter))
    assert sorted(done.values()) == ["create", "delete"]
    assert all(name.startswith("api-http-api-customers-") for name in done)


def test_another_document_adds_its_routes_and_replaces_nothing(project: Path) -> None:
    content = {"openapi": "3.1.0", "info": {"title": "Partners", "version": "1"}, "paths": {"/offers": {"get": ANSWER}}}
    documents = [
        {"name": "orders", "file": f"{FOLDER}/apis/orders.yaml"},
        {"name": "partners", "file": "partners.json", "base_path": "/partners"},
        {"name": "customers", "file": f"{FOLDER}/apis/customers.yaml", "base_path": "/customers"},
    ]

    def alter() -> None:
        (project / "partners.json").write_text(yaml.safe_dump(content), encoding="utf-8")

    done = again(project, alter, f"edge.documents={json.dumps(documents)}")
    assert list(done.values()) == ["create"]
    assert next(iter(done)).startswith("api-http-api-partners-get-partners-offers-")
