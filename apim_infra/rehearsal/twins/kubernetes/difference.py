"""Compares objects as the provider does, and holds what the API server lets nobody change."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from apim_infra.rehearsal.provider import Difference, Problem, Properties
from apim_infra.rehearsal.twins.kubernetes.data import load
from apim_infra.rehearsal.twins.kubernetes.faults import forbidden
from apim_infra.rehearsal.twins.kubernetes.kinds import Kind
from apim_infra.rehearsal.twins.kubernetes.objects import Object, annotations_of, metadata, name_of, part
from apim_infra.rehearsal.twins.kubernetes.syntax import quantity

AUTONAMED = "pulumi.com/autonamed"
_SOURCE = "Kubernetes API validation of updates, own knowledge"


def changed_paths(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Iterate over the paths where two values differ; a list that differs in length counts as a whole."""
    if isinstance(old, dict) and isinstance(new, dict):
        before, after = cast(dict[str, Any], old), cast(dict[str, Any], new)
        for key in sorted({*before, *after}):
            yield from changed_paths(before.get(key), after.get(key), f"{path}.{key}" if path else key)
    elif isinstance(old, list) and isinstance(new, list) and len(cast(list[Any], old)) == len(cast(list[Any], new)):
        for index, (left, right) in enumerate(zip(cast(list[Any], old), cast(list[Any], new), strict=True)):
            yield from changed_paths(left, right, f"{path}[{index}]")
    elif old != new:
        yield path


def inside(path: str, field: str) -> bool:
    """Tell whether a path is a field, or lies in it."""
    return path == field or path.startswith((f"{field}.", f"{field}["))


def compare(kind: Kind, old: Object, new: Object, ignored: tuple[str, ...], provider: Properties) -> Difference:
    """Return what changes between two objects, and whether the provider replaces it."""
    changed = tuple(path for path in changed_paths(old, new) if not any(inside(path, ignore) for ignore in ignored))
    fields = [*load("replaced.yaml")["everywhere"], *_replacing(kind, new, provider)]
    replaced = tuple(path for path in changed if any(inside(path, field) or inside(field, path) for field in fields))
    same_name = name_of(old) == name_of(new) and metadata(old).get("namespace") == metadata(new).get("namespace")
    autonamed = annotations_of(new).get(AUTONAMED) == "true"
    return Difference(changed, replaced, delete_before_replace=bool(replaced) and same_name and not autonamed)


def _replacing(kind: Kind, manifest: Object, provider: Properties) -> list[str]:
    fields: list[str] = load("replaced.yaml")["replaced"].get(kind.key, [])
    mutable = {"/ConfigMap": "enableConfigMapMutable", "/Secret": "enableSecretMutable"}.get(kind.key)
    if mutable and str(provider.get(mutable, "")).lower() == "true" and not manifest.get("immutable"):
        return [field for field in fields if field == "type"]
    return fields


def update_faults(kind: Kind, old: Object, new: Object) -> Iterator[Problem]:
    """Find why the API server refuses an update."""
    changed = list(changed_paths(old, new))
    row: Mapping[str, Any] = load("replaced.yaml")["immutable"].get(kind.key, {})
    for path in changed:
        if any(inside(path, field) for field in row.get("fields", ())):
            yield Problem(
                "Invalid", f"{path}: {row['message']}", path, "replace the object under another name", _SOURCE
            )
    if kind.key == "/PersistentVolumeClaim":
        yield from _shrunk(old, new)
    if kind.key == "apps/StatefulSet":
        allowed: tuple[str, ...] = (
            *("replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit"),
            *("persistentVolumeClaimRetentionPolicy", "minReadySeconds"),
        )
        others = [p for p in changed if inside(p, "spec") and not any(inside(p, f"spec.{field}") for field in allowed)]
        if others:
            listed = ", ".join(f"'{field}'" for field in allowed)
            message = f"updates to statefulset spec for fields other than {listed} are forbidden ({', '.join(others)})"
            yield forbidden("spec", message, "replace the StatefulSet")


def _shrunk(old: Object, new: Object) -> Iterator[Problem]:
    before = quantity(part(old, "spec", "resources", "requests").get("storage", 0))
    after = quantity(part(new, "spec", "resources", "requests").get("storage", 0))
    if before is not None and after is not None and after < before:
        message = "field can not be less than status.capacity"
        yield forbidden("spec.resources.requests.storage", message, "claims only grow: restore into a new, smaller one")
