"""Data sources: what the provider answers to an invoke."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apim_infra.rehearsal.provider import Problem, Properties, RejectedError
from apim_infra.rehearsal.twins.cloud.world import Thing, World


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One invoke in its world."""

    token: str
    arguments: Properties
    region: str
    """Region asked about: the argument `region`, or the provider's."""
    world: World
    assume: Callable[[str, str, Properties], Thing]
    """Takes a thing of a type and id to exist, for what is brought along."""

    def refuse(self, code: str, message: str, path: str = "", hint: str = "") -> RejectedError:
        """Make the error of a refused inquiry."""
        return RejectedError([Problem(code, message, path, hint, "data sources of the AWS provider")])


Answer = Callable[[Inquiry], Mapping[str, Any]]
"""Answers one data source. Raises RejectedError."""


def answer(inquiry: Inquiry, answers: Mapping[str, Answer]) -> Properties:
    """Answer an invoke. Raises RejectedError for a data source that the twin does not know or that finds nothing."""
    known = answers.get(inquiry.token)
    if known is None:
        hint = "pass the value as a setting, or add an answer (docs/twins.md)"
        raise inquiry.refuse(
            "UnknownDataSource", f"the AWS twin does not know the data source {inquiry.token}", hint=hint
        )
    return {"region": inquiry.region, **known(inquiry)}
