"""Property paths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_infra.rehearsal import paths


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("size", ("size",)),
        ("a.b[0].c", ("a", "b", 0, "c")),
        ('tags["a.b"].c', ("tags", "a.b", "c")),
        ("rules[*].port", ("rules", "*", "port")),
        ("*", ("*",)),
        ("a[", ("a[",)),
    ],
)
def test_parse(text: str, expected: paths.Path) -> None:
    assert paths.parse(text) == expected


@pytest.mark.parametrize(
    ("selector", "path", "expected"),
    [
        ("a", "a.b", True),
        ("a.b", "a", True),
        ("a[*].b", "a[3].b", True),
        ("*", "anything", True),
        ("a.c", "a.b", False),
        ("ab", "a", False),
    ],
)
def test_covers(selector: str, path: str, expected: bool) -> None:
    assert paths.covers(selector, path) is expected


def test_ignored_changes_keep_the_old_value() -> None:
    old = {"size": 1, "tags": {"a": "old", "b": "old"}, "rules": [{"port": 1, "n": 1}, {"port": 2, "n": 2}]}
    new = {"size": 2, "tags": {"a": "new", "c": "new"}, "rules": [{"port": 9, "n": 9}, {"port": 8, "n": 8}], "more": 1}
    kept = paths.keep_old(new, old, ["size", "tags.a", "rules[*].port", "more"])
    assert kept == {
        "size": 1,
        "tags": {"a": "old", "c": "new"},
        "rules": [{"port": 1, "n": 9}, {"port": 2, "n": 8}],
    }
    assert paths.keep_old(new, old, ["*"]) == old
    assert paths.keep_old(new, old, ["tags.b", "rules[0].n", "rules[7]", "size.deeper"])["tags"]["b"] == "old"


def test_changed_paths() -> None:
    old = {"a": {"b": [1, 2]}, "c": 1, "l": [1]}
    new = {"a": {"b": [1, 3]}, "d": 1, "l": [1, 2]}
    assert paths.changed(old, new) == ["a.b[1]", "c", "d", "l"]


JSON = st.recursive(
    st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_nothing_differs_from_itself(value: object) -> None:
    assert paths.changed(value, value) == []


@given(st.dictionaries(st.sampled_from("abc"), JSON), st.dictionaries(st.sampled_from("abc"), JSON))
def test_different_values_have_a_changed_path(old: dict[str, object], new: dict[str, object]) -> None:
    assert bool(paths.changed(old, new)) == (old != new)
    assert paths.keep_old(new, old, ["*"]) == old
