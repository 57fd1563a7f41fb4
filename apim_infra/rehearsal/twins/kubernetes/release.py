"""What a Helm release says about itself: its inputs, what an unrendered one brings, its outputs."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from apim_infra.rehearsal.provider import Created, Problem, Properties
from apim_infra.rehearsal.twins.kubernetes.chart import Chart, merged
from apim_infra.rehearsal.twins.kubernetes.cluster import Release
from apim_infra.rehearsal.twins.kubernetes.data import load
from apim_infra.rehearsal.twins.kubernetes.faults import nearest
from apim_infra.rehearsal.twins.kubernetes.schema import hidden

_SOURCE = "Helm and pulumi-kubernetes, documentation of 2026"
_LONGEST_NAME = 53
_NAMING = frozenset({"fullnameOverride", "nameOverride"})
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_VERSION = re.compile(r"v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")


def _fail(message: str, path: str, hint: str = "", *, warning: bool = False) -> Problem:
    return Problem("CheckFailure", message, path, hint, _SOURCE, warning=warning)


def faults(inputs: Properties, *, local: bool) -> Iterator[Problem]:
    """Find what is wrong in a release's inputs; `local` tells whether its chart is in a folder."""
    known: dict[str, str] = load("release.yaml")["inputs"]
    for key, value in inputs.items():
        if key not in known:
            yield _fail(f"unknown property '{key}'", key, nearest(key, known))
        elif not hidden(value) and not _is(value, known[key]):
            yield _fail(f"'{key}' must be of type {known[key]}, got {type(value).__name__}", key)
    name, chart = inputs.get("name"), inputs.get("chart")
    if not chart:
        yield _fail("missing required property 'chart'", "chart", "name a chart or a folder")
    if isinstance(name, str) and not hidden(name) and (len(name) > _LONGEST_NAME or not _NAME.fullmatch(name)):
        message = (
            f'invalid release name "{name}", must match regex {_NAME.pattern} and the length must not be '
            f"longer than {_LONGEST_NAME}"
        )
        yield _fail(message, "name", "shorten the name of the resource, or set name")
    if chart and not hidden(chart) and not local:
        yield from _remote(str(chart), inputs)


def _is(value: Any, kind: str) -> bool:
    if kind == "integer":
        return not isinstance(value, bool) and isinstance(value, int)
    types: dict[str, type] = {"string": str, "boolean": bool, "object": dict, "array": list}
    return isinstance(value, types[kind])


def _remote(chart: str, inputs: Properties) -> Iterator[Problem]:
    options = cast(dict[str, Any], inputs.get("repositoryOpts") or {})
    repository, version = options.get("repo"), inputs.get("version")
    if chart.startswith("oci://") and repository:
        yield _fail("an OCI chart has no repositoryOpts.repo", "repositoryOpts.repo", "keep chart=oci://...")
    if not chart.startswith("oci://") and not repository:
        message = f'chart "{chart}" not found: it is no folder with a Chart.yaml, and no repository is given'
        yield _fail(message, "chart", "set repositoryOpts.repo, use oci://, or correct the path")
    if isinstance(repository, str) and not hidden(repository) and not repository.startswith(("https://", "http://")):
        message = f'could not find protocol handler for the repository "{repository}"'
        yield _fail(message, "repositoryOpts.repo", "a repository is an https:// address; for OCI put it into chart")
    if not version:
        message = f"chart version missing: {chart} would be installed in whatever version is the newest that day"
        yield _fail(message, "version", "pin version")
    elif isinstance(version, str) and not hidden(version) and not _VERSION.fullmatch(version):
        exact = not re.search(r"[<>=^~*|, ]|x", version)
        message = (
            f"version {version!r} is no semantic version" if exact else f"version {version!r} is a range, not pinned"
        )
        yield _fail(message, "version", "pin an exact version such as 1.2.3", warning=not exact)


def known_release(inputs: Properties, urn: str, chart: Chart | None = None) -> Release:
    """Return a release that is not rendered, with what its chart is known to bring; `chart` when it is in a folder."""
    name = str(inputs["chart"]).rstrip("/").rpartition("/")[2]
    facts: dict[str, Any] = load("charts.yaml")["charts"].get(name, {})
    made = frozenset((kind, text) for kind, names in facts.get("makes", {}).items() for text in names)
    groups = frozenset[str](facts.get("groups", ())) if _installs_definitions(inputs, facts) else frozenset[str]()
    values = merged(chart.values if chart else {}, cast(dict[str, Any], inputs.get("values") or {}))
    declared = frozenset(_declared(values))
    # Charts that put words of their own in front of a name that the values declare.
    worded = (word.format(name=each) for word in facts.get("names", ()) for each in declared)
    names = frozenset({*declared, *worded, *(_workloads(values) if chart else ())})
    place, called = str(inputs["namespace"]), str(inputs["name"])
    controllers = frozenset({*facts.get("controllers", ()), *_controllers(values)})
    return Release(
        place,
        called,
        name,
        urn,
        rendered=False,
        groups=groups,
        makes=made,
        names=names,
        controllers=controllers,
    )


def _controllers(values: Any) -> Iterator[str]:
    """Iterate over names that values give to controllers of the Gateway API."""
    for key, value in cast(dict[str, Any], values).items() if isinstance(values, dict) else ():
        if key == "controllerName" and isinstance(value, str):
            yield value
        yield from _controllers(value)


def _declared(values: Any, path: str = "") -> Iterator[str]:
    """Iterate over names that values give to objects, by the fields that charts have for it by custom."""
    for key, value in cast(dict[str, Any], values).items() if isinstance(values, dict) else ():
        if isinstance(value, str) and value and (key in _NAMING or (path == "serviceAccount" and key == "name")):
            yield value
        yield from _declared(value, key)


def _workloads(values: Mapping[str, Any]) -> Iterator[str]:
    """Iterate over names that a chart in a folder may make of its values: keys of objects that hold objects."""
    prefix = str(values.get("namePrefix") or "")
    for value in values.values():
        for key, inner in cast(dict[str, Any], value).items() if isinstance(value, dict) else ():
            if isinstance(inner, dict) and _NAME.fullmatch(key):
                yield f"{prefix}{key}"


def _installs_definitions(inputs: Properties, facts: Mapping[str, Any]) -> bool:
    switch: dict[str, Any] | None = facts.get("switch")
    if switch is None:
        return not inputs.get("skipCrds")
    value: Any = inputs.get("values") or {}
    for field in switch["value"].split("."):
        value = cast(dict[str, Any], value).get(field) if isinstance(value, dict) else None
    return bool(switch["default"] if value is None else value)


def result(
    inputs: Properties,
    chart: Chart | None,
    revision: int,
    names: Mapping[str, list[str]],
    *,
    unverified: Iterable[str],
    warnings: Iterable[Problem] = (),
) -> Created:
    """Return the outputs of a release that is deployed."""
    namespace, name = str(inputs["namespace"]), str(inputs["name"])
    version = chart.version if chart else str(inputs.get("version") or "")
    status = {
        "name": name,
        "namespace": namespace,
        "revision": revision,
        "status": "deployed",
        "chart": chart.name if chart else str(inputs["chart"]).rpartition("/")[2],
        "version": version,
        "appVersion": chart.app_version if chart else "",
    }
    outputs = {**inputs, "version": version, "status": status, "resourceNames": dict(names)}
    return Created(f"{namespace}/{name}", outputs, warnings=tuple(warnings), not_verified=tuple(unverified))
