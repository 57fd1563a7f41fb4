# ruff: noqa: N802, ARG002 - names and arguments are those of the gRPC service
"""Serves a twin as a Pulumi provider, so that the real engine can play a stack against it.

The engine attaches to providers that already run when `PULUMI_DEBUG_PROVIDERS` names their ports (`aws:1234,random:1235`). What is served is the
very twin that rehearsals use: what both see can then be compared.
"""

from collections.abc import Generator, Mapping
from concurrent import futures
from contextlib import contextmanager
from threading import RLock
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from apim_infra.rehearsal import urn as urns
from apim_infra.rehearsal import wire
from apim_infra.rehearsal.callbacks import CHANNEL_OPTIONS
from apim_infra.rehearsal.provider import (
    Created,
    Instance,
    Previewing,
    Problem,
    Provider,
    RejectedError,
    Request,
    Unprotecting,
)
from apim_infra.rehearsal.values import plain, secret

WORKERS = 16


class TwinServer(provider_pb2_grpc.ResourceProviderServicer):
    """One provider process of the engine's, answered by a twin."""

    def __init__(self, twin: Provider, version: str) -> None:
        self._twin = twin
        self._version = version
        self._instance = Instance("", "", {})
        self._lock = RLock()

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Tell the engine that this provider takes plain values only."""
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Tell the version that the SDK asks for."""
        return plugin_pb2.PluginInfo(version=self._version)

    def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        """Tell no schema: programs in Python bring their own types."""
        return provider_pb2.GetSchemaResponse(schema="{}")

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Check the configuration of a provider resource."""
        inputs = plain(wire.from_struct(request.news))
        problems = self._twin.check_config(Instance(request.urn, "", inputs))
        return provider_pb2.CheckResponse(inputs=request.news, failures=_failures(problems))

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """Compare configurations; a changed one is taken over in place."""
        same = request.news == request.olds
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_NONE if same else provider_pb2.DiffResponse.DIFF_SOME
        )

    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Take the configuration of the provider resource that this process stands for."""
        self._instance = Instance(request.urn, request.id, plain(wire.from_struct(request.args)))
        return provider_pb2.ConfigureResponse(acceptSecrets=False, supportsPreview=True)

    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        """Check inputs, fill defaults and names."""
        with self._lock:
            olds = plain(wire.from_struct(request.olds)) if request.HasField("olds") else None
            checked = self._twin.check(
                self._request(request.urn, plain(wire.from_struct(request.news)), old_inputs=olds)
            )
        return provider_pb2.CheckResponse(
            inputs=wire.to_struct(dict(checked.inputs)), failures=_failures(checked.problems)
        )

    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """Compare inputs with those of the last deployment."""
        with self._lock:
            found = self._twin.diff(
                self._request(
                    request.urn,
                    plain(wire.from_struct(request.news)),
                    id_=request.id,
                    old_inputs=plain(wire.from_struct(request.old_inputs)),
                    old_outputs=plain(wire.from_struct(request.olds)),
                    ignore_changes=tuple(request.ignoreChanges),
                )
            )
        kind = provider_pb2.DiffResponse.DIFF_SOME if found.changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=kind,
            diffs=found.changed,
            replaces=found.replaced_by,
            deleteBeforeReplace=found.delete_before_replace,
        )

    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        """Create the resource; in a preview nothing is made, and what the program gave is all that is known."""
        inputs = plain(wire.from_struct(request.properties))
        if request.preview:
            shown = self._twin.previewed(inputs) if isinstance(self._twin, Previewing) else None
            return provider_pb2.CreateResponse(
                properties=request.properties if shown is None else wire.to_struct(dict(shown))
            )
        created = self._call(context, lambda: self._twin.create(self._request(request.urn, inputs)))
        return provider_pb2.CreateResponse(id=created.id, properties=wire.to_struct(_outputs(created)))

    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        """Read a resource by its id."""
        inputs: dict[str, Any] = plain(wire.from_struct(request.inputs)) if request.HasField("inputs") else {}
        found = self._call(context, lambda: self._twin.read(self._request(request.urn, inputs, id_=request.id)))
        return provider_pb2.ReadResponse(id=found.id, properties=wire.to_struct(_outputs(found)), inputs=request.inputs)

    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        """Update the resource in place."""
        if request.preview:
            return provider_pb2.UpdateResponse(properties=request.news)
        wanted = self._request(
            request.urn,
            plain(wire.from_struct(request.news)),
            id_=request.id,
            old_inputs=plain(wire.from_struct(request.old_inputs)),
            old_outputs=plain(wire.from_struct(request.olds)),
            ignore_changes=tuple(request.ignoreChanges),
        )
        updated = self._call(context, lambda: self._twin.update(wanted))
        return provider_pb2.UpdateResponse(properties=wire.to_struct(_outputs(updated)))

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Delete the resource; protection in the cloud is switched off first, as an operator would."""
        outputs = plain(wire.from_struct(request.properties))
        inputs = plain(wire.from_struct(request.old_inputs)) if request.HasField("old_inputs") else outputs
        gone = self._request(request.urn, inputs, id_=request.id, old_inputs=inputs, old_outputs=outputs)

        def delete() -> None:
            try:
                self._twin.delete(gone)
            except RejectedError:
                loose = self._twin.unprotect(gone) if isinstance(self._twin, Unprotecting) else None
                if loose is None:
                    raise
                self._twin.update(
                    self._request(request.urn, loose, id_=request.id, old_inputs=inputs, old_outputs=outputs)
                )
                self._twin.delete(
                    self._request(request.urn, loose, id_=request.id, old_inputs=loose, old_outputs=outputs)
                )

        self._call(context, delete)
        return empty_pb2.Empty()

    def Invoke(self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext) -> provider_pb2.InvokeResponse:
        """Answer a data source."""
        arguments = plain(wire.from_struct(request.args))
        answer = self._call(context, lambda: self._twin.invoke(request.tok, arguments, self._instance))
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(wire.to_struct(dict(answer)))
        return response

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Do nothing: no request takes long."""
        return empty_pb2.Empty()

    def Attach(self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Accept the engine."""
        return empty_pb2.Empty()

    def _request(
        self,
        urn: str,
        inputs: Mapping[str, Any],
        *,
        id_: str = "",
        old_inputs: Mapping[str, Any] | None = None,
        old_outputs: Mapping[str, Any] | None = None,
        ignore_changes: tuple[str, ...] = (),
    ) -> Request:
        return Request(
            urn=urn,
            type=urns.type_of(urn),
            name=urns.name_of(urn),
            inputs=inputs,
            provider=self._instance,
            id=id_,
            old_inputs=old_inputs,
            old_outputs=old_outputs,
            ignore_changes=ignore_changes,
        )

    def _call(self, context: grpc.ServicerContext, call: Any) -> Any:
        """Call the twin; a rejection becomes the error of a cloud's API."""
        with self._lock:
            try:
                return call()
            except RejectedError as error:
                context.abort(grpc.StatusCode.UNKNOWN, str(error))


def _failures(problems: tuple[Problem, ...]) -> list[provider_pb2.CheckFailure]:
    return [
        provider_pb2.CheckFailure(property=problem.path, reason=f"{problem.code}: {problem.message}")
        for problem in problems
        if not problem.warning
    ]


def _outputs(created: Created) -> dict[str, Any]:
    return {
        key: secret(value) if key in created.secret_outputs else value
        for key, value in {**created.outputs, "id": created.id}.items()
    }


@contextmanager
def served(twins: Mapping[str, tuple[Provider, str]]) -> Generator[str]:
    """Serve twins on loopback while the block runs; yields the value of `PULUMI_DEBUG_PROVIDERS`.

    `twins` are package to twin and version of the SDK.
    """
    servers: list[grpc.Server] = []
    ports: list[str] = []
    try:
        for package, (twin, version) in twins.items():
            server = grpc.server(futures.ThreadPoolExecutor(WORKERS), options=CHANNEL_OPTIONS)
            provider_pb2_grpc.add_ResourceProviderServicer_to_server(TwinServer(twin, version), server)
            ports.append(f"{package}:{server.add_insecure_port('127.0.0.1:0')}")
            server.start()
            servers.append(server)
        yield ",".join(ports)
    finally:
        for server in servers:
            server.stop(grace=1).wait()
