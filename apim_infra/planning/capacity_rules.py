"""What is said of pools that cannot hold what is planned for them: settings are refused, and the capacity proof has findings."""

from collections.abc import Iterable, Iterator, Sequence

from apim_infra.findings import Finding, Severity
from apim_infra.products.profile import ProductUnavailableError
from apim_infra.settings.pools import POOLS, PoolName
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import Violation
from apim_infra.sizing.capacity import Shortage, nodes_needed, pool_plan, pool_settings, shortage, survived
from apim_infra.sizing.catalogue import UnknownSizeError
from apim_infra.sizing.scenarios import Outcome, Scenario

NO_ROOM = "capacity"
"""Name of the rule that a pool has room for what is planned."""

MOST_NAMED = 5


def capacity_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield pools that have no room for a rolling update of everything at once; a size or a product that is unknown is refused elsewhere."""
    for pool in POOLS:
        try:
            lack = shortage(settings, pool)
        except (ProductUnavailableError, UnknownSizeError):
            continue
        if lack is None:
            continue
        path, nodes = f"cluster.pools.{pool}", pool_settings(settings, pool)
        if lack.needed is None:
            yield Violation(f"{path}.size", nodes.size, _too_small_nodes(lack), "choose a larger size")
        else:
            fix = f"raise {path}.max to {lack.needed}, or choose a larger size"
            yield Violation(f"{path}.max", nodes.max, _too_few_nodes(lack), fix)


def capacity_findings(settings: StackSettings, outcomes: Iterable[Outcome]) -> list[Finding]:
    """Return a finding for every scenario that a pool does not stand: an error where the stack must stand it, else a note.

    `outcomes` are the arithmetic's or the scheduler's. Raises as `pool_plan` does.
    """
    failed: dict[tuple[PoolName, Scenario], list[Outcome]] = {}
    for outcome in outcomes:
        if not outcome.fits:
            failed.setdefault((outcome.pool, outcome.scenario), []).append(outcome)
    return [_finding(settings, pool, scenario, cases) for (pool, scenario), cases in failed.items()]


def _finding(settings: StackSettings, pool: PoolName, scenario: Scenario, cases: Sequence[Outcome]) -> Finding:
    wanted = scenario in survived(settings)
    message = f"pool {pool}, {scenario}: {_cases(cases)}"
    if not wanted:
        message += "; sizing.survive does not ask for it"
    return Finding(
        Severity.ERROR if wanted else Severity.NOTE, NO_ROOM, message, fix=_fix(settings, pool, scenario, wanted=wanted)
    )


def _cases(cases: Sequence[Outcome]) -> str:
    first, more = cases[0], f" (and {len(cases) - 1} cases more)" if len(cases) > 1 else ""
    named = [
        f"{each.count} of {each.name} without a node ({each.reason.rstrip('.')})"
        for each in first.unplaced[:MOST_NAMED]
    ]
    rest = f" and {len(first.unplaced) - MOST_NAMED} workloads more" if len(first.unplaced) > MOST_NAMED else ""
    return f"{first.case + ': ' if first.case else ''}{', '.join(named)}{rest}{more}"


def _fix(settings: StackSettings, pool: PoolName, scenario: Scenario, *, wanted: bool) -> str:
    """Return the setting to raise, to the smallest value with which the pool stands everything that it must, and this."""
    path, nodes = f"cluster.pools.{pool}", pool_settings(settings, pool)
    scenarios = tuple(dict.fromkeys((*survived(settings), scenario))) if wanted else (scenario,)
    needed = nodes_needed(settings, pool_plan(settings, pool), scenarios, above=nodes.max)
    if needed is None:
        return f"choose a larger {path}.size than {nodes.size}"
    return f"{path}.max: {needed}"


def _too_few_nodes(lack: Shortage) -> str:
    return (
        f"is too small for the sizing table: at their largest, the pods of this pool ask for "
        f"{lack.cpu_millicores} millicores and {lack.memory_mib} MiB, and one {lack.size} leaves them "
        f"{lack.capacity.cpu_millicores} millicores and {lack.capacity.memory_mib} MiB"
    )


def _too_small_nodes(lack: Shortage) -> str:
    return (
        f"is too small for the sizing table: {lack.largest.name} asks for {lack.largest.cpu_millicores} millicores "
        f"and {lack.largest.memory_mib} MiB, and one {lack.size} leaves pods {lack.capacity.cpu_millicores} millicores "
        f"and {lack.capacity.memory_mib} MiB"
    )
