"""What a rehearsal on the control plane found, for people."""

from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.text import Text

from apim_infra.cluster.report import ClusterReport

MOST_KINDS = 6


def print_control_plane(report: ClusterReport, console: Console) -> None:
    """Print the section of the control plane."""
    console.print(Text(f"\nControl plane: Kubernetes {report.version}", style="bold"))
    kinds = ", ".join(f"{count} {kind}" for kind, count in report.objects.most_common(MOST_KINDS))
    console.print(f"  objects admitted: {sum(report.objects.values())} ({kinds} ...)")
    console.print(f"  nodes: {_counts(report.nodes)}; at the maximum {_counts(report.nodes_at_maximum)}")
    console.print(f"  pods: {_counts(report.pods)}; at the maximum {_counts(report.pods_at_maximum)}")
    console.print(f"  custom resources checked against their definitions: {sum(report.verified.values())}")
    phases = ", ".join(
        f"{name.removeprefix('control plane: ')} {spent:.1f} s" for name, spent in report.seconds.items()
    )
    console.print(f"  time: {phases}")
    _section(console, "charts rendered", sorted(report.rendered))
    _section(console, "not rendered, stand-ins of the declared shape in their place", sorted(report.not_rendered))
    _section(console, "not verified", _counted(report.not_verified))
    _section(console, "warnings that are harmless here", _counted(report.explained))
    _section(console, "stays after a destroy", sorted(report.kept))
    _section(console, "to be known", report.notes)


def _section(console: Console, title: str, lines: Iterable[str]) -> None:
    shown = list(lines)
    if shown:
        console.print(f"  {title}:")
        for line in shown:
            console.print(f"    - {line}")


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"


def _counted(counts: Mapping[str, int]) -> list[str]:
    return [f"{what} ({count})" for what, count in sorted(counts.items())]
