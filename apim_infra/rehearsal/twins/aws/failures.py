"""How creation fails when a rehearsal is told that it shall (`--fail`)."""

from functools import lru_cache
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws.table import ResourceType
from apim_infra.rehearsal.twins.cloud.values import data_file


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return data_file("apim_infra.rehearsal.twins.aws", "failures.yaml")


def failure_of(type_: str, row: ResourceType | None) -> Problem:
    """Return the row's own typical failure, or the one of its service."""
    if row is not None and row.failure is not None:
        return row.failure
    table = _table()
    service = type_.split(":")[1].split("/", maxsplit=1)[0]
    found = table["services"].get(service, table["other"])
    return Problem(
        code=found["code"],
        message=found["message"],
        hint="a failure that was asked for: run again, what exists already is kept",
        source=f"{table['source']}, {table['date']}",
    )
