"""What the control plane holds, kept up to date by watches: everything else here reads it instead of asking the server again and again."""

import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from apim_infra.cluster.api import Api, Unreachable
from apim_infra.cluster.refusals import Refused

KINDS: tuple[tuple[str, str], ...] = (
    *(("v1", kind) for kind in ("ConfigMap", "Event", "Namespace", "Node", "PersistentVolume")),
    *(("v1", kind) for kind in ("PersistentVolumeClaim", "Pod", "ResourceQuota", "Secret", "Service")),
    *(("apps/v1", kind) for kind in ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet")),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("batch/v1", "Job"),
    ("discovery.k8s.io/v1", "EndpointSlice"),
    ("policy/v1", "PodDisruptionBudget"),
    ("storage.k8s.io/v1", "StorageClass"),
)
"""Kinds that are watched from the start."""

QUIET = frozenset({"Event", "Node", "Secret", "ConfigMap"})
"""Kinds whose changes do not count as progress."""
PAUSE_SECONDS = 0.04
"""How long changes are collected before somebody looks again."""
_SYNCED = "k8s.io/initial-events-end"

Object = dict[str, Any]
Result = TypeVar("Result")


class Mirror:
    """A copy of every watched object. A context manager; usable from many threads."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._changed = threading.Condition()
        self._objects: dict[str, dict[tuple[str, str], Object]] = {}
        self._pods: dict[str, Object] = {}
        self._threads: list[threading.Thread] = []
        self._sockets: dict[str, socket.socket] = {}
        self._closed = False
        self._progress = time.monotonic()

    def __enter__(self) -> "Mirror":
        for api_version, kind in KINDS:
            self.add(api_version, kind)
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            for connection in self._sockets.values():
                with suppress(OSError):  # it has ended by itself
                    # The shutdown of the encrypted socket itself would let a reader in another thread see what is encrypted.
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=5)

    def add(self, api_version: str, kind: str) -> None:
        """Watch another kind, which the server must serve; nothing happens when it is watched already."""
        with self._changed:
            if kind in self._objects:
                return
            self._objects[kind] = {}
        thread = threading.Thread(target=self._follow, args=(api_version, kind), name=f"watch-{kind}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def all(self, kind: str, namespace: str = "") -> list[Object]:
        """Return the objects of a watched kind, of one namespace or of all."""
        with self._changed:
            return [item for (place, _), item in self._objects.get(kind, {}).items() if namespace in ("", place)]

    def find(self, kind: str, namespace: str, name: str) -> Object | None:
        """Return an object of a watched kind, None where it is not there; the namespace of others is empty."""
        with self._changed:
            return self._objects.get(kind, {}).get((namespace, name))

    def watches(self, kind: str) -> bool:
        """Tell whether a kind is watched."""
        with self._changed:
            return kind in self._objects

    def pods_ever(self) -> list[Object]:
        """Return every pod that was seen, gone ones too, in its last state."""
        with self._changed:
            return list(self._pods.values())

    def idle_seconds(self) -> float:
        """Return for how long no workload, pod, claim or other object with a life of its own has changed."""
        with self._changed:
            return time.monotonic() - self._progress

    def wait(self, look: Callable[[], Result], seconds: float, *, idle: float | None = None) -> Result:
        """Look again after every change until `look` returns something true; return its last answer.

        Gives up after `seconds`, and when nothing has made progress for `idle` seconds.
        """
        began = time.monotonic()
        until = began + seconds
        while True:
            answer = look()
            now = time.monotonic()
            stuck = idle is not None and min(self.idle_seconds(), now - began) > idle
            if answer or self._closed or now >= until or stuck:
                return answer
            with self._changed:
                self._changed.wait(min(0.5, until - now))
            time.sleep(PAUSE_SECONDS)

    def _follow(self, api_version: str, kind: str) -> None:
        while not self._closed:
            try:
                with self._api.watch(api_version, kind) as stream:
                    connection = stream.extensions["network_stream"].get_extra_info("socket")
                    with self._changed:
                        self._sockets[kind] = connection
                        if self._closed:
                            return
                    self._read(kind, stream.iter_lines())
            except Unreachable:
                if not self._closed:
                    time.sleep(PAUSE_SECONDS)
            except Refused as refused:
                if refused.missing:  # its definition has gone
                    return
                time.sleep(PAUSE_SECONDS)

    def _read(self, kind: str, lines: Any) -> None:
        """Take over a stream; what it does not name until it has caught up is gone."""
        seen: set[tuple[str, str]] = set()
        caught_up = False
        for line in lines:
            change = json.loads(line)
            item = change["object"]
            metadata = item.get("metadata", {})
            if change["type"] == "ERROR":
                return
            if change["type"] == "BOOKMARK":
                if _SYNCED in (metadata.get("annotations") or {}):
                    self._forget(kind, seen)
                    caught_up = True
                continue
            key = (metadata.get("namespace", ""), metadata["name"])
            if not caught_up:
                seen.add(key)
            self._take(kind, key, None if change["type"] == "DELETED" else item)

    def _forget(self, kind: str, seen: set[tuple[str, str]]) -> None:
        with self._changed:
            for key in set(self._objects[kind]) - seen:
                del self._objects[kind][key]
            self._changed.notify_all()

    def _take(self, kind: str, key: tuple[str, str], item: Object | None) -> None:
        with self._changed:
            if item is None:
                self._objects[kind].pop(key, None)
            else:
                self._objects[kind][key] = item
                if kind == "Pod":
                    self._pods[item["metadata"]["uid"]] = item
            if kind not in QUIET:
                self._progress = time.monotonic()
            self._changed.notify_all()
