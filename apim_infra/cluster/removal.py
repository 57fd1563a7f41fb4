"""Destroy on the control plane: everything goes in reverse order, and nothing that the program made may be left."""

from collections.abc import Iterable

from apim_infra.cluster.api import Api
from apim_infra.cluster.apply import DEFINITION, Applier, Key, key_of, spoken
from apim_infra.cluster.charts import Expanded
from apim_infra.cluster.items import Item
from apim_infra.cluster.mirror import Object
from apim_infra.cluster.refusals import Refused
from apim_infra.cluster.releases import Patience, Releases, kept, remove
from apim_infra.cluster.report import Origin
from apim_infra.cluster.settle import Settling

PASSING = frozenset({"Event", "Lease", "Node", "CSINode", "EndpointSlice", "Endpoints", "ComponentStatus", DEFINITION})
"""Kinds that are not looked for afterwards: they come and go by themselves, and definitions stay as helm leaves them."""
COLLECTING_SECONDS = 60.0
"""How long garbage collection and the deletion of namespaces may take."""
_AUTOMATIC = "kube-aggregator.kubernetes.io/automanaged"


class Removal:
    """Takes away what an applier applied."""

    def __init__(self, applier: Applier, releases: Releases, settling: Settling, patience: Patience) -> None:
        self._applier = applier
        self._releases = releases
        self._settling = settling
        self._patience = patience

    def take_away(self, item: Item, expanded: Expanded | None) -> None:
        """Take one item away and wait until it is gone."""
        if item.retained:
            self._applier.report.kept.append(item.name)
            return
        if item.release is not None and expanded is not None:
            self._releases.before_removal(item, item.release, expanded)
        gone: list[Object] = []
        for applied in reversed(self._applier.ledger.of(item.urn)):
            if applied.manifest["kind"] == DEFINITION or kept(applied.manifest):
                continue
            if applied.manifest["kind"] == "Namespace":
                self._empty(applied.manifest["metadata"]["name"])
            gone += self._remove(applied.manifest)
        self._wait(gone)
        if item.release is not None and expanded is not None:
            self._releases.after_removal(item, item.release, expanded)

    def _remove(self, manifest: Object) -> list[Object]:
        """Delete an object, and what its operator made of it, as operators do; return what was there.

        Garbage collection would take that away too, but it learns of new kinds only every half minute.
        """
        if not remove(self._applier.api, manifest):
            return []
        made = reversed(self._applier.ledger.made_for(manifest))
        return [manifest, *(gone for each in made for gone in self._remove(each.manifest))]

    def _empty(self, namespace: str) -> None:
        """Let claims go and wait for pods: a namespace that still has some is looked at again only after half their grace period."""
        mirror = self._settling.mirror
        for claim in mirror.all("PersistentVolumeClaim", namespace):
            remove(self._applier.api, claim)
        mirror.wait(lambda: not mirror.all("Pod", namespace), self._patience.seconds, idle=self._patience.idle)

    def _wait(self, manifests: Iterable[Object]) -> None:
        for manifest in manifests:
            self._settling.mirror.wait(
                lambda one=manifest: self._gone(one), self._patience.seconds, idle=self._patience.idle
            )

    def _gone(self, manifest: Object) -> bool:
        metadata = manifest["metadata"]
        if self._settling.mirror.watches(manifest["kind"]):
            return self._settling.mirror.find(manifest["kind"], metadata.get("namespace", ""), metadata["name"]) is None
        return self._applier.api.find(manifest) is None

    def leftovers(self, before: set[Key]) -> None:
        """Report what was not there before and is still there; what waits to be collected is given time."""

        def left() -> list[Object]:
            return [item for item in everything(self._applier.api) if key_of(item) not in before and not kept(item)]

        found: list[Object] = []

        def none_left() -> bool:
            found[:] = left()
            return not found

        self._settling.mirror.wait(none_left, COLLECTING_SECONDS)
        known = {key: applied.origin for key, applied in self._applier.ledger.entries.items()}
        for item in found:
            origin = known.get(key_of(item), Origin())
            message = f"{spoken(item)} is still there after the destroy"
            held = item["metadata"].get("finalizers")
            if item["kind"] == "Namespace":
                told = [
                    each["message"]
                    for each in item.get("status", {}).get("conditions") or ()
                    if each["status"] == "True"
                ]
                message += f": {'; '.join(told)}" if told else ""
            fix = f"nothing takes its finalizers away: {', '.join(held)}" if held else "let its owner take it away"
            self._applier.report.find("left-behind", message, origin, fix=fix)


def everything(api: Api) -> list[Object]:
    """Return every object of every kind that can be listed and deleted; what another object owns is left out."""
    found: list[Object] = []
    seen: set[tuple[str, str]] = set()
    for kind in api.kinds():
        group = kind.api_version.rpartition("/")[0]
        if kind.name in PASSING or not {"list", "delete"} <= kind.verbs or (group, kind.name) in seen:
            continue
        seen.add((group, kind.name))
        try:
            found += [item for item in api.list(kind.api_version, kind.name) if not _follows(item)]
        except Refused as refused:
            if not refused.missing:
                raise
    return found


def _follows(item: Object) -> bool:
    """Tell whether an object goes with another one: with its owner, or, the server's own record of a group, with the group's definitions."""
    automatic = _AUTOMATIC in (item["metadata"].get("labels") or {})
    return automatic or bool(item["metadata"].get("ownerReferences"))
