"""What a proof of capacity found: a table for people, a document for programs."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from apim_infra.cli.rehearsal_report import print_findings
from apim_infra.findings import Finding, has_errors
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.capacity import least_maxima, pool_settings, survived
from apim_infra.sizing.scenarios import Outcome

MIB_IN_GIB = 1024
WIDTH = 130
"""Characters of a line where nobody's terminal says how many."""


def print_capacity(
    stack: str, settings: StackSettings, outcomes: Sequence[Outcome], findings: Sequence[Finding], skipped: str
) -> None:
    """Print the worst case of each scenario of each pool, what is wrong, and who says so."""
    console = Console(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    console.print(_table(stack, settings, outcomes))
    waiting = sorted({name for outcome in outcomes for name in outcome.waiting})
    if waiting:
        console.print(
            f"\nWith a volume in the lost zone, and waiting for it whatever the pools' size: {', '.join(waiting)}"
        )
    least = least_maxima(settings)
    console.print(
        "\nSmallest maximum that stands it all: "
        + ", ".join(
            f"{pool} {needed or 'none of this size'} of {pool_settings(settings, pool).max}"
            for pool, needed in least.items()
        )
    )
    print_findings(findings, console)
    by = (
        "by the arithmetic and by the scheduler of Kubernetes"
        if not skipped
        else f"by the arithmetic; the scheduler was not asked: {skipped}"
    )
    verdict = "does not fit" if has_errors(findings) else "fits"
    losses = ", ".join(settings.sizing.survive) or "nothing"
    console.print(f"\n{stack} {verdict} ({by}); it must stand a rolling update and the loss of: {losses}")


def capacity_document(
    stack: str,
    settings: StackSettings,
    reckoned: Iterable[Outcome],
    scheduled: Iterable[Outcome],
    findings: Sequence[Finding],
    skipped: str,
) -> dict[str, Any]:
    """Return everything: every case of every scenario by both ways, the pools, and the findings."""
    least = least_maxima(settings)
    return {
        "stack": stack,
        "exit": 1 if has_errors(findings) else 0,
        "required": list(survived(settings)),
        "pools": {
            pool: {
                "size": pool_settings(settings, pool).size,
                "max": pool_settings(settings, pool).max,
                "least": needed,
            }
            for pool, needed in least.items()
        },
        "arithmetic": [_plain(outcome) for outcome in reckoned],
        "scheduler": [_plain(outcome) for outcome in scheduled],
        "scheduler_skipped": skipped,
        "findings": [finding.to_json() for finding in findings],
    }


def _plain(outcome: Outcome) -> dict[str, Any]:
    return {**asdict(outcome), "fits": outcome.fits}


def _table(stack: str, settings: StackSettings, outcomes: Sequence[Outcome]) -> Table:
    table = Table(title=f"Capacity of {stack}, pools at their maximum", title_justify="left", box=None, pad_edge=False)
    for name in (
        "pool",
        "scenario",
        "nodes",
        "pods",
        "CPU asked",
        "left",
        "GiB asked",
        "left",
        "pods left",
        "fullest node",
        "verdict",
    ):
        table.add_column(name, justify="left" if name in ("pool", "scenario", "fullest node", "verdict") else "right")
    before = ""
    for worst, count in _worst(outcomes):
        required = worst.scenario in survived(settings)
        verdict = (
            Text("fits", style="green")
            if worst.fits
            else Text("does not fit", style="bold red" if required else "cyan")
        )
        if not worst.fits and not required:
            verdict.append(" (need not)")
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
            f"{worst.fullest} {worst.fullest_percent} %",
            verdict,
        )
        before = worst.pool
    return table


def _worst(outcomes: Iterable[Outcome]) -> list[tuple[Outcome, int]]:
    """Return the hardest case of each scenario of each pool, with the number of its cases."""
    cases: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        cases.setdefault((outcome.pool, outcome.scenario), []).append(outcome)
    return [
        (
            max(
                found, key=lambda each: (not each.fits, sum(lost.count for lost in each.unplaced), each.fullest_percent)
            ),
            len(found),
        )
        for found in cases.values()
    ]
