"""Launch templates, instances and volumes."""

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import GROUP, INSTANCE, OTHER_GROUP, OTHER_VPC, SUBNET, VOLUME, VPC, Aws


def _template(**inputs: object) -> Step:
    return Step(tokens.LAUNCH_TEMPLATE, "wrong", inputs)


def _instance(**inputs: object) -> Step:
    return Step(
        tokens.INSTANCE,
        "wrong",
        {"ami": "ami-0123456789abcdef0", "instanceType": "m7i.large", "subnetId": "${subnet.id}", **inputs},
    )


def _volume(**inputs: object) -> Step:
    return Step(tokens.VOLUME, "wrong", {"availabilityZone": "eu-central-1a", "size": 50, "type": "gp3", **inputs})


def _template_twice(aws: Aws) -> None:
    for _ in range(2):
        aws("ec2").create_launch_template(LaunchTemplateName="pool", LaunchTemplateData={"InstanceType": "m7i.large"})


ATTACHED = Step(
    tokens.VOLUME_ATTACHMENT,
    "attached",
    {"deviceName": "/dev/sdf", "instanceId": "${instance.id}", "volumeId": "${volume.id}"},
)
FAR_VOLUME = Step(tokens.VOLUME, "far", {"availabilityZone": "eu-central-1b", "size": 50, "type": "gp3"})
PROTECTED = Step(
    tokens.INSTANCE,
    "protected",
    {
        "ami": "ami-0123456789abcdef0",
        "instanceType": "m7i.large",
        "subnetId": "${subnet.id}",
        "disableApiTermination": True,
    },
)

CASES: tuple[Case, ...] = (
    Case(
        "EC2",
        "launch template with a name that is too short",
        _template(name="a"),
        "InvalidLaunchTemplateName.MalformedException",
        path="name",
    ),
    Case(
        "EC2",
        "second launch template of a name",
        _template(name="pool"),
        "InvalidLaunchTemplateName.AlreadyExistsException",
        given=(Step(tokens.LAUNCH_TEMPLATE, "pool", {"name": "pool"}),),
        moto=_template_twice,
    ),
    Case(
        "EC2",
        "metadata option that does not exist",
        _template(metadataOptions={"httpTokens": "yes"}),
        "InvalidParameterValue",
        path="metadataOptions.httpTokens",
    ),
    Case(
        "EC2",
        "metadata hop limit above 64",
        _template(metadataOptions={"httpPutResponseHopLimit": 65}),
        "InvalidParameterValue",
        path="metadataOptions.httpPutResponseHopLimit",
    ),
    Case("EC2", "image id of the wrong form", _template(imageId="al2023"), "InvalidAMIID.Malformed", path="imageId"),
    Case(
        "EC2",
        "user data that is not BASE64",
        _template(userData="#!/bin/sh"),
        "InvalidUserData.Malformed",
        path="userData",
    ),
    Case(
        "EC2",
        "disk type that does not exist",
        _template(blockDeviceMappings=[{"deviceName": "/dev/xvda", "ebs": {"volumeType": "gp4"}}]),
        "InvalidParameterValue",
    ),
    Case(
        "EC2",
        "device mapped twice",
        _template(blockDeviceMappings=[{"deviceName": "/dev/xvda"}, {"deviceName": "/dev/xvda"}]),
        "InvalidBlockDeviceMapping",
    ),
    Case(
        "EC2",
        "tag specification of a resource that does not exist",
        _template(tagSpecifications=[{"resourceType": "disk", "tags": {"a": "b"}}]),
        "InvalidParameterValue",
    ),
    Case(
        "EC2",
        "launch template with groups in two places",
        _template(vpcSecurityGroupIds=["${group.id}"], networkInterfaces=[{"deviceIndex": 0}]),
        "InvalidParameterCombination",
        given=(VPC, GROUP),
    ),
    Case(
        "EC2",
        "instance without an image",
        Step(tokens.INSTANCE, "wrong", {"instanceType": "m7i.large"}),
        "MissingParameter",
        path="ami",
    ),
    Case(
        "EC2",
        "instance type that does not exist",
        _instance(instanceType="m99.large"),
        "InvalidParameterValue",
        given=(VPC, SUBNET),
        path="instanceType",
    ),
    Case(
        "EC2",
        "instance in a subnet that does not exist",
        _instance(subnetId="subnet-0123456789abcdef0"),
        "InvalidSubnetID.NotFound",
        path="subnetId",
        moto=lambda aws: aws("ec2").run_instances(
            MinCount=1, MaxCount=1, SubnetId="subnet-0123456789abcdef0", ImageId="ami-0123456789abcdef0"
        ),
    ),
    Case(
        "EC2",
        "instance with a security group that does not exist",
        _instance(vpcSecurityGroupIds=["sg-0123456789abcdef0"]),
        "InvalidGroup.NotFound",
        given=(VPC, SUBNET),
    ),
    Case(
        "EC2",
        "instance with a security group of another VPC",
        _instance(vpcSecurityGroupIds=["${stranger.id}"]),
        "InvalidParameter",
        given=(VPC, SUBNET, OTHER_VPC, OTHER_GROUP),
    ),
    Case(
        "EC2",
        "instance with a key pair that does not exist",
        _instance(keyName="none"),
        "InvalidKeyPair.NotFound",
        given=(VPC, SUBNET),
        path="keyName",
    ),
    Case(
        "EC2",
        "instance with a profile that does not exist",
        _instance(iamInstanceProfile="none"),
        "InvalidParameterValue",
        given=(VPC, SUBNET),
        path="iamInstanceProfile",
    ),
    Case(
        "EC2",
        "instance from a launch template that does not exist",
        _instance(launchTemplate={"id": "lt-0123456789abcdef0"}),
        "InvalidLaunchTemplateId.NotFound",
        given=(VPC, SUBNET),
    ),
    Case(
        "EC2",
        "instance from a launch template that names a missing group",
        _instance(launchTemplate={"id": "${pool.id}"}),
        "InvalidGroup.NotFound",
        given=(
            VPC,
            SUBNET,
            Step(tokens.LAUNCH_TEMPLATE, "pool", {"name": "pool", "vpcSecurityGroupIds": ["sg-0123456789abcdef0"]}),
        ),
    ),
    Case(
        "EC2",
        "address outside of the instance's subnet",
        _instance(privateIp="10.0.7.5"),
        "InvalidParameterValue",
        given=(VPC, SUBNET),
        path="privateIp",
    ),
    Case(
        "EC2",
        "address that another instance has",
        _instance(privateIp="10.0.0.20"),
        "InvalidIPAddress.InUse",
        given=(VPC, SUBNET, INSTANCE),
    ),
    Case(
        "EC2",
        "instance in another zone than its subnet",
        _instance(availabilityZone="eu-central-1b"),
        "InvalidParameterValue",
        given=(VPC, SUBNET),
    ),
    Case(
        "EC2",
        "protected instance terminated",
        PROTECTED,
        "OperationNotPermitted",
        given=(VPC, SUBNET, PROTECTED),
        operation="delete",
    ),
    Case(
        "EC2",
        "placement group with a strategy that does not exist",
        Step(tokens.PLACEMENT_GROUP, "wrong", {"strategy": "apart"}),
        "InvalidParameterValue",
    ),
    Case(
        "EC2",
        "partitions in a spread placement group",
        Step(tokens.PLACEMENT_GROUP, "wrong", {"strategy": "spread", "partitionCount": 3}),
        "InvalidParameterCombination",
    ),
    Case(
        "EC2",
        "second key pair of a name",
        Step(tokens.KEY_PAIR, "wrong", {"keyName": "ops", "publicKey": "ssh-ed25519 AAAA"}),
        "InvalidKeyPair.Duplicate",
        given=(Step(tokens.KEY_PAIR, "ops", {"keyName": "ops", "publicKey": "ssh-ed25519 AAAA"}),),
        moto=lambda aws: [aws("ec2").create_key_pair(KeyName="ops") for _ in range(2)],
    ),
    Case(
        "EC2",
        "public key of the wrong form",
        Step(tokens.KEY_PAIR, "wrong", {"keyName": "ops", "publicKey": "secret"}),
        "InvalidKey.Format",
    ),
    Case(
        "EBS", "volume in a zone that does not exist", _volume(availabilityZone="eu-central-1z"), "InvalidZone.NotFound"
    ),
    Case(
        "EBS",
        "volume without size and snapshot",
        Step(tokens.VOLUME, "wrong", {"availabilityZone": "eu-central-1a"}),
        "MissingParameter",
    ),
    Case("EBS", "volume type that does not exist", _volume(type="ssd"), "InvalidParameterValue", path="type"),
    Case("EBS", "gp3 volume with too many IOPS", _volume(iops=90000, size=500), "InvalidParameterValue", path="iops"),
    Case(
        "EBS",
        "gp3 volume with more IOPS than its size allows",
        _volume(iops=30000, size=20),
        "InvalidParameterValue",
        path="iops",
    ),
    Case("EBS", "io2 volume without IOPS", _volume(type="io2"), "MissingParameter", path="iops"),
    Case(
        "EBS",
        "throughput for a type that has none",
        _volume(type="gp2", throughput=250),
        "InvalidParameterCombination",
        path="throughput",
    ),
    Case(
        "EBS",
        "volume with a key that does not exist",
        _volume(
            encrypted=True, kmsKeyId="arn:aws:kms:eu-central-1:111122223333:key/11111111-1111-4111-a111-111111111111"
        ),
        "InvalidKmsKeyId.NotFound",
    ),
    Case(
        "EBS",
        "volume that shrinks",
        Step(
            tokens.VOLUME, "volume", {"availabilityZone": "eu-central-1a", "size": 20, "type": "gp3", "encrypted": True}
        ),
        "InvalidParameterValue",
        given=(VOLUME,),
        operation="update",
        path="size",
    ),
    Case(
        "EBS",
        "volume attached in another zone",
        Step(
            tokens.VOLUME_ATTACHMENT,
            "wrong",
            {"deviceName": "/dev/sdf", "instanceId": "${instance.id}", "volumeId": "${far.id}"},
        ),
        "InvalidVolume.ZoneMismatch",
        given=(VPC, SUBNET, INSTANCE, FAR_VOLUME),
    ),
    Case(
        "EBS",
        "volume attached twice",
        Step(
            tokens.VOLUME_ATTACHMENT,
            "wrong",
            {"deviceName": "/dev/sdg", "instanceId": "${instance.id}", "volumeId": "${volume.id}"},
        ),
        "VolumeInUse",
        given=(VPC, SUBNET, INSTANCE, VOLUME, ATTACHED),
    ),
    Case(
        "EBS",
        "volume deleted while attached",
        VOLUME,
        "VolumeInUse",
        given=(VPC, SUBNET, INSTANCE, VOLUME, ATTACHED),
        operation="delete",
    ),
)
