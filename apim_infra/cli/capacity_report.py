"""What a proof of capacity found: a table for people, a document for programs."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from apim_infra.cli.rehearsal_report import print_findings
from apim_infra.findings import Finding, has_errors
from apim_infra.settings.pools import POOLS
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.capacity import least_maxima, pool_settings, survived
from apim_infra.sizing.scenarios import Outcome

MIB_IN_GIB = 1024
WIDTH = 130
"""Characters of a line where nobody's terminal says how many."""
COLUMNS = ("pool", "scenario", "nodes", "pods", "CPU", "left", "GiB", "left", "pods left", "fullest node", "verdict")
WORDS = ("pool", "scenario", "fullest node", "verdict")


@dataclass(frozen=True, slots=True)
class Proof:
    """What both ways say of a stack."""

    stack: str
    settings: StackSettings
    reckoned: Sequence[Outcome]
    """Every case by the arithmetic."""
    scheduled: Sequence[Outcome]
    """Every case by the scheduler; empty where it was not asked."""
    skipped: str
    """Why it was not asked; empty where it was."""
    findings: Sequence[Finding]

    @property
    def exit(self) -> int:
        """Exit code of the command."""
        return 1 if has_errors(self.findings) else 0


def print_capacity(proof: Proof) -> None:
    """Print the worst case of each scenario of each pool, what is wrong, and who says so."""
    console = Console(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    settings, outcomes = proof.settings, proof.scheduled or proof.reckoned
    console.print(_table(proof.stack, settings, outcomes))
    waiting = sorted({name for outcome in outcomes for name in outcome.waiting})
    if waiting:
        listed = ", ".join(waiting)
        console.print(f"\nWith a volume in the lost zone, and waiting for it whatever the pools' size: {listed}")
    least = (
        f"{pool} {needed or 'none of this size'} of {pool_settings(settings, pool).max}"
        for pool, needed in least_maxima(settings).items()
    )
    console.print(f"\nSmallest maximum with which each pool stands what it must: {', '.join(least)}")
    print_findings(proof.findings, console)
    by = "the arithmetic and the scheduler of Kubernetes"
    if proof.skipped:
        by = f"the arithmetic alone; the scheduler of Kubernetes: {proof.skipped}"
    losses = " or of a ".join(settings.sizing.survive)
    must = f"a rolling update{f', and the loss of a {losses}' if losses else ''}"
    console.print(f"\n{proof.stack} {'does not fit' if proof.exit else 'fits'}. It must stand {must}. By {by}")


def capacity_document(proof: Proof) -> dict[str, Any]:
    """Return everything: every case of every scenario by both ways, the pools, and the findings."""
    pools = {
        pool: {"size": pool_settings(proof.settings, pool).size, "max": pool_settings(proof.settings, pool).max}
        for pool in POOLS
    }
    return {
        "stack": proof.stack,
        "exit": proof.exit,
        "required": list(survived(proof.settings)),
        "pools": {pool: {**pools[pool], "least": least} for pool, least in least_maxima(proof.settings).items()},
        "arithmetic": [_plain(outcome) for outcome in proof.reckoned],
        "scheduler": [_plain(outcome) for outcome in proof.scheduled],
        "scheduler_skipped": proof.skipped,
        "findings": [finding.to_json() for finding in proof.findings],
    }


def _plain(outcome: Outcome) -> dict[str, Any]:
    return {**asdict(outcome), "fits": outcome.fits}


def _table(stack: str, settings: StackSettings, outcomes: Sequence[Outcome]) -> Table:
    table = Table(title=f"Capacity of {stack}, pools at their maximum", title_justify="left", box=None, pad_edge=False)
    for name in COLUMNS:
        table.add_column(name, justify="left" if name in WORDS else "right", no_wrap=True)
    before = ""
    for worst, count in _worst(outcomes):
        table.add_row(
            worst.pool if worst.pool != before else "",
            f"{worst.scenario} (worst of {count})" if count > 1 else worst.scenario,
            str(worst.nodes),
            str(worst.pods),
            f"{worst.cpu_millicores / 1000:.1f}",
            f"{worst.cpu_left_millicores / 1000:.1f}",
            f"{worst.memory_mib / MIB_IN_GIB:.1f}",
            f"{worst.memory_left_mib / MIB_IN_GIB:.1f}",
            str(worst.pods_left),
            f"{worst.fullest_percent} % {worst.fullest}",
            _verdict(worst, required=worst.scenario in survived(settings)),
        )
        before = worst.pool
    return table


def _verdict(outcome: Outcome, *, required: bool) -> Text:
    if outcome.fits:
        return Text("fits", style="green")
    return Text("does not fit", style="bold red") if required else Text("does not fit, need not", style="cyan")


def _worst(outcomes: Iterable[Outcome]) -> list[tuple[Outcome, int]]:
    """Return the hardest case of each scenario of each pool, with the number of its cases."""
    cases: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        cases.setdefault((outcome.pool, outcome.scenario), []).append(outcome)
    return [(max(found, key=_hardness), len(found)) for found in cases.values()]


def _hardness(outcome: Outcome) -> tuple[int, int]:
    return sum(lost.count for lost in outcome.unplaced), outcome.fullest_percent
