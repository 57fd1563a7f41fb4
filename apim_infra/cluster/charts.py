"""What a release brings: its chart rendered by the real helm where it is at hand, stand-ins of its declared shape elsewhere.

Manifests are as helm renders them: an object of a namespaced kind without a namespace belongs into the release's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

from apim_infra.cluster import compare, contracts, stand_ins
from apim_infra.cluster.chart_shapes import as_object, chart_shapes
from apim_infra.cluster.chart_sources import ChartSource, FoundChart, NotFound, chart_name
from apim_infra.cluster.items import ReleaseInput
from apim_infra.findings import Finding, Severity
from apim_infra.products.plans import PoolPlacement
from apim_infra.products.shapes import WorkloadShape
from apim_infra.rehearsal.twins.kubernetes import render
from apim_infra.settings.pools import PoolName

__all__ = ["ChartSource", "Expanded", "Phase", "Phased", "expand"]

Phase = Literal["crd", "pre-install", "install", "post-install"]
"""Order of an installation. On an upgrade `pre-install` and `post-install` are the hooks around the upgrade."""

HOOK, WEIGHT, DELETED = "helm.sh/hook", "helm.sh/hook-weight", "helm.sh/hook-delete-policy"
_DEFINITION = "CustomResourceDefinition"
_AROUND: tuple[Phase, Phase] = ("pre-install", "post-install")
_REPLACED = frozenset({"before-hook-creation"})
"""What helm does with a hook that names no policy."""


@dataclass(frozen=True, slots=True)
class Phased:
    """One object of a release, and when helm creates it."""

    manifest: dict[str, Any]
    phase: Phase
    weight: int = 0
    """Order among the hooks of a phase, the lowest first."""
    delete_policies: frozenset[str] = frozenset()
    """When helm deletes a hook: `before-hook-creation` (also when it names none), `hook-succeeded`, `hook-failed`."""


@dataclass(frozen=True, slots=True)
class Expanded:
    """Everything that a release brings."""

    objects: tuple[Phased, ...]
    """In the order in which helm creates them."""
    rendered: bool
    """Whether they are what the chart renders; else they are stand-ins."""
    not_verified: tuple[str, ...]
    findings: tuple[Finding, ...]
    at_deletion: tuple[Phased, ...] = ()
    """Hooks that run before (`pre-install`) and after (`post-install`) the release is taken away."""


def expand(
    release: ReleaseInput,
    shapes: Sequence[WorkloadShape],
    source: ChartSource,
    api_versions: Iterable[str],
    *,
    placements: Mapping[PoolName, PoolPlacement] | None = None,
    version: str = "1.35",
    upgrade: bool = False,
    kubeconfig: Path | None = None,
    urn: str = "",
) -> Expanded:
    """Return what a release brings.

    `shapes` are the product's (others than the release's are left out), `api_versions` what else the API server serves, as helm names it
    (`gateway.networking.k8s.io/v1/Gateway`), `version` the API server's, `placements` where pods of stand-ins run whose values do not say it.
    What templates look up is asked of the server of `kubeconfig`, where there is one. Without `source.helm` the `helm` on the PATH renders.
    """
    own = [shape for shape in shapes if shape.release == release.name]
    found = source.find(release)
    problems = [] if upgrade else list(contracts.problems(release))
    declared = stand_ins.of_release(release, own, placements or {})
    helm = source.helm or render.helm()
    if isinstance(found, NotFound) or helm is None:
        reason = found.reason if isinstance(found, NotFound) else "helm is not there"
        problems += _versions(release, found) if isinstance(found, NotFound) else []
        return _stood_in(release, declared, reason, _located(problems, urn))
    try:
        entries = _rendered(helm, release, found, api_versions, version, upgrade=upgrade, kubeconfig=kubeconfig)
    except render.RenderError as error:
        message = f"release {release.name}: chart {found.name} {found.version} does not render: {error}"
        finding = Finding(Severity.ERROR, "chart-does-not-render", message, fix="correct the values that it names")
        return _stood_in(release, declared, "helm refuses it", _located([*problems, finding], urn))
    objects, at_deletion = phased(entries, upgrade=upgrade)
    if declared.known or chart_name(release) in chart_shapes():
        problems += compare.differences(release, declared.objects, entries, upgrade=upgrade)
    return Expanded(objects, True, (), tuple(_located(problems, urn)), at_deletion)


def _located(problems: Iterable[Finding], urn: str) -> list[Finding]:
    return [replace(problem, urn=urn) for problem in problems]


def _versions(release: ReleaseInput, found: NotFound) -> list[Finding]:
    if not found.other_versions:
        return []
    there = ", ".join(found.other_versions)
    message = f"release {release.name} asks for chart {chart_name(release)} {release.version}, the folder holds {there}"
    fix = f"helm pull {release.chart} --version {release.version}, or pin the version that is there"
    return [Finding(Severity.ERROR, "chart-of-another-version", message, fix=fix)]


def _stood_in(
    release: ReleaseInput, declared: stand_ins.StandIns, reason: str, problems: Sequence[Finding]
) -> Expanded:
    doubts = [f"release {release.namespace}/{release.name}: chart {chart_name(release)} is not rendered: {reason}"]
    if not declared.known:
        doubts.append(
            f"release {release.namespace}/{release.name}: no shape is declared for chart {chart_name(release)}, none of its pods is counted"
        )
    objects, at_deletion = phased(declared.objects, upgrade=False)
    return Expanded(objects, False, tuple(doubts), tuple(problems), at_deletion)


def _rendered(
    helm: str,
    release: ReleaseInput,
    chart: FoundChart,
    api_versions: Iterable[str],
    version: str,
    *,
    upgrade: bool,
    kubeconfig: Path | None,
) -> list[dict[str, Any]]:
    """Return what helm renders. Raises RenderError."""
    entries = render.template(
        helm,
        chart.path,
        release.name,
        release.namespace,
        release.values,
        version=version,
        apis=api_versions,
        upgrade=upgrade,
        kubeconfig=kubeconfig,
    )
    manifests: list[dict[str, Any]] = []
    for entry in entries:
        several = str(entry.manifest.get("kind", "")).endswith("List") and "items" in entry.manifest
        manifests += cast(list[dict[str, Any]], entry.manifest["items"]) if several else [entry.manifest]
    return manifests


def phased(manifests: Iterable[dict[str, Any]], *, upgrade: bool) -> tuple[tuple[Phased, ...], tuple[Phased, ...]]:
    """Return objects in helm's order with their phase, and the hooks of a deletion."""
    moment = "upgrade" if upgrade else "install"
    order: dict[Phase, list[Phased]] = {"crd": [], "pre-install": [], "install": [], "post-install": []}
    leaving: list[Phased] = []
    for manifest in manifests:
        notes = _annotations(manifest)
        hooks = _listed(notes.get(HOOK))
        if not hooks:
            phase: Phase = "crd" if manifest.get("kind") == _DEFINITION else "install"
            order[phase].append(Phased(manifest, phase))
            continue
        weight, policies = int(notes.get(WEIGHT) or 0), _listed(notes.get(DELETED)) or _REPLACED
        before, after = (Phased(manifest, phase, weight, policies) for phase in _AROUND)
        order["pre-install"] += [before] * (f"pre-{moment}" in hooks)
        order["post-install"] += [after] * (f"post-{moment}" in hooks)
        leaving += [before] * ("pre-delete" in hooks) + [after] * ("post-delete" in hooks)
    hooked = {phase: _by_weight(order[phase]) for phase in _AROUND}
    objects = (*order["crd"], *hooked["pre-install"], *order["install"], *hooked["post-install"])
    return objects, tuple(_by_weight(leaving))


def _listed(text: str | None) -> frozenset[str]:
    return frozenset(filter(None, (text or "").replace(" ", "").split(",")))


def _by_weight(hooks: list[Phased]) -> list[Phased]:
    return sorted(hooks, key=lambda hook: (hook.weight, str(hook.manifest.get("metadata", {}).get("name", ""))))


def _annotations(manifest: Mapping[str, Any]) -> dict[str, str]:
    notes = as_object(as_object(manifest.get("metadata")).get("annotations"))
    return {key: str(value) for key, value in notes.items()}
