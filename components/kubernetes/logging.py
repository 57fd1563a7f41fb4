"""Logs: the Elastic operator with one Elasticsearch, and Fluent Bit on every node, which feeds it and the analysis manager."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random

from components.common import after, refuse
from components.kubernetes.custom_resource import custom_resource
from components.kubernetes.data import load
from components.kubernetes.helm_release import ADDONS, helm_release, pinned, size, sized
from components.kubernetes.job import HttpCall, Login, digest, http_job
from components.kubernetes.log_collector import ARCHIVE_SECRET, AnalysisSink, BlobArchive, CloudSink, collector_values
from components.kubernetes.metrics_exporter import RELEASE, MetricsSink, exporter_values
from components.kubernetes.pods import ContainerSize, Placement, resources, scheduling

OPERATOR = "eck-operator"
COLLECTOR = "fluent-bit"
CLUSTER = "logs"
"""Name of the Elasticsearch cluster; its service is `logs-es-http`, port 9200."""
DATA_STREAM = "logs-apim-cluster"
WRITER = "apim-log-writer"
"""User of Fluent Bit, and its role."""
WRITER_SECRET = "log-writer"  # noqa: S105 - name of a secret


class LoggingArgs(TypedDict):
    """Inputs of log collection."""

    namespace: str
    """Namespace of all parts; Fluent Bit reads the nodes' log files, which needs Pod Security `privileged`."""
    placement: Placement
    """Pool on which all but Fluent Bit run."""
    retention_days: int
    """How long logs are kept, in days."""
    storage_gib: int
    """Volume of each Elasticsearch node, in GiB."""
    storage_class: NotRequired[str]
    """Storage class of the volumes; the cluster's default one when absent."""
    nodes: NotRequired[int]
    """Elasticsearch nodes, 1 (default) or at least 3, since two cannot elect a master after a loss."""
    node_size: NotRequired[ContainerSize]
    """Size of an Elasticsearch node; default in `addons.yaml`."""
    analysis: NotRequired[Sequence[AnalysisSink]]
    """The analysis managers, each of which gets the logs of its own gateways; none by default."""
    cloud: NotRequired[CloudSink]
    """Where the gateways' logs go in the cloud; nowhere by default."""
    archive: NotRequired[BlobArchive]
    """Blob storage in which the gateways' logs are kept too; none by default."""


class Logging(pulumi.ComponentResource):
    """The Elastic operator, Elasticsearch and Fluent Bit.

    Children: `operator`, `writer` (secret of Fluent Bit's user, which may add records and nothing else), `roles`,
    `elasticsearch`, `retention` (Job that tells Elasticsearch how long to keep logs, once it is up), `archive_key` (secret, with an archive), `collector`.
    """

    def __init__(self, name: str, args: LoggingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:Logging", name, {}, opts)
        refuse(name, _problems(args))
        self.operator = helm_release(
            f"{name}-operator",
            OPERATOR,
            pinned(OPERATOR),
            args["namespace"],
            _operator_values(args),
            opts=after(self, opts),
        )
        self._users(name, args["namespace"], opts)
        self.elasticsearch = custom_resource(
            f"{name}-elasticsearch",
            api_version="elasticsearch.k8s.elastic.co/v1",
            kind="Elasticsearch",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=CLUSTER, namespace=args["namespace"]),
            spec=_elasticsearch(args),
            opts=after(self, opts, self.operator, self.writer, self.roles),
        )
        self.retention = self._retention(name, args)
        self.archive_key = self._archive_key(name, args, opts)
        self.collector = helm_release(
            f"{name}-collector",
            COLLECTOR,
            pinned(COLLECTOR),
            args["namespace"],
            collector_values(
                host=f"{CLUSTER}-es-http.{args['namespace']}.svc",
                data_stream=DATA_STREAM,
                writer_secret=WRITER_SECRET,
                authority_secret=f"{CLUSTER}-es-http-certs-public",
                resources=sized(COLLECTOR, "collector"),
                analysis=args.get("analysis", ()),
                cloud=args.get("cloud"),
                archive=args.get("archive"),
            ),
            opts=after(self, opts, self.retention, *([self.archive_key] if self.archive_key else [])),
        )
        self.register_outputs({})

    def _users(self, name: str, namespace: str, opts: pulumi.ResourceOptions | None) -> None:
        self.writer_password = random.RandomPassword(
            f"{name}-writer-password", length=32, special=False, opts=pulumi.ResourceOptions(parent=self)
        )
        self.writer = k8s.core.v1.Secret(
            f"{name}-writer",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=WRITER_SECRET, namespace=namespace),
            type="kubernetes.io/basic-auth",
            string_data={"username": WRITER, "password": self.writer_password.result, "roles": WRITER},
            opts=after(self, opts),
        )
        role = {
            "cluster": ["monitor"],
            "indices": [{"names": [DATA_STREAM], "privileges": ["auto_configure", "create_doc"]}],
        }
        self.roles = k8s.core.v1.Secret(
            f"{name}-roles",
            metadata=k8s.meta.v1.ObjectMetaArgs(name="log-roles", namespace=namespace),
            # JSON is YAML, which is what the file realm reads.
            string_data={"roles.yml": json.dumps({WRITER: role})},
            opts=after(self, opts),
        )

    def _archive_key(
        self, name: str, args: LoggingArgs, opts: pulumi.ResourceOptions | None
    ) -> k8s.core.v1.Secret | None:
        if "archive" not in args:
            return None
        return k8s.core.v1.Secret(
            f"{name}-archive-key",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=ARCHIVE_SECRET, namespace=args["namespace"]),
            string_data={"key": pulumi.Output.secret(args["archive"]["key"])},
            opts=after(self, opts),
        )

    def _retention(self, name: str, args: LoggingArgs) -> k8s.batch.v1.Job:
        lifecycle = {"data_retention": f"{args['retention_days']}d"}
        template = {
            "index_patterns": [DATA_STREAM],
            "data_stream": {},
            # Above the built-in template for logs-*-* (priority 100).
            "priority": 200,
            "template": {"lifecycle": lifecycle},
        }
        address = f"https://{CLUSTER}-es-http.{args['namespace']}.svc:9200"
        calls = [
            HttpCall("PUT", f"{address}/_index_template/apim-logs", template),
            # A data stream that is there already keeps its own lifecycle; 404 when there is none yet.
            HttpCall("PUT", f"{address}/_data_stream/{DATA_STREAM}/_lifecycle", lifecycle, also_accept=404),
        ]
        return http_job(
            f"{name}-retention",
            f"log-retention-{digest(calls)}",
            args["namespace"],
            calls,
            args["placement"],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.elasticsearch]),
            login=Login(user="elastic", secret=f"{CLUSTER}-es-elastic-user", key="elastic"),
            authority_secret=f"{CLUSTER}-es-http-certs-public",
        )


def _problems(args: LoggingArgs) -> Iterator[tuple[str, str]]:
    if args.get("nodes", 1) == 2:
        yield "nodes", "two nodes cannot elect a master after the loss of one: use 1 or at least 3"


def _operator_values(args: LoggingArgs) -> dict[str, Any]:
    return {
        "resources": sized(OPERATOR, "operator"),
        "podSecurityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "telemetry": {"disabled": True},
        # It manages this one cluster: no rights outside of the namespace but for its own definitions.
        "managedNamespaces": [args["namespace"]],
        **scheduling(args["placement"]),
    }


def _elasticsearch(args: LoggingArgs) -> dict[str, Any]:
    kind = {"storageClassName": args["storage_class"]} if "storage_class" in args else {}
    node_size = args.get("node_size", size(OPERATOR, "elasticsearch"))
    return {
        "version": load(ADDONS)["addons"][OPERATOR]["elasticsearch"],
        "auth": {"fileRealm": [{"secretName": WRITER_SECRET}], "roles": [{"secretName": "log-roles"}]},
        "nodeSets": [
            {
                "name": "default",
                "count": args.get("nodes", 1),
                # Memory maps need a kernel setting on the node, which only a privileged pod could change.
                "config": {"node.store.allow_mmap": False},
                "podTemplate": {
                    "spec": {
                        **scheduling(args["placement"]),
                        "automountServiceAccountToken": False,
                        "containers": [{"name": "elasticsearch", "resources": resources(node_size)}],
                    }
                },
                "volumeClaimTemplates": [
                    {
                        "metadata": {"name": "elasticsearch-data"},
                        "spec": {
                            **kind,
                            "accessModes": ["ReadWriteOnce"],
                            "resources": {"requests": {"storage": f"{args['storage_gib']}Gi"}},
                        },
                    }
                ],
            }
        ],
    }


class MetricsExporterArgs(TypedDict):
    """Inputs of the metrics exporter."""

    namespace: str
    """Namespace of the exporter."""
    placement: Placement
    """Pool on which it runs."""
    sink: MetricsSink
    """Where metrics come from and go to."""


class MetricsExporter(pulumi.ComponentResource):
    """One Fluent Bit that writes the platform's own series to CloudWatch. Child: `exporter` (release)."""

    def __init__(self, name: str, args: MetricsExporterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:MetricsExporter", name, {}, opts)
        self.exporter = helm_release(
            f"{name}-exporter",
            RELEASE,
            pinned(COLLECTOR),
            args["namespace"],
            exporter_values(args["sink"], args["placement"], sized(COLLECTOR, "metrics-exporter")),
            opts=after(self, opts),
        )
        self.register_outputs({})
