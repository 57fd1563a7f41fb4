"""Names of roles whose resources have long names."""

from hypothesis import given
from hypothesis import strategies as st

from components.aws.names import LONGEST_ROLE_NAME, SUFFIX, role_name

names = st.from_regex(r"[a-z][a-z0-9-]{0,120}", fullmatch=True)


@given(names)
def test_a_name_is_given_only_where_the_provider_cannot_make_one(name: str) -> None:
    given_name = role_name(name)
    assert (given_name is None) == (len(name) + len(SUFFIX) <= LONGEST_ROLE_NAME)
    if given_name is not None:
        assert len(given_name) <= LONGEST_ROLE_NAME
        assert given_name[:40].rstrip("-").startswith(name[:40].rstrip("-"))


@given(names, names)
def test_different_resources_have_different_names(one: str, other: str) -> None:
    given_names = role_name(one), role_name(other)
    if None not in given_names:
        assert (given_names[0] == given_names[1]) == (one == other)


def test_a_long_name_keeps_its_beginning() -> None:
    name = "apim-a-stack-with-a-long-name-private-cassandra-eu-west-1a-1-role"
    short = role_name(name)
    assert short is not None
    assert short.startswith("apim-a-stack-with-a-long-name-private-cassandra-eu-west-")
