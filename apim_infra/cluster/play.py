"""One rehearsal on a control plane, step by step: apply, come to rest, grow to the maximum, apply again, destroy."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import cast

from apim_infra.cluster import definitions, inspection, stand_ins
from apim_infra.cluster.apply import DEFINITION, OPERATOR, PROGRAM, Applied, Applier, Key, key_of, second_run
from apim_infra.cluster.chart_sources import FoundChart
from apim_infra.cluster.charts import ChartSource, Expanded, expand
from apim_infra.cluster.cloud_pods import MANAGER, cloud_workloads
from apim_infra.cluster.items import Item, ReleaseInput
from apim_infra.cluster.load_balancers import GATEWAY_KIND
from apim_infra.cluster.mirror import Object
from apim_infra.cluster.order import work_through
from apim_infra.cluster.releases import Patience, Releases, origin_of, owned
from apim_infra.cluster.removal import Removal, everything
from apim_infra.cluster.report import ClusterReport, Origin
from apim_infra.cluster.settle import Settling, phases
from apim_infra.cluster.surroundings import Parts
from apim_infra.cluster.upgrades import Upgrade, can_differ, upgrade
from apim_infra.rehearsal.twins.kubernetes.kinds import from_manifest
from apim_infra.settings.stack import StackSettings

HELM_WORKERS = 2
"""Charts rendered at the same time; each is a process of its own."""
REPEAT_WORKERS = 6
"""Threads that apply everything again: nothing waits there."""


class Play:
    """One rehearsal on its way."""

    def __init__(
        self,
        settings: StackSettings,
        parts: Parts,
        *,
        charts: ChartSource,
        known: Sequence[Object],
        patience: Patience,
        report: ClusterReport,
    ) -> None:
        self._settings = settings
        self._parts = parts
        self._charts = charts
        self._known = known
        self._patience = patience
        self._report = report
        self._settling = Settling(parts.mirror, parts.provisioner)
        self._items: list[Item] = []
        self._expanded: dict[str, Expanded] = {}
        self._before: set[Key] = set()
        self._upgrades: Future[dict[str, Upgrade]] | None = None

    def prepare(self, stack_items: list[Item]) -> None:
        """Expand the releases, and put what the cloud and the folders of definitions bring."""
        self._items = stack_items
        self._expanded = self._expand(stack_items)
        self._tell(self._expanded)
        manifests = [item.manifest for item in stack_items if item.manifest]
        brought = [phased.manifest for each in self._expanded.values() for phased in each.objects]
        custom = [each for each in (*manifests, *brought) if not from_manifest(each).built_in]
        self.applier = Applier(self._parts.api, self._parts.mirror, self._report, [*manifests, *brought])
        self._releases = Releases(self.applier, self._settling, self._patience)
        self._removal = Removal(self.applier, self._releases, self._settling, self._patience)
        with ThreadPoolExecutor(HELM_WORKERS) as pool:
            list(pool.map(self._define, self._missing_definitions(custom, brought)))
        if any(each["kind"] == GATEWAY_KIND for each in custom):
            self._watch_gateways(custom)
        workloads = cloud_workloads(self._settings, {(each["kind"], each["metadata"]["name"]) for each in brought})
        for workload in workloads:
            self.applier.put(workload, MANAGER, Origin(what="brought by the cloud"))
        self._before = {key_of(item) for item in everything(self._parts.api)}

    def apply(self, given_up: Callable[[], bool] = lambda: False) -> None:
        """Apply every item in the program's order; what needs an item waits until it is ready. Once given up, it takes no further item."""

        def apply(item: Item) -> None:
            if not given_up():
                self._apply(item)

        work_through(self._items, apply)

    def settle(self) -> None:
        """Wait until everything has come to rest, and say what has not."""
        self._wait()
        pool = ThreadPoolExecutor(1, thread_name_prefix="upgrades")
        self._upgrades = pool.submit(self._upgraded)
        pool.shutdown(wait=False)
        self._report.nodes = self._parts.growth.nodes()
        self._report.pods = phases(self._parts.mirror.all("Pod"))
        inspection.unready(self.applier, self._settling, "")
        inspection.pods(self.applier, self._parts.mirror)
        inspection.wiring(self.applier, self._parts.mirror)
        inspection.autoscalers(self.applier, self._parts.autoscalers)
        inspection.operators_unknown(self.applier)

    def maximum(self) -> None:
        """Bring every autoscaler to its maximum on the pools' maximum nodes."""
        self._parts.autoscalers.at_maximum = True
        self._parts.growth.fill()
        self._parts.mirror.wait(self._parts.autoscalers.settled, self._patience.seconds, idle=self._patience.idle)
        self._wait()
        self._report.nodes_at_maximum = self._parts.growth.nodes()
        self._report.pods_at_maximum = phases(self._parts.mirror.all("Pod"))
        inspection.unready(self.applier, self._settling, " at the maximum of replicas and nodes")
        inspection.autoscalers(self.applier, self._parts.autoscalers)

    def repeat(self) -> None:
        """Apply everything again as a second run of the program would; of releases, what helm renders for an upgrade where that differs."""
        upgraded = self._told_upgrades()
        entries = [
            each
            for each in self.applier.ledger.all()
            if each.owner and each.manager != OPERATOR and each.manifest["kind"] != DEFINITION
        ]

        def again(each: Applied) -> None:
            second_run(self.applier, each, upgraded=upgraded.get(key_of(each.manifest)))

        with ThreadPoolExecutor(REPEAT_WORKERS, thread_name_prefix="repeat") as pool:
            list(pool.map(again, entries))
        inspection.warnings(self.applier, self._parts.mirror)

    def destroy(self) -> None:
        """Take everything away, and say what is left."""
        work_through(
            self._items, lambda item: self._removal.take_away(item, self._expanded.get(item.urn)), reverse=True
        )
        self._removal.leftovers(self._before)

    def _expand(self, wanted: Sequence[Item], kubeconfig: Path | None = None) -> dict[str, Expanded]:
        """Return what releases bring; with the server's `kubeconfig`, what an upgrade brings now."""
        own = stand_ins.declared(self._settings)
        served = definitions.served(list(self._known)) | _used(self._items)
        version = ".".join(self._parts.control_plane.version.split(".")[:2])
        places = stand_ins.placements(self._settings)

        def one(item: Item) -> tuple[str, Expanded]:
            release = cast(ReleaseInput, item.release)
            return item.urn, expand(
                release,
                own.get(release.namespace, ()),
                self._charts,
                served,
                placements=places,
                version=version,
                upgrade=kubeconfig is not None,
                kubeconfig=kubeconfig,
                urn=item.urn,
            )

        with ThreadPoolExecutor(HELM_WORKERS, thread_name_prefix="helm") as pool:
            return dict(pool.map(one, [item for item in wanted if item.release is not None]))

    def _upgraded(self) -> dict[str, Upgrade]:
        """Return how upgrades of releases differ from their installations, by the URN of the release."""
        wanted = [item for item in self._items if item.release is not None and self._can_differ(item, item.release)]
        after = self._expand(wanted, self._parts.control_plane.kubeconfig)
        return {urn: upgrade(self._expanded[urn], each) for urn, each in after.items() if each.rendered}

    def _can_differ(self, item: Item, release: ReleaseInput) -> bool:
        found = self._charts.find(release)
        return self._expanded[item.urn].rendered and isinstance(found, FoundChart) and can_differ(found.path)

    def _told_upgrades(self) -> dict[Key, Object]:
        """Return the objects that upgrades change, and report those that they bring or drop."""
        by_urn = {item.urn: item for item in self._items}
        changed: dict[Key, Object] = {}
        for urn, found in self._upgrades.result().items() if self._upgrades is not None else ():
            item = by_urn[urn]
            release = cast(ReleaseInput, item.release)
            for word, objects in (("brings", found.more), ("drops", found.less)):
                if objects:
                    message = f"an upgrade {word} {', '.join(objects)}, other than the installation"
                    self._report.find("upgrade-changes", message, origin_of(item), warning=True)
            for each in found.changed.values():
                placed = self.applier.placed(owned(each, release), release.namespace)
                changed[key_of(placed)] = placed
        return changed

    def _tell(self, found: dict[str, Expanded]) -> None:
        names = {item.urn: item.release for item in self._items if item.release is not None}
        for urn, expanded in found.items():
            for finding in expanded.findings:
                self._report.add(finding)
            release = names[urn]
            target = self._report.rendered if expanded.rendered else self._report.not_rendered
            words = [f"{release.namespace}/{release.name}"] if expanded.rendered else list(expanded.not_verified)
            target.extend(word for word in words if word not in target)

    def _missing_definitions(self, custom: Sequence[Object], brought: Sequence[Object]) -> list[Object]:
        """Return the definitions of the folders that the stack uses and none of its charts brings."""
        own = {each["metadata"]["name"] for each in brought if each["kind"] == DEFINITION}
        used = {(str(each["apiVersion"]).rpartition("/")[0], each["kind"]) for each in custom}
        return [
            each
            for each in self._known
            if each["metadata"]["name"] not in own and (each["spec"]["group"], each["spec"]["names"]["kind"]) in used
        ]

    def _define(self, definition: Object) -> None:
        self.applier.put(definition, "definitions", Origin(what="folder of definitions"), force=True)

    def _watch_gateways(self, custom: Sequence[Object]) -> None:
        versions = {each["apiVersion"] for each in custom if each["kind"] == GATEWAY_KIND}
        for api_version in sorted(versions):
            if str(api_version).startswith("gateway.networking.k8s.io/"):
                self._parts.mirror.add(api_version, GATEWAY_KIND)

    def _apply(self, item: Item) -> None:
        origin = origin_of(item)
        if item.release is not None:
            self._releases.install(item, item.release, self._expanded[item.urn])
        elif item.manifest is not None:
            taken = self.applier.put(item.manifest, PROGRAM, origin, force=item.force, patch=item.patch)
            if taken and not item.patch:
                self._releases.wait([item.manifest], origin)

    def _wait(self) -> None:
        manifests = [applied.manifest for applied in self.applier.ledger.all()]
        self._parts.mirror.wait(
            lambda: not any(self._settling.unready(each) for each in manifests),
            self._patience.seconds,
            idle=self._patience.idle,
        )


def _used(stack_items: Sequence[Item]) -> set[str]:
    """Return what the API server has to serve for the program's own custom resources, as helm names it."""
    manifests = [item.manifest for item in stack_items if item.manifest is not None]
    custom = [each for each in manifests if not from_manifest(each).built_in]
    return {str(each["apiVersion"]) for each in custom} | {f"{each['apiVersion']}/{each['kind']}" for each in custom}
