"""Provider resources of a deployment: explicit ones, default ones, and the twin behind each."""

import hashlib
import json
import threading
import uuid
from collections.abc import Mapping
from typing import Any

from apim_infra.rehearsal import urn as urns
from apim_infra.rehearsal.provider import Instance, Provider
from apim_infra.rehearsal.registration import Registration
from apim_infra.rehearsal.state import ResourceState
from apim_infra.rehearsal.values import Secret, plain

DISABLED_KEY = "pulumi:disable-default-providers"
"""Stack setting that lists packages whose resources must name their provider, `*` for all."""


class ProviderBook:
    """Knows which provider resource and which twin serve a resource."""

    def __init__(
        self, twins: Mapping[str, Provider], config: Mapping[str, str], secret_keys: frozenset[str], seed: int
    ) -> None:
        self.twins = twins
        self._config = config
        self._secret_keys = secret_keys
        self._seed = seed
        self._instances: dict[str, Instance] = {}
        self._locks: dict[str, threading.RLock] = {}
        self._lock = threading.Lock()
        self.defaults = threading.RLock()
        """Held while a default provider is looked up or registered, so that each is registered once."""

    def twin(self, package: str) -> Provider | None:
        """Return the twin of a package, None when there is none."""
        return self.twins.get(package)

    def lock(self, package: str) -> threading.RLock:
        """Return the lock under which the twin of a package is called."""
        with self._lock:
            return self._locks.setdefault(package, threading.RLock())

    def share_locks(self, other: "ProviderBook") -> None:
        """Call twins under the same locks as another deployment that is under way."""
        self._locks, self._lock = other._locks, other._lock

    def identifier(self, urn: str) -> str:
        """Return the id of a provider resource: a UUID that depends on seed and URN alone."""
        return str(uuid.UUID(hashlib.sha256(f"{self._seed}/{urn}".encode()).hexdigest()[:32]))

    def add(self, resource: ResourceState) -> Instance:
        """Remember a provider resource."""
        instance = Instance(urn=resource.urn, id=resource.id, inputs=plain(resource.inputs))
        self._instances[resource.urn] = instance
        return instance

    def instance(self, reference: str) -> Instance | None:
        """Return the provider resource that a reference names, None when it is not registered."""
        return self._instances.get(urns.split_reference(reference)[0])

    def known(self) -> dict[str, Instance]:
        """Return every provider resource by URN."""
        return dict(self._instances)

    def restore(self, known: Mapping[str, Instance]) -> None:
        """Put back what `known` returned."""
        self._instances = dict(known)

    def default_registration(self, package: str, version: str, url: str) -> Registration:
        """Return the registration of a default provider: the stack's configuration of its package."""
        return Registration(
            type=f"{urns.PROVIDER_PREFIX}{package}",
            name=default_name(version, url),
            parent="",
            custom=True,
            inputs=self._package_config(package),
            version=version,
        )

    def disabled(self, package: str) -> bool:
        """Tell whether the stack's configuration forbids the default provider of a package."""
        text = self._config.get(DISABLED_KEY, "")
        barred: list[Any] = json.loads(text) if text else []
        return "*" in barred or package in barred

    def _package_config(self, package: str) -> dict[str, Any]:
        return {
            key.partition(":")[2]: Secret(value) if key in self._secret_keys else value
            for key, value in sorted(self._config.items())
            if key.partition(":")[0] == package
        }


def default_name(version: str, url: str = "") -> str:
    """Return the name of a default provider: `default_7_51_1` (`DefaultName` in pkg/resource/deploy/providers/provider.go)."""
    name = "default"
    if version:
        numbers = version.replace("-", ".").replace("+", ".")
        name += "_" + numbers.replace(".", "_")
    if url:
        name += "_" + url.rstrip("/").partition("://")[2]
    return name
