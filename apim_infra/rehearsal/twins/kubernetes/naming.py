"""What the provider does to an object before anything else: clean it, name it, put it into a namespace."""

import json
from typing import Any, cast

from apim_infra.rehearsal.provider import UNKNOWN, Request
from apim_infra.rehearsal.twins.chance import Chance
from apim_infra.rehearsal.twins.kubernetes.difference import AUTONAMED
from apim_infra.rehearsal.twins.kubernetes.kinds import Kind
from apim_infra.rehearsal.twins.kubernetes.objects import annotations_of, metadata, name_of

_DIGITS = 8


def without_nulls(value: Any) -> Any:
    """Return a value without fields that are null: Kubernetes takes them for absent."""
    if isinstance(value, dict):
        fields = cast(dict[str, Any], value)
        return {key: without_nulls(item) for key, item in fields.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in cast(list[Any], value)]
    return value


def with_type(kind: Kind, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return an object with the `apiVersion` and `kind` of its type where it has none."""
    return {"apiVersion": kind.api_version, "kind": kind.name, **inputs}


def automatic_name(seed: int, request: Request) -> str:
    """Return the name that the provider makes up: the resource's own and eight hexadecimal digits.

    It depends on the inputs too, as an object that is replaced gets another name.
    """
    text = json.dumps(request.inputs, sort_keys=True, default=str)
    return f"{request.name}-{Chance(seed, request.urn, 'name', text).hexadecimal(_DIGITS)}"


def named(seed: int, request: Request, manifest: dict[str, Any]) -> dict[str, Any]:
    """Return an object with a name: its own, the automatic one that it had before, or a new automatic one."""
    meta = dict(metadata(manifest))
    if meta.get("name") or meta.get("generateName"):
        return manifest
    old = request.old_inputs or {}
    kept = name_of(old) if annotations_of(old).get(AUTONAMED) == "true" else ""
    meta["name"] = kept or automatic_name(seed, request)
    meta["annotations"] = {**annotations_of(manifest), AUTONAMED: "true"}
    return {**manifest, "metadata": meta}


def placed(manifest: dict[str, Any], namespace: str) -> dict[str, Any]:
    """Return an object in a namespace, in `namespace` when it names none; an empty `namespace` takes it out of any."""
    meta = dict(metadata(manifest))
    if namespace:
        meta["namespace"] = meta.get("namespace") or namespace
    else:
        meta.pop("namespace", None)
    return {**manifest, "metadata": meta}


def metadata_hidden(manifest: dict[str, Any]) -> bool:
    """Tell whether the metadata as a whole is not known yet."""
    return manifest.get("metadata") == UNKNOWN
