"""Every setting has an effect, and exactly the one that the table names."""

from collections.abc import Iterator
from typing import Any, get_args, get_origin

import pytest
from program_support import ROOT
from settings_effects import EFFECTS, Batch, batches, effects_of, table

from apim_infra.settings.base import Settings
from apim_infra.settings.stack import StackSettings

ROWS = table()["rows"]
ELSEWHERE: dict[str, str] = table()["elsewhere"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: " ".join(row["set"]))
def test_every_row_has_an_effect(row: dict[str, Any]) -> None:
    assert set(row) & set(EFFECTS), "a setting without an effect is no setting"


@pytest.mark.slow
@pytest.mark.parametrize("batch", batches(ROWS), ids=str)
def test_settings_change_exactly_what_they_should(batch: Batch) -> None:
    wanted = [text for row in batch.rows for text in row["set"]]
    assert effects_of(batch.stack, *wanted, given=batch.given) == batch.expected()


def leaves(model: type[Settings], path: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        here = f"{path}.{name}" if path else name
        inner = list(_models(field.annotation))
        for group in inner:
            yield from leaves(group, here)
        if not inner:
            yield here


def _models(annotation: Any) -> Iterator[type[Settings]]:
    if isinstance(annotation, type) and get_origin(annotation) is None and issubclass(annotation, Settings):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def test_every_setting_is_in_the_table_or_says_where_it_is_tested() -> None:
    tested = {text.partition("=")[0].split("[")[0] for row in ROWS for text in row["set"]}
    missing = [
        path
        for path in dict.fromkeys(leaves(StackSettings))
        if not any(path == known or path.startswith(f"{known}.") for known in (*tested, *ELSEWHERE))
    ]
    assert missing == []


@pytest.mark.parametrize("path", ELSEWHERE)
def test_what_is_tested_elsewhere_is_a_setting_that_the_test_names(path: str) -> None:
    assert any(leaf == path or leaf.startswith(f"{path}.") for leaf in leaves(StackSettings))
    text = (ROOT / ELSEWHERE[path]).read_text(encoding="utf-8")
    assert path.rpartition(".")[2] in text
