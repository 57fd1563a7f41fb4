"""The monitor against the pinned SDK: every method, every field."""

import dataclasses
import inspect

import pulumi.runtime.proto.engine_pb2_grpc as engine_grpc
import pulumi.runtime.proto.resource_pb2_grpc as resource_grpc
import pytest
from pulumi.runtime.proto import resource_pb2

from apim_infra.rehearsal import callbacks, registration
from apim_infra.rehearsal.engine import Engine
from apim_infra.rehearsal.monitor import LEGACY_FEATURES, NOT_OFFERED, Monitor
from apim_infra.rehearsal.registration import HOOK_KINDS, IGNORED_FIELDS, Registration


def methods(servicer: type) -> list[str]:
    return sorted(name for name, _ in inspect.getmembers(servicer, inspect.isfunction) if name[0].isupper())


@pytest.mark.parametrize("name", methods(resource_grpc.ResourceMonitorServicer))
def test_every_method_of_the_monitor_is_there(name: str) -> None:
    assert name in vars(Monitor)


@pytest.mark.parametrize("name", methods(engine_grpc.EngineServicer))
def test_every_method_of_the_engine_is_there(name: str) -> None:
    assert name in vars(Engine)


HANDLED = {
    "type": "type",
    "name": "name",
    "parent": "parent",
    "custom": "custom",
    "object": "inputs",
    "protect": "protect",
    "dependencies": "dependencies",
    "provider": "provider",
    "propertyDependencies": "property_dependencies",
    "deleteBeforeReplace": "delete_before_replace",
    "deleteBeforeReplaceDefined": "delete_before_replace",
    "version": "version",
    "ignoreChanges": "ignore_changes",
    "additionalSecretOutputs": "additional_secret_outputs",
    "aliasURNs": "aliases",
    "aliases": "aliases",
    "importId": "import_id",
    "customTimeouts": "custom_timeouts",
    "remote": "remote",
    "providers": "providers",
    "replaceOnChanges": "replace_on_changes",
    "pluginDownloadURL": "plugin_download_url",
    "retainOnDelete": "retain_on_delete",
    "deletedWith": "deleted_with",
    "replace_with": "replace_with",
    "replacement_trigger": "replacement_trigger",
    "sourcePosition": "source",
    "stackTrace": "source",
    "hooks": "hooks",
    "envVarMappings": "environment",
    "state_migrations": "state_migrations",
}


def test_every_field_of_a_registration_is_handled_or_ignored_for_a_reason() -> None:
    fields = {field.name for field in resource_pb2.RegisterResourceRequest.DESCRIPTOR.fields}
    known = {field.name for field in dataclasses.fields(Registration)}
    assert set(HANDLED.values()) <= known
    assert fields - set(HANDLED) - {"transforms"} == set(IGNORED_FIELDS)
    assert all(reason for reason in IGNORED_FIELDS.values())


@pytest.mark.parametrize("field", sorted(HANDLED))
def test_every_handled_field_is_read(field: str) -> None:
    source = inspect.getsource(registration.parse) + inspect.getsource(registration.protocol)
    assert f".{field}" in source or field in ("sourcePosition", "stackTrace")


def test_every_option_of_a_transform_goes_both_ways() -> None:
    options = {field.name for field in resource_pb2.TransformResourceOptions.DESCRIPTOR.fields}
    there = inspect.getsource(callbacks._options)
    back = inspect.getsource(callbacks._apply_options)
    unused = {"plugin_checksums", "hide_diff"}
    for name in options - unused:
        assert name in there, name
        assert name in back, name


def test_every_hook_kind_is_known() -> None:
    kinds = {field.name for field in resource_pb2.RegisterResourceRequest.ResourceHooksBinding.DESCRIPTOR.fields}
    assert kinds == set(HOOK_KINDS)


def test_features_are_offered_or_not_for_a_reason() -> None:
    names = set(resource_pb2.ResourceMonitorFeature.keys())
    assert set(NOT_OFFERED) <= names
    offered = {name.removeprefix("RESOURCE_MONITOR_FEATURE_") for name in names - set(NOT_OFFERED)}
    assert offered == {
        "SECRETS",
        "RESOURCE_REFERENCES",
        "OUTPUT_VALUES",
        "ALIAS_SPECS",
        "REPLACEMENT_TRIGGER",
        "DELETED_WITH",
        "REPLACE_WITH",
        "TRANSFORMS",
        "INVOKE_TRANSFORMS",
        "PARAMETERIZATION",
        "RESOURCE_HOOKS",
        "ERROR_HOOKS",
        "INVOKE_DEPENDS_ON",
        "INVOKE_PARENT",
    }
    assert "secrets" in LEGACY_FEATURES
