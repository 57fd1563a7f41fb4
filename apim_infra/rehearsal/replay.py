"""Takes a recorded graph through the twins again, so that an edited one can be tried.

Ids and random values depend on seed and URN alone, so a replay with the graph's own seed makes the same ones, and references between resources hold
as they were recorded. A secret is `{"secret": true}` in a graph: a placeholder stands for it, and what a twin says about the placeholder is left out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from apim_infra.findings import Finding, Severity, has_errors
from apim_infra.rehearsal import urn as urns
from apim_infra.rehearsal.deployment import Deployment
from apim_infra.rehearsal.ending import settle
from apim_infra.rehearsal.existing import Furnished
from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.packages import packages
from apim_infra.rehearsal.paths import covers
from apim_infra.rehearsal.provider import Problem, Provider, Restorable
from apim_infra.rehearsal.record import sorted_findings
from apim_infra.rehearsal.registration import Registration
from apim_infra.rehearsal.state import Outcome, ResourceState
from apim_infra.rehearsal.steps import ReadStep, ResourceStep
from apim_infra.rehearsal.values import MASK, Secret

PLACEHOLDER = "Replayed0Placeholder1234"
"""Stands for a secret: 24 characters of three classes, which the password rules of the clouds accept."""

SECRET_OBJECTS = frozenset({("kubernetes:core/v1:Secret", "data"), ("kubernetes:core/v1:Secret", "stringData")})
"""Type and key of secrets that are objects: the SDK marks them secret as a whole."""

CHECKPOINT = 20
"""Resources between two snapshots of a replayer; a replay repeats half of them on average."""

NOT_VERIFIED = "secret values: a placeholder stood for them"


class ReplayedDeployment(Deployment):
    """A deployment that leaves out what twins say about placeholders."""

    hidden: Mapping[str, Sequence[str]] = {}
    """URN to the property paths of its secrets."""
    refused_for_placeholders: frozenset[str] = frozenset()
    """URNs of resources that a twin refuses for their placeholders alone: a key that is none."""

    def problems(self, resource: ResourceState, package: str, problems: tuple[Problem, ...]) -> bool:
        """Report what a twin refuses or doubts, placeholders left out."""
        paths = self.hidden.get(resource.urn, ())
        kept = tuple(p for p in problems if not (p.path and any(covers(path, p.path) for path in paths)))
        if len(kept) < len(problems) and all(problem.warning for problem in kept):
            self.refused_for_placeholders |= {resource.urn}
        return super().problems(resource, package, kept)


@dataclass(slots=True)
class _Checkpoint:
    """Everything that a replay has come to after some resources."""

    snapshots: dict[str, object]
    recorded: dict[str, ResourceState]
    instances: dict[str, Any]
    findings: list[Finding]


class Replayer:
    """Replays one graph, and edited copies of it quickly: only the first edited resource and later ones are taken through the twins again."""

    def __init__(self, graph: Graph, twins: Callable[[int], Mapping[str, Provider]] = packages) -> None:
        self.graph = graph
        self._make = twins
        self._twins = twins(graph.seed)
        self._restorable = all(isinstance(twin, Restorable) for twin in self._used(graph).values())
        self._checkpoints: dict[int, _Checkpoint] = {}
        self.findings = self._replay(graph, 0, self._fresh(graph), keep=self._restorable)

    def replay(self, edited: Graph, *, stop: bool = False) -> list[Finding]:
        """Return what is wrong with an edited copy of the graph; with `stop` nothing is tried after the first error."""
        if not self._restorable:
            self._twins = self._make(edited.seed)
            return self._replay(edited, 0, self._fresh(edited), stop=stop)
        same = _common_beginning(self.graph.resources, edited.resources)
        start = max((place for place in self._checkpoints if place <= same), default=0)
        return self._replay(edited, start, self._restored(edited, start), stop=stop)

    def _used(self, graph: Graph) -> dict[str, Provider]:
        names = {urns.package_of(resource.type) for resource in graph.custom()}
        return {name: self._twins[name] for name in sorted(names & set(self._twins))}

    def _fresh(self, graph: Graph) -> ReplayedDeployment:
        project = graph.resources[0].urn.split("::")[1] if graph.resources else ""
        return ReplayedDeployment(graph.stack, project, self._twins, seed=graph.seed)

    def _restored(self, graph: Graph, start: int) -> ReplayedDeployment:
        deployment = self._fresh(graph)
        checkpoint = self._checkpoints[start]
        for name, snapshot in checkpoint.snapshots.items():
            cast(Restorable, self._twins[name]).restore(snapshot)
        deployment.recorded = dict(checkpoint.recorded)
        deployment.providers.restore(checkpoint.instances)
        deployment.found(checkpoint.findings)
        return deployment

    def _replay(
        self, graph: Graph, start: int, deployment: ReplayedDeployment, *, keep: bool = False, stop: bool = False
    ) -> list[Finding]:
        deployment.hidden = {
            resource.urn: paths for resource in graph.resources if (paths := list(_hidden_paths(resource)))
        }
        for place, resource in enumerate(graph.resources):
            if place < start:
                continue
            if keep and place % CHECKPOINT == 0:
                self._checkpoints[place] = self._checkpoint(graph, deployment)
            _replay_one(resource, deployment)
            if stop and has_errors(deployment.findings):
                break
        if not has_errors(deployment.findings):
            settle(deployment)
        return sorted_findings(deployment.findings, graph)

    def _checkpoint(self, graph: Graph, deployment: ReplayedDeployment) -> _Checkpoint:
        return _Checkpoint(
            snapshots={name: cast(Restorable, twin).snapshot() for name, twin in self._used(graph).items()},
            recorded=dict(deployment.recorded),
            instances=deployment.providers.known(),
            findings=deployment.findings,
        )


def replay(graph: Graph, twins: Mapping[str, Provider] | None = None) -> list[Finding]:
    """Take a graph through fresh twins and return what they refuse, and what Pulumi's engine would."""
    return Replayer(graph, packages if twins is None else lambda _: twins).findings


def _replay_one(resource: Resource, deployment: ReplayedDeployment) -> None:
    for rule, message in structural_problems(resource, deployment):
        deployment.report(Severity.ERROR, rule, message, urn=resource.urn, source=resource.source)
    registration = Registration(
        type=resource.type,
        name=resource.name,
        parent=resource.parent,
        custom=resource.custom,
        inputs=_unmasked(resource.inputs, resource.type),
        dependencies=list(resource.dependencies),
        property_dependencies=dict(resource.property_dependencies),
        provider=resource.provider,
        protect=resource.protect,
        deleted_with=resource.deleted_with,
        aliases=list(resource.aliases),
        ignore_changes=list(resource.ignore_changes),
        import_id=resource.id if resource.external else "",
        source=resource.source,
    )
    step = ReadStep if resource.external else ResourceStep
    state = deployment.register(registration, step)
    if not resource.custom:
        state.outputs = dict(resource.outputs)
    elif state.outcome is Outcome.FAILED and state.urn in deployment.refused_for_placeholders:
        _take_recorded(resource, state, deployment)
    elif state.exists and resource.id and state.id != resource.id and not urns.is_provider(resource.type):
        deployment.report(
            Severity.WARNING,
            "replay-differs",
            f"the id was {resource.id} when the graph was recorded and is {state.id} now",
            urn=resource.urn,
            source=resource.source,
            fix="what refers to it by its id must be edited too",
        )


def _take_recorded(resource: Resource, state: ResourceState, deployment: ReplayedDeployment) -> None:
    """Take what was recorded of a resource whose placeholders alone were refused, so that what needs it is tried all the same."""
    state.outcome, state.id, state.outputs = Outcome.SUCCESS, resource.id, _unmasked(resource.outputs, resource.type)
    twin = deployment.providers.twin(urns.package_of(resource.type))
    if isinstance(twin, Furnished):
        known = {key: value for key, value in resource.outputs.items() if value != MASK}
        twin.furnish(resource.type, resource.id, str(known.get("location") or known.get("region") or ""), known)


def structural_problems(resource: Resource, deployment: Deployment) -> Iterator[tuple[str, str]]:
    """Yield rule and message of what Pulumi's engine would refuse about a resource's place in the graph."""
    expected = urns.make(deployment.stack, deployment.project, resource.parent, resource.type, resource.name)
    if resource.urn != expected:
        yield "wrong-urn", f"the URN of a {resource.type} named {resource.name!r} below this parent is {expected}"
    known = deployment.recorded
    if resource.parent and resource.parent not in known:
        yield "unknown-parent", f"the parent {resource.parent} is not registered before it"
    if resource.deleted_with and resource.deleted_with not in known:
        yield "unknown-deleted-with", f"deletedWith names {resource.deleted_with}, which is not registered before it"
    for urn in resource.dependencies:
        if urn not in known:
            yield "unknown-dependency", f"it depends on {urn}, which is not registered before it"
    for key, needed in resource.property_dependencies.items():
        if key not in resource.inputs:
            yield "unknown-property", f"propertyDependencies names the input {key}, which there is not"
        for urn in needed:
            if urn not in known:
                yield "unknown-dependency", f"{key} depends on {urn}, which is not registered before it"
    if resource.custom and not urns.is_provider(resource.type):
        yield from _provider_problems(resource, known)


def _provider_problems(resource: Resource, known: Mapping[str, ResourceState]) -> Iterator[tuple[str, str]]:
    provider = urns.split_reference(resource.provider)[0]
    if provider not in known:
        yield "unknown-provider", f"the provider {resource.provider or '(none)'} is not registered before it"
    elif known[provider].type != f"{urns.PROVIDER_PREFIX}{urns.package_of(resource.type)}":
        yield "wrong-provider", f"the provider {provider} does not serve {resource.type}"


def _common_beginning(recorded: Sequence[Resource], edited: Sequence[Resource]) -> int:
    for place, (before, after) in enumerate(zip(recorded, edited, strict=False)):
        if before is not after and before != after:
            return place
    return min(len(recorded), len(edited))


def _unmasked(inputs: Mapping[str, Any], type_: str) -> dict[str, Any]:
    return {
        key: Secret({}) if value == MASK and (type_, key) in SECRET_OBJECTS else _with_placeholder(value)
        for key, value in inputs.items()
    }


def _with_placeholder(value: Any) -> Any:
    if value == MASK:
        return Secret(PLACEHOLDER)
    if isinstance(value, dict):
        return {key: _with_placeholder(item) for key, item in cast(dict[str, Any], value).items()}
    if isinstance(value, list):
        return [_with_placeholder(item) for item in cast(list[Any], value)]
    return value


def _hidden_paths(resource: Resource) -> Iterator[str]:
    """Yield the paths of a resource's secrets. A Secret's `stringData` is read by the API server as `data`."""
    for path in _masked_paths(resource.inputs):
        yield path
        if (resource.type, path) in SECRET_OBJECTS:
            yield "data"


def _masked_paths(value: Any, path: str = "") -> Iterator[str]:
    if value == MASK:
        yield path
    elif isinstance(value, dict):
        for key, item in cast(dict[str, Any], value).items():
            yield from _masked_paths(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(cast(list[Any], value)):
            yield from _masked_paths(item, f"{path}[{index}]")
