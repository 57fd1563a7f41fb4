"""Objects of stand-ins, as the API server takes them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Manifest = dict[str, Any]

IMAGE = "stand-in.invalid/{name}:1"
"""Image of a stand-in's containers: nothing runs it."""
NAME_LABEL = "apim.io/stand-in"
"""Label by which a workload finds its pods where nothing is declared of them."""
_APIS = {"Deployment": "apps/v1", "StatefulSet": "apps/v1", "DaemonSet": "apps/v1", "Job": "batch/v1"}
_RESTRICTED: Manifest = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "runAsUser": 65534,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


@dataclass(frozen=True, slots=True)
class Claim:
    """A volume."""

    name: str
    """Name in the pod."""
    claim: str
    """Name of the claim of a workload whose pods share it."""
    size: str
    storage_class: str
    """Empty for the cluster's default one."""


@dataclass(frozen=True, slots=True)
class Pods:
    """A workload and its pods."""

    name: str
    namespace: str
    kind: str
    selector: Mapping[str, str]
    spec: Manifest
    """Of the pod."""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of the pods, beside those of the selector."""
    replicas: int = 1
    maximum: int = 1
    """More than `replicas` with an autoscaler."""
    claims: Sequence[Claim] = ()
    hook: str = ""
    weight: int = 0


def container(name: str, resources: Mapping[str, Any], ports: Sequence[int], probes: Sequence[str]) -> Manifest:
    """Return a container that meets the restricted Pod Security Standard."""
    check: Manifest = {"tcpSocket": {"port": ports[0]}} if ports else {"exec": {"command": ["true"]}}
    return {
        "name": name,
        "image": IMAGE.format(name=name),
        "securityContext": _RESTRICTED,
        **({"resources": dict(resources)} if resources else {}),
        **({"ports": [{"name": f"port-{port}", "containerPort": port} for port in ports]} if ports else {}),
        **{f"{probe}Probe": dict(check) for probe in probes},
    }


def workload(pods: Pods) -> Iterator[Manifest]:
    """Return a workload, its claims and its autoscaler."""
    spec: Manifest = {key: value for key, value in pods.spec.items() if value}
    spec.setdefault("automountServiceAccountToken", False)
    metadata: Manifest = {"name": pods.name, "namespace": pods.namespace, "labels": dict(pods.selector)}
    body: Manifest = {"template": {"metadata": {"labels": {**pods.selector, **pods.labels}}, "spec": spec}}
    if pods.hook:
        metadata["annotations"] = {"helm.sh/hook": pods.hook, "helm.sh/hook-weight": str(pods.weight)}
    if pods.kind == "Job":
        spec["restartPolicy"] = "OnFailure"
    else:
        body["selector"] = {"matchLabels": dict(pods.selector)}
    if pods.kind in {"Deployment", "StatefulSet"} and pods.maximum <= pods.replicas:
        body["replicas"] = pods.replicas
    if pods.kind == "StatefulSet":
        body["serviceName"] = pods.name
        body["volumeClaimTemplates"] = [
            {"metadata": {"name": each.name}, "spec": _claim_spec(each, "ReadWriteOnce")} for each in pods.claims
        ]
    elif pods.claims:
        spec["volumes"] = [
            {"name": each.name, "persistentVolumeClaim": {"claimName": each.claim}} for each in pods.claims
        ]
        yield from (_claim(pods, each) for each in pods.claims)
    yield {"apiVersion": _APIS[pods.kind], "kind": pods.kind, "metadata": metadata, "spec": body}
    if pods.maximum > pods.replicas:
        yield _autoscaler(pods)


def _claim(pods: Pods, claim: Claim) -> Manifest:
    mode = "ReadWriteOnce" if pods.maximum == 1 else "ReadWriteMany"
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": claim.claim, "namespace": pods.namespace, "labels": dict(pods.selector)},
        "spec": _claim_spec(claim, mode),
    }


def _claim_spec(claim: Claim, mode: str) -> Manifest:
    kind = {"storageClassName": claim.storage_class} if claim.storage_class else {}
    return {**kind, "accessModes": [mode], "resources": {"requests": {"storage": claim.size}}}


def _autoscaler(pods: Pods) -> Manifest:
    target = {"type": "Utilization", "averageUtilization": 75}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": pods.name, "namespace": pods.namespace},
        "spec": {
            "scaleTargetRef": {"apiVersion": _APIS[pods.kind], "kind": pods.kind, "name": pods.name},
            "minReplicas": pods.replicas,
            "maxReplicas": pods.maximum,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        },
    }


def budget(pods: Pods, given: Mapping[str, Any]) -> Iterator[Manifest]:
    """Return the disruption budget that values ask for, if they do."""
    bound = {key: given[key] for key in ("minAvailable", "maxUnavailable") if given.get(key) not in (None, "")}
    if bound == {"minAvailable": 0}:  # charts make no budget of it
        return
    if not given.get("enabled", given.get("create", bool(bound))):
        return
    yield {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": pods.name, "namespace": pods.namespace},
        "spec": {**(bound or {"maxUnavailable": 1}), "selector": {"matchLabels": dict(pods.selector)}},
    }


def service(name: str, namespace: str, selector: Mapping[str, str], ports: Sequence[int]) -> Manifest:
    """Return a service inside the cluster."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "selector": dict(selector),
            "ports": [{"name": f"port-{port}", "port": port, "protocol": "TCP"} for port in ports],
        },
    }


def secret(name: str, namespace: str, keys: Sequence[str], *, kind: str = "Opaque") -> Manifest:
    """Return a secret whose values stand in for those that an operator makes up."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": kind,
        "stringData": dict.fromkeys(keys, "stand-in"),
    }
