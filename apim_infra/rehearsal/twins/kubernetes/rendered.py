"""Objects of a rendered chart: admitted one by one in the order in which helm creates them."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from apim_infra.rehearsal.provider import Problem, RejectedError
from apim_infra.rehearsal.twins.kubernetes.cluster import Cluster, Release, Stored
from apim_infra.rehearsal.twins.kubernetes.custom import DEFINITION
from apim_infra.rehearsal.twins.kubernetes.data import load
from apim_infra.rehearsal.twins.kubernetes.difference import changed_paths, inside
from apim_infra.rehearsal.twins.kubernetes.kinds import Kind, from_manifest
from apim_infra.rehearsal.twins.kubernetes.naming import placed, with_type, without_nulls
from apim_infra.rehearsal.twins.kubernetes.objects import annotations_of, name_of
from apim_infra.rehearsal.twins.kubernetes.removal import remove
from apim_infra.rehearsal.twins.kubernetes.render import Rendered
from apim_infra.rehearsal.twins.kubernetes.server import Server

HOOK, DELETED, KEPT = "helm.sh/hook", "helm.sh/hook-delete-policy", "helm.sh/resource-policy"
_NAMESPACE = Kind("", "v1", "Namespace")
_IMMUTABLE = frozenset({"apps/Deployment", "apps/DaemonSet", "apps/StatefulSet", "batch/Job"})
"""Kinds whose fields that the provider replaces for are refused when helm patches them."""


class Objects:
    """Puts what charts render into clusters."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def create_namespace(self, cluster: Cluster, name: str, release: str, urn: str) -> None:
        """Create the namespace that a release asks for; it stays when the release goes, as helm leaves it."""
        del release
        manifest = with_type(_NAMESPACE, {"metadata": {"name": name, "labels": {"name": name}}})
        cluster.put(Stored(_NAMESPACE, "", name, manifest, urn))

    def custom_apis(self, cluster: Cluster) -> list[str]:
        """Return the custom kinds that the cluster is known to serve, as helm names capabilities."""
        found: set[str] = set()
        for stored in cluster.of(DEFINITION):
            spec: dict[str, Any] = stored.manifest["spec"]
            for version in spec.get("versions") or ():
                group = f"{spec.get('group')}/{version.get('name')}"
                found |= {group, f"{group}/{spec['names'].get('kind')}"}
        return sorted(found)

    def admit(
        self, cluster: Cluster, release: Release, rendered: list[Rendered], *, upgrade: bool
    ) -> tuple[dict[str, list[str]], list[Problem], list[str]]:
        """Create or update the objects of a release.

        Returns their names as the provider reports them, warnings, and what could not be checked. Raises RejectedError with every fault of every object;
        the cluster is then as it was.
        """
        trial = cluster.copy()
        warnings: list[Problem] = []
        errors: list[Problem] = []
        unverified: list[str] = []
        names: dict[str, list[str]] = {}
        kept: set[tuple[str, str, str]] = set()
        for entry in _in_order(rendered, upgrade=upgrade):
            stored, problems, doubts = self._one(trial, release, entry, upgrade=upgrade)
            errors += [problem for problem in problems if not problem.warning]
            warnings += [problem for problem in problems if problem.warning]
            unverified += doubts
            kept.add((stored.kind.key, stored.namespace, stored.name))
            if not _passing(entry.manifest):
                trial.put(stored)
                key = f"{stored.kind.qualified}/{stored.kind.api_version}"
                names.setdefault(key, []).append(f"{stored.namespace}/{stored.name}".lstrip("/"))
        if errors:
            raise RejectedError([*errors, *warnings])
        for stored in [stored for stored in trial.all() if stored.release == release.id]:
            if (stored.kind.key, stored.namespace, stored.name) not in kept:
                remove(trial, stored)
        cluster.objects = trial.objects
        return names, warnings, list(dict.fromkeys(unverified))

    def _one(
        self, cluster: Cluster, release: Release, entry: Rendered, *, upgrade: bool
    ) -> tuple[Stored, list[Problem], list[str]]:
        manifest = without_nulls(entry.manifest)
        kind = from_manifest(manifest)
        inside_namespace = self._server.namespaced(cluster, kind)
        manifest = placed(manifest, release.namespace if inside_namespace else "")
        problems = self._server.faults(kind, manifest)
        if any(not problem.warning for problem in problems):  # admission relies on the types of fields
            stored = Stored(
                kind, str(manifest["metadata"].get("namespace", "")), name_of(manifest), manifest, release.urn
            )
            return stored, [_located(problem, entry, kind, stored.name) for problem in problems], []
        stored, refused, doubts = self._server.admit(cluster, kind, manifest, release.urn, release.id)
        problems += refused
        before = cluster.get(kind.key, stored.namespace, stored.name)
        if before is not None and before.release != release.id:
            problems.append(_owned(stored, before))
        elif before is not None and upgrade:
            problems += _frozen(kind, before, stored)
        return stored, [_located(problem, entry, kind, stored.name) for problem in problems], doubts

    def remove(self, cluster: Cluster, release: Release) -> None:
        """Remove what a release made, but what asks to be kept."""
        for stored in [stored for stored in cluster.all() if stored.release == release.id]:
            if annotations_of(stored.manifest).get(KEPT) == "keep":
                cluster.put(replace(stored, release=""))
            else:
                remove(cluster, stored)


def _in_order(rendered: list[Rendered], *, upgrade: bool) -> Iterator[Rendered]:
    """Iterate over what helm creates: definitions, hooks that come before, objects, hooks that come after."""
    before, after = ("pre-upgrade", "post-upgrade") if upgrade else ("pre-install", "post-install")
    groups: dict[str, list[Rendered]] = {"definitions": [], before: [], "objects": [], after: []}
    for entry in rendered:
        hooks = str(annotations_of(entry.manifest).get(HOOK, "")).replace(" ", "").split(",")
        if entry.manifest.get("kind") == "CustomResourceDefinition":
            groups["definitions"].append(entry)
        elif hooks == [""]:
            groups["objects"].append(entry)
        else:
            for hook in (before, after):
                groups[hook] += [entry] if hook in hooks else []
    for entries in groups.values():
        yield from entries


def _passing(manifest: dict[str, Any]) -> bool:
    """Tell whether an object is a hook that is gone once it has succeeded."""
    return HOOK in annotations_of(manifest) and "hook-succeeded" in annotations_of(manifest).get(DELETED, "")


def _located(problem: Problem, entry: Rendered, kind: Kind, name: str) -> Problem:
    where = entry.template or "the chart"
    return replace(problem, message=f'{where}: {kind.name} "{name}": {problem.message}')


def _owned(stored: Stored, before: Stored) -> Problem:
    owner = f"release {before.release}" if before.release else "no release"
    message = (
        f'{stored.kind.name} "{stored.name}" in namespace "{stored.namespace}" exists and cannot be imported into the '
        f"current release: invalid ownership metadata (it belongs to {owner})"
    )
    return Problem("AlreadyExists", message, "metadata.name", "rename one of the two", "Helm")


def _frozen(kind: Kind, before: Stored, after: Stored) -> Iterator[Problem]:
    if kind.key not in _IMMUTABLE:
        return
    fields: list[str] = load("replaced.yaml")["replaced"][kind.key]
    for path in changed_paths(before.manifest, after.manifest):
        if any(inside(path, field) for field in fields if field != "spec.revisionHistoryLimit"):
            message = f'cannot patch "{after.name}" with kind {kind.name}: {path}: field is immutable'
            yield Problem("Invalid", message, path, "give the object another name when the field changes", "Helm")
