"""REST APIs, usage plans, firewall and truststore: what each option makes, and what a change of the operations touches."""

import json
from functools import partial
from typing import Any

import pulumi
import pytest
from components_aws_rest_samples import HOST, ORDER, ORDERS, PEM, rest_api, truststore, usage_plans, web_firewall
from components_aws_samples import Stack, added, changes, run

from apim_infra.rehearsal.graph import Resource
from apim_infra.rehearsal.testing import Recording
from components.aws.rest_paths import rest_paths

GATEWAY = "aws:apigateway"
METHOD = f"{GATEWAY}/method:Method"
RESOURCE = f"{GATEWAY}/resource:Resource"
INTEGRATION = f"{GATEWAY}/integration:Integration"
RESPONSE = f"{GATEWAY}/response:Response"
SHOP = "https://shop.example.com"
CORS = {"origins": [SHOP], "methods": ["GET"], "headers": ["authorization"]}
PREFLIGHT = {
    METHOD: 1,
    INTEGRATION: 1,
    f"{GATEWAY}/methodResponse:MethodResponse": 1,
    f"{GATEWAY}/integrationResponse:IntegrationResponse": 1,
}


def api(**options: Any) -> Recording:
    return run(partial(rest_api, **options))


def of_type(recording: Recording, type_: str) -> list[Resource]:
    return [resource for resource in recording.graph.resources if resource.type == type_]


def one(recording: Recording, type_: str) -> Resource:
    (resource,) = of_type(recording, type_)
    return resource


def served(recording: Recording) -> set[str]:
    """Return what the API answers to: method and path."""
    paths = {resource.id: str(resource.outputs["path"]) for resource in of_type(recording, RESOURCE)}
    return {
        f"{method.inputs['httpMethod']} {paths.get(method.inputs['resourceId'], '/')}"
        for method in of_type(recording, METHOD)
    }


def steps(recording: Recording, operation: str) -> set[str]:
    """Return the names of what an operation was done with."""
    return {step.urn.rsplit("::", 1)[1] for step in recording.steps if step.operation == operation}


def tree_names(recording: Recording) -> dict[str, str]:
    """Return the path of every resource of the API by its name."""
    return {resource.name: str(resource.outputs["path"]) for resource in of_type(recording, RESOURCE)}


# -- paths -----------------------------------------------------------------------------------------------------------------------------------


def test_every_operation_has_a_method_and_nothing_else_does() -> None:
    made = api(operations=[ORDERS, ORDER, {**ORDERS, "method": "POST"}], forward_unlisted=False)
    assert served(made) == {"GET /orders", "POST /orders", "GET /orders/{id}"}


def test_unlisted_paths_are_forwarded_at_every_depth() -> None:
    assert served(api(operations=[ORDER])) == {
        "ANY /",
        "ANY /{proxy+}",
        "ANY /orders",
        "ANY /orders/{id}",
        "GET /orders/{id}",
        "ANY /orders/{id}/{proxy+}",
    }


def test_without_documents_everything_is_forwarded() -> None:
    assert served(api(operations=[])) == {"ANY /", "ANY /{proxy+}"}


def test_an_unlisted_path_is_answered_with_404_where_it_is_refused() -> None:
    answer = one(api(forward_unlisted=False), RESPONSE)
    assert (answer.inputs["responseType"], answer.inputs["statusCode"]) == ("MISSING_AUTHENTICATION_TOKEN", "404")
    assert of_type(api(), RESPONSE) == []


def test_two_names_of_one_variable_are_one_resource() -> None:
    other = {"api": "stock", "method": "GET", "path": "/orders/{order}/stock"}
    tree = rest_paths([ORDER, other], forward_unlisted=False)
    assert [place.path for place in tree.values()] == ["/", "/orders", "/orders/{id}", "/orders/{id}/stock"]


def test_paths_that_differ_in_signs_alone_have_different_names() -> None:
    paths = ("/a-b", "/a.b", "/a/b", "/a_b", "/{a}")
    tree = rest_paths([{"api": "x", "method": "GET", "path": path} for path in paths], forward_unlisted=True)
    labels = [place.label for place in tree.values()]
    assert len(set(labels)) == len(labels)


def test_requests_go_on_to_the_same_path_of_the_gateways_over_tls() -> None:
    made = api(operations=[ORDER], forward_unlisted=False)
    integration = one(made, INTEGRATION).inputs
    assert integration["uri"] == f"https://{HOST}/orders/{{id}}"
    assert integration["requestParameters"] == {"integration.request.path.id": "method.request.path.id"}
    assert integration["integrationTarget"] == one(made, "aws:lb/loadBalancer:LoadBalancer").id
    greedy = [i.inputs for i in of_type(api(operations=[]), INTEGRATION) if "proxy" in i.inputs["uri"]]
    assert [(i["uri"], i["requestParameters"]) for i in greedy] == [
        (f"https://{HOST}/{{proxy}}", {"integration.request.path.proxy": "method.request.path.proxy"})
    ]


def test_the_domain_name_is_the_only_way_in() -> None:
    assert one(api(), f"{GATEWAY}/restApi:RestApi").inputs["disableExecuteApiEndpoint"] is True


def test_access_logs_are_json_in_an_encrypted_group_that_forgets() -> None:
    made = api(log_retention_days=30)
    (group,) = (g for g in of_type(made, "aws:cloudwatch/logGroup:LogGroup") if g.name == "api-access")
    assert (group.inputs["retentionInDays"], "kmsKeyId" in group.inputs) == (30, True)
    settings = one(made, f"{GATEWAY}/stage:Stage").inputs["accessLogSettings"]
    assert json.loads(settings["format"])["request_id"] == "$context.requestId"
    assert settings["destinationArn"] == group.outputs["arn"]


def test_limits_hold_for_every_method_and_nothing_is_traced() -> None:
    made = api()
    settings = one(made, f"{GATEWAY}/methodSettings:MethodSettings").inputs
    assert settings["methodPath"] == "*/*"
    assert (settings["settings"]["throttlingRateLimit"], settings["settings"]["throttlingBurstLimit"]) == (100, 200)
    assert one(made, f"{GATEWAY}/stage:Stage").inputs["xrayTracingEnabled"] is False


# -- what changes ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("forward", [True, False])
def test_another_document_replaces_the_deployment_alone(forward: bool) -> None:
    stack = Stack()
    stack.run(partial(rest_api, operations=[ORDERS], forward_unlisted=forward))
    more = [ORDERS, ORDER, {"api": "stock", "method": "GET", "path": "/stock/{sku}/places"}]
    again = stack.run(partial(rest_api, operations=more, forward_unlisted=forward))
    assert steps(again, "replace") == steps(again, "delete") == {"api-deployment"}
    assert "api-stage" in steps(again, "update")


def test_a_document_that_goes_takes_its_own_paths_along() -> None:
    stack = Stack()
    before = stack.run(partial(rest_api, operations=[ORDERS]))
    stack.run(partial(rest_api, operations=[ORDERS, ORDER]))
    again = stack.run(partial(rest_api, operations=[ORDERS]))
    assert added(before, again) == {}
    assert served(again) == served(before)
    # A variable with resources below it cannot become greedy: it is made anew, with its method. Clients meet the deployment, which stays.
    (variable,) = (name for name, place in tree_names(again).items() if place == "/orders/{proxy+}")
    assert steps(again, "replace") == {
        "api-deployment",
        variable,
        f"{variable}-any",
        f"{variable}-any-gateways",
    }


def test_another_limit_deploys_nothing() -> None:
    stack = Stack()
    stack.run(partial(rest_api, rate=100))
    assert changes(stack.run(partial(rest_api, rate=300))) == {"api-limits": "update"}


def test_keys_are_asked_for_in_place() -> None:
    stack = Stack()
    stack.run(rest_api)
    again = stack.run(partial(rest_api, key_required=True))
    assert steps(again, "replace") == {"api-deployment"}
    assert steps(again, "create") == set()


# -- cross-origin requests -------------------------------------------------------------------------------------------------------------------


def test_cors_adds_an_answer_to_the_question_of_browsers_for_each_path() -> None:
    before, after = (api(operations=[ORDERS], forward_unlisted=False, **cors) for cors in ({}, {"cors": CORS}))
    # and the header for its own errors, the 404 of what is in no document among them
    assert added(before, after) == {**PREFLIGHT, RESPONSE: 2}
    answer = one(after, f"{GATEWAY}/integrationResponse:IntegrationResponse").inputs
    assert answer["responseParameters"] == {
        "method.response.header.Access-Control-Allow-Origin": f"'{SHOP}'",
        "method.response.header.Access-Control-Allow-Methods": "'GET'",
        "method.response.header.Access-Control-Allow-Headers": "'authorization'",
        "method.response.header.Access-Control-Max-Age": "'3600'",
    }
    for response in of_type(after, RESPONSE):
        assert response.inputs["responseParameters"] == {
            "gatewayresponse.header.Access-Control-Allow-Origin": f"'{SHOP}'"
        }


def test_of_several_origins_the_one_that_asks_is_named_and_no_other() -> None:
    cors = {**CORS, "origins": [SHOP, "https://app.example.com"], "credentials": True}
    made = api(operations=[ORDERS], forward_unlisted=False, cors=cors)
    answer = one(made, f"{GATEWAY}/integrationResponse:IntegrationResponse").inputs
    assert "method.response.header.Access-Control-Allow-Origin" not in answer["responseParameters"]
    assert answer["responseParameters"]["method.response.header.Vary"] == "'Origin'"
    assert answer["responseParameters"]["method.response.header.Access-Control-Allow-Credentials"] == "'true'"
    assert f'["{SHOP}", "https://app.example.com"].contains($origin)' in answer["responseTemplates"]["application/json"]
    (own,) = of_type(made, RESPONSE)
    assert "responseParameters" not in own.inputs


def test_questions_of_browsers_need_no_key() -> None:
    made = api(operations=[ORDERS], cors=CORS, key_required=True)
    asked = {method.inputs["httpMethod"]: method.inputs["apiKeyRequired"] for method in of_type(made, METHOD)}
    assert asked == {"OPTIONS": False, "GET": True, "ANY": True}


# -- plans, firewall, truststore -------------------------------------------------------------------------------------------------------------


def test_each_client_has_a_key_and_limits_of_its_own() -> None:
    made = run(usage_plans)
    plans = {plan.name: plan.inputs for plan in of_type(made, f"{GATEWAY}/usagePlan:UsagePlan")}
    assert plans["plans-partners"]["quotaSettings"] == {"limit": 1000, "period": "WEEK"}
    assert "quotaSettings" not in plans["plans-internal"]
    assert {key.name for key in of_type(made, f"{GATEWAY}/apiKey:ApiKey")} == {
        "plans-acme-key",
        "plans-globex-key",
        "plans-shop-key",
    }
    assert len(of_type(made, f"{GATEWAY}/usagePlanKey:UsagePlanKey")) == 3


def test_values_of_keys_are_secrets_wherever_they_are_recorded() -> None:
    made = run(usage_plans)
    for type_ in ("apiKey:ApiKey", "usagePlanKey:UsagePlanKey"):
        for resource in of_type(made, f"{GATEWAY}/{type_}"):
            assert resource.outputs["value"] == {"secret": True}
    (component,) = of_type(made, "apim:aws:UsagePlans")
    assert set(map(str, component.outputs["key_values"].values())) == {"{'secret': True}"}


def test_rules_of_the_firewall_come_in_order_and_the_cheap_ones_first() -> None:
    rules = one(run(web_firewall), "aws:wafv2/webAcl:WebAcl").inputs["rules"]
    assert [rule["name"] for rule in rules] == [
        "blocked-ranges",
        "blocked-countries",
        "rate-limit",
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesAmazonIpReputationList",
    ]
    assert [rule["priority"] for rule in rules] == list(range(5))
    assert all("block" in rule["action"] for rule in rules[:3])
    assert all("none" in rule["overrideAction"] for rule in rules[3:])


def test_counting_concerns_the_managed_rules_alone() -> None:
    stack = Stack()
    stack.run(web_firewall)
    again = stack.run(partial(web_firewall, count_only=True))
    assert changes(again) == {"firewall-acl": "update"}
    rules = one(again, "aws:wafv2/webAcl:WebAcl").inputs["rules"]
    assert all("block" in rule["action"] for rule in rules[:3])
    assert all("count" in rule["overrideAction"] for rule in rules[3:])


def test_credentials_stay_out_of_the_firewalls_log() -> None:
    made = run(web_firewall)
    logging = one(made, "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration").inputs
    assert [field["singleHeader"]["name"] for field in logging["redactedFields"]] == [
        "authorization",
        "cookie",
        "x-api-key",
    ]
    acl = one(made, "aws:wafv2/webAcl:WebAcl").inputs
    shown = [acl["visibilityConfig"], *(rule["visibilityConfig"] for rule in acl["rules"])]
    assert {one_of["sampledRequestsEnabled"] for one_of in shown} == {False}


def test_a_range_adds_a_set_and_nothing_else() -> None:
    with_ranges, without = run(web_firewall), run(partial(web_firewall, blocked_cidrs=[]))
    assert added(without, with_ranges) == {"aws:wafv2/ipSet:IpSet": 1}


def test_a_truststore_is_one_version_of_a_private_file() -> None:
    made = run(truststore)
    file = one(made, "aws:s3/bucketObjectv2:BucketObjectv2")
    component = one(made, "apim:aws:Truststore")
    assert component.outputs["uri"] == f"s3://{file.inputs['bucket']}/truststore.pem"
    assert component.outputs["version"] == file.outputs["versionId"] != ""
    block = one(made, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock").inputs
    assert all(block[key] for key in ("blockPublicAcls", "blockPublicPolicy", "restrictPublicBuckets"))


def test_other_authorities_are_another_version_of_the_file() -> None:
    stack = Stack()
    first = one(stack.run(truststore), "apim:aws:Truststore").outputs
    assert stack.run(truststore).graph.resources
    again = stack.run(partial(truststore, certificates=PEM + PEM))
    assert changes(again) == {"truststore-file": "update"}
    second = one(again, "apim:aws:Truststore").outputs
    assert second["uri"] == first["uri"]
    assert second["version"] != first["version"]


@pytest.mark.parametrize(
    ("program", "path"),
    [
        (partial(rest_api, operations=[], forward_unlisted=False), "operations"),
        (partial(rest_api, operations=[ORDERS, ORDERS]), "GET /orders occurs twice"),
        (partial(rest_api, cors={**CORS, "origins": ["*"], "credentials": True}), "cors.origins"),
        (partial(usage_plans, stages=[]), "stages"),
        (partial(usage_plans, plans=[{"name": "a", "keys": ["x"]}, {"name": "b", "keys": ["x"]}]), "'x' occurs twice"),
        (
            partial(web_firewall, managed_rules=[], rate_limit=None, blocked_countries=[], blocked_cidrs=[]),
            "managed_rules",
        ),
        (partial(web_firewall, blocked_countries=["KP", "KP"]), "'KP' occurs twice"),
        (partial(truststore, certificates="nothing"), "no certificate"),
        (partial(truststore, certificates=PEM + "-----BEGIN PRIVATE KEY-----"), "private key"),
    ],
)
def test_wrong_arguments_are_refused(program: Any, path: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError, match=path):
        run(program)
