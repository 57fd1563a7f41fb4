"""What a rehearsal found, for people."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from apim_infra.cli.cluster_report import print_control_plane
from apim_infra.cluster.report import ClusterReport
from apim_infra.findings import Finding, Severity
from apim_infra.rehearsal import urn as urns
from apim_infra.rehearsal.durations import UnknownDurationError
from apim_infra.rehearsal.lifecycle import DEPLOY, DESTROY, REPEAT
from apim_infra.rehearsal.report import Rehearsal, cannot_know
from apim_infra.rehearsal.schedule import forecast

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
TITLES = {DEPLOY: "first deployment", REPEAT: "second run", DESTROY: "destroy"}
MOST_NAMES = 8
WORKERS = 8
"""As many as the engine has on a machine with two processors, the smallest runner of a pipeline."""
SAMPLES = 20


def print_report(report: Rehearsal, upper: ClusterReport | None = None) -> None:
    """Print a whole report on standard output; `upper` is what the control plane said."""
    console = Console(soft_wrap=True, highlight=False)
    for line in report.output:
        console.print(Text(f"program: {line}", style="dim"))
    console.print(_components(report))
    print_findings(report.findings, console)
    _print_notes(report, console)
    if upper is not None:
        print_control_plane(upper, console)
    console.print(Text("\nA rehearsal cannot know:", style="bold"))
    for line in cannot_know():
        console.print(f"  - {line}")
    _print_outcome(report, console)


def print_findings(findings: Sequence[Finding], console: Console | None = None) -> None:
    """Print findings, each with the resource, its source and what to change."""
    console = console or Console(soft_wrap=True, highlight=False)
    for finding in findings:
        line = (
            Text("\n").append(f"{finding.severity} ", style=STYLES[finding.severity]).append(finding.rule, style="bold")
        )
        if finding.urn:
            line.append(f"  {_name(finding.urn)}")
        if finding.source:
            line.append(f"  ({finding.source})", style="dim")
        line.append(f"\n  {finding.message}")
        if finding.fix:
            line.append(f"\n  fix: {finding.fix}", style="green")
        console.print(line)


def _components(report: Rehearsal) -> Table:
    table = Table(title=f"Stack {report.stack}", title_justify="left", box=None, pad_edge=False)
    table.add_column("component")
    table.add_column("type", style="dim")
    table.add_column("resources", justify="right")
    for component in report.components:
        table.add_row(component.name or "(directly in the stack)", component.type, str(component.resources))
    packages = ", ".join(f"{package} {count}" for package, count in report.packages.items())
    table.add_row(Text("total", style="bold"), packages, Text(str(sum(report.packages.values())), style="bold"))
    return table


def _print_notes(report: Rehearsal, console: Console) -> None:
    notes = (
        ("Failed as asked", report.failed),
        ("Skipped, as what they need was refused", report.skipped),
        ("Protected: `pulumi destroy` refuses until they are unprotected", report.protected),
        ("Protected in the cloud: protection had to be switched off before they could be deleted", report.unprotected),
        ("Kept when the stack is destroyed", report.retained),
    )
    for title, found in notes:
        if found:
            names = ", ".join(urns.name_of(urn) for urn in found[:MOST_NAMES])
            more = f" and {len(found) - MOST_NAMES} more" if len(found) > MOST_NAMES else ""
            console.print(Text(f"\n{title}: ", style="bold").append(f"{names}{more}", style="not bold"))
    if report.not_verified:
        console.print(Text("\nNot verified:", style="bold"))
        for line in report.not_verified:
            console.print(f"  - {line}")


def _print_outcome(report: Rehearsal, console: Console) -> None:
    console.print()
    for phase, counts in report.steps.items():
        steps = ", ".join(f"{count} {operation}" for operation, count in counts.items())
        console.print(f"{TITLES[phase]}: {steps} ({report.seconds[phase]:.1f} s)")
    console.print(_time_in_the_cloud(report))
    errors = sum(1 for finding in report.findings if finding.severity is Severity.ERROR)
    others = len(report.findings) - errors
    verdict = f"{errors} error{'s' if errors != 1 else ''}" if errors else "clean"
    console.print(
        Text(f"Rehearsed in {report.seconds['total']:.1f} s: ")
        .append(verdict, style="bold red" if errors else "bold green")
        .append(f", {others} warning{'s' if others != 1 else ''} and notes" if others else "")
    )


def _time_in_the_cloud(report: Rehearsal) -> str:
    try:
        found = forecast(report.graph, parallelism=(WORKERS,), samples=SAMPLES)
    except UnknownDurationError as error:
        return f"In the cloud: no forecast, {error}"
    deploy, destroy = found.deploy[0], found.destroy[0]
    chain = " > ".join(step.name for step in found.critical_path)
    return (
        f"In the cloud ({found.label}, {WORKERS} workers): deployment {deploy.p50 / 60:.0f} min, {deploy.p90 / 60:.0f} in one case of ten; "
        f"destroy {destroy.p50 / 60:.0f} min. Longest chain: {chain or 'none'}"
    )


def _name(urn: str) -> str:
    return f"{urns.name_of(urn)} [{urns.type_of(urn)}]" if urns.valid(urn) else urn
