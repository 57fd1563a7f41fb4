"""Bad input, by the command: exit 2, everything wrong at once, no traceback, nothing written."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Apim

from apim_infra.cli import main

CLEAN = (ROOT / "Pulumi.dev.yaml").read_text(encoding="utf-8")
SECRET = "https://hooks.slack.com/services/T000/B000/verysecret"

BAD = f"""
config:
  apim:cloud: aws
  apim:region: eu-west-1
  apim:company_domain: dev.example.com
  apim:tier: dev
  apim:netwrok: {{}}
  apim:network:
    cidr: 10.16.1.0/16
    zoness: 3
    zones: 9
    service_cidr: 10.0.0.0/8
  apim:cluster:
    pools:
      management: {{min: 9, max: 4}}
      user: {{size: m7i.largee}}
  apim:topology: star
  apim:product: apigee
  apim:observability:
    alerts: {{slack_webhook: "{SECRET}"}}
"""

PATHS_OF_BAD = {
    "netwrok": "did you mean network?",
    "network.cidr": "write 10.16.0.0/16",
    "network.zoness": "did you mean network.zones?",
    "network.zones": "6",
    "network.service_cidr": "a smaller range",
    "cluster.pools.management.min": "lower min or raise max to 9",
    "topology": "standard",
    "product": "kong",
    "observability.alerts.slack_webhook": "pulumi config set --path --secret",
}
"""Path of each violation of the models to what its fix names."""

COMMANDS = [
    ["rehearse", "bad"],
    ["policy", "check", "bad"],
    ["recovery", "rebuild", "bad", "--region", "eu-central-1"],
    ["explain", "bad"],
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process; nothing may be written."""

    def apim(*arguments: str) -> tuple[int, str, str]:
        before = files(folder)
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        printed = capsys.readouterr()
        assert "Traceback" not in printed.out + printed.err
        assert files(folder) == before
        return int(caught.value.code or 0), printed.out, printed.err

    return apim


def files(folder: Path) -> list[Path]:
    """Return every file and folder but Python's own byte code."""
    return sorted(path for path in folder.rglob("*") if "__pycache__" not in path.parts)


def violations(run: Run, *arguments: str) -> dict[str, dict[str, Any]]:
    code, out, _ = run(*arguments, "--json")
    assert code == 2
    found = json.loads(out)["violations"]
    assert all(violation["rule"] and violation["fix"] for violation in found)
    return {violation["path"]: violation for violation in found}


# -- everything at once --------------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_real_command_lists_everything_at_once_and_writes_nothing(apim: Apim, folder: Path) -> None:
    (folder / "Pulumi.bad.yaml").write_text(BAD, encoding="utf-8")
    ran = apim("rehearse", "bad", "--graph", folder / "graph.json", cwd=folder)
    assert (ran.code, ran.out) == (2, "")
    for path, fix in PATHS_OF_BAD.items():
        assert f"\n  {path}" in ran.err, path
        assert fix in ran.err
    for value in ("10.16.1.0/16", "star", "apigee", "10.0.0.0/8"):
        assert f" = {value}\n" in ran.err
    assert ran.err.count("\n    rule  ") == ran.err.count("\n    fix   ") >= len(PATHS_OF_BAD)
    assert SECRET not in ran.err
    assert [path.name for path in folder.iterdir()] == ["Pulumi.bad.yaml"]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_every_command_lists_everything_at_once(run: Run, folder: Path, command: list[str]) -> None:
    (folder / "Pulumi.bad.yaml").write_text(BAD, encoding="utf-8")
    found = violations(run, *command)
    assert set(PATHS_OF_BAD) <= set(found)
    for path, fix in PATHS_OF_BAD.items():
        assert fix in found[path]["fix"], path
    assert SECRET not in json.dumps(list(found.values()))
    assert found["observability.alerts.slack_webhook"]["value"] == "[secret]"


# -- each kind on its own ------------------------------------------------------------------------------------------------------------------

ONE_BY_ONE: list[tuple[str, str, str, str]] = [
    # setting, path that is blamed, part of the rule, part of the fix
    ("cluster.pool.user.max=3", "cluster.pool", "is not a setting", "cluster.pools"),
    ("network.cidr=10.16", "network.cidr", "must be an IPv4 range", "10.20.0.0/16"),
    ("network.cidr=10.16.0.0/33", "network.cidr", "must be an IPv4 range", "10.20.0.0/16"),
    ("network.cidr=10.16.0.0/25", "network.cidr", "is too small: /24 is the smallest", "10.16.0.0/24"),
    ("network.cidr=10.16.0.0/24", "network.cidr", "is the smallest that fits", "10.16.0.0/"),
    ("network.cidr=52.16.0.0/16", "network.cidr", "must be a private range", "RFC 1918"),
    ("network.cidr=10.16.8.0/16", "network.cidr", "must lie on its own boundary", "write 10.16.0.0/16"),
    ("network.cidr=172.20.0.0/16", "network.cidr", "must not overlap network.service_cidr", "another private range"),
    ("network.zones=4", "network.zones", "must be at most 3: eu-west-1 has 3 zones", "3 or fewer"),
    ("cluster.pools.user.min=20", "cluster.pools.user.min", "must not be above max", "raise max to 20"),
    (
        "cluster.pools.user.size=m7i.largee",
        "cluster.pools.user.size",
        "must be a size in the aws catalogue",
        "m7i.large",
    ),
    ("stores.redis.size=cache.t4g.smal", "stores.redis.size", "must be a size for caches", "cache.t4g.small"),
    ("cloud=gcp", "cloud", "must be one of", "aws"),
    ("topology=star", "topology", "must be one of", "standard"),
    ("cluster.mesh=linkerd", "cluster.mesh", "must be one of", "istio-ambient"),
    ("product=apigee", "product", "must be one of", "kong"),
    ("region=eu-wset-1", "region", "must be a region of aws", "eu-west-1"),
    (
        "cluster.pools.management.max=2",
        "cluster.pools.management.max",
        "is too small for the sizing table",
        "raise cluster.pools.management.max to",
    ),
    (
        f"observability.alerts.slack_webhook={SECRET}",
        "observability.alerts.slack_webhook",
        "must be encrypted",
        "--secret",
    ),
]


@pytest.mark.parametrize("case", ONE_BY_ONE, ids=lambda case: case[0][:50])
def test_one_wrong_setting_is_one_violation(run: Run, folder: Path, case: tuple[str, str, str, str]) -> None:
    setting, path, rule, fix = case
    (folder / "Pulumi.dev.yaml").write_text(CLEAN, encoding="utf-8")
    found = violations(run, "rehearse", "dev", "--set", setting, "--graph", "graph.json")
    assert list(found) == [path]
    assert rule in found[path]["rule"]
    assert fix in found[path]["fix"]
    assert SECRET not in json.dumps(list(found.values()))
    given = setting.partition("=")[2]
    assert str(found[path]["value"]) in (given, "[secret]", "None")


# -- files ---------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_missing_stack_names_those_that_there_are(run: Run, folder: Path, command: list[str]) -> None:
    (folder / "Pulumi.dev.yaml").write_text(CLEAN, encoding="utf-8")
    found = violations(run, *command)
    assert found["stack"]["value"] == "bad"
    assert "stacks here are dev" in found["stack"]["fix"]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"config:\n  a: [1\n", "is no YAML (line 3"),
        (b"\xff\xfe\x00", "must be text in UTF-8"),
        (b"- a\n- b\n", "must be a map"),
        (b"config: text\n", "must have a map below config"),
    ],
    ids=["no-yaml", "no-text", "no-map", "no-config"],
)
def test_a_file_that_is_no_stack_file(run: Run, folder: Path, command: list[str], content: bytes, rule: str) -> None:
    (folder / "Pulumi.bad.yaml").write_bytes(content)
    (violation,) = violations(run, *command).values()
    assert "Pulumi.bad.yaml" in violation["path"]
    assert rule in violation["rule"]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_file_that_is_not_there(run: Run, command: list[str]) -> None:
    (violation,) = violations(run, *command, "--file", "gone.yaml").values()
    assert (violation["path"], "cannot be read" in violation["rule"]) == ("gone.yaml", True)


def test_a_graph_that_cannot_be_written_is_refused(run: Run, folder: Path) -> None:
    (folder / "Pulumi.yaml").write_text("name: small\nruntime: python\n", encoding="utf-8")
    (folder / "Pulumi.test.yaml").write_text("config: {}\n", encoding="utf-8")
    (folder / "__main__.py").write_text("", encoding="utf-8")
    found = violations(run, "rehearse", "test", "--program", ".", "--graph", "nowhere/graph.json")
    assert "cannot be written" in found["nowhere/graph.json"]["rule"]


REPLAYS = {"gone.json": "cannot be read", "text.json": "is no JSON", "form.json": "", "list.json": ""}


@pytest.mark.parametrize(("name", "rule"), REPLAYS.items())
def test_what_is_no_graph_cannot_be_replayed(run: Run, folder: Path, name: str, rule: str) -> None:
    (folder / "text.json").write_text("no json", encoding="utf-8")
    (folder / "form.json").write_text('{"version": 1, "resources": [{"urn": 7}]}', encoding="utf-8")
    (folder / "list.json").write_text("[]", encoding="utf-8")
    found = violations(run, "replay", name)
    assert all(path.startswith(name) for path in found)
    assert all(rule in violation["rule"] for violation in found.values())
    if name == "form.json":
        assert len(found) > 1  # every field that is missing or wrong, at once


def test_a_folder_is_no_graph_and_no_stack_file(run: Run, folder: Path) -> None:
    (folder / "Pulumi.bad.yaml").mkdir()
    assert violations(run, "replay", ".")
    assert violations(run, "explain", "bad", "--file", "Pulumi.bad.yaml")


# -- usage ---------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["rehearsee"], "rehearsee"),
        (["rehearse"], "STACK"),
        (["rehearse", "dev", "--sed", "1"], "--sed"),
        (["rehearse", "dev", "--seed", "x"], "--seed"),
        (["replay"], "GRAPH"),
        (["policy", "chek"], "chek"),
        (["recovery", "rebuild", "prd"], "--region"),
        (["explain"], "STACK"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else value,
)
def test_wrong_usage_exits_2_and_names_what_is_wrong(run: Run, arguments: list[str], named: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert named in err


@pytest.mark.parametrize(
    "command", [["rehearse"], ["replay"], ["explain"], ["policy", "check"], ["recovery", "rebuild"]], ids=" ".join
)
def test_help_shows_examples(run: Run, monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    code, out, err = run(*command, "--help")
    assert (code, err) == (0, "")
    assert f"apim {' '.join(command)} " in out.partition("Usage")[2].partition("\n")[2]
    assert "xit code" in out or command == ["explain"]


@pytest.mark.parametrize("command", [[], ["policy"], ["recovery"]], ids=["apim", "policy", "recovery"])
def test_help_of_a_group_lists_its_commands(run: Run, command: list[str]) -> None:
    code, out, _ = run(*command, "--help")
    listed = {(): ["rehearse", "replay", "explain", "policy", "recovery"], ("policy",): ["check"]}
    assert code == 0
    for name in listed.get(tuple(command), ["rebuild"]):
        assert name in out
