"""What is applied to the control plane, in the program's order: the Kubernetes objects and Helm releases of a deployment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from apim_infra.rehearsal.state import ResourceState, StackState
from apim_infra.rehearsal.twins.kubernetes.kinds import RELEASE, from_token
from apim_infra.rehearsal.twins.kubernetes.objects import part
from apim_infra.rehearsal.values import plain

_PATCH = "Patch"
FORCE = "pulumi.com/patchForce"
"""Annotation of a patch that takes over the fields of another manager (pulumi-kubernetes, server-side apply)."""


@dataclass(frozen=True, slots=True)
class ReleaseInput:
    """A Helm release as the program asks for it."""

    name: str
    namespace: str
    chart: str
    """Name in `repository`, an `oci://` reference, or a path."""
    repository: str
    """Address of the repository; empty for `oci://` references and paths."""
    version: str
    """Exact version; empty for a path."""
    values: Mapping[str, Any]
    awaited: bool = True
    """Whether what needs the release waits until its objects are ready."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to apply: either `manifest` or `release`."""

    urn: str
    name: str
    source: str
    """`file:line` of the program's code, where known."""
    needs: frozenset[str]
    """URNs of the items that come before it."""
    manifest: dict[str, Any] | None = field(default=None, repr=False)
    """The object as the program sends it, secrets in clear."""
    release: ReleaseInput | None = field(default=None, repr=False)
    patch: bool = False
    """Whether it changes an object that is there already, instead of making one."""
    force: bool = False
    """Whether a patch takes over fields of another manager."""
    retained: bool = False
    """Whether it stays when the stack is destroyed."""


def items(state: StackState) -> list[Item]:
    """Return what a deployment (its `after`) put into Kubernetes, each item after all that it needs.

    What an item needs through other resources (a password, a record of a zone) counts as well; its component does not, as that holds it.
    """
    kept = {urn: resource for urn, resource in state.resources.items() if _applied(resource)}
    closure = _Closure(state.resources, frozenset(kept))
    found = {urn: _item(resource, closure.of(urn)) for urn, resource in kept.items()}
    return in_order(found.values())


def in_order(unordered: Iterable[Item]) -> list[Item]:
    """Return items so that each comes after what it needs; otherwise in the order in which they are given."""
    pending = {item.urn: item for item in unordered}
    ordered: dict[str, Item] = {}

    def place(item: Item) -> None:
        if item.urn in ordered or item.urn not in pending:
            return
        del pending[item.urn]
        for urn in sorted(item.needs):
            if urn in pending:
                place(pending[urn])
        ordered[item.urn] = item

    for item in list(pending.values()):
        place(item)
    return list(ordered.values())


def _applied(resource: ResourceState) -> bool:
    """Tell whether a resource is an object of Kubernetes, or a release, that the stack itself keeps."""
    if not resource.custom or resource.external or not resource.exists:
        return False
    return resource.type == RELEASE or from_token(resource.type) is not None


class _Closure:
    """Items that each resource needs, through whatever stands between."""

    def __init__(self, resources: Mapping[str, ResourceState], kept: frozenset[str]) -> None:
        self._resources = resources
        self._kept = kept
        self._known: dict[str, frozenset[str]] = {}

    def of(self, urn: str) -> frozenset[str]:
        if urn in self._known:
            return self._known[urn]
        self._known[urn] = frozenset()
        found: set[str] = set()
        for need in self._direct(urn):
            found |= {need} if need in self._kept else self.of(need)
        self._known[urn] = frozenset(found)
        return self._known[urn]

    def _direct(self, urn: str) -> Sequence[str]:
        resource = self._resources.get(urn)
        if resource is None:
            return ()
        parent = self._resources.get(resource.parent)
        holder = resource.parent if parent is not None and not parent.custom else ""
        return sorted(need for need in resource.needs() if need != holder)


def _item(resource: ResourceState, needs: frozenset[str]) -> Item:
    given = cast(dict[str, Any], plain(resource.checked))
    common: dict[str, Any] = {
        "urn": resource.urn,
        "name": resource.name,
        "source": resource.source,
        "needs": needs,
        "retained": resource.retain_on_delete,
    }
    if resource.type == RELEASE:
        return Item(**common, release=_release(given))
    kind = from_token(resource.type)
    patch = kind is not None and kind.built_in and kind.name.endswith(_PATCH)
    if patch:
        given = {**given, "kind": given["kind"].removesuffix(_PATCH)}
    notes = part(given, "metadata", "annotations")
    return Item(**common, manifest=given, patch=patch, force=patch and str(notes.get(FORCE, "")).lower() == "true")


def _release(given: Mapping[str, Any]) -> ReleaseInput:
    return ReleaseInput(
        name=given["name"],
        namespace=given.get("namespace") or "default",
        chart=given["chart"],
        repository=part(dict(given), "repositoryOpts").get("repo", ""),
        version=given.get("version") or "",
        values=given.get("values") or {},
        awaited=not given.get("skipAwait"),
    )
