"""What each setting changes: the table `settings_effects.yaml`, and how it is made from recordings.

`python tests/program/settings_effects.py` prints the table anew, to be reviewed before it replaces the one that is there.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from program_support import record_stack

from apim_infra.rehearsal.graph import Graph

TABLE = Path(__file__).with_name("settings_effects.yaml")
Effects = dict[str, dict[str, Any]]
"""`adds` and `removes`: type to number; `updates`: type to the inputs that differ."""
EFFECTS = ("adds", "removes", "updates")
MOST_ROWS = 5
"""Rows of a batch: what a failure names must still be read."""


def table() -> dict[str, Any]:
    """Return the table."""
    return yaml.safe_load(TABLE.read_text(encoding="utf-8"))


@cache
def base(stack: str, *given: str) -> Graph:
    """Return the recording of a stack with what every side has."""
    return record_stack(stack, *given).graph


def effects_of(stack: str, *overrides: str, given: Sequence[str] = ()) -> Effects:
    """Return what settings laid over a stack change in its graph, where both have `given`; inputs of components are left out."""
    recording = record_stack(stack, *given, *overrides)
    assert recording.errors == [], recording.errors
    old, new = ({r.urn: r for r in graph.resources} for graph in (base(stack, *given), recording.graph))
    updates: dict[str, set[str]] = {}
    for urn in old.keys() & new.keys():
        before, after = old[urn].inputs, new[urn].inputs
        if old[urn].custom and before != after:
            differing = {key for key in {*before, *after} if before.get(key) != after.get(key)}
            updates.setdefault(old[urn].type, set()).update(differing)
        if old[urn].protect != new[urn].protect:
            updates.setdefault(old[urn].type, set()).add("(protect)")
    found: Effects = {
        "adds": dict(Counter(new[urn].type for urn in new.keys() - old.keys())),
        "removes": dict(Counter(old[urn].type for urn in old.keys() - new.keys())),
        "updates": {kind: sorted(keys) for kind, keys in sorted(updates.items())},
    }
    return {name: dict(sorted(effect.items())) for name, effect in found.items() if effect}


@dataclass
class Batch:
    """Rows that are recorded together: no type of resource is touched by two of them, so each effect is still told by its row alone."""

    stack: str
    given: tuple[str, ...]
    rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def __str__(self) -> str:
        return " + ".join(text for row in self.rows for text in row["set"])

    def takes(self, row: Mapping[str, Any]) -> bool:
        """Tell whether a row fits: the same stack, other types, and settings of other groups."""
        same = (self.stack, self.given) == (row["on"], tuple(row.get("with", ())))
        others = [_types(mine) & _types(row) or _groups(mine) & _groups(row) for mine in self.rows]
        return same and len(self.rows) < MOST_ROWS and not any(others)

    def expected(self) -> Effects:
        """Return what all rows change together."""
        together: Effects = {}
        for row in self.rows:
            for name in EFFECTS:
                if name in row:
                    together.setdefault(name, {}).update(row[name])
        return {name: dict(sorted(together[name].items())) for name in EFFECTS if name in together}


def batches(rows: Iterable[dict[str, Any]]) -> list[Batch]:
    """Return every row in a batch, as few of them as come about by taking the first that fits."""
    found: list[Batch] = []
    for row in rows:
        batch = next((batch for batch in found if batch.takes(row)), None)
        if batch is None:
            batch = Batch(row["on"], tuple(row.get("with", ())))
            found.append(batch)
        batch.rows.append(row)
    return found


def _types(row: Mapping[str, Any]) -> set[str]:
    return {kind for name in EFFECTS for kind in row.get(name, ())}


def _groups(row: Mapping[str, Any]) -> set[tuple[str, ...]]:
    return {tuple(text.partition("=")[0].split(".")[:2]) for text in row["set"]}


def main() -> None:
    """Print the table with the effects as they are now."""
    known = table()
    for row in known["rows"]:
        for name in EFFECTS:
            row.pop(name, None)
        row.update(effects_of(row["on"], *row["set"], given=row.get("with", ())))
    yaml.safe_dump(known, sys.stdout, sort_keys=False, width=160, default_flow_style=None)


if __name__ == "__main__":
    main()
