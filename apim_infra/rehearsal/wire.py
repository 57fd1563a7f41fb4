"""Between protobuf structures and property values.

Special values travel as objects with a signature key; the signatures are those of `sdk/go/common/resource/properties.go` of pulumi/pulumi and of
`pulumi/runtime/rpc.py` of the SDK. Assets, archives and byte strings stay objects with their signature, as providers get them.
"""

from collections.abc import Mapping
from typing import Any, cast

from google.protobuf import struct_pb2

from apim_infra.rehearsal.provider import UNKNOWN
from apim_infra.rehearsal.values import OutputValue, Reference, Secret, secret

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's marker, not a password
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"

LARGEST_INTEGER = 2**53
"""A protobuf number is a double; whole numbers are exact up to here."""


def from_struct(struct: struct_pb2.Struct) -> dict[str, Any]:
    """Return the properties in a structure."""
    return {key: from_value(value) for key, value in struct.fields.items()}


def from_value(value: struct_pb2.Value) -> Any:
    """Return one property value. Whole numbers become integers."""
    kind = value.WhichOneof("kind")
    if kind in ("string_value", "bool_value"):
        return getattr(value, kind)
    if kind == "struct_value":
        fields = {key: from_value(item) for key, item in value.struct_value.fields.items()}
        return _special(fields) if SIGNATURE in fields else fields
    if kind == "list_value":
        return [from_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() and abs(number) <= LARGEST_INTEGER else number
    return None


def _special(fields: dict[str, Any]) -> Any:
    signature = fields[SIGNATURE]
    if signature == SECRET:
        return secret(fields.get("value"))
    if signature == RESOURCE:
        return Reference(urn=fields["urn"], id=fields.get("id"), version=fields.get("packageVersion", ""))
    if signature == OUTPUT:
        known = "value" in fields and fields["value"] != UNKNOWN
        return OutputValue(
            value=fields["value"] if known else UNKNOWN,
            known=known,
            secret=bool(fields.get("secret", False)),
            dependencies=tuple(fields.get("dependencies", ())),
        )
    return fields


def to_struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return properties as a structure; a value that JSON does not know raises TypeError."""
    struct = struct_pb2.Struct()
    _fill(struct, properties)
    return struct


def to_value(value: Any) -> struct_pb2.Value:
    """Return one property value as a protobuf value."""
    target = struct_pb2.Value()
    _set(target, value)
    return target


def _fill(struct: struct_pb2.Struct, properties: Mapping[str, Any]) -> None:
    fields = struct.fields
    for key, value in properties.items():
        _set(fields[key], value)


def _set(target: struct_pb2.Value, value: Any) -> None:
    if isinstance(value, str):
        target.string_value = value
    elif value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif isinstance(value, Mapping):
        target.struct_value.SetInParent()
        _fill(target.struct_value, cast(Mapping[str, Any], value))
    elif isinstance(value, list | tuple):
        target.list_value.SetInParent()
        for item in cast(list[Any], value):
            _set(target.list_value.values.add(), item)
    else:
        _fill(target.struct_value, _fields_of(value))


def _fields_of(value: Any) -> dict[str, Any]:
    if isinstance(value, Secret):
        return {SIGNATURE: SECRET, "value": value.value}
    if isinstance(value, Reference):
        fields: dict[str, Any] = {SIGNATURE: RESOURCE, "urn": value.urn, "packageVersion": value.version}
        return fields if value.id is None else {**fields, "id": value.id}
    if isinstance(value, OutputValue):
        fields = {SIGNATURE: OUTPUT, "secret": value.secret, "dependencies": list(value.dependencies)}
        return {**fields, "value": value.value} if value.known else fields
    raise TypeError(f"a {type(value).__name__} cannot travel to the program")
