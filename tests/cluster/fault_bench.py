"""A control plane that carries a stack's nodes, namespaces, quotas and classes, and the stack's objects to break, one at a time."""

import copy
import itertools
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from apim_infra.cluster import operators, stand_ins
from apim_infra.cluster.api import Api, Refused, reference
from apim_infra.cluster.charts import ChartSource, expand
from apim_infra.cluster.control_plane import ControlPlane
from apim_infra.cluster.items import ReleaseInput
from apim_infra.cluster.nodes import nodes
from apim_infra.cluster.tools import Tools
from apim_infra.environment import load_environment
from apim_infra.products.registry import shapes
from apim_infra.rehearsal.graph import Graph
from apim_infra.settings.stack import StackSettings

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 30.0
Manifest = dict[str, Any]
_NUMBERS = itertools.count(1)
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
BASE_KINDS = ("Namespace", "LimitRange", "ResourceQuota", "StorageClass", "ServiceAccount", "PriorityClass")
"""What is on the bench as the stack has it: objects are checked against these."""


def faults(section: str) -> list[Any]:
    """Return the faults of a section of faults.yaml, one parameter each."""
    table = yaml.safe_load(Path(__file__).with_name("faults.yaml").read_text(encoding="utf-8"))
    return [pytest.param(fault, id=fault["fault"].replace(" ", "-")) for fault in table[section]]


def eventually(look: Callable[[], Any], what: str) -> Any:
    """Return what `look` returns as soon as it is true."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        assert time.monotonic() < until, f"not seen within {PATIENCE_SECONDS:.0f} s: {what}"
        time.sleep(0.05)
    return found


def with_changes(manifest: Manifest, changes: Mapping[str, Any]) -> Manifest:
    """Return an object with the values at some paths (`spec.ports[0].port`) set, or taken away where the value is `$absent`.

    `$repeat: N` repeats the first item of the list that is there N times, numbered where it has a name; `$append` adds an item.
    """
    changed = copy.deepcopy(manifest)
    for path, value in changes.items():
        *steps, last = [int(index) if index else name.replace("~", ".") for name, index in _STEP.findall(path)]
        holder: Any = changed
        for step, after in zip(steps, [*steps, last][1:], strict=True):
            if isinstance(holder, dict) and step not in holder:
                holder[step] = [] if isinstance(after, int) else {}
            holder = holder[step]
        if value == "$absent":
            del holder[last]
        elif isinstance(value, dict) and "$repeat" in value:
            holder[last] = [_numbered(holder[last][0], number) for number in range(value["$repeat"])]
        elif isinstance(value, dict) and "$append" in value:
            added = value["$append"]
            holder[last] = [*holder.get(last, []), copy.deepcopy(holder[last][0]) if added == "$first" else added]
        else:
            holder[last] = value
    return changed


def _numbered(item: Any, number: int) -> Any:
    return {**item, "name": f"n{number}"} if "name" in item else copy.deepcopy(item)


@dataclass
class Stack:
    """The objects of one stack by `Kind namespace/name` (`Kind name` without a namespace), as they are applied."""

    settings: StackSettings
    objects: dict[str, Manifest] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Manifest:
        kind, _, place = name.partition(" ")
        if kind == "Pod" and name not in self.objects:
            return self._pod(place)
        return copy.deepcopy(self.objects[name])

    def of_kind(self, kind: str) -> Iterator[Manifest]:
        return (copy.deepcopy(item) for name, item in self.objects.items() if name.startswith(f"{kind} "))

    def _pod(self, place: str) -> Manifest:
        """Return a pod as the workload of that name would make it."""
        (workload,) = [
            self.objects[name]
            for kind in ("Deployment", "StatefulSet", "DaemonSet", "Job")
            if (name := f"{kind} {place}") in self.objects
        ]
        template = copy.deepcopy(workload["spec"]["template"])
        namespace, name = place.split("/")
        metadata = {**template["metadata"], "name": name, "namespace": namespace}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}

    def add(self, manifest: Manifest, namespace: str = "") -> None:
        manifest = copy.deepcopy(manifest)
        metadata = manifest["metadata"]
        if namespace:
            metadata.setdefault("namespace", namespace)
        place = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
        self.objects[f"{manifest['kind']} {place}{metadata['name']}"] = manifest


def stack_of(name: str, graph: Graph, tools: Tools) -> Stack:
    """Return a stack's objects: those of its program, of its charts (stand-ins where a chart is not at hand) and of its operators.

    A recorded graph tells no secret: secrets carry a made-up value under each key.
    """
    settings = load_environment(name, directory=ROOT).settings
    stack = Stack(settings)
    placements = stand_ins.placements(settings)
    source = ChartSource(helm=str(tools.helm), start=ROOT)
    for resource in graph.custom():
        if resource.type.endswith(":Release"):
            release = _release(resource.inputs)
            for phased in expand(release, list(shapes(settings)), source, (), placements=placements).objects:
                stack.add(phased.manifest, release.namespace)
        elif resource.type.startswith("kubernetes:") and "kind" in resource.inputs:
            manifest = resource.inputs
            if manifest["kind"] == "Secret":
                manifest = {**manifest, "stringData": dict.fromkeys(manifest.get("stringData") or (), "made-up")}
                manifest.pop("data", None)
            stack.add(manifest)
    custom = [item for item in stack.objects.values() if "." in item["apiVersion"].split("/")[0]]
    for item in custom:
        for made in operators.made_by(item, custom):
            stack.add(made, item["metadata"].get("namespace", ""))
    return stack


def _release(inputs: Mapping[str, Any]) -> ReleaseInput:
    repository = (inputs.get("repositoryOpts") or {}).get("repo", "")
    namespace, values = inputs.get("namespace") or "default", inputs.get("values") or {}
    return ReleaseInput(inputs["name"], namespace, inputs["chart"], repository, inputs.get("version") or "", values)


class Bench:
    """The control plane, and namespaces like the stack's to put broken objects into."""

    def __init__(self, plane: ControlPlane, api: Api, stack: Stack) -> None:
        self.api = api
        self.stack = stack
        for kind in BASE_KINDS:
            for manifest in stack.of_kind(kind):
                api.apply(manifest)
        for node in nodes(stack.settings, plane.version):
            api.create(node)
        eventually(self._nodes_ready, "every node is ready")

    def _nodes_ready(self) -> bool:
        own = {taint["key"] for node in nodes(self.stack.settings, "") for taint in node["spec"]["taints"]}
        return all(
            any(one["type"] == "Ready" and one["status"] == "True" for one in node["status"].get("conditions", ()))
            and {taint["key"] for taint in node["spec"].get("taints", ())} <= own
            for node in self.api.list("v1", "Node")
        )

    def refused(self, manifest: Manifest, *, manager: str = "apim") -> Refused:
        """Apply an object, without keeping it, that the server must refuse; return the refusal."""
        with pytest.raises(Refused) as caught:
            self.api.apply(manifest, dry_run=True, manager=manager)
        return caught.value

    def room(self, like: str, **quota: str) -> "Room":
        """Make a namespace like one of the stack's: its labels, its limits, and its quota with other bounds where they are given."""
        name = f"{like}-{next(_NUMBERS)}"
        namespace = self.stack[f"Namespace {like}"]
        namespace["metadata"]["name"] = name
        self.api.apply(namespace)
        room = Room(self, like, name)
        limits, bounds = self.stack[f"LimitRange {like}/container-defaults"], self.stack[f"ResourceQuota {like}/quota"]
        bounds["spec"]["hard"] |= {key.replace("__", ".").replace("_", "."): value for key, value in quota.items()}
        for manifest in (limits, bounds):
            room.apply(manifest)
        eventually(lambda: self.api.find(reference("v1", "ServiceAccount", "default", name)), "the service account")
        eventually(lambda: self.api.get(room.placed(bounds)).get("status", {}).get("hard"), "the quota is counted")
        return room

    def remove(self, namespace: str) -> None:
        """Delete a namespace of a test, unless the test has done so."""
        found = self.api.get(reference("v1", "Namespace", namespace))
        if found["status"]["phase"] == "Active":
            self.api.delete(found)


@dataclass
class Room:
    """One namespace of a test."""

    bench: Bench
    like: str
    name: str

    def placed(self, manifest: Manifest) -> Manifest:
        """Return an object of the stack's namespace as one of this namespace."""
        return {**manifest, "metadata": {**manifest["metadata"], "namespace": self.name}}

    def take(self, what: str, changes: Mapping[str, Any] | None = None) -> Manifest:
        """Return an object of the stack (`Deployment bff`) in this namespace, with changes."""
        kind, _, name = what.partition(" ")
        return self.placed(with_changes(self.bench.stack[f"{kind} {self.like}/{name}"], changes or {}))

    def apply(self, manifest: Manifest, **options: Any) -> Manifest:
        """Apply an object in this namespace, with the service account that its pods need."""
        spec = manifest.get("spec", {})
        account = spec.get("template", {}).get("spec", spec).get("serviceAccountName", "")
        wanted = f"ServiceAccount {self.like}/{account}"
        if wanted in self.bench.stack.objects:
            self.bench.api.apply(self.placed(self.bench.stack[wanted]))
        return self.bench.api.apply(self.placed(manifest), **options)

    def put(self, what: str, changes: Mapping[str, Any] | None = None) -> Manifest:
        """Apply an object of the stack with changes."""
        return self.apply(self.take(what, changes))

    def refused(self, what: str, changes: Mapping[str, Any] | None = None) -> Refused:
        """Return the refusal of an object of the stack with changes."""
        with pytest.raises(Refused) as caught:
            self.put(what, changes)
        return caught.value

    def event(self, reason: str, says: str, kind: str = "") -> Manifest:
        """Return the first event with a reason whose message matches."""

        def look() -> Manifest | None:
            for one in self.bench.api.list("v1", "Event", namespace=self.name, fields=f"reason={reason}"):
                if re.search(says, one["message"]) and kind in ("", one["involvedObject"]["kind"]):
                    return one
            return None

        return eventually(look, f"event {reason} that says {says!r} in {self.name}; there are {self.events()}")

    def events(self) -> list[str]:
        return [f"{one['reason']}: {one['message']}" for one in self.bench.api.list("v1", "Event", namespace=self.name)]

    def pods(self) -> list[Manifest]:
        return self.bench.api.list("v1", "Pod", namespace=self.name)

    def running(self, count: int) -> list[Manifest]:
        """Wait until that many pods run."""

        def look() -> list[Manifest]:
            found = [pod for pod in self.pods() if pod["status"].get("phase") == "Running"]
            return found if len(found) >= count else []

        return eventually(look, f"{count} pods run in {self.name}: {self.events()}")

    def condition(self, manifest: Manifest, kind: str) -> Manifest:
        """Return a condition of an object once it is there."""

        def look() -> Manifest | None:
            status = self.bench.api.get(self.placed(manifest)).get("status", {})
            return next((one for one in status.get("conditions", ()) if one["type"] == kind), None)

        return eventually(look, f"condition {kind} of {manifest['kind']} {manifest['metadata']['name']}")

    def counted(self, deployment: Manifest, *, ready: int, updated: int | None = None) -> Manifest:
        """Return a deployment's status once its controller has seen what it is now and counts so many pods as ready and updated."""

        def look() -> Manifest | None:
            found = self.bench.api.get(deployment)
            status = found.get("status", {})
            seen = status.get("observedGeneration") == found["metadata"]["generation"]
            counts = status.get("readyReplicas", 0) == ready and updated in (None, status.get("updatedReplicas", 0))
            return status if seen and counts else None

        return eventually(look, f"{ready} pods of {deployment['metadata']['name']} are ready: {self.events()}")
