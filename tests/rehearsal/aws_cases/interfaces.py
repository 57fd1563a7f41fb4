"""Network interfaces, instances that bring one along, and what is run on instances."""

from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import GROUP, INSTANCE, OTHER_GROUP, OTHER_VPC, ROLE, SECOND_SUBNET, SUBNET, VPC

ASSOCIATION = "aws:ssm/association:Association"
INTERFACE = Step(tokens.NETWORK_INTERFACE, "interface", {"subnetId": "${subnet.id}", "privateIps": ["10.0.0.10"]})
FAR_INTERFACE = Step(tokens.NETWORK_INTERFACE, "far", {"subnetId": "${second.id}"})
NODE = Step(
    tokens.INSTANCE,
    "node",
    {
        "ami": "ami-0123456789abcdef0",
        "instanceType": "m7i.large",
        "primaryNetworkInterface": {"networkInterfaceId": "${interface.id}"},
    },
)
PROFILE = Step(tokens.INSTANCE_PROFILE, "profile", {"name": "profile", "role": "${role.name}"})
RUN = {"name": "AWS-RunShellScript", "parameters": {"commands": "true"}}
PLACE = (VPC, SUBNET)
NODES = (*PLACE, INTERFACE, NODE)


def interface(**inputs: object) -> Step:
    return Step(tokens.NETWORK_INTERFACE, "wrong", {"subnetId": "${subnet.id}", **inputs})


def node(**inputs: object) -> Step:
    return Step(tokens.INSTANCE, "wrong", {**NODE.inputs, **inputs})


def attachment(**inputs: object) -> Step:
    given = {"networkInterfaceId": "${interface.id}", "instanceId": "${instance.id}", "deviceIndex": 1}
    return Step(tokens.NETWORK_INTERFACE_ATTACHMENT, "wrong", {**given, **inputs})


def association(**inputs: object) -> Step:
    return Step(ASSOCIATION, "wrong", {**RUN, **inputs})


def instances(*values: str) -> list[dict[str, Any]]:
    return [{"key": "InstanceIds", "values": list(values)}]


def ec2(wrong: str, request: Step, code: str, given: tuple[Step, ...] = PLACE, path: str = "", **more: Any) -> Case:
    return Case("EC2", wrong, request, code, given=given, path=path, **more)


def ssm(wrong: str, request: Step, code: str, given: tuple[Step, ...] = (), path: str = "") -> Case:
    return Case("Systems Manager", wrong, request, code, given=given, path=path)


CASES: tuple[Case, ...] = (
    ec2(
        "interface in a subnet that does not exist",
        interface(subnetId="subnet-0123456789abcdef0"),
        "InvalidSubnetID.NotFound",
    ),
    ec2(
        "interface with a security group that does not exist",
        interface(securityGroups=["sg-0123456789abcdef0"]),
        "InvalidGroup.NotFound",
    ),
    ec2(
        "interface with a security group of another VPC",
        interface(securityGroups=["${stranger.id}"]),
        "InvalidParameter",
        (*PLACE, OTHER_VPC, OTHER_GROUP),
        "securityGroups",
    ),
    ec2(
        "interface with an address outside of its subnet",
        interface(privateIps=["10.0.7.5"]),
        "InvalidParameterValue",
        path="privateIps[0]",
    ),
    ec2(
        "interface with an address that AWS keeps",
        interface(privateIps=["10.0.0.2"]),
        "InvalidParameterValue",
        path="privateIps[0]",
    ),
    ec2(
        "interface with the broadcast address",
        interface(privateIps=["10.0.0.255"]),
        "InvalidParameterValue",
        path="privateIps[0]",
    ),
    ec2(
        "interface with something that is no address",
        interface(privateIps=["seed"]),
        "CheckFailure",
        path="privateIps[0]",
    ),
    ec2(
        "address that another interface has",
        interface(privateIps=["10.0.0.10"]),
        "InvalidIPAddress.InUse",
        (*PLACE, INTERFACE),
    ),
    ec2(
        "interface with an address that an instance has",
        interface(privateIps=["10.0.0.20"]),
        "InvalidIPAddress.InUse",
        (*PLACE, INSTANCE),
    ),
    ec2(
        "instance with an address that an interface has",
        Step(tokens.INSTANCE, "wrong", {**INSTANCE.inputs, "privateIp": "10.0.0.10"}),
        "InvalidIPAddress.InUse",
        (*PLACE, INTERFACE),
        "privateIp",
    ),
    ec2(
        "security group deleted while an interface has it",
        GROUP,
        "DependencyViolation",
        (
            *PLACE,
            GROUP,
            Step(tokens.NETWORK_INTERFACE, "own", {"subnetId": "${subnet.id}", "securityGroups": ["${group.id}"]}),
        ),
        operation="delete",
    ),
    ec2(
        "subnet deleted while an interface is in it",
        SUBNET,
        "DependencyViolation",
        (*PLACE, INTERFACE),
        operation="delete",
    ),
    ec2(
        "interface deleted while it is an instance's first",
        INTERFACE,
        "OperationNotPermitted",
        NODES,
        operation="delete",
    ),
    ec2("interface of two instances", node(), "InvalidNetworkInterface.InUse", NODES),
    ec2(
        "instance with an interface that does not exist",
        node(primaryNetworkInterface={"networkInterfaceId": "eni-0123456789abcdef0"}),
        "InvalidNetworkInterfaceID.NotFound",
    ),
    ec2(
        "instance with an interface and a subnet of its own",
        node(subnetId="${subnet.id}"),
        "CheckFailure",
        (*PLACE, INTERFACE),
        "subnetId",
    ),
    ec2(
        "user data of an instance that is too long",
        node(userData="#" * 20000),
        "InvalidParameterValue",
        (*PLACE, INTERFACE),
        "userData",
    ),
    ec2(
        "interface attached in another zone",
        attachment(networkInterfaceId="${far.id}"),
        "InvalidParameterCombination",
        (*PLACE, SECOND_SUBNET, INSTANCE, FAR_INTERFACE),
    ),
    ec2(
        "second interface at the first index",
        attachment(deviceIndex=0),
        "InvalidParameterValue",
        (*PLACE, INSTANCE, INTERFACE),
        "deviceIndex",
    ),
    ec2("interface attached that an instance has", attachment(), "InvalidNetworkInterface.InUse", (*NODES, INSTANCE)),
    ssm("association of a document that does not exist", association(name="mine"), "InvalidDocument", path="name"),
    ssm("script without commands", association(parameters={}), "InvalidParameters", path="parameters.commands"),
    ssm(
        "parameter that a document lacks",
        association(parameters={"commands": "true", "user": "root"}),
        "InvalidParameters",
        path="parameters.user",
    ),
    ssm(
        "association on an instance that does not exist",
        association(targets=instances("i-0123456789abcdef0")),
        "InvalidInstanceId",
        path="targets[0].values[0]",
    ),
    ssm(
        "schedule of an association in another form",
        association(scheduleExpression="daily"),
        "InvalidSchedule",
        path="scheduleExpression",
    ),
    ssm(
        "name of an association with a space",
        association(associationName="keyspaces of apim"),
        "ValidationException",
        path="associationName",
    ),
    ssm(
        "success awaited of an instance without a role",
        association(targets=instances("${instance.id}"), waitForSuccessTimeoutSeconds=600),
        "Pending",
        (*PLACE, INSTANCE),
    ),
    ssm(
        "success awaited of an instance without a way to the service",
        association(targets=instances("${profiled.id}"), waitForSuccessTimeoutSeconds=600),
        "Pending",
        (
            *PLACE,
            ROLE,
            PROFILE,
            INTERFACE,
            Step(tokens.INSTANCE, "profiled", {**NODE.inputs, "iamInstanceProfile": "${profile.name}"}),
        ),
    ),
)
