"""Flows of pods with their namespaces, labels and ranges."""

import re
from typing import Any

import pytest

from apim_infra.planning.addresses import plan_addresses
from apim_infra.planning.flows import Role, flows
from apim_infra.planning.placement import namespaces
from apim_infra.planning.pod_flows import PRIVATE_RANGES, PodFlow, namespace_of, pod_flows, ranges
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings


def stack(**values: Any) -> StackSettings:
    given = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "prd", **values}
    return load_settings(given).settings


IN_CLUSTER = {
    "tier": "dev",
    "stores": {name: {"mode": "in-cluster"} for name in ("mariadb", "postgresql", "gateway_postgresql", "redis")},
}
VARIANTS: tuple[dict[str, Any], ...] = ({}, IN_CLUSTER, {"network": {"nat": "none", "interface_endpoints": ["sts"]}})


def named(settings: StackSettings, name: str) -> PodFlow:
    return next(flow for flow in pod_flows(settings) if flow.name == name)


@pytest.mark.parametrize("values", VARIANTS)
def test_each_end_is_a_namespace_or_ranges(values: dict[str, Any]) -> None:
    asked = stack(**values)
    made = {namespace.name for namespace in namespaces(asked)}
    for flow in pod_flows(asked):
        assert flow.ports
        assert flow.source.namespace or flow.destination.namespace
        for end in (flow.source, flow.destination):
            assert (end.namespace is None) == bool(end.ranges)
            assert end.namespace is None or end.namespace in made


@pytest.mark.parametrize("values", VARIANTS)
def test_names_are_unique_and_fit_for_kubernetes(values: dict[str, Any]) -> None:
    names = [flow.name for flow in pod_flows(stack(**values))]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z0-9-]{1,50}", name) for name in names)


@pytest.mark.parametrize("values", VARIANTS)
def test_nothing_is_lost_and_nothing_is_added(values: dict[str, Any]) -> None:
    asked = stack(**values)
    expected = {
        (flow.source, flow.destination, flow.protocol, flow.port_from)
        for flow in flows(asked)
        if (namespace_of(asked, flow.source) or namespace_of(asked, flow.destination))
        and not (flow.destination is Role.DNS and flow.port_from == 53)
    }
    found = {
        (flow.source.role, flow.destination.role, port.protocol, port.port_from)
        for flow in pod_flows(asked)
        for port in flow.ports
    }
    assert found == expected


def test_stores_are_the_data_subnets() -> None:
    asked = stack()
    flow = named(asked, "control-plane-to-mariadb")
    assert (flow.source.namespace, flow.source.labels) == ("apim", ())
    assert flow.destination.ranges == tuple(str(subnet) for subnet in plan_addresses(asked).data)


def test_load_balancers_are_the_subnets_that_they_live_in() -> None:
    asked, plan = stack(), plan_addresses(stack())
    public = named(asked, "public-load-balancer-to-ingress-controller").source.ranges
    internal = named(asked, "internal-load-balancer-to-ingress-controller").source.ranges
    assert public == tuple(str(subnet) for subnet in plan.public)
    assert internal == tuple(str(subnet) for subnet in plan.private)


def test_the_internet_is_not_the_network_itself() -> None:
    end = named(stack(), "gateway-to-internet").destination
    assert (end.ranges, end.except_ranges) == (("0.0.0.0/0",), PRIVATE_RANGES)


def test_the_kubernetes_api_is_reached_by_its_service_too() -> None:
    asked = stack()
    assert asked.network.service_cidr in ranges(asked, Role.CLUSTER)
    assert asked.network.service_cidr not in ranges(asked, Role.NODES)


def test_pods_that_share_a_namespace_are_told_apart_by_their_role() -> None:
    asked = stack(**IN_CLUSTER)
    flow = named(asked, "control-plane-to-mariadb")
    assert (flow.source.namespace, flow.source.labels) == ("apim", (("apim.io/role", "control-plane"),))
    assert (flow.destination.namespace, flow.destination.labels) == ("apim", (("apim.io/role", "mariadb"),))
    assert named(asked, "gateway-to-redis").destination.namespace == "user-namespace"


def test_an_existing_network_is_known_by_its_range_only() -> None:
    existing = {"id": "vpc-1", "private_subnet_ids": ["a", "b", "c"], "data_subnet_ids": ["d", "e", "f"]}
    existing["public_subnet_ids"] = ["g", "h", "i"]
    asked = stack(network={"cidr": "10.7.0.0/16", "existing": existing})
    assert ranges(asked, Role.MARIADB) == ("10.7.0.0/16",)
    assert ranges(asked, Role.PUBLIC_LOAD_BALANCER) == ("10.7.0.0/16",)
