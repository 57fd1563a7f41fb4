"""How long a deployment would take: a discrete-event simulation of the engine's scheduling over a recorded graph.

Rules of the engine (pulumi/pulumi, pkg/resource/deploy, August 2026): a resource is registered once everything that it depends on has been created;
a fixed number of workers takes registrations in the order in which they arrive; a component takes a worker for no time; a destroy goes in layers,
and a layer ends before the next begins. Durations come from a table: the result is simulated, not measured.
"""

from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median, quantiles
from typing import Any

import simpy

from apim_infra.rehearsal import urn as urns
from apim_infra.rehearsal.durations import Duration, UnknownDurationError, creation, deletion
from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.twins.chance import Chance

LABEL = "simulated from a duration table"
PARALLELISM = (8, 16, 64)
"""Workers of the engine that are compared; the default is four times the processors of the machine that runs it."""
SAMPLES = 50
NOTHING = Duration(0, 0)


@dataclass(frozen=True, slots=True)
class Step:
    """One resource on the critical path."""

    name: str
    type: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """Time with one number of workers, in seconds."""

    parallelism: int
    typical: float
    """With every resource at its median."""
    p50: float
    p90: float
    """Quantiles over draws of all durations."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """How long the stack takes to come up and to go."""

    deploy: tuple[Estimate, ...]
    destroy: tuple[Estimate, ...]
    critical_path: tuple[Step, ...]
    """The chain of resources that no number of workers makes shorter, at their medians; steps below a second are left out."""
    label: str = LABEL


Needs = Mapping[str, Collection[str]]
"""What each task waits for."""
Seconds = Mapping[str, float]


def needs_of(graph: Graph) -> dict[str, set[str]]:
    """Return what each resource of a graph waits for: dependencies, parent, provider, what it is deleted with."""
    known = {resource.urn for resource in graph.resources}
    found: dict[str, set[str]] = {}
    for resource in graph.resources:
        provider = urns.split_reference(resource.provider)[0] if resource.provider else ""
        named = {*resource.dependencies, resource.parent, provider, resource.deleted_with}
        found[resource.urn] = (named & known) - {resource.urn}
    return found


def run(needs: Needs, seconds: Seconds, workers: int) -> dict[str, tuple[float, float]]:
    """Simulate one deployment; return when each task starts and ends. Raises ValueError when tasks wait for each other."""
    environment = simpy.Environment()
    pool = simpy.Resource(environment, capacity=workers)
    done = {task: environment.event() for task in needs}
    times: dict[str, tuple[float, float]] = {}

    def work(task: str) -> Generator[simpy.Event, Any, None]:
        for other in sorted(needs[task]):
            yield done[other]
        turn: Any = pool.request()
        yield turn
        start = environment.now
        yield environment.timeout(seconds[task])
        times[task] = (start, environment.now)
        pool.release(turn)
        done[task].succeed()

    for task in needs:
        environment.process(work(task))
    environment.run()
    if len(times) < len(needs):
        raise ValueError(f"resources wait for each other: {', '.join(sorted(needs.keys() - times.keys())[:5])}")
    return times


def makespan(needs: Needs, seconds: Seconds, workers: int) -> float:
    """Return when the last task of a deployment ends."""
    return max((end for _, end in run(needs, seconds, workers).values()), default=0.0)


def layers(needs: Needs) -> list[list[str]]:
    """Return the layers in which the engine deletes, first to go first. Raises ValueError when tasks wait for each other."""
    left = {task: set(others) for task, others in needs.items()}
    found: list[list[str]] = []
    while left:
        layer = [task for task, others in left.items() if not others & left.keys()]
        if not layer:
            raise ValueError(f"resources wait for each other: {', '.join(sorted(left)[:5])}")
        found.append(layer)
        for task in layer:
            del left[task]
    return found[::-1]


def teardown(groups: Sequence[Collection[str]], seconds: Seconds, workers: int) -> float:
    """Return how long a destroy takes: the layers one after the other, the tasks of one in no order."""
    alone: tuple[str, ...] = ()
    return sum(makespan(dict.fromkeys(group, alone), seconds, workers) for group in groups)


def longest_chain(needs: Needs, seconds: Seconds) -> list[str]:
    """Return the chain of tasks that takes longest one after the other, first to last."""
    reach: dict[str, float] = {}
    before: dict[str, str] = {}
    for layer in reversed(layers(needs)):
        for task in layer:
            latest = max(sorted(needs[task]), key=lambda other: reach[other], default="")
            before[task] = latest
            reach[task] = seconds[task] + (reach[latest] if latest else 0.0)
    task = max(sorted(reach), key=lambda other: reach[other], default="")
    chain: list[str] = []
    while task:
        chain.append(task)
        task = before[task]
    return chain[::-1]


def forecast(
    graph: Graph, *, parallelism: Iterable[int] = PARALLELISM, samples: int = SAMPLES, seed: int = 0
) -> Forecast:
    """Return how long the stack of a graph takes to deploy and to destroy.

    `samples` draws of all durations stand behind the quantiles; the same seed gives the same answer. Raises UnknownDurationError, which names every type
    that the table of durations lacks.
    """
    needs = needs_of(graph)
    groups = layers(needs)
    made = _durations(graph, creation)
    gone = {**_durations(graph, deletion), **dict.fromkeys(_goes_along(graph), NOTHING)}
    workers = tuple(parallelism)
    known = {resource.urn: resource for resource in graph.resources}
    typical = _typical(made)
    chain = [task for task in longest_chain(needs, typical) if typical[task] >= 1]
    return Forecast(
        deploy=_estimates(made, workers, _draws(made, samples, seed), partial(makespan, needs)),
        destroy=_estimates(gone, workers, _draws(gone, samples, seed), partial(teardown, groups)),
        critical_path=tuple(Step(known[task].name, known[task].type, typical[task]) for task in chain),
    )


def _typical(durations: Mapping[str, Duration]) -> dict[str, float]:
    return {task: duration.p50 for task, duration in durations.items()}


def _draws(durations: Mapping[str, Duration], samples: int, seed: int) -> list[Seconds]:
    """Return draws of all durations, the same for every number of workers: only the workers then make a difference."""
    found: list[Seconds] = []
    for sample in range(samples):
        chance = Chance(seed, "schedule", sample)
        found.append({task: duration.draw(chance) if duration.p50 else 0.0 for task, duration in durations.items()})
    return found


def _durations(graph: Graph, look_up: Callable[[Resource], Duration | None]) -> dict[str, Duration]:
    found: dict[str, Duration] = {}
    unknown: list[str] = []
    for resource in graph.resources:
        duration = look_up(resource) if resource.custom else NOTHING
        if duration is None:
            unknown.append(resource.type)
        else:
            found[resource.urn] = duration
    if unknown:
        raise UnknownDurationError(unknown)
    return found


def _goes_along(graph: Graph) -> list[str]:
    """Return resources that the engine does not delete itself, since they go with another one."""
    known = {resource.urn for resource in graph.resources}
    return [resource.urn for resource in graph.resources if resource.deleted_with in known]


def _estimates(
    durations: Mapping[str, Duration],
    workers: Iterable[int],
    draws: list[Seconds],
    simulate: Callable[[Seconds, int], float],
) -> tuple[Estimate, ...]:
    found: list[Estimate] = []
    for count in workers:
        typical = simulate(_typical(durations), count)
        drawn = [simulate(seconds, count) for seconds in draws] or [typical]
        high = quantiles(drawn, n=10)[-1] if len(drawn) > 1 else typical
        found.append(Estimate(count, round(typical), round(median(drawn)), round(high)))
    return tuple(found)
