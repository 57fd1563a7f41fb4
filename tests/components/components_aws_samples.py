"""One program per AWS component, small enough to read, with what it needs around it."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from apim_infra.rehearsal.packages import packages
from apim_infra.rehearsal.testing import Recording, record
from components.aws.addons import ClusterAddons
from components.aws.alarms import Alarms
from components.aws.backup import BackupReplication, RecoveryKeys
from components.aws.backup_plan import BackupPlan
from components.aws.backup_vault import BackupVault
from components.aws.bucket_replication import BucketReplication
from components.aws.cluster import Cluster
from components.aws.dashboard import PlatformDashboard
from components.aws.dns import Dns
from components.aws.encryption import EncryptionKeys
from components.aws.export_cloudwatch import CloudWatchExport
from components.aws.export_datadog import DatadogExport
from components.aws.export_domain import ExportDomain
from components.aws.export_stream import ExportStream
from components.aws.export_subscription import ExportSubscription
from components.aws.front_end_domain import FrontEndDomain
from components.aws.health_checks import HealthChecks
from components.aws.http_api import HttpApi
from components.aws.image_cache import ImageCache
from components.aws.load_balancer import LoadBalancer
from components.aws.network import Network
from components.aws.node_pool import NodePool
from components.aws.pod_identity import PodIdentity
from components.aws.redis import Redis
from components.aws.registry import Registry, RegistryReplication
from components.aws.relational import RelationalDatabase
from components.aws.secrets import Secret
from components.aws.security_groups import SecurityGroups
from components.aws.state_bucket import StateBucket
from components.aws.storage import LogBucket
from components.aws.truststore import Truststore
from components.aws.vpc_endpoints import VpcEndpoints
from components.aws.vpc_link import VpcLink
from components.aws.watched import Watched, cache_nodes, database, targets

REGION = "eu-west-1"
RECOVERY_REGION = "eu-central-1"
ACCOUNT = "111122223333"
ZONES = ("eu-west-1a", "eu-west-1b", "eu-west-1c")
TAGS = {"environment": "test"}


class Stack:
    """A stack that programs are run on one after another, with one world for all of them."""

    def __init__(self) -> None:
        self._providers = packages()
        self._last: Recording | None = None

    def run(self, program: Callable[[], object]) -> Recording:
        """Record a program that the twins must accept as it is."""
        recording = record(program, config={"aws:region": REGION}, before=self._last, providers=self._providers)
        if recording.errors:
            pytest.fail("\n".join(f"{error.urn}: {error.rule}: {error.message}" for error in recording.errors))
        self._last = recording
        return recording


def run(program: Callable[[], object]) -> Recording:
    """Record a program on a stack of its own; the samples as they are, once for all tests."""
    return _sample(program) if program in SAMPLES.values() else Stack().run(program)


@cache
def _sample(program: Callable[[], object]) -> Recording:
    return Stack().run(program)


def kinds(recording: Recording) -> Counter[str]:
    """Count what a recording made, by type."""
    return Counter(resource.type for resource in recording.graph.custom() if not resource.type.startswith("pulumi:"))


def added(before: Recording, after: Recording) -> Mapping[str, int]:
    """Return how many of each type came and, negative, went."""
    counts = kinds(after)
    counts.subtract(kinds(before))
    return {type_: count for type_, count in counts.items() if count}


def changes(recording: Recording) -> Mapping[str, str]:
    """Return what was done with each resource of a cloud that was not left alone, by name."""
    return {
        step.urn.rsplit("::", 1)[1]: str(step.operation)
        for step in recording.steps
        if step.operation != "same" and "apim:aws:" not in step.urn.rsplit("::", 2)[1].rsplit("$", 1)[-1]
    }


def subnets(kind: str, count: int = 3) -> list[dict[str, Any]]:
    """Return subnet arguments for the first zones, at addresses that do not depend on how many there are."""
    block = {"public": "10.0.{0}.0/24", "private": "10.0.{1}.0/20", "data": "10.0.{2}.0/24"}[kind]
    return [
        {"zone": zone, "cidr": block.format(number, 16 * (number + 1), 128 + number)}
        for number, zone in enumerate(ZONES[:count])
    ]


def network(zones: int = 3, **options: Any) -> Network:
    """Make a network with all three kinds of subnets."""
    args: Any = {
        "region": REGION,
        "cidr": "10.0.0.0/16",
        "public_subnets": subnets("public", zones),
        "private_subnets": subnets("private", zones),
        "data_subnets": subnets("data", zones),
        "tags": TAGS,
    }
    return Network("net", {**args, **options})


def bare_network() -> Network:
    """Make the smallest network that stores and clusters can stand in."""
    return network(2, public_subnets=[], gateway_endpoints=[], flow_logs=False)


def keys(**options: Any) -> EncryptionKeys:
    args: Any = {"account_id": ACCOUNT, "region": REGION, "tags": TAGS}
    return EncryptionKeys("keys", {**args, **options})


def security_groups(**options: Any) -> SecurityGroups:
    args: Any = {
        "vpc_id": bare_network().vpc_id,
        "roles": {"edge": "Load balancer", "nodes": "Nodes and pods", "stores": "Databases"},
        "ranges": {"internet": ["0.0.0.0/0"], "internal": ["10.0.0.0/8", "192.168.0.0/16"]},
        "flows": [
            {"source": "internet", "destination": "edge", "protocol": "tcp", "port_from": 443, "reason": "API users"},
            {
                "source": "edge",
                "destination": "nodes",
                "protocol": "tcp",
                "port_from": 8443,
                "reason": "To the ingress",
            },
            {"source": "nodes", "destination": "stores", "protocol": "tcp", "port_from": 3306, "reason": "MariaDB"},
            {"source": "nodes", "destination": "nodes", "protocol": "all", "reason": "Pods among themselves"},
            {"source": "internal", "destination": "nodes", "protocol": "icmp", "reason": "Path discovery"},
        ],
        "tags": TAGS,
    }
    return SecurityGroups("groups", {**args, **options})


def vpc_endpoints(**options: Any) -> VpcEndpoints:
    net = bare_network()
    args: Any = {
        "region": REGION,
        "vpc_id": net.vpc_id,
        "vpc_cidr": net.cidr,
        "subnet_ids": net.private_subnet_ids,
        "interface_services": ["sts"],
        "tags": TAGS,
    }
    return VpcEndpoints("apis", {**args, **options})


def cluster(**options: Any) -> Cluster:
    args: Any = {"version": "1.35", "subnet_ids": bare_network().private_subnet_ids, "tags": TAGS}
    return Cluster("apim", {**args, **options})


def node_pool(count: int = 1, minimum: int = 2, maximum: int = 4, **options: Any) -> NodePool:
    """Make a pool in the first zones, with bounds of each."""
    net = network(2)
    parent = Cluster("apim", {"version": "1.35", "subnet_ids": net.private_subnet_ids, "tags": TAGS})
    args: Any = {
        "cluster_name": parent.name,
        "version": parent.version,
        "pool": "management",
        "role_arn": parent.node_role_arn,
        "zones": [
            {"zone": zone, "subnet_id": subnet_id, "minimum": minimum, "maximum": maximum}
            for zone, subnet_id in zip(ZONES, net.private_subnet_ids[:count], strict=False)
        ],
        "instance_types": ["m7i.large"],
        "tags": TAGS,
    }
    return NodePool("management", {**args, **options}, pulumi.ResourceOptions(depends_on=[parent]))


def cluster_addons(**options: Any) -> ClusterAddons:
    pool = node_pool()
    args: Any = {"cluster_name": pool.node_groups[ZONES[0]].cluster_name, "tags": TAGS}
    return ClusterAddons("addons", {**args, **options}, pulumi.ResourceOptions(depends_on=[pool]))


def pod_identity(**options: Any) -> PodIdentity:
    args: Any = {
        "cluster_name": cluster().name,
        "namespace": "apim",
        "service_account": "fluent-bit",
        "tags": TAGS,
    }
    return PodIdentity("fluent-bit", {**args, **options})


def data_group(net: Network) -> pulumi.Output[str]:
    """Make a security group for a store."""
    return aws.ec2.SecurityGroup("stores", vpc_id=net.vpc_id, description="Stores", tags=TAGS).id


def relational(**options: Any) -> RelationalDatabase:
    net = bare_network()
    args: Any = {
        "engine": "mariadb",
        "version": "11.8",
        "instance_class": "db.m7g.large",
        "subnet_ids": net.data_subnet_ids,
        "security_group_ids": [data_group(net)],
        "database": "apim",
        "username": "apim_admin",
        "tags": TAGS,
    }
    return RelationalDatabase("apim-mariadb", {**args, **options})


def recovery_keys(**options: Any) -> RecoveryKeys:
    primary = keys(multi_region=True)
    args: Any = {
        "recovery_region": RECOVERY_REGION,
        "primary_key_arns": {"stores": primary.stores_key_arn, "logs": primary.logs_key_arn},
        "tags": TAGS,
    }
    return RecoveryKeys("recovery", {**args, **options})


def backup_vault(**options: Any) -> BackupVault:
    args: Any = {"key_arn": keys().stores_key_arn, "account_id": ACCOUNT, "tags": TAGS}
    return BackupVault("vault", {**args, **options})


def backup_plan(**options: Any) -> BackupPlan:
    args: Any = {
        "vault_name": backup_vault().name,
        "account_id": ACCOUNT,
        "selected_by": {"apim:stack": "test", "apim:backup": "daily"},
        "tags": TAGS,
    }
    return BackupPlan("daily", {**args, **options})


def bucket_replication(**options: Any) -> BucketReplication:
    logs, copy = log_bucket(), LogBucket("copy", {"region": RECOVERY_REGION, "tags": TAGS})
    args: Any = {
        "bucket_name": logs.name,
        "bucket_arn": logs.arn,
        "region": REGION,
        "copy_arn": copy.arn,
        "copy_region": RECOVERY_REGION,
        "account_id": ACCOUNT,
        "tags": TAGS,
    }
    return BucketReplication("logs-replication", {**args, **options}, pulumi.ResourceOptions(depends_on=[logs, copy]))


def state_bucket(**options: Any) -> StateBucket:
    args: Any = {"account_id": ACCOUNT, "region": REGION, "copy_region": RECOVERY_REGION, "tags": TAGS}
    return StateBucket("state", {**args, **options})


def registry_replication(**options: Any) -> RegistryReplication:
    args: Any = {"prefix": "apim", "account_id": ACCOUNT, "recovery_region": RECOVERY_REGION}
    return RegistryReplication("image-copies", {**args, **options})


def backups(**options: Any) -> BackupReplication:
    args: Any = {
        "recovery_region": RECOVERY_REGION,
        "key_arn": recovery_keys().key_arns["stores"],
        "databases": {"mariadb": relational().instance.arn},
        "tags": TAGS,
    }
    return BackupReplication("backups", {**args, **options})


def redis(**options: Any) -> Redis:
    net = bare_network()
    args: Any = {
        "version": "8.1",
        "node_type": "cache.m7g.large",
        "subnet_ids": net.data_subnet_ids,
        "security_group_ids": [data_group(net)],
        "tags": TAGS,
    }
    return Redis("apim-redis", {**args, **options})


def load_balancer(**options: Any) -> LoadBalancer:
    net = network(2, flow_logs=False)
    args: Any = {
        "vpc_id": net.vpc_id,
        "internal": True,
        "subnet_ids": net.private_subnet_ids,
        "security_group_ids": [data_group(net)],
        "tags": TAGS,
    }
    return LoadBalancer("apim-internal", {**args, **options})


def dns(**options: Any) -> Dns:
    balancer = load_balancer()
    here = {"target": balancer.dns_name, "target_zone_id": balancer.zone_id}
    args: Any = {
        "domain": "example.com",
        "public": True,
        "vpc_id": balancer.target_groups["https"].vpc_id,
        "public_hosts": [{"host": "api", **here}],
        "private_hosts": [{"host": "apim-admin", **here}],
        "tags": TAGS,
    }
    return Dns("dns", {**args, **options})


def log_bucket(**options: Any) -> LogBucket:
    args: Any = {"tags": TAGS}
    return LogBucket("logs", {**args, **options})


def registry(**options: Any) -> Registry:
    args: Any = {"repositories": ["gateway", "portal"], "prefix": "apim", "tags": TAGS}
    return Registry("images", {**args, **options})


def secret(**options: Any) -> Secret:
    args: Any = {"value": pulumi.Output.secret("s3cret-value"), "tags": TAGS}
    return Secret("slack", {**args, **options})


def image_cache(**options: Any) -> ImageCache:
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    login = {"username": "apim", "access_token": pulumi.Output.secret("s3cret-value")}
    args: Any = {
        "prefix": "apim-test",
        "account_id": "111122223333",
        "region": REGION,
        "upstreams": {"docker.io": "docker", "quay.io": "quay"},
        "logins": {"docker.io": login},
        "node_role_name": aws.iam.Role("nodes", assume_role_policy=policy, tags=TAGS).name,
        "tags": TAGS,
    }
    return ImageCache("image-cache", {**args, **options})


def rotated(**options: Any) -> RelationalDatabase:
    """Make a database whose password changes by itself."""
    net, group = bare_network(), aws.ec2.SecurityGroup
    function = group("rotation", vpc_id=net.vpc_id, description="Rotation", tags=TAGS).id
    stores = group("stores", vpc_id=net.vpc_id, description="Stores", tags=TAGS).id
    args: Any = {
        "engine": "mariadb",
        "version": "11.8",
        "instance_class": "db.m7g.large",
        "subnet_ids": net.data_subnet_ids,
        "security_group_ids": [stores],
        "database": "apim",
        "username": "apim_admin",
        "rotation": {
            "days": 30,
            "region": REGION,
            "subnet_ids": net.private_subnet_ids,
            "security_group_id": function,
            "tags": TAGS,
        },
        "tags": TAGS,
    }
    return RelationalDatabase("apim-mariadb", {**args, **options})


def vpc_link(balancer: LoadBalancer | None = None, **options: Any) -> VpcLink:
    """Make a link into the network of a load balancer, its own if none is given."""
    behind = balancer or load_balancer()
    args: Any = {
        "subnet_ids": [behind.load_balancer.subnets.apply(lambda ids, at=at: ids[at]) for at in range(2)],
        "security_group_ids": [behind.load_balancer.security_groups.apply(lambda ids: ids[0])],
        "tags": TAGS,
    }
    return VpcLink("link", {**args, **options})


def truststore(**options: Any) -> Truststore:
    pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    args: Any = {"certificates": pem, "tags": TAGS}
    return Truststore("trust", {**args, **options})


def front_end_domain(**options: Any) -> FrontEndDomain:
    """Make the domain name of a host with a certificate that is proven in a zone beside it."""
    zone = aws.route53.Zone("zone", name="example.com", tags=TAGS)
    args: Any = {"host": "api.example.com", "public_zone_id": zone.zone_id, "tags": TAGS}
    return FrontEndDomain("front", {**args, **options})


OPERATIONS = [
    {"api": "orders", "method": "GET", "path": "/orders"},
    {"api": "orders", "method": "GET", "path": "/orders/{id}"},
    {"api": "customers", "method": "GET", "path": "/customers"},
]


def http_api(**options: Any) -> HttpApi:
    balancer = load_balancer()
    args: Any = {
        "listener_arn": balancer.listener_arns["https"],
        "vpc_link_id": vpc_link(balancer).link_id,
        "server_name": "api.example.com",
        "domain_name": front_end_domain().domain,
        "operations": OPERATIONS,
        "rate": 100,
        "burst": 200,
        "tags": TAGS,
    }
    return HttpApi("apis", {**args, **options})


def health_checks(**options: Any) -> HealthChecks:
    args: Any = {"hosts": ["api.example.com", "developers.example.com"], "email": ["ops@example.com"], "tags": TAGS}
    return HealthChecks("checks", {**args, **options})


def export_stream(**options: Any) -> ExportStream:
    bucket = log_bucket()
    args: Any = {"account_id": ACCOUNT, "bucket": {"arn": bucket.arn, "prefix": "logs"}, "tags": TAGS}
    return ExportStream("stream", {**args, **options})


def export_domain(**options: Any) -> ExportDomain:
    net = bare_network()
    args: Any = {
        "domain_name": "apim-logs",
        "account_id": ACCOUNT,
        "region": REGION,
        "version": "2.19",
        "instance_type": "r7g.large.search",
        "nodes": 2,
        "storage_gb": 100,
        "subnet_ids": net.data_subnet_ids,
        "security_group_ids": [data_group(net)],
        "service_role": True,
        "tags": TAGS,
    }
    return ExportDomain("search", {**args, **options})


def export_cloudwatch(**options: Any) -> CloudWatchExport:
    args: Any = {"logs": True, "metrics": True, "retention_days": 90, "tags": TAGS}
    return CloudWatchExport("cloudwatch", {**args, **options})


def export_datadog(**options: Any) -> DatadogExport:
    bucket = log_bucket()
    args: Any = {
        "account_id": ACCOUNT,
        "api_key": pulumi.Output.secret("s3cret-value"),
        "logs_url": "https://aws-kinesis-http-intake.logs.datadoghq.eu/v1/input",
        "metrics_url": "https://awsmetrics-intake.datadoghq.eu/v1/input",
        "metric_namespaces": ["AWS/RDS"],
        "bucket": {"arn": bucket.arn, "prefix": "datadog"},
        "tags": TAGS,
    }
    return DatadogExport("datadog", {**args, **options})


def export_subscription(**options: Any) -> ExportSubscription:
    group = aws.cloudwatch.LogGroup("front-end", retention_in_days=30, tags=TAGS)
    args: Any = {
        "account_id": ACCOUNT,
        "region": REGION,
        "log_groups": {"api": group.name},
        "stream_arn": export_stream().arn,
        "tags": TAGS,
    }
    return ExportSubscription("subscription", {**args, **options})


def watched() -> list[Watched]:
    """Return one part of each kind, by names alone: alarms and dashboards accept parts that are not there yet."""
    return [
        *database(
            "orders", "orders", engine="mariadb", storage_gb=100, memory_mib=16384, replicas=["orders-replica-1"]
        ),
        *cache_nodes("redis", "redis", 2),
        *targets("public", "net/public/0123456789abcdef", {"https": "targetgroup/https/0123456789abcdef"}),
        {"name": "nat-a", "kind": "nat", "dimensions": {"NatGatewayId": "nat-0123456789abcdef0"}},
        {"name": "front-end", "kind": "http-api", "dimensions": {"ApiId": "a1b2c3d4e5"}},
    ]


def alarms(**options: Any) -> Alarms:
    args: Any = {
        "account_id": ACCOUNT,
        "watched": watched(),
        "email": ["ops@example.com"],
        "slack": {"workspace_id": "T0123ABCD", "channel_id": "C0123ABCD"},
        "key_arn": keys(alarms=True).logs_key_arn,
        "tags": TAGS,
    }
    return Alarms("alarms", {**args, **options})


def dashboard(**options: Any) -> PlatformDashboard:
    args: Any = {"region": REGION, "cluster_name": "apim", "watched": watched()}
    return PlatformDashboard("platform", {**args, **options})


SAMPLES: Mapping[str, Callable[..., pulumi.ComponentResource]] = {
    "vpc_link": vpc_link,
    "truststore": truststore,
    "front_end_domain": front_end_domain,
    "http_api": http_api,
    "health_checks": health_checks,
    "network": network,
    "keys": keys,
    "security_groups": security_groups,
    "vpc_endpoints": vpc_endpoints,
    "cluster": cluster,
    "node_pool": node_pool,
    "cluster_addons": cluster_addons,
    "pod_identity": pod_identity,
    "relational": relational,
    "rotated": rotated,
    "backups": backups,
    "recovery_keys": recovery_keys,
    "backup_vault": backup_vault,
    "backup_plan": backup_plan,
    "bucket_replication": bucket_replication,
    "state_bucket": state_bucket,
    "registry_replication": registry_replication,
    "redis": redis,
    "load_balancer": load_balancer,
    "dns": dns,
    "log_bucket": log_bucket,
    "registry": registry,
    "secret": secret,
    "image_cache": image_cache,
    "export_stream": export_stream,
    "export_domain": export_domain,
    "export_cloudwatch": export_cloudwatch,
    "export_datadog": export_datadog,
    "export_subscription": export_subscription,
    "alarms": alarms,
    "dashboard": dashboard,
}
"""Every component by a short name."""
