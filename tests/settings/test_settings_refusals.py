from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_infra.settings.load import load_settings, resolve
from apim_infra.settings.secret import Encrypted
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import MASK, SettingsError, Violation

MINIMAL = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "dev"}


def refusals(values: dict[str, Any] | None = None, overrides: list[str] | None = None) -> dict[str, Violation]:
    with pytest.raises(SettingsError) as caught:
        load_settings({**MINIMAL, **(values or {})}, overrides or [])
    return {violation.path: violation for violation in caught.value.violations}


def refusal(*overrides: str) -> Violation:
    (violation,) = refusals(overrides=list(overrides)).values()
    return violation


def test_an_unknown_key_names_the_nearest() -> None:
    violation = refusal("network.zoness=3")
    assert (violation.path, violation.value) == ("network.zoness", 3)
    assert "did you mean network.zones?" in violation.fix
    assert "did you mean network?" in refusals({"netwrok": {}})["netwrok"].fix


def test_an_unknown_key_without_a_neighbour_lists_what_there_is() -> None:
    assert "management, user, monitoring" in refusal("cluster.pools.qqqqqq=3").fix


@pytest.mark.parametrize(
    ("cidr", "rule"),
    [
        ("abc", "must be an IPv4 range"),
        ("10.0.0.300/16", "must be an IPv4 range"),
        ("fd00::/64", "must be an IPv4 range"),
        ("10.0.0.0", "must name its prefix length"),
        ("10.0.0.0/25", "is too small: /24"),
        ("10.0.0.0/15", "too large: /16"),
        ("10.0.1.0/16", "must lie on its own boundary"),
        ("8.8.0.0/16", "must be a private range"),
        ("100.64.0.0/16", "must be a private range"),
    ],
)
def test_a_network_range_is_a_private_range_on_its_boundary(cidr: str, rule: str) -> None:
    violation = refusal(f"network.cidr={cidr}")
    assert (violation.path, violation.value) == ("network.cidr", cidr)
    assert rule in violation.rule
    assert violation.fix


def test_a_range_off_its_boundary_gets_the_right_one() -> None:
    assert refusal("network.cidr=10.20.30.0/16").fix == "write 10.20.0.0/16"


def test_a_service_range_has_the_bounds_of_the_cluster() -> None:
    assert load_settings(MINIMAL, ["network.service_cidr=172.16.0.0/12"])
    assert "too large: /12" in refusal("network.service_cidr=10.0.0.0/8").rule
    assert "too small: /24" in refusal("network.service_cidr=172.20.0.0/25").rule


@pytest.mark.parametrize("path", ["cluster.pools.user", "cluster.pools.management", "cluster.pools.monitoring"])
def test_min_over_max_is_refused(path: str) -> None:
    violation = refusal(f"{path}.min=9", f"{path}.max=4")
    assert (violation.path, violation.value) == (f"{path}.min", 9)
    assert "must not be above max (4)" in violation.rule


def test_min_over_max_is_refused_for_gateways_and_storage() -> None:
    group = refusal('gateway_groups=[{"name":"a","replicas":{"min":5,"max":2}}]')
    assert (group.path, group.value) == ("gateway_groups[0].replicas.min", 5)
    storage = refusal("stores.mariadb.storage_gb=500")
    assert (storage.path, storage.value) == ("stores.mariadb.storage_gb", 500)


@pytest.mark.parametrize(
    ("path", "value", "choices"),
    [
        ("cloud", "gcp", "aws, azure"),
        ("topology", "standart", "did you mean standard?"),
        ("product", "kongg", "did you mean kong?"),
        ("tier", "production", "dev, stg, prd"),
        ("size", "huge", "small, medium, large"),
        ("network.nat", "per_zone", "did you mean per-zone?"),
    ],
)
def test_a_choice_that_does_not_exist_lists_the_choices(path: str, value: str, choices: str) -> None:
    violation = refusal(f"{path}={value}")
    assert (violation.path, violation.value) == (path, value)
    assert violation.rule.startswith("must be one of ")
    assert choices in violation.fix


def test_a_bound_names_the_range() -> None:
    violation = refusal("network.zones=1")
    assert (violation.rule, violation.fix) == ("must be at least 2", "choose a number from 2 to 6")


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        ("network.zones", "three", "must be a whole number"),
        ("network.zones", 2.5, "must be a whole number"),
        ("network.zones", None, "must be a whole number"),
        ("cluster.version", 1.3, "must be text"),
        ("stores.mariadb.version", 11.8, "must be text"),
        ("cluster.administrators", "me", "must be a list"),
        ("tags", "me", "must be a map"),
        ("network", "10.0.0.0/16", "must be a group"),
        ("network", None, "must be a group"),
        ("cluster.pools.user", [], "must be a group"),
        ("stores.mariadb.multi_zone", "maybe", "must be true or false"),
    ],
)
def test_a_value_of_another_type_is_refused(path: str, value: object, rule: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(MINIMAL, {path: value})
    (violation,) = caught.value.violations
    assert violation.path == path
    assert rule in violation.rule
    assert violation.fix


def test_a_fraction_where_text_is_meant_asks_for_quotes() -> None:
    (violation,) = refusals({"cluster": {"version": 1.3}}).values()
    assert violation.fix == 'write it in quotes, like "1.3"'


def test_a_missing_setting_says_how_to_set_it() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({})
    found = {violation.path: violation for violation in caught.value.violations}
    assert found.keys() == {"cloud", "region", "company_domain", "tier"}
    assert found["region"].rule == "is required"
    assert found["region"].fix == "pulumi config set apim:region VALUE"


@pytest.mark.parametrize("text", ["network.zones", "=3", "network..zones=3", "", "[0]=1"])
def test_what_is_no_override_is_refused(text: str) -> None:
    violation = refusal(text)
    assert violation.path == "--set"


def test_an_override_that_is_no_json_is_refused() -> None:
    assert "JSON" in refusal("cluster.administrators=[a").rule


@pytest.mark.parametrize("text", ["gateway_groups[7].name=x", "network.zones.x=3", "network[0]=3"])
def test_an_override_of_no_place_is_refused(text: str) -> None:
    assert refusal(text)


def test_all_violations_come_at_once() -> None:
    found = refusals(
        {"network": {"cidr": "abc", "zoness": 3}, "product": "kongo", "nope": 1, "cluster": {"version": 1.35}},
        ["cluster.pools.user.min=99", "stores.redis.replicas=9", "x", "topology=star"],
    )
    assert found.keys() == {
        "network.cidr", "network.zoness", "product", "nope", "cluster.version", "cluster.pools.user.min",
        "stores.redis.replicas", "--set", "topology",
    }  # fmt: skip
    assert all(violation.rule and violation.fix for violation in found.values())


def test_checks_between_settings_run_on_what_holds() -> None:
    def checks(settings: StackSettings) -> list[Violation]:
        assert settings.cluster.version == "1.30"
        return [Violation("cluster.version", "1.30", "is too old", "upgrade"), Violation("network.zones", 3, "x", "y")]

    outcome = resolve({**MINIMAL, "network": {"cidr": "abc"}}, ["cluster.version=1.30", "tagss.a=b"], checks=checks)
    assert outcome.resolved is None
    assert {violation.path for violation in outcome.violations} == {"network.cidr", "cluster.version", "tagss"}


@pytest.mark.parametrize("path", ["cloud", "region", "tier", "product", "sizing.replicas", "gateway_groups"])
def test_checks_between_settings_do_not_guess(path: str) -> None:
    def checks(_: StackSettings) -> list[Violation]:
        raise AssertionError

    outcome = resolve(MINIMAL, {path: "?"}, checks=checks)
    assert [violation.path for violation in outcome.violations] == [path]


def test_a_secret_in_clear_is_refused_and_not_shown() -> None:
    violation = refusal("observability.alerts.slack_webhook=https://hooks.example.com/T0P")
    assert violation.value == MASK
    assert violation.rule == "must be encrypted"
    assert violation.fix == "pulumi config set --path --secret 'apim:observability.alerts.slack_webhook'"


def test_an_encrypted_secret_is_known_to_exist() -> None:
    values = {**MINIMAL, "observability": {"alerts": {"slack_webhook": Encrypted("[secret]")}}}
    assert load_settings(values).settings.observability.alerts.slack_webhook is not None


def test_free_text_may_be_encrypted() -> None:
    values = {**MINIMAL, "ingress": {"dns": {"public_zone_id": Encrypted("[secret]")}}}
    assert load_settings(values).settings.ingress.dns.public_zone_id == "[secret]"


@pytest.mark.parametrize("path", ["network.cidr", "network.zones", "cloud", "network", "tags.owner", "cluster.version"])
def test_a_checked_setting_must_not_be_encrypted(path: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(MINIMAL, {path: Encrypted("[secret]")})
    (violation,) = caught.value.violations
    assert violation.value == MASK
    assert "must not be encrypted" in violation.rule
    assert "--plaintext" in violation.fix


SECRET = "T0PS3CRET-T0PS3CRET"
PLACES = st.sampled_from(
    [
        "observability.alerts.slack_webhook",
        "observability.alerts.slack_webhok",
        "observability.alerts.webhook",
        "observability.alerts",
        "observability",
        "slack_webhook",
        "slackwebhook.url",
        "network.pasword",
        "db_tokens",
        "nope",
    ]
)
SHAPES = st.sampled_from([SECRET, [SECRET], {"slack_webhook": SECRET}, {"a": {"b": SECRET}}, [{"token": SECRET}]])


@given(st.dictionaries(PLACES, SHAPES, min_size=1, max_size=3))
def test_a_misplaced_secret_is_never_shown(values: dict[str, Any]) -> None:
    shown = resolve(MINIMAL, {path: value for path, value in values.items() if (path, value) != ("nope", SECRET)})
    assert SECRET not in repr(shown.violations)


LEAVES = st.sampled_from(sorted(load_settings(MINIMAL).origins))
GROUPS = st.sampled_from(
    ["network", "cluster.pools", "cluster.pools.user", "stores", "stores.redis", "ingress", "recovery"]
)
ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 1000) | st.floats() | st.sampled_from(["", "x", "10.0.0.0/8", "{"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["min", "cidr", "a.b"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(st.dictionaries(LEAVES | GROUPS, ODD, max_size=4))
def test_whatever_is_given_is_resolved_or_refused_in_one_shape(values: dict[str, Any]) -> None:
    outcome = resolve(MINIMAL, values)
    assert (outcome.resolved is None) == bool(outcome.violations)
    for violation in outcome.violations:
        assert violation.path
        assert violation.rule
        assert violation.fix
        assert violation.value is None or isinstance(violation.value, str | int | float)
        assert "pydantic" not in repr(violation)
