"""EC2 and VPC in the AWS twin: what is right is accepted, and looks as it does in the cloud."""

import pytest
from aws_cases.case import Scene, Step
from aws_cases.given import ADDRESS, GATEWAY, GROUP, INSTANCE, NAT, ROLE, SECOND_SUBNET, SUBNET, TABLE, VPC
from hypothesis import given
from hypothesis import strategies as st

from apim_infra.rehearsal.provider import RejectedError
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.ec2.addresses import inside, network, overlaps
from apim_infra.rehearsal.twins.aws.ec2.permissions import of_inline, of_older_rule, of_rule

NETWORK = (
    VPC,
    SUBNET,
    SECOND_SUBNET,
    GATEWAY,
    ADDRESS,
    NAT,
    TABLE,
    Step(
        tokens.ROUTE,
        "out",
        {"routeTableId": "${table.id}", "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "${nat.id}"},
    ),
    Step(tokens.ROUTE_TABLE_ASSOCIATION, "association", {"subnetId": "${second.id}", "routeTableId": "${table.id}"}),
    Step(tokens.DEFAULT_SECURITY_GROUP, "locked", {"vpcId": "${vpc.id}"}),
    Step(tokens.DEFAULT_NETWORK_ACL, "acl", {"defaultNetworkAclId": "${vpc.defaultNetworkAclId}"}),
    GROUP,
    Step(
        tokens.INGRESS_RULE,
        "https",
        {
            "securityGroupId": "${group.id}",
            "ipProtocol": "tcp",
            "fromPort": 443,
            "toPort": 443,
            "cidrIpv4": "10.0.0.0/16",
        },
    ),
    Step(
        tokens.INGRESS_RULE,
        "itself",
        {"securityGroupId": "${group.id}", "ipProtocol": "-1", "referencedSecurityGroupId": "${group.id}"},
    ),
    Step(tokens.EGRESS_RULE, "all", {"securityGroupId": "${group.id}", "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"}),
    Step(
        tokens.VPC_ENDPOINT,
        "storage",
        {"vpcId": "${vpc.id}", "serviceName": "com.amazonaws.eu-central-1.s3", "routeTableIds": ["${table.id}"]},
    ),
    Step(
        tokens.VPC_ENDPOINT,
        "registry",
        {
            "vpcId": "${vpc.id}",
            "serviceName": "com.amazonaws.eu-central-1.ecr.dkr",
            "vpcEndpointType": "Interface",
            "subnetIds": ["${subnet.id}", "${second.id}"],
            "securityGroupIds": ["${group.id}"],
            "privateDnsEnabled": True,
        },
    ),
    Step(
        tokens.LAUNCH_TEMPLATE,
        "pool",
        {
            "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
            "blockDeviceMappings": [
                {"deviceName": "/dev/xvda", "ebs": {"volumeType": "gp3", "volumeSize": 50, "encrypted": "true"}}
            ],
            "vpcSecurityGroupIds": ["${group.id}"],
        },
    ),
    INSTANCE,
)


@pytest.fixture
def scene() -> Scene:
    made = Scene()
    for step in NETWORK:
        made.create(step)
    return made


def test_a_network_is_deleted_in_reverse_order_and_leaves_nothing(scene: Scene) -> None:
    for step in reversed(NETWORK):
        scene.delete(step.name)
    assert scene.twin.leftovers() == ()


def test_a_second_look_changes_nothing(scene: Scene) -> None:
    for step in NETWORK:
        before, made = scene.made[step.name]
        request = scene.request(step, id=made.id, old_inputs=scene.twin.check(before).inputs, old_outputs=made.outputs)
        checked = scene.twin.check(request)
        assert checked.problems == ()
        again = scene.request(Step(step.token, step.name, checked.inputs), old_inputs=request.old_inputs)
        assert scene.twin.diff(again).changed == ()


def test_every_resource_can_be_tagged_in_place(scene: Scene) -> None:
    for step in NETWORK:
        if "tags" in scene.made[step.name][1].outputs or step.token in (tokens.SUBNET, tokens.VPC, tokens.NAT_GATEWAY):
            inputs = {**scene.twin.check(scene.made[step.name][0]).inputs, "tags": {"owner": "team"}}
            assert scene.update(Step(step.token, step.name, inputs)).outputs["tagsAll"] == {"owner": "team"}


def test_ids_have_the_form_of_ec2(scene: Scene) -> None:
    prefixes = {
        "vpc": "vpc-",
        "subnet": "subnet-",
        "nat": "nat-",
        "https": "sgr-",
        "registry": "vpce-",
        "instance": "i-",
    }
    for name, prefix in prefixes.items():
        identifier = scene.made[name][1].id
        assert identifier.startswith(prefix)
        assert len(identifier) == len(prefix) + 17


def test_a_vpc_brings_its_defaults(scene: Scene) -> None:
    vpc = scene.made["vpc"][1].outputs
    assert scene.made["locked"][1].id == vpc["defaultSecurityGroupId"]
    assert scene.made["acl"][1].id == vpc["defaultNetworkAclId"]
    assert vpc["mainRouteTableId"] == vpc["defaultRouteTableId"]


def test_outputs_follow_from_what_they_belong_to(scene: Scene) -> None:
    nat, subnet, instance = (scene.made[name][1].outputs for name in ("nat", "subnet", "instance"))
    assert nat["vpcId"] == scene.made["vpc"][1].id
    assert nat["publicIp"] == scene.made["address"][1].outputs["publicIp"]
    assert subnet["availabilityZoneId"] == "euc1-az1"
    assert instance["availabilityZone"] == "eu-central-1a"
    assert len(scene.made["registry"][1].outputs["networkInterfaceIds"]) == 2
    assert scene.made["storage"][1].outputs["prefixListId"].startswith("pl-")


def test_addresses_of_instances_lie_in_their_subnet() -> None:
    made = Scene()
    for step in (VPC, SUBNET):
        made.create(step)
    for i in range(20):
        server = Step(
            tokens.INSTANCE,
            f"server{i}",
            {"ami": "ami-0123456789abcdef0", "instanceType": "m7i.large", "subnetId": "${subnet.id}"},
        )
        assert made.create(server).outputs["privateIp"].startswith("10.0.0.")


def test_a_launch_template_that_cannot_launch_is_warned_of() -> None:
    made = Scene().create(Step(tokens.LAUNCH_TEMPLATE, "pool", {"vpcSecurityGroupIds": ["sg-0123456789abcdef0"]}))
    assert [problem.code for problem in made.warnings] == ["InvalidGroup.NotFound"]


def test_an_update_of_a_launch_template_makes_a_version() -> None:
    made = Scene()
    assert made.create(Step(tokens.LAUNCH_TEMPLATE, "pool", {"name": "pool"})).outputs["latestVersion"] == 1
    changed = made.update(Step(tokens.LAUNCH_TEMPLATE, "pool", {"name": "pool", "description": "second"}))
    assert changed.outputs["latestVersion"] == 2
    assert changed.outputs["defaultVersion"] == 1


def test_a_range_can_be_added_and_subnetted_and_stays_while_in_use() -> None:
    made = Scene()
    pods = Step(tokens.VPC_RANGE, "pods", {"vpcId": "${vpc.id}", "cidrBlock": "100.64.0.0/16"})
    for step in (VPC, pods, Step(tokens.SUBNET, "podnet", {"vpcId": "${vpc.id}", "cidrBlock": "100.64.0.0/18"})):
        made.create(step)
    with pytest.raises(RejectedError) as refused:
        made.delete("pods")
    assert refused.value.problems[0].code == "DependencyViolation"
    made.delete("podnet")
    made.delete("pods")


def test_a_flow_log_to_a_group_that_the_stack_does_not_make_is_warned_of() -> None:
    made = Scene()
    for step in (VPC, ROLE):
        made.create(step)
    inputs = {
        "vpcId": "${vpc.id}",
        "trafficType": "ALL",
        "iamRoleArn": "${role.arn}",
        "logDestination": "arn:aws:logs:eu-central-1:111122223333:log-group:flows",
    }
    log = made.create(Step(tokens.FLOW_LOG, "log", inputs))
    # The role of the case trusts EC2, not the flow logs service.
    assert [problem.code for problem in log.warnings] == ["LogDestinationNotFoundException", "InvalidParameter"]


def test_rules_of_all_three_kinds_are_compared_in_one_form() -> None:
    newer = of_rule("ingress", {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIpv4": "10.0.0.0/8"})
    older = of_older_rule(
        {"type": "ingress", "protocol": "6", "fromPort": 443, "toPort": 443, "cidrBlocks": ["10.0.0.0/8"]}
    )
    inline = of_inline(
        "ingress", {"protocol": "TCP", "fromPort": 443, "toPort": 443, "cidrBlocks": ["10.0.0.0/8"]}, "sg-1"
    )
    assert newer == older == inline


def test_peered_networks_may_name_each_others_groups() -> None:
    made = Scene()
    for step in (
        VPC,
        GROUP,
        Step(tokens.VPC, "other", {"cidrBlock": "10.1.0.0/16"}),
        Step(tokens.SECURITY_GROUP, "stranger", {"vpcId": "${other.id}", "name": "stranger"}),
        Step(tokens.PEERING, "peering", {"vpcId": "${vpc.id}", "peerVpcId": "${other.id}", "autoAccept": True}),
    ):
        made.create(step)
    rule = {"securityGroupId": "${group.id}", "ipProtocol": "-1", "referencedSecurityGroupId": "${stranger.id}"}
    assert made.create(Step(tokens.INGRESS_RULE, "rule", rule)).id


@given(st.ip_addresses(v=4, network="10.0.0.0/8"), st.integers(8, 28), st.integers(8, 28))
def test_ranges_contain_and_overlap_as_arithmetic_says(address: object, first: int, second: int) -> None:
    outer, inner = network(f"{address}/{min(first, second)}"), network(f"{address}/{max(first, second)}")
    assert outer is not None
    assert inner is not None
    assert inside(inner, outer)
    assert overlaps(inner, outer)
    assert inside(outer, inner) == (first == second)
    assert network(str(address)) is None
