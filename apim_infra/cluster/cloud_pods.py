"""Stand-ins of what the cloud itself runs in the cluster, so that nodes are as full as in reality."""

from collections.abc import Iterable

from apim_infra.cluster.mirror import Object
from apim_infra.planning.placement import node_selector, tolerations
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.addons import AddOn, addons
from apim_infra.sizing.namespaces import CLOUDS_NAMESPACES, CLUSTER_NAMESPACE

IMAGE = "cloud.invalid/{name}:1"
"""Image of a stand-in's container: nothing runs it."""
MANAGER = "cloud"


def cloud_namespaces(settings: StackSettings) -> list[Object]:
    """Return the namespaces that the cloud makes beside kube-system."""
    wanted = sorted({row.namespace for row in _rows(settings)} - {CLUSTER_NAMESPACE})
    return [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in wanted]


def cloud_workloads(settings: StackSettings, brought: Iterable[tuple[str, str]]) -> list[Object]:
    """Return the workloads of the cloud's namespaces; what releases bring there (kind and name) is left out."""
    taken = set(brought)
    rows = [row for row in _rows(settings) if (row.kind, row.name) not in taken]
    return [_workload(row, settings) for row in rows]


def _rows(settings: StackSettings) -> list[AddOn]:
    return [row for row in addons(settings) if row.namespace in CLOUDS_NAMESPACES and row.kind != "Job"]


def _workload(row: AddOn, settings: StackSettings) -> Object:
    labels = {"app.kubernetes.io/name": row.name, **({"k8s-app": "kube-dns"} if row.name == "coredns" else {})}
    asked = {"cpu": f"{row.cpu_millicores}m", "memory": f"{row.memory_mib}Mi"}
    container = {"name": row.name, "image": IMAGE.format(name=row.name), "resources": {"requests": asked}}
    spec: Object = {"containers": [container], "priorityClassName": "system-node-critical"}
    if row.pool is None:
        spec["tolerations"] = [{"operator": "Exists"}]
    else:
        spec["priorityClassName"] = "system-cluster-critical"
        spec["nodeSelector"] = node_selector(row.pool)
        spec["tolerations"] = [each.to_json() for each in tolerations(settings, row.pool)]
    return {
        "apiVersion": "apps/v1",
        "kind": row.kind,
        "metadata": {"name": row.name, "namespace": row.namespace, "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            **({"replicas": row.replicas} if row.kind != "DaemonSet" else {}),
            **({"serviceName": row.name} if row.kind == "StatefulSet" else {}),
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }
