"""Every wrong request of `azure_cases` is refused with Azure's own code, and the same request put right is accepted."""

import re

import pytest
from azure_cases import all_cases
from azure_cases.case import Case, answers, set_right

CASES = all_cases()


def identified(case: Case) -> str:
    """Name a test by what it shows."""
    return re.sub(r"[^a-zA-Z0-9]+", "-", f"{case.service} {case.wrong}")


def test_every_kind_of_wrong_request_is_told_once() -> None:
    told = [(case.service, case.wrong) for case in CASES]
    assert len(told) == len(set(told))


@pytest.mark.parametrize("case", CASES, ids=identified)
def test_the_twin_answers_with_the_code_of_azure(case: Case) -> None:
    problems = answers(case)
    assert case.code in [problem.code for problem in problems], problems
    found = next(problem for problem in problems if problem.code == case.code)
    assert found.warning is case.warning
    assert found.message
    assert found.source
    if case.path:
        assert case.path in [problem.path for problem in problems if problem.code == case.code]


@pytest.mark.parametrize("case", CASES, ids=identified)
def test_the_request_put_right_is_accepted(case: Case) -> None:
    assert case.right or case.holders or case.operation == "delete"
    assert case.code not in [warning.code for warning in set_right(case)]
