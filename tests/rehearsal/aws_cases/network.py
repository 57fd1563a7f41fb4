"""VPCs, subnets and gateways."""

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import (
    ADDRESS,
    GATEWAY,
    GROUP,
    NAT,
    SUBNET,
    VPC,
    Aws,
    make_subnet,
    make_vpc,
)


def _vpc(**inputs: object) -> Step:
    return Step(tokens.VPC, "wrong", inputs)


def _subnet(**inputs: object) -> Step:
    return Step(tokens.SUBNET, "wrong", {"vpcId": "${vpc.id}", **inputs})


def _address_twice(aws: Aws) -> None:
    subnet = make_subnet(aws, make_vpc(aws))
    allocation = aws("ec2").allocate_address(Domain="vpc")["AllocationId"]
    for _ in range(2):
        aws("ec2").create_nat_gateway(SubnetId=subnet, AllocationId=allocation)


def _delete_full_vpc(aws: Aws) -> None:
    vpc = make_vpc(aws)
    make_subnet(aws, vpc)
    aws("ec2").delete_vpc(VpcId=vpc)


def _overlap(aws: Aws) -> None:
    vpc = make_vpc(aws)
    make_subnet(aws, vpc)
    make_subnet(aws, vpc, "10.0.0.0/25")


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


CASES: tuple[Case, ...] = (
    Case(
        "EC2",
        "VPC range that is no range",
        _vpc(cidrBlock="10.0.0.0.0/16"),
        "InvalidParameterValue",
        path="cidrBlock",
        moto=lambda aws: make_vpc(aws, "10.0.0.0.0/16"),
    ),
    Case(
        "EC2",
        "VPC range larger than /16",
        _vpc(cidrBlock="10.0.0.0/8"),
        "InvalidVpc.Range",
        path="cidrBlock",
        moto=lambda aws: make_vpc(aws, "10.0.0.0/8"),
    ),
    Case(
        "EC2",
        "VPC range smaller than /28",
        _vpc(cidrBlock="10.0.0.0/29"),
        "InvalidVpc.Range",
        path="cidrBlock",
        moto=lambda aws: make_vpc(aws, "10.0.0.0/29"),
    ),
    Case("EC2", "VPC range with host bits", _vpc(cidrBlock="10.0.3.0/16"), "CheckFailure", path="cidrBlock"),
    Case("EC2", "VPC without a range", _vpc(), "MissingParameter"),
    Case(
        "EC2",
        "VPC tenancy that does not exist",
        _vpc(cidrBlock="10.0.0.0/16", instanceTenancy="shared"),
        "InvalidParameterValue",
        path="instanceTenancy",
    ),
    Case(
        "EC2",
        "sixth VPC of a region",
        _vpc(cidrBlock="10.9.0.0/16"),
        "VpcLimitExceeded",
        given=tuple(Step(tokens.VPC, f"vpc{i}", {"cidrBlock": f"10.{i}.0.0/16"}) for i in range(5)),
    ),
    Case(
        "EC2",
        "VPC deleted with a subnet in it",
        VPC,
        "DependencyViolation",
        given=(VPC, SUBNET),
        operation="delete",
        moto=_delete_full_vpc,
    ),
    Case(
        "EC2",
        "VPC deleted with a gateway attached",
        VPC,
        "DependencyViolation",
        given=(VPC, GATEWAY),
        operation="delete",
    ),
    Case(
        "EC2",
        "VPC deleted with a security group in it",
        VPC,
        "DependencyViolation",
        given=(VPC, GROUP),
        operation="delete",
    ),
    Case(
        "EC2",
        "second range that overlaps the VPC's own",
        Step(tokens.VPC_RANGE, "wrong", {"vpcId": "${vpc.id}", "cidrBlock": "10.0.128.0/17"}),
        "InvalidVpc.Range",
        given=(VPC,),
    ),
    Case(
        "EC2",
        "second range of another private block",
        Step(tokens.VPC_RANGE, "wrong", {"vpcId": "${vpc.id}", "cidrBlock": "192.168.0.0/16"}),
        "InvalidVpc.Range",
        given=(VPC,),
    ),
    Case(
        "EC2",
        "sixth range of a VPC",
        Step(tokens.VPC_RANGE, "wrong", {"vpcId": "${vpc.id}", "cidrBlock": "100.69.0.0/16"}),
        "CidrLimitExceeded",
        given=(
            VPC,
            *(
                Step(tokens.VPC_RANGE, f"range{i}", {"vpcId": "${vpc.id}", "cidrBlock": f"100.{64 + i}.0.0/16"})
                for i in range(4)
            ),
        ),
    ),
    Case(
        "EC2",
        "subnet of a VPC that does not exist",
        _subnet(vpcId="vpc-0123456789abcdef0", cidrBlock="10.0.0.0/24"),
        "InvalidVpcID.NotFound",
        given=(VPC,),
        path="vpcId",
        moto=lambda aws: make_subnet(aws, "vpc-0123456789abcdef0"),
    ),
    Case(
        "EC2",
        "subnet of a VPC in another region",
        _subnet(vpcId="${far.id}", cidrBlock="10.0.0.0/24"),
        "InvalidVpcID.NotFound",
        given=(VPC, Step(tokens.VPC, "far", {"cidrBlock": "10.0.0.0/16", "region": "eu-west-1"})),
        path="vpcId",
    ),
    Case(
        "EC2",
        "subnet outside of its VPC's range",
        _subnet(cidrBlock="10.1.0.0/24"),
        "InvalidSubnet.Range",
        given=(VPC,),
        path="cidrBlock",
        moto=lambda aws: make_subnet(aws, make_vpc(aws), "10.1.0.0/24"),
    ),
    Case(
        "EC2",
        "subnet smaller than /28",
        _subnet(cidrBlock="10.0.0.0/30"),
        "InvalidSubnet.Range",
        given=(VPC,),
        path="cidrBlock",
    ),
    Case(
        "EC2",
        "subnet that overlaps another",
        _subnet(cidrBlock="10.0.0.0/25"),
        "InvalidSubnet.Conflict",
        given=(VPC, SUBNET),
        path="cidrBlock",
        moto=_overlap,
    ),
    Case(
        "EC2",
        "subnet range that is no range",
        _subnet(cidrBlock="10.0.0/24"),
        "InvalidParameterValue",
        given=(VPC,),
        path="cidrBlock",
        moto=lambda aws: make_subnet(aws, make_vpc(aws), "10.0.0/24"),
    ),
    Case(
        "EC2",
        "subnet range with host bits",
        _subnet(cidrBlock="10.0.0.7/24"),
        "CheckFailure",
        given=(VPC,),
        path="cidrBlock",
    ),
    Case("EC2", "subnet without a range", _subnet(), "MissingParameter", given=(VPC,)),
    Case(
        "EC2",
        "subnet in a zone of another region",
        _subnet(cidrBlock="10.0.0.0/24", availabilityZone="us-east-1a"),
        "InvalidParameterValue",
        given=(VPC,),
        path="availabilityZone",
    ),
    Case(
        "EC2",
        "subnet with zone and zone id",
        _subnet(cidrBlock="10.0.0.0/24", availabilityZone="eu-central-1a", availabilityZoneId="euc1-az1"),
        "CheckFailure",
        given=(VPC,),
    ),
    Case(
        "EC2",
        "subnet deleted with a NAT gateway in it",
        SUBNET,
        "DependencyViolation",
        given=(VPC, SUBNET, GATEWAY, ADDRESS, NAT),
        operation="delete",
    ),
    Case(
        "EC2",
        "subnet deleted with an interface endpoint in it",
        SUBNET,
        "DependencyViolation",
        given=(VPC, SUBNET, ENDPOINT),
        operation="delete",
    ),
    Case(
        "EC2",
        "second internet gateway of a VPC",
        Step(tokens.INTERNET_GATEWAY, "wrong", {"vpcId": "${vpc.id}"}),
        "InvalidParameterValue",
        given=(VPC, GATEWAY),
    ),
    Case(
        "EC2",
        "internet gateway deleted while addresses are mapped",
        GATEWAY,
        "DependencyViolation",
        given=(VPC, SUBNET, GATEWAY, ADDRESS, NAT),
        operation="delete",
    ),
    Case(
        "EC2",
        "sixth elastic address of a region",
        Step(tokens.ELASTIC_IP, "wrong", {"domain": "vpc"}),
        "AddressLimitExceeded",
        given=tuple(Step(tokens.ELASTIC_IP, f"address{i}", {"domain": "vpc"}) for i in range(5)),
    ),
    Case(
        "EC2",
        "elastic address released while a NAT gateway uses it",
        ADDRESS,
        "InvalidIPAddress.InUse",
        given=(VPC, SUBNET, GATEWAY, ADDRESS, NAT),
        operation="delete",
    ),
    Case(
        "EC2",
        "NAT gateway in a subnet that does not exist",
        Step(tokens.NAT_GATEWAY, "wrong", {"subnetId": "subnet-0123456789abcdef0", "allocationId": "${address.id}"}),
        "InvalidSubnetID.NotFound",
        given=(ADDRESS,),
        moto=lambda aws: aws("ec2").create_nat_gateway(SubnetId="subnet-0123456789abcdef0"),
    ),
    Case(
        "EC2",
        "NAT gateway with an address that does not exist",
        Step(tokens.NAT_GATEWAY, "wrong", {"subnetId": "${subnet.id}", "allocationId": "eipalloc-0123456789abcdef0"}),
        "InvalidAllocationID.NotFound",
        given=(VPC, SUBNET, GATEWAY),
    ),
    Case(
        "EC2",
        "NAT gateway with an address in use",
        Step(tokens.NAT_GATEWAY, "wrong", {"subnetId": "${subnet.id}", "allocationId": "${address.id}"}),
        "Resource.AlreadyAssociated",
        given=(VPC, SUBNET, GATEWAY, ADDRESS, NAT),
        moto=_address_twice,
    ),
    Case(
        "EC2",
        "public NAT gateway without an address",
        Step(tokens.NAT_GATEWAY, "wrong", {"subnetId": "${subnet.id}"}),
        "MissingParameter",
        given=(VPC, SUBNET, GATEWAY),
    ),
    Case(
        "EC2",
        "private NAT gateway with an address",
        Step(
            tokens.NAT_GATEWAY,
            "wrong",
            {"subnetId": "${subnet.id}", "allocationId": "${address.id}", "connectivityType": "private"},
        ),
        "InvalidParameter",
        given=(VPC, SUBNET, ADDRESS),
    ),
    Case(
        "EC2",
        "public NAT gateway in a VPC without internet gateway",
        NAT,
        "Gateway.NotAttached",
        given=(VPC, SUBNET, ADDRESS),
    ),
    Case(
        "EC2",
        "peering of a VPC with itself",
        Step(tokens.PEERING, "wrong", {"vpcId": "${vpc.id}", "peerVpcId": "${vpc.id}"}),
        "InvalidParameterValue",
        given=(VPC,),
    ),
)
