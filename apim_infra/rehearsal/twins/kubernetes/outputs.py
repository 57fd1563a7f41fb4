"""What the API server and its controllers add to an object: metadata, defaults that programs read, status."""

import base64
from collections.abc import Mapping
from typing import Any

from apim_infra.rehearsal.twins.chance import Chance
from apim_infra.rehearsal.twins.kubernetes.cluster import Cluster, Stored
from apim_infra.rehearsal.twins.kubernetes.data import load
from apim_infra.rehearsal.twins.kubernetes.objects import annotations_of, metadata, part

CREATED = "2026-01-01T00:00:00Z"
"""Time of creation of every object: rehearsals do not depend on the clock."""
_SERVICE_NETWORK = "172.20"  # the range that EKS takes when the VPC lies in 10.0.0.0/8


def outputs(cluster: Cluster, stored: Stored, chance: Chance, generation: int = 1) -> dict[str, Any]:
    """Return the whole object as the provider reports it once it is ready."""
    result: dict[str, Any] = dict(stored.manifest)
    result["metadata"] = {
        **metadata(stored.manifest),
        "uid": _uid(chance),
        "resourceVersion": str(1000 + chance.below(1_000_000) + generation),
        "generation": generation,
        "creationTimestamp": CREATED,
    }
    if stored.kind.key == "/Secret":
        result |= secret_data(stored.manifest)
        result.pop("stringData", None)
    if stored.kind.key == "/Service":
        result["spec"] = _service_spec(stored, chance)
    status = _status(cluster, stored, chance)
    return {**result, "status": status} if status else result


def secret_data(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return type and data of a Secret as it is stored: clear text is encoded and wins over data."""
    encoded = {
        key: base64.b64encode(text.encode()).decode() if isinstance(text, str) else text
        for key, text in part(manifest, "stringData").items()
    }
    data = {**part(manifest, "data"), **encoded}
    return {"type": manifest.get("type") or "Opaque", **({"data": data} if data else {})}


def _uid(chance: Chance) -> str:
    text = chance.hexadecimal(32)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def _service_spec(stored: Stored, chance: Chance) -> dict[str, Any]:
    spec = dict(part(stored.manifest, "spec"))
    kind = spec.setdefault("type", "ClusterIP")
    if kind != "ExternalName" and not spec.get("clusterIP"):
        spec["clusterIP"] = f"{_SERVICE_NETWORK}.{chance.below(256)}.{1 + chance.below(254)}"
        spec["clusterIPs"] = [spec["clusterIP"]]
    spec.setdefault("sessionAffinity", "None")
    ports: list[dict[str, Any]] = []
    for port in spec.get("ports") or ():
        filled = {"protocol": "TCP", "targetPort": port.get("port"), **port}
        if kind in {"NodePort", "LoadBalancer"} and spec.get("allocateLoadBalancerNodePorts") is not False:
            filled.setdefault("nodePort", 30000 + chance.below(2768))
        ports.append(filled)
    if ports:
        spec["ports"] = ports
    return spec


def _status(cluster: Cluster, stored: Stored, chance: Chance) -> dict[str, Any]:
    spec = part(stored.manifest, "spec")
    key, count = stored.kind.key, spec.get("replicas", 1)
    if key == "/PersistentVolumeClaim":
        return {"phase": "Bound" if _binds_at_once(cluster, spec) else "Pending"}
    if key == "/Service" and spec.get("type") != "LoadBalancer":
        return {"loadBalancer": {}}
    if key in {"/Service", "networking.k8s.io/Ingress"}:
        return {"loadBalancer": {"ingress": [_entry(cluster, stored, chance)]}}
    if key in {"apps/Deployment", "apps/StatefulSet"}:
        numbers = ("replicas", "readyReplicas", "availableReplicas", "updatedReplicas")
        return {**dict.fromkeys(numbers, count), "observedGeneration": 1}
    if key == "batch/Job":
        return {"succeeded": spec.get("completions", 1), "conditions": [{"type": "Complete", "status": "True"}]}
    phase = {"/Namespace": "Active", "/Pod": "Running"}.get(key)
    return {"phase": phase} if phase else {}


def _binds_at_once(cluster: Cluster, spec: Mapping[str, Any]) -> bool:
    """Tell whether a claim is bound before a pod uses it."""
    if spec.get("volumeName"):
        return cluster.get("/PersistentVolume", "", str(spec["volumeName"])) is not None
    name = spec.get("storageClassName") or cluster.default_storage_class()
    stored = cluster.get("storage.k8s.io/StorageClass", "", str(name))
    return stored is not None and stored.manifest.get("volumeBindingMode", "Immediate") == "Immediate"


def _entry(cluster: Cluster, stored: Stored, chance: Chance) -> dict[str, str]:
    """Return the address of a load balancer: a host name on AWS, an address elsewhere."""
    if cluster.cloud == "eks":
        plain = (stored.namespace.replace("-", "")[:8], stored.name.replace("-", "")[:8], chance.hexadecimal(10))
        name, region = f"k8s-{'-'.join(plain)}", cluster.region
        if stored.kind.name == "Ingress":
            scheme = annotations_of(stored.manifest).get("alb.ingress.kubernetes.io/scheme", "internal")
            prefix = "internal-" if scheme == "internal" else ""
            return {"hostname": f"{prefix}{name}-{1 + chance.below(2_000_000_000)}.{region}.elb.amazonaws.com"}
        return {"hostname": f"{name}-{chance.hexadecimal(16)}.elb.{region}.amazonaws.com"}
    network: str = load("builtin.yaml")["load_balancer_network"]
    return {"ip": f"{network}.{1 + chance.below(254)}"}
