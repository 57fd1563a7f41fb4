"""JSON Schema of `Pulumi.<stack>.yaml`, made from the models, so that an editor checks a stack file while it is written."""

from typing import Any, cast

from apim_infra.settings.base import Settings
from apim_infra.settings.fields import group_of, plain
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stack_file import PROJECT, PULUMI_KEYS

Schema = dict[str, Any]

_ENCRYPTED: Schema = {
    "type": "object",
    "description": "A value that Pulumi keeps encrypted.",
    "properties": {"secure": {"type": "string"}},
    "required": ["secure"],
    "additionalProperties": False,
}
_OTHER_NAMESPACE = f"^(?!{PROJECT}:)[^:]+:.+$"
_HINTS = ("default", "title", "writeOnly", "format", "secret")
"""Keys left out: a model's default says little, because the tier and the size come before it."""


def models_schema() -> Schema:
    """Return pydantic's own JSON Schema of the settings, without namespace and without encrypted values."""
    return StackSettings.model_json_schema()


def stack_file_schema() -> Schema:
    """Return the JSON Schema of a stack file."""
    models = models_schema()
    definitions = cast("dict[str, Schema]", models["$defs"])
    for group in _merged_groups(StackSettings):
        # The layers below the stack file give what it leaves out.
        definitions.get(group.__name__, {}).pop("required", None)
    properties = cast("dict[str, Schema]", models["properties"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stack file of the API-management platform",
        "type": "object",
        "properties": {
            **{key: {} for key in PULUMI_KEYS},
            "config": {
                "type": "object",
                "properties": {f"{PROJECT}:{name}": _adapted(schema) for name, schema in properties.items()},
                "patternProperties": {_OTHER_NAMESPACE: {}},
                "required": [f"{PROJECT}:{name}" for name in models["required"]],
                "additionalProperties": False,
            },
        },
        "required": ["config"],
        "additionalProperties": False,
        "$defs": {"Encrypted": _ENCRYPTED} | {name: _adapted(schema) for name, schema in definitions.items()},
    }


def _merged_groups(group: type[Settings]) -> set[type[Settings]]:
    """Return the groups that exist in every stack, whatever its file says."""
    found: set[type[Settings]] = {group}
    for field in group.model_fields.values():
        inner = group_of(plain(field.annotation))
        if inner is not None and isinstance(field.default, Settings):
            found |= _merged_groups(inner)
    return found


def _adapted(schema: Schema) -> Schema:
    """Return a schema without pydantic's hints, with encrypted values where they are allowed or demanded."""
    if schema.get("secret"):
        return {"$ref": "#/$defs/Encrypted"}
    adapted: Schema = {}
    for key, value in schema.items():
        if key in {"properties", "patternProperties"}:
            adapted[key] = {name: _adapted(inner) for name, inner in cast("dict[str, Schema]", value).items()}
        elif key in {"items", "additionalProperties"} and isinstance(value, dict):
            adapted[key] = _adapted(cast("Schema", value))
        elif key == "anyOf":
            adapted[key] = [_adapted(inner) for inner in cast("list[Schema]", value)]
        elif key not in _HINTS:
            adapted[key] = value
    return {"anyOf": [adapted, {"$ref": "#/$defs/Encrypted"}]} if _is_free_text(adapted) else adapted


def _is_free_text(schema: Schema) -> bool:
    """Tell whether any text is accepted, so that it may be encrypted; a checked text must be known before."""
    return "string" in schema.get("type", ()) and not schema.keys() & {"pattern", "enum", "maxLength"}
