"""The random twin: deterministic values in the provider's forms, its own checks, secrets marked, replaced on any change."""

import re
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apim_infra.rehearsal.provider import UNKNOWN, Instance, RejectedError, Request
from apim_infra.rehearsal.twins.random import RandomTwin

PROVIDER = Instance("urn:provider", "1", {})
PASSWORD = "random:index/randomPassword:RandomPassword"


def token(name):
    return f"random:index/{name[0].lower()}{name[1:]}:{name}"


def request(type_, inputs, **more):
    return Request(
        urn=f"urn::{type_}::{more.pop('name', 'r')}", type=type_, name="r", inputs=inputs, provider=PROVIDER, **more
    )


def make(type_, inputs, seed=0, **more):
    twin = RandomTwin(seed)
    checked = twin.check(request(type_, inputs, **more))
    assert checked.problems == ()
    return twin.create(request(type_, checked.inputs, **more))


WRONG = [
    ("RandomPassword", {}, "missing required property 'length'"),
    ("RandomPassword", {"length": 0}, "at least 1"),
    ("RandomPassword", {"length": "long"}, "must be of type int"),
    ("RandomPassword", {"length": 4, "minLower": 3, "minUpper": 2}, "must be >= the sum"),
    ("RandomPassword", {"length": 4, "minSpecial": -1}, "at least 0"),
    (
        "RandomString",
        {"length": 8, "lower": False, "upper": False, "numeric": False, "special": False},
        "at least one of",
    ),
    ("RandomString", {"length": 8, "lenght": 8}, "unknown property 'lenght'"),
    ("RandomId", {"byteLength": 0}, "at least 1"),
    ("RandomPet", {"length": 0}, "at least 1"),
    ("RandomInteger", {"min": 5, "max": 1}, "smaller than or equal"),
    ("RandomInteger", {"min": 5}, "missing required property 'max'"),
    ("RandomShuffle", {}, "missing required property 'inputs'"),
    ("RandomUuid", {"keepers": "x"}, "must be of type dict"),
]


@pytest.mark.parametrize(("name", "inputs", "words"), WRONG)
def test_wrong_requests_are_refused(name, inputs, words):
    problems = RandomTwin().check(request(token(name), inputs)).problems
    assert any(words in problem.message for problem in problems), problems
    assert {problem.code for problem in problems} == {"CheckFailure"}


FORMS = [
    ("RandomUuid", {}, "result", r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    ("RandomUuid4", {}, "result", r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    ("RandomUuid7", {}, "result", r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    ("RandomId", {"byteLength": 4, "prefix": "a-"}, "hex", r"a-[0-9a-f]{8}"),
    ("RandomId", {"byteLength": 4}, "dec", r"[0-9]+"),
    ("RandomBytes", {"length": 6}, "hex", r"[0-9a-f]{12}"),
    ("RandomString", {"length": 12, "special": False}, "result", r"[A-Za-z0-9]{12}"),
    ("RandomString", {"length": 12, "number": False, "special": False}, "result", r"[A-Za-z]{12}"),
    ("RandomPassword", {"length": 20}, "bcryptHash", r"\$2a\$10\$[./A-Za-z0-9]{53}"),
]


@pytest.mark.parametrize(("name", "inputs", "output", "pattern"), FORMS)
def test_values_have_the_providers_form(name, inputs, output, pattern):
    assert re.fullmatch(pattern, str(make(token(name), inputs).outputs[output]))


def test_ids_are_the_providers():
    assert make(PASSWORD, {"length": 8}).id == "none"
    string = make(token("RandomString"), {"length": 8})
    assert string.id == string.outputs["result"]
    number = make(token("RandomInteger"), {"min": 3, "max": 3})
    assert (number.id, number.outputs["result"]) == ("3", 3)
    assert len(make(token("RandomPet"), {"length": 3, "separator": "_", "prefix": "x"}).id.split("_")) == 4
    assert make(token("RandomShuffle"), {"inputs": ["a", "b"]}).id == "-"
    assert uuid.UUID(make(token("RandomUuid7"), {}).id).version == 7


def test_secrets_are_marked_as_the_provider_marks_them():
    assert make(PASSWORD, {"length": 8}).secret_outputs == {"result", "bcryptHash"}
    assert make(token("RandomString"), {"length": 8}).secret_outputs == frozenset()


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5), st.integers(0, 5), st.integers(0, 20))
def test_minima_are_kept(lower, upper, numeric, special, more):
    length = max(1, lower + upper + numeric + special + more)
    inputs = {
        "length": length,
        "minLower": lower,
        "minUpper": upper,
        "minNumeric": numeric,
        "minSpecial": special,
        "overrideSpecial": "!?",
    }
    result = make(PASSWORD, inputs).outputs["result"]
    assert len(result) == length
    assert sum(c.islower() for c in result) >= lower
    assert sum(c.isupper() for c in result) >= upper
    assert sum(c.isdigit() for c in result) >= numeric
    assert sum(c in "!?" for c in result) >= special
    assert not set(result) - set("!?") - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=3), max_size=6), st.integers(0, 12))
def test_a_shuffle_repeats_only_when_it_has_to(options, count):
    results = make(token("RandomShuffle"), {"inputs": options, "resultCount": count}).outputs["results"]
    assert len(results) == (count if options else 0)
    assert set(results) <= set(options)
    if options and count % len(options) == 0:
        assert sorted(results) == sorted(options * (count // len(options)))


def test_values_depend_on_seed_name_and_keepers_alone():
    first = make(PASSWORD, {"length": 16, "keepers": {"a": "1"}})
    assert make(PASSWORD, {"length": 16, "keepers": {"a": "1"}}) == first
    assert make(PASSWORD, {"length": 16, "keepers": {"a": "2"}}) != first
    assert make(PASSWORD, {"length": 16, "keepers": {"a": "1"}}, seed=1) != first
    assert make(PASSWORD, {"length": 16, "keepers": {"a": "1"}}, name="other") != first


def test_any_change_replaces():
    twin = RandomTwin()
    difference = twin.diff(request(PASSWORD, {"length": 9}, old_inputs={"length": 8}))
    assert (difference.changed, difference.replaced_by) == (("length",), ("length",))
    ignored = twin.diff(request(PASSWORD, {"length": 9}, old_inputs={"length": 8}, ignore_changes=("length",)))
    assert ignored.changed == ()


def test_values_that_are_not_known_yet_are_no_fault():
    assert RandomTwin().check(request(PASSWORD, {"length": UNKNOWN})).problems == ()


def test_what_exists():
    twin = RandomTwin()
    made = twin.create(request(PASSWORD, twin.check(request(PASSWORD, {"length": 8})).inputs))
    before = twin.snapshot()
    assert [left.type for left in twin.leftovers()] == [PASSWORD]
    assert twin.update(request(PASSWORD, {"length": 8}, id="none", old_outputs=made.outputs)).outputs == made.outputs
    assert twin.read(request(PASSWORD, {}, id="none", old_outputs=made.outputs)).outputs == made.outputs
    twin.delete(request(PASSWORD, {}))
    assert twin.leftovers() == ()
    twin.restore(before)
    assert len(twin.leftovers()) == 1
    assert twin.check_config(PROVIDER) == ()
    assert "entropy" not in twin.injected_failure(PASSWORD).message
    with pytest.raises(RejectedError, match="no id to read"):
        twin.read(request(PASSWORD, {}))
    with pytest.raises(RejectedError, match="unknown function"):
        twin.invoke("random:index:nothing", {}, PROVIDER)
