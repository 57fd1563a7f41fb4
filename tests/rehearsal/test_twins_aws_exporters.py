"""Firehose, OpenSearch Service, metric streams and Slack channels: clean requests pass, and their outputs are what programs read."""

import re

import pytest
from aws_cases.case import Scene, Step
from aws_cases.firehose import (
    BASE,
    DOMAIN,
    ENDPOINT,
    INDEX,
    INTO_BUCKET,
    NETWORK,
    SEARCHED,
    SECRET,
    TO_HTTP,
    TO_S3,
    TO_SEARCH,
)
from aws_cases.given import KEY, SECOND_SUBNET
from aws_cases.messaging import TOPIC
from aws_cases.observability import CHANNEL, CHATTER, METRICS, NODES, SEARCH_LOGS, STREAMED, TWO_SUBNETS
from aws_cases.service_given import changed

from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.firehose import CONFIGURATIONS
from apim_infra.rehearsal.twins.cloud.schema import shape_of

OWN_KEY = {"enabled": True, "keyType": "CUSTOMER_MANAGED_CMK", "keyArn": "${key.arn}"}
BY_DAY = {
    **INTO_BUCKET,
    "prefix": "logs/!{timestamp:yyyy/MM/dd}/",
    "errorOutputPrefix": "errors/!{firehose:error-output-type}/",
    "compressionFormat": "GZIP",
}
UNPACKED = {
    **INTO_BUCKET,
    "processingConfiguration": {
        "enabled": True,
        "processors": [
            {"type": "Decompression", "parameters": [{"parameterName": "CompressionFormat", "parameterValue": "GZIP"}]},
            {
                "type": "CloudWatchLogProcessing",
                "parameters": [{"parameterName": "DataMessageExtraction", "parameterValue": "true"}],
            },
        ],
    },
}
WRITING = Step(
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
    "writing",
    {"policyName": "search", "policyDocument": SEARCH_LOGS},
)
LOGS = [
    {
        "logType": "ES_APPLICATION_LOGS",
        "cloudwatchLogGroupArn": "arn:aws:logs:eu-central-1:111122223333:log-group:search",
    }
]


def scene_of(*steps: Step) -> Scene:
    scene = Scene()
    for step in steps:
        scene.create(step)
    return scene


@pytest.mark.parametrize(
    "steps",
    [
        (*BASE, TO_S3),
        (*BASE, KEY, changed(TO_S3, serverSideEncryption=OWN_KEY)),
        (*BASE, changed(TO_S3, extendedS3Configuration=BY_DAY)),
        (*BASE, changed(TO_S3, extendedS3Configuration=UNPACKED)),
        (*BASE, SECRET, TO_HTTP),
        (*BASE, SECRET, changed(TO_HTTP, httpEndpointConfiguration={**ENDPOINT, "bufferingSize": 64})),
        (*SEARCHED, TO_SEARCH),
        (*NETWORK, SECOND_SUBNET, changed(DOMAIN, clusterConfig=NODES, vpcOptions=TWO_SUBNETS)),
        (*NETWORK, WRITING, changed(DOMAIN, logPublishingOptions=LOGS)),
        (*STREAMED, METRICS),
        (TOPIC, CHATTER, CHANNEL),
    ],
)
def test_clean_requests_pass(steps: tuple[Step, ...]) -> None:
    assert set(scene_of(*steps).made) == {step.name for step in steps}


def test_a_stream_is_known_by_its_arn() -> None:
    made = scene_of(*BASE, TO_S3).made["s3"][1]
    assert made.id == made.outputs["arn"] == "arn:aws:firehose:eu-central-1:111122223333:deliverystream/logs"


def test_every_destination_has_its_configuration_in_the_provider() -> None:
    assert set(CONFIGURATIONS.values()) <= set(shape_of(tokens.DELIVERY_STREAM).properties().shapes)


def test_a_domain_in_a_network_is_reached_inside_it() -> None:
    outputs = scene_of(*NETWORK, DOMAIN).made["domain"][1].outputs
    assert outputs["arn"] == "arn:aws:es:eu-central-1:111122223333:domain/logs"
    assert re.fullmatch(r"vpc-logs-[0-9a-f]{26}\.eu-central-1\.es\.amazonaws\.com", outputs["endpoint"])
    assert outputs["dashboardEndpoint"] == f"{outputs['endpoint']}/_dashboards"


def test_a_domain_outside_of_networks_is_reached_by_search() -> None:
    step = Step(DOMAIN.token, "domain", {key: value for key, value in DOMAIN.inputs.items() if key != "vpcOptions"})
    assert scene_of(step).made["domain"][1].outputs["endpoint"].startswith("search-logs-")


def test_the_role_of_the_service_is_asked_for_once_it_is_not_in_the_stack() -> None:
    made = scene_of(*NETWORK)
    assert "service-linked role" in made.create(DOMAIN).warnings[0].message
    role = Step(tokens.SERVICE_LINKED_ROLE, "linked", {"awsServiceName": "opensearchservice.amazonaws.com"})
    assert scene_of(*NETWORK, role).create(DOMAIN).warnings == ()


def test_moving_interfaces_of_a_stream_replaces_it() -> None:
    scene = scene_of(*SEARCHED, SECOND_SUBNET, TO_SEARCH)
    before, made = scene.made["search"]
    moved = {**INDEX, "vpcConfig": {**INDEX["vpcConfig"], "subnetIds": ["${second.id}"]}}
    request = scene.request(
        changed(TO_SEARCH, opensearchConfiguration=moved),
        id=made.id,
        old_inputs=before.inputs,
        old_outputs=made.outputs,
    )
    assert scene.twin.diff(request).replaced_by


def test_a_slack_workspace_is_named_as_not_verified() -> None:
    made = scene_of(TOPIC, CHATTER, CHANNEL).made["channel"][1]
    assert made.id == "arn:aws:chatbot::111122223333:chat-configuration/slack-channel/alarms"
    assert any("by hand" in what for what in made.not_verified)
