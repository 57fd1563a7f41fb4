"""Custom resources: which kinds a cluster serves, from whom, and with which schema."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.kubernetes import custom_fields
from apim_infra.rehearsal.twins.kubernetes.cluster import Cluster
from apim_infra.rehearsal.twins.kubernetes.data import load, parse
from apim_infra.rehearsal.twins.kubernetes.kinds import Kind
from apim_infra.rehearsal.twins.kubernetes.objects import Object, part
from apim_infra.rehearsal.twins.kubernetes.schema import Check, Compiler, Node

DEFINITION = "apiextensions.k8s.io/CustomResourceDefinition"
_GROUP = re.compile(r"^  group: [\"']?([a-z0-9.-]+)", re.MULTILINE)
_KIND = re.compile(r"^    kind: [\"']?(\w+)", re.MULTILINE)
_DOCUMENT = re.compile(r"^---.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Served:
    """A custom kind as a cluster serves it."""

    namespaced: bool
    check: Check | None = None
    """Compiled schema, None when nobody knows it."""
    unverified: str = ""
    """What of an object cannot be checked, empty when all of it can."""


class Library:
    """Published definitions in a folder of YAML files, by kind; no folder makes an empty library."""

    def __init__(self, folder: Path | None) -> None:
        self._documents: dict[tuple[str, str], str] = {}
        for file in sorted(folder.glob("*.yaml")) if folder else ():
            for document in _DOCUMENT.split(file.read_text(encoding="utf-8")):
                group, kind = _GROUP.search(document), _KIND.search(document)
                if group and kind:
                    self._documents[group[1], kind[1]] = document

    def definition(self, kind: Kind) -> Object | None:
        """Return the definition of a kind, None when there is none."""
        text = self._documents.get((kind.group, kind.name))
        return None if text is None else _parsed(text)


@lru_cache(maxsize=256)
def _parsed(text: str) -> Object:
    return parse(text)


@cache
def library(folder: Path | None) -> Library:
    """Return the library of a folder; one is shared by every twin of the process."""
    return Library(folder)


def no_match(kind: Kind, served: Iterator[str] | None = None) -> Problem:
    """Return the API server's answer for a kind that it does not serve."""
    versions = ", ".join(served or ())
    hint = (
        f"served versions: {versions}"
        if versions
        else "install its CustomResourceDefinition, or the chart that brings it, first"
    )
    message = f'no matches for kind "{kind.name}" in version "{kind.api_version}"'
    return Problem("NoKindMatch", message, "apiVersion", hint, "Kubernetes API discovery")


class CustomKinds:
    """Answers for one twin which custom kinds a cluster serves; compiled schemas are kept."""

    def __init__(self, folder: Path | None = None) -> None:
        self._library = library(folder)
        self._compiled: dict[tuple[int, str], tuple[Object, Served]] = {}

    def find(self, cluster: Cluster, kind: Kind) -> Served | Problem:
        """Return how the cluster serves the kind, or the API server's answer when it does not."""
        definition = self._installed(cluster, kind)
        if definition is not None:
            if _version(definition, kind.version) is None:
                return no_match(kind, (version["name"] for version in definition["spec"]["versions"]))
            return self._served(definition, kind)
        if kind.group not in brought_groups(cluster):
            return no_match(kind)
        definition = self._library.definition(kind)
        if definition is None or _version(definition, kind.version) is None:
            part_of = "all but the well-known fields of " if custom_fields.known(kind) else "schema of "
            return Served(self.namespaced(cluster, kind), unverified=f"{part_of}{kind.name} ({kind.api_version})")
        return self._served(definition, kind)

    def namespaced(self, cluster: Cluster, kind: Kind) -> bool:
        """Tell whether objects of the kind live in a namespace, as far as anybody knows."""
        definition = self._installed(cluster, kind) or self._library.definition(kind)
        if definition is not None:
            return definition["spec"].get("scope") != "Cluster"
        return kind.key not in load("custom.yaml")["cluster_scoped"]

    @staticmethod
    def _installed(cluster: Cluster, kind: Kind) -> Object | None:
        for stored in cluster.of(DEFINITION):
            spec: Object = stored.manifest["spec"]
            if spec.get("group") == kind.group and spec["names"].get("kind") == kind.name:
                return stored.manifest
        return None

    def _served(self, definition: Object, kind: Kind) -> Served:
        key = (id(definition), kind.version)
        if key not in self._compiled:
            node = _schema(definition, kind.version)
            served = Served(
                namespaced=definition["spec"].get("scope") != "Cluster",
                check=Compiler({}, {}).compile(node),
                unverified=f"rules in CEL of {kind.name} ({kind.api_version})" if _has_cel(node) else "",
            )
            self._compiled[key] = (definition, served)  # the definition is kept, so that its identity stays its own
        return self._compiled[key][1]


def brought_groups(cluster: Cluster) -> frozenset[str]:
    """Return the API groups that releases which are not rendered, and the cloud, are known to bring."""
    return cluster.cloud_groups().union(*(release.groups for release in cluster.releases.values()))


def _version(definition: Object, version: str) -> Object | None:
    for candidate in part(definition, "spec").get("versions") or ():
        if candidate.get("name") == version and candidate.get("served", True):
            return candidate
    return None


def _schema(definition: Object, version: str) -> Node:
    """Return the schema of a version; what every object has is checked elsewhere."""
    found = _version(definition, version) or {}
    node: dict[str, Any] = dict(part(found, "schema").get("openAPIV3Schema") or {"type": "object"})
    everywhere: dict[str, Any] = {"apiVersion": {}, "kind": {}, "metadata": {}}
    if "properties" in node:
        node["properties"] = {**node["properties"], **everywhere}
    return node


def _has_cel(node: Any) -> bool:
    if isinstance(node, dict):
        fields = cast(dict[str, Any], node)
        return "x-kubernetes-validations" in fields or any(_has_cel(value) for value in fields.values())
    return isinstance(node, list) and any(_has_cel(value) for value in cast(list[Any], node))
