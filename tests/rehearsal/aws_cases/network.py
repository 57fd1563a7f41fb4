"""VPC, subnets, gateways, routes and endpoints."""

from aws_cases.case import Case, Step
from aws_cases.given import (
    ADDRESS,
    GATEWAY,
    GROUP,
    NAT,
    OTHER_GROUP,
    OTHER_SUBNET,
    OTHER_VPC,
    SECOND_SUBNET,
    SUBNET,
    TABLE,
    VPC,
    Aws,
    make_subnet,
    make_table,
    make_vpc,
)

from apim_infra.rehearsal.twins.aws import tokens


def _vpc(**inputs: object) -> Step:
    return Step(tokens.VPC, "wrong", inputs)


def _subnet(**inputs: object) -> Step:
    return Step(tokens.SUBNET, "wrong", {"vpcId": "${vpc.id}", **inputs})


def _route(**inputs: object) -> Step:
    return Step(tokens.ROUTE, "wrong", {"routeTableId": "${table.id}", **inputs})


def _endpoint(**inputs: object) -> Step:
    return Step(tokens.VPC_ENDPOINT, "wrong", {"vpcId": "${vpc.id}", **inputs})


def _address_twice(aws: Aws) -> None:
    subnet = make_subnet(aws, make_vpc(aws))
    allocation = aws("ec2").allocate_address(Domain="vpc")["AllocationId"]
    for _ in range(2):
        aws("ec2").create_nat_gateway(SubnetId=subnet, AllocationId=allocation)


def _delete_used_table(aws: Aws) -> None:
    vpc = make_vpc(aws)
    table = make_table(aws, vpc)
    aws("ec2").associate_route_table(RouteTableId=table, SubnetId=make_subnet(aws, vpc))
    aws("ec2").delete_route_table(RouteTableId=table)


def _delete_full_vpc(aws: Aws) -> None:
    vpc = make_vpc(aws)
    make_subnet(aws, vpc)
    aws("ec2").delete_vpc(VpcId=vpc)


def _overlap(aws: Aws) -> None:
    vpc = make_vpc(aws)
    make_subnet(aws, vpc)
    make_subnet(aws, vpc, "10.0.0.0/25")


ASSOCIATION = Step(
    tokens.ROUTE_TABLE_ASSOCIATION, "association", {"subnetId": "${subnet.id}", "routeTableId": "${table.id}"}
)
DEFAULT_ROUTE = Step(
    tokens.ROUTE,
    "default",
    {"routeTableId": "${table.id}", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "${gateway.id}"},
)
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
        moto=lambda aws: make_subnet(aws, make_vpc(aws), "10.0.0.0/30"),
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
        moto=lambda aws: aws("ec2").create_subnet(
            VpcId=make_vpc(aws), CidrBlock="10.0.0.0/24", AvailabilityZone="us-east-1a"
        ),
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
        "route table of a VPC that does not exist",
        Step(tokens.ROUTE_TABLE, "wrong", {"vpcId": "vpc-0123456789abcdef0"}),
        "InvalidVpcID.NotFound",
        moto=lambda aws: make_table(aws, "vpc-0123456789abcdef0"),
    ),
    Case(
        "EC2",
        "route to a gateway that does not exist",
        _route(destinationCidrBlock="0.0.0.0/0", gatewayId="igw-0123456789abcdef0"),
        "InvalidInternetGatewayID.NotFound",
        given=(VPC, TABLE),
        path="gatewayId",
        moto=lambda aws: aws("ec2").create_route(
            RouteTableId=make_table(aws, make_vpc(aws)),
            DestinationCidrBlock="0.0.0.0/0",
            GatewayId="igw-0123456789abcdef0",
        ),
    ),
    Case(
        "EC2",
        "route to a NAT gateway that does not exist",
        _route(destinationCidrBlock="0.0.0.0/0", natGatewayId="nat-0123456789abcdef0"),
        "InvalidNatGatewayID.NotFound",
        given=(VPC, TABLE),
        path="natGatewayId",
    ),
    Case(
        "EC2",
        "route to an endpoint that does not exist",
        _route(destinationCidrBlock="10.9.0.0/16", vpcEndpointId="vpce-0123456789abcdef0"),
        "InvalidVpcEndpointId.NotFound",
        given=(VPC, TABLE),
        path="vpcEndpointId",
        moto=lambda aws: aws("ec2").create_route(
            RouteTableId=make_table(aws, make_vpc(aws)),
            DestinationCidrBlock="10.9.0.0/16",
            VpcEndpointId="vpce-0123456789abcdef0",
        ),
    ),
    Case("EC2", "route without a target", _route(destinationCidrBlock="0.0.0.0/0"), "CheckFailure", given=(VPC, TABLE)),
    Case(
        "EC2",
        "route with two targets",
        _route(destinationCidrBlock="0.0.0.0/0", gatewayId="${gateway.id}", natGatewayId="${nat.id}"),
        "CheckFailure",
        given=(VPC, SUBNET, GATEWAY, ADDRESS, NAT, TABLE),
    ),
    Case(
        "EC2",
        "route without a destination",
        _route(gatewayId="${gateway.id}"),
        "CheckFailure",
        given=(VPC, GATEWAY, TABLE),
    ),
    Case(
        "EC2",
        "second route to one destination",
        _route(destinationCidrBlock="0.0.0.0/0", gatewayId="${gateway.id}"),
        "RouteAlreadyExists",
        given=(VPC, GATEWAY, TABLE, DEFAULT_ROUTE),
    ),
    Case(
        "EC2",
        "route to the VPC's own range",
        _route(destinationCidrBlock="10.0.0.0/16", gatewayId="${gateway.id}"),
        "RouteAlreadyExists",
        given=(VPC, GATEWAY, TABLE),
    ),
    Case(
        "EC2",
        "route to a gateway of another VPC",
        _route(destinationCidrBlock="0.0.0.0/0", gatewayId="${foreign.id}"),
        "InvalidParameterValue",
        given=(VPC, OTHER_VPC, TABLE, Step(tokens.INTERNET_GATEWAY, "foreign", {"vpcId": "${other.id}"})),
    ),
    Case(
        "EC2",
        "route with a destination that is no range",
        _route(destinationCidrBlock="everywhere", gatewayId="${gateway.id}"),
        "InvalidParameterValue",
        given=(VPC, GATEWAY, TABLE),
    ),
    Case(
        "EC2",
        "route table deleted while a subnet uses it",
        TABLE,
        "DependencyViolation",
        given=(VPC, SUBNET, TABLE, ASSOCIATION),
        operation="delete",
        moto=_delete_used_table,
    ),
    Case(
        "EC2",
        "second route table of a subnet",
        Step(tokens.ROUTE_TABLE_ASSOCIATION, "wrong", {"subnetId": "${subnet.id}", "routeTableId": "${another.id}"}),
        "Resource.AlreadyAssociated",
        given=(VPC, SUBNET, TABLE, ASSOCIATION, Step(tokens.ROUTE_TABLE, "another", {"vpcId": "${vpc.id}"})),
    ),
    Case(
        "EC2",
        "route table of another VPC",
        Step(tokens.ROUTE_TABLE_ASSOCIATION, "wrong", {"subnetId": "${elsewhere.id}", "routeTableId": "${table.id}"}),
        "InvalidParameterValue",
        given=(VPC, OTHER_VPC, OTHER_SUBNET, TABLE),
    ),
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
    Case(
        "EC2",
        "peering of a VPC with itself",
        Step(tokens.PEERING, "wrong", {"vpcId": "${vpc.id}", "peerVpcId": "${vpc.id}"}),
        "InvalidParameterValue",
        given=(VPC,),
    ),
)
