"""All rows of the table and all data sources: the `ROWS` and `ANSWERS` of every module of this package."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from apim_infra.rehearsal.twins import aws
from apim_infra.rehearsal.twins.aws.inquiries import Answer
from apim_infra.rehearsal.twins.aws.table import ResourceType


def _modules() -> Iterator[ModuleType]:
    return (import_module(f"{aws.__name__}.{found.name}") for found in iter_modules(aws.__path__))


@lru_cache(maxsize=1)
def all_rows() -> Mapping[str, ResourceType]:
    """Return every row by its type token. Raises ValueError when two modules have a row of one type."""
    rows: dict[str, ResourceType] = {}
    for module in _modules():
        for row in getattr(module, "ROWS", ()):
            if row.token in rows:
                message = f"two rows for {row.token}, the second in {module.__name__}"
                raise ValueError(message)
            rows[row.token] = row
    return rows


@lru_cache(maxsize=1)
def all_answers() -> Mapping[str, Answer]:
    """Return the answer to every data source by its token (`aws:index/getRegion:getRegion`)."""
    answers: dict[str, Answer] = {}
    for module in _modules():
        answers.update(getattr(module, "ANSWERS", {}))
    return answers
