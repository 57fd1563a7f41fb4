"""The matrix of allowed flows, and what is derived from it."""

import re
from typing import Any

import pytest

from apim_infra.planning.flows import (
    LONGEST_REASON,
    POD_ROLES,
    RANGE_ROLES,
    STORE_ROLES,
    Flow,
    Role,
    flows,
    ingress_port,
    is_pod_role,
    network_flows,
    network_ranges,
    network_roles,
)
from apim_infra.products import profile as products
from apim_infra.products.profile import Availability, ProductUnavailableError, catalogue
from apim_infra.settings.environment import Product
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode

EC2_DESCRIPTION = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}")


def stack(**values: Any) -> StackSettings:
    given = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "prd", **values}
    return load_settings(given).settings


VARIANTS: dict[str, dict[str, Any]] = {
    "default": {},
    "no public load balancer": {
        "ingress": {"public": {"enabled": False}},
        "gateway_groups": [{"name": "default", "exposure": "private"}],
    },
    "no internal load balancer": {"ingress": {"internal": {"enabled": False}}},
    "no way out": {"network": {"nat": "none", "interface_endpoints": ["ecr.api"]}},
    "endpoints beside NAT": {"network": {"interface_endpoints": ["sts"]}},
    "quiet": {"observability": {"logs": {"enabled": False}, "metrics": {"enabled": False}}},
    "mail": {
        "observability": {
            "alerts": {"email": ["ops@example.com"], "smtp": {"host": "smtp.example.com", "sender": "apim@example.com"}}
        }
    },
    "stores in the cluster": {
        "tier": "dev",
        "stores": {name: {"mode": "in-cluster"} for name in ("mariadb", "postgresql", "gateway_postgresql", "redis")},
    },
    "no in-memory store": {"stores": {"redis": {"mode": "none"}}},
    "traefik": {"ingress": {"controller": "traefik"}},
}


@pytest.fixture(params=VARIANTS, scope="module")
def varied(request: pytest.FixtureRequest) -> StackSettings:
    return stack(**VARIANTS[request.param])


def between(found: tuple[Flow, ...], source: Role, destination: Role) -> list[int | None]:
    return [flow.port_from for flow in found if (flow.source, flow.destination) == (source, destination)]


def test_ports_are_there_unless_all_are_meant(varied: StackSettings) -> None:
    for flow in flows(varied):
        if flow.protocol == "all":
            assert (flow.port_from, flow.port_to) == (None, None)
        else:
            assert flow.port_from is not None
            assert flow.port_to is not None
            assert 1 <= flow.port_from <= flow.port_to <= 65535


def test_no_flow_is_there_twice(varied: StackSettings) -> None:
    for found in (flows(varied), network_flows(varied)):
        keys = [(flow.source, flow.destination, flow.protocol, flow.port_from, flow.port_to) for flow in found]
        assert len(keys) == len(set(keys))


def test_network_flows_are_between_places_only(varied: StackSettings) -> None:
    ends = {role for flow in network_flows(varied) for role in (flow.source, flow.destination)}
    assert not ends & {*POD_ROLES, Role.POD_IDENTITY}
    assert not any(is_pod_role(varied, role) for role in ends)
    assert set(network_roles(varied)) == ends - set(RANGE_ROLES)


def test_every_flow_of_pods_is_covered_by_a_flow_of_the_network(varied: StackSettings) -> None:
    network = network_flows(varied)
    for flow in flows(varied):
        if Role.POD_IDENTITY in (flow.source, flow.destination):
            continue
        source, destination = (
            Role.NODES if is_pod_role(varied, role) else role for role in (flow.source, flow.destination)
        )
        ports = between(network, source, destination)
        assert flow.port_from in ports or None in ports


def test_only_what_lives_on_nodes_reaches_the_stores(varied: StackSettings) -> None:
    """And, where passwords rotate, the functions that change them."""
    for flow in network_flows(varied):
        if flow.destination in STORE_ROLES:
            assert flow.source in (Role.NODES, Role.SECRET_ROTATION)
        assert flow.source not in STORE_ROLES


def test_what_is_outside_reaches_load_balancers_and_the_cluster_alone(varied: StackSettings) -> None:
    reached = {
        (flow.source, flow.destination, flow.port_from) for flow in network_flows(varied) if flow.source in RANGE_ROLES
    }
    assert reached <= {
        (Role.API_USERS, Role.PUBLIC_LOAD_BALANCER, 443),
        (Role.API_USERS, Role.PUBLIC_LOAD_BALANCER, 80),
        (Role.INTERNAL, Role.INTERNAL_LOAD_BALANCER, 443),
        (Role.INTERNAL, Role.INTERNAL_LOAD_BALANCER, 80),
        (Role.INTERNAL, Role.CLUSTER, 443),
    }


def test_reasons_are_fit_for_a_security_group_rule(varied: StackSettings) -> None:
    for flow in network_flows(varied):
        assert EC2_DESCRIPTION.fullmatch(flow.reason), flow.reason
        assert len(flow.reason) <= LONGEST_REASON


def test_the_default_network() -> None:
    found = network_flows(stack())
    assert between(found, Role.PUBLIC_LOAD_BALANCER, Role.NODES) == [10443, 10080]
    assert between(found, Role.INTERNAL_LOAD_BALANCER, Role.NODES) == [10443, 10080]
    assert between(found, Role.NODES, Role.MARIADB) == [3306]
    assert between(found, Role.NODES, Role.POSTGRESQL) == [5432]
    assert between(found, Role.NODES, Role.GATEWAY_POSTGRESQL) == [5432]
    assert between(found, Role.NODES, Role.REDIS) == [6379]
    assert between(found, Role.NODES, Role.CASSANDRA) == []
    assert between(found, Role.NODES, Role.NODES) == [None]
    assert between(found, Role.NODES, Role.CLUSTER) == [443]
    assert sorted(port or 0 for port in between(found, Role.CLUSTER, Role.NODES)) == [9443, 10250, 10251]
    assert between(found, Role.NODES, Role.ENDPOINTS) == []


def test_the_pods_of_the_platform() -> None:
    found = flows(stack())
    assert between(found, Role.INGRESS_CONTROLLER, Role.GATEWAY) == [8000]
    assert between(found, Role.INGRESS_CONTROLLER, Role.CONTROL_PLANE) == [8080]
    assert between(found, Role.CONTROL_PLANE, Role.GATEWAY) == [8444]
    assert between(found, Role.MONITORING, Role.GATEWAY) == [8100]
    assert between(found, Role.GATEWAY, Role.GATEWAY) == [8444]
    assert between(found, Role.MICROSERVICES, Role.GATEWAY_POSTGRESQL) == []
    assert between(found, Role.GATEWAY, Role.MARIADB) == []


def test_without_nat_the_way_out_is_the_endpoints() -> None:
    found = network_flows(stack(**VARIANTS["no way out"]))
    assert between(found, Role.NODES, Role.ENDPOINTS) == [443]
    outside = [flow for flow in found if flow.destination is Role.INTERNET]
    assert [(flow.port_from, flow.reason) for flow in outside] == [
        (443, "public addresses of the services behind gateway endpoints")
    ]
    closed = stack(network={"nat": "none", "gateway_endpoints": []})
    assert not [flow for flow in network_flows(closed) if flow.destination is Role.INTERNET]


def test_mail_leaves_only_where_alerts_go_by_mail() -> None:
    assert 587 not in between(network_flows(stack()), Role.NODES, Role.INTERNET)
    assert 587 in between(network_flows(stack(**VARIANTS["mail"])), Role.NODES, Role.INTERNET)


def test_load_balancers_that_are_not_built_have_no_flows() -> None:
    private = network_roles(stack(**VARIANTS["no public load balancer"]))
    assert Role.PUBLIC_LOAD_BALANCER not in private
    assert Role.INTERNAL_LOAD_BALANCER in private
    public = network_roles(stack(**VARIANTS["no internal load balancer"]))
    assert Role.INTERNAL_LOAD_BALANCER not in public


def test_stores_in_the_cluster_are_pods() -> None:
    inside = stack(**VARIANTS["stores in the cluster"])
    assert inside.stores.mariadb.mode is StoreMode.IN_CLUSTER
    assert is_pod_role(inside, Role.MARIADB)
    assert not set(STORE_ROLES) & set(network_roles(inside))
    assert between(flows(inside), Role.CONTROL_PLANE, Role.MARIADB) == [3306]


def test_the_ingress_controller_brings_its_own_ports() -> None:
    assert ingress_port(stack(), "https") == 10443
    traefik = stack(**VARIANTS["traefik"])
    assert ingress_port(traefik, "https") == 8443
    assert between(network_flows(traefik), Role.PUBLIC_LOAD_BALANCER, Role.NODES) == [8443, 8000]
    assert between(flows(traefik), Role.CLUSTER, Role.INGRESS_CONTROLLER) == []


def test_ranges_are_the_settings_own() -> None:
    asked = stack(
        ingress={"public": {"source_cidrs": ["203.0.113.0/24"]}, "internal": {"source_cidrs": ["10.9.0.0/16"]}}
    )
    assert network_ranges(asked) == {
        Role.API_USERS: ("203.0.113.0/24",),
        Role.INTERNAL: ("10.9.0.0/16",),
        Role.INTERNET: ("0.0.0.0/0",),
    }


def test_a_product_without_profile_has_no_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "catalogue", lambda: {**catalogue(), Product.TYK: Availability(False, "not here")})
    products.profile.cache_clear()
    try:
        with pytest.raises(ProductUnavailableError, match="tyk is not available"):
            flows(stack().model_copy(update={"product": Product.TYK}))
    finally:
        products.profile.cache_clear()
