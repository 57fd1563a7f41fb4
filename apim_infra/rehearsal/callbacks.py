"""Transforms and hooks: functions of the program that the monitor calls back.

The SDK serves them on its own gRPC server inside the program; a callback is an address and a token. Order and option handling follow
`pkg/resource/deploy/source_eval.go` of pulumi/pulumi (August 2026): own transforms, then those of each ancestor, then the stack's.
"""

import threading
from collections.abc import Iterable, Mapping
from typing import Any, cast

import grpc
from pulumi.runtime.proto import alias_pb2, callback_pb2, callback_pb2_grpc, resource_pb2

from apim_infra.rehearsal import protocol, wire
from apim_infra.rehearsal.registration import Registration, aliases_of, hooks_of, timeouts_of
from apim_infra.rehearsal.values import OutputValue, dependencies_of

LARGEST_MESSAGE = 400 * 1024 * 1024
"""Bytes; the SDK's own limit (`pulumi/runtime/_grpc_settings.py`)."""

CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", LARGEST_MESSAGE),
    ("grpc.max_send_message_length", LARGEST_MESSAGE),
)


class CallbackError(Exception):
    """A function of the program failed, or could not be called."""


class Callbacks:
    """Calls functions of the program; one connection an address."""

    def __init__(self) -> None:
        self._channels: dict[str, grpc.Channel] = {}
        self._lock = threading.Lock()

    def call(self, callback: callback_pb2.Callback, payload: bytes) -> bytes:
        """Call one function. Raises CallbackError with the program's own message."""
        with self._lock:
            channel = self._channels.get(callback.target)
            if channel is None:
                channel = grpc.insecure_channel(callback.target, options=CHANNEL_OPTIONS)
                self._channels[callback.target] = channel
        stub = cast(Any, callback_pb2_grpc.CallbacksStub(channel))
        request = callback_pb2.CallbackInvokeRequest(token=callback.token, request=payload)
        try:
            return stub.Invoke(request).response
        except grpc.RpcError as error:
            raise CallbackError(str(cast(grpc.Call, error).details())) from None

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for channel in self._channels.values():
                channel.close()
            self._channels.clear()


def with_dependencies(registration: Registration) -> dict[str, Any]:
    """Return inputs as outputs that know what they depend on, as transforms get them."""
    upgraded: dict[str, Any] = {}
    for key, value in registration.inputs.items():
        needed = set(registration.property_dependencies.get(key, ()))
        if needed <= dependencies_of(value):
            upgraded[key] = value
        elif isinstance(value, OutputValue):
            merged = tuple(sorted(needed | set(value.dependencies)))
            upgraded[key] = OutputValue(value.value, value.known, value.secret, merged)
        else:
            upgraded[key] = OutputValue(value, known=True, secret=False, dependencies=tuple(sorted(needed)))
    return upgraded


def transform(callbacks: Callbacks, functions: Iterable[callback_pb2.Callback], registration: Registration) -> None:
    """Run transforms over a registration, changing its inputs and options."""
    for function in functions:
        request = resource_pb2.TransformRequest(
            type=registration.type,
            name=registration.name,
            custom=registration.custom,
            parent=registration.parent,
            properties=wire.to_struct(registration.inputs),
            options=_options(registration),
        )
        answer = resource_pb2.TransformResponse.FromString(callbacks.call(function, request.SerializeToString()))
        if answer.HasField("properties"):
            registration.inputs = wire.from_struct(answer.properties)
        if answer.HasField("options"):
            _apply_options(registration, answer.options)


def transform_invoke(
    callbacks: Callbacks,
    functions: Iterable[callback_pb2.Callback],
    request: resource_pb2.ResourceInvokeRequest,
    provider: str,
) -> tuple[dict[str, Any], str, str]:
    """Run the stack's transforms over a call of a data source; return arguments, provider and version."""
    arguments = request.args
    options = resource_pb2.TransformInvokeOptions(
        provider=provider, version=request.version, plugin_download_url=request.pluginDownloadURL
    )
    for function in functions:
        question = resource_pb2.TransformInvokeRequest(token=request.tok, args=arguments, options=options)
        answer = resource_pb2.TransformInvokeResponse.FromString(callbacks.call(function, question.SerializeToString()))
        if answer.HasField("args"):
            arguments = answer.args
        if answer.HasField("options"):
            options = answer.options
    return wire.from_struct(arguments), options.provider, options.version


def _options(registration: Registration) -> resource_pb2.TransformResourceOptions:
    options = resource_pb2.TransformResourceOptions(
        depends_on=registration.dependencies,
        protect=registration.protect,
        ignore_changes=registration.ignore_changes,
        replace_on_changes=registration.replace_on_changes,
        version=registration.version,
        aliases=[_alias(alias) for alias in registration.aliases],
        provider=registration.provider,
        providers=registration.providers,
        plugin_download_url=registration.plugin_download_url,
        retain_on_delete=registration.retain_on_delete,
        deleted_with=registration.deleted_with,
        replace_with=registration.replace_with,
        delete_before_replace=registration.delete_before_replace,
        additional_secret_outputs=registration.additional_secret_outputs,
        hooks=resource_pb2.RegisterResourceRequest.ResourceHooksBinding(**registration.hooks),
    )
    if registration.custom_timeouts:
        options.custom_timeouts.CopyFrom(
            resource_pb2.RegisterResourceRequest.CustomTimeouts(**registration.custom_timeouts)
        )
    if registration.import_id:
        setattr(options, "import", registration.import_id)
    if registration.replacement_trigger is not None:
        options.replacement_trigger.CopyFrom(wire.to_value(registration.replacement_trigger))
    return options


def _alias(alias: str | Mapping[str, Any]) -> alias_pb2.Alias:
    if isinstance(alias, str):
        return alias_pb2.Alias(urn=alias)
    return alias_pb2.Alias(spec=alias_pb2.Alias.Spec(**alias))


def _apply_options(registration: Registration, options: resource_pb2.TransformResourceOptions) -> None:
    registration.dependencies = sorted(options.depends_on)
    registration.protect = options.protect if options.HasField("protect") else None
    registration.ignore_changes = list(options.ignore_changes)
    registration.replace_on_changes = list(options.replace_on_changes)
    registration.version = options.version
    registration.aliases = aliases_of(protocol.aliases(options))
    registration.provider = options.provider
    registration.providers = dict(options.providers)
    registration.custom_timeouts = timeouts_of(options.custom_timeouts)
    registration.plugin_download_url = options.plugin_download_url
    registration.retain_on_delete = options.retain_on_delete if options.HasField("retain_on_delete") else None
    registration.deleted_with = options.deleted_with
    registration.replace_with = list(options.replace_with)
    registration.delete_before_replace = (
        options.delete_before_replace if options.HasField("delete_before_replace") else None
    )
    registration.additional_secret_outputs = list(options.additional_secret_outputs)
    registration.import_id = getattr(options, "import")
    registration.hooks = hooks_of(options.hooks)
    registration.replacement_trigger = (
        wire.from_value(options.replacement_trigger) if options.HasField("replacement_trigger") else None
    )
