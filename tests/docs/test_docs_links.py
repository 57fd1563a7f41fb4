"""What the documentation names is there: files, make targets, commands with their options."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

from apim_infra.cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "bootstrap/README.md")),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("examples/**/README.md"),
    ]
)
ROOMS = (
    "apim_infra",
    "benchmarks",
    "bootstrap",
    "charts",
    "components",
    "docs",
    "examples",
    "policies",
    "schemas",
    "tests",
    "tools",
    ".ci",
)
"""Folders at the top of the repository: a name in backticks that begins with one of them is a path."""

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FILE_NAME = re.compile(r"[\w.-]+\.(py|ya?ml|toml|lock|md)")
SHELL = {"", "sh", "console", "bash"}


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@cache
def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def inline(page: Path) -> list[str]:
    """Return what stands in backticks, fenced blocks apart."""
    return INLINE.findall(FENCE.sub("", text_of(page)))


def shell_lines(page: Path) -> Iterator[str]:
    """Yield every command line: of fenced blocks, and in backticks."""
    for language, block in FENCE.findall(text_of(page)):
        if language in SHELL:
            yield from (line.removeprefix("$ ") for line in block.splitlines())
    yield from inline(page)


@cache
def file_names() -> set[str]:
    names = {path.name for room in ROOMS for path in (ROOT / room).rglob("*") if path.is_file()}
    return names | {path.name for path in ROOT.iterdir()}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    targets = [target.partition("#")[0] for target in LINK.findall(FENCE.sub("", text_of(page)))]
    assert [t for t in targets if t and "://" not in t and not (page.parent / t).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_paths_exist(page: Path) -> None:
    paths = [name.partition("::")[0] for name in inline(page) if re.fullmatch(r"[\w.:/-]+", name)]
    rooted = [path for path in paths if path.split("/")[0] in ROOMS and "/" in path]
    assert [path for path in rooted if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_file_names_are_those_of_files(page: Path) -> None:
    assert [name for name in inline(page) if FILE_NAME.fullmatch(name) and name not in file_names()] == []


def make_targets() -> dict[str, list[str]]:
    """Return each make target that the pages name, with the pages."""
    named: dict[str, list[str]] = {}
    for page in PAGES:
        for line in shell_lines(page):
            if found := re.match(r"make ([a-z][a-z-]*)", line):
                named.setdefault(found[1], []).append(name_of(page))
    return named


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    named = make_targets()
    assert {"rehearse", "test"} <= named.keys()
    assert {target: pages for target, pages in named.items() if target not in targets} == {}


def apim_lines() -> list[tuple[str, str]]:
    """Return page and command line of every `apim` command."""
    lines = [(name_of(page), line) for page in PAGES for line in shell_lines(page)]
    return sorted({(page, line) for page, line in lines if re.match(r"(\.venv/bin/)?apim( |$)", line)})


def problem(line: str) -> str:
    """Return why a command line is no command of ours, empty when it is one. A command that is only named needs no arguments."""
    command: Any = typer.main.get_command(app)
    words = shlex.split(line, comments=True)[1:]
    while words and hasattr(command, "commands"):
        if words[0] not in command.commands:
            return f"no such command: {words[0]}"
        command = command.commands[words.pop(0)]
    if words:
        try:
            command.make_context(command.name, words)
        except Exception as error:  # noqa: BLE001 - whatever the parser raises is the answer
            return f"{type(error).__name__}: {error}"
    return ""


@pytest.mark.parametrize(("page", "line"), apim_lines())
def test_commands_parse(page: str, line: str) -> None:
    assert problem(line) == ""


def test_commands_are_found_and_wrong_ones_noticed() -> None:
    assert len(apim_lines()) > 8
    assert problem("apim rehearse dev --seed 3 # twice the same") == ""
    assert problem("apim rehears dev") == "no such command: rehears"
    assert "--sed" in problem("apim rehearse dev --sed 3")
    assert "region" in problem("apim recovery rebuild prd")


MERMAID_NODE = r'(?!(?:graph|flowchart|subgraph|end|style|class|classDef|linkStyle|click)\b)\w+(?:\["[^"]+"\])?'
MERMAID_ARROW = r"\s+(?:-->|-\.->|==>|-- [\w ]+ -->)\s+"
MERMAID_LINE = re.compile(rf"{MERMAID_NODE}(?:{MERMAID_ARROW}{MERMAID_NODE})*")


def wrong_in_drawing(drawing: str) -> list[str]:
    """Return the lines of a flowchart that are no chain of nodes and arrows, and what is opened and not closed."""
    head, *lines = [line.strip() for line in drawing.splitlines() if line.strip()]
    wrong = [] if re.fullmatch(r"flowchart (LR|RL|TB|TD|BT)", head) else [head]
    opened = 0
    for line in lines:
        if re.fullmatch(rf"subgraph {MERMAID_NODE}", line):
            opened += 1
        elif line == "end":
            opened -= 1
        elif not MERMAID_LINE.fullmatch(line):
            wrong.append(line)
    return wrong + ["subgraph and end do not match"] * (opened != 0)


def test_the_drawing_can_be_drawn() -> None:
    drawings = [
        block for language, block in FENCE.findall(text_of(ROOT / "docs/architecture.md")) if language == "mermaid"
    ]
    assert drawings
    assert [line for drawing in drawings for line in wrong_in_drawing(drawing)] == []
    assert wrong_in_drawing('flowchart LR\n  a --> graph["keyword"]\n  subgraph b\n  a -> b\n') == [
        'a --> graph["keyword"]',
        "a -> b",
        "subgraph and end do not match",
    ]
