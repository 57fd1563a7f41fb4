"""How creation fails when a rehearsal is told that it shall (`--fail`)."""

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure.table import PACKAGE, all_types
from apim_infra.rehearsal.twins.cloud.values import data_file


def failure_of(type_: str) -> Problem:
    """Return the typical failure of a type's namespace."""
    table = data_file(PACKAGE, "failures.yaml")
    row = all_types().get(type_)
    found = table["namespaces"].get(row.namespace if row else "", table["other"])
    return Problem(
        code=found["code"],
        message=found["message"],
        hint="a failure that was asked for: run again, what exists already is kept",
        source=f"{table['source']}, {table['date']}",
    )
