"""What a node's kubelet would refuse and kwok, which plays the nodes, does not look at.

Missing secrets, config maps and keys of them, ports that clash or that nobody declares, images without a tag, users that must not be root.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from apim_infra.rehearsal.twins.kubernetes.objects import part

Object = Mapping[str, Any]
Find = Callable[[str, str, str], "Object | None"]
"""Returns an object by kind, namespace and name; None where there is none."""

Holder = Literal["Secret", "ConfigMap"]
"""A kind of object that holds values by key."""

_VARIABLES: Mapping[str, Holder] = {"secretKeyRef": "Secret", "configMapKeyRef": "ConfigMap"}
"""Where a variable asks for one value, and of what."""
_SOURCES: Mapping[str, Holder] = {"secretRef": "Secret", "configMapRef": "ConfigMap"}
"""Where a container asks for all values as variables."""
_PROJECTIONS: Mapping[str, Holder] = {"secret": "Secret", "configMap": "ConfigMap"}
"""Where a volume that is put together asks for values."""

CONTAINERS: tuple[str, ...] = ("initContainers", "containers")
LIFECYCLES: tuple[str, ...] = ("postStart", "preStop")
PROBES: tuple[str, ...] = ("startupProbe", "livenessProbe", "readinessProbe")


@dataclass(frozen=True, slots=True)
class Reference:
    """A secret, config map or claim that a pod asks for."""

    kind: Holder | Literal["PersistentVolumeClaim"]
    name: str
    key: str
    """Key that must be there; empty when the whole object is asked for."""
    path: str
    """Where the pod asks for it."""


def references(spec: Object) -> Iterator[Reference]:
    """Iterate over what the containers of a pod cannot start without; optional references are left out."""
    for path, container in _containers(spec):
        for index, variable in enumerate(_maps(container.get("env"))):
            for word, kind in _VARIABLES.items():
                asked = part(variable, "valueFrom", word)
                if asked and not asked.get("optional"):
                    yield Reference(kind, asked["name"], asked["key"], f"{path}.env[{index}].valueFrom.{word}")
        for index, source in enumerate(_maps(container.get("envFrom"))):
            for word, kind in _SOURCES.items():
                asked = source.get(word)
                if asked and not asked.get("optional"):
                    yield Reference(kind, asked["name"], "", f"{path}.envFrom[{index}].{word}")
    for index, volume in enumerate(_maps(spec.get("volumes"))):
        yield from _of_volume(volume, f"volumes[{index}]")


def missing(spec: Object, namespace: str, find: Find) -> list[str]:
    """Return what keeps the containers of a pod from starting: references that nothing meets yet."""
    found: list[str] = []
    for asked in references(spec):
        there = find(asked.kind, namespace, asked.name)
        what = _SPOKEN[asked.kind]
        if there is None:
            found.append(f'{asked.path}: {what} "{asked.name}" is not there')
        elif asked.key and asked.key not in _keys(there):
            found.append(f'{asked.path}: {what} "{asked.name}" has no key "{asked.key}"')
    return list(dict.fromkeys(found))


def refusals(spec: Object) -> list[tuple[str, str, str]]:
    """Return what a kubelet refuses of a pod by itself, whatever else is there: rule, what is wrong, what to do."""
    found = [*_images(spec), *_probed_ports(spec), *_users(spec), *_clashes(spec)]
    return list(dict.fromkeys(found))


_SPOKEN = {"Secret": "secret", "ConfigMap": "config map", "PersistentVolumeClaim": "claim"}


def _of_volume(volume: Object, path: str) -> Iterator[Reference]:
    secret, config, claim = (volume.get(word) for word in ("secret", "configMap", "persistentVolumeClaim"))
    if secret and not secret.get("optional"):
        yield from _projected("Secret", secret["secretName"], secret.get("items"), f"{path}.secret")
    if config and not config.get("optional"):
        yield from _projected("ConfigMap", config["name"], config.get("items"), f"{path}.configMap")
    if claim:
        yield Reference("PersistentVolumeClaim", claim["claimName"], "", f"{path}.persistentVolumeClaim")
    for index, source in enumerate(_maps(part(dict(volume), "projected").get("sources"))):
        for word, kind in _PROJECTIONS.items():
            asked = source.get(word)
            if asked and not asked.get("optional"):
                where = f"{path}.projected.sources[{index}].{word}"
                yield from _projected(kind, asked["name"], asked.get("items"), where)


def _projected(kind: Holder, name: str, keys: Sequence[Object] | None, path: str) -> Iterator[Reference]:
    if not keys:
        yield Reference(kind, name, "", path)
    for item in keys or ():
        yield Reference(kind, name, item["key"], path)


def _keys(holder: Object) -> set[str]:
    return {key for word in ("data", "binaryData", "stringData") for key in cast(Object, holder.get(word) or {})}


def _containers(spec: Object) -> Iterator[tuple[str, Object]]:
    for word in CONTAINERS:
        for index, container in enumerate(_maps(spec.get(word))):
            yield f"{word}[{index}]", container


def _maps(value: Any) -> list[dict[str, Any]]:
    return cast(list[dict[str, Any]], value or [])


def _images(spec: Object) -> Iterator[tuple[str, str, str]]:
    for path, container in _containers(spec):
        image = str(container.get("image") or "")
        last = image.rpartition("/")[2]
        if not image:
            yield "image-missing", f"{path}.image: there is none", "name an image with its tag"
        elif "@" not in last and (":" not in last or last.endswith(":latest")):
            rule = f"{path}.image: {image} names no version of its own"
            yield "image-without-tag", rule, "pin a tag or a digest: what runs must not change by itself"


def _probed_ports(spec: Object) -> Iterator[tuple[str, str, str]]:
    for path, container in _containers(spec):
        names = {port.get("name") for port in _maps(container.get("ports"))}
        handlers = [(word, part(dict(container), word)) for word in PROBES]
        handlers += [(word, part(dict(container), "lifecycle", word)) for word in LIFECYCLES]
        for word, handler in handlers:
            for way in ("httpGet", "tcpSocket"):
                port = part(handler, way).get("port")
                if isinstance(port, str) and not port.isdigit() and port not in names:
                    declared = ", ".join(sorted(name for name in names if name)) or "none"
                    rule = f"{path}.{word}.{way}.port: the container declares no port named {port} (it declares {declared})"
                    yield "probe-port-unknown", rule, "name a port that the container declares, or its number"


def _users(spec: Object) -> Iterator[tuple[str, str, str]]:
    pod: Object = spec.get("securityContext") or {}
    for path, container in _containers(spec):
        own: Object = container.get("securityContext") or {}
        if own.get("runAsNonRoot", pod.get("runAsNonRoot")) and own.get("runAsUser", pod.get("runAsUser")) == 0:
            rule = f"{path}.securityContext: runAsNonRoot with runAsUser 0"
            yield "root-refused", rule, "run it as another user, or say that it may be root"


def _clashes(spec: Object) -> Iterator[tuple[str, str, str]]:
    """Containers of a pod share its addresses: two that listen on one port cannot both start."""
    taken = Counter(
        (port.get("protocol", "TCP"), port["containerPort"])
        for container in _maps(spec.get("containers"))
        for port in {(p.get("protocol", "TCP"), p["containerPort"]): p for p in _maps(container.get("ports"))}.values()
    )
    for (protocol, port), count in taken.items():
        if count > 1:
            rule = f"{count} containers of the pod declare port {port}/{protocol}"
            yield "port-clash", rule, "give each container a port of its own: they share the pod's address"
