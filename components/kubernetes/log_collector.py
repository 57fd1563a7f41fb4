"""Values of Fluent Bit: it tails every container's log on every node and sends it on."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

from components.kubernetes.pods import EVERY_NODE_PRIORITY

AUTHORITY = "/authority"
STATE = "/var/lib/fluent-bit"
"""On the node: how far each file has been read, and records that are still to be sent."""
USER = "LOG_STORE_USER"
PASSWORD = "LOG_STORE_PASSWORD"  # noqa: S105 - name of an environment variable


class AnalysisSink(TypedDict):
    """The analysis manager, as the receiver of the gateways' logs."""

    host: str
    """Name of its service."""
    port: NotRequired[int]
    """Port of its service; 80 by default."""
    path: NotRequired[str]
    """Path that takes records as JSON; `/logs` by default."""
    gateway_namespace: str
    """Namespace of the gateways whose logs it gets."""


class CloudSink(TypedDict):
    """Where the gateways' logs go in the cloud. The service account of the collector has the right to write there, by Pod Identity."""

    region: pulumi.Input[str]
    """Region of log group and streams."""
    gateway_namespaces: Sequence[str]
    """Namespaces of the gateways whose logs are sent."""
    log_group: NotRequired[pulumi.Input[str]]
    """Log group of CloudWatch, by its name."""
    streams: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Delivery streams by a short name, by their names."""


class BlobArchive(TypedDict):
    """Blob storage in which the gateways' logs are kept. Fluent Bit logs in with a key of the account (its documentation of azure_blob, 5.0: key or SAS)."""

    account: pulumi.Input[str]
    """Storage account."""
    container: pulumi.Input[str]
    """Container, which is there already."""
    key: pulumi.Input[str]
    """Key of the account, a secret."""
    gateway_namespaces: Sequence[str]
    """Namespaces of the gateways whose logs are kept."""


ARCHIVE_SECRET = "log-archive"  # noqa: S105 - name of a secret
ARCHIVE_KEY = "ARCHIVE_KEY"

SERVICE = """
[SERVICE]
    Daemon Off
    Flush 1
    Log_Level info
    Parsers_File /fluent-bit/etc/parsers.conf
    HTTP_Server On
    HTTP_Listen 0.0.0.0
    HTTP_Port 2020
    Health_Check On
    storage.path /var/lib/fluent-bit/chunks/
    storage.max_chunks_up 64
"""

INPUTS = """
[INPUT]
    Name tail
    Path /var/log/containers/*.log
    multiline.parser docker, cri
    Tag kube.*
    DB /var/lib/fluent-bit/tail.db
    storage.type filesystem
    Mem_Buf_Limit 32MB
    Skip_Long_Lines On
"""

FILTERS = """
[FILTER]
    Name kubernetes
    Match kube.*
    Merge_Log On
    Keep_Log Off
    K8S-Logging.Parser On
    K8S-Logging.Exclude On
    Labels On
    Annotations Off
"""


def _store_output(host: str, data_stream: str) -> str:
    return f"""
[OUTPUT]
    Name es
    Match kube.*
    Host {host}
    Port 9200
    HTTP_User ${{{USER}}}
    HTTP_Passwd ${{{PASSWORD}}}
    tls On
    tls.verify On
    tls.ca_file {AUTHORITY}/ca.crt
    Index {data_stream}
    Write_Operation create
    Suppress_Type_Name On
    Replace_Dots On
    Trace_Error On
    Retry_Limit 10
    storage.total_limit_size 512M
"""


def _analysis_output(sink: AnalysisSink) -> str:
    # A container's log file is named <pod>_<namespace>_<container>-<id>.log, and so is the record's tag.
    return f"""
[OUTPUT]
    Name http
    Match_Regex kube\\.var\\.log\\.containers\\.[^_]+_{sink["gateway_namespace"]}_.*
    Host {sink["host"]}
    Port {sink.get("port", 80)}
    URI {sink.get("path", "/logs")}
    Format json
    json_date_format iso8601
    Retry_Limit 10
    storage.total_limit_size 128M
"""


def _cloud_outputs(sink: CloudSink) -> str:
    """Return an output for each place in the cloud; names that are known only later come from the environment."""
    match = rf"""Match_Regex kube\.var\.log\.containers\.[^_]+_({"|".join(sink["gateway_namespaces"])})_.*
    Region ${{EXPORT_REGION}}
    Retry_Limit 10
    storage.total_limit_size 128M"""
    outputs = ""
    if "log_group" in sink:
        outputs += f"""
[OUTPUT]
    Name cloudwatch_logs
    {match}
    Log_Group_Name ${{EXPORT_LOG_GROUP}}
    Log_Stream_Prefix gateway-
    Auto_Create_Group Off
"""
    for name in sink.get("streams", {}):
        outputs += f"""
[OUTPUT]
    Name kinesis_firehose
    {match}
    Delivery_Stream ${{{stream_variable(name)}}}
    Time_Key time
    Time_Key_Format %Y-%m-%dT%H:%M:%S.%3N
"""
    return outputs


def _archive_output(archive: BlobArchive) -> str:
    """Return the output to blob storage: a blob a container of a pod, to which records are appended."""
    match = rf"kube\.var\.log\.containers\.[^_]+_({'|'.join(archive['gateway_namespaces'])})_.*"
    return f"""
[OUTPUT]
    Name azure_blob
    Match_Regex {match}
    account_name ${{ARCHIVE_ACCOUNT}}
    shared_key ${{{ARCHIVE_KEY}}}
    container_name ${{ARCHIVE_CONTAINER}}
    path gateways
    blob_type appendblob
    auto_create_container off
    tls on
    Retry_Limit 10
    storage.total_limit_size 128M
"""


def _archive_environment(archive: BlobArchive) -> list[dict[str, Any]]:
    secret = {"secretKeyRef": {"name": ARCHIVE_SECRET, "key": "key"}}
    return [
        {"name": "ARCHIVE_ACCOUNT", "value": archive["account"]},
        {"name": "ARCHIVE_CONTAINER", "value": archive["container"]},
        {"name": ARCHIVE_KEY, "valueFrom": secret},
    ]


def stream_variable(name: str) -> str:
    """Return the environment variable that holds the name of a delivery stream."""
    return f"EXPORT_STREAM_{name.upper().replace('-', '_')}"


def _cloud_environment(sink: CloudSink) -> list[dict[str, Any]]:
    named: dict[str, pulumi.Input[str]] = {"EXPORT_REGION": sink["region"]}
    if "log_group" in sink:
        named["EXPORT_LOG_GROUP"] = sink["log_group"]
    named |= {stream_variable(name): stream for name, stream in sink.get("streams", {}).items()}
    return [{"name": name, "value": value} for name, value in named.items()]


def hardened() -> dict[str, Any]:
    """Return the security contexts of every Fluent Bit."""
    return {
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "podSecurityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
    }


def collector_values(
    *,
    host: str,
    data_stream: str,
    writer_secret: str,
    authority_secret: str,
    resources: dict[str, dict[str, str]],
    analysis: Sequence[AnalysisSink],
    cloud: CloudSink | None = None,
    archive: BlobArchive | None = None,
) -> dict[str, Any]:
    """Return the values; records that cannot be sent are kept on the node's disk until they can."""
    outputs = _store_output(host, data_stream) + "".join(map(_analysis_output, analysis))
    outputs += _cloud_outputs(cloud) if cloud else ""
    outputs += _archive_output(archive) if archive else ""
    return {
        "testFramework": {"enabled": False},
        "resources": resources,
        # It collects from every node, whatever its pool, and however full: what gives way is placed on another node.
        "tolerations": [{"operator": "Exists"}],
        "priorityClassName": EVERY_NODE_PRIORITY,
        **hardened(),
        "env": [
            *(
                {"name": variable, "valueFrom": {"secretKeyRef": {"name": writer_secret, "key": key}}}
                for variable, key in ((USER, "username"), (PASSWORD, "password"))
            ),
            *(_cloud_environment(cloud) if cloud else ()),
            *(_archive_environment(archive) if archive else ()),
        ],
        "daemonSetVolumes": [
            {"name": "varlog", "hostPath": {"path": "/var/log"}},
            {"name": "state", "hostPath": {"path": STATE, "type": "DirectoryOrCreate"}},
        ],
        "daemonSetVolumeMounts": [
            {"name": "varlog", "mountPath": "/var/log", "readOnly": True},
            {"name": "state", "mountPath": STATE},
        ],
        "extraVolumes": [{"name": "authority", "secret": {"secretName": authority_secret}}],
        "extraVolumeMounts": [{"name": "authority", "mountPath": AUTHORITY, "readOnly": True}],
        "config": {"service": SERVICE, "inputs": INPUTS, "filters": FILTERS, "outputs": outputs, "customParsers": ""},
    }
