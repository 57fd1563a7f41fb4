"""How creation fails when a rehearsal is told that it shall (`--fail`)."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws.table import ResourceType


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return yaml.safe_load(files(__package__).joinpath("failures.yaml").read_text(encoding="utf-8"))


def failure_of(type_: str, row: ResourceType | None) -> Problem:
    """Return the row's own typical failure, or the one of its service."""
    if row is not None and row.failure is not None:
        return row.failure
    table = _table()
    service = type_.split(":")[1].split("/")[0]
    found = table["services"].get(service, table["other"])
    return Problem(
        code=found["code"],
        message=found["message"],
        hint="a failure that was asked for: run again, what exists already is kept",
        source=f"{table['source']}, {table['date']}",
    )
