"""The kinds that an API server serves, read from its discovery; read again when a kind is asked for that was not there."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apim_infra.cluster.refusals import NOT_FOUND, Refused

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
"""Discovery in one answer for all groups (apidiscovery.k8s.io/v2, generally available since Kubernetes 1.30)."""

LAGGING_SECONDS = 5.0
"""How long after a definition has come discovery may still not name it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind in one version."""

    api_version: str
    """`v1`, `apps/v1`, ..."""
    name: str
    """`Deployment`"""
    plural: str
    """`deployments`"""
    namespaced: bool
    subresources: frozenset[str] = frozenset()
    """`status`, `scale`, ..."""
    verbs: frozenset[str] = frozenset()
    """`list`, `delete`, ..."""

    def collection(self, namespace: str) -> str:
        """Return the path of its objects: in a namespace, or everywhere when none is named."""
        root = f"/api/{self.api_version}" if "/" not in self.api_version else f"/apis/{self.api_version}"
        if self.namespaced and namespace:
            return f"{root}/namespaces/{namespace}/{self.plural}"
        return f"{root}/{self.plural}"


class Kinds:
    """The kinds of one server."""

    def __init__(self, read: Callable[[str, str], dict[str, Any]]) -> None:
        """`read` returns the document at a path, in the media type that is asked for."""
        self._read = read
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], Kind] = {}
        self._missing: set[tuple[str, str]] = set()
        self._renewed = float("-inf")

    def renew(self) -> None:
        """Forget what was not served: a definition has come or gone."""
        with self._lock:
            self._missing.clear()
            self._renewed = time.monotonic()

    def of(self, api_version: str, kind: str) -> Kind:
        """Return a kind; discovery is read anew when it is not known, unless it was not there either and no definition has come since.

        Raises Refused (404) when the server does not serve it.
        """
        key = (api_version, kind)
        with self._lock:
            settled = time.monotonic() - self._renewed > LAGGING_SECONDS
            if key not in self._known and not (settled and key in self._missing):
                self._known = self._discover()
                if key not in self._known:
                    self._missing.add(key)
            found = self._known.get(key)
        if found is None:
            raise Refused(NOT_FOUND, "KindNotServed", f'no matches for kind "{kind}" in version "{api_version}"')
        return found

    def all(self) -> list[Kind]:
        """Return every kind that is served now."""
        with self._lock:
            self._known = self._discover()
            return list(self._known.values())

    def _discover(self) -> dict[tuple[str, str], Kind]:
        found: dict[tuple[str, str], Kind] = {}
        for root in ("/api", "/apis"):
            for group in self._read(root, AGGREGATED)["items"]:
                name = group["metadata"].get("name", "")
                for version in group["versions"]:
                    api_version = f"{name}/{version['version']}" if name else version["version"]
                    for kind in _kinds(api_version, version.get("resources", ())):
                        found[(api_version, kind.name)] = kind
        return found


def _kinds(api_version: str, resources: Any) -> list[Kind]:
    """Return the kinds of one version; what serves only a virtual resource, without a kind, is left out."""
    return [
        Kind(
            api_version,
            resource["responseKind"]["kind"],
            resource["resource"],
            resource["scope"] == "Namespaced",
            frozenset(part["subresource"] for part in resource.get("subresources", ())),
            frozenset(resource.get("verbs", ())),
        )
        for resource in resources
        if resource.get("responseKind", {}).get("kind")
    ]
