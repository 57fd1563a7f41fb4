"""Hosts that lead past the ingress' own TLS: connections that are passed on unopened, and names that stand for names elsewhere."""

from copy import deepcopy
from typing import Any

import pulumi
import pytest
from azure_stack import run
from components_aws_samples import dns as aws_dns
from components_aws_samples import run as run_aws
from components_azure_edge_samples import dns as azure_dns
from components_kubernetes_samples import INGRESS, component, spec

from components.kubernetes.ingress import Ingress

BRIDGE: Any = {
    "host": "mdcb.example.com",
    "certificate": "unused",
    "passthrough": True,
    "routes": [{"namespace": "user-namespace", "service": "mdcb-svc-tyk", "port": 9091}],
}


def with_bridge(**changes: Any) -> Any:
    gateways = deepcopy(INGRESS["gateways"])
    gateways[0]["hosts"].append({**BRIDGE, **changes})
    return gateways


def test_a_host_whose_tls_is_passed_on_has_a_listener_and_a_route_of_their_own_kinds() -> None:
    before, after = component(Ingress, INGRESS), component(Ingress, INGRESS, gateways=with_bridge())
    names = [{resource.name for resource in each.graph.resources} for each in (before, after)]
    assert names[1] - names[0] == {"sample-internal-mdcb-example-com", "sample-user-namespace-mdcb-svc-tyk-grant"}
    assert names[0] <= names[1]
    listeners = {each["name"]: each for each in spec(after, "sample-internal-gateway")["listeners"]}
    assert listeners["mdcb-example-com"]["protocol"] == "TLS"
    assert listeners["mdcb-example-com"]["tls"] == {"mode": "Passthrough"}
    route = after.named("sample-internal-mdcb-example-com").inputs
    assert route["kind"] == "TLSRoute"
    assert route["spec"] == {
        "parentRefs": [{"name": "internal", "sectionName": "mdcb-example-com"}],
        "hostnames": ["mdcb.example.com"],
        "rules": [
            {"backendRefs": [{"kind": "Service", "namespace": "user-namespace", "name": "mdcb-svc-tyk", "port": 9091}]}
        ],
    }
    grants = {name: spec(after, name)["from"][0]["kind"] for name in names[1] if name.endswith("-grant")}
    assert grants["sample-user-namespace-mdcb-svc-tyk-grant"] == "TLSRoute"
    assert {kind for name, kind in grants.items() if "mdcb" not in name} == {"HTTPRoute"}


@pytest.mark.parametrize(
    "changes",
    [
        {"sticky": True},
        {"cors": {"origins": ["*"], "methods": ["GET"], "headers": []}},
        {"routes": [{**BRIDGE["routes"][0], "path": "/a"}]},
    ],
)
def test_what_needs_an_opened_connection_is_refused(changes: Any) -> None:
    with pytest.raises(pulumi.InputPropertiesError, match=r"mdcb\.example\.com"):
        component(Ingress, INGRESS, gateways=with_bridge(**changes))


def test_a_host_elsewhere_is_a_name_in_both_zones_of_aws() -> None:
    recording = run_aws(lambda: aws_dns(elsewhere={"gw": "gw.example.net"}))
    records = [each.inputs for each in recording.of_type("aws:route53/record:Record") if each.inputs["type"] == "CNAME"]
    assert [(each["name"], each["records"], each["ttl"]) for each in records] == [
        ("gw.example.com", ["gw.example.net"], 300)
    ] * 2
    assert len({each["zoneId"] for each in records}) == 2


def test_a_host_elsewhere_is_a_name_in_both_zones_of_azure() -> None:
    recording = run(lambda: azure_dns(elsewhere={"gw": "gw.example.net"}))
    for kind in ("azure-native:dns:RecordSet", "azure-native:privatedns:PrivateRecordSet"):
        (record,) = [each.inputs for each in recording.of_type(kind) if each.inputs["recordType"] == "CNAME"]
        assert (record["relativeRecordSetName"], record["cnameRecord"]) == ("gw", {"cname": "gw.example.net"})


def test_a_host_cannot_be_here_and_elsewhere() -> None:
    with pytest.raises(pulumi.InputPropertiesError, match="public_hosts"):
        run(lambda: azure_dns(elsewhere={"api": "gw.example.net"}))
