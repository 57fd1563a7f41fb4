"""The capacity of a stack on a real control plane, compared with the arithmetic."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

from apim_infra.cluster.api import Api
from apim_infra.cluster.control_plane import ControlPlane
from apim_infra.cluster.nodes import NodePool, node_pools
from apim_infra.cluster.pods import NAMESPACE, Stage
from apim_infra.cluster.scenarios import Run, play
from apim_infra.findings import Finding, Severity
from apim_infra.planning.placement import tolerations
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.capacity import pool_plans
from apim_infra.sizing.scenarios import Case, Outcome, PoolPlan, Scenario
from apim_infra.sizing.scheduling import Nodes


@dataclass(frozen=True, slots=True)
class Ground:
    """Where pools are played."""

    api: Api
    version: str
    """Version of the control plane, and of the kubelets."""
    pool: NodePool
    """What a node of the pool is."""
    tolerations: Sequence[dict[str, str]] = ()
    """What the pods tolerate."""
    prefix: str = ""
    """What the names of nodes and pods begin with, where a control plane plays several pools of one name."""


def schedule(
    settings: StackSettings, control_plane: ControlPlane, scenarios: Sequence[Scenario], *, prefix: str = ""
) -> list[Outcome]:
    """Return every case of the scenarios as the scheduler places it, pool by pool.

    Makes nodes and pods in a namespace of their own; `prefix` keeps them from those of another stack on the same control plane.
    Raises `NoAnswerError`, `Refused` and `Unreachable`.
    """
    pools = {pool.name: pool for pool in node_pools(settings)}
    plans = pool_plans(settings, next(iter(pools.values())).zones)
    with Api(control_plane) as api:
        prepare(api)

        def of(plan: PoolPlan) -> list[Outcome]:
            wanted = [toleration.to_json() for toleration in tolerations(settings, plan.pool)]
            ground = Ground(api, control_plane.version, pools[plan.pool], wanted, prefix)
            return list(scheduled(ground, plan, scenarios))

        with ThreadPoolExecutor(len(plans) or 1) as threads:
            return [outcome for outcomes in threads.map(of, plans) for outcome in outcomes]


def prepare(api: Api) -> None:
    """Make the namespace of the pods, and the account that they run as."""
    api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    api.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": NAMESPACE}})


def scheduled(ground: Ground, plan: PoolPlan, scenarios: Sequence[Scenario]) -> Iterator[Outcome]:
    """Yield every case of the scenarios of one pool. Raises as `schedule` does."""
    numbers = count(1)

    def make(case: Case) -> Run:
        name = f"{ground.prefix}{plan.pool}-{case.scenario}-{next(numbers)}"
        stage = Stage(name, plan, ground.pool, ground.tolerations, ground.version)
        return Run(ground.api, stage, Nodes(plan.machine, case.zones))

    return play(make, plan, scenarios)


def differences(reckoned: Iterable[Outcome], scheduled: Iterable[Outcome]) -> list[Finding]:
    """Return where the arithmetic and the scheduler do not say the same of a scenario of a pool.

    The scheduler chooses by lot among equally good nodes: that it fits where the arithmetic knows a lot with which it does not is a warning.
    """
    ours, theirs = _verdicts(reckoned), _verdicts(scheduled)
    found: list[Finding] = []
    for pool, scenario in sorted(ours.keys() & theirs.keys()):
        fits = ours[pool, scenario]
        if fits is theirs[pool, scenario]:
            continue
        said = (
            "fits by the arithmetic, and the scheduler found no node" if fits else "fitted by luck: not with every lot"
        )
        message = f"pool {pool}, {scenario}: {said}"
        severity = Severity.ERROR if fits else Severity.WARNING
        found.append(Finding(severity, "capacity-differs", message, fix=f"raise cluster.pools.{pool}.max by one"))
    return found


def _verdicts(outcomes: Iterable[Outcome]) -> dict[tuple[str, str], bool]:
    verdicts: dict[tuple[str, str], bool] = {}
    for outcome in outcomes:
        key = (outcome.pool, outcome.scenario)
        verdicts[key] = verdicts.get(key, True) and outcome.fits
    return verdicts
