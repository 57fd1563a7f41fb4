"""A public and a private deployment on one platform: apart in everything that belongs to either, and added to a platform that runs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from program_support import ROOT, objects, of_type, one, record_stack, texts

from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.packages import packages
from apim_infra.rehearsal.state import Operation
from apim_infra.rehearsal.testing import Recording

pytestmark = pytest.mark.slow

STACK = "aws-public-and-private"
FILE = ROOT / "examples" / STACK / f"Pulumi.{STACK}.yaml"

FIRST = ("apim", "user-namespace", "microservices")
PRIVATE = ("apim-private", "user-namespace-private", "microservices-private")
SHARED = ("ingress", "platform-system", "monitoring", "logging")
"""Namespaces of the first deployment, of the private one, and of the platform."""

ROLE = "apim.io/role"
PROXIES = {"": "ingress-controller", "private": "private-ingress-controller"}
"""Role of the proxies of each deployment in the namespace that both share."""

RULES = (
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
)


@dataclass(frozen=True)
class Life:
    """The first deployment alone, then both, then the first alone again, in one world."""

    alone: Recording
    both: Recording
    again: Recording


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    del content["config"]["apim:private_deployment"]
    file: Path = tmp_path_factory.mktemp("alone") / FILE.name
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    worlds = packages()
    alone = record_stack(STACK, file=file, providers=worlds)
    both = record_stack(STACK, file=FILE, before=alone, providers=worlds)
    again = record_stack(STACK, file=file, before=both, providers=worlds)
    for recording in (alone, both, again):
        assert recording.errors == []
    return Life(alone, both, again)


@pytest.fixture(scope="module")
def graph(life: Life) -> Graph:
    return life.both.graph


def short(urn: str) -> str:
    return urn.rpartition("::")[2].removeprefix(f"apim-{STACK}-")


def done(recording: Recording, operation: Operation) -> set[str]:
    custom = {resource.urn for resource in recording.graph.custom()}
    removed = operation is Operation.DELETE
    return {
        short(step.urn) for step in recording.steps if step.operation is operation and (removed or step.urn in custom)
    }


# -- switched on and off -----------------------------------------------------------------------------------------------------------------------


OWN = re.compile(
    r"private-.*|(apim|user-namespace|microservices)-private-.*|security-(.*-)?private-.*|flows-.*private-.*"
    r"|network-private-data-.*|ingress-(http-)?private-.*|ingress-(apim|user-namespace)-private-.*-grant"
)
"""Names of what belongs to the private deployment."""

SHARED_THAT_CHANGE = {
    "targets-identity-rights",  # the load balancer controller may register in its target groups too
    "alert-rules-rules",
    "logging-collector",  # its gateways' logs go to its own analysis manager
    "ingress-quota",  # room for its proxies
    "microservices-quota",  # what the pool leaves is shared by the services of both
}
"""What the platform changes for it."""

POLICIES_THAT_CHANGE = {
    "flows-ingress-controller-to-control-plane-egress",
    "flows-ingress-controller-to-control-plane-ingress",
    "flows-ingress-to-gateway-public-egress",
    "flows-ingress-to-gateway-public-ingress",
    "flows-internal-load-balancer-to-ingress-controller-ingress",
    "flows-public-load-balancer-to-ingress-controller-ingress",
}
"""Policies that named every pod of the ingress, and now name the proxies of the first deployment."""


def test_it_is_added_to_a_platform_that_runs_and_replaces_nothing(life: Life) -> None:
    operations = {step.operation for step in life.both.steps}
    assert operations <= {Operation.SAME, Operation.CREATE, Operation.UPDATE, Operation.READ}
    created = done(life.both, Operation.CREATE)
    assert {name for name in created if not OWN.fullmatch(name)} == set()
    changed = done(life.both, Operation.UPDATE)
    assert changed <= SHARED_THAT_CHANGE | POLICIES_THAT_CHANGE
    assert changed >= POLICIES_THAT_CHANGE | {"ingress-quota", "microservices-quota", "logging-collector"}


def test_it_goes_without_a_trace(life: Life) -> None:
    assert {step.operation for step in life.again.steps} <= {
        Operation.SAME,
        Operation.UPDATE,
        Operation.DELETE,
        Operation.READ,
    }
    old, new = ({r.urn: r.inputs for r in recording.graph.custom()} for recording in (life.alone, life.again))
    assert old == new


STORE = re.compile(r"(mariadb|postgresql|gateway-postgresql|redis)-.*")


@pytest.mark.parametrize(
    "type_",
    [
        "aws:rds/instance:Instance",
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "aws:secretsmanager/secret:Secret",
        "random:index/randomPassword:RandomPassword",
    ],
)
def test_it_has_the_same_stores_as_the_first_one(graph: Graph, type_: str) -> None:
    names = {short(resource.urn) for resource in of_type(graph, type_)}
    first = {name for name in names if STORE.fullmatch(name)}
    assert first
    assert {name for name in names if name.startswith("private-")} == {f"private-{name}" for name in first}


# -- apart -------------------------------------------------------------------------------------------------------------------------------------


def test_each_has_namespaces_with_quotas_of_its_own(graph: Graph) -> None:
    quotas = {
        key.removesuffix("/quota"): r.inputs["spec"]["hard"] for key, r in objects(graph, "ResourceQuota").items()
    }
    assert set(quotas) == {*FIRST, *PRIVATE, *SHARED}
    # The same control plane, at the same size.
    assert quotas["apim-private"] == quotas["apim"]
    assert quotas["microservices-private"] == quotas["microservices"]
    assert {key.split("/")[0] for key in objects(graph, "NetworkPolicy") if key.endswith("/default-deny")} == set(
        quotas
    )


def test_each_has_a_load_balancer_hosts_and_a_zone_of_its_own(graph: Graph) -> None:
    balancers = {short(r.urn): r for r in of_type(graph, "aws:lb/loadBalancer:LoadBalancer")}
    assert set(balancers) == {"internal-nlb", "public-nlb", "private-internal-nlb"}
    private = balancers["private-internal-nlb"]
    assert private.inputs["internal"] is True
    groups = [tuple(r.inputs["securityGroups"]) for r in balancers.values()]
    assert len(set(groups)) == len(groups)
    zones = {r.id: r for r in of_type(graph, "aws:route53/zone:Zone")}
    own = [zone for zone in zones.values() if zone.inputs["name"] == "apim.corp.example.com"]
    assert [bool(zone.inputs.get("vpcs")) for zone in own] == [True]
    leads = {r.inputs["name"]: r.inputs["aliases"][0]["name"] for r in of_type(graph, "aws:route53/record:Record")}
    for host, target in leads.items():
        assert (target == private.outputs["dnsName"]) == host.endswith(".apim.corp.example.com")


def test_each_has_certificates_of_an_authority_of_its_own(graph: Graph) -> None:
    certificates = {key: r.inputs["spec"] for key, r in objects(graph, "Certificate").items()}
    own = certificates["ingress/private-internal-tls"]
    others = [certificates["ingress/internal-tls"], certificates["ingress/public-tls"]]
    assert all(name.endswith(".apim.corp.example.com") for name in own["dnsNames"])
    assert not any(name.endswith(".apim.corp.example.com") for other in others for name in other["dnsNames"])
    assert own["issuerRef"]["name"] not in {other["issuerRef"]["name"] for other in others}
    issuer = objects(graph, "ClusterIssuer")[f"/{own['issuerRef']['name']}"].inputs["spec"]
    authority = certificates[f"platform-system/{issuer['ca']['secretName']}"]
    assert (authority["isCA"], authority["secretName"]) == (True, issuer["ca"]["secretName"])


def test_no_security_group_rule_joins_the_two(graph: Graph) -> None:
    groups = {
        r.id: short(r.urn).removeprefix("security-") for r in of_type(graph, "aws:ec2/securityGroup:SecurityGroup")
    }
    own = {name for name in groups.values() if name.startswith("private-")}
    assert own == {f"private-{store}" for store in ("mariadb", "postgresql", "gateway-postgresql", "redis")} | {
        "private-internal-load-balancer"
    }
    shared = {"nodes", "cluster", "endpoints"}
    for rule in of_type(graph, *RULES):
        peer = rule.inputs.get("referencedSecurityGroupId")
        if peer is None:
            continue
        ends = {groups[rule.inputs["securityGroupId"]], groups[peer]}
        assert len({name in own for name in ends - shared}) <= 1, rule.urn


def test_stores_share_nothing(graph: Graph) -> None:
    """Neither a network range nor a group, a secret, a password or a name."""
    databases = of_type(graph, "aws:rds/instance:Instance")
    subnets = {r.outputs["name"]: r.inputs["subnetIds"] for r in of_type(graph, "aws:rds/subnetGroup:SubnetGroup")}
    used: dict[bool, set[str]] = {True: set(), False: set()}
    for database in databases:
        if "dbSubnetGroupName" in database.inputs:
            own = short(database.urn).startswith("private-")
            used[own] |= {*subnets[database.inputs["dbSubnetGroupName"]], *database.inputs["vpcSecurityGroupIds"]}
    assert used[True]
    assert used[False]
    assert used[True].isdisjoint(used[False])
    private, first = _secrets(graph, PRIVATE), _secrets(graph, FIRST)
    assert (len(private), len(first)) == (4, 4)
    assert private.isdisjoint(first)


def test_each_has_a_ring_of_its_own() -> None:
    recording = record_stack(STACK, "stores.cassandra.mode=self-managed", file=FILE)
    assert recording.errors == []
    interfaces = of_type(recording.graph, "aws:ec2/networkInterface:NetworkInterface")
    own = [each for each in interfaces if short(each.urn).startswith("private-cassandra-")]
    first = [each for each in interfaces if short(each.urn).startswith("cassandra-")]
    assert len(own) == len(first) == 3
    used = [{text for each in ring for _, text in texts(_place(each))} for ring in (own, first)]
    assert used[0].isdisjoint(used[1])
    scraped = {
        key: spec.inputs["spec"]["staticConfigs"][0]["targets"]
        for key, spec in objects(recording.graph, "ScrapeConfig").items()
    }
    assert set(scraped) == {"monitoring/cassandra", "monitoring/private-cassandra"}
    assert set(scraped["monitoring/cassandra"]).isdisjoint(scraped["monitoring/private-cassandra"])


def _place(interface: Resource) -> dict[str, Any]:
    return {key: interface.inputs[key] for key in ("subnetId", "securityGroups")}


def _secrets(graph: Graph, namespaces: tuple[str, ...]) -> set[str]:
    """Return the URNs of the passwords behind the secrets of some namespaces."""
    passwords = {r.urn for r in of_type(graph, "random:index/randomPassword:RandomPassword")}
    by_urn = {r.urn: r for r in graph.resources}
    found: set[str] = set()
    for secret in objects(graph, "Secret").values():
        if secret.inputs["metadata"]["namespace"] not in namespaces:
            continue
        ways, seen = [secret.urn], set[str]()
        while ways:
            urn = ways.pop()
            for keys in by_urn[urn].property_dependencies.values():
                ways += [each for each in keys if each not in seen]
                seen |= set(keys)
        found |= seen & passwords
    return found


# -- who reaches whom in the cluster -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pods:
    """Pods of one namespace with one role."""

    deployment: str
    namespace: str
    role: str


EVERY = (
    *(Pods("", namespace, "") for namespace in FIRST),
    *(Pods("private", namespace, "") for namespace in PRIVATE),
    *(Pods(deployment, "ingress", role) for deployment, role in PROXIES.items()),
)
"""The pods of both deployments, their proxies among them."""


def test_the_pods_of_neither_reach_those_of_the_other(graph: Graph) -> None:
    joined = {
        (source, destination, port)
        for source in EVERY
        for destination in EVERY
        if source.deployment != destination.deployment
        for port in _open(graph, source, destination)
    }
    # The controller of the ingress answers on 18000 in the namespace that the proxies of both share; the proxies themselves do not.
    assert {port for source, destination, port in joined if source.namespace == destination.namespace == "ingress"} == {
        18000
    }
    assert {each for each in joined if not (each[0].namespace == each[1].namespace == "ingress")} == set()


def test_each_reaches_what_is_its_own(graph: Graph) -> None:
    """What keeps the deployments apart must not keep one of them from itself."""
    for deployment, (control_plane, gateway, microservices) in (("", FIRST), ("private", PRIVATE)):
        proxies = Pods(deployment, "ingress", PROXIES[deployment])
        programs, gateways, services = (Pods(deployment, name, "") for name in (control_plane, gateway, microservices))
        for source, destination in (
            (proxies, programs),
            (proxies, gateways),
            (programs, gateways),
            (gateways, programs),
            (gateways, services),
        ):
            assert _open(graph, source, destination), (source, destination)


def test_the_proxies_carry_the_role_that_policies_know_them_by(graph: Graph) -> None:
    labels = {
        key: resource.inputs["spec"]["provider"]["kubernetes"]["envoyDeployment"]["pod"]["labels"][ROLE]
        for key, resource in objects(graph, "EnvoyProxy").items()
    }
    assert labels == {
        "ingress/ingress-internal": PROXIES[""],
        "ingress/ingress-public": PROXIES[""],
        "ingress/ingress-private-internal": PROXIES["private"],
    }


def test_policies_open_the_stores_of_the_own_deployment_alone(graph: Graph) -> None:
    ranges = {
        short(r.urn).removeprefix("network-").rpartition("-eu-")[0]: set[str]()
        for r in of_type(graph, "aws:ec2/subnet:Subnet")
    }
    for subnet in of_type(graph, "aws:ec2/subnet:Subnet"):
        ranges[short(subnet.urn).removeprefix("network-").rpartition("-eu-")[0]].add(subnet.inputs["cidrBlock"])
    for namespaces, own, other in ((FIRST, "data", "private-data"), (PRIVATE, "private-data", "data")):
        opened = {
            block["cidr"]
            for policy in _policies(graph, namespaces)
            for block in _blocks(policy)
            if block["cidr"] != "0.0.0.0/0"
        }
        assert opened >= ranges[own]
        assert not any(ip_network(cidr).overlaps(ip_network(taken)) for cidr in opened for taken in ranges[other]), (
            namespaces
        )


def _policies(graph: Graph, namespaces: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for policy in objects(graph, "NetworkPolicy").values():
        if policy.inputs["metadata"]["namespace"] in namespaces:
            yield policy.inputs["spec"]


def _blocks(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for rule in spec.get("egress", []):
        for peer in rule.get("to", []):
            if "ipBlock" in peer:
                yield peer["ipBlock"]


def _open(graph: Graph, source: Pods, destination: Pods) -> set[int]:
    """Return the ports on which one group of pods may open connections to another: both ends must allow it."""
    return _allowed(graph, source, destination, "egress", "to") & _allowed(
        graph, destination, source, "ingress", "from"
    )


def _allowed(graph: Graph, here: Pods, there: Pods, direction: str, peers: str) -> set[int]:
    ports: set[int] = set()
    for policy in objects(graph, "NetworkPolicy").values():
        spec = policy.inputs["spec"]
        if policy.inputs["metadata"]["namespace"] != here.namespace or not _selects(spec.get("podSelector"), here):
            continue
        for rule in spec.get(direction, []):
            if any(_names(peer, there) for peer in rule[peers]):
                ports |= {port["port"] for port in rule["ports"]}
    return ports


def _names(peer: dict[str, Any], pods: Pods) -> bool:
    namespaces = peer.get("namespaceSelector", {}).get("matchLabels", {})
    return namespaces.get("kubernetes.io/metadata.name") == pods.namespace and _selects(peer.get("podSelector"), pods)


def _selects(selector: dict[str, Any] | None, pods: Pods) -> bool:
    role = (selector or {}).get("matchLabels", {}).get(ROLE)
    return role is None or role == pods.role


# -- what they are told --------------------------------------------------------------------------------------------------------------------------


def test_nothing_of_one_names_the_other(graph: Graph) -> None:
    """Releases, secrets and routes of a deployment name its own namespaces, domain and load balancers only."""
    for resource in graph.custom():
        if not resource.type.startswith("kubernetes:"):
            continue
        namespace = _namespace(resource)
        if namespace in PRIVATE:
            named = [text for _, text in texts(resource.inputs) if re.search(r"\.(apim|user-namespace)\.svc\b", text)]
            assert named == [], resource.urn
        if namespace in FIRST:
            named = [
                text for _, text in texts(resource.inputs) if "-private.svc" in text or "apim.corp.example.com" in text
            ]
            assert named == [], resource.urn


def test_logs_of_its_gateways_go_to_its_own_analysis_manager(graph: Graph) -> None:
    (collector,) = [r for r in of_type(graph, "kubernetes:helm.sh/v3:Release") if short(r.urn) == "logging-collector"]
    outputs = collector.inputs["values"]["config"]["outputs"]
    sinks = dict(re.findall(r"_(user-namespace(?:-private)?)_\.\*\n    Host (\S+)", outputs))
    assert sinks == {
        "user-namespace": "analysis-manager.apim.svc",
        "user-namespace-private": "analysis-manager.apim-private.svc",
    }


def test_the_platform_is_shared(graph: Graph) -> None:
    assert one(graph, "aws:eks/cluster:Cluster")
    assert one(graph, "aws:ec2/vpc:Vpc")
    assert one(graph, "aws:eks/cluster:Cluster").outputs["name"] == graph.exports["cluster_name"]
    assert set(graph.exports["private_deployment"]) == {"load_balancers", "private_zone_id", "backups", "gateways"}
    assert set(graph.exports["hosts"]) == {"internal", "public", "private-internal"}


def _namespace(resource: Resource) -> str:
    return resource.inputs.get("metadata", {}).get("namespace") or resource.inputs.get("namespace", "")
