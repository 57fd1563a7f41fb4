"""What the production stack is made of, on the graph that its program records."""

from collections import Counter
from dataclasses import replace

import pytest
from program_support import environment_of, objects, of_type, one, passwords, production

from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.testing import Recording
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode
from apim_infra.sizing.quota import namespace_quotas
from apim_infra.sizing.replicas import replicas
from apim_infra.sizing.table import Totals, sizing_table

INTERNAL_HOSTS = {"apim-admin", "tenant-admin", "developers-admin", "auth-admin"}
PUBLIC_HOSTS = {"api", "developers"}
DOMAIN = "example.com"


@pytest.fixture(scope="module")
def recording() -> Recording:
    return production()


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


def test_generated_passwords_are_known_to_the_tests_that_look_for_them(recording: Recording) -> None:
    generated = set(passwords(recording.graph))
    assert len(generated) >= 8
    assert generated <= recording.deployment.secrets()


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
    every = of_type(graph, "aws:eks/nodeGroup:NodeGroup")
    assert {group.inputs["labels"]["apim.io/pool"] for group in every} == {"management", "user", "monitoring"}
    groups = [group for group in every if group.inputs["labels"]["apim.io/pool"] == pool]
    wanted = getattr(settings.cluster.pools, pool)
    private = {s.id for s in of_type(graph, "aws:ec2/subnet:Subnet") if "-private-" in s.name}
    assert [len(group.inputs["subnetIds"]) for group in groups] == [1, 1, 1]
    assert {group.inputs["subnetIds"][0] for group in groups} == private
    for group in groups:
        assert group.inputs["taints"] == [{"key": "apim.io/pool", "value": pool, "effect": "NO_SCHEDULE"}]
        assert group.inputs["instanceTypes"] == [wanted.size]
        assert group.ignore_changes == ["scalingConfig.desiredSize"]
    scaling = [group.inputs["scalingConfig"] for group in groups]
    assert sum(zone["minSize"] for zone in scaling) == wanted.min
    assert [zone["maxSize"] for zone in scaling] == [
        -(-wanted.max // 2)
    ] * 3  # two zones hold it when the third is lost
    (template,) = [
        found
        for found in of_type(graph, "aws:ec2/launchTemplate:LaunchTemplate")
        if found.id in {group.inputs["launchTemplate"]["id"] for group in groups}
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
        count = replicas(settings, row)
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


def test_the_printed_total_of_the_sizing_table_is_not_used(
    settings: StackSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    quotas = namespace_quotas(settings)
    misprinted = replace(sizing_table(), printed_totals=Totals(cpu_millicores=1, memory_mib=1, storage_gb=1))
    monkeypatch.setattr("apim_infra.sizing.quota.sizing_table", lambda: misprinted)
    assert namespace_quotas(settings) == quotas


def test_the_charts_values_carry_the_sizing_table(graph: Graph, settings: StackSettings) -> None:
    release = of_type(graph, "kubernetes:helm.sh/v3:Release")
    (values,) = [found.inputs["values"] for found in release if found.inputs["name"] == "apim"]
    rows = {row.name: row for row in sizing_table().workloads if row.kind == "Deployment"}
    assert set(values["workloads"]) == set(rows)
    for name, row in rows.items():
        workload = values["workloads"][name]
        # The chart writes `resources` as both requests and limits.
        assert workload["resources"] == {"cpu": f"{row.cpu_millicores}m", "memory": f"{row.memory_mib}Mi"}
        assert workload["replicas"] == replicas(settings, row)
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
    blocks = of_type(graph, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    assert len(blocks) == len(of_type(graph, "aws:s3/bucket:Bucket"))
    for block in blocks:
        assert all(
            block.inputs[key]
            for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        )
    copies = {key.outputs["arn"] for key in of_type(graph, "aws:kms/replicaKey:ReplicaKey")}
    for bucket in of_type(
        graph, "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    ):
        (rule,) = bucket.inputs["rules"]
        assert rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"] in keys | copies


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
