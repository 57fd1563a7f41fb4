"""REST APIs and the firewall: clean requests pass, and their outputs are what programs read."""

import re
from dataclasses import replace

import pytest
from aws_cases.apigateway_given import (
    ACCESS_LOG,
    API,
    BUCKET,
    CERTIFIED,
    DEPLOYED,
    DEPLOYMENT,
    DOMAIN,
    IMPORTED,
    INTEGRATION,
    INTEGRATION_RESPONSE,
    KEY,
    LINKED,
    LOGS,
    MAPPED,
    MAPPING,
    MEMBER,
    METHOD,
    METHOD_RESPONSE,
    MOCK,
    MUTUAL,
    ORDER,
    ORDERS,
    PLAN,
    PLANNED,
    PRIVATE,
    PROXY,
    SETTINGS,
    STAGE,
    STAGED,
    TRUSTSTORE,
    WITH_ACCOUNT,
    WITH_METHOD,
    step,
)
from aws_cases.case import Scene, Step
from aws_cases.elbv2_given import WITH_ALB
from aws_cases.s3_given import versions
from aws_cases.service_given import changed, named
from aws_cases.wafv2 import ACL, ASSOCIATION, BY_SET, COMMON, IP_SET, LOGGING, managed, own
from aws_cases.wafv2 import LOGS as FIREWALL_LOGS

LOGGED = changed(STAGE, accessLogSettings=ACCESS_LOG, variables={"host": "api.example.com"})
WITH_PATH = changed(METHOD, resourceId="${order.id}", requestParameters={"method.request.path.id": True})
PATH = changed(
    INTEGRATION,
    resourceId="${order.id}",
    uri="https://api.example.com/orders/{id}",
    requestParameters={"integration.request.path.id": "method.request.path.id"},
)
RATE = {"rateBasedStatement": {"limit": 2000, "aggregateKeyType": "IP", "evaluationWindowSec": 300}}


def scene_of(*steps: Step) -> Scene:
    scene = Scene()
    for one in steps:
        scene.create(one)
    return scene


@pytest.mark.parametrize(
    "steps",
    [
        (*STAGED, SETTINGS),
        (API, ORDERS, ORDER, WITH_PATH, PATH, DEPLOYMENT),
        (API, ORDERS, PROXY, named(PROXY, "below", parentId="${orders.id}")),
        (*LINKED, *WITH_METHOD, PRIVATE),
        (*WITH_METHOD, MOCK, METHOD_RESPONSE, INTEGRATION_RESPONSE),
        (*DEPLOYED, LOGS, *WITH_ACCOUNT, LOGGED, changed(SETTINGS, settings={"loggingLevel": "INFO"})),
        (*MAPPED, MAPPING, named(MAPPING, "second", basePath="v2")),
        (*CERTIFIED, changed(DOMAIN, domainName="a.apps.example.com")),
        (*CERTIFIED, BUCKET, TRUSTSTORE, changed(DOMAIN, mutualTlsAuthentication=MUTUAL)),
        (
            *CERTIFIED,
            BUCKET,
            versions(BUCKET),
            TRUSTSTORE,
            changed(DOMAIN, mutualTlsAuthentication={**MUTUAL, "truststoreVersion": "${truststore.versionId}"}),
        ),
        (IMPORTED, changed(DOMAIN, domainName="other.example.com")),
        (*PLANNED, MEMBER),
        (API, step("Response", "answer", restApiId="${api.id}", responseType="DEFAULT_4XX", statusCode="404")),
        (IP_SET, changed(ACL, rules=[managed(COMMON, 2), BY_SET, own("rate", 1, statement=RATE)])),
        (*STAGED, ACL, ASSOCIATION),
        (*WITH_ALB, ACL, changed(ASSOCIATION, resourceArn="${alb.arn}")),
        (ACL, FIREWALL_LOGS, LOGGING),
    ],
)
def test_clean_requests_pass_and_go_in_the_opposite_order(steps: tuple[Step, ...]) -> None:
    scene = scene_of(*steps)
    assert set(scene.made) == {step.name for step in steps}
    for one in reversed(steps):
        scene.delete(one.name)
    assert [left.type for left in scene.twin.leftovers()] == []


def test_paths_follow_the_tree_of_resources() -> None:
    made = scene_of(API, ORDERS, ORDER, PROXY).made
    assert {name: made[name][1].outputs["path"] for name in ("orders", "order", "proxy")} == {
        "orders": "/orders",
        "order": "/orders/{id}",
        "proxy": "/{proxy+}",
    }


def test_a_stage_is_known_by_the_arn_that_a_firewall_takes() -> None:
    made = scene_of(*STAGED).made
    api, stage = made["api"][1], made["stage"][1]
    assert stage.outputs["arn"] == f"arn:aws:apigateway:eu-central-1::/restapis/{api.id}/stages/live"
    assert stage.outputs["invokeUrl"] == f"https://{api.id}.execute-api.eu-central-1.amazonaws.com/live"


def test_other_contents_replace_the_deployment_and_move_the_stage() -> None:
    scene = scene_of(*STAGED)
    request, made = scene.made["deployment"]
    changes = {"id": made.id, "old_inputs": request.inputs, "old_outputs": made.outputs}
    again = scene.request(changed(DEPLOYMENT, triggers={"contents": "2"}), **changes)
    assert scene.twin.diff(again).replaced_by
    scene.create(named(DEPLOYMENT, "next", triggers={"contents": "2"}))
    scene.update(changed(STAGE, deployment="${next.id}"))
    scene.delete("deployment")


def test_the_value_of_a_key_is_made_by_the_cloud_and_secret() -> None:
    scene = scene_of(*PLANNED, MEMBER)
    key, member = scene.made["key"][1], scene.made["member"][1]
    assert re.fullmatch(r"[A-Za-z0-9]{40}", key.outputs["value"])
    assert member.outputs["value"] == key.outputs["value"]
    assert "value" in key.secret_outputs
    assert "value" in member.secret_outputs
    other = scene.create(named(KEY, "other", name="other"))
    assert other.outputs["value"] != key.outputs["value"]


def test_a_key_may_be_in_two_plans_of_different_stages() -> None:
    second = named(STAGE, "second", stageName="second")
    stages = [{"apiId": "${api.id}", "stage": "${second.stageName}"}]
    other = named(PLAN, "other", name="other", apiStages=stages)
    scene = scene_of(*PLANNED, MEMBER, second, other, named(MEMBER, "again", usagePlanId="${other.id}"))
    assert "again" in scene.made


def test_capacity_is_the_sum_of_what_the_rules_need() -> None:
    rules = [managed(COMMON), own("countries", 1), own("rate", 2, statement=RATE)]
    assert scene_of(changed(ACL, rules=rules)).made["acl"][1].outputs["capacity"] == 700 + 1 + 2


def test_arns_of_the_firewall_say_their_scope() -> None:
    made = scene_of(ACL).made["acl"][1]
    assert made.outputs["arn"] == f"arn:aws:wafv2:eu-central-1:111122223333:regional/webacl/acl/{made.id}"


def test_a_log_group_of_another_stack_is_warned_of() -> None:
    arn = "arn:aws:logs:eu-central-1:111122223333:log-group:/elsewhere"
    settings = {**ACCESS_LOG, "destinationArn": arn}
    created = scene_of(*DEPLOYED, *WITH_ACCOUNT).create(changed(STAGE, accessLogSettings=settings))
    assert [warning.path for warning in created.warnings] == ["accessLogSettings.destinationArn"]


def test_a_thing_that_an_alias_renames_stays_what_it_is() -> None:
    scene = scene_of(KEY, IP_SET)
    for name in ("key", "ranges"):
        request, made = scene.made[name]
        before = {"id": made.id, "old_inputs": request.inputs, "old_outputs": made.outputs}
        renamed = replace(
            request, urn=f"{request.urn}-renamed", inputs={**request.inputs, "description": "other"}, **before
        )
        after = scene.twin.update(renamed)
        assert after.outputs == {**made.outputs, "description": "other"}
        scene.twin.delete(replace(renamed, old_inputs=renamed.inputs, old_outputs=after.outputs))
    assert scene.twin.leftovers() == ()
