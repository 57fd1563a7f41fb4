"""What several cases start from, for the twin (`Step`) and for moto (functions of a client factory)."""

import json
from collections.abc import Callable
from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Step

Aws = Callable[[str], Any]
"""From service name to boto3 client."""

VPC = Step(tokens.VPC, "vpc", {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True})
OTHER_VPC = Step(tokens.VPC, "other", {"cidrBlock": "10.1.0.0/16"})
SUBNET = Step(
    tokens.SUBNET, "subnet", {"vpcId": "${vpc.id}", "cidrBlock": "10.0.0.0/24", "availabilityZone": "eu-central-1a"}
)
SECOND_SUBNET = Step(
    tokens.SUBNET, "second", {"vpcId": "${vpc.id}", "cidrBlock": "10.0.1.0/24", "availabilityZone": "eu-central-1b"}
)
OTHER_SUBNET = Step(
    tokens.SUBNET,
    "elsewhere",
    {"vpcId": "${other.id}", "cidrBlock": "10.1.0.0/24", "availabilityZone": "eu-central-1a"},
)
GATEWAY = Step(tokens.INTERNET_GATEWAY, "gateway", {"vpcId": "${vpc.id}"})
ADDRESS = Step(tokens.ELASTIC_IP, "address", {"domain": "vpc"})
NAT = Step(tokens.NAT_GATEWAY, "nat", {"subnetId": "${subnet.id}", "allocationId": "${address.id}"})
TABLE = Step(tokens.ROUTE_TABLE, "table", {"vpcId": "${vpc.id}"})
GROUP = Step(tokens.SECURITY_GROUP, "group", {"vpcId": "${vpc.id}", "name": "group", "description": "gateways"})
OTHER_GROUP = Step(tokens.SECURITY_GROUP, "stranger", {"vpcId": "${other.id}", "name": "stranger"})
KEY = Step(tokens.KEY, "key", {"description": "of the tests"})
INSTANCE = Step(
    tokens.INSTANCE,
    "instance",
    {"ami": "ami-0123456789abcdef0", "instanceType": "m7i.large", "subnetId": "${subnet.id}", "privateIp": "10.0.0.20"},
)
VOLUME = Step(
    tokens.VOLUME, "volume", {"availabilityZone": "eu-central-1a", "size": 50, "type": "gp3", "encrypted": True}
)

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
READ = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
)
ROLE = Step(tokens.ROLE, "role", {"name": "role", "assumeRolePolicy": TRUST})
POLICY = Step(tokens.POLICY, "policy", {"name": "policy", "policy": READ})


def make_vpc(aws: Aws, cidr: str = "10.0.0.0/16") -> str:
    """Make a VPC in moto."""
    return aws("ec2").create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]


def make_subnet(aws: Aws, vpc: str, cidr: str = "10.0.0.0/24") -> str:
    """Make a subnet in moto."""
    return aws("ec2").create_subnet(VpcId=vpc, CidrBlock=cidr)["Subnet"]["SubnetId"]


def make_group(aws: Aws, vpc: str) -> str:
    """Make a security group in moto."""
    return aws("ec2").create_security_group(VpcId=vpc, GroupName="group", Description="gateways")["GroupId"]


def make_table(aws: Aws, vpc: str) -> str:
    """Make a route table in moto."""
    return aws("ec2").create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]


def make_role(aws: Aws) -> None:
    """Make a role in moto."""
    aws("iam").create_role(RoleName="role", AssumeRolePolicyDocument=TRUST)
