"""The front end as REST APIs: what each option adds, what another document touches, and the whole life cycle."""

import json
from collections import Counter
from collections.abc import Mapping
from functools import cache

import pytest
from conftest import Apim
from program_support import ROOT, environment_of, objects, of_type, record_stack

from apim_infra.platform.aws_edge import build_dns, build_load_balancers
from apim_infra.platform.aws_foundation import build_foundation
from apim_infra.platform.aws_front_end import build_front_end
from apim_infra.platform.naming import Naming
from apim_infra.rehearsal.graph import Graph
from apim_infra.rehearsal.packages import packages
from apim_infra.rehearsal.provider import Provider
from apim_infra.rehearsal.testing import Recording, record

pytestmark = pytest.mark.slow

STACK = "aws-integrated-cloud"
FILE = ROOT / f"examples/{STACK}/Pulumi.{STACK}.yaml"
APIS = f"examples/{STACK}/apis"
ORDERS = {"name": "orders", "file": f"{APIS}/orders.yaml"}
CUSTOMERS = {"name": "customers", "file": f"{APIS}/customers.yaml", "base_path": "/customers"}
REST = ("edge.api_type=rest", "edge.cors=null", "edge.documents=[]")
PLANS = 'edge.usage_plans=[{"name":"partners","keys":["acme","globex"],"quota":1000}]'
FIREWALL = 'edge.firewall={"blocked_countries":["KP"],"blocked_cidrs":["192.0.2.0/24"]}'
MUTUAL_TLS = 'edge.mutual_tls={"truststore":"tests/program/authorities.pem"}'
CORS = 'edge.cors={"origins":["https://shop.example.com"]}'
GATEWAY = "aws:apigateway"
METHOD = f"{GATEWAY}/method:Method"
INTEGRATION = f"{GATEWAY}/integration:Integration"


def documents(*given: Mapping[str, str]) -> str:
    return f"edge.documents={json.dumps(given)}"


class Stack:
    """A stack that front ends are built on one after another, with one world for all of them."""

    def __init__(self) -> None:
        self._providers = packages()
        self._last: Recording | None = None

    def run(self, *overrides: str) -> Recording:
        """Record a front end that the twins must accept as it is."""
        self._last = front_end(*overrides, before=self._last, providers=self._providers)
        return self._last


def front_end(
    *overrides: str, before: Recording | None = None, providers: Mapping[str, Provider] | None = None
) -> Recording:
    """Record the network, the load balancers, DNS and the front end, without cluster and stores."""
    settings = environment_of(STACK, *REST, *overrides, file=FILE).settings

    def program() -> None:
        naming = Naming.of_stack(settings)
        foundation = build_foundation(settings, naming)
        balancers = build_load_balancers(settings, naming, foundation)
        dns = build_dns(settings, naming, foundation, balancers)
        assert build_front_end(settings, naming, foundation, balancers, dns) is not None

    made = record(program, stack=STACK, before=before, providers=providers)
    assert [f"{error.rule}: {error.message}" for error in made.errors] == []
    return made


@cache
def alone(*overrides: str) -> Graph:
    return front_end(*overrides).graph


def kinds(graph: Graph) -> Counter[str]:
    return Counter(resource.type for resource in graph.resources)


def difference(*overrides: str, base: tuple[str, ...] = ()) -> dict[str, int]:
    """Return how many of each type an option adds and, negative, removes."""
    counts = kinds(alone(*base, *overrides))
    counts.subtract(kinds(alone(*base)))
    return {type_: count for type_, count in counts.items() if count}


def others_changed(*overrides: str, base: tuple[str, ...] = ()) -> set[str]:
    """Return the types of the resources that an option changes, those that hold what it is about left out."""
    old, new = ({r.urn: r for r in alone(*more).resources if r.custom} for more in (base, (*base, *overrides)))
    return {new[urn].type for urn in old.keys() & new.keys() if old[urn].inputs != new[urn].inputs}


def steps(recording: Recording, operation: str) -> list[str]:
    """Return the types of what an operation was done with."""
    found = (step.urn for step in recording.steps if step.operation == operation)
    return sorted(urn.split("::")[2].rsplit("$", 1)[-1] for urn in found)


# -- options ---------------------------------------------------------------------------------------------------------------------------------


def test_a_firewall_adds_a_web_acl_with_its_log_before_each_host() -> None:
    assert difference(FIREWALL) == {
        "apim:aws:WebFirewall": 1,
        "aws:cloudwatch/logGroup:LogGroup": 1,
        "aws:wafv2/ipSet:IpSet": 1,
        "aws:wafv2/webAcl:WebAcl": 1,
        "aws:wafv2/webAclAssociation:WebAclAssociation": 2,
        "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": 1,
    }
    assert others_changed(FIREWALL) == set()


def test_usage_plans_add_plans_and_keys_and_ask_the_callers_of_apis_for_one() -> None:
    assert difference(PLANS) == {
        "apim:aws:UsagePlans": 1,
        f"{GATEWAY}/usagePlan:UsagePlan": 1,
        f"{GATEWAY}/apiKey:ApiKey": 2,
        f"{GATEWAY}/usagePlanKey:UsagePlanKey": 2,
    }
    assert others_changed(PLANS) == {METHOD, f"{GATEWAY}/deployment:Deployment"}
    asked = {
        method.name.split("-rest-api")[0]: method.inputs["apiKeyRequired"] for method in of_type(alone(PLANS), METHOD)
    }
    assert asked == {f"apim-{STACK}-api": True, f"apim-{STACK}-developers": False}


def test_mutual_tls_adds_a_truststore_for_the_host_of_the_apis() -> None:
    assert difference(MUTUAL_TLS) == {
        "apim:aws:Truststore": 1,
        "aws:s3/bucket:Bucket": 1,
        "aws:s3/bucketObjectv2:BucketObjectv2": 1,
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls": 1,
        "aws:s3/bucketPolicy:BucketPolicy": 1,
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": 1,
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": 1,
        "aws:s3/bucketVersioning:BucketVersioning": 1,
    }
    assert others_changed(MUTUAL_TLS) == {"aws:apigatewayv2/domainName:DomainName"}
    trusting = [
        name.inputs["domainName"]
        for name in of_type(alone(MUTUAL_TLS), "aws:apigatewayv2/domainName:DomainName")
        if "mutualTlsAuthentication" in name.inputs
    ]
    assert trusting == ["api.stg.example.com"]


def test_cors_answers_the_questions_of_browsers_on_every_path_of_the_apis() -> None:
    paths = 2  # the root, and everything below it
    assert difference(CORS) == {
        METHOD: paths,
        INTEGRATION: paths,
        f"{GATEWAY}/methodResponse:MethodResponse": paths,
        f"{GATEWAY}/integrationResponse:IntegrationResponse": paths,
        f"{GATEWAY}/response:Response": 2,
    }
    assert others_changed(CORS) == {f"{GATEWAY}/deployment:Deployment"}


def test_documents_add_resources_and_methods_and_nothing_else() -> None:
    added = difference(documents(ORDERS))
    assert set(added) == {f"{GATEWAY}/resource:Resource", METHOD, INTEGRATION}
    assert added[METHOD] == added[INTEGRATION] > added[f"{GATEWAY}/resource:Resource"]
    assert others_changed(documents(ORDERS)) == {f"{GATEWAY}/deployment:Deployment"}


def test_unlisted_paths_can_be_refused() -> None:
    base = (documents(ORDERS),)
    removed = difference("edge.unlisted_paths=refuse", base=base)
    assert set(removed) == {f"{GATEWAY}/resource:Resource", METHOD, INTEGRATION, f"{GATEWAY}/response:Response"}
    assert removed[f"{GATEWAY}/response:Response"] == 1
    methods = of_type(alone(*base, "edge.unlisted_paths=refuse"), METHOD)
    assert {m.inputs["httpMethod"] for m in methods if "-api-rest-api" in m.name} & {"ANY"} == set()


def test_the_role_for_logs_can_be_left_to_another_stack() -> None:
    assert difference("edge.manage_log_role=false") == {
        "aws:iam/role:Role": -1,
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment": -1,
    }


@pytest.mark.slow
def test_keys_are_exported_when_that_is_asked_for_and_as_secrets() -> None:
    exports = [
        record_stack(STACK, *REST, PLANS, *more, file=FILE).exports for more in ((), ("edge.export_api_keys=true",))
    ]
    assert "api_keys" not in exports[0]
    # One export: what holds a secret is a secret as a whole, or masks its parts.
    assert exports[1]["api_keys"] in ({"acme": {"secret": True}, "globex": {"secret": True}}, {"secret": True})


# -- changes of what is deployed -------------------------------------------------------------------------------------------------------------


def test_another_document_replaces_nothing_but_the_deployment() -> None:
    """A deployment is a picture of the API that AWS never changes: the next one is made first, and the stage moves over to it."""
    stack = Stack()
    stack.run(documents(ORDERS))
    after = stack.run(documents(ORDERS, CUSTOMERS))
    assert steps(after, "replace") == steps(after, "delete") == [f"{GATEWAY}/deployment:Deployment"]
    assert set(steps(after, "create")) == {f"{GATEWAY}/resource:Resource", METHOD, INTEGRATION}
    assert f"{GATEWAY}/stage:Stage" in steps(after, "update")


@pytest.mark.parametrize(("former", "kind"), [("http", "rest"), ("rest", "http")])
def test_a_host_keeps_its_domain_name_when_the_kind_of_api_changes(former: str, kind: str) -> None:
    stack = Stack()
    stack.run(f"edge.api_type={former}")
    rest = stack.run(f"edge.api_type={kind}")
    assert steps(rest, "replace") == []
    assert steps(rest, "update").count("aws:apigatewayv2/apiMapping:ApiMapping") == 2
    kept = {"aws:apigatewayv2/domainName:DomainName", "aws:acm/certificate:Certificate", "aws:route53/record:Record"}
    assert kept.isdisjoint({*steps(rest, "create"), *steps(rest, "update"), *steps(rest, "delete")})


# -- the whole program -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_whole_platform_with_every_option_is_clean_and_a_second_run_changes_nothing() -> None:
    overrides = (FIREWALL, PLANS, MUTUAL_TLS)
    providers = packages()
    first = record_stack(STACK, *overrides, file=FILE, providers=providers)
    assert [f"{error.rule}: {error.message}" for error in first.errors] == []
    second = record_stack(STACK, *overrides, file=FILE, before=first, providers=providers)
    assert {step.operation for step in second.steps} == {"same"}
    graph = first.graph
    assert {type_.split("/")[0] for type_ in kinds(graph)} >= {"aws:apigateway", "aws:wafv2"}
    assert "aws:apigatewayv2/api:Api" not in kinds(graph)
    hosts = {r.inputs["domainName"] for r in of_type(graph, "aws:apigatewayv2/domainName:DomainName")}
    assert hosts == {"api.stg.example.com", "developers.stg.example.com"}
    (policy,) = objects(graph, "SecurityPolicy").values()
    assert policy.inputs["spec"]["cors"]["allowOrigins"] == ["https://shop.example.com"]


@pytest.mark.slow
def test_its_life_cycle_is_clean_to_the_end(apim: Apim) -> None:
    options = [word for override in (FIREWALL, PLANS, MUTUAL_TLS) for word in ("--set", override)]
    done = apim("rehearse", STACK, "--file", str(FILE), *options)
    assert "clean" in done.out, done.out[-2000:]
    assert done.code == 0
