"""What a chart renders, compared with the shape that is declared of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from apim_infra.cluster.items import ReleaseInput
from apim_infra.cluster.operators import made_by
from apim_infra.cluster.stand_in_objects import NAME_LABEL
from apim_infra.findings import Finding, Severity
from apim_infra.rehearsal.twins.kubernetes.syntax import quantity

Manifest = Mapping[str, Any]
_WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job"})
_AT_INSTALL = frozenset({"pre-install", "post-install"})
_LATER = frozenset({"pre-delete", "post-delete", "test", "test-success"})
_OS_LABEL = "kubernetes.io/os"
"""Charts add it to node selectors; every node of the platform is a Linux node."""


def differences(
    release: ReleaseInput, declared: Sequence[Manifest], rendered: Sequence[Manifest], *, upgrade: bool = False
) -> Iterator[Finding]:
    """Find where rendered objects are others than the declared ones, counting what operators make of the custom resources among them.

    Hooks of an upgrade are compared when `upgrade` is rendered, all else when it is not. An error is what makes a quota or a capacity wrong
    (workloads, replicas, requests, limits, places), all else is a warning.
    """
    expected, actual = _all(declared), _all(rendered)
    both = [_by_name(each, upgrade=upgrade) for each in (expected, actual)]
    for key in sorted(both[0].keys() | both[1].keys()):
        where = f"release {release.name}: {' '.join(key)}"
        if key not in both[1]:
            yield _error(f"{where} is declared, the chart does not render it")
        elif key not in both[0]:
            yield _error(f"{where} is rendered, its shape is not declared")
        else:
            yield from _workload(where, both[0][key], both[1][key])
    if not upgrade:
        yield from _extents(release, both, expected, actual)
        yield from _budgets(release, both, expected, actual)


def _all(manifests: Sequence[Manifest]) -> list[Manifest]:
    """Return objects and what operators make of them."""
    return [*manifests, *(made for each in manifests for made in made_by(each, manifests))]


def _by_name(manifests: Iterable[Manifest], *, upgrade: bool) -> dict[tuple[str, str], Manifest]:
    found: dict[tuple[str, str], Manifest] = {}
    for each in manifests:
        hooks = _hooks(each)
        at_upgrade = bool(hooks) and not hooks & _AT_INSTALL
        if each.get("kind") in _WORKLOADS and at_upgrade == upgrade and not hooks & _LATER:
            found[str(each["kind"]), str(each["metadata"]["name"])] = each
    return found


def _budgets(
    release: ReleaseInput,
    both: Sequence[Mapping[tuple[str, str], Manifest]],
    declared: Iterable[Manifest],
    rendered: Iterable[Manifest],
) -> Iterator[Finding]:
    """Compare what disruption budgets let be taken away, by the workload that they select."""
    bounds = [_bounds(own, manifests) for own, manifests in zip(both, (declared, rendered), strict=True)]
    for name in sorted(bounds[0].keys() | bounds[1].keys()):
        want, have = bounds[0].get(name), bounds[1].get(name)
        if want != have:
            message = f"release {release.name}: the disruption budget of {name} is {have or 'none'}, declared is {want or 'none'}"
            yield _error(message)


def _bounds(workloads: Mapping[tuple[str, str], Manifest], manifests: Iterable[Manifest]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in manifests:
        if each.get("kind") != "PodDisruptionBudget":
            continue
        spec = _part(each, "spec")
        selected = _part(_part(spec, "selector"), "matchLabels")
        bound = ", ".join(
            f"{key} {spec[key]}" for key in ("minAvailable", "maxUnavailable") if spec.get(key) is not None
        )
        for (kind, name), workload in workloads.items():
            labels = _part(_part(_part(_part(workload, "spec"), "template"), "metadata"), "labels")
            if kind != "Job" and _selects(selected, labels):
                found[name] = bound
    return found


def _selects(selector: Manifest, labels: Manifest) -> bool:
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def _workload(where: str, expected: Manifest, actual: Manifest) -> Iterator[Finding]:
    want, have = _part(expected, "spec"), _part(actual, "spec")
    if _hooks(expected) != _hooks(actual) and not _hooks(expected) & _hooks(actual):
        shown = [", ".join(sorted(each)) or "none" for each in (_hooks(actual), _hooks(expected))]
        yield _error(f"{where} is run by hook {shown[0]}, declared is {shown[1]}")
    pods = [_part(_part(spec, "template"), "spec") for spec in (want, have)]
    for field, severity in (("containers", Severity.ERROR), ("initContainers", Severity.ERROR)):
        yield from _containers(where, field, _named(pods[0], field), _named(pods[1], field), severity)
    places = [_place(pod) for pod in pods]
    for field in places[0]:
        if places[0][field] != places[1][field]:
            yield _error(f"{where} has {field} {places[1][field]}, declared is {places[0][field]}")
    labels = [_part(_part(_part(spec, "template"), "metadata"), "labels") for spec in (want, have)]
    for key, value in labels[0].items():
        if key != NAME_LABEL and labels[1].get(key) != value:
            yield _warning(f"{where}: its pods have label {key}={labels[1].get(key)}, declared is {value}")


def _containers(
    where: str, field: str, expected: Mapping[str, Manifest], actual: Mapping[str, Manifest], severity: Severity
) -> Iterator[Finding]:
    for name in sorted(expected.keys() | actual.keys()):
        if name not in actual or name not in expected:
            state = "is declared, not rendered" if name not in actual else "is rendered, not declared"
            yield Finding(severity, "chart-shape", f"{where}: {field} {name} {state}")
            continue
        for group in ("requests", "limits"):
            want, have = (_part(_part(each[name], "resources"), group) for each in (expected, actual))
            for resource in ("cpu", "memory"):
                if _amount(want.get(resource)) != _amount(have.get(resource)):
                    shown = f"{have.get(resource) or 'none'}, declared is {want.get(resource) or 'none'}"
                    yield _error(f"{where}: {field} {name} {group}.{resource} is {shown}")
        if field == "containers":
            yield from _surface(f"{where}: {name}", expected[name], actual[name])


def _surface(where: str, expected: Manifest, actual: Manifest) -> Iterator[Finding]:
    """Compare ports and probes."""
    want, have = ({int(port["containerPort"]) for port in each.get("ports") or ()} for each in (expected, actual))
    for port in sorted(want - have):
        yield _warning(f"{where} listens on port {port} by its declaration, the chart does not say so")
    for port in sorted(have - want):
        yield _warning(f"{where} listens on port {port}, which is not declared")
    for probe in ("startup", "liveness", "readiness"):
        if (f"{probe}Probe" in expected) != (f"{probe}Probe" in actual):
            state = "which is not declared" if f"{probe}Probe" in actual else "by its declaration, the chart sets none"
            yield _warning(f"{where} has a {probe} probe {state}")


def _extents(
    release: ReleaseInput,
    both: Sequence[Mapping[tuple[str, str], Manifest]],
    declared: Iterable[Manifest],
    rendered: Iterable[Manifest],
) -> Iterator[Finding]:
    """Compare how many pods there are at least and at most."""
    scaled = [_scaled(declared), _scaled(rendered)]
    for kind, name in sorted(both[0].keys() & both[1].keys()):
        if kind in {"Deployment", "StatefulSet"}:
            sides = zip(scaled, both, strict=True)
            want, have = (found.get(name) or _fixed(each[kind, name]) for found, each in sides)
            if want != have:
                shown = [f"{least} to {most}" if least != most else str(least) for least, most in (have, want)]
                yield _error(f"release {release.name}: {kind} {name} has {shown[0]} pods, declared are {shown[1]}")


def _scaled(manifests: Iterable[Manifest]) -> dict[str, tuple[int, int]]:
    """Return the bounds of autoscalers, by the name of what they scale."""
    return {
        str(each["spec"]["scaleTargetRef"]["name"]): (
            int(each["spec"].get("minReplicas", 1)),
            int(each["spec"]["maxReplicas"]),
        )
        for each in manifests
        if each.get("kind") == "HorizontalPodAutoscaler"
    }


def _fixed(workload: Manifest) -> tuple[int, int]:
    replicas = workload["spec"].get("replicas")
    return (1, 1) if replicas is None else (int(replicas), int(replicas))


def _named(pod: Manifest, field: str) -> dict[str, Manifest]:
    return {str(each["name"]): each for each in cast(Sequence[Manifest], pod.get(field) or ())}


def _place(pod: Manifest) -> dict[str, Any]:
    """Return what decides where pods may run, and before which others."""
    selector = {key: value for key, value in _part(pod, "nodeSelector").items() if key != _OS_LABEL}
    return {
        "nodeSelector": selector,
        "tolerations": list(pod.get("tolerations") or ()),
        "priorityClassName": str(pod.get("priorityClassName") or ""),
    }


def _hooks(manifest: Manifest) -> frozenset[str]:
    notes = _part(_part(manifest, "metadata"), "annotations")
    return frozenset(filter(None, str(notes.get("helm.sh/hook", "")).replace(" ", "").split(",")))


def _part(manifest: Manifest, field: str) -> Manifest:
    return cast(Manifest, manifest.get(field) or {})


def _amount(value: Any) -> Decimal | None:
    return None if value is None else quantity(value)


def _error(message: str) -> Finding:
    return Finding(Severity.ERROR, "chart-shape", message, fix="correct the declared shape, or the value that makes it")


def _warning(message: str) -> Finding:
    return Finding(Severity.WARNING, "chart-shape", message, fix="correct the declared shape")
