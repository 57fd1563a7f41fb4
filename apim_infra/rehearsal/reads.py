"""What a program asks about things that it does not create: data sources, resources read by id, resources passed as values."""

import json
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime.proto import resource_pb2

from apim_infra.findings import Severity
from apim_infra.rehearsal import protocol, wire
from apim_infra.rehearsal import urn as urns
from apim_infra.rehearsal.callbacks import transform_invoke
from apim_infra.rehearsal.deployment import Deployment
from apim_infra.rehearsal.intake import Intake, MonitorError
from apim_infra.rehearsal.provider import Instance, Properties, Provider, RejectedError
from apim_infra.rehearsal.registration import Registration, source_of
from apim_infra.rehearsal.state import ResourceState
from apim_infra.rehearsal.steps import ReadStep, provider_instance
from apim_infra.rehearsal.values import has_secret, has_unknown, plain, secret

GET_RESOURCE = "pulumi:pulumi:getResource"


class Reader:
    """Answers questions of one run of a program."""

    def __init__(self, deployment: Deployment, intake: Intake) -> None:
        self._deployment = deployment
        self._intake = intake

    def read(self, request: resource_pb2.ReadResourceRequest) -> ResourceState:
        """Read a resource by id; the answer is recorded but never deleted."""
        package = urns.package_of(request.type)
        registration = Registration(
            type=request.type,
            name=request.name,
            parent=request.parent,
            custom=True,
            inputs=wire.from_struct(request.properties),
            dependencies=sorted(request.dependencies),
            provider=self._intake.provider_for(request.provider, {}, request.parent, package),
            version=request.version,
            plugin_download_url=request.pluginDownloadURL,
            additional_secret_outputs=list(request.additionalSecretOutputs),
            import_id=request.id,
            source=source_of(protocol.positions(request), self._intake.program),
        )
        resource = self._deployment.register(registration, ReadStep)
        self._intake.settled(resource.urn, registration, [])
        return resource

    def exists(self, request: resource_pb2.ExistsResourceRequest) -> bool:
        """Tell whether a resource exists in its twin's world."""
        package = urns.package_of(request.type)
        reference = self._intake.provider_for(request.provider, {}, request.parent, package)
        twin, instance = self._twin(package, reference, request.version, request.type)
        state = ResourceState(
            urn=urns.make(self._deployment.stack, self._deployment.project, request.parent, request.type, request.id),
            type=request.type,
            name=request.id,
            custom=True,
            id=request.id,
        )
        question = self._deployment.request(state, plain(wire.from_struct(request.properties)), instance)
        try:
            with self._deployment.calling(package):
                twin.read(question)
        except RejectedError:
            return False
        return True

    def invoke(self, request: resource_pb2.ResourceInvokeRequest) -> resource_pb2.ResourceInvokeResponse:
        """Answer a data source. Raises MonitorError with the cloud's code when it is refused."""
        package = urns.package_of(request.tok)
        reference = self._intake.provider_for(request.provider, {}, request.parent, package)
        arguments, reference, version = transform_invoke(
            self._intake.callbacks, self._intake.invoke_transforms, request, reference
        )
        broken = [
            urn
            for urn in request.dependsOn
            if urn in self._deployment.recorded and not self._deployment.recorded[urn].exists
        ]
        if broken or has_unknown(arguments):
            return resource_pb2.ResourceInvokeResponse(unknown=True)
        if request.tok == GET_RESOURCE:
            return _answer(self._resource(arguments["urn"]))
        twin, instance = self._twin(package, reference, version, request.tok)

        def question() -> Properties:
            with self._deployment.calling(package):
                return twin.invoke(request.tok, plain(arguments), instance)

        try:
            key = json.dumps([request.tok, plain(arguments), instance.urn], sort_keys=True)
            answer = dict(self._deployment.ask(key, question))
        except RejectedError as error:
            source = source_of(protocol.positions(request), self._intake.program)
            for problem in error.problems:
                self._deployment.report(
                    Severity.ERROR,
                    f"{package}:{problem.code}",
                    f"{request.tok}: {problem.message}",
                    source=source,
                    fix=problem.hint,
                )
            raise MonitorError(f"invocation of {request.tok} returned an error: {error}") from None
        if has_secret(arguments):
            answer = {key: secret(value) for key, value in answer.items()}
        return _answer(answer)

    def _resource(self, urn: str) -> dict[str, Any]:
        resource = self._deployment.recorded.get(urn)
        if resource is None:
            raise MonitorError(f"unknown resource {urn}")
        return {"urn": resource.urn, "id": resource.id, "state": resource.outputs}

    def _twin(self, package: str, reference: str, version: str, token: str) -> tuple[Provider, Instance]:
        twin = self._deployment.providers.twin(package)
        if twin is None:
            raise MonitorError(f"no twin of the package {package!r}, which {token} needs")
        instance = provider_instance(self._deployment, package, reference, version)
        if instance is None:
            raise MonitorError(
                f"{token} needs a provider that is not there: {reference or 'the default provider is disabled'}"
            )
        return twin, instance


def _answer(values: dict[str, Any]) -> resource_pb2.ResourceInvokeResponse:
    response = resource_pb2.ResourceInvokeResponse()
    target: struct_pb2.Struct = getattr(response, "return")
    target.CopyFrom(wire.to_struct(values))
    return response
