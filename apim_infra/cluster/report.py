"""What a rehearsal on the control plane has to say."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from apim_infra.findings import Finding, Severity, has_errors

FIRST_WORDS = "cluster:"
"""What the rules of these findings begin with."""

PREPARE, APPLY, SETTLE = "control plane: render", "control plane: apply", "control plane: come to rest"
MAXIMUM, REPEAT, DESTROY = "control plane: maximum", "control plane: second run", "control plane: destroy"
"""Phases of a rehearsal on the control plane."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an object comes from."""

    urn: str = ""
    """Resource of the program that brings it, empty for what the cloud brings."""
    source: str = ""
    """`file:line` of the program's code, where known."""
    what: str = ""
    """In words: `release apim`, `operator of Elasticsearch logs`."""


@dataclass(slots=True)
class ClusterReport:
    """The outcome of one rehearsal on the control plane. Filled from many threads."""

    version: str = ""
    """Version of Kubernetes that the control plane runs."""
    nodes: dict[str, int] = field(default_factory=dict[str, int])
    """Nodes of each pool that the first deployment needed, at least its minimum."""
    nodes_at_maximum: dict[str, int] = field(default_factory=dict[str, int])
    """Nodes of each pool at its maximum."""
    objects: Counter[str] = field(default_factory=Counter[str])
    """Objects that the API server admitted, by kind."""
    pods: dict[str, int] = field(default_factory=dict[str, int])
    """Pods after the first deployment, by phase."""
    pods_at_maximum: dict[str, int] = field(default_factory=dict[str, int])
    """Pods with every autoscaler at its maximum, by phase."""
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    """Phase to seconds of wall-clock time."""
    rendered: list[str] = field(default_factory=list[str])
    """Releases whose chart the real helm rendered."""
    not_rendered: list[str] = field(default_factory=list[str])
    """Releases that stand-ins took the place of, with the reason."""
    verified: Counter[str] = field(default_factory=Counter[str])
    """Custom resources that the API server checked against their definition, by kind."""
    not_verified: Counter[str] = field(default_factory=Counter[str])
    """What could not be checked, with the number of objects."""
    explained: Counter[str] = field(default_factory=Counter[str])
    """Warning events that are harmless in a rehearsal, by reason with the explanation."""
    kept: list[str] = field(default_factory=list[str])
    """What stays after a destroy as it is meant to."""
    notes: list[str] = field(default_factory=list[str])
    findings: list[Finding] = field(default_factory=list[Finding])
    redact: Callable[[str], str] = lambda text: text
    """Takes secrets out of a text."""
    _lock: Any = field(default_factory=threading.RLock, repr=False)

    def find(self, rule: str, message: str, origin: Origin, *, fix: str = "", warning: bool = False) -> None:
        """Add a finding; secrets are taken out, and what is known already is not told twice."""
        severity = Severity.WARNING if warning else Severity.ERROR
        words = f"{message} ({origin.what})" if origin.what else message
        finding = Finding(severity, FIRST_WORDS + rule, self.redact(words), origin.urn, origin.source, self.redact(fix))
        self.add(finding)

    def note(self, rule: str, message: str, *, fix: str) -> None:
        """Add a finding that is about no single resource, and makes nothing fail."""
        self.add(Finding(Severity.NOTE, FIRST_WORDS + rule, self.redact(message), fix=fix))

    def add(self, finding: Finding) -> None:
        """Add a finding of another check."""
        with self._lock:
            if finding not in self.findings:
                self.findings.append(finding)

    def count(self, counter: Counter[str], what: str, number: int = 1) -> None:
        """Count something under the report's lock."""
        with self._lock:
            counter[what] += number

    @property
    def failed(self) -> bool:
        """Whether there is a finding of severity error."""
        return has_errors(self.findings)

    def sorted_findings(self) -> list[Finding]:
        """Return the findings in an order that does not depend on which thread was faster."""
        return sorted(self.findings, key=lambda each: (each.urn, each.rule, each.message))

    def to_json(self) -> dict[str, Any]:
        """Return the report as `--json` prints it, below `cluster`; its findings stand with all others."""
        return {
            "version": self.version,
            "nodes": self.nodes,
            "nodes_at_maximum": self.nodes_at_maximum,
            "objects": dict(sorted(self.objects.items())),
            "pods": self.pods,
            "pods_at_maximum": self.pods_at_maximum,
            "seconds": {phase: round(seconds, 3) for phase, seconds in self.seconds.items()},
            "rendered": sorted(self.rendered),
            "not_rendered": sorted(self.not_rendered),
            "custom_resources_verified": dict(sorted(self.verified.items())),
            "not_verified": dict(sorted(self.not_verified.items())),
            "explained_warnings": dict(sorted(self.explained.items())),
            "kept": sorted(self.kept),
            "notes": self.notes,
        }
