"""The mesh and the matrix: who belongs to it, and that it allows what the matrix allows and nothing else."""

from typing import Any

import pytest

from apim_infra.planning.mesh import (
    TUNNEL_PORT,
    is_meshed,
    mesh_rules,
    meshed_namespaces,
    strict_namespaces,
    tunnelled,
)
from apim_infra.planning.placement import namespaces
from apim_infra.planning.pod_flows import pod_flows
from apim_infra.planning.validation import violations
from apim_infra.settings.load import load_settings
from apim_infra.settings.secret import Encrypted
from apim_infra.settings.stack import StackSettings

USER = {"username": "apim", "access_token": Encrypted("token")}


def stack(mesh: str = "istio-ambient", **values: Any) -> StackSettings:
    given = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "prd", **values}
    return load_settings({**given, "cluster": {"mesh": mesh}}).settings


def test_without_a_mesh_nothing_is_meshed() -> None:
    settings = stack("none")
    assert not is_meshed(settings)
    assert (strict_namespaces(settings), meshed_namespaces(settings), mesh_rules(settings)) == ((), (), ())
    assert tuple(tunnelled(settings, pod_flows(settings))) == pod_flows(settings)
    assert "istio-system" not in {planned.name for planned in namespaces(settings)}


@pytest.mark.parametrize("tier", ["dev", "stg", "prd"])
@pytest.mark.parametrize("topology", ["standard", "internal-development", "dev-only-internal"])
def test_it_is_allowed_in_every_topology(topology: str, tier: str) -> None:
    images = {"docker_hub": USER, "github": USER}
    assert violations(stack(topology=topology, tier=tier, images=images)) == []


def test_whoever_calls_into_a_strict_namespace_belongs_to_the_mesh() -> None:
    settings = stack()
    strict, meshed = strict_namespaces(settings), meshed_namespaces(settings)
    assert set(strict) == {"apim", "user-namespace", "microservices"}
    assert set(strict) < set(meshed)
    callers = [flow.source for flow in pod_flows(settings) if flow.destination.namespace in strict]
    assert {caller.namespace for caller in callers if caller.namespace} <= set(meshed)
    # Nobody outside of the cluster calls pods there: such a call would be refused.
    assert [caller.role for caller in callers if caller.namespace is None] == []


def test_network_policies_open_the_tunnel_between_pods_of_the_mesh_alone() -> None:
    settings = stack()
    meshed = meshed_namespaces(settings)
    opened = 0
    for before, after in zip(pod_flows(settings), tunnelled(settings, pod_flows(settings)), strict=True):
        both = before.source.namespace in meshed and before.destination.namespace in meshed
        assert (TUNNEL_PORT in {port.port_from for port in after.ports}) is both
        assert set(before.ports) <= set(after.ports)
        opened += both
    assert opened >= 8


def test_rules_allow_the_ports_of_the_matrix_and_no_others() -> None:
    settings = stack()
    strict = strict_namespaces(settings)
    allowed = {(rule.source, rule.namespace, rule.labels, port) for rule in mesh_rules(settings) for port in rule.ports}
    matrix = {
        (flow.source.namespace, flow.destination.namespace, flow.destination.labels, port)
        for flow in pod_flows(settings)
        if flow.destination.namespace in strict
        for ports in flow.ports
        for port in range(ports.port_from, ports.port_to + 1)
    }
    assert allowed == matrix
    assert TUNNEL_PORT not in {port for *_, port in allowed}


def test_rules_have_names_of_their_own_in_their_namespace() -> None:
    names = [(rule.namespace, rule.name) for rule in mesh_rules(stack())]
    assert len(set(names)) == len(names)
