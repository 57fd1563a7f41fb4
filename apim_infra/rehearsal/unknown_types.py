"""Types that no twin knows: one finding a type, with the number of resources."""

from collections.abc import Mapping

from apim_infra.findings import Finding, Severity
from apim_infra.rehearsal import urn as urns
from apim_infra.rehearsal.state import ResourceState

FIXES = {
    "pulumi:pulumi:StackReference": "a rehearsal knows one stack only: take the value from the configuration",
}
"""What to change, where it is something else than adding a row."""

FIX = "add a row for the type (docs/twins.md), or rehearse the program without it"
MOST_NAMES = 5


def unknown_type_findings(unknown: Mapping[str, list[str]], recorded: Mapping[str, ResourceState]) -> list[Finding]:
    """Return a finding for each type in `unknown` (type to URNs); a provider is told only when nothing of its package is."""
    packages = {urns.package_of(type_) for type_ in unknown if not urns.is_provider(type_)}
    return [
        _finding(type_, sorted(affected), recorded)
        for type_, affected in unknown.items()
        if not (urns.is_provider(type_) and urns.package_of(type_) in packages)
    ]


def _finding(type_: str, affected: list[str], recorded: Mapping[str, ResourceState]) -> Finding:
    names = sorted(urns.name_of(urn) for urn in affected)
    shown = ", ".join(names[:MOST_NAMES]) + (", ..." if len(names) > MOST_NAMES else "")
    count = f"{len(names)} resource{'s' if len(names) > 1 else ''}"
    return Finding(
        Severity.ERROR,
        "unknown-type",
        f"no twin knows the type {type_}: {count} not rehearsed ({shown})",
        urn=affected[0],
        source=recorded[affected[0]].source,
        fix=FIXES.get(type_, FIX),
    )
