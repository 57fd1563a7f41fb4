"""From request to registration: what a resource inherits from its parent, and what transforms make of it.

Rules: `inheritFromParent`, `resolveProvider` and `RegisterResource` in `pkg/resource/deploy/source_eval.go` of pulumi/pulumi, August 2026.
"""

import re
import threading
from pathlib import Path

from pulumi.runtime.proto import callback_pb2, resource_pb2

from apim_infra.rehearsal import protocol
from apim_infra.rehearsal import urn as urns
from apim_infra.rehearsal.callbacks import Callbacks, transform, with_dependencies
from apim_infra.rehearsal.registration import Registration, parse
from apim_infra.rehearsal.values import dependencies_of, downgraded

_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?(?:ns|us|µs|ms|s|m|h))+")
"""A duration as Go reads it, such as `1h30m`."""


class MonitorError(Exception):
    """A request that the engine refuses outright; the program sees the message."""


class Intake:
    """Remembers what later registrations inherit."""

    def __init__(self, program: Path, callbacks: Callbacks) -> None:
        self.program = program
        self.callbacks = callbacks
        self.stack_transforms: list[callback_pb2.Callback] = []
        self.invoke_transforms: list[callback_pb2.Callback] = []
        self._registered: dict[str, Registration] = {}
        self._transforms: dict[str, list[callback_pb2.Callback]] = {}
        self._lock = threading.Lock()

    def accept(self, request: resource_pb2.RegisterResourceRequest) -> Registration:
        """Return what a request registers. Raises MonitorError for what the engine refuses, CallbackError when a transform fails."""
        registration = parse(request, self.program)
        _validate_request(registration)
        self._inherit(registration)
        own = protocol.transforms(request)
        functions = [*own, *self._inherited_transforms(registration.parent), *self.stack_transforms]
        if registration.custom or registration.remote:
            registration.provider = self.provider_for(
                registration.provider, registration.providers, registration.parent, urns.package_of(registration.type)
            )
        if own:
            registration.inputs = with_dependencies(registration)
        if functions:
            transform(self.callbacks, functions, registration)
        _validate_options(registration)
        self._settle_dependencies(registration, transformed=bool(own))
        if not registration.custom:
            registration.providers = {**self._component_providers(registration.parent), **registration.providers}
        if not registration.remote:
            registration.inputs = downgraded(registration.inputs)
        return registration

    def settled(self, urn: str, registration: Registration, transforms: list[callback_pb2.Callback]) -> None:
        """Remember a registered resource for its children."""
        with self._lock:
            self._registered[urn] = registration
            if transforms:
                self._transforms[urn] = transforms

    def provider_for(self, provider: str, providers: dict[str, str], parent: str, package: str) -> str:
        """Return the reference of the provider that serves a package for a child of `parent`; empty for the default provider."""
        return provider or providers.get(package, "") or self._component_providers(parent).get(package, "")

    def _component_providers(self, urn: str) -> dict[str, str]:
        with self._lock:
            parent = self._registered.get(urn)
        return dict(parent.providers) if parent is not None and not parent.custom else {}

    def _inherit(self, child: Registration) -> None:
        with self._lock:
            parent = self._registered.get(child.parent)
        if parent is None:
            return
        child.deleted_with = child.deleted_with or parent.deleted_with
        if child.protect is None:
            child.protect = parent.protect
        if child.retain_on_delete is None:
            child.retain_on_delete = parent.retain_on_delete
        if not child.provider and parent.provider:
            provider_type = urns.type_of(urns.split_reference(parent.provider)[0])
            serves = urns.package_of(provider_type) == urns.package_of(child.type)
            if serves or not (child.custom or child.remote):
                child.provider = parent.provider

    def _inherited_transforms(self, urn: str) -> list[callback_pb2.Callback]:
        found: list[callback_pb2.Callback] = []
        with self._lock:
            while urn:
                found.extend(self._transforms.get(urn, ()))
                ancestor = self._registered.get(urn)
                urn = ancestor.parent if ancestor else ""
        return found

    @staticmethod
    def _settle_dependencies(registration: Registration, *, transformed: bool) -> None:
        if transformed:
            registration.property_dependencies = {
                key: sorted(dependencies_of(value)) for key, value in registration.inputs.items()
            }
            every = set(registration.dependencies).union(*registration.property_dependencies.values())
            registration.dependencies = sorted(every)
        elif not registration.property_dependencies and not registration.remote and registration.dependencies:
            registration.property_dependencies = dict.fromkeys(registration.inputs, registration.dependencies)
        registration.property_dependencies = {
            key: needed for key, needed in sorted(registration.property_dependencies.items()) if needed
        }


def _validate_request(registration: Registration) -> None:
    if (registration.custom or registration.remote) and registration.type.count(":") != 2:
        raise MonitorError(f"Type {registration.type!r} is not a valid type token (must have format '*:*:*')")
    if registration.environment and not urns.is_provider(registration.type):
        raise MonitorError("envVarMappings can only be used with provider resources")
    if registration.state_migrations:
        raise MonitorError("state migrations are not supported by this deployment")
    if registration.parent and not urns.valid(registration.parent):
        raise MonitorError(f"invalid parent URN: {registration.parent!r}")


def _validate_options(registration: Registration) -> None:
    if registration.deleted_with and not urns.valid(registration.deleted_with):
        raise MonitorError(f"invalid deletedWith URN: {registration.deleted_with!r}")
    for urn in registration.dependencies:
        if not urns.valid(urn):
            raise MonitorError(f"invalid dependency URN: {urn!r}")
    for text in registration.custom_timeouts.values():
        if not _DURATION.fullmatch(text):
            raise MonitorError(f"unable to parse customTimeout Value {text}")
