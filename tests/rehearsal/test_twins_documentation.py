"""`docs/twins.md` says what the code does."""

import pytest
from aws_cases import all_cases
from kubernetes_cases import CASES as KUBERNETES_CASES
from twins_documentation import PAGE, written


def test_the_page_is_as_the_code() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert written(page) == page, "run PYTHONPATH=tests/rehearsal python -m twins_documentation"


def test_a_page_without_the_places_is_refused() -> None:
    with pytest.raises(ValueError, match="no place for"):
        written("# Twins")


def test_there_are_enough_kinds_of_wrong_request() -> None:
    assert len(all_cases()) + len(KUBERNETES_CASES) >= 120
