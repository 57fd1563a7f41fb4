"""Values of Fluent Bit: it tails every container's log on every node and sends it on."""

from typing import Any, NotRequired, TypedDict

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


def collector_values(
    *,
    host: str,
    data_stream: str,
    writer_secret: str,
    authority_secret: str,
    resources: dict[str, dict[str, str]],
    analysis: AnalysisSink | None,
) -> dict[str, Any]:
    """Return the values; records that cannot be sent are kept on the node's disk until they can."""
    outputs = _store_output(host, data_stream) + (_analysis_output(analysis) if analysis else "")
    return {
        "testFramework": {"enabled": False},
        "resources": resources,
        # It collects from every node, whatever its pool.
        "tolerations": [{"operator": "Exists"}],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "podSecurityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "env": [
            {"name": variable, "valueFrom": {"secretKeyRef": {"name": writer_secret, "key": key}}}
            for variable, key in ((USER, "username"), (PASSWORD, "password"))
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
