import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_infra.settings.layers import plain_value
from apim_infra.settings.load import load_settings
from apim_infra.settings.program import from_program, to_program
from apim_infra.settings.secret import PLACEHOLDER
from apim_infra.settings.stack_file import full_key, parse_stack_file
from apim_infra.settings.violations import MASK, SettingsError

MINIMAL = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "dev"}
PROGRAM = {full_key(name): value for name, value in MINIMAL.items()}
SMTP = {"host": "smtp.example.com", "sender": "apim@example.com"}
WEBHOOK = {"alerts": {"slack_webhook": "https://hooks.example.com/T0P"}}


def test_the_program_gets_texts_and_json() -> None:
    config = {**PROGRAM, "apim:network": '{"zones": 3, "nat": "none"}', "aws:region": "eu-west-1", "other:key": "{"}
    settings = from_program(config, []).settings
    assert (settings.network.zones, settings.network.nat, settings.tier) == (3, "none", "dev")


def test_a_secret_of_the_program_is_readable_only_on_demand() -> None:
    resolved = from_program({**PROGRAM, "apim:observability": json.dumps(WEBHOOK)}, ["apim:observability"])
    webhook = resolved.settings.observability.alerts.slack_webhook
    assert webhook is not None
    assert webhook.get_secret_value() == "https://hooks.example.com/T0P"
    assert "T0P" not in repr(resolved)


def test_a_secret_that_lies_in_clear_is_refused_in_the_program() -> None:
    with pytest.raises(SettingsError) as caught:
        from_program({**PROGRAM, "apim:observability": json.dumps(WEBHOOK)}, ["apim:network"])
    (violation,) = caught.value.violations
    assert (violation.path, violation.value) == ("observability.alerts.slack_webhook", MASK)
    assert "T0P" not in str(caught.value)


def test_a_key_that_holds_a_secret_may_hold_other_settings_too() -> None:
    alerts = {"alerts": {"email": ["ops@example.com"], "smtp": SMTP, **WEBHOOK["alerts"]}, "logs": {"enabled": False}}
    resolved = from_program({**PROGRAM, "apim:observability": json.dumps(alerts)}, ["apim:observability"])
    assert resolved.settings.observability.alerts.email == ["ops@example.com"]
    assert resolved.settings.observability.logs.enabled is False


def test_a_refused_value_beside_a_secret_is_masked() -> None:
    alerts = {"alerts": {"email": ["nobody"], "smtp": SMTP, **WEBHOOK["alerts"]}}
    with pytest.raises(SettingsError) as caught:
        from_program({**PROGRAM, "apim:observability": json.dumps(alerts)}, ["apim:observability"])
    assert caught.value.violations[0].value == MASK


@pytest.mark.parametrize("text", ["{", "[1", "text"])
def test_a_group_that_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        from_program({**PROGRAM, "apim:network": text}, [])
    assert caught.value.violations[0].path == "network"


GROUPS: dict[str, st.SearchStrategy[Any]] = {
    "network": st.fixed_dictionaries(
        {}, optional={"zones": st.integers(2, 6), "nat": st.sampled_from(["none", "single"])}
    ),
    "gateway_groups": st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, unique=True).map(
        lambda names: [{"name": name, "apis": [f"/{name}"]} for name in names]
    ),
    "observability": st.sampled_from(
        [{}, {"alerts": {"slack_webhook": PLACEHOLDER}}, {"alerts": {"email": ["a@b.c"], "smtp": SMTP}}]
    ),
    "tags": st.dictionaries(st.sampled_from(["a", "b.c", "d/e"]), st.sampled_from(["", "x", "1"])),
    "size": st.sampled_from(["small", "medium", "large"]),
}


@given(st.fixed_dictionaries({}, optional=GROUPS))
def test_the_program_resolves_what_the_stack_file_resolves(groups: dict[str, Any]) -> None:
    values = {**MINIMAL, **groups}
    config = to_program({full_key(name): value for name, value in values.items()})
    in_program, in_file = from_program(*config), load_settings(values)
    assert in_program.settings == in_file.settings
    assert in_program.origins == in_file.origins


def test_only_keys_with_something_encrypted_are_secret() -> None:
    text = "config: {apim:tags: {a: b}, aws:token: {secure: v1:x}, apim:observability: {alerts: {slack_webhook: {secure: v1:y}}}}"
    config = to_program(parse_stack_file(text, Path("Pulumi.test.yaml")).config)
    assert config.secret_keys == {"aws:token", "apim:observability"}
    assert json.loads(config.values["apim:tags"]) == {"a": "b"}
    assert "v1:" not in str(config)


def test_what_is_given_reproduces_the_settings_with_the_command_line() -> None:
    overrides = ["gateway_groups[0].replicas.max=9", "network.zones=3", "tags.a=b", "recovery.region=null"]
    resolved = load_settings({**MINIMAL, "network": {"nat": "none"}, "recovery": {"region": "eu-west-2"}}, overrides)
    again = load_settings(resolved.given)
    assert plain_value(again.settings) == plain_value(resolved.settings)
