"""What is wrong with the settings of a stack: one shape for every refusal, reported all at once."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

MASK = "[secret]"
"""Stands for every secret in messages, tables and reports."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One setting that cannot be used as it is."""

    path: str
    """Setting path without the namespace (`network.cidr`), or the file or option that is wrong."""
    value: str | int | float | bool | None
    """The offending value, already masked when it is or may be a secret; None when nothing was given."""
    rule: str
    """The rule that the value breaks, readable after the path: `must be at least 2`."""
    fix: str
    """What to change."""

    def __str__(self) -> str:
        """Return the violation as one line."""
        value = "" if self.value is None else f" = {self.value}"
        return f"{self.path}{value}: {self.rule}; {self.fix}"

    def to_json(self) -> dict[str, str | int | float | bool | None]:
        """Return the violation as `--json` output carries it."""
        return asdict(self)


class SettingsError(Exception):
    """The settings of a stack are refused; `violations` names every reason."""

    def __init__(self, violations: Iterable[Violation]) -> None:
        self.violations: tuple[Violation, ...] = tuple(violations)
        super().__init__("\n".join(str(violation) for violation in self.violations))
