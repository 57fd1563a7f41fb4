"""What objects refer to: read from `references.yaml`, and looked up in the cluster once everything has been created."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from apim_infra.rehearsal.provider import Problem, Settled
from apim_infra.rehearsal.twins.kubernetes.cluster import Cluster, Stored
from apim_infra.rehearsal.twins.kubernetes.custom import CustomKinds
from apim_infra.rehearsal.twins.kubernetes.data import load
from apim_infra.rehearsal.twins.kubernetes.faults import nearest
from apim_infra.rehearsal.twins.kubernetes.kinds import BuiltIn, Kind, plural
from apim_infra.rehearsal.twins.kubernetes.objects import Located, part, pod_spec, select
from apim_infra.rehearsal.twins.kubernetes.schema import hidden

_SOURCE = "Kubernetes documentation of 1.35"
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference that an object makes."""

    row: Row
    path: str
    key: str
    """Group and kind of the target."""
    namespace: str
    """Namespace of the target, empty when it lives in none."""
    name: str
    keys: tuple[str, ...]
    """Keys that the target's data must hold."""
    port: Any
    """Port of a Service that is referred to, by number or name; None for any."""


@cache
def _rows() -> Mapping[str, tuple[Row, ...]]:
    """Return the rows by kind of the referring object."""
    rows: list[Row] = load("references.yaml")["references"]
    kinds = {row["of"] for row in rows}
    return {kind: tuple(row for row in rows if row["of"] == kind) for kind in kinds}


class References:
    """Reads references of one version of Kubernetes."""

    def __init__(self, built_in: BuiltIn, custom: CustomKinds) -> None:
        self._built_in = built_in
        self._custom = custom

    def of(self, cluster: Cluster, stored: Stored) -> Iterator[Reference]:
        """Iterate over the references that an object makes."""
        for row in _rows().get(stored.kind.key, ()):
            for found in select(stored.manifest, "", row["path"].split(".")):
                yield from self._read(cluster, stored, row, found)
        spec = pod_spec(stored.kind.key, stored.manifest)
        if spec is not None:
            for row in _rows()["pod"]:
                for found in select(spec.value, spec.path, row["path"].split(".")):
                    yield from self._read(cluster, stored, row, found)

    def _read(self, cluster: Cluster, stored: Stored, row: Row, found: Located) -> Iterator[Reference]:
        value: Any = found.value
        fields = cast(dict[str, Any], value) if isinstance(value, dict) else {}
        if any(fields.get(field) != wanted for field, wanted in row.get("where", {}).items()):
            return
        name = cast(Any, fields.get(row["name"]) if "name" in row else value)
        if not isinstance(name, str) or not name or hidden(name) or ("optional" in row and fields.get(row["optional"])):
            return
        kind = _target_kind(row["to"], fields)
        namespace = fields.get(row["namespace"]) if "namespace" in row else None
        path = f"{found.path}.{row['name']}" if "name" in row else found.path
        yield Reference(
            row=row,
            path=path,
            key=kind.key,
            namespace=str(namespace or stored.namespace) if self._namespaced(cluster, kind) else "",
            name=name,
            keys=_keys(fields.get(row.get("keys", ""))),
            port=fields.get(row.get("port", "")),
        )

    def _namespaced(self, cluster: Cluster, kind: Kind) -> bool:
        return self._built_in.namespaced(kind) if kind.built_in else self._custom.namespaced(cluster, kind)

    def settle(self, cluster: Cluster) -> Iterator[Settled]:
        """Find every reference to what is not there."""
        for stored in cluster.all():
            problems: list[Problem] = []
            unverified: list[str] = []
            for reference in self.of(cluster, stored):
                problem, doubt = _look_up(cluster, stored, reference)
                problems += [problem] if problem else []
                unverified += [doubt] if doubt else []
            if problems or unverified:
                yield Settled(stored.urn, tuple(problems), tuple(dict.fromkeys(unverified)))


def _target_kind(to: Any, fields: Mapping[str, Any]) -> Kind:
    if isinstance(to, str):
        return Kind(to.partition("/")[0], "", to.partition("/")[2])
    group, _, name = str(to.get("otherwise", "/")).partition("/")
    if "api_version" in to:
        group = str(fields.get(to["api_version"]) or "v1").rpartition("/")[0]
    elif fields.get(to.get("group", "")) is not None:
        group = str(fields[to["group"]])
    return Kind(group, "", str(fields.get(to.get("kind", "")) or name))


def _keys(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return () if hidden(value) else (value,)
    items = cast(list[Any], value) if isinstance(value, list) else []
    return tuple(str(item["key"]) for item in items)


def _look_up(cluster: Cluster, stored: Stored, reference: Reference) -> tuple[Problem | None, str]:
    """Return what is wrong with a reference, and what of it cannot be checked."""
    target = cluster.get(reference.key, reference.namespace, reference.name)
    if target is not None:
        return _data_key(stored, reference, target) or _service_port(stored, reference, target), ""
    if cluster.exists(reference.key, reference.namespace, reference.name) or _made(cluster, reference):
        return None, ""
    kind = reference.key.partition("/")[2]
    release = cluster.may_come_from_release(reference.key, reference.namespace, reference.name)
    if release:
        return None, f"{kind} {reference.name} of the Helm release {release}, which was not rendered"
    if stored.release and _creates(cluster, stored.release, kind):
        return None, f"{kind} {reference.name}, which a workload of the Helm release {stored.release} may create"
    if reference.key == "storage.k8s.io/StorageClass" and not cluster.storage_classes_known():
        return None, f"StorageClass {reference.name}: the cluster's own classes are not known"
    return _missing(cluster, stored, reference), ""


def _creates(cluster: Cluster, release: str, kind: str) -> bool:
    """Tell whether a release brings a role that may create objects of a kind, as jobs that make certificates need."""
    roles = (f"rbac.authorization.k8s.io/{role}" for role in ("Role", "ClusterRole"))
    rules = (
        rule
        for role in roles
        for stored in cluster.of(role)
        if stored.release == release
        for rule in stored.manifest.get("rules") or ()
    )
    return any(
        {"create", "*"} & set(rule["verbs"]) and {plural(kind), "*"} & set(rule.get("resources") or ())
        for rule in rules
    )


def _problem(stored: Stored, reference: Reference, message: str, hint: str, code: str = "") -> Problem:
    row = reference.row
    prefix = f"{stored.kind.name} {stored.namespace + '/' if stored.namespace else ''}{stored.name}: "
    return Problem(
        code or row["code"], prefix + message, reference.path, hint, _SOURCE, warning=bool(row.get("warning"))
    )


def _missing(cluster: Cluster, stored: Stored, reference: Reference) -> Problem:
    group, _, kind = reference.key.partition("/")
    message = str(reference.row["message"]).format(
        name=reference.name,
        namespace=reference.namespace,
        kind=kind,
        resource=f"{plural(kind)}.{group}" if group else plural(kind),
    )
    names = [other.name for other in cluster.of(reference.key) if other.namespace == reference.namespace]
    elsewhere = [other.namespace for other in cluster.of(reference.key) if other.name == reference.name]
    hint = nearest(reference.name, names) if names else f"create the {kind}, or correct the name"
    if elsewhere:
        hint = f"there is one of this name in namespace {elsewhere[0]}"
    return _problem(stored, reference, message, hint)


def _data_key(stored: Stored, reference: Reference, target: Stored) -> Problem | None:
    data = [target.manifest.get(field) for field in ("data", "stringData", "binaryData")]
    if not reference.keys or any(hidden(part_) for part_ in data):
        return None
    known = {key for part_ in data if isinstance(part_, dict) for key in cast(dict[str, Any], part_)}
    for key in reference.keys:
        if key not in known:
            message = f"couldn't find key {key} in {target.kind.name} {target.namespace}/{target.name}"
            return _problem(stored, reference, message, nearest(key, known))
    return None


def _service_port(stored: Stored, reference: Reference, target: Stored) -> Problem | None:
    port = reference.port
    if isinstance(port, dict):  # an Ingress names or numbers it
        fields = cast(dict[str, Any], port)
        port = fields.get("name") or fields.get("number")
    if target.kind.key != "/Service" or port is None:
        return None
    ports: list[Any] = part(target.manifest, "spec").get("ports") or []
    if any(port in {entry.get("port"), entry.get("name")} for entry in ports):
        return None
    known = ", ".join(str(entry.get("port")) for entry in ports)
    message = f'service "{target.name}" has no port {port}'
    return _problem(stored, reference, message, f"its ports are {known}", "PortNotFound")


def _made(cluster: Cluster, reference: Reference) -> bool:
    """Tell whether a controller makes the target of a custom resource that is there."""
    for row in load("custom.yaml")["makes"]:
        if row["kind"] != reference.key:
            continue
        for stored in cluster.of(row["of"]):
            if _reaches(cluster, row, stored, reference.namespace) and not _excepted(row, stored):
                found = _texts(stored, row["name"]) or _texts(stored, row.get("otherwise", ""))
                if any(reference.name == text + suffix for text in found for suffix in row.get("suffixes", [""])):
                    return True
    return False


def _reaches(cluster: Cluster, row: Row, stored: Stored, namespace: str) -> bool:
    """Tell whether what a controller makes of a custom resource may be in a namespace."""
    if "beside" in row:
        return any(r.chart == row["beside"] and r.namespace == namespace for r in cluster.releases.values())
    return bool(row.get("anywhere")) or stored.namespace in {namespace, ""}


def _excepted(row: Row, stored: Stored) -> bool:
    """Tell whether a custom resource asks its controller to make nothing."""
    return any(text in values for path, values in row.get("unless", {}).items() for text in _texts(stored, path))


def _texts(stored: Stored, path: str) -> list[str]:
    return [] if not path else [str(found.value) for found in select(stored.manifest, "", path.split("."))]
