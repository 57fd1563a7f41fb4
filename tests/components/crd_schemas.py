"""Published schemas of custom resources, where they lie beside the repository: custom resources are held against them."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft7Validator

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "crds"


def available() -> bool:
    """Tell whether the schemas are there."""
    return FOLDER.is_dir()


@cache
def schemas() -> dict[tuple[str, str], dict[str, Any]]:
    """Return the schema of every kind by its apiVersion and kind."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for file in sorted(FOLDER.glob("*.yaml")):
        for document in yaml.load_all(file.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            spec = document["spec"]
            for version in spec["versions"]:
                if version["served"]:
                    key = f"{spec['group']}/{version['name']}", spec["names"]["kind"]
                    found[key] = version["schema"]["openAPIV3Schema"]
    return found


def violations(resource: dict[str, Any]) -> list[str]:
    """Return what a custom resource violates, with the path; unknown fields too, which an API server would drop."""
    schema = _strict(schemas()[resource["apiVersion"], resource["kind"]])
    return [f"{error.json_path}: {error.message}" for error in Draft7Validator(schema).iter_errors(resource)]


def _strict(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema as JSON Schema: unknown fields are refused, except where the kind keeps them."""
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    strict = {key: value for key, value in schema.items() if key not in ("format", "default", "nullable", "type")}
    if "type" in schema:
        strict["type"] = [schema["type"], "null"] if schema.get("nullable") else schema["type"]
    strict |= dict(_children(schema))
    keeps = schema.get("x-kubernetes-preserve-unknown-fields") or schema.get("x-kubernetes-embedded-resource")
    if "properties" in schema and "additionalProperties" not in schema and not keeps:
        strict["additionalProperties"] = False
    return strict


def _children(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    if "properties" in schema:
        yield "properties", {key: _strict(value) for key, value in schema["properties"].items()}
    for key in ("items", "additionalProperties", "not"):
        if isinstance(schema.get(key), dict):
            yield key, _strict(schema[key]) if key != "not" else schema[key]
