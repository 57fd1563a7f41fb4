import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_infra.settings.path import parse, render

KEYS = st.text('aZ09_-.[]"\\ =/é', min_size=1, max_size=8)
PATHS = st.builds(lambda first, rest: (first, *rest), KEYS, st.lists(KEYS | st.integers(0, 99), max_size=5))


@given(PATHS)
def test_a_rendered_path_reads_back(path: tuple[str | int, ...]) -> None:
    assert parse(render(path)) == path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("cloud", ("cloud",)),
        ("cluster.pools.user.min", ("cluster", "pools", "user", "min")),
        ("gateway_groups[0].name", ("gateway_groups", 0, "name")),
        ('tags["cost.centre"]', ("tags", "cost.centre")),
        ('["a.b"].c', ("a.b", "c")),
    ],
)
def test_paths_are_spelt_as_pulumi_spells_them(text: str, path: tuple[str | int, ...]) -> None:
    assert parse(text) == path


@pytest.mark.parametrize("text", ["", ".", "a..b", "[0]", "a[x]", "a b", 'a["b'])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a setting path"):
        parse(text)
