"""The network on AWS: routes, egress, endpoints, flow logs, and what a change moves."""

from typing import Any

import pulumi
import pytest
from components_aws_samples import (
    TAGS,
    ZONES,
    Stack,
    added,
    bare_network,
    changes,
    data_group,
    keys,
    kinds,
    network,
    run,
    subnets,
    vpc_endpoints,
)

from components.aws.vpc_endpoints import VpcEndpoints

SUBNET = "aws:ec2/subnet:Subnet"
ROUTE = "aws:ec2/route:Route"
TABLE = "aws:ec2/routeTable:RouteTable"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
NAT = "aws:ec2/natGateway:NatGateway"
EIP = "aws:ec2/eip:Eip"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
FLOW_LOG_PARTS = {
    "aws:ec2/flowLog:FlowLog": 1,
    "aws:cloudwatch/logGroup:LogGroup": 1,
    "aws:iam/role:Role": 1,
    "aws:iam/rolePolicy:RolePolicy": 1,
}


def test_three_zones_have_three_subnets_each_with_one_association() -> None:
    counts = kinds(run(network))
    assert counts[SUBNET] == 9
    assert counts[ASSOCIATION] == 9
    assert counts[TABLE] == 5  # public, three private, data


def test_subnets_of_load_balancers_carry_the_controllers_tags() -> None:
    recording = run(network)
    by_kind = {resource.name.split("-")[1]: resource.inputs["tags"] for resource in recording.of_type(SUBNET)}
    assert by_kind["public"]["kubernetes.io/role/elb"] == "1"
    assert by_kind["private"]["kubernetes.io/role/internal-elb"] == "1"
    assert not any(key.startswith("kubernetes.io") for key in by_kind["data"])


def test_data_subnets_have_no_way_out_of_the_network() -> None:
    recording = run(lambda: network(nat="per-zone"))
    data_table = next(table for table in recording.of_type(TABLE) if table.name == "net-routes-data")
    assert [route.name for route in recording.of_type(ROUTE) if route.inputs["routeTableId"] == data_table.id] == []
    associated = [a for a in recording.of_type(ASSOCIATION) if a.inputs["routeTableId"] == data_table.id]
    assert len(associated) == 3


@pytest.mark.parametrize(("mode", "gateways", "routes"), [("none", 0, 0), ("single", 1, 3), ("per-zone", 3, 3)])
def test_egress_modes(mode: str, gateways: int, routes: int) -> None:
    recording = run(lambda: network(nat=mode))
    assert kinds(recording)[NAT] == kinds(recording)[EIP] == gateways
    private = [route for route in recording.of_type(ROUTE) if route.name.endswith("-nat")]
    assert len(private) == routes
    assert len({route.inputs["natGatewayId"] for route in private}) == gateways


def test_a_nat_gateway_waits_for_the_internet_gateway() -> None:
    recording = run(network)
    internet = recording.of_type("aws:ec2/internetGateway:InternetGateway")[0]
    assert internet.urn in recording.of_type(NAT)[0].dependencies


def test_going_from_one_gateway_to_one_per_zone_replaces_nothing() -> None:
    stack = Stack()
    one = stack.run(lambda: network(nat="single"))
    each = stack.run(lambda: network(nat="per-zone"))
    assert added(one, each) == {NAT: 2, EIP: 2}
    touched = changes(each)
    assert set(touched.values()) == {"create", "update"}
    assert {name for name, operation in touched.items() if operation == "update"} == {
        "net-private-eu-west-1b-nat",
        "net-private-eu-west-1c-nat",
    }


def test_another_zone_moves_nothing() -> None:
    stack = Stack()
    two = stack.run(lambda: network(2, nat="per-zone"))
    three = stack.run(lambda: network(3, nat="per-zone"))
    assert added(two, three) == {SUBNET: 3, ASSOCIATION: 3, TABLE: 1, ROUTE: 1, NAT: 1, EIP: 1}
    assert {name for name, operation in changes(three).items() if operation != "create"} == {"net-endpoints-s3"}


def test_a_network_without_public_subnets_has_no_internet_gateway() -> None:
    with_public, without = run(network), run(lambda: network(public_subnets=[]))
    assert added(with_public, without) == {
        "aws:ec2/internetGateway:InternetGateway": -1,
        SUBNET: -3,
        ASSOCIATION: -3,
        TABLE: -1,
        ROUTE: -4,
        NAT: -1,
        EIP: -1,
    }


def test_flow_logs_can_be_switched_off() -> None:
    assert added(run(lambda: network(flow_logs=False)), run(network)) == FLOW_LOG_PARTS


def test_flow_logs_are_kept_and_encrypted_as_told() -> None:
    def program() -> None:
        network(flow_log_retention_days=90, key_arn=keys().logs_key_arn)

    recording = run(program)
    group = recording.of_type("aws:cloudwatch/logGroup:LogGroup")[0]
    assert group.inputs["retentionInDays"] == 90
    assert group.inputs["kmsKeyId"] == recording.named("keys-logs").outputs["arn"]


def test_interface_endpoints_share_one_group_and_have_private_dns() -> None:
    plain = run(network)
    with_endpoints = run(lambda: network(interface_endpoints=["ecr.api", "sts"]))
    assert added(plain, with_endpoints) == {ENDPOINT: 2, GROUP: 1, INGRESS: 1}
    interfaces = [e for e in with_endpoints.of_type(ENDPOINT) if e.inputs["vpcEndpointType"] == "Interface"]
    assert {endpoint.inputs["serviceName"] for endpoint in interfaces} == {
        "com.amazonaws.eu-west-1.ecr.api",
        "com.amazonaws.eu-west-1.sts",
    }
    assert all(endpoint.inputs["privateDnsEnabled"] for endpoint in interfaces)
    assert all(len(endpoint.inputs["subnetIds"]) == 3 for endpoint in interfaces)


def test_endpoints_can_stand_behind_a_group_made_elsewhere() -> None:
    def program() -> None:
        net = bare_network()
        args: Any = {
            "region": "eu-west-1",
            "vpc_id": net.vpc_id,
            "vpc_cidr": net.cidr,
            "subnet_ids": net.private_subnet_ids,
            "interface_services": ["sts"],
            "security_group_ids": [data_group(net)],
            "tags": TAGS,
        }
        VpcEndpoints("apis", args)

    recording = run(program)
    assert added(run(vpc_endpoints), recording) == {INGRESS: -1}  # the group moved, its rule went
    (endpoint,) = recording.of_type(ENDPOINT)
    assert endpoint.inputs["securityGroupIds"] == [recording.named("stores").id]


def test_gateway_endpoints_are_in_every_private_and_data_route_table() -> None:
    endpoint = run(network).of_type(ENDPOINT)[0]
    assert len(endpoint.inputs["routeTableIds"]) == 4
    assert kinds(run(lambda: network(gateway_endpoints=[])))[ENDPOINT] == 0


def test_the_default_security_group_is_adopted_without_rules() -> None:
    group = run(network).of_type("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")[0]
    assert group.inputs.keys() & {"ingress", "egress"} == set()
    assert group.inputs["tags"].items() >= TAGS.items()


def test_endpoints_need_the_place_where_they_stand() -> None:
    with pytest.raises(pulumi.InputPropertiesError) as error:
        run(lambda: vpc_endpoints(subnet_ids=[], gateway_services=["s3"]))
    assert [problem["property_path"] for problem in error.value.errors or []] == ["subnet_ids", "route_table_ids"]


@pytest.mark.parametrize(
    ("options", "path", "words"),
    [
        ({"nat": "two"}, "nat", "one of none, single, per-zone"),
        ({"nat": "single", "public_subnets": []}, "nat", "give public_subnets"),
        ({"nat": "per-zone", "public_subnets": subnets("public", 2)}, "nat", "eu-west-1c"),
        ({"data_subnets": subnets("data", 1) * 2}, "data_subnets", "one subnet per zone"),
    ],
)
def test_wrong_arguments_are_refused_with_path_and_fix(options: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError, match=words) as error:
        run(lambda: network(**options))
    assert error.value.errors
    assert [problem["property_path"] for problem in error.value.errors] == [path]


def test_stores_of_a_second_deployment_stand_in_subnets_of_their_own_without_a_way_out() -> None:
    own = [{"zone": zone, "cidr": f"10.0.{200 + number}.0/24"} for number, zone in enumerate(ZONES)]
    before, after = run(network), run(lambda: network(private_data_subnets=own))
    assert added(before, after) == {
        "aws:ec2/subnet:Subnet": 3,
        "aws:ec2/routeTableAssociation:RouteTableAssociation": 3,
    }
    table = after.named("net-routes-data").id
    for zone in ZONES:
        assert after.named(f"net-private-data-{zone}-association").inputs["routeTableId"] == table
