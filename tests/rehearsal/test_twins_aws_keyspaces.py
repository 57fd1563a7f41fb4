"""Keyspaces, network interfaces and associations: clean requests pass, and their outputs are what programs read."""

import re

import pytest
from aws_cases.case import Scene, Step, refusals
from aws_cases.given import GATEWAY, GROUP, KEY, ROLE, SUBNET, VOLUME, VPC
from aws_cases.given import TABLE as ROUTES
from aws_cases.interfaces import CASES as INTERFACE_CASES
from aws_cases.interfaces import INTERFACE, NODE, PROFILE, RUN, instances
from aws_cases.keyspaces import CASES, KEYSPACE, SCHEMA, TABLE, table

from apim_infra.rehearsal.provider import UNKNOWN, RejectedError
from apim_infra.rehearsal.twins.aws import tokens


def scene_of(*steps: Step) -> Scene:
    scene = Scene()
    for step in steps:
        scene.create(step)
    return scene


@pytest.mark.parametrize("case", [*CASES, *INTERFACE_CASES], ids=lambda case: case.wrong)
def test_wrong_requests_are_refused_with_the_code_of_aws(case):
    problems = [problem for problem in refusals(case) if not problem.warning]
    assert case.code in {problem.code for problem in problems}, problems
    if case.path:
        assert case.path in {problem.path for problem in problems if problem.code == case.code}


@pytest.mark.parametrize(
    "step",
    [
        TABLE,
        table(capacitySpecification={"throughputMode": "PROVISIONED", "readCapacityUnits": 5, "writeCapacityUnits": 5}),
        table(pointInTimeRecovery={"status": "ENABLED"}, ttl={"status": "ENABLED"}, defaultTimeToLive=3600),
        table(encryptionSpecification={"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyIdentifier": "${key.arn}"}),
        table(schemaDefinition={**SCHEMA, "staticColumns": [{"name": "text"}]}),
        table(schemaDefinition={**SCHEMA, "columns": [*SCHEMA["columns"], {"name": "more", "type": "list<text>"}]}),
        table(encryptionSpecification={"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyIdentifier": UNKNOWN}),
    ],
)
def test_clean_tables_pass(step: Step):
    made = scene_of(KEY, KEYSPACE, step).made[step.name][1]
    assert made.id == "apim/events"
    assert made.outputs["arn"] == "arn:aws:cassandra:eu-central-1:111122223333:/keyspace/apim/table/events"


def test_a_keyspace_in_several_regions_passes():
    regions = {"replicationStrategy": "MULTI_REGION", "regionLists": ["eu-central-1", "eu-west-1"]}
    made = scene_of(Step(tokens.KEYSPACE, "apim", {"name": "apim", "replicationSpecification": regions})).made["apim"][
        1
    ]
    assert (made.id, made.outputs["arn"]) == ("apim", "arn:aws:cassandra:eu-central-1:111122223333:/keyspace/apim/")


def test_a_table_may_grow_and_goes_before_its_keyspace():
    scene = scene_of(KEYSPACE, TABLE)
    grown = {**SCHEMA, "columns": [*SCHEMA["columns"], {"name": "more", "type": "int"}]}
    assert len(scene.update(table("table", schemaDefinition=grown)).outputs["schemaDefinition"]["columns"]) == 4
    scene.delete("table")
    scene.delete("keyspace")
    assert scene.twin.leftovers() == ()


def test_an_instance_has_the_address_and_the_zone_of_its_interface():
    made = scene_of(VPC, SUBNET, INTERFACE, NODE).made
    assert made["node"][1].outputs["privateIp"] == made["interface"][1].outputs["privateIp"] == "10.0.0.10"
    assert made["node"][1].outputs["availabilityZone"] == "eu-central-1a"
    assert made["node"][1].outputs["primaryNetworkInterfaceId"] == made["interface"][1].id


def test_interface_and_volume_outlive_their_instance():
    attached = Step(
        tokens.VOLUME_ATTACHMENT,
        "attached",
        {"deviceName": "/dev/sdf", "instanceId": "${node.id}", "volumeId": "${volume.id}"},
    )
    scene = scene_of(VPC, SUBNET, INTERFACE, NODE, VOLUME, attached)
    first = scene.look_up("node", "id")
    for name in ("attached", "node"):
        scene.delete(name)
    scene.create(NODE)
    scene.create(attached)
    assert scene.look_up("node", "id") != first
    for name in ("attached", "volume", "node", "interface", "subnet", "vpc"):
        scene.delete(name)
    assert scene.twin.leftovers() == ()


def test_an_interface_without_an_address_gets_one_of_its_subnet():
    made = scene_of(VPC, SUBNET, GROUP, Step(tokens.NETWORK_INTERFACE, "free", {"subnetId": "${subnet.id}"})).made
    assert re.fullmatch(r"10\.0\.0\.\d+", made["free"][1].outputs["privateIp"])
    assert made["free"][1].outputs["privateIps"] == [made["free"][1].outputs["privateIp"]]


def test_success_is_awaited_of_an_instance_with_a_role_and_a_way_out():
    node = Step(tokens.INSTANCE, "node", {**NODE.inputs, "iamInstanceProfile": "${profile.name}"})
    route = Step(
        tokens.ROUTE,
        "route",
        {"routeTableId": "${table.id}", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "${gateway.id}"},
    )
    routed = Step(tokens.ROUTE_TABLE_ASSOCIATION, "routed", {"routeTableId": "${table.id}", "subnetId": "${subnet.id}"})
    wait = Step(
        "aws:ssm/association:Association",
        "wait",
        {**RUN, "targets": instances("${node.id}"), "waitForSuccessTimeoutSeconds": 600},
    )
    scene = scene_of(VPC, SUBNET, GATEWAY, ROUTES, routed, route, ROLE, PROFILE, INTERFACE, node)
    assert scene.create(wait).not_verified == ("whether the commands of an association succeed",)
    scene.delete("route")
    with pytest.raises(RejectedError, match="no way to ssm, ssmmessages"):
        scene.create(Step(wait.token, "again", wait.inputs))
