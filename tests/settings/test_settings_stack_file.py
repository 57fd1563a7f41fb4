from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from apim_infra.settings.load import load_settings
from apim_infra.settings.secret import Encrypted
from apim_infra.settings.stack_file import full_key, parse_stack_file, read_stack_file
from apim_infra.settings.violations import SettingsError, Violation

FILE = Path("Pulumi.test.yaml")
MINIMAL = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "dev"}
HEAD = "config:\n  apim:cloud: aws\n  apim:region: eu-west-1\n  apim:company_domain: example.com\n  apim:tier: dev\n"


def settings_of(text: str) -> dict[str, Any]:
    content = parse_stack_file(text, FILE)
    assert not content.violations
    return content.settings


def refused(text: str) -> Violation:
    with pytest.raises(SettingsError) as caught:
        parse_stack_file(text, FILE)
    (violation,) = caught.value.violations
    return violation


def test_what_pulumi_config_set_writes_is_read() -> None:
    # `pulumi config set` writes texts; with --path whole numbers and booleans keep their type, fractions become texts.
    text = HEAD + (
        "  apim:network:\n    zones: 2\n    flow_logs:\n      enabled: false\n"
        '  apim:cluster:\n    version: "1.36"\n'
        "  apim:stores:\n    postgresql:\n      version: 18\n"
        "  aws:region: eu-west-1\n"
        "encryptionsalt: v1:abc\nsecretsprovider: passphrase\n"
    )
    settings = load_settings(settings_of(text)).settings
    assert settings.network.zones == 2
    assert settings.network.flow_logs.enabled is False
    assert settings.cluster.version == "1.36"
    assert settings.stores.postgresql.version == "18"


def test_groups_and_lists_set_without_path_are_json_texts() -> None:
    text = HEAD + """  apim:network: '{"zones": "2"}'\n  apim:gateway_groups: '[{"name": "one"}]'\n"""
    settings = load_settings(settings_of(text)).settings
    assert settings.network.zones == 2
    assert [group.name for group in settings.gateway_groups] == ["one"]


@pytest.mark.parametrize("key", ["network", "apim:network", "apim:config:network"])
def test_every_spelling_of_a_key_is_the_same(key: str) -> None:
    assert settings_of(f"config:\n  {key}: {{zones: 2}}\n") == {"network": {"zones": 2}}
    assert full_key(key) == "apim:network"


def test_one_key_in_two_spellings_is_refused() -> None:
    (violation,) = parse_stack_file("config:\n  apim:tier: dev\n  tier: prd\n", FILE).violations
    assert violation.path == "apim:tier"
    assert "given twice" in violation.rule


def test_other_namespaces_are_left_to_others() -> None:
    assert settings_of("config:\n  aws:region: eu-west-1\n  kubernetes:x: {a: 1}\n") == {}


def test_an_encrypted_value_is_a_placeholder_at_every_depth() -> None:
    found = settings_of("config:\n  apim:observability: {alerts: {slack_webhook: {secure: v1:abc}}}\n")
    webhook = found["observability"]["alerts"]["slack_webhook"]
    assert isinstance(webhook, Encrypted)
    assert "v1:abc" not in webhook


def test_a_map_with_more_than_secure_is_a_map() -> None:
    found = settings_of("config:\n  apim:tags: {secure: yes, other: a}\n")
    assert found["tags"] == {"secure": "yes", "other": "a"}


def test_scalars_are_read_as_yaml_1_2() -> None:
    found = settings_of("config:\n  apim:tags: {a: on, b: yes, c: 2026-11-21, d: 1:30, e: 0x1f, f: true, g: 7, h: ~}\n")
    assert found["tags"] == {
        "a": "on", "b": "yes", "c": "2026-11-21", "d": "1:30", "e": "0x1f", "f": True, "g": 7, "h": None
    }  # fmt: skip


def test_anchors_and_merge_keys_work() -> None:
    found = settings_of("config:\n  apim:a: &a {x: 1}\n  apim:b: {<<: *a, y: 2}\n")
    assert found["b"] == {"x": 1, "y": 2}


@pytest.mark.parametrize("text", ["", "config:\n", "# nothing\n", "\ufeffconfig: {}\n"])
def test_an_empty_file_has_no_settings(text: str, tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.empty.yaml"
    path.write_text(text, encoding="utf-8")
    assert read_stack_file(path).settings == {}


def test_a_file_that_is_no_yaml_names_the_line() -> None:
    violation = refused("config:\n  apim:cloud: aws\n  apim:network: [1, 2\n")
    assert violation.path == "Pulumi.test.yaml"
    assert "is no YAML (line 4, column 1)" in violation.rule


def test_a_key_given_twice_is_refused_with_its_line() -> None:
    violation = refused("config:\n  apim:tier: dev\n  apim:tier: prd\n")
    assert "line 3" in violation.rule
    assert "given twice" in violation.rule


@pytest.mark.parametrize("text", ["- a\n", "just text\n", "config: [1]\n", "config: text\n"])
def test_a_file_of_another_shape_is_refused(text: str) -> None:
    assert "map" in refused(text).rule


@pytest.mark.parametrize(
    "text", ["a: \x07b\n", "? [1, 2]\n: x\n", "config: {? {a: 1} : 2}\n", "a: *b\n", "a: !!python/x y\n"]
)
def test_odd_yaml_is_refused_without_a_traceback(text: str) -> None:
    assert "is no YAML" in refused(text).rule


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (f"config: {{apim:tags: {{a: {'9' * 5000}}}}}\n", "too long"),
        ("config:\n  apim:tags: &a {b: *a}\n", "refers to itself"),
        (f"config: {'[' * 5000}\n", "nested too deeply"),
    ],
)
def test_a_file_that_breaks_its_reader_is_refused(text: str, rule: str) -> None:
    assert rule in refused(text).rule


def test_a_key_outside_config_is_refused_beside_the_settings() -> None:
    content = parse_stack_file(HEAD + "apim:network: {}\n", FILE)
    (violation,) = content.violations
    assert "apim:network" in violation.path
    assert "config" in violation.fix
    assert content.settings == MINIMAL


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "missing.yaml", tmp_path, binary):
        with pytest.raises(SettingsError) as caught:
            read_stack_file(path)
        assert caught.value.violations[0].path == str(path)


VALUES = st.recursive(
    st.booleans() | st.integers() | st.text("aZ0-:{}[]#&*!|>'\"%@`~é \n", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc_", min_size=1, max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=8), VALUES, max_size=3))
def test_what_is_written_is_read_back(settings: dict[str, Any]) -> None:
    known = {f"x{name}": value for name, value in settings.items()}
    text = yaml.safe_dump({"config": {f"apim:{name}": value for name, value in known.items()}}, allow_unicode=True)
    assert settings_of(text) == known
