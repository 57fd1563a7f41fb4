"""Rules of the network on Azure, and what a network that is brought along must have."""

from typing import Any

import pytest

from apim_infra.planning.existing_subnets import NamedNetworkFacts, NamedSubnetFacts, named_network_problems
from apim_infra.planning.network_rules import network_violations
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings

VNET = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v"
JUMP = {"mode": "jump-host", "source_cidrs": ["198.51.100.0/24"], "ssh_public_key": "ssh-ed25519 AAAA"}
EXISTING = {
    "id": VNET,
    "private_subnet_ids": [f"{VNET}/subnets/nodes"],
    "data_subnet_ids": [f"{VNET}/subnets/data"],
    "public_subnet_ids": [f"{VNET}/subnets/entry"],
}


def stack(**values: Any) -> StackSettings:
    given = {"cloud": "azure", "region": "westeurope", "company_domain": "example.com", "tier": "stg", **values}
    return load_settings(given).settings


def found(**values: Any) -> dict[str, str]:
    return {violation.path: violation.fix for violation in network_violations(stack(**values))}


@pytest.mark.parametrize(
    ("values", "path", "fix"),
    [
        ({"network": {"nat": "per-zone"}}, "network.nat", "set it to single"),
        ({"network": {"nat": "none"}}, "network.nat", "set it to single"),
        ({"network": {"cidr": "10.0.0.0/23"}}, "network.cidr", "use 10.0.0.0/22"),
        (
            {"network": {"cidr": "10.0.0.0/22"}, "cluster": {"pools": {"user": {"min": 1, "max": 450}}}},
            "network.cidr",
            "use 10.0.0.0/21",
        ),
        ({"network": {"interface_endpoints": ["vaults"]}}, "network.interface_endpoints[0]", "did you mean vault?"),
        ({"network": {"interface_endpoints": ["ecr.api"]}}, "network.interface_endpoints[0]", "use vault, registry"),
        (
            {"network": {"interface_endpoints": ["vault", "vault"]}},
            "network.interface_endpoints[1]",
            "take one away",
        ),
        (
            {"network": {"store_access": "delegated-subnet"}, "private_deployment": {"domain": "in.example.com"}},
            "network.store_access",
            "set it to private-endpoint",
        ),
        ({"network": {"bastion": {**JUMP, "size": "Standard_D2s_v77"}}}, "network.bastion.size", "did you mean"),
        (
            {"network": {"existing": EXISTING, "bastion": JUMP}},
            "network.bastion.mode",
            "set it to none",
        ),
        (
            {"network": {"existing": EXISTING, "store_access": "delegated-subnet"}},
            "network.store_access",
            "set it to private-endpoint",
        ),
        (
            {"network": {"existing": EXISTING}, "cluster": {"secrets_encryption": True}},
            "cluster.secrets_encryption",
            "set it to false",
        ),
        ({"network": {"existing": {**EXISTING, "id": "vpc-1"}}}, "network.existing.id", "write it like /subscriptions"),
        (
            {"network": {"existing": {**EXISTING, "data_subnet_ids": ["subnet-1"]}}},
            "network.existing.data_subnet_ids[0]",
            f"write it like {VNET}/subnets/<name>",
        ),
        (
            {
                "network": {"existing": {**EXISTING, "public_subnet_ids": []}},
                "ingress": {"application_gateway": {}},
            },
            "network.existing.public_subnet_ids",
            "name one of /24",
        ),
    ],
)
def test_what_azure_does_not_have_is_refused_with_the_way_out(values: dict[str, Any], path: str, fix: str) -> None:
    violations = found(**values)
    assert list(violations) == [path]
    assert violations[path].startswith(fix)


def test_a_slot_that_no_network_makes_larger_is_said_so() -> None:
    ring = {"cassandra": {"mode": "self-managed", "nodes": 12}}
    replicas = {"mariadb": {"replicas": 5}, "postgresql": {"replicas": 5}, "gateway_postgresql": {"replicas": 5}}
    (violation,) = network_violations(stack(stores={**ring, **replicas}))
    assert violation.path == "network.cidr"
    assert "27 addresses for machines and endpoints of stores in subnet data" in violation.rule
    assert violation.fix == "take nodes from stores.cassandra, or replicas from other stores"


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"network": {"cidr": "10.0.0.0/22", "bastion": JUMP}},
        {"network": {"existing": EXISTING}},
        {"network": {"existing": EXISTING, "nat": "none"}},
        {"network": {"existing": {**EXISTING, "public_subnet_ids": []}}},
    ],
)
def test_what_azure_has_is_accepted(values: dict[str, Any]) -> None:
    assert found(**values) == {}


def facts(**changes: Any) -> NamedNetworkFacts:
    """Return a network that has everything, with other facts."""
    subnets = {
        kind: NamedSubnetFacts(f"{VNET}/subnets/{name}", 200, True, (), True)
        for kind, name in (("public", "entry"), ("private", "nodes"), ("data", "data"))
    }
    given: dict[str, Any] = {"location": "westeurope", "ranges": ("10.0.0.0/16",), "subnets": subnets}
    given.update(changes)
    return NamedNetworkFacts(VNET, **given)


def subnet(**changes: Any) -> dict[str, NamedSubnetFacts]:
    given: dict[str, Any] = {"free_addresses": 200, "nat": True, "delegations": (), "security_group": True}
    given.update(changes)
    return {"private": NamedSubnetFacts(given.pop("id", f"{VNET}/subnets/nodes"), **given)}


ASKED = stack(network={"cidr": "10.0.0.0/16", "existing": EXISTING})
PLACE = "network.existing.private_subnet_ids[0]"


def test_a_network_that_has_everything_is_accepted() -> None:
    assert not list(named_network_problems(ASKED, facts()))


def test_what_is_not_known_breaks_no_rule() -> None:
    unknown = NamedNetworkFacts(VNET, None, None, {"private": NamedSubnetFacts(f"{VNET}/subnets/nodes")})
    assert not list(named_network_problems(ASKED, unknown))


@pytest.mark.parametrize(
    ("network", "path", "rule"),
    [
        (facts(location="northeurope"), "network.existing.id", "must lie in westeurope; it lies in northeurope"),
        (facts(ranges=("10.9.0.0/16",)), "network.cidr", "must be a range of the network (10.9.0.0/16)"),
        (facts(subnets=subnet(id="/subscriptions/s/other/subnets/x")), PLACE, f"must lie in {VNET}"),
        (facts(subnets=subnet(free_addresses=3)), PLACE, "has 3 free addresses"),
        (facts(subnets=subnet(delegations=("Microsoft.Web/serverFarms",))), PLACE, "must not be delegated"),
        (facts(subnets=subnet(nat=False)), PLACE, "must have a NAT gateway or a route table"),
        (facts(subnets=subnet(security_group=False)), PLACE, "must have a network security group"),
    ],
)
def test_what_a_network_lacks_is_said(network: NamedNetworkFacts, path: str, rule: str) -> None:
    (violation,) = named_network_problems(ASKED, network)
    assert violation.path == path
    assert violation.rule.startswith(rule)
    assert violation.fix


def test_a_way_out_that_cannot_be_seen_is_believed() -> None:
    asked = stack(network={"cidr": "10.0.0.0/16", "existing": EXISTING, "nat": "none"})
    assert not list(named_network_problems(asked, facts(subnets=subnet(nat=False))))
