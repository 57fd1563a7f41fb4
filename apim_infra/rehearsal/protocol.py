"""Fields of the SDK's messages whose published types are broken: the stubs name modules that are not in the package."""

from collections.abc import Sequence
from typing import Any, cast

from pulumi.runtime.proto import alias_pb2, callback_pb2, resource_pb2, source_pb2

Located = resource_pb2.RegisterResourceRequest | resource_pb2.ReadResourceRequest | resource_pb2.ResourceInvokeRequest
"""Requests that say where in the program they come from."""


def transforms(request: resource_pb2.RegisterResourceRequest) -> list[callback_pb2.Callback]:
    """Return a resource's own transforms."""
    return list(cast(Any, request).transforms)


def aliases(
    message: resource_pb2.RegisterResourceRequest | resource_pb2.TransformResourceOptions,
) -> Sequence[alias_pb2.Alias]:
    """Return a resource's aliases."""
    return cast(Any, message).aliases


def state_migrations(request: resource_pb2.RegisterResourceRequest) -> int:
    """Return how many state migrations a resource has."""
    return len(cast(Any, request).state_migrations)


def positions(request: Located) -> list[source_pb2.SourcePosition]:
    """Return where a request comes from, innermost call first."""
    message = cast(Any, request)
    return [message.sourcePosition, *(frame.pc for frame in message.stackTrace.frames)]


def callback(
    request: resource_pb2.RegisterResourceHookRequest | resource_pb2.RegisterErrorHookRequest,
) -> callback_pb2.Callback:
    """Return the function behind a hook."""
    return cast(Any, request).callback
