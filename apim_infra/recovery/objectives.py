"""Whether a rebuilt platform is up in time, and how much it loses: simulated, held against the objectives of the settings."""

from collections.abc import Iterator
from dataclasses import dataclass

from apim_infra.findings import Finding, Severity
from apim_infra.recovery.holdings import Way, loss_minutes
from apim_infra.rehearsal.durations import UnknownDurationError
from apim_infra.rehearsal.graph import Graph
from apim_infra.rehearsal.schedule import LABEL, Forecast, forecast
from apim_infra.settings.recovery import RecoverySettings

WORKERS = 8
"""Workers of the engine on a machine with two processors, the smallest runner of a pipeline (four for each processor)."""


@dataclass(frozen=True, slots=True)
class Objectives:
    """What a rebuild takes and loses."""

    minutes: float
    """Simulated time until the platform is up, typical."""
    minutes_ninth: float
    """The time that nine of ten draws of all durations stay below."""
    longest_chain: tuple[str, ...]
    """The resources that no number of workers makes faster, one after the other."""
    lost_minutes: int
    """Data of the restored databases that is lost at most; 0 where nothing is restored. The rest: `holdings`."""


def objectives(graph: Graph, *, restored: Way | None) -> Objectives:
    """Return what the rebuild of a graph takes and loses; `restored` is how restored databases came, None where there are none.

    Raises UnknownDurationError for a type without a duration.
    """
    found: Forecast = forecast(graph, parallelism=(WORKERS,))
    return Objectives(
        minutes=round(found.deploy[0].p50 / 60, 1),
        minutes_ninth=round(found.deploy[0].p90 / 60, 1),
        longest_chain=tuple(step.name for step in found.critical_path),
        lost_minutes=loss_minutes(restored) if restored else 0,
    )


def missed(wanted: RecoverySettings, found: Objectives) -> Iterator[Finding]:
    """Yield a finding for each objective that is not held: an error when it is missed typically, a warning when only at worst."""
    limit = wanted.time_objective_minutes
    if found.minutes_ninth > limit:
        typically = found.minutes > limit
        yield Finding(
            Severity.ERROR if typically else Severity.WARNING,
            "recovery-time",
            f"the rebuild takes {found.minutes:g} minutes typically and {found.minutes_ninth:g} in one case of ten ({LABEL}), the objective is {limit}; "
            f"its longest chain is {', '.join(found.longest_chain)}",
            fix="raise recovery.time_objective_minutes, use smaller stores, or keep a replica in the recovery region",
        )
    if found.lost_minutes > wanted.point_objective_minutes:
        yield Finding(
            Severity.ERROR,
            "recovery-point",
            f"copies of automated backups lose up to {found.lost_minutes} minutes, the objective is {wanted.point_objective_minutes}",
            fix="raise recovery.point_objective_minutes, or keep a replica in the recovery region",
        )


def unknown(error: UnknownDurationError) -> Finding:
    """Return the finding for a time that cannot be told."""
    return Finding(Severity.WARNING, "recovery-time", f"the time of the rebuild cannot be told: {error}")
