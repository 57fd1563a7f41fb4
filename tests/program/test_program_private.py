"""Private topologies: nothing that can be reached from outside, and each thing that could be is caught when it is added."""

import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, cast

import pulumi_aws as aws
import pytest
import yaml
from program_support import ROOT, environment_of, objects, of_type, record_stack, texts

from apim_infra.findings import Finding
from apim_infra.platform.aws_foundation import build_foundation
from apim_infra.platform.naming import Naming
from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.testing import Recording, record
from apim_infra.rehearsal.twins.kubernetes.render import helm, template
from components.kubernetes.data import load
from components.kubernetes.images import IMAGES
from policies.evaluation import evaluate
from policies.reachability import REACHABILITY_POLICIES

SEALED, INTERNAL = "aws-dev-internal", "aws-internal"
MESH = "cluster.mesh=istio-ambient"


def example(name: str) -> Path:
    return ROOT / "examples" / name / f"Pulumi.{name}.yaml"


@cache
def recorded(name: str, *overrides: str) -> Recording:
    """Return an example as recorded; never change its graph in place."""
    recording = record_stack(name, *overrides, file=example(name))
    assert recording.errors == []
    return recording


def caught(graph: Graph) -> list[Finding]:
    return evaluate(graph, REACHABILITY_POLICIES)


# -- the proof ----------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", [SEALED, INTERNAL])
def test_nothing_can_be_reached_from_outside(name: str) -> None:
    graph = recorded(name).graph
    assert caught(graph) == []
    assert len(graph.resources) > 300


@pytest.mark.slow
def test_the_sealed_network_has_no_way_to_the_internet() -> None:
    types = {resource.type for resource in recorded(SEALED).graph.resources}
    assert types.isdisjoint(
        {
            "aws:ec2/internetGateway:InternetGateway",
            "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway",
            "aws:ec2/natGateway:NatGateway",
            "aws:ec2/eip:Eip",
            "aws:ec2/route:Route",
        }
    )
    subnets = {
        subnet.name.split("-network-")[1].split("-")[0]
        for subnet in of_type(recorded(SEALED).graph, "aws:ec2/subnet:Subnet")
    }
    assert subnets == {"private", "data"}


@pytest.mark.slow
def test_only_nat_stands_in_the_public_subnets_of_internal_development() -> None:
    graph = recorded(INTERNAL).graph
    public = {s.urn for s in of_type(graph, "aws:ec2/subnet:Subnet") if "-network-public-" in s.name}
    users = {
        resource.type
        for resource in graph.custom()
        if any(public & set(urns) for urns in resource.property_dependencies.values())
    }
    assert users == {"aws:ec2/natGateway:NatGateway", "aws:ec2/routeTableAssociation:RouteTableAssociation"}


@pytest.mark.slow
@pytest.mark.parametrize("name", [SEALED, INTERNAL])
def test_every_host_is_in_the_private_zone_alone(name: str) -> None:
    graph = recorded(name).graph
    (zone,) = of_type(graph, "aws:route53/zone:Zone")
    assert len(zone.inputs["vpcs"]) == 1
    domain = environment_of(name, file=example(name)).settings.company_domain
    names = {record.inputs["name"] for record in of_type(graph, "aws:route53/record:Record")}
    assert names == {
        f"{host}.{domain}" for host in ("apim-admin", "tenant-admin", "developers-admin", "auth-admin", "api")
    }
    assert {record.inputs["zoneId"] for record in of_type(graph, "aws:route53/record:Record")} == {zone.id}
    (load_balancer,) = of_type(graph, "aws:lb/loadBalancer:LoadBalancer")
    assert load_balancer.inputs["internal"] is True


@pytest.mark.slow
def test_a_private_zone_that_is_brought_along_is_no_access_point() -> None:
    graph = recorded(INTERNAL, "ingress.dns.private_zone_id=Z0123456789ABCDEFGHIJ").graph
    assert [zone.id for zone in of_type(graph, "aws:route53/zone:Zone")] == ["Z0123456789ABCDEFGHIJ"]
    assert caught(graph) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [SEALED, INTERNAL])
def test_certificates_come_from_an_authority_of_the_platforms_own(name: str) -> None:
    recording = recorded(name)
    issuers = objects(recording.graph, "ClusterIssuer")
    assert issuers["/platform"].inputs["spec"] == {"ca": {"secretName": "platform-authority"}}
    authority = objects(recording.graph, "Certificate")["platform-system/platform-authority"].inputs["spec"]
    assert authority["isCA"] is True
    assert authority["issuerRef"]["name"] == "platform-root"
    assert recording.exports["certificate_authority"] == {
        "namespace": "platform-system",
        "secret": "platform-authority",
        "key": "tls.crt",
    }


# Each kind alone, added to the recorded graph of the sealed example or turned in it.


def changed(graph: Graph, type_: str, change: Callable[[dict[str, Any]], Any], name: str = "") -> Graph:
    """Return a graph in which the first resource of a type, whose name holds `name`, is changed."""
    copy = deepcopy(graph)
    found = next(resource for resource in copy.resources if resource.type == type_ and name in resource.name)
    change(found.inputs)
    # Policies see outputs too, as far as no input says otherwise.
    change(found.outputs)
    return copy


def added(graph: Graph, type_: str, inputs: dict[str, Any], needs: dict[str, str] | None = None) -> Graph:
    """Return a graph with one resource more; `needs` are its inputs that come from resources of these names."""
    copy = deepcopy(graph)
    by_name = {resource.name: resource.urn for resource in copy.resources}
    like = copy.resources[-1]
    copy.resources.append(
        Resource(
            urn=f"urn:pulumi:{graph.stack}::apim::{type_}::by-hand",
            type=type_,
            name="by-hand",
            parent="",
            custom=True,
            provider=like.provider,
            inputs=inputs,
            outputs=inputs,
            dependencies=[],
            property_dependencies={key: [by_name[other]] for key, other in (needs or {}).items()},
            protect=False,
            aliases=[],
            ignore_changes=[],
            deleted_with="",
            source="by_hand.py:1",
        )
    )
    return copy


def without(graph: Graph, type_: str) -> Graph:
    copy = deepcopy(graph)
    copy.resources.remove(next(resource for resource in copy.resources if resource.type == type_))
    return copy


def setting(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda inputs: inputs.update(values)


def api_opened(inputs: dict[str, Any]) -> None:
    inputs["vpcConfig"]["endpointPublicAccess"] = True


def network_interface(inputs: dict[str, Any]) -> None:
    inputs["networkInterfaces"] = [{"associatePublicIpAddress": "true"}]


def proxies_exposed(inputs: dict[str, Any]) -> None:
    inputs["spec"]["provider"]["kubernetes"]["envoyService"]["type"] = "LoadBalancer"


def gateway_exposed(inputs: dict[str, Any]) -> None:
    inputs["values"]["proxy"]["type"] = "NodePort"


ROUTES = "apim-aws-dev-internal-network-routes-private-eu-west-1a"
BY_HAND: dict[str, Callable[[Graph], Graph]] = {
    "internet gateway": lambda graph: added(graph, "aws:ec2/internetGateway:InternetGateway", {}),
    "egress-only gateway": lambda graph: added(
        graph, "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway", {}
    ),
    "Elastic IP": lambda graph: added(graph, "aws:ec2/eip:Eip", {"domain": "vpc"}),
    "NAT gateway": lambda graph: added(graph, "aws:ec2/natGateway:NatGateway", {}),
    "default route": lambda graph: added(
        graph,
        "aws:ec2/route:Route",
        {"destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"},
        {"routeTableId": ROUTES},
    ),
    "subnet that gives addresses": lambda graph: changed(
        graph, "aws:ec2/subnet:Subnet", setting(mapPublicIpOnLaunch=True)
    ),
    "internet-facing load balancer": lambda graph: changed(
        graph, "aws:lb/loadBalancer:LoadBalancer", setting(internal=False)
    ),
    "second load balancer": lambda graph: added(graph, "aws:lb/loadBalancer:LoadBalancer", {}),
    "public zone": lambda graph: added(graph, "aws:route53/zone:Zone", {"name": "example.com"}),
    "zone without its network": lambda graph: changed(graph, "aws:route53/zone:Zone", setting(vpcs=[])),
    "Kubernetes API": lambda graph: changed(graph, "aws:eks/cluster:Cluster", api_opened),
    "database": lambda graph: changed(graph, "aws:rds/instance:Instance", setting(publiclyAccessible=True)),
    "search domain": lambda graph: added(graph, "aws:opensearch/domain:Domain", {"domainName": "logs"}),
    "cache in the default network": lambda graph: changed(
        graph,
        "aws:elasticache/replicationGroup:ReplicationGroup",
        lambda inputs: inputs.pop("subnetGroupName"),
    ),
    "REST API": lambda graph: added(
        graph, "aws:apigateway/restApi:RestApi", {"endpointConfiguration": {"types": "EDGE"}}
    ),
    "HTTP API": lambda graph: added(graph, "aws:apigatewayv2/api:Api", {"protocolType": "HTTP"}),
    "instance": lambda graph: added(graph, "aws:ec2/instance:Instance", {"associatePublicIpAddress": True}),
    "nodes with addresses": lambda graph: changed(graph, "aws:ec2/launchTemplate:LaunchTemplate", network_interface),
    "rule for everybody": lambda graph: changed(
        graph,
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        setting(cidrIpv4="0.0.0.0/0"),
    ),
    "bucket": lambda graph: without(graph, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"),
    "Service": lambda graph: added(graph, "kubernetes:core/v1:Service", {"spec": {"type": "LoadBalancer"}}),
    "node port": lambda graph: added(graph, "kubernetes:core/v1:Service", {"spec": {"type": "NodePort"}}),
    "proxies": lambda graph: changed(graph, "kubernetes:gateway.envoyproxy.io/v1alpha1:EnvoyProxy", proxies_exposed),
    "gateways": lambda graph: changed(graph, "kubernetes:helm.sh/v3:Release", gateway_exposed, "gateway-default"),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", BY_HAND)
def test_each_kind_of_access_point_is_caught_when_it_is_added(kind: str) -> None:
    graph = BY_HAND[kind](recorded(SEALED).graph)
    findings = caught(graph)
    assert findings
    assert {finding.severity for finding in findings} == {"error"}
    known = {resource.urn for resource in recorded(SEALED).graph.resources}
    by_hand = {resource.urn for resource in graph.resources} - known
    assert by_hand <= {finding.urn for finding in findings} <= known | by_hand


def test_what_a_program_adds_is_caught_too() -> None:
    """Through the monitor, as a deployment would see it."""
    environment = environment_of(SEALED, file=example(SEALED))

    def program() -> None:
        foundation = build_foundation(environment.settings, Naming.of_stack(environment.settings))
        gateway = aws.ec2.InternetGateway("by-hand", vpc_id=foundation.vpc_id)
        table = aws.ec2.RouteTable("by-hand-routes", vpc_id=foundation.vpc_id)
        aws.ec2.Route(
            "by-hand-route", route_table_id=table.id, destination_cidr_block="0.0.0.0/0", gateway_id=gateway.id
        )
        subnet = foundation.private_subnet_ids[0]
        aws.ec2.RouteTableAssociation("by-hand-association", route_table_id=table.id, subnet_id=subnet)
        aws.lb.LoadBalancer("by-hand-balancer", load_balancer_type="network", subnets=[subnet])
        aws.route53.Zone("by-hand-zone", name="example.com")
        aws.vpc.SecurityGroupIngressRule(
            "by-hand-rule",
            security_group_id=foundation.security_group_ids["nodes"],
            cidr_ipv4="0.0.0.0/0",
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
        )

    found = {finding.urn.rpartition("::")[2] for finding in caught(record(program, stack=SEALED).graph)}
    assert {"by-hand", "by-hand-route", "by-hand-balancer", "by-hand-zone", "by-hand-rule"} <= found


# -- images --------------------------------------------------------------------------------------------------------------------------------------


def public_images(graph: Graph) -> Iterator[tuple[str, str]]:
    """Iterate over the texts in values, pods and custom resources that name a public registry, with their resource and path."""
    hosts = {*load(IMAGES)["upstreams"], *(name.partition("/")[0] for name in load(IMAGES)["replacements"])}
    pattern = re.compile("|".join(rf"(?<![\w.-]){re.escape(host)}(?![\w.-])" for host in sorted(hosts)))
    for resource in graph.resources:
        if not resource.type.startswith("kubernetes:"):
            continue
        looked = {key: resource.inputs[key] for key in ("values", "spec") if key in resource.inputs}
        for path, text in texts(looked):
            last = path.rpartition(".")[2]
            bare = last in ("image", "imageName") and ".dkr.ecr." not in text
            if pattern.search(text) or bare:
                yield f"{resource.name}: {path}", text


@pytest.mark.slow
@pytest.mark.parametrize("overrides", [(), (MESH,)])
def test_no_image_of_the_sealed_example_comes_from_a_public_registry(overrides: tuple[str, ...]) -> None:
    graph = recorded(SEALED, *overrides).graph
    assert list(public_images(graph)) == []
    prefix = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/"
    registries = {
        text.split("/")[0] + "/"
        for _, text in texts([r.inputs for r in graph.resources if r.type.startswith("kubernetes:")])
        if ".dkr.ecr." in text
    }
    assert len(registries) == 1, registries
    assert len(next(iter(registries))) == len(prefix)


@pytest.mark.slow
@pytest.mark.skipif(helm() is None, reason="helm is not on the PATH")
def test_the_rendered_control_plane_names_no_public_registry() -> None:
    """Charts of repositories are not rendered: whoever deploys fetches them, and a rehearsal is offline."""
    (release,) = [
        release
        for release in of_type(recorded(SEALED).graph, "kubernetes:helm.sh/v3:Release")
        if str(release.inputs["chart"]).endswith("charts/apim")
    ]
    found = template(str(helm()), ROOT / "charts" / "apim", "apim", "apim", release.inputs["values"], version="1.35")
    images = [
        text for _, text in texts([each.manifest for each in found]) if re.search(r":[\w.-]+$", text) and "/" in text
    ]
    assert images
    assert [image for image in images if ".dkr.ecr." not in image and "://" not in image] == []


@pytest.mark.slow
def test_the_search_for_public_images_finds_them() -> None:
    assert len(list(public_images(recorded(INTERNAL).graph))) >= 2


@pytest.mark.slow
def test_every_release_is_told_where_its_images_are() -> None:
    """A chart whose own defaults would be used names no image in its values: it must be listed in the data with none."""
    for release in of_type(recorded(SEALED).graph, "kubernetes:helm.sh/v3:Release"):
        chart = str(release.inputs["chart"]).rpartition("/")[2]
        if chart == "apim":
            continue
        rows = load(IMAGES)["charts"][chart]
        named = [text for _, text in texts(release.inputs["values"]) if ".dkr.ecr." in text]
        assert len(named) >= len(rows), chart


# -- options -------------------------------------------------------------------------------------------------------------------------------------


TAGS = {"tags", "resourceTags", "tagSpecifications", "tagsAll"}


def differing(before: Graph, after: Graph) -> tuple[set[str], set[str], dict[str, set[str]]]:
    """Return the names added and removed, without the stack's prefix, and the inputs changed beside tags, by name."""
    old, new = ({r.urn: r for r in graph.resources} for graph in (before, after))
    changed_inputs: dict[str, set[str]] = {}
    for urn in old.keys() & new.keys():
        keys = {
            key
            for key in {*old[urn].inputs, *new[urn].inputs} - TAGS
            if untagged(old[urn].inputs.get(key)) != untagged(new[urn].inputs.get(key))
        }
        if old[urn].custom and keys:
            changed_inputs[short(urn)] = keys
    return (
        {short(urn) for urn in new.keys() - old.keys()},
        {short(urn) for urn in old.keys() - new.keys()},
        changed_inputs,
    )


def untagged(value: Any) -> Any:
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        return {key: untagged(item) for key, item in fields.items() if key not in TAGS}
    return [untagged(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value


def short(urn: str) -> str:
    return re.sub(r"^apim-(aws-dev-internal|aws-internal)-", "", urn.rpartition("::")[2])


def like(names: set[str], *patterns: str) -> set[str]:
    """Return the names that no pattern matches; every pattern must match something."""
    for pattern in patterns:
        assert any(re.fullmatch(pattern, name) for name in names), f"nothing is like {pattern} in {sorted(names)}"
    return {name for name in names if not any(re.fullmatch(pattern, name) for pattern in patterns)}


@pytest.mark.slow
def test_the_mesh_adds_itself_and_opens_its_tunnel_and_nothing_else() -> None:
    new, gone, inputs = differing(recorded(INTERNAL).graph, recorded(INTERNAL, MESH).graph)
    assert gone == set()
    rest = like(
        new,
        "mesh(-.*)?",
        "istio-system(-.*)?",
        "flows-(mesh-to-.*|.*-to-mesh-.*)",
        "security-(cluster-to-nodes|nodes-from-cluster)-tcp-15017",  # its webhooks
    )
    assert rest == set()
    namespaces = {"apim-namespace", "user-namespace-namespace", "microservices-namespace", "ingress-namespace"}
    namespaces |= {"monitoring-namespace", "logging-namespace"}
    assert {name for name, keys in inputs.items() if keys == {"metadata"}} == namespaces
    # One port more between pods of the mesh; what its daemon sets leave of the nodes to the services; and reasons in the descriptions of rules.
    others = ("flows-.*", "microservices-quota", "alert-rules-rules", "security-.*-tcp-443")
    assert like(set(inputs) - namespaces, *others) == set()
    assert {key for name, keys in inputs.items() if name.startswith("security-") for key in keys} == {"description"}


@pytest.mark.slow
def test_the_mesh_is_strict_and_holds_the_ports_of_the_matrix() -> None:
    graph = recorded(INTERNAL, MESH).graph
    strict = objects(graph, "PeerAuthentication")
    assert set(strict) == {"apim/strict", "user-namespace/strict", "microservices/strict"}
    assert {each.inputs["spec"]["mtls"]["mode"] for each in strict.values()} == {"STRICT"}
    meshed = {
        key.removeprefix("/")
        for key, namespace in objects(graph, "Namespace").items()
        if namespace.inputs["metadata"].get("labels", {}).get("istio.io/dataplane-mode") == "ambient"
    }
    rules = objects(graph, "AuthorizationPolicy")
    assert {rule.inputs["spec"]["rules"][0]["from"][0]["source"]["namespaces"][0] for rule in rules.values()} <= meshed
    calls = rules["user-namespace/ingress-to-gateway-private"].inputs["spec"]["rules"]
    assert calls == [{"from": [{"source": {"namespaces": ["ingress"]}}], "to": [{"operation": {"ports": ["8000"]}}]}]
    security = objects(graph, "Namespace")["/istio-system"].inputs["metadata"]["labels"]
    assert security["pod-security.kubernetes.io/enforce"] == "privileged"


def with_images(tmp_path: Path, source: str) -> Recording:
    """Record the internal example with logins for the cache, from one source or the other."""
    content = yaml.safe_load(example(INTERNAL).read_text(encoding="utf-8"))
    sealed = yaml.safe_load(example(SEALED).read_text(encoding="utf-8"))
    content["config"]["apim:images"] = {**sealed["config"]["apim:images"], "source": source}
    file = tmp_path / f"Pulumi.{source}.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    recording = record_stack(INTERNAL, file=file)
    assert recording.errors == []
    return recording


@pytest.mark.slow
def test_the_cache_adds_itself_and_changes_images_alone(tmp_path: Path) -> None:
    upstream, cached = with_images(tmp_path, "upstream"), with_images(tmp_path, "pull-through-cache")
    new, gone, inputs = differing(upstream.graph, cached.graph)
    assert gone == set()
    assert like(new, "image-cache(-.*)?") == set()
    kinds = {resource.type for resource in cached.graph.custom() if short(resource.urn) in new}
    assert kinds == {
        "aws:ecr/pullThroughCacheRule:PullThroughCacheRule",
        "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate",
        "aws:iam/role:Role",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:secretsmanager/secret:Secret",
        "aws:secretsmanager/secretVersion:SecretVersion",
    }
    assert {key for keys in inputs.values() for key in keys} == {"values", "spec"}
    assert list(public_images(cached.graph)) == []
    # The control plane's own images were in the account's registry before.
    assert "apim-release" not in inputs


@pytest.mark.slow
def test_the_topology_takes_the_public_side_away() -> None:
    standard = record_stack(
        INTERNAL,
        "topology=standard",
        'gateway_groups=[{"name":"default"},{"name":"bo","mode":"dedicated","apis":["/bo"]}]',
        file=example(INTERNAL),
    )
    assert standard.errors == []
    new, gone, _ = differing(standard.graph, recorded(INTERNAL).graph)
    # The platform becomes its own authority, and the API's host moves to the internal load balancer.
    route = "ingress-internal-api-apim-internal-example-com"
    policies = {f"flows-ingress-to-gateway-private-{way}" for way in ("ingress", "egress")}
    assert new == {"certificates-root", "certificates-authority", route, *policies}
    public = {
        "aws:lb/loadBalancer:LoadBalancer",
        "aws:lb/targetGroup:TargetGroup",
        "aws:lb/listener:Listener",
        "aws:route53/zone:Zone",
        "aws:route53/record:Record",
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    }
    # The rights to prove a domain in a public zone go too.
    rights = {
        "aws:iam/role:Role",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
    }
    kinds = {resource.type for resource in standard.graph.custom() if short(resource.urn) in gone}
    assert {kind for kind in kinds if kind.startswith("aws:")} == public | rights
    assert caught(standard.graph) == []  # the rules are about private topologies


@pytest.mark.slow
def test_the_example_and_nothing_of_it_holds_a_token() -> None:
    content = example(SEALED).read_text(encoding="utf-8")
    tokens = [line for line in content.splitlines() if "access_token" in line]
    assert len(tokens) == 2
    assert all("secure:" in line for line in tokens)
    graph = recorded(SEALED).graph
    for version in of_type(graph, "aws:secretsmanager/secretVersion:SecretVersion"):
        assert version.inputs["secretString"] == {"secret": True}
