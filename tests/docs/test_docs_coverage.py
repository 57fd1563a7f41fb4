"""`docs/coverage.md` has every requirement once, and what it names is there."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/coverage.md"

SERIES = {"D": 5, "K": 13, "X": 31, "T": 7, "L": 6, "W": 6, "M": 2}
"""Letter of a list of requirements to the number of its last one: design card, five source documents, one model."""

STATES = {"done", "partly", "planned", "refused today"}
BUILT = {"done", "partly"}

LINES = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if re.match(r"\| [A-Z]\d", line)
]
TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py::\w+)`", PAGE.read_text(encoding="utf-8"))))
PATHS = sorted({path for line in LINES for path in re.findall(r"`([^`]+)`", line[3])})


@cache
def functions(path: Path) -> set[str]:
    return {
        node.name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)
    }


def test_every_requirement_is_there_once() -> None:
    wanted = [f"{letter}{number}" for letter, last in SERIES.items() for number in range(1, last + 1)]
    assert Counter(line[0] for line in LINES) == Counter(wanted)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[0])
def test_a_line_says_what_its_state_promises(line: list[str]) -> None:
    assert len(line) == 5, "five cells: id, requirement, state, where, shown by"
    _, _, state, where, shown = line
    assert state in STATES
    if state == "done":
        assert "::test_" in shown, "what is done names the test that shows it"
        assert "Missing:" not in shown, "what lacks something is not done"
    elif state == "partly":
        assert where != "-"
        assert "Missing:" in shown, "what is partly done says what is missing"
    elif state == "refused today":
        assert where != "-", "what is refused names who refuses it"
    if state in BUILT:
        assert "`" in where


@pytest.mark.parametrize("test", TESTS)
def test_a_test_that_is_named_exists(test: str) -> None:
    path, _, name = test.partition("::")
    assert (ROOT / path).is_file()
    assert name in functions(ROOT / path)


@pytest.mark.parametrize("path", PATHS)
def test_a_place_that_is_named_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_tests_and_places_are_found_at_all() -> None:
    assert len(TESTS) > 40
    assert len(PATHS) > 30
