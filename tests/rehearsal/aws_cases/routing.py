"""Route tables and routes."""

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import (
    ADDRESS,
    GATEWAY,
    NAT,
    OTHER_SUBNET,
    OTHER_VPC,
    SUBNET,
    TABLE,
    VPC,
    Aws,
    make_subnet,
    make_table,
    make_vpc,
)


def _route(**inputs: object) -> Step:
    return Step(tokens.ROUTE, "wrong", {"routeTableId": "${table.id}", **inputs})


def _delete_used_table(aws: Aws) -> None:
    vpc = make_vpc(aws)
    table = make_table(aws, vpc)
    aws("ec2").associate_route_table(RouteTableId=table, SubnetId=make_subnet(aws, vpc))
    aws("ec2").delete_route_table(RouteTableId=table)


ASSOCIATION = Step(
    tokens.ROUTE_TABLE_ASSOCIATION, "association", {"subnetId": "${subnet.id}", "routeTableId": "${table.id}"}
)


DEFAULT_ROUTE = Step(
    tokens.ROUTE,
    "default",
    {"routeTableId": "${table.id}", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "${gateway.id}"},
)


CASES: tuple[Case, ...] = (
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
)
