"""What every pod of the platform has: a place, a size and a restricted security context, in the shape that charts take as values."""

from typing import Any, NotRequired, TypedDict

POOL_LABEL = "apim.io/pool"
"""Label of a node that names its pool."""

ROLE_LABEL = "apim.io/role"
"""Label of a pod that names its role in the matrix of allowed flows."""

EVERY_NODE_PRIORITY = "system-node-critical"
"""Priority class of pods that each node has one of: on a full node others give way to them."""

AZURE_IDENTITY = {"azure.workload.identity/use": "true"}
"""Label of pods that are given a token of a managed identity (AKS documentation, workload identity, 2026-08)."""

ZONE_LABEL = "topology.kubernetes.io/zone"
HOST_LABEL = "kubernetes.io/hostname"


class PoolTaint(TypedDict):
    """A taint of the pool's nodes, which the platform's own pods tolerate."""

    key: str
    """Key of the taint."""
    value: NotRequired[str]
    """Value of the taint; any value is tolerated when it is absent or empty."""
    effect: NotRequired[str]
    """`NoSchedule` (default), `PreferNoSchedule` or `NoExecute`."""


class Placement(TypedDict):
    """The node pool on which pods run."""

    pool: str
    """Name of the pool: value of the node label `apim.io/pool`."""
    taints: NotRequired[list[PoolTaint]]
    """Taints of the pool's nodes; none by default."""


class ContainerSize(TypedDict):
    """CPU and memory of one container: request and limit are equal, so that the pod is never the first to be evicted."""

    cpu_millicores: int
    """CPU, in millicores."""
    memory_mib: int
    """Memory, in MiB."""


def node_selector(placement: Placement) -> dict[str, str]:
    """Return the node selector that keeps a pod on its pool."""
    return {POOL_LABEL: placement["pool"]}


def tolerations(placement: Placement) -> list[dict[str, str]]:
    """Return one toleration for each taint of the pool."""
    return [_toleration(taint) for taint in placement.get("taints", [])]


def _toleration(taint: PoolTaint) -> dict[str, str]:
    value = taint.get("value", "")
    match = {"operator": "Equal", "value": value} if value else {"operator": "Exists"}
    return {"key": taint["key"], **match, "effect": taint.get("effect", "NoSchedule")}


def scheduling(placement: Placement) -> dict[str, Any]:
    """Return `nodeSelector` and `tolerations` as most charts spell them."""
    return {"nodeSelector": node_selector(placement), "tolerations": tolerations(placement)}


def spread(labels: dict[str, str]) -> list[dict[str, Any]]:
    """Return constraints that spread pods with `labels` over zones and nodes; preferred, so that a lost zone does not stop scheduling."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": labels},
        }
        for key in (ZONE_LABEL, HOST_LABEL)
    ]


def resources(size: ContainerSize) -> dict[str, dict[str, str]]:
    """Return equal requests and limits."""
    quantities = {"cpu": f"{size['cpu_millicores']}m", "memory": f"{size['memory_mib']}Mi"}
    return {"requests": dict(quantities), "limits": dict(quantities)}


def restricted_pod(user: int | None = None) -> dict[str, Any]:
    """Return the pod security context that the `restricted` Pod Security Standard asks for; `user` where the image names none."""
    identity: dict[str, Any] = {} if user is None else {"runAsUser": user, "runAsGroup": user, "fsGroup": user}
    return {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}, **identity}


def restricted_container() -> dict[str, Any]:
    """Return the container security context that the `restricted` Pod Security Standard asks for, with a read-only root file system."""
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
