"""How `apim diff` shows what changes: for a terminal, and as Markdown for a pull request."""

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from apim_infra.findings import Finding, Severity
from apim_infra.rehearsal.comparison import Comparison, PathChange, ResourceChange
from apim_infra.rehearsal.state import Operation
from apim_infra.rehearsal.values import MASK

LONGEST_VALUE = 160
"""Characters of a value that are shown; `--json` has all of them."""
MOST_PATHS = 40
"""Properties of one resource that are shown."""
LONGEST_MARKDOWN = 60_000
"""Characters: a comment may have 65,536 (GitHub REST API, issue comments, 2026)."""

_SIGNS = {Operation.CREATE: "+", Operation.UPDATE: "~", Operation.REPLACE: "±", Operation.DELETE: "-"}
_STYLES = {Operation.CREATE: "green", Operation.UPDATE: "yellow", Operation.REPLACE: "magenta", Operation.DELETE: "red"}
_WORDS = {
    Operation.CREATE: "added",
    Operation.UPDATE: "changed",
    Operation.REPLACE: "replaced",
    Operation.DELETE: "removed",
}


def print_comparison(found: Comparison, base: str, *, new: bool) -> None:
    """Print the changes by component, then a line that counts them."""
    from rich.console import Console  # only needed here: keeps the start of other commands fast
    from rich.text import Text

    console = Console(soft_wrap=True, highlight=False)
    for (component, type_), changes in _grouped(found):
        console.print(Text(f"\n{component or 'directly in the stack'}", style="bold").append(f"  {type_}", style="dim"))
        for change in changes:
            line = Text(f"  {_SIGNS[change.operation]} ", style=_STYLES[change.operation])
            console.print(line.append(f"{change.type}  {change.name}{_because(change)}"))
            for path in _shown(change.paths):
                console.print(Text(f"      {path}", style="dim"))
    for path in found.exports:
        console.print(f"\noutput {_path_line(path)}")
    for finding in _problems(found):
        console.print(Text(f"\n{finding.severity}: {finding.rule}: {finding.message}", style="bold red"))
    console.print(f"\n{_headline(found, base, new=new)}")


def markdown_of(found: Comparison, base: str, *, new: bool) -> str:
    """Return the changes as Markdown: what happens to whom in a table, the properties folded below it."""
    parts = [f"### Platform `{found.stack}`", "", _headline(found, base, new=new)]
    for finding in _problems(found):
        parts += ["", f"> **{finding.severity}** `{finding.rule}`: {finding.message}"]
    if found.changes:
        parts += ["", "| component | change | resource | why |", "|---|---|---|---|"]
        parts += [
            f"| {change.component or '(stack)'} | {_WORDS[change.operation]} | `{change.type}` {change.name} "
            f"| {', '.join(f'`{path}`' for path in change.replaced_by)} |"
            for change in found.changes
        ]
    detailed = [change for change in found.changes if change.paths]
    if detailed:
        parts += ["", "<details><summary>Properties</summary>", "", "```diff"]
        for change in detailed:
            parts.append(f"@@ {change.name} @@")
            for path in change.paths[:MOST_PATHS]:
                parts += [f"- {path.path}: {_value(path.before)}", f"+ {path.path}: {_value(path.after)}"]
        parts += ["```", "", "</details>"]
    for path in found.exports:
        parts += ["", f"Output {_path_line(path)}"]
    return _bounded(parts)


def _bounded(parts: list[str]) -> str:
    text = "\n".join(parts)
    if len(text) <= LONGEST_MARKDOWN:
        return text
    kept = text[:LONGEST_MARKDOWN].rpartition("\n")[0]
    closed = kept + ("\n```\n\n</details>" if kept.count("```") % 2 else "")
    return f"{closed}\n\nThere is more than a comment can hold: `apim diff` shows all of it."


def _grouped(found: Comparison) -> Iterator[tuple[tuple[str, str], list[ResourceChange]]]:
    for key, changes in groupby(found.changes, key=lambda change: (change.component, change.component_type)):
        yield key, list(changes)


def _because(change: ResourceChange) -> str:
    return f"  (cannot be changed in place: {', '.join(change.replaced_by)})" if change.replaced_by else ""


def _shown(paths: tuple[PathChange, ...]) -> Iterator[str]:
    yield from (_path_line(path) for path in paths[:MOST_PATHS])
    if len(paths) > MOST_PATHS:
        yield f"and {len(paths) - MOST_PATHS} more"


def _path_line(path: PathChange) -> str:
    return f"{path.path}: {_value(path.before)} -> {_value(path.after)}"


def _value(value: Any) -> str:
    if value is None:
        return "(nothing)"
    if value == MASK:
        return "[secret]"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = text.replace("\n", "\\n")
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 3]}..."


def _problems(found: Comparison) -> list[Finding]:
    return [finding for finding in found.after if finding.severity is Severity.ERROR]


def _headline(found: Comparison, base: str, *, new: bool) -> str:
    counts = found.counts()
    if not found.changes:
        return f"Nothing changes in {found.stack} against {base}: {found.unchanged} resources stay as they are."
    told = ", ".join(f"{counts[str(kind)]} {word}" for kind, word in _WORDS.items() if counts[str(kind)])
    first = f"The stack is not in {base}, so that all of it is new: " if new else ""
    return f"{first}{told}, {found.unchanged} stay as they are ({found.stack} against {base})."
