"""API Gateway's HTTP APIs: clean requests pass, and their outputs are what programs read."""

import re

from aws_cases.apigatewayv2_given import (
    API,
    BUCKET,
    DOMAIN,
    JWT,
    LINK,
    MUTUAL,
    ROUTE,
    SOCKET,
    TRUSTSTORE,
    WITH_CERTIFICATE,
    WITH_LINK,
    WITH_MAPPING,
    WITH_PRIVATE,
    WITH_ROUTE,
)
from aws_cases.case import Scene, Step
from aws_cases.elbv2_given import WITH_NLB
from aws_cases.given import OTHER_SUBNET, OTHER_VPC
from aws_cases.service_given import changed, named

from apim_infra.rehearsal.twins.aws import tokens


def scene_of(*steps: Step) -> Scene:
    scene = Scene()
    for step in steps:
        assert scene.create(step).warnings == (), step.name
    return scene


def test_an_api_answers_with_its_addresses() -> None:
    scene = scene_of(API, SOCKET)
    api = scene.made["api"][1]
    assert api.outputs["apiEndpoint"] == f"https://{api.id}.execute-api.eu-central-1.amazonaws.com"
    assert api.outputs["arn"] == f"arn:aws:apigateway:eu-central-1::/apis/{api.id}"
    assert api.outputs["executionArn"].endswith(f":111122223333:{api.id}")
    assert scene.made["socket"][1].outputs["apiEndpoint"].startswith("wss://")


def test_the_default_stage_has_no_path_and_others_have() -> None:
    scene = scene_of(*WITH_MAPPING)
    stage = scene.made["stage"][1]
    assert stage.id == "$default"
    assert stage.outputs["invokeUrl"].endswith(".amazonaws.com/")
    other = scene.create(Step(tokens.HTTP_API_STAGE, "v1", {"apiId": "${api.id}", "name": "v1"}))
    assert other.outputs["invokeUrl"].endswith(".amazonaws.com/v1")


def test_a_domain_name_answers_with_what_an_alias_needs() -> None:
    configuration = scene_of(*WITH_MAPPING).made["domain"][1].outputs["domainNameConfiguration"]
    assert re.fullmatch(r"d-[0-9a-f]{10}\.execute-api\.eu-central-1\.amazonaws\.com", configuration["targetDomainName"])
    assert configuration["hostedZoneId"] == "Z1U9ULNL0V5AJ3"
    assert configuration["certificateArn"]


def test_a_private_integration_over_tls_with_routes_and_tokens_is_taken() -> None:
    open_route = changed(ROUTE, target="integrations/${private.id}")
    guarded = named(
        open_route,
        "guarded",
        routeKey="POST /orders",
        authorizationType="JWT",
        authorizerId="${jwt.id}",
        authorizationScopes=["orders.write"],
    )
    everything = named(open_route, "everything", routeKey="$default")
    greedy = named(open_route, "greedy", routeKey="ANY /files/{proxy+}")
    scene = scene_of(*WITH_PRIVATE, JWT, open_route, guarded, everything, greedy)
    assert len(scene.twin.world.things[tokens.HTTP_API_ROUTE]) == 4


def test_mutual_tls_with_a_truststore_in_a_bucket_is_taken() -> None:
    scene = scene_of(*WITH_CERTIFICATE, BUCKET, TRUSTSTORE, MUTUAL)
    assert scene.made["domain"][1].outputs["mutualTlsAuthentication"]["truststoreUri"].startswith("s3://")


def test_a_wildcard_certificate_covers_a_host() -> None:
    steps = [
        changed(step, domainName="*.example.com") if step.name == "certificate" else step for step in WITH_CERTIFICATE
    ]
    scene_of(*steps, DOMAIN)


def test_a_vpc_link_is_replaced_for_other_subnets_and_updated_for_another_name() -> None:
    scene = scene_of(*WITH_LINK)
    before, made = scene.made["link"]

    def replaced_by(**inputs: object) -> tuple[str, ...]:
        request = scene.request(changed(LINK, **inputs), id=made.id, old_inputs=before.inputs, old_outputs=made.outputs)
        difference = scene.twin.diff(request)
        assert difference.changed
        return difference.replaced_by

    assert replaced_by(name="other") == ()
    assert replaced_by(subnetIds=["${subnet.id}"])
    assert replaced_by(securityGroupIds=[])


def test_a_vpc_link_in_one_zone_is_warned_of() -> None:
    scene = Scene()
    for step in WITH_LINK[:-1]:
        scene.create(step)
    assert [warning.code for warning in scene.create(changed(LINK, subnetIds=["${subnet.id}"])).warnings] == [
        "BadRequestException"
    ]


def test_a_listener_in_another_vpc_than_the_link_is_warned_of() -> None:
    scene = Scene()
    other = changed(LINK, subnetIds=["${elsewhere.id}"], securityGroupIds=[])
    link, integration = WITH_LINK[-1], WITH_PRIVATE[-1]
    steps = [step for step in WITH_PRIVATE if step not in (link, integration)]
    for step in (*steps, OTHER_VPC, OTHER_SUBNET, other):
        scene.create(step)
    warnings = scene.create(integration).warnings
    assert any("requests would not arrive" in warning.message for warning in warnings)


def test_routes_go_before_their_integration_and_mappings_before_their_api() -> None:
    scene = scene_of(*WITH_ROUTE)
    for name in ("route", "public", "api"):
        scene.delete(name)
    scene = scene_of(*WITH_MAPPING)
    for name in ("mapping", "stage", "api", "domain", "issued", "certificate"):
        scene.delete(name)
    assert not scene.twin.world.things.get(tokens.HTTP_API)


def test_a_link_that_is_gone_holds_nothing() -> None:
    scene = scene_of(*WITH_NLB, *(step for step in WITH_LINK if step not in WITH_NLB))
    for name in ("link", "group", "nlb", "subnet"):
        scene.delete(name)
