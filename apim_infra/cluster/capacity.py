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
class Proof:
    """What both ways say of the same stack."""

    reckoned: list[Outcome]
    scheduled: list[Outcome]
    """Empty where there is no control plane."""

    @property
    def outcomes(self) -> list[Outcome]:
        """What counts: the scheduler's word where there is one."""
        return self.scheduled or self.reckoned


def zone_names(settings: StackSettings) -> tuple[str, ...]:
    """Return the zones of the pools, as the nodes' label names them. Raises `UnknownRegionError` or `UnknownSizeError`."""
    return node_pools(settings)[0].zones


def schedule(settings: StackSettings, control_plane: ControlPlane, scenarios: Sequence[Scenario]) -> list[Outcome]:
    """Return every case of the scenarios as the scheduler places it, pool by pool.

    Makes nodes and pods in a namespace of their own on a control plane that has none. Raises `NoAnswer`, `Refused` and `Unreachable`.
    """
    pools = {pool.name: pool for pool in node_pools(settings)}
    plans = pool_plans(settings, zone_names(settings))
    with Api(control_plane) as api:
        prepare(api)

        def of(plan: PoolPlan) -> list[Outcome]:
            wanted = [toleration.to_json() for toleration in tolerations(settings, plan.pool)]
            return list(scheduled(api, plan, pools[plan.pool], wanted, control_plane.version, scenarios))

        with ThreadPoolExecutor(len(plans) or 1) as threads:
            return [outcome for outcomes in threads.map(of, plans) for outcome in outcomes]


def prepare(api: Api) -> None:
    """Make the namespace of the pods, and the account that they run as."""
    api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    api.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": NAMESPACE}})


def scheduled(
    api: Api,
    plan: PoolPlan,
    pool: NodePool,
    wanted: Sequence[dict[str, str]],
    version: str,
    scenarios: Sequence[Scenario],
    prefix: str = "",
) -> Iterator[Outcome]:
    """Yield every case of the scenarios of one pool; `prefix` keeps its nodes from those of other pools of that name."""
    numbers = count(1)

    def make(case: Case) -> Run:
        name = f"{prefix}{plan.pool}-{case.scenario}-{next(numbers)}"
        return Run(api, Stage(name, plan, pool, wanted, version), Nodes(plan.machine, case.zones))

    return play(make, plan, scenarios)


def differences(reckoned: Iterable[Outcome], scheduled: Iterable[Outcome]) -> list[Finding]:
    """Return where the arithmetic and the scheduler do not say the same of a scenario of a pool."""
    verdicts = [_verdicts(outcomes) for outcomes in (reckoned, scheduled)]
    found: list[Finding] = []
    for key in sorted(verdicts[0].keys() & verdicts[1].keys()):
        arithmetic, scheduler = (verdict[key] for verdict in verdicts)
        if arithmetic != scheduler:
            pool, scenario = key
            words = {True: "fits", False: "does not fit"}
            message = (
                f"pool {pool}, {scenario}: {words[arithmetic]} by the arithmetic, {words[scheduler]} by the scheduler"
            )
            fix = (
                f"raise cluster.pools.{pool}.max by one: the scheduler chooses by lot among nodes that are equally good"
            )
            found.append(Finding(Severity.ERROR, "capacity-differs", message, fix=fix))
    return found


def _verdicts(outcomes: Iterable[Outcome]) -> dict[tuple[str, str], bool]:
    verdicts: dict[tuple[str, str], bool] = {}
    for outcome in outcomes:
        key = (outcome.pool, outcome.scenario)
        verdicts[key] = verdicts.get(key, True) and outcome.fits
    return verdicts
