"""Loops of the SDK that look at everything again and again, with the same answers at a fraction of the steps.

A program with 900 resources spends most of its time in two of them (pulumi 3.272): waiting for outputs, which asks each of thousands after every one
that comes, and looking for cycles of dependencies, which walks all that is known for each new one. The third tells where a resource was made: it
looks every line of the stack up in its file, and uses none. The others are small and run for every property: a task and four futures to resolve one
that comes whole, and a set and a closure to look for unknown values in a text. Imports the standard library and the SDK alone, since it is loaded
into the process of the program too.
"""

import asyncio
import inspect
from functools import lru_cache, partial
from pathlib import Path
from types import FrameType
from typing import Any, cast

from pulumi import output as outputs
from pulumi.runtime import known_types, resource, resource_cycle_breaker, rpc, settings, stack
from pulumi.runtime.proto import source_pb2

_SDK: Any = resource_cycle_breaker
_STACK: Any = stack
_RESOURCE: Any = resource
_SOURCE: Any = source_pb2
_RPC: Any = rpc
_OUTPUT: Any = outputs
_STATE: Any = settings.SETTINGS
"""The SDK's modules and state, whose parts without a public name have no published types."""
_DICTIONARY: Any = dict
"""What knows a dictionary's values: an output type is one that may have a property of that name."""

CONSTRUCTORS = 3
NEEDED = "_apim_needed"
"""Mark of a resource that another one depends on."""


def install() -> None:
    """Put the loops in the place of the SDK's own, for this process. May be called again."""
    if _SDK._reachable is not reachable:
        _SDK._reachable, _SDK._add_dep = reachable, add_dependency
    _STACK.wait_for_rpcs = wait_for_rpcs
    _RESOURCE._get_stack_trace = stack_trace
    _RPC.transfer_properties = transfer_properties
    _RPC.contains_unknowns = contains_unknowns


def contains_unknowns(value: Any) -> bool:
    """Tell whether a value is unknown, or holds one that is in dictionaries and lists."""
    if not isinstance(value, dict | list):
        return known_types.is_unknown(value)
    waiting: list[Any] = [value]
    seen: set[int] = set()
    while waiting:
        item = waiting.pop()
        if not isinstance(item, dict | list):
            if known_types.is_unknown(item):
                return True
        elif id(cast(Any, item)) not in seen:
            seen.add(id(cast(Any, item)))
            waiting.extend(_DICTIONARY.values(item) if isinstance(item, dict) else cast(list[Any], item))
    return False


def transfer_properties(new: Any, properties: Any, custom: bool) -> dict[str, Any]:
    """Give a resource an output for each property, and return what resolves them by name."""
    resolvers: dict[str, Any] = {}
    for name in properties:
        if name == "urn" or (name == "id" and custom):
            continue  # resolved apart
        whole: asyncio.Future[Any] = asyncio.Future()
        resolvers[name] = partial(_resolve, new, whole)
        new.__dict__[name] = _OUTPUT.Output._from_data(whole)
    return resolvers


def _resolve(  # noqa: PLR0917 - as the SDK calls it
    new: Any,
    whole: asyncio.Future[Any],
    value: Any,
    is_known: bool,
    is_secret: bool,
    needed: set[Any] | None,
    failed: Exception | None,
) -> None:
    if failed is None:
        whole.set_result(_OUTPUT._OutputData({*(needed or ()), new}, value, is_known, is_secret))
    else:
        whole.set_exception(failed)


def stack_trace() -> Any:
    """Return the frames that called the constructor of a resource, innermost first; none outside of one.

    Three constructors are on the stack, one in the other: `Resource`, custom or component resource, and the resource's own.
    """
    frame: FrameType | None = inspect.currentframe()
    constructors = 0
    while frame is not None and constructors < CONSTRUCTORS:
        constructors += frame.f_code.co_name == "__init__"
        frame = frame.f_back
    found: list[Any] = []
    while frame is not None:
        found.append(_stack_frame(frame.f_code.co_filename, frame.f_lineno))
        frame = frame.f_back
    return _SOURCE.StackTrace(frames=found)


@lru_cache(maxsize=4096)
def _stack_frame(file: str, line: int) -> Any:
    path = Path(file)
    return _SOURCE.StackFrame(pc=_SOURCE.SourcePosition(uri=path.as_uri(), line=line) if path.is_absolute() else None)


def add_dependency(from_resource: Any, to_resource: Any) -> None:
    """Remember that one resource depends on another, and mark the other."""
    property_ = _SDK._DEPENDENCIES_PROPERTY
    known: set[Any] | None = getattr(from_resource, property_, None)
    if known is None:
        setattr(from_resource, property_, {to_resource})
    else:
        known.add(to_resource)
    setattr(to_resource, NEEDED, True)


def reachable(from_resource: Any, to_resource: Any) -> bool:
    """Tell whether one resource depends on another, directly or by others; on what nothing depends on nothing does."""
    if from_resource is to_resource:
        return True
    property_ = _SDK._DEPENDENCIES_PROPERTY
    if not getattr(to_resource, NEEDED, False) or from_resource in getattr(to_resource, property_, ()):
        return False  # a dependency that is there already was looked at when it came
    seen: set[Any] = {from_resource}
    waiting = [from_resource]
    while waiting:
        for needed in getattr(waiting.pop(), property_, ()):
            if needed is to_resource:
                return True
            if needed not in seen:
                seen.add(needed)
                waiting.append(needed)
    return False


async def wait_for_rpcs(await_all_outstanding_tasks: bool = True) -> None:
    """Wait for requests and outputs, each of which is looked at once. Raises what the first of them raises, as the SDK does."""
    requests = _STACK._get_rpc_manager()
    watched: set[asyncio.Future[Any]] = set()
    finished: asyncio.Queue[asyncio.Future[Any]] = asyncio.Queue()
    while True:
        while requests.rpcs:
            await asyncio.sleep(0)
            try:
                await requests.rpcs.pop()
            except Exception as error:
                if requests.unhandled_exception is not None:
                    raise error from requests.unhandled_exception.with_traceback(requests.exception_traceback)
                raise
        if requests.unhandled_exception is not None:
            raise requests.unhandled_exception.with_traceback(requests.exception_traceback)
        while await_all_outstanding_tasks and (outstanding := _outstanding()):
            for output in outstanding - watched:
                watched.add(output)
                output.add_done_callback(finished.put_nowait)
            await _finish(await finished.get())
            while not finished.empty():
                await _finish(finished.get_nowait())
        if not requests.rpcs:
            return


def _outstanding() -> set[asyncio.Future[Any]]:
    with _STATE.lock:
        return set(_STATE.outputs)


async def _finish(output: asyncio.Future[Any]) -> None:
    """Take an output off the list; raises what it raises."""
    with _STATE.lock:
        _STATE.outputs.discard(output)
    await output
