"""The network of production and who may talk to whom in it, on the graph that its program records."""

from collections import Counter
from ipaddress import ip_network
from typing import Any

import pytest
from program_support import environment_of, objects, of_type, one, production

from apim_infra.planning.flows import network_flows, network_ranges, network_roles
from apim_infra.planning.pod_flows import PodFlow, pod_flows
from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.settings.stack import StackSettings

RULES = (
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
)


@pytest.fixture(scope="module")
def graph() -> Graph:
    return production().graph


@pytest.fixture(scope="module")
def settings() -> StackSettings:
    return environment_of("prd").settings


def test_every_zone_has_its_own_way_out(graph: Graph) -> None:
    subnets = {subnet.id: subnet for subnet in of_type(graph, "aws:ec2/subnet:Subnet")}
    nats = {
        nat.id: subnets[nat.inputs["subnetId"]].inputs["availabilityZone"]
        for nat in of_type(graph, "aws:ec2/natGateway:NatGateway")
    }
    assert len(nats) == len(set(nats.values())) == 3
    tables = {
        association.inputs["subnetId"]: association.inputs["routeTableId"]
        for association in of_type(graph, "aws:ec2/routeTableAssociation:RouteTableAssociation")
    }
    assert set(tables) == set(subnets)
    ways = {
        route.inputs["routeTableId"]: route.inputs.get("natGatewayId")
        for route in of_type(graph, "aws:ec2/route:Route")
    }
    for id_, subnet in subnets.items():
        if "-private-" in subnet.name:
            assert nats[ways[tables[id_]]] == subnet.inputs["availabilityZone"]
        if "-data-" in subnet.name:
            assert tables[id_] not in ways  # stores have no way out at all
        assert subnet.inputs.get("mapPublicIpOnLaunch") is False


def test_the_network_is_recorded_and_its_default_group_is_closed(graph: Graph) -> None:
    vpc = one(graph, "aws:ec2/vpc:Vpc")
    flow_log = one(graph, "aws:ec2/flowLog:FlowLog").inputs
    assert (flow_log["trafficType"], flow_log["vpcId"]) == ("ALL", vpc.id)
    default = one(graph, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup").inputs
    assert default["vpcId"] == vpc.id
    assert (default.get("ingress"), default.get("egress")) == (None, None)


def test_security_groups_are_the_flow_matrix_nothing_missing_nothing_more(
    graph: Graph, settings: StackSettings
) -> None:
    roles = {
        group.id: group.name.removeprefix("apim-prd-security-")
        for group in of_type(graph, "aws:ec2/securityGroup:SecurityGroup")
    }
    assert sorted(roles.values()) == sorted(network_roles(settings))
    recorded = Counter(_recorded_rule(rule, roles) for rule in of_type(graph, *RULES))
    assert recorded == Counter(_planned_rules(settings))


def _recorded_rule(rule: Resource, roles: dict[str, str]) -> tuple[Any, ...]:
    inputs = rule.inputs
    ports = (inputs.get("fromPort"), inputs.get("toPort"))
    peer = inputs.get("cidrIpv4") or roles[inputs["referencedSecurityGroupId"]]
    direction = "in" if "Ingress" in rule.type else "out"
    return (direction, roles[inputs["securityGroupId"]], peer, inputs["ipProtocol"], *ports)


def _planned_rules(settings: StackSettings) -> list[tuple[Any, ...]]:
    """Write the matrix as EC2 has it: a rule at each end that has a group, one for each range at the other end."""
    roles, ranges = set(network_roles(settings)), network_ranges(settings)
    rules: list[tuple[Any, ...]] = []
    for flow in network_flows(settings):
        protocol = "-1" if flow.protocol == "all" else flow.protocol
        service = (protocol, flow.port_from, flow.port_to)
        ends = (("in", flow.destination, flow.source), ("out", flow.source, flow.destination))
        for direction, here, there in ends:
            if here in roles:
                peers = [str(there)] if there in roles else ranges[there]
                rules += [(direction, str(here), peer, *service) for peer in peers]
    return rules


def test_every_security_group_guards_something(graph: Graph) -> None:
    """A group that nothing carries would make the matrix true on paper only."""
    groups = {group.id: group.name for group in of_type(graph, "aws:ec2/securityGroup:SecurityGroup")}
    carried = {
        groups[id_]
        for resource in graph.custom()
        if "securityGroup" not in resource.type
        for id_ in groups
        if id_ in str(resource.inputs)
    }
    assert carried == set(groups.values())


def test_network_policies_are_the_pod_flows(graph: Graph, settings: StackSettings) -> None:
    found = {
        name: policy.inputs["spec"]
        for name, policy in objects(graph, "NetworkPolicy").items()
        if not name.endswith(("/default-deny", "/allow-dns"))
    }
    planned: dict[str, tuple[PodFlow, str]] = {}
    for flow in pod_flows(settings):
        if flow.destination.namespace is not None and flow.ends != "source":
            planned[f"{flow.destination.namespace}/{flow.name}-ingress"] = (flow, "Ingress")
        if flow.source.namespace is not None and flow.ends != "destination":
            planned[f"{flow.source.namespace}/{flow.name}-egress"] = (flow, "Egress")
    assert set(found) == set(planned)
    for name, (flow, direction) in planned.items():
        spec = found[name]
        here, there = (flow.destination, flow.source) if direction == "Ingress" else (flow.source, flow.destination)
        assert spec["policyTypes"] == [direction]
        assert spec["podSelector"].get("matchLabels", {}) == dict(here.labels)
        (rule,) = spec[direction.lower()]
        assert [
            (port["protocol"].lower(), port["port"], port.get("endPort", port["port"])) for port in rule["ports"]
        ] == [(port.protocol, port.port_from, port.port_to) for port in flow.ports]
        peers = rule["from" if direction == "Ingress" else "to"]
        if there.namespace is None:
            assert [peer["ipBlock"]["cidr"] for peer in peers] == list(there.ranges)
        else:
            (peer,) = peers
            assert peer["namespaceSelector"] == {"matchLabels": {"kubernetes.io/metadata.name": there.namespace}}
            assert (peer.get("podSelector") or {}).get("matchLabels", {}) == dict(there.labels)


def test_private_addresses_are_no_internet(graph: Graph) -> None:
    policies = [policy.inputs["spec"] for policy in objects(graph, "NetworkPolicy").values()]
    blocks = [
        peer["ipBlock"]
        for spec in policies
        for rule in spec.get("egress", [])
        for peer in rule.get("to", [])
        if peer.get("ipBlock", {}).get("cidr") == "0.0.0.0/0"
    ]
    assert blocks
    for block in blocks:
        assert any(ip_network("10.64.0.0/16").subnet_of(ip_network(part)) for part in block["except"])
