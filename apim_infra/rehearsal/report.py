"""What a rehearsal has to say."""

from collections import Counter
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, cast

import yaml

from apim_infra.findings import Finding, has_errors
from apim_infra.rehearsal import urn as urns
from apim_infra.rehearsal.graph import Graph


@dataclass(frozen=True, slots=True)
class ComponentSummary:
    """One component directly below the stack, with everything inside it."""

    name: str
    type: str
    resources: int
    """Resources that a provider keeps, at any depth."""


@dataclass(slots=True)
class Rehearsal:
    """The outcome of one rehearsal."""

    stack: str
    graph: Graph
    """What the program registered; with the findings of every phase."""
    steps: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    """Phase (`deploy`, `repeat`, `destroy`) to operation to how often."""
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    """Phase to seconds of wall-clock time."""
    not_verified: list[str] = field(default_factory=list[str])
    """What the twins could not check, with the number of resources."""
    protected: list[str] = field(default_factory=list[str])
    """URNs that `protect` keeps from being destroyed; destroy needs them unprotected first."""
    unprotected: list[str] = field(default_factory=list[str])
    """URNs whose protection in the cloud had to be switched off before they could be deleted."""
    retained: list[str] = field(default_factory=list[str])
    """URNs that `retainOnDelete` keeps when the stack is destroyed."""
    failed: list[str] = field(default_factory=list[str])
    """URNs whose creation failed as `--fail` asked."""
    skipped: list[str] = field(default_factory=list[str])
    """URNs that were skipped, as what they need was refused."""
    output: list[str] = field(default_factory=list[str])
    """Lines that the program printed or logged; secrets taken out."""

    @property
    def findings(self) -> list[Finding]:
        """Everything found in any phase."""
        return self.graph.findings

    @property
    def exit(self) -> int:
        """Exit code: 0 clean, 1 with a finding of severity error."""
        return 1 if has_errors(self.findings) else 0

    @property
    def components(self) -> list[ComponentSummary]:
        """The components below the stack, and what stands there without one, by name."""
        return components_of(self.graph)

    @property
    def packages(self) -> dict[str, int]:
        """How many resources each package keeps, providers left out."""
        counts = Counter(
            urns.package_of(resource.type) for resource in self.graph.custom() if not urns.is_provider(resource.type)
        )
        return dict(sorted(counts.items()))

    def to_json(self) -> dict[str, Any]:
        """Return the report as `--json` prints it."""
        return {
            "stack": self.stack,
            "exit": self.exit,
            "resources": len(self.graph.resources),
            "components": [
                {"name": component.name, "type": component.type, "resources": component.resources}
                for component in self.components
            ],
            "packages": self.packages,
            "findings": [finding.to_json() for finding in self.findings],
            "steps": self.steps,
            "seconds": {phase: round(seconds, 3) for phase, seconds in self.seconds.items()},
            "failed": self.failed,
            "skipped": self.skipped,
            "protected": self.protected,
            "unprotected": self.unprotected,
            "retained": self.retained,
            "not_verified": self.not_verified,
            "cannot_know": cannot_know(),
        }


def cannot_know() -> list[str]:
    """Return what no rehearsal can know."""
    text = resources.files("apim_infra.rehearsal").joinpath("cannot_know.yaml").read_text(encoding="utf-8")
    return cast(list[str], yaml.safe_load(text))


def components_of(graph: Graph) -> list[ComponentSummary]:
    """Count what is inside each component that stands directly below the stack."""
    parents = {resource.urn: resource.parent for resource in graph.resources}
    known = {resource.urn: resource for resource in graph.resources}
    inside: Counter[str] = Counter()
    for resource in graph.custom():
        if not urns.is_provider(resource.type):
            inside[_top(resource.urn, parents)] += 1
    tops = [
        resource
        for resource in graph.resources
        if not resource.custom and resource.parent in known and known[resource.parent].type == urns.ROOT_STACK_TYPE
    ]
    found = [ComponentSummary(top.name, top.type, inside[top.urn]) for top in tops]
    loose = sum(count for urn, count in inside.items() if known[urn].custom)
    if loose:
        found.append(ComponentSummary("", "", loose))
    return sorted(found, key=lambda component: (not component.name, component.name, component.type))


def _top(urn: str, parents: dict[str, str]) -> str:
    while parents.get(urn) and urns.type_of(parents[urn]) != urns.ROOT_STACK_TYPE:
        urn = parents[urn]
    return urn


def not_verified_summary(by_urn: dict[str, tuple[str, ...]]) -> list[str]:
    """Sum up what twins could not check: each thing once, with the number of resources."""
    counts = Counter(what for whats in by_urn.values() for what in dict.fromkeys(whats))
    return [f"{what} ({count} resource{'s' if count > 1 else ''})" for what, count in sorted(counts.items())]
