"""What every settings model has in common."""

from collections.abc import Iterable
from typing import Annotated, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError


class BrokenRule(NamedTuple):
    """A rule between the fields of one group that does not hold."""

    field: str
    """Field that is blamed, as a path inside the group."""
    rule: str
    """The rule, readable after the path: `must not be above max (2)`."""
    fix: str
    """What to change."""


class Settings(BaseModel):
    """A strict, immutable group of settings: unknown keys are refused and every field carries its own documentation."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, validate_default=True)

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Return the rules between this group's fields that do not hold; called once every field is valid by itself."""
        return ()

    @model_validator(mode="after")
    def _refuse_broken_rules(self) -> Self:
        broken = tuple(self.broken_rules())
        if broken:
            summary = "; ".join(f"{rule.field} {rule.rule}" for rule in broken)
            raise PydanticCustomError("broken_rules", "{summary}", {"summary": summary, "broken": broken})
        return self


def refusal(rule: str, fix: str) -> PydanticCustomError:
    """Make the error that a check of a single value raises: the rule it breaks and what to change."""
    return PydanticCustomError("refused", "{rule}", {"rule": rule, "fix": fix})


def _whole_number_to_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(_whole_number_to_text), Field(json_schema_extra={"type": ["string", "integer"]})]
"""Text that may look like a whole number: `pulumi config set --path` writes 17 where "17" is meant.

A fraction stays refused: 1.30 would lose its zero."""
