"""Problems that refuse a request, and those that only warn."""

from collections.abc import Iterable

from apim_infra.rehearsal.provider import Problem, RejectedError


def refuse(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the warnings among problems. Raises RejectedError with all that are more."""
    found = tuple(problems)
    if any(not problem.warning for problem in found):
        raise RejectedError([problem for problem in found if not problem.warning])
    return found
