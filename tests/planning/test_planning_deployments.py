"""Two deployments in one stack: what each has for itself, what they share, and what they must not share."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Any

import pytest

from apim_infra.planning.addresses import address_needs, plan_addresses
from apim_infra.planning.flows import OWN_ROLES, Role, network_flows, network_ranges, network_roles
from apim_infra.planning.placement import hosts, namespaces
from apim_infra.planning.pod_flows import pod_flows
from apim_infra.planning.validation import violations
from apim_infra.settings.deployments import deployments
from apim_infra.settings.environment import Topology
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import SettingsError
from apim_infra.sizing.addons import load_balancers
from apim_infra.sizing.capacity import planned_pods
from apim_infra.sizing.quota import microservices_quota, namespace_quotas

LARGER = {"cluster": {"pools": {"management": {"max": 16}, "user": {"max": 14}}}}
PRIVATE = {"domain": "corp.example.net"}


def stack(private: dict[str, Any] | None = PRIVATE, **values: Any) -> StackSettings:
    beside = {} if private is None else {"private_deployment": private}
    given = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "stg", **LARGER}
    return load_settings({**given, **beside, **values}).settings


def test_a_stack_has_one_deployment_and_it_is_the_stack() -> None:
    asked = stack(None)
    (only,) = deployments(asked)
    assert only.settings is asked
    assert (only.prefix, only.own("mariadb")) == ("", "mariadb")


def test_the_private_one_is_reached_from_inside_alone_and_takes_nothing_of_the_first() -> None:
    asked = stack(
        ingress={"dns": {"public_zone_id": "Z1", "private_zone_id": "Z2", "health_checks": {"enabled": True}}},
        recovery={"restore": {"mariadb": {"snapshot": "first"}}},
    )
    first, private = deployments(asked)
    assert private.own("mariadb") == "private-mariadb"
    own = private.settings
    assert (own.ingress.public.enabled, own.ingress.internal.enabled) == (False, True)
    assert own.ingress.dns.public_zone_id is own.ingress.dns.private_zone_id is None
    assert own.ingress.dns.health_checks.enabled is False
    assert own.recovery.restore is None
    assert own.topology is Topology.INTERNAL_DEVELOPMENT
    assert own.company_domain == "corp.example.net"
    # The same stores, sizes and pools.
    assert (own.stores, own.sizing, own.cluster) == (asked.stores, asked.sizing, asked.cluster)
    assert first.settings == asked.model_copy(update={"private_deployment": None})
    assert [deployments(each.settings)[1:] for each in (first, private)] == [(), ()]


def test_a_private_topology_stays_what_it_is() -> None:
    """Two internal deployments side by side."""
    asked = stack().model_copy(update={"topology": Topology.DEV_ONLY_INTERNAL})
    assert [each.settings.topology for each in deployments(asked)] == [Topology.DEV_ONLY_INTERNAL] * 2


def test_namespaces_are_those_of_both_and_the_shared_ones() -> None:
    alone, both = ({each.name for each in namespaces(stack(private))} for private in (None, PRIVATE))
    assert both - alone == {"apim-private", "user-namespace-private", "microservices-private"}
    assert alone <= both
    planned = {each.name: each for each in namespaces(stack())}
    for own, first in (("apim-private", "apim"), ("user-namespace-private", "user-namespace")):
        assert (planned[own].pool, planned[own].pod_security) == (planned[first].pool, planned[first].pod_security)


def test_quotas_and_pools_count_both() -> None:
    alone, both = stack(None), stack()
    quotas = namespace_quotas(both)
    assert quotas["apim-private"] == quotas["apim"] == namespace_quotas(alone)["apim"]
    assert quotas["ingress"].pods > namespace_quotas(alone)["ingress"].pods
    assert load_balancers(both) == load_balancers(alone) + 1
    for pool in ("management", "user"):
        names = {each.name for each in planned_pods(both, pool)} - {each.name for each in planned_pods(alone, pool)}
        assert names
        assert all(name.startswith("private-") for name in names)


def test_what_the_pool_leaves_is_shared_in_equal_parts() -> None:
    both = stack()
    share = microservices_quota(both)
    quotas = namespace_quotas(both)
    assert quotas["microservices"] == quotas["microservices-private"] == share
    assert share.cpu_millicores < microservices_quota(stack(None)).cpu_millicores // 2


def test_its_stores_have_subnets_of_their_own_that_nothing_else_uses() -> None:
    plan, alone = plan_addresses(stack()), plan_addresses(stack(None))
    assert alone.private_data == ()
    assert (plan.public, plan.private, plan.data) == (alone.public, alone.private, alone.data)
    assert len(plan.private_data) == len(plan.zones)
    assert [each.prefixlen for each in plan.private_data] == [each.prefixlen for each in plan.data]
    assert plan.reserved is not None
    used = [*plan.public, *plan.private, *plan.data, plan.reserved]
    assert not any(own.overlaps(other) for own in plan.private_data for other in used)
    assert all(own.subnet_of(IPv4Network("10.0.0.0/16")) for own in plan.private_data)
    assert address_needs(stack()).private == address_needs(stack(None)).private + 8  # its load balancer


def test_no_flow_joins_the_two() -> None:
    both = stack()
    own = {f"private-{role}" for role in OWN_ROLES} | {"private-ingress-controller"}
    first = {str(role) for role in OWN_ROLES}
    for flow in network_flows(both):
        assert not ({flow.source, flow.destination} & own and {flow.source, flow.destination} & first), flow
    for flow in pod_flows(both):
        ends = {flow.source.role, flow.destination.role}
        assert not (ends & own and ends & first), flow.name
        assert not ({"ingress-controller"} & ends and ends & own), flow.name


def test_it_has_every_flow_of_its_own_that_the_first_one_has() -> None:
    both = stack()
    own = {flow.name.replace("private-", "") for flow in pod_flows(both) if "private-" in flow.name}
    # Nobody reaches it from outside, and it is no platform of its own.
    first = {
        flow.name
        for flow in pod_flows(stack(None))
        if {flow.source.role, flow.destination.role} & (OWN_ROLES - {Role.INTERNAL, Role.PUBLIC_LOAD_BALANCER})
    }
    assert own == first


def test_security_groups_and_ranges_of_both() -> None:
    both = stack({**PRIVATE, "source_cidrs": ["10.9.0.0/16"]}, ingress={"internal": {"source_cidrs": ["10.8.0.0/16"]}})
    added = set(network_roles(both)) - set(network_roles(stack(None)))
    assert added == {
        "private-internal-load-balancer",
        "private-mariadb",
        "private-postgresql",
        "private-gateway-postgresql",
        "private-redis",
    }
    ranges = network_ranges(both)
    assert (ranges["internal"], ranges["private-internal"]) == (("10.8.0.0/16",), ("10.9.0.0/16",))
    administration = [
        flow for flow in network_flows(both) if flow.destination == "cluster" and "internal" in flow.source
    ]
    assert [flow.source for flow in administration] == ["internal"]  # its users do not administer the cluster


def test_a_single_deployment_needs_no_labels_in_the_ingress() -> None:
    labelled = {flow.name for flow in pod_flows(stack(None)) if flow.source.labels or flow.destination.labels}
    assert labelled == set()


def test_its_hosts_lie_under_its_domain() -> None:
    _, private = deployments(stack())
    found = hosts(private.settings)
    assert {host.load_balancer for host in found} == {"internal"}
    assert all(host.fqdn.endswith(".corp.example.net") for host in found)
    assert {host.namespace for host in found} == {"apim-private", "user-namespace-private"}


# -- rules -------------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    path: str
    rule: str
    private: dict[str, Any]
    values: dict[str, Any] = field(default_factory=dict[str, Any])


EXISTING = {
    "id": "vpc-0a1b2c3d4e5f60718",
    "private_subnet_ids": ["subnet-0a1b2c3d4e5f60711", "subnet-0a1b2c3d4e5f60712", "subnet-0a1b2c3d4e5f60713"],
    "public_subnet_ids": ["subnet-0a1b2c3d4e5f60721", "subnet-0a1b2c3d4e5f60722", "subnet-0a1b2c3d4e5f60723"],
    "data_subnet_ids": ["subnet-0a1b2c3d4e5f60731", "subnet-0a1b2c3d4e5f60732", "subnet-0a1b2c3d4e5f60733"],
}

CASES = {
    "domain of the first": Case(
        "private_deployment.domain", "must differ from company_domain", {"domain": "example.com"}
    ),
    "domain that hides a host": Case(
        "private_deployment.domain", "must not hide api.example.com", {"domain": "api.example.com"}
    ),
    "host that the first one's zone hides": Case(
        "private_deployment.domain",
        "must not hide api.corp.example.net",
        {"domain": "corp.example.net"},
        {"company_domain": "api.corp.example.net"},
    ),
    "namespace of the first": Case(
        "private_deployment.namespace",
        "must not be a namespace that is taken already, by control_plane.namespace",
        {**PRIVATE, "namespace": "apim"},
    ),
    "gateways in a namespace of the platform": Case(
        "private_deployment.gateway_namespace",
        "must not be a namespace that is taken already, by the platform",
        {**PRIVATE, "gateway_namespace": "monitoring"},
    ),
    "services where the first one's are": Case(
        "private_deployment.microservices_namespace",
        "must not be a namespace that is taken already, by gateway.microservices_namespace",
        {**PRIVATE, "microservices_namespace": "services"},
        {"gateway": {"microservices_namespace": "services"}},
    ),
    "pools for one deployment alone": Case(
        "cluster.pools.management.max",
        "is too small for the sizing table",
        PRIVATE,
        {"cluster": {"pools": {"management": {"max": 8}, "user": {"max": 14}}}},
    ),
    "existing network": Case(
        "private_deployment", "needs a network that the platform builds", PRIVATE, {"network": {"existing": EXISTING}}
    ),
    "images of its own": Case(
        "private_deployment.restore.images", "has no effect", {**PRIVATE, "restore": {"images": "registry/apim"}}
    ),
    "group tags that the product has not": Case(
        "private_deployment.gateway_groups[0].tags",
        "have no effect on kong",
        {**PRIVATE, "gateway_groups": [{"name": "default", "exposure": "private", "tags": ["mobile"]}]},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_rule_names_path_rule_and_fix(name: str) -> None:
    case = CASES[name]
    found = [each for each in violations(stack(case.private, **case.values)) if each.path == case.path]
    assert [each.rule.startswith(case.rule) for each in found] == [True], found
    assert found[0].fix


def test_it_holds_as_it_comes() -> None:
    assert violations(stack()) == []


@pytest.mark.parametrize(
    ("groups", "path"),
    [
        ([{"name": "default"}], "private_deployment.gateway_groups[0].exposure"),
        ([], "private_deployment.gateway_groups"),
        (
            [{"name": name, "exposure": "private"} for name in ("a", "b")],
            "private_deployment.gateway_groups[1].apis[0]",
        ),
        (
            [{"name": "a", "exposure": "private", "apis": [path]} for path in ("/a", "/b")],
            "private_deployment.gateway_groups[1].name",
        ),
    ],
)
def test_groups_are_held_apart_and_inside(groups: list[dict[str, Any]], path: str) -> None:
    with pytest.raises(SettingsError) as caught:
        stack({**PRIVATE, "gateway_groups": groups})
    assert path in {violation.path for violation in caught.value.violations}
