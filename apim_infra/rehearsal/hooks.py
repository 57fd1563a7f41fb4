"""Resource hooks: functions of the program that run before and after a step, or when it fails."""

from dataclasses import dataclass, field
from typing import Any

from pulumi.runtime.proto import callback_pb2, resource_pb2

from apim_infra.rehearsal import protocol, wire
from apim_infra.rehearsal.callbacks import CallbackError, Callbacks
from apim_infra.rehearsal.state import ResourceState

MOST_RETRIES = 3
"""How often a failing step is tried again when an error hook asks for it; twins fail the same way each time."""


@dataclass(frozen=True, slots=True)
class HookResult:
    """What a hook said."""

    name: str
    error: str = ""
    ignored: bool = False
    """Whether the program asked to ignore the hook's errors."""


@dataclass(slots=True)
class Hooks:
    """The hooks that a program registered, by name."""

    callbacks: Callbacks = field(default_factory=Callbacks)
    resource: dict[str, resource_pb2.RegisterResourceHookRequest] = field(
        default_factory=dict[str, resource_pb2.RegisterResourceHookRequest]
    )
    error: dict[str, callback_pb2.Callback] = field(default_factory=dict[str, callback_pb2.Callback])

    def run(self, kind: str, new: ResourceState, old: ResourceState | None = None) -> list[HookResult]:
        """Run a resource's hooks of one kind (`before_create` ...) and return those that failed."""
        failed: list[HookResult] = []
        for name in new.hooks.get(kind, ()):
            hook = self.resource.get(name)
            if hook is None:
                failed.append(HookResult(name, "the hook is not registered"))
                continue
            request = resource_pb2.ResourceHookRequest(urn=new.urn, id=new.id, name=new.name, type=new.type)
            if not kind.endswith("_delete"):
                request.new_inputs.CopyFrom(wire.to_struct(new.inputs))
            if kind.startswith("after_") and not kind.endswith("_delete"):
                request.new_outputs.CopyFrom(wire.to_struct(new.outputs))
            if old is not None:
                request.old_inputs.CopyFrom(wire.to_struct(old.inputs))
                request.old_outputs.CopyFrom(wire.to_struct(old.outputs))
            error = self._call(protocol.callback(hook), request)
            if error:
                failed.append(HookResult(name, error, hook.ignore_errors))
        return failed

    def retry(self, resource: ResourceState, operation: str, errors: list[str]) -> bool:
        """Ask a resource's error hooks whether a failed step is to be tried again."""
        again = False
        for name in resource.hooks.get("on_error", ()):
            callback = self.error.get(name)
            if callback is None:
                continue
            request = resource_pb2.ErrorHookRequest(
                urn=resource.urn,
                id=resource.id,
                name=resource.name,
                type=resource.type,
                failed_operation=operation,
                errors=errors,
            )
            request.new_inputs.CopyFrom(wire.to_struct(resource.inputs))
            try:
                payload = self.callbacks.call(callback, request.SerializeToString())
            except CallbackError:
                continue
            again = again or resource_pb2.ErrorHookResponse.FromString(payload).retry
        return again

    def _call(self, callback: callback_pb2.Callback, request: Any) -> str:
        try:
            payload = self.callbacks.call(callback, request.SerializeToString())
        except CallbackError as error:
            return str(error)
        return resource_pb2.ResourceHookResponse.FromString(payload).error
