"""One shape for every check: twin rejections, policies, proofs and recovery all report findings."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters: an error makes the command exit 1, a warning and a note do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check has to say about one resource."""

    severity: Severity
    rule: str
    """Stable name of the rule: the cloud's own error code behind its service (`aws:InvalidSubnet.Conflict`), or a kebab-case name."""
    message: str
    """What is wrong, with the property path and its value; never a secret."""
    urn: str = ""
    """Resource it is about, empty when it is about the whole platform."""
    source: str = ""
    """`file:line` of the user's code that made the resource, where known."""
    fix: str = ""
    """What to change."""

    def to_json(self) -> dict[str, str]:
        """Return the finding as the graph and every `--json` output carry it."""
        return {key: str(value) for key, value in asdict(self).items()}


def has_errors(findings: Iterable[Finding]) -> bool:
    """Tell whether any finding is an error, that is whether the command exits 1."""
    return any(finding.severity is Severity.ERROR for finding in findings)
