# ruff: noqa: N802, ARG002 - names and arguments are those of the gRPC service
"""Pulumi's resource monitor, played by the rehearsal: used as an object in component tests, over gRPC in rehearsals.

Every method of the SDK's stub is here; a contract test holds the class to it.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, Protocol, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import callback_pb2, provider_pb2, resource_pb2, resource_pb2_grpc

from apim_infra.rehearsal import protocol, wire
from apim_infra.rehearsal.callbacks import CallbackError
from apim_infra.rehearsal.deployment import Deployment
from apim_infra.rehearsal.ending import finish
from apim_infra.rehearsal.intake import Intake, MonitorError
from apim_infra.rehearsal.reads import Reader
from apim_infra.rehearsal.state import Outcome

Answer = TypeVar("Answer")

NOT_OFFERED: dict[str, str] = {
    "RESOURCE_MONITOR_FEATURE_SENDS_OPTIONS_TO_HOOKS": "hooks get inputs and outputs; the Python SDK reads no options",
    "RESOURCE_MONITOR_FEATURE_BYTE_STRING": "no twin answers with bytes that are not text",
    "RESOURCE_MONITOR_FEATURE_STATE_MIGRATIONS": "they change old state, and a rehearsal starts from none",
    "RESOURCE_MONITOR_FEATURE_INVOKE_OUTPUT_VALUES": "data sources are answered with plain values",
    "RESOURCE_MONITOR_FEATURE_CALL_OUTPUT_VALUES": "methods of resources are refused",
}
"""Features of the engine that a rehearsal does not offer, with the reason."""

FEATURES = tuple(number for name, number in resource_pb2.ResourceMonitorFeature.items() if name not in NOT_OFFERED)
"""What the monitor says it can do."""

LEGACY_FEATURES = frozenset(
    {
        "secrets",
        "resourceReferences",
        "outputValues",
        "aliasSpecs",
        "replacementTrigger",
        "deletedWith",
        "replaceWith",
        "transforms",
        "invokeTransforms",
        "parameterization",
        "resourceHooks",
        "errorHooks",
    }
)
"""Names by which older SDKs ask for features (`supportsFeatureID` in source_eval.go; the list is closed)."""

RESULTS = {
    Outcome.SUCCESS: resource_pb2.Result.SUCCESS,
    Outcome.FAILED: resource_pb2.Result.FAIL,
    Outcome.SKIPPED: resource_pb2.Result.FAIL,
}
"""How the SDK is told; it resolves the outputs of anything but a success as unknown and goes on."""


class ServerContext(Protocol):
    """The part of a gRPC server context that the monitor uses."""

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        """End the request with an error."""
        ...


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Takes the requests of one run of a program to one deployment."""

    def __init__(
        self,
        deployment: Deployment,
        program: Path,
        *,
        organization: str = "organization",
        parallel: int = 4,
        config: dict[str, str] | None = None,
        secret_keys: frozenset[str] = frozenset(),
    ) -> None:
        self.deployment = deployment
        self.intake = Intake(program, deployment.hooks.callbacks)
        self.reader = Reader(deployment, self.intake)
        self._organization = organization
        self._parallel = parallel
        self._config = config or {}
        self._secret_keys = secret_keys

    # -- handshake ----------------------------------------------------------------------------------------------------------------------

    def GetDeploymentInfo(self, request: empty_pb2.Empty, context: Any = None) -> resource_pb2.DeploymentInfo:
        """Tell the program where it runs."""
        return resource_pb2.DeploymentInfo(
            project=self.deployment.project,
            stack=self.deployment.stack,
            organization=self._organization,
            config=self._config,
            configSecretKeys=sorted(self._secret_keys),
            dryRun=False,
            parallel=self._parallel,
            supportedFeatures=FEATURES,
        )

    def SupportsFeature(
        self, request: resource_pb2.SupportsFeatureRequest, context: Any = None
    ) -> resource_pb2.SupportsFeatureResponse:
        """Answer older SDKs, which ask for one feature at a time."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in LEGACY_FEATURES)

    def RegisterPackage(
        self, request: resource_pb2.RegisterPackageRequest, context: Any = None
    ) -> resource_pb2.RegisterPackageResponse:
        """Remember a parameterised package; its resources are of the parameterised name."""
        key = json.dumps([request.name, request.version, request.parameterization.name, request.extension.name])
        return resource_pb2.RegisterPackageResponse(ref=hashlib.sha256(key.encode()).hexdigest()[:32])

    def SignalAndWaitForShutdown(self, request: empty_pb2.Empty, context: Any = None) -> empty_pb2.Empty:
        """End the deployment: delete what was replaced, and what the program no longer registers."""
        self._guard(context, lambda: finish(self.deployment))
        return empty_pb2.Empty()

    # -- resources ----------------------------------------------------------------------------------------------------------------------

    def RegisterResource(
        self, request: resource_pb2.RegisterResourceRequest, context: Any = None
    ) -> resource_pb2.RegisterResourceResponse:
        """Register one resource."""
        return self._guard(context, lambda: self._register(request))

    def _register(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:
        registration = self.intake.accept(request)
        resource = self.deployment.register(registration)
        self.intake.settled(resource.urn, registration, protocol.transforms(request))
        shown = resource.custom and resource.exists
        return resource_pb2.RegisterResourceResponse(
            urn=resource.urn,
            id=resource.id if resource.exists else "",
            object=wire.to_struct(resource.outputs if shown else {}),
            result=RESULTS[resource.outcome],
        )

    def RegisterResourceOutputs(
        self, request: resource_pb2.RegisterResourceOutputsRequest, context: Any = None
    ) -> empty_pb2.Empty:
        """Record the outputs of a component, or the exports of the stack."""
        self._guard(context, lambda: self._outputs(request))
        return empty_pb2.Empty()

    def _outputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> None:
        if request.urn not in self.deployment.recorded:
            raise MonitorError(f"outputs of a resource that is not registered: {request.urn!r}")
        self.deployment.outputs(request.urn, wire.from_struct(request.outputs))

    def ReadResource(
        self, request: resource_pb2.ReadResourceRequest, context: Any = None
    ) -> resource_pb2.ReadResourceResponse:
        """Read a resource that exists outside of the stack (`Resource.get`)."""
        return self._guard(context, lambda: self._read(request))

    def _read(self, request: resource_pb2.ReadResourceRequest) -> resource_pb2.ReadResourceResponse:
        resource = self.reader.read(request)
        return resource_pb2.ReadResourceResponse(
            urn=resource.urn,
            id=resource.id if resource.exists else "",
            properties=wire.to_struct(resource.outputs if resource.exists else {}),
            result=RESULTS[resource.outcome],
        )

    def ExistsResource(
        self, request: resource_pb2.ExistsResourceRequest, context: Any = None
    ) -> resource_pb2.ExistsResourceResponse:
        """Tell whether a resource exists in the twin's world."""
        return self._guard(context, lambda: resource_pb2.ExistsResourceResponse(exists=self.reader.exists(request)))

    def Invoke(
        self, request: resource_pb2.ResourceInvokeRequest, context: Any = None
    ) -> resource_pb2.ResourceInvokeResponse:
        """Answer a data source."""
        return self._guard(context, lambda: self.reader.invoke(request))

    def Call(self, request: resource_pb2.ResourceCallRequest, context: Any = None) -> provider_pb2.CallResponse:
        """Refuse a method of a resource: it would run inside a plugin."""

        def refuse() -> provider_pb2.CallResponse:
            raise MonitorError(f"the method {request.tok} runs inside a provider plugin and cannot be rehearsed")

        return self._guard(context, refuse)

    # -- functions of the program -------------------------------------------------------------------------------------------------------

    def RegisterStackTransform(self, request: callback_pb2.Callback, context: Any = None) -> empty_pb2.Empty:
        """Remember a transform of every resource."""
        self.intake.stack_transforms.append(request)
        return empty_pb2.Empty()

    def RegisterStackInvokeTransform(self, request: callback_pb2.Callback, context: Any = None) -> empty_pb2.Empty:
        """Remember a transform of every call of a data source."""
        self.intake.invoke_transforms.append(request)
        return empty_pb2.Empty()

    def RegisterResourceHook(
        self, request: resource_pb2.RegisterResourceHookRequest, context: Any = None
    ) -> empty_pb2.Empty:
        """Remember a hook."""
        self.deployment.hooks.resource[request.name] = request
        return empty_pb2.Empty()

    def RegisterErrorHook(self, request: resource_pb2.RegisterErrorHookRequest, context: Any = None) -> empty_pb2.Empty:
        """Remember an error hook."""
        self.deployment.hooks.error[request.name] = protocol.callback(request)
        return empty_pb2.Empty()

    # -- errors -------------------------------------------------------------------------------------------------------------------------

    @staticmethod
    def _guard(context: ServerContext | None, answer: Callable[[], Answer]) -> Answer:
        try:
            return answer()
        except (MonitorError, CallbackError) as error:
            if context is not None:
                context.abort(grpc.StatusCode.UNKNOWN, str(error))
            raise
