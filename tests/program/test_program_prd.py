"""What the production stack is made of, on the graph that its program records."""

import subprocess
import sys
from collections import Counter
from ipaddress import ip_network
from typing import Any

import pytest
from conftest import environment
from program_support import ROOT, environment_of, in_cluster, objects, of_type, one, record_stack

from apim_infra.planning.flows import network_flows, network_ranges, network_roles
from apim_infra.planning.pod_flows import PodFlow, pod_flows
from apim_infra.rehearsal import urn as urns
from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.testing import Recording
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode
from apim_infra.sizing.table import sizing_table

INTERNAL_HOSTS = {"apim-admin", "tenant-admin", "developers-admin", "auth-admin"}
PUBLIC_HOSTS = {"api", "developers"}
DOMAIN = "example.com"
CLUSTER = "urn:pulumi:prd::apim::apim:aws:Cluster::apim-prd"
RULES = (
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return record_stack("prd")


@pytest.fixture(scope="module")
def graph(recording: Recording) -> Graph:
    return recording.graph


@pytest.fixture(scope="module")
def settings() -> StackSettings:
    return environment_of("prd").settings


def fqdns(labels: set[str]) -> set[str]:
    return {f"{label}.{DOMAIN}" for label in labels}


def test_it_has_at_least_150_resources_and_no_error(recording: Recording) -> None:
    assert recording.errors == []
    assert len(list(recording.graph.custom())) >= 150


# -- hosts ---------------------------------------------------------------------------------------------------------------------------------


def test_the_six_hosts_are_in_dns(graph: Graph) -> None:
    zones = {zone.id: zone for zone in of_type(graph, "aws:route53/zone:Zone")}
    private = {id_ for id_, zone in zones.items() if zone.inputs.get("vpcs")}
    assert (len(zones), len(private)) == (2, 1)
    balancers = {
        balancer.outputs["dnsName"]: balancer.inputs["internal"]
        for balancer in of_type(graph, "aws:lb/loadBalancer:LoadBalancer")
    }
    records = {
        (record.inputs["zoneId"] in private, record.inputs["name"]): balancers[record.inputs["aliases"][0]["name"]]
        for record in of_type(graph, "aws:route53/record:Record")
    }
    assert {name for is_private, name in records if not is_private} == fqdns(PUBLIC_HOSTS)
    assert {name for is_private, name in records if is_private} == fqdns(INTERNAL_HOSTS | PUBLIC_HOSTS)
    assert all(to_internal for (_, name), to_internal in records.items() if name in fqdns(INTERNAL_HOSTS))
    assert not any(to_internal for (is_private, _), to_internal in records.items() if not is_private)


@pytest.mark.parametrize(("gateway", "labels"), [("internal", INTERNAL_HOSTS), ("public", PUBLIC_HOSTS)])
def test_the_hosts_are_in_gateways_routes_and_certificates(graph: Graph, gateway: str, labels: set[str]) -> None:
    listeners = objects(graph, "Gateway")[f"ingress/{gateway}"].inputs["spec"]["listeners"]
    https = {listener["hostname"]: listener["tls"] for listener in listeners if listener["protocol"] == "HTTPS"}
    assert fqdns(labels) <= set(https)
    assert {listener["name"] for listener in listeners if listener["protocol"] == "HTTP"} == {"http"}
    certificate = objects(graph, "Certificate")[f"ingress/{gateway}-tls"].inputs["spec"]
    assert set(certificate["dnsNames"]) == set(https)
    for tls in https.values():
        assert tls == {"mode": "Terminate", "certificateRefs": [{"kind": "Secret", "name": certificate["secretName"]}]}
    routes = [
        route.inputs["spec"]
        for route in objects(graph, "HTTPRoute").values()
        if route.inputs["spec"]["parentRefs"][0]["name"] == gateway
    ]
    assert {host for route in routes for host in route.get("hostnames", [])} == set(https)
    (redirect,) = [route for route in routes if "hostnames" not in route]
    assert redirect["rules"][0]["filters"][0]["requestRedirect"]["scheme"] == "https"


def test_no_admin_host_is_reached_from_outside(graph: Graph) -> None:
    public = objects(graph, "Gateway")["ingress/public"].inputs["spec"]["listeners"]
    assert fqdns(INTERNAL_HOSTS).isdisjoint(listener.get("hostname") for listener in public)
    assert fqdns(INTERNAL_HOSTS).isdisjoint(
        objects(graph, "Certificate")["ingress/public-tls"].inputs["spec"]["dnsNames"]
    )


# -- nodes and quotas ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pool", ["management", "user", "monitoring"])
def test_each_pool_is_labelled_tainted_and_hardened(graph: Graph, settings: StackSettings, pool: str) -> None:
    groups = {group.inputs["labels"]["apim.io/pool"]: group for group in of_type(graph, "aws:eks/nodeGroup:NodeGroup")}
    assert set(groups) == {"management", "user", "monitoring"}
    group, wanted = groups[pool], getattr(settings.cluster.pools, pool)
    assert group.inputs["taints"] == [{"key": "apim.io/pool", "value": pool, "effect": "NO_SCHEDULE"}]
    assert group.inputs["instanceTypes"] == [wanted.size]
    scaling = group.inputs["scalingConfig"]
    assert (scaling["minSize"], scaling["maxSize"]) == (wanted.min, wanted.max)
    assert group.ignore_changes == ["scalingConfig.desiredSize"]
    assert len(group.inputs["subnetIds"]) == 3
    (template,) = [
        found
        for found in of_type(graph, "aws:ec2/launchTemplate:LaunchTemplate")
        if found.id == group.inputs["launchTemplate"]["id"]
    ]
    assert template.inputs["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
    }
    (disk,) = template.inputs["blockDeviceMappings"]
    assert (disk["ebs"]["volumeType"], disk["ebs"]["encrypted"]) == ("gp3", "true")
    assert disk["ebs"]["kmsKeyId"] in {key.outputs["arn"] for key in of_type(graph, "aws:kms/key:Key")}
    assert disk["ebs"]["volumeSize"] == wanted.disk_gb


def test_the_quota_is_the_sizing_table_at_the_configured_replicas_with_surge(
    graph: Graph, settings: StackSettings
) -> None:
    cpu = memory = storage = pods = 0
    for row in sizing_table().workloads:
        if row.kind != "Deployment":
            continue  # the stores of production are managed: they take nothing of the namespace
        count = settings.sizing.workload_replicas.get(row.name, settings.sizing.replicas)
        running = count + settings.sizing.surge
        cpu, memory, pods = cpu + running * row.cpu_millicores, memory + running * row.memory_mib, pods + running
        storage += row.storage_gb
    assert {store.mode for store in (settings.stores.mariadb, settings.stores.postgresql)} == {StoreMode.MANAGED}
    hard = objects(graph, "ResourceQuota")["apim/quota"].inputs["spec"]["hard"]
    assert hard == {
        "requests.cpu": f"{cpu}m",
        "limits.cpu": f"{cpu}m",
        "requests.memory": f"{memory}Mi",
        "limits.memory": f"{memory}Mi",
        "requests.storage": f"{storage}Gi",
        "pods": str(pods),
        "services.loadbalancers": "0",
        "services.nodeports": "0",
    }


def test_the_printed_total_of_the_sizing_table_is_not_used() -> None:
    table = sizing_table()
    assert (table.totals().cpu_millicores, table.totals().memory_mib, table.totals().storage_gb) == (4000, 5696, 40)
    assert table.printed_totals.memory_mib == 5760


def test_the_charts_values_carry_the_sizing_table(graph: Graph, settings: StackSettings) -> None:
    release = of_type(graph, "kubernetes:helm.sh/v3:Release")
    (values,) = [found.inputs["values"] for found in release if found.inputs["name"] == "apim"]
    rows = {row.name: row for row in sizing_table().workloads if row.kind == "Deployment"}
    assert set(values["workloads"]) == set(rows)
    for name, row in rows.items():
        workload = values["workloads"][name]
        # The chart writes `resources` as both requests and limits.
        assert workload["resources"] == {"cpu": f"{row.cpu_millicores}m", "memory": f"{row.memory_mib}Mi"}
        assert workload["replicas"] == settings.sizing.workload_replicas.get(name, settings.sizing.replicas)
        assert workload["storage"]["sizeGi"] == row.storage_gb


def test_every_namespace_is_closed_and_bounded(graph: Graph) -> None:
    names = {name.strip("/") for name in objects(graph, "Namespace")}
    assert {"apim", "user-namespace", "microservices", "monitoring", "logging", "ingress"} <= names
    for name in names:
        assert f"{name}/quota" in objects(graph, "ResourceQuota")
        assert f"{name}/container-defaults" in objects(graph, "LimitRange")
        deny = objects(graph, "NetworkPolicy")[f"{name}/default-deny"].inputs["spec"]
        assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


# -- stores, keys, cluster -----------------------------------------------------------------------------------------------------------------


def test_databases_are_encrypted_protected_and_private(graph: Graph) -> None:
    databases = of_type(graph, "aws:rds/instance:Instance")
    primaries = [database for database in databases if "replicateSourceDb" not in database.inputs]
    assert Counter(database.inputs["engine"] for database in primaries) == {"mariadb": 1, "postgres": 2}
    assert len(databases) == 5
    for database in databases:
        inputs = database.inputs
        assert (inputs["storageEncrypted"], inputs["publiclyAccessible"]) == (True, False)
        assert (database.protect, inputs["deletionProtection"]) == (True, True)
    for database in primaries:
        assert (database.inputs["multiAz"], database.inputs["skipFinalSnapshot"]) == (True, False)
        assert database.inputs["kmsKeyId"] == one_key(graph, "apim-prd-keys-stores").outputs["arn"]
        assert database.inputs["backupRetentionPeriod"] == 35
        assert set(database.ignore_changes) >= {"snapshotIdentifier", "restoreToPointInTime"}


def test_the_in_memory_store_is_encrypted_and_survives_a_zone(graph: Graph) -> None:
    group = one(graph, "aws:elasticache/replicationGroup:ReplicationGroup")
    for key in ("atRestEncryptionEnabled", "transitEncryptionEnabled", "automaticFailoverEnabled", "multiAzEnabled"):
        assert group.inputs[key] is True, key
    assert (group.protect, group.inputs["numCacheClusters"]) == (True, 3)


def test_logs_images_and_secrets_are_encrypted(graph: Graph) -> None:
    keys = {key.outputs["arn"] for key in of_type(graph, "aws:kms/key:Key")}
    for group in of_type(graph, "aws:cloudwatch/logGroup:LogGroup"):
        assert group.inputs["kmsKeyId"] in keys
        assert group.inputs["retentionInDays"] >= 90
    for secret in of_type(graph, "aws:secretsmanager/secret:Secret"):
        assert secret.inputs["kmsKeyId"] in keys
    for repository in of_type(graph, "aws:ecr/repository:Repository"):
        assert repository.inputs["imageTagMutability"] == "IMMUTABLE"
        assert repository.inputs["encryptionConfigurations"][0]["kmsKey"] in keys
    block = one(graph, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock").inputs
    assert all(
        block[key] for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    )
    rule = one(graph, "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration").inputs[
        "rules"
    ][0]
    assert rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"] in keys


def test_keys_rotate_and_are_protected(graph: Graph) -> None:
    keys = of_type(graph, "aws:kms/key:Key")
    assert len(keys) == 3
    for key in keys:
        assert (key.inputs["enableKeyRotation"], key.protect, key.inputs["deletionWindowInDays"]) == (True, True, 30)


def test_the_cluster_is_private_audited_and_encrypts_its_secrets(graph: Graph) -> None:
    cluster = one(graph, "aws:eks/cluster:Cluster")
    place = cluster.inputs["vpcConfig"]
    assert (place["endpointPrivateAccess"], place["endpointPublicAccess"]) == (True, False)
    assert set(cluster.inputs["enabledClusterLogTypes"]) == {
        "api",
        "audit",
        "authenticator",
        "controllerManager",
        "scheduler",
    }
    assert cluster.inputs["encryptionConfig"]["resources"] == ["secrets"]
    assert (
        cluster.inputs["encryptionConfig"]["provider"]["keyArn"]
        == one_key(graph, "apim-prd-keys-cluster").outputs["arn"]
    )
    assert cluster.inputs["accessConfig"]["authenticationMode"] == "API"
    assert (cluster.protect, cluster.inputs["deletionProtection"]) == (True, True)


def one_key(graph: Graph, name: str) -> Resource:
    (key,) = [key for key in of_type(graph, "aws:kms/key:Key") if key.name == name]
    return key


# -- network -------------------------------------------------------------------------------------------------------------------------------


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
        if flow.destination.namespace is not None:
            planned[f"{flow.destination.namespace}/{flow.name}-ingress"] = (flow, "Ingress")
        if flow.source.namespace is not None:
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


# -- conventions ---------------------------------------------------------------------------------------------------------------------------


def test_components_have_our_tokens_and_everything_lives_in_one(graph: Graph) -> None:
    known = {resource.urn: resource for resource in graph.resources}
    for resource in graph.resources:
        if urns.is_provider(resource.type) or resource.type == urns.ROOT_STACK_TYPE:
            continue
        if not resource.custom:
            assert resource.type.startswith(("apim:aws:", "apim:kubernetes:")), resource.urn
            assert known[resource.parent].type == urns.ROOT_STACK_TYPE or not known[resource.parent].custom
        else:
            assert known[resource.parent].type.startswith("apim:"), resource.urn


def test_clouds_and_cluster_are_in_components_of_their_own(graph: Graph) -> None:
    for resource in graph.custom():
        package = urns.package_of(resource.type)
        if not urns.is_provider(resource.type) and package in ("aws", "kubernetes"):
            assert urns.type_of(resource.parent).startswith(f"apim:{package}:"), resource.urn


def test_names_begin_with_project_and_stack_and_with_their_parent(graph: Graph) -> None:
    for resource in graph.resources:
        if resource.type == urns.ROOT_STACK_TYPE or resource.name.startswith("default_"):
            continue
        assert resource.name == "apim-prd" or resource.name.startswith("apim-prd-"), resource.urn
        parent = urns.name_of(resource.parent)
        assert resource.name == parent or resource.name.startswith(f"{parent}-"), resource.urn


def test_providers_are_explicit_but_for_the_one_without_settings(graph: Graph) -> None:
    defaults = {r.type for r in graph.resources if urns.is_provider(r.type) and r.name.startswith("default")}
    assert defaults <= {"pulumi:providers:random"}
    explicit = {r.name for r in graph.resources if urns.is_provider(r.type)} - {
        r.name for r in graph.resources if r.name.startswith("default")
    }
    assert explicit == {"apim-prd-aws", "apim-prd-kubernetes"}
    for resource in graph.custom():
        if urns.package_of(resource.type) in ("aws", "kubernetes") and not urns.is_provider(resource.type):
            assert urns.name_of(urns.split_reference(resource.provider)[0]) in explicit


def test_what_lives_in_the_cluster_is_gone_with_it(graph: Graph) -> None:
    found = in_cluster(graph)
    assert len(found) > 100
    assert {resource.deleted_with for resource in found} == {CLUSTER}
    assert CLUSTER in {resource.urn for resource in graph.resources}


def test_every_resource_with_tags_carries_those_of_the_stack(graph: Graph) -> None:
    own = {"apim:project": "apim", "apim:stack": "prd", "apim:tier": "prd", "cost-centre": "api-platform"}
    tagged = [resource for resource in graph.custom() if isinstance(resource.inputs.get("tags"), dict)]
    assert len(tagged) > 80
    assert [resource.urn for resource in tagged if not own.items() <= resource.inputs["tags"].items()] == []


def test_every_resource_names_the_line_that_made_it(graph: Graph) -> None:
    for resource in graph.custom():
        if urns.is_provider(resource.type) and resource.name.startswith("default"):
            continue
        file, _, line = resource.source.partition(":")
        assert ((ROOT / file).is_file(), line.isdigit()) == (True, True), (resource.urn, resource.source)


@pytest.mark.slow
def test_the_other_clouds_sdk_is_not_imported() -> None:
    """In a process of its own: this one may have imported anything."""
    code = (
        "import sys\n"
        "from program_support import record_stack\n"
        "assert not record_stack('dev').errors\n"
        "print(sorted(name for name in sys.modules if name.partition('.')[0] in ('pulumi_azure_native', 'pulumi_azure')))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**environment(), "PYTHONPATH": f"{ROOT}:{ROOT / 'tests/program'}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ran.returncode, ran.stdout.strip()) == (0, "[]"), ran.stderr
