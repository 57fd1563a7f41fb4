"""Applying objects: server-side apply with strict field validation, and a ledger of who applied what."""

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from apim_infra.cluster import job_results, operators
from apim_infra.cluster.api import DEFINITION, Api
from apim_infra.cluster.mirror import Mirror, Object
from apim_infra.cluster.refusals import Refused
from apim_infra.cluster.report import ClusterReport, Origin
from apim_infra.rehearsal.twins.kubernetes.kinds import from_manifest
from apim_infra.rehearsal.twins.kubernetes.objects import part

PROGRAM, HELM, OPERATOR = "apim", "helm", "operator"
"""Field managers: who applies an object."""

CALLING_OUT = frozenset({"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "APIService"})
"""Kinds that make the API server call a program, which nothing runs here: they are only checked by a dry run."""
ESTABLISHED_SECONDS = 60.0
_FIXES = {
    409: "let one manager own the field: leave it out on one side, or take it over on purpose",
    422: "correct the field that it names",
    400: "remove or correct the field that it names",
    403: "change the object, or what admission checks it against (quota, limit range, Pod Security level)",
}
MOST_PATHS = 8
_UNDECLARED = "field not declared in schema"
"""How the server refuses an unknown field of a built-in kind in an apply (with code 500)."""
_MASKED = ("resourceVersion", "managedFields", "generation")

Key = tuple[str, str, str, str]
"""Group, kind, namespace and name of an object."""


def key_of(manifest: Mapping[str, Any]) -> Key:
    """Return what tells an object apart from all others, whatever version it is sent in."""
    metadata = manifest["metadata"]
    group = str(manifest["apiVersion"]).rpartition("/")[0]
    return group, manifest["kind"], metadata.get("namespace", ""), metadata["name"]


def spoken(manifest: Mapping[str, Any]) -> str:
    """Return an object in words: `Deployment apim/bff`."""
    metadata = manifest["metadata"]
    place = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
    return f"{manifest['kind']} {place}{metadata['name']}"


@dataclass(slots=True)
class Applied:
    """One object that was applied."""

    manifest: dict[str, Any]
    manager: str
    origin: Origin
    force: bool = False
    owner: str = ""
    """URN of the item that takes it away again; empty for what its owner's deletion takes away."""
    hook: bool = False
    """Whether helm runs it once, at the installation."""


@dataclass(slots=True)
class Ledger:
    """Everything that was applied, in order; usable from many threads."""

    entries: dict[Key, Applied] = field(default_factory=dict[Key, Applied])
    _lock: Any = field(default_factory=threading.Lock)

    def add(self, applied: Applied) -> Applied | None:
        """Remember an object; return what was applied under its name before."""
        with self._lock:
            before = self.entries.get(key_of(applied.manifest))
            self.entries[key_of(applied.manifest)] = applied
            return before

    def forget(self, manifest: Mapping[str, Any]) -> None:
        """Drop an object that was taken away."""
        with self._lock:
            self.entries.pop(key_of(manifest), None)

    def all(self) -> list[Applied]:
        """Return everything applied, in order."""
        with self._lock:
            return list(self.entries.values())

    def of(self, urn: str) -> list[Applied]:
        """Return what one item applied, in order."""
        return [each for each in self.all() if each.owner == urn]

    def made_for(self, owner: Object) -> list[Applied]:
        """Return what operators made of a custom resource, in order."""
        key = key_of(owner)
        return [each for each in self.all() if key in _owners(each.manifest)]


def _owners(manifest: Object) -> set[Key]:
    """Return the owners of an object, which are in its own namespace."""
    metadata = manifest["metadata"]
    named = metadata.get("ownerReferences") or ()
    home = {"namespace": metadata.get("namespace", "")}
    return {key_of({**owner, "metadata": {**home, "name": owner["name"]}}) for owner in named}


class Applier:
    """Applies objects and reports what the API server says about them."""

    def __init__(self, api: Api, mirror: Mirror, report: ClusterReport, known: Sequence[Object]) -> None:
        self.api = api
        self.mirror = mirror
        self.report = report
        self.ledger = Ledger()
        self.known = known
        """Every object of the stack: operators look at several."""
        self._used_kinds = {(str(each["apiVersion"]).rpartition("/")[0], each["kind"]) for each in known}

    def put(
        self,
        manifest: Object,
        manager: str,
        origin: Origin,
        *,
        namespace: str = "",
        force: bool = False,
        patch: bool = False,
        hook: bool = False,
    ) -> bool:
        """Apply one object and what its operator makes of it; tell whether the server took it.

        `namespace` is that of a namespaced object which names none. A `patch` changes an object that is there already.
        """
        try:
            placed = self.placed(manifest, namespace)
            if patch and self.api.find(placed) is None:
                return self._refuse(placed, Refused(404, "NotFound", "there is no such object to change"), origin)
            taken = self._apply(placed, manager, origin, force=force or (patch and force))
        except Refused as refused:
            if refused.reason == "KindNotServed":
                self.report.count(
                    self.report.not_verified, f"{manifest['kind']}.{manifest['apiVersion']}: no definition"
                )
                self._operate(manifest | {"metadata": {"namespace": namespace, **manifest["metadata"]}}, None, origin)
                return True
            return self._refuse(manifest, refused, origin)
        if taken is not None and not patch:
            owner = "" if manager == OPERATOR and placed["metadata"].get("ownerReferences") else origin.urn
            self._note(Applied(placed, manager, origin, force, owner, hook))
        self._operate(placed, taken, origin)
        return True

    def placed(self, manifest: Object, namespace: str) -> Object:
        """Return an object with the namespace that it belongs into. Raises Refused (404) for a kind that is not served."""
        kind = self.api.kind(manifest["apiVersion"], manifest["kind"])
        metadata = dict(manifest["metadata"])
        if not kind.namespaced:
            metadata.pop("namespace", None)
        elif not metadata.get("namespace"):
            metadata["namespace"] = namespace or "default"
        return {**manifest, "metadata": metadata}

    def _apply(self, manifest: Object, manager: str, origin: Origin, *, force: bool) -> Object | None:
        kind = manifest["kind"]
        if kind in CALLING_OUT:
            self.api.apply(manifest, manager=manager, force=True, dry_run=True)
            self.report.count(
                self.report.not_verified, f"{kind}: only checked by a dry run, as nothing runs that it calls"
            )
            return None
        if kind == DEFINITION:
            manifest = self._without_conversion(manifest)
            if not self._used(manifest):
                self.api.apply(manifest, manager=manager, force=True, dry_run=True)
                self.report.count(self.report.objects, kind)
                return None
        taken = self.api.apply(manifest, manager=manager, force=force)
        self.report.count(self.report.objects, kind)
        if kind == DEFINITION:
            self._establish(manifest, origin)
        elif not from_manifest(manifest).built_in:
            self.report.count(self.report.verified, f"{kind}.{manifest['apiVersion']}")
        return taken

    def _note(self, applied: Applied) -> None:
        before = self.ledger.add(applied)
        twice = before is not None and (before.manager, before.origin) != (applied.manager, applied.origin)
        if before is not None and twice and applied.manifest["kind"] != DEFINITION:
            other = before.origin.what or before.origin.urn
            message = f"{spoken(applied.manifest)} is there already: it came with {other}"
            self.report.find(
                "already-exists", message, applied.origin, fix="give one of the two another name, or drop it"
            )

    def _refuse(self, manifest: Object, refused: Refused, origin: Origin) -> bool:
        if refused.missing and self._namespace_refused(manifest):
            return False  # its namespace was refused: that is told already
        causes = "; ".join(
            f"{cause.path}: {cause.message}" for cause in refused.causes if cause.path not in refused.message
        )
        message = f"{spoken(manifest)}: {refused.message}" + (f" ({causes})" if causes else "")
        rule = "unknown-field" if _UNDECLARED in refused.message else refused.reason or str(refused.code)
        self.report.find(
            rule, message, origin, fix=_FIXES.get(refused.code, _FIXES[400] if rule == "unknown-field" else "")
        )
        return False

    def _namespace_refused(self, manifest: Object) -> bool:
        namespace = manifest["metadata"].get("namespace", "")
        return any(f"Namespace {namespace}:" in each.message for each in self.report.findings)

    def _operate(self, manifest: Object, taken: Object | None, origin: Origin) -> None:
        """Apply what the operator of a custom resource would make of it."""
        metadata = manifest["metadata"]
        what = f"{manifest['kind']} {metadata['name']}"
        for secret in job_results.written_by(manifest) if manifest["kind"] == "Job" else ():
            self.put(secret, OPERATOR, Origin(origin.urn, origin.source, f"written by {what}"))
        for made in operators.made_by(manifest, self.known):
            own = {**made, "metadata": dict(made["metadata"])}
            home = metadata.get("namespace", "")
            if taken is not None and own["metadata"].get("namespace", home) == home:
                owner = {"apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "name": metadata["name"]}
                uid = taken["metadata"]["uid"]
                own["metadata"]["ownerReferences"] = [
                    {**owner, "uid": uid, "controller": True, "blockOwnerDeletion": True}
                ]
            child = Origin(origin.urn, origin.source, f"made by the operator of {what}")
            self.put(own, OPERATOR, child, namespace=home)

    def _used(self, definition: Object) -> bool:
        """Tell whether the stack has objects of a definition: all others are admitted by a dry run, since each that is served costs seconds."""
        return (definition["spec"]["group"], definition["spec"]["names"]["kind"]) in self._used_kinds

    def _without_conversion(self, manifest: Object) -> Object:
        spec = manifest["spec"]
        if part(spec, "conversion").get("strategy") != "Webhook":
            return manifest
        self.report.count(self.report.not_verified, "conversion of custom resources between versions, by webhook")
        return {**manifest, "spec": {**spec, "conversion": {"strategy": "None"}}}

    def _establish(self, manifest: Object, origin: Origin) -> None:
        """Wait until the server serves the kinds of a definition."""
        until = time.monotonic() + ESTABLISHED_SECONDS
        conditions: dict[str, Any] = {}
        while time.monotonic() < until:
            status = self.api.get(manifest).get("status", {})
            conditions = {each["type"]: each for each in status.get("conditions") or ()}
            if conditions.get("Established", {}).get("status") == "True":
                return
            time.sleep(0.05)
        reasons = "; ".join(str(each.get("message", "")) for each in conditions.values() if each["status"] == "False")
        self.report.find("definition-not-established", f"{spoken(manifest)}: {reasons or 'it is not served'}", origin)


def second_run(applier: Applier, applied: Applied, *, upgraded: Object | None = None) -> None:
    """Apply an object again: nothing may change, and nobody may have taken over what it says.

    `upgraded` is what an upgrade of its release renders in its place; a change by it is a warning, as no second run upgrades what is as it was.
    """
    if applied.hook or applied.manifest.get("spec", {}).get("ttlSecondsAfterFinished") is not None:
        return  # gone by now, as it is meant to be
    who, rule = ("a second run", "second-run-changes") if upgraded is None else ("an upgrade", "upgrade-changes")
    try:
        before = applier.api.get(applied.manifest)
        after = applier.api.apply(upgraded or applied.manifest, manager=applied.manager, force=applied.force)
    except Refused as refused:
        message = f"{spoken(applied.manifest)}: {who} is refused: {refused.message}"
        applier.report.find(rule, message, applied.origin, fix=_FIXES.get(refused.code, ""))
        return
    paths = sorted(changed_paths(_steady(before), _steady(after)))
    if paths:
        message = f"{spoken(applied.manifest)}: {who} changes {', '.join(paths[:MOST_PATHS])}"
        fix = "leave the field to whoever else writes it, or say the same as the server"
        fix = fix if upgraded is None else "give the chart a value that stays, such as a secret of the platform's own"
        applier.report.find(rule, message, applied.origin, fix=fix, warning=upgraded is not None)


def _steady(item: Object) -> Object:
    """Return what of an object a second run must not change: not what controllers write at any time."""
    metadata = {key: value for key, value in item["metadata"].items() if key not in _MASKED}
    return {**{key: value for key, value in item.items() if key != "status"}, "metadata": metadata}


def changed_paths(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Iterate over the paths at which two objects differ; never over values, which may be secret."""
    if isinstance(before, dict) and isinstance(after, dict):
        old, new = cast(dict[str, Any], before), cast(dict[str, Any], after)
        for name in sorted({*old, *new}):
            yield from changed_paths(old.get(name), new.get(name), f"{path}.{name}" if path else name)
    elif (
        isinstance(before, list)
        and isinstance(after, list)
        and len(cast(list[Any], before)) == len(cast(list[Any], after))
    ):
        for index, (old, new) in enumerate(zip(cast(list[Any], before), cast(list[Any], after), strict=True)):
            yield from changed_paths(old, new, f"{path}[{index}]")
    elif json.dumps(before, sort_keys=True) != json.dumps(after, sort_keys=True):
        yield path
