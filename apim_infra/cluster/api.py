"""A client of the control plane's API server: plain objects in, plain objects out, refusals as the server words them.

An object is the mapping that the program sends. What only names an object (`get`, `delete`, `patch`, ...) takes the object itself or a `reference`.
"""

import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import httpx

from apim_infra.cluster.connection import connect
from apim_infra.cluster.control_plane import ControlPlane
from apim_infra.cluster.kinds import Kind, Kinds
from apim_infra.cluster.refusals import Refused, refusal

__all__ = ["Api", "Kind", "Manifest", "Refused", "ServerWarning", "Unreachable", "reference"]

Manifest = Mapping[str, Any]
"""An object, or what names one: `apiVersion`, `kind`, `metadata.name` and, where the kind has one, `metadata.namespace`."""

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
BUSY = 429
DEFINITION = "CustomResourceDefinition"
PATIENCE_SECONDS = 10.0
WATCH_OPEN_SECONDS = 60.0


class Unreachable(Exception):  # noqa: N818 - what happened to the server, not an error of the caller
    """The API server does not answer any more."""


@dataclass(frozen=True, slots=True)
class ServerWarning:
    """What the API server warned of while it took an object: a deprecated version, a Pod Security level that is not kept."""

    kind: str
    namespace: str
    name: str
    text: str


def reference(api_version: str, kind: str, name: str, namespace: str = "") -> dict[str, Any]:
    """Return what names an object; without a namespace a namespaced kind is looked for in `default`."""
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}


class Api:
    """The API of one control plane, as its administrator; usable from many threads at once. A context manager, closed at its end.

    Every method raises `Refused` for what the server refuses and `Unreachable` when it is gone.
    """

    def __init__(self, control_plane: ControlPlane) -> None:
        self._client = connect(control_plane.kubeconfig)
        self._kinds = Kinds(lambda path, accept: self._send("GET", path, headers={"Accept": accept}))
        self._lock = threading.Lock()
        self._warnings: list[ServerWarning] = []

    def __enter__(self) -> "Api":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @property
    def warnings(self) -> list[ServerWarning]:
        """What the server has warned of until now, in order."""
        with self._lock:
            return list(self._warnings)

    def kind(self, api_version: str, kind: str) -> Kind:
        """Return how the server serves a kind. Raises Refused (404) for one that it does not know."""
        return self._kinds.of(api_version, kind)

    def kinds(self) -> list[Kind]:
        """Return every kind that the server serves now."""
        return self._kinds.all()

    def apply(
        self, manifest: Manifest, *, manager: str = "apim", force: bool = False, dry_run: bool = False
    ) -> dict[str, Any]:
        """Apply an object by server-side apply with strict field validation; return it as the server has it.

        Refused with code 409 when another manager owns a field that is to change, unless `force` takes it over.
        """
        parameters = {"fieldManager": manager, "force": str(force).lower(), **_strict(dry_run)}
        headers = {"Content-Type": APPLY}
        return self._send("PATCH", self._path(manifest), parameters, manifest, headers, about=manifest)

    def create(self, manifest: Manifest, *, manager: str = "apim", dry_run: bool = False) -> dict[str, Any]:
        """Create an object. Refused with code 409 when it is there."""
        parameters = {"fieldManager": manager, **_strict(dry_run)}
        return self._send("POST", self._collection(manifest), parameters, manifest, about=manifest)

    def patch(
        self,
        manifest: Manifest,
        change: Mapping[str, Any],
        *,
        manager: str = "apim",
        subresource: str = "",
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Change some fields of an object or of a subresource (`scale`, `status`) by a JSON merge patch."""
        parameters = {"fieldManager": manager, **_strict(dry_run)}
        path = self._path(manifest, subresource)
        return self._send("PATCH", path, parameters, change, {"Content-Type": MERGE}, about=manifest)

    def patch_status(
        self, manifest: Manifest, status: Mapping[str, Any], *, manager: str = "apim-status"
    ) -> dict[str, Any]:
        """Change some fields of an object's status."""
        return self.patch(manifest, {"status": status}, manager=manager, subresource="status")

    def get(self, manifest: Manifest) -> dict[str, Any]:
        """Return an object as the server has it. Refused with code 404 when it is not there."""
        return self._send("GET", self._path(manifest))

    def find(self, manifest: Manifest) -> dict[str, Any] | None:
        """Return an object as the server has it, None when it or its kind is not there."""
        try:
            return self.get(manifest)
        except Refused as error:
            if error.missing:
                return None
            raise

    def list(
        self, api_version: str, kind: str, *, namespace: str = "", labels: str = "", fields: str = ""
    ) -> list[dict[str, Any]]:
        """Return the objects of a kind, of all namespaces unless one is named; `labels` and `fields` are selectors as kubectl takes them."""
        found = self.kind(api_version, kind)
        parameters = {"labelSelector": labels, "fieldSelector": fields}
        wanted = {name: value for name, value in parameters.items() if value}
        answer = self._send("GET", found.collection(namespace), wanted)
        return [{"apiVersion": api_version, "kind": kind, **item} for item in answer["items"]]

    @contextmanager
    def watch(self, api_version: str, kind: str) -> Generator[httpx.Response]:
        """Open a stream of every object of a kind and of all changes, one JSON document a line (`type`, `object`).

        What is there comes first, as `ADDED`, and a `BOOKMARK` with the annotation `k8s.io/initial-events-end` after it.
        """
        parameters = {
            "watch": "1",
            "sendInitialEvents": "true",
            "resourceVersionMatch": "NotOlderThan",
            "allowWatchBookmarks": "true",
        }
        path = self.kind(api_version, kind).collection("")
        patience = httpx.Timeout(WATCH_OPEN_SECONDS, read=None)
        try:
            with self._client.stream("GET", path, params=parameters, timeout=patience) as stream:
                if stream.is_error:
                    stream.read()
                    raise refusal(stream)
                yield stream
        except httpx.TransportError as error:
            raise Unreachable(f"the API server does not answer: {error or type(error).__name__}") from error

    def delete(
        self,
        manifest: Manifest,
        *,
        propagation: str = "Background",
        grace_seconds: int | None = None,
        dry_run: bool = False,
    ) -> None:
        """Delete an object and, in the background unless told otherwise, what it owns. Refused with code 404 when it is not there."""
        options: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if dry_run:
            options["dryRun"] = ["All"]
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        self._send("DELETE", self._path(manifest), None, options)

    def evict(self, pod: Manifest, *, dry_run: bool = False) -> None:
        """Evict a pod as a drain does. Refused with code 429 while a disruption budget forbids it."""
        metadata = {name: pod["metadata"][name] for name in ("name", "namespace")}
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata}
        path = self._path({**pod, "apiVersion": "v1", "kind": "Pod"}, "eviction")
        self._send("POST", path, _strict(dry_run), eviction, retry=False)

    def _collection(self, manifest: Manifest) -> str:
        return self.kind(manifest["apiVersion"], manifest["kind"]).collection(_namespace(manifest) or "default")

    def _path(self, manifest: Manifest, subresource: str = "") -> str:
        path = f"{self._collection(manifest)}/{manifest['metadata']['name']}"
        return f"{path}/{subresource}" if subresource else path

    def _send(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        about: Manifest | None = None,
        retry: bool = True,
    ) -> dict[str, Any]:
        """Send one request; a server that is busy (a definition that has just arrived) is asked again for some seconds."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = self._client.request(
                    method, path, params=dict(parameters or {}), json=body, headers=dict(headers or {})
                )
            except httpx.TransportError as error:
                raise Unreachable(f"the API server does not answer: {error or type(error).__name__}") from error
            if answer.status_code != BUSY or not retry or time.monotonic() > until:
                break
            time.sleep(min(float(answer.headers.get("Retry-After", "1")), 0.2))
        if about is not None:
            self._note(answer, about)
        if answer.is_error:
            raise refusal(answer)
        if about is not None and about["kind"] == DEFINITION:
            self._kinds.renew()
        return cast(dict[str, Any], answer.json())

    def _note(self, answer: httpx.Response, about: Manifest) -> None:
        """Keep the warnings of an answer: `299 - "text"`, several with commas between."""
        for header in answer.headers.get_list("Warning"):
            text = header.split('"', 1)[-1].rsplit('"', 1)[0].replace('\\"', '"')
            warning = ServerWarning(about["kind"], _namespace(about), about["metadata"].get("name", ""), text)
            with self._lock:
                if warning not in self._warnings:
                    self._warnings.append(warning)


def _strict(dry_run: bool) -> dict[str, str]:
    """Return the parameters of a request that writes: unknown and duplicate fields are refused."""
    return {"fieldValidation": "Strict", **({"dryRun": "All"} if dry_run else {})}


def _namespace(manifest: Manifest) -> str:
    return str(manifest.get("metadata", {}).get("namespace") or "")
