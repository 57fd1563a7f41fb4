"""What an object takes from a namespace's quota: pods' requests and limits, storage, counts."""

import math
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.kubernetes.cluster import Stored
from apim_infra.rehearsal.twins.kubernetes.objects import Located, Object, containers, items, part, pod_spec
from apim_infra.rehearsal.twins.kubernetes.syntax import quantity
from apim_infra.rehearsal.twins.kubernetes.usage import Demand, Usage, add, scaled

COMPUTE = ("cpu", "memory", "ephemeral-storage")
_FINISHING = frozenset({"batch/Job", "batch/CronJob"})


def demand(stored: Stored, limits: Iterable[Stored]) -> Demand:
    """Return what an object takes, with the defaults of the namespace's LimitRanges."""
    counted: Usage = {f"count/{stored.kind.resource}": Decimal(1)}
    if not stored.kind.group:
        counted[stored.kind.resource] = Decimal(1)
    spec = pod_spec(stored.kind.key, stored.manifest)
    if spec is not None:
        return _workload(stored, spec, list(limits), counted)
    if stored.kind.key == "/Service":
        counted |= _service(stored.manifest)
    if stored.kind.key == "/PersistentVolumeClaim":
        counted = add(counted, claim(part(stored.manifest, "spec")))
    return Demand(steady=counted)


def _service(manifest: Object) -> Usage:
    spec: Object = part(manifest, "spec")
    kind, ports = spec.get("type"), Decimal(len(spec.get("ports") or ()))
    if kind == "LoadBalancer":
        nodes = Decimal(0) if spec.get("allocateLoadBalancerNodePorts") is False else ports
        return {"services.loadbalancers": Decimal(1), "services.nodeports": nodes}
    return {"services.nodeports": ports} if kind == "NodePort" else {}


def claim(spec: Object) -> Usage:
    """Return what a PersistentVolumeClaim takes."""
    text = part(spec, "resources", "requests").get("storage", 0)
    storage = quantity(text) or Decimal(0)
    usage: Usage = {"requests.storage": storage, "persistentvolumeclaims": Decimal(1)}
    if spec.get("storageClassName"):
        prefix = f"{spec['storageClassName']}.storageclass.storage.k8s.io"
        usage |= {f"{prefix}/requests.storage": storage, f"{prefix}/persistentvolumeclaims": Decimal(1)}
    return usage


def _workload(stored: Stored, spec: Located, limits: list[Stored], counted: Usage) -> Demand:
    key, body = stored.kind.key, part(stored.manifest, "spec")
    defaults = _defaults(limits)
    replica, missing = _pod(spec, defaults)
    if key == "apps/DaemonSet":
        return Demand(counted, replica=replica, missing=missing, unknown="pods of the DaemonSet: one on every node")
    if key in _FINISHING:
        job: Object = body if key == "batch/Job" else part(body, "jobTemplate", "spec")
        pods = _count(job.get("parallelism"), 1)
        return Demand(counted, passing=scaled(replica, pods), replica=replica, missing=missing, replicas=pods)
    pods = 1 if key == "/Pod" else _count(body.get("replicas"), 1)
    claims = add(*(claim(part(entry.value, "spec")) for entry in items(body, "volumeClaimTemplates", "spec")))
    steady = add({} if key == "/Pod" else counted, scaled(replica, pods), scaled(claims, pods))
    rollout = replica if key == "apps/Deployment" and pods and not removable(body, pods) else {}
    return Demand(steady, rollout=rollout, replica=replica, missing=missing, replicas=pods)


def _count(value: Any, default: int) -> int:
    return default if value is None else int(value)


def removable(spec: Object, replicas: int) -> int:
    """Return how many pods a Deployment may take away before a new one is ready, while it rolls."""
    strategy: Object = part(spec, "strategy")
    if strategy.get("type") == "Recreate":
        return replicas
    rolling: Object = part(strategy, "rollingUpdate")
    unavailable = rolling.get("maxUnavailable", "25%")
    if isinstance(unavailable, str):
        return math.floor(replicas * int(unavailable.rstrip("%")) / 100)
    return int(unavailable)


def _defaults(limits: Iterable[Stored]) -> dict[str, dict[str, Any]]:
    """Return `default` and `defaultRequest` of the containers of a namespace."""
    found: dict[str, dict[str, Any]] = {"default": {}, "defaultRequest": {}}
    for stored in limits:
        for limit in items(part(stored.manifest, "spec"), "limits", "spec"):
            if limit.value.get("type") == "Container":
                # A default limit stands in for a missing default request, and so does the maximum for a default limit.
                most = part(limit.value, "default") or part(limit.value, "max")
                found["default"] |= most
                found["defaultRequest"] |= {
                    **most,
                    **(part(limit.value, "defaultRequest") or part(limit.value, "min")),
                }
    return found


def _amounts(container: Object, defaults: Mapping[str, Mapping[str, Any]]) -> Usage:
    """Return requests and limits of one container, defaults filled in."""
    resources: Object = part(container, "resources")
    own_limits: Object = part(resources, "limits")
    limits = {**defaults["default"], **own_limits}
    requests = {**defaults["defaultRequest"], **own_limits, **part(resources, "requests")}
    usage: Usage = {}
    for prefix, amounts in (("requests", requests), ("limits", limits)):
        for name in COMPUTE:
            amount = quantity(amounts[name]) if name in amounts else None
            if amount is not None:
                usage[f"{prefix}.{name}"] = amount
    return usage


def _pod(spec: Located, defaults: Mapping[str, Mapping[str, Any]]) -> tuple[Usage, dict[str, tuple[str, ...]]]:
    """Return what one pod takes, and which containers do not say."""
    running: Usage = {}
    starting: list[Usage] = []
    missing: dict[str, tuple[str, ...]] = {}
    whole = _amounts(spec.value, {"default": {}, "defaultRequest": {}})  # resources of the pod as a whole, since 1.34
    for container in containers(spec):
        usage = _amounts(container.value, defaults)
        for name in (f"{prefix}.{resource}" for prefix in ("requests", "limits") for resource in COMPUTE):
            if name not in usage and name not in whole:
                missing[name] = (*missing.get(name, ()), str(container.value.get("name")))
        first = ".initContainers[" in container.path and container.value.get("restartPolicy") != "Always"
        if first:
            starting.append(add(running, usage))  # beside the sidecars that were started before it
        else:
            running = add(running, usage)
    peak = dict(running)
    for usage in starting:
        peak |= {name: max(amount, peak.get(name, Decimal(0))) for name, amount in usage.items()}
    peak |= whole
    peak |= {name: peak[f"requests.{name}"] for name in COMPUTE if f"requests.{name}" in peak}
    return {**peak, "pods": Decimal(1), "count/pods": Decimal(1)}, missing


def limit_faults(stored: Stored, limits: Iterable[Stored]) -> Iterator[Problem]:
    """Find containers, pods and claims outside the minimum and maximum of the namespace's LimitRanges."""
    spec = pod_spec(stored.kind.key, stored.manifest)
    ranges = list(limits)
    defaults = _defaults(ranges)
    bounds = [limit for entry in ranges for limit in items(part(entry.manifest, "spec"), "limits", "spec")]
    for bound in bounds:
        kind = bound.value.get("type")
        if kind == "Container" and spec is not None:
            for container in containers(spec):
                yield from _outside(container.path, _amounts(container.value, defaults), bound.value)
        elif kind == "Pod" and spec is not None:
            yield from _outside(spec.path, _pod(spec, defaults)[0], bound.value)
        elif kind == "PersistentVolumeClaim" and stored.kind.key == "/PersistentVolumeClaim":
            yield from _outside("spec.resources", claim(part(stored.manifest, "spec")), bound.value)


def _outside(path: str, usage: Usage, bound: Object) -> Iterator[Problem]:
    kind = bound.get("type")
    for word, field_, prefix, sign in (("maximum", "max", "limits", 1), ("minimum", "min", "requests", -1)):
        for name, text in part(bound, field_).items():
            amount, edge = quantity(text), usage.get("requests.storage" if name == "storage" else f"{prefix}.{name}")
            if amount is None:
                continue
            if edge is None:
                message = f"{path}: {word} {name} usage per {kind} is {text}. No {prefix.rstrip('s')} is specified"
                yield Problem(
                    "Forbidden", message, path, f"set {prefix}.{name}", "LimitRange admission, Kubernetes documentation"
                )
            elif (edge - amount) * sign > 0:
                message = f"{path}: {word} {name} usage per {kind} is {text}, but {prefix.rstrip('s')} is {edge}"
                yield Problem(
                    "Forbidden",
                    message,
                    path,
                    "change it, or the LimitRange",
                    "LimitRange admission, Kubernetes documentation",
                )
