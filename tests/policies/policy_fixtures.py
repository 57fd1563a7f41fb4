"""A violating, a clean and an unknown fixture for each rule of the pack."""

from dataclasses import dataclass, field
from typing import Any

from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.provider import UNKNOWN

TAGS = {"apim:project": "apim", "apim:stack": "prd", "apim:tier": "prd"}


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:test::apim::{type_}::{name}"


def resource(
    type_: str,
    name: str,
    inputs: dict[str, Any],
    *,
    protect: bool = False,
    needs: dict[str, list[str]] | None = None,
) -> Resource:
    return Resource(
        urn=urn(type_, name),
        type=type_,
        name=name,
        parent="",
        custom=True,
        provider="",
        inputs=inputs,
        outputs=inputs,
        dependencies=[],
        property_dependencies=needs or {},
        protect=protect,
        aliases=[],
        ignore_changes=[],
        deleted_with="",
        source="main.py:1",
    )


def graph(*resources: Resource) -> Graph:
    return Graph("test", resources=list(resources))


@dataclass(frozen=True)
class Fixture:
    rule: str
    violating: dict[str, Graph]
    """What is wrong, to a graph in which just that is wrong."""
    clean: dict[str, Graph]
    unknown: Graph
    """A graph in which the rule meets a value that is not known yet."""
    words: dict[str, str] = field(default_factory=dict)
    """Words that the message of a violation must hold."""


DATABASE = "aws:rds/instance:Instance"
CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"
BUCKET = "aws:s3/bucket:Bucket"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
CLUSTER = "aws:eks/cluster:Cluster"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
VPC = "aws:ec2/vpc:Vpc"
FLOW_LOG = "aws:ec2/flowLog:FlowLog"
NAMESPACE = "kubernetes:core/v1:Namespace"
QUOTA = "kubernetes:core/v1:ResourceQuota"
LIMITS = "kubernetes:core/v1:LimitRange"
NETWORK_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
CRON_JOB = "kubernetes:batch/v1:CronJob"
RELEASE = "kubernetes:helm.sh/v3:Release"

CLOSED = dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True)
PROTECTED = {"deletionProtection": True, "skipFinalSnapshot": False, "tags": TAGS}


def bucket(block: dict[str, Any] | None, *, encrypted: bool = True) -> Graph:
    needs = {"bucket": [urn(BUCKET, "logs")]}
    companions = []
    if block is not None:
        companions.append(resource(BLOCK, "block", {"bucket": "logs", **block}, needs=needs))
    if encrypted:
        companions.append(resource(ENCRYPTION, "encryption", {"bucket": "logs"}, needs=needs))
    return graph(resource(BUCKET, "logs", {}), *companions)


def template(http_tokens: Any, hops: int = 1) -> Graph:
    options = {"httpTokens": http_tokens, "httpPutResponseHopLimit": hops}
    return graph(resource(TEMPLATE, "nodes", {"metadataOptions": options}))


def disk(encrypted: Any) -> Graph:
    return graph(resource(TEMPLATE, "nodes", {"blockDeviceMappings": [{"ebs": {"encrypted": encrypted}}]}))


def api(public: Any, *cidrs: str) -> Graph:
    network = {"endpointPublicAccess": public, "publicAccessCidrs": list(cidrs)}
    return graph(resource(CLUSTER, "main", {"vpcConfig": network}))


def opened(first: int, last: int, cidr: str = "0.0.0.0/0", protocol: str = "tcp") -> Graph:
    inputs = {"cidrIpv4": cidr, "ipProtocol": protocol, "fromPort": first, "toPort": last}
    return graph(resource(INGRESS, "rule", inputs))


def namespace(*, quota: bool = True, limits: bool = True, deny: bool = True, name: str = "apim") -> Graph:
    inside = {"metadata": {"namespace": name}}
    spec = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    parts = [resource(NAMESPACE, "ns", {"metadata": {"name": name}})]
    if quota:
        parts.append(resource(QUOTA, "quota", inside))
    if limits:
        parts.append(resource(LIMITS, "limits", inside))
    if deny:
        parts.append(resource(NETWORK_POLICY, "deny", {**inside, "spec": spec}))
    return graph(*parts)


RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
}


def deployment(image: Any = "kong:3.9.1", *, pod: dict[str, Any] | None = None, **context: Any) -> Graph:
    container = {"name": "proxy", "image": image, "securityContext": {**RESTRICTED, **context}}
    return graph(
        resource(DEPLOYMENT, "kong", {"spec": {"template": {"spec": {"containers": [container], **(pod or {})}}}})
    )


def cron_job(image: str) -> Graph:
    pod = {"containers": [{"name": "job", "image": image}]}
    return graph(resource(CRON_JOB, "job", {"spec": {"jobTemplate": {"spec": {"template": {"spec": pod}}}}}))


def release(version: Any, tag: str = "3.9.1") -> Graph:
    values = {"image": {"repository": "kong", "tag": tag}}
    return graph(resource(RELEASE, "kong", {"chart": "kong", "version": version, "values": values}))


def one(type_: str, inputs: dict[str, Any], *, protect: bool = False) -> Graph:
    return graph(resource(type_, "it", inputs, protect=protect))


LOGS = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
KEY_OF_SECRETS = {"provider": {"keyArn": "arn:aws:kms:eu-west-1:111122223333:key/k"}, "resources": ["secrets"]}

FIXTURES = (
    Fixture(
        "store-encrypted",
        violating={
            "database": one(DATABASE, {"storageEncrypted": False}),
            "database by default": one(DATABASE, {}),
            "cache at rest": one(CACHE, {"transitEncryptionEnabled": True}),
            "cache in transit": one(CACHE, {"atRestEncryptionEnabled": True}),
            "volume": one("aws:ebs/volume:Volume", {}),
            "node disk": disk("false"),
        },
        clean={
            "database": one(DATABASE, {"storageEncrypted": True}),
            "replica has its source's": one(DATABASE, {"replicateSourceDb": "master"}),
            "cache": one(CACHE, {"atRestEncryptionEnabled": True, "transitEncryptionEnabled": True}),
            "volume": one("aws:ebs/volume:Volume", {"encrypted": True}),
            "node disk": disk("true"),
        },
        unknown=one(DATABASE, {"storageEncrypted": UNKNOWN}),
    ),
    Fixture(
        "store-private",
        violating={"public database": one(DATABASE, {"publiclyAccessible": True})},
        clean={"private database": one(DATABASE, {"publiclyAccessible": False}), "default": one(DATABASE, {})},
        unknown=one(DATABASE, {"publiclyAccessible": UNKNOWN}),
    ),
    Fixture(
        "store-protected",
        violating={
            "no protect": one(DATABASE, PROTECTED),
            "no deletion protection": one(DATABASE, {**PROTECTED, "deletionProtection": False}, protect=True),
            "no final snapshot": one(DATABASE, {**PROTECTED, "skipFinalSnapshot": True}, protect=True),
            "cache without protect": one(CACHE, {"tags": TAGS}),
        },
        clean={
            "protected": one(DATABASE, PROTECTED, protect=True),
            "other tier": one(DATABASE, {"tags": {"apim:tier": "dev"}}),
            "cache": one(CACHE, {"tags": TAGS}, protect=True),
        },
        unknown=one(DATABASE, {**PROTECTED, "deletionProtection": UNKNOWN}, protect=True),
    ),
    Fixture(
        "store-backed-up",
        violating={
            "database": one(DATABASE, {"backupRetentionPeriod": 0}),
            "cache": one(CACHE, {}),
        },
        clean={
            "database": one(DATABASE, {"backupRetentionPeriod": 7}),
            "cache": one(CACHE, {"snapshotRetentionLimit": 7}),
            "replica": one(DATABASE, {"replicateSourceDb": "master"}),
        },
        unknown=one(DATABASE, {"backupRetentionPeriod": UNKNOWN}),
    ),
    Fixture(
        "bucket-closed",
        violating={
            "no block": bucket(None),
            "one switch off": bucket({**CLOSED, "blockPublicPolicy": False}),
            "not encrypted": bucket(CLOSED, encrypted=False),
        },
        clean={"closed": bucket(CLOSED)},
        unknown=bucket({**CLOSED, "blockPublicPolicy": UNKNOWN}),
    ),
    Fixture(
        "cluster-api-not-open",
        violating={
            "by default": one(CLUSTER, {}),
            "everybody": api(True, "0.0.0.0/0"),
            "no ranges": api(True),
            "everybody in two halves": api(True, "0.0.0.0/1", "128.0.0.0/1"),
        },
        clean={"private": api(False), "named ranges": api(True, "203.0.113.0/24")},
        unknown=one(CLUSTER, {"vpcConfig": {"endpointPublicAccess": UNKNOWN}}),
    ),
    Fixture(
        "cluster-secrets-encrypted",
        violating={
            "nothing": one(CLUSTER, {}),
            "no key": one(CLUSTER, {"encryptionConfig": {"resources": ["secrets"]}}),
        },
        clean={
            "key": one(CLUSTER, {"encryptionConfig": KEY_OF_SECRETS}),
            "key made in the same run": one(
                CLUSTER, {"encryptionConfig": {**KEY_OF_SECRETS, "provider": {"keyArn": UNKNOWN}}}
            ),
        },
        unknown=one(CLUSTER, {"encryptionConfig": UNKNOWN}),
    ),
    Fixture(
        "cluster-audited",
        violating={"one missing": one(CLUSTER, {"enabledClusterLogTypes": LOGS[1:]}), "none": one(CLUSTER, {})},
        clean={"all": one(CLUSTER, {"enabledClusterLogTypes": LOGS})},
        unknown=one(CLUSTER, {"enabledClusterLogTypes": [*LOGS[1:], UNKNOWN]}),
    ),
    Fixture(
        "node-metadata-guarded",
        violating={"version 1": template("optional"), "two hops": template("required", 2)},
        clean={"guarded": template("required")},
        unknown=template(UNKNOWN),
    ),
    Fixture(
        "key-rotates",
        violating={"off": one("aws:kms/key:Key", {})},
        clean={"on": one("aws:kms/key:Key", {"enableKeyRotation": True})},
        unknown=one("aws:kms/key:Key", {"enableKeyRotation": UNKNOWN}),
    ),
    Fixture(
        "registry-immutable",
        violating={"default": one("aws:ecr/repository:Repository", {})},
        clean={"immutable": one("aws:ecr/repository:Repository", {"imageTagMutability": "IMMUTABLE"})},
        unknown=one("aws:ecr/repository:Repository", {"imageTagMutability": UNKNOWN}),
    ),
    Fixture(
        "security-group-guarded",
        violating={
            "ssh": opened(22, 22),
            "a range with a database": opened(3000, 4000),
            "everything": opened(0, 0, protocol="-1"),
            "half of the internet": opened(22, 22, "128.0.0.0/1"),
            "IPv6": one(INGRESS, {"cidrIpv6": "::/0", "ipProtocol": "tcp", "fromPort": 5432, "toPort": 5432}),
        },
        clean={"https": opened(443, 443), "ssh from a range": opened(22, 22, "203.0.113.0/24")},
        unknown=one(INGRESS, {"cidrIpv4": UNKNOWN, "ipProtocol": "tcp", "fromPort": 22, "toPort": 22}),
    ),
    Fixture(
        "vpc-flows-recorded",
        violating={"none": graph(resource(VPC, "vpc", {}))},
        clean={
            "recorded": graph(
                resource(VPC, "vpc", {}), resource(FLOW_LOG, "log", {"vpcId": "v"}, needs={"vpcId": [urn(VPC, "vpc")]})
            )
        },
        # What this rule looks at is always known: which resource depends on which.
        unknown=graph(resource(VPC, "vpc", {}), resource(FLOW_LOG, "log", {"vpcId": UNKNOWN})),
    ),
    Fixture(
        "namespace-guarded",
        violating={
            "no quota": namespace(quota=False),
            "no limit range": namespace(limits=False),
            "no default deny": namespace(deny=False),
        },
        clean={
            "guarded": namespace(),
            "in a cluster that is not there yet": graph(resource(NAMESPACE, "ns", {})),
            "the system's": namespace(quota=False, name="kube-system"),
        },
        unknown=graph(resource(NAMESPACE, "ns", {"metadata": {"name": UNKNOWN}})),
    ),
    Fixture(
        "image-pinned",
        violating={
            "no tag": deployment("registry.example.com:5000/kong"),
            "latest": deployment("kong:latest"),
            "cron job": cron_job("backup"),
            "chart range": release("3.x"),
            "no chart version": release(None),
            "latest in values": release("3.4.1", "latest"),
            "latest in a list of values": one(
                RELEASE, {"chart": "kong", "version": "3.4.1", "values": {"sidecars": [{"tag": "latest"}]}}
            ),
        },
        clean={
            "tag": deployment("registry.example.com:5000/kong:3.9.1"),
            "digest": deployment("kong@sha256:" + "0" * 64),
            "chart": release("3.4.1"),
            "address not known yet": one(
                RELEASE, {"chart": "kong", "version": "3.4.1", "values": {"host": UNKNOWN, "image": {"tag": "3.9.1"}}}
            ),
            "own chart": one(RELEASE, {"chart": "./charts/apim"}),
        },
        unknown=deployment(UNKNOWN),
    ),
    Fixture(
        "pod-restricted",
        violating={
            "privileged": deployment(privileged=True),
            "escalation": deployment(allowPrivilegeEscalation=True),
            "root": deployment(runAsNonRoot=False),
            "capabilities": deployment(capabilities={"drop": ["NET_RAW"]}),
            "host network": deployment(pod={"hostNetwork": True}),
            "nothing said": cron_job("backup:1"),
        },
        clean={
            "restricted": deployment(),
            "pod level": deployment(pod={"securityContext": {"runAsNonRoot": True}}, runAsNonRoot=None),
        },
        unknown=deployment(allowPrivilegeEscalation=UNKNOWN),
    ),
    Fixture(
        "tags-required",
        violating={"none": one(VPC, {}), "one missing": one(VPC, {"tags": {**TAGS, "apim:tier": ""}})},
        clean={"all": one(VPC, {"tags": TAGS})},
        unknown=one(VPC, {"tags": {**TAGS, "apim:tier": UNKNOWN}}),
    ),
)
