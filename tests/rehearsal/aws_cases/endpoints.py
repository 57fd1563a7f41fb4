"""VPC endpoints."""

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import (
    OTHER_GROUP,
    OTHER_SUBNET,
    OTHER_VPC,
    SECOND_SUBNET,
    SUBNET,
    VPC,
)


def _endpoint(**inputs: object) -> Step:
    return Step(tokens.VPC_ENDPOINT, "wrong", {"vpcId": "${vpc.id}", **inputs})


ENDPOINT = Step(
    tokens.VPC_ENDPOINT,
    "endpoint",
    {
        "vpcId": "${vpc.id}",
        "serviceName": "com.amazonaws.eu-central-1.ecr.api",
        "vpcEndpointType": "Interface",
        "subnetIds": ["${subnet.id}"],
        "privateDnsEnabled": True,
    },
)


INTERFACE = {"serviceName": "com.amazonaws.eu-central-1.sts", "vpcEndpointType": "Interface"}


CASES: tuple[Case, ...] = (
    Case(
        "EC2",
        "endpoint in a VPC that does not exist",
        _endpoint(vpcId="vpc-0123456789abcdef0", serviceName="com.amazonaws.eu-central-1.s3"),
        "InvalidVpcId.NotFound",
        given=(VPC,),
        path="vpcId",
    ),
    Case(
        "EC2",
        "endpoint of a service that does not exist",
        _endpoint(serviceName="com.amazonaws.eu-central-1.s4"),
        "InvalidServiceName",
        given=(VPC,),
        path="serviceName",
    ),
    Case(
        "EC2",
        "endpoint of a service in another region",
        _endpoint(serviceName="com.amazonaws.us-east-1.s3"),
        "InvalidServiceName",
        given=(VPC,),
        path="serviceName",
    ),
    Case(
        "EC2",
        "gateway endpoint of a service that has none",
        _endpoint(serviceName="com.amazonaws.eu-central-1.ecr.api"),
        "InvalidParameter",
        given=(VPC,),
    ),
    Case(
        "EC2",
        "private DNS in a VPC without DNS hostnames",
        _endpoint(vpcId="${other.id}", privateDnsEnabled=True, **INTERFACE),
        "InvalidParameter",
        given=(VPC, OTHER_VPC),
        path="privateDnsEnabled",
    ),
    Case(
        "EC2",
        "second endpoint with private DNS of one service",
        _endpoint(
            serviceName="com.amazonaws.eu-central-1.ecr.api", vpcEndpointType="Interface", privateDnsEnabled=True
        ),
        "InvalidParameter",
        given=(VPC, SUBNET, ENDPOINT),
        path="privateDnsEnabled",
    ),
    Case(
        "EC2",
        "endpoint in two subnets of one zone",
        _endpoint(subnetIds=["${subnet.id}", "${twin.id}"], **INTERFACE),
        "DuplicateSubnetsInSameZone",
        given=(
            VPC,
            SUBNET,
            Step(
                tokens.SUBNET,
                "twin",
                {"vpcId": "${vpc.id}", "cidrBlock": "10.0.9.0/24", "availabilityZone": "eu-central-1a"},
            ),
        ),
    ),
    Case(
        "EC2",
        "endpoint in a subnet of another VPC",
        _endpoint(subnetIds=["${elsewhere.id}"], **INTERFACE),
        "InvalidSubnetId.NotFound",
        given=(VPC, OTHER_VPC, OTHER_SUBNET),
    ),
    Case(
        "EC2",
        "endpoint with a security group of another VPC",
        _endpoint(subnetIds=["${second.id}"], securityGroupIds=["${stranger.id}"], **INTERFACE),
        "InvalidParameter",
        given=(VPC, SECOND_SUBNET, OTHER_VPC, OTHER_GROUP),
    ),
    Case(
        "EC2",
        "gateway endpoint with subnets",
        _endpoint(serviceName="com.amazonaws.eu-central-1.s3", subnetIds=["${subnet.id}"]),
        "InvalidParameter",
        given=(VPC, SUBNET),
    ),
    Case(
        "EC2",
        "endpoint policy that is no JSON",
        _endpoint(serviceName="com.amazonaws.eu-central-1.s3", policy="allow all"),
        "InvalidPolicyDocument",
        given=(VPC,),
    ),
    Case(
        "EC2",
        "endpoint type that does not exist",
        _endpoint(serviceName="com.amazonaws.eu-central-1.s3", vpcEndpointType="Bridge"),
        "InvalidParameterValue",
        given=(VPC,),
        path="vpcEndpointType",
    ),
)
