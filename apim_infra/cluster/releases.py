"""Helm releases as helm installs and takes them away: definitions, hooks in the order of their weight and waited for, objects, hooks."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby

from apim_infra.cluster.api import Api
from apim_infra.cluster.apply import HELM, Applier, spoken
from apim_infra.cluster.charts import Expanded, Phased
from apim_infra.cluster.items import Item, ReleaseInput
from apim_infra.cluster.mirror import Object
from apim_infra.cluster.refusals import Refused
from apim_infra.cluster.report import Origin
from apim_infra.cluster.settle import Settling
from apim_infra.rehearsal.twins.kubernetes.objects import part

KEEP = "helm.sh/resource-policy"
"""Annotation of objects that helm leaves when it takes a release away."""
SIDE_BY_SIDE = 4
"""Objects of one release that are applied at the same time."""
RUNNING_HOOKS = frozenset({"Job", "Pod"})
"""Hooks that helm waits for."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long something may take to get ready."""

    seconds: float = 90.0
    idle: float = 6.0
    """After so many seconds without any progress in the cluster nothing more is waited for."""


class Releases:
    """Installs releases through an applier, and takes them away."""

    def __init__(self, applier: Applier, settling: Settling, patience: Patience) -> None:
        self._applier = applier
        self._settling = settling
        self._patience = patience

    def install(self, item: Item, release: ReleaseInput, expanded: Expanded) -> None:
        """Install a release and wait until it is ready, as far as the program waits."""
        origin = origin_of(item)
        self._put(_of(expanded.objects, "crd"), release, origin)
        self._hooks(_of(expanded.objects, "pre-install"), release, origin)
        placed = self._put(_of(expanded.objects, "install"), release, origin)
        if release.awaited:
            self.wait(placed, origin)
        self._hooks(_of(expanded.objects, "post-install"), release, origin)

    def before_removal(self, item: Item, release: ReleaseInput, expanded: Expanded) -> None:
        """Run the hooks that come before a release is taken away."""
        self._hooks(_of(expanded.at_deletion, "pre-install"), release, origin_of(item))

    def after_removal(self, item: Item, release: ReleaseInput, expanded: Expanded) -> None:
        """Run the hooks that come after a release was taken away, and take every hook away that helm would leave."""
        self._hooks(_of(expanded.at_deletion, "post-install"), release, origin_of(item))

    def wait(self, manifests: Sequence[Object], origin: Origin) -> None:
        """Wait until objects are ready; report those that are not while what comes next is due."""

        def ready() -> bool:
            return not any(self._settling.unready(manifest) for manifest in manifests)

        if self._settling.mirror.wait(ready, self._patience.seconds, idle=self._patience.idle):
            return
        for manifest in manifests:
            reasons = self._settling.unready(manifest)
            if reasons:
                message = f"{spoken(manifest)} is not ready when what needs it is due: {'; '.join(reasons)}"
                self._applier.report.find(
                    "not-ready", message, origin, fix="see the reason; a deployment would time out here"
                )

    def _put(self, objects: Iterable[Phased], release: ReleaseInput, origin: Origin) -> list[Object]:
        """Apply objects in helm's order, those of one kind side by side; return the objects that the server took."""

        def put(phased: Phased) -> list[Object]:
            manifest = phased.manifest if phased.phase == "crd" else owned(phased.manifest, release)
            taken = self._applier.put(manifest, HELM, origin, namespace=release.namespace)
            return self._placed(manifest, release) if taken else []

        placed: list[Object] = []
        with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="release") as pool:
            for _, same in groupby(objects, key=lambda phased: phased.manifest["kind"]):
                for found in pool.map(put, same):
                    placed += found
        return placed

    def _placed(self, manifest: Object, release: ReleaseInput) -> list[Object]:
        try:
            return [self._applier.placed(manifest, release.namespace)]
        except Refused:  # of a kind without a definition, which is counted as not verified
            return []

    def _hooks(self, hooks: Sequence[Phased], release: ReleaseInput, origin: Origin) -> None:
        for hook in hooks:
            for manifest in self._placed(hook.manifest, release):
                if "before-hook-creation" in hook.delete_policies:
                    self._remove(manifest)
                if not self._applier.put(manifest, HELM, origin, hook=True):
                    continue
                if manifest["kind"] in RUNNING_HOOKS:
                    self.wait([manifest], origin)
        for hook in hooks:
            if "hook-succeeded" in hook.delete_policies:
                for manifest in self._placed(hook.manifest, release):
                    self._remove(manifest)

    def _remove(self, manifest: Object) -> None:
        if remove(self._applier.api, manifest):
            self._settling.mirror.wait(lambda: self._gone(manifest), self._patience.seconds, idle=self._patience.idle)
        self._applier.ledger.forget(manifest)

    def _gone(self, manifest: Object) -> bool:
        metadata = manifest["metadata"]
        if self._settling.mirror.watches(manifest["kind"]):
            return self._settling.mirror.find(manifest["kind"], metadata.get("namespace", ""), metadata["name"]) is None
        return self._applier.api.find(manifest) is None


def remove(api: Api, manifest: Object) -> bool:
    """Delete an object; tell whether it was there."""
    try:
        api.delete(manifest)
    except Refused as refused:
        if refused.missing:
            return False
        raise
    return True


def owned(manifest: Object, release: ReleaseInput) -> Object:
    """Return an object of a release as helm marks it as the release's; templates look for that (own knowledge of helm 3)."""
    metadata = manifest["metadata"]
    labels = {**part(manifest, "metadata", "labels"), "app.kubernetes.io/managed-by": "Helm"}
    whose = {"meta.helm.sh/release-name": release.name, "meta.helm.sh/release-namespace": release.namespace}
    notes = {**part(manifest, "metadata", "annotations"), **whose}
    return {**manifest, "metadata": {**metadata, "labels": labels, "annotations": notes}}


def kept(manifest: Object) -> bool:
    """Tell whether helm leaves an object when it takes a release away."""
    return part(manifest, "metadata", "annotations").get(KEEP) == "keep"


def origin_of(item: Item) -> Origin:
    """Return where the objects of an item come from."""
    return Origin(item.urn, item.source, f"release {item.release.name}" if item.release else "")


def _of(objects: Iterable[Phased], phase: str) -> list[Phased]:
    return [phased for phased in objects if phased.phase == phase]
