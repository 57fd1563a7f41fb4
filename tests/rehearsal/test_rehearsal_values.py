"""Property values on the wire, as a provider sees them, and as a graph shows them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc

from apim_infra.rehearsal import provider, values, wire
from apim_infra.rehearsal.values import OutputValue, Reference, Secret

PLAIN: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@given(st.dictionaries(st.text(), PLAIN, max_size=5))
def test_plain_values_travel_unchanged(properties: dict[str, Any]) -> None:
    assert wire.from_struct(wire.to_struct(properties)) == properties


@given(PLAIN)
def test_a_secret_travels_as_a_secret_and_is_masked(value: Any) -> None:
    back = wire.from_struct(wire.to_struct({"key": Secret(value)}))
    assert back == {"key": Secret(value)}
    assert values.masked(back) == {"key": {"secret": True}}
    assert values.plain(back) == {"key": value}


@pytest.mark.parametrize(
    "value",
    [
        Reference("urn:pulumi:a::b::c::d", "an-id", "1.0.0"),
        Reference("urn:pulumi:a::b::c::d"),
        OutputValue("x", known=True, secret=True, dependencies=("urn:pulumi:a::b::c::d",)),
        OutputValue(provider.UNKNOWN, known=False, secret=False),
    ],
)
def test_special_values_travel_unchanged(value: Any) -> None:
    assert wire.from_struct(wire.to_struct({"a": [value]})) == {"a": [value]}


def test_signatures_are_those_of_the_sdk() -> None:
    assert rpc._special_sig_key == wire.SIGNATURE
    assert rpc._special_secret_sig == wire.SECRET
    assert rpc._special_resource_sig == wire.RESOURCE
    assert rpc._special_output_value_sig == wire.OUTPUT
    assert provider.UNKNOWN == rpc.UNKNOWN


def test_a_value_that_json_does_not_know_is_refused() -> None:
    with pytest.raises(TypeError, match="a set cannot travel"):
        wire.to_struct({"a": {1, 2}})


def test_references_reach_a_provider_as_ids() -> None:
    assert values.plain(Reference("urn", "an-id")) == "an-id"
    assert values.plain(Reference("urn")) == "urn"
    assert values.plain(Reference("urn", "")) == provider.UNKNOWN


def test_output_values_are_downgraded() -> None:
    given_value = {"a": [OutputValue({"b": OutputValue("x", True, True)}, known=True, secret=False)]}
    assert values.downgraded(given_value) == {"a": [{"b": Secret("x")}]}
    assert values.downgraded(OutputValue(None, known=False, secret=True)) == Secret(provider.UNKNOWN)
    assert values.dependencies_of([OutputValue(Secret("x"), True, False, ("u",)), {"k": "v"}]) == {"u"}


def test_unknown_values_are_found_with_their_path() -> None:
    value = {"a": [{"b": provider.UNKNOWN}, "known"], "c": Secret(provider.UNKNOWN), "d": 1}
    assert values.has_unknown(value)
    assert list(values.unknown_paths(value)) == ["a[0].b", "c"]
    assert not values.has_unknown({"a": [1, "x", None]})


def test_outputs_take_the_secrets_of_inputs() -> None:
    inputs = {
        "password": Secret("p"),
        "nested": {"key": Secret("k"), "open": 1},
        "list": [Secret("l")],
        "gone": Secret(1),
    }
    outputs = {"password": "p", "nested": {"key": "k", "open": 1}, "list": ["l"], "more": 2}
    assert values.with_secrets_of(outputs, inputs) == {
        "password": Secret("p"),
        "nested": {"key": Secret("k"), "open": 1},
        "list": Secret(["l"]),
        "more": 2,
    }


def test_a_text_that_holds_a_secret_becomes_secret() -> None:
    hidden = values.with_texts_hidden({"a": ["x-topsecret-y", "fine"], "n": 1}, frozenset({"topsecret"}))
    assert values.masked(hidden) == {"a": [{"secret": True}, "fine"], "n": 1}


def test_secret_texts_are_found_at_every_depth() -> None:
    found = set(values.secret_texts({"a": Secret({"b": ["first-secret"]}), "c": "open text", "d": Secret("no")}))
    assert found == {"first-secret"}
    assert not values.worth_hiding("admin")
    assert values.worth_hiding("adm1n!")


def test_a_secret_does_not_show_itself() -> None:
    assert "topsecret" not in repr(Secret("topsecret"))
