# ruff: noqa: N802, ARG002 - names and arguments are those of the gRPC service
"""Pulumi's engine service: what a program logs, and its root resource."""

import threading
from dataclasses import dataclass
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc


@dataclass(frozen=True, slots=True)
class Message:
    """One line that a program logged."""

    severity: str
    """`debug`, `info`, `warning` or `error`."""
    text: str
    urn: str = ""


class Engine(engine_pb2_grpc.EngineServicer):
    """Keeps what a program logs, debug messages left out."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._root = ""
        self._lock = threading.Lock()

    def Log(self, request: engine_pb2.LogRequest, context: Any = None) -> empty_pb2.Empty:
        """Take one message."""
        if request.severity != engine_pb2.DEBUG:
            name = engine_pb2.LogSeverity.Name(request.severity).lower()
            with self._lock:
                self.messages.append(Message(name, request.message, request.urn))
        return empty_pb2.Empty()

    def GetRootResource(
        self, request: engine_pb2.GetRootResourceRequest, context: Any = None
    ) -> engine_pb2.GetRootResourceResponse:
        """Return the stack's own URN."""
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(
        self, request: engine_pb2.SetRootResourceRequest, context: Any = None
    ) -> engine_pb2.SetRootResourceResponse:
        """Remember the stack's own URN."""
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    def StartDebugging(self, request: engine_pb2.StartDebuggingRequest, context: Any = None) -> empty_pb2.Empty:
        """Do nothing: a rehearsal attaches no debugger."""
        return empty_pb2.Empty()

    def RequirePulumiVersion(
        self, request: engine_pb2.RequirePulumiVersionRequest, context: Any = None
    ) -> engine_pb2.RequirePulumiVersionResponse:
        """Accept every version: there is no CLI."""
        return engine_pb2.RequirePulumiVersionResponse()
