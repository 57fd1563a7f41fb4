"""`apim recovery rebuild`, as far as no platform has to be rehearsed for it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from apim_infra.cli import main

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prd.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    before = sorted(Path.cwd().rglob("*"))
    with pytest.raises(SystemExit) as caught:
        main(["recovery", "rebuild", *arguments, "--json"])
    printed = capsys.readouterr()
    assert caught.value.code == 2
    assert "Traceback" not in printed.err
    assert sorted(Path.cwd().rglob("*")) == before
    violations = json.loads(printed.out)["violations"]
    assert all(violation["rule"] and violation["fix"] for violation in violations)
    return violations


@pytest.mark.parametrize(
    ("stack", "region", "rule", "fix"),
    [
        ("prd", "eu-central-1", "is the region that the platform is in", "name another region"),
        ("prd", "eu-west-11", "is no region of aws", "eu-west-1"),
        ("prd", "us-east-1", "holds no backups: they are copied to eu-west-1", "before the loss"),
        ("dev", "eu-central-1", "holds no backups: they are copied to nowhere", "set recovery.region to eu-central-1"),
    ],
)
def test_a_region_in_which_it_cannot_be_rebuilt_is_refused_at_once(
    capsys: pytest.CaptureFixture[str], stack: str, region: str, rule: str, fix: str
) -> None:
    (violation,) = refused(capsys, stack, "--region", region)
    assert (violation["path"], violation["value"]) == ("--region", region)
    assert rule in violation["rule"]
    assert fix in violation["fix"]


def test_outputs_that_lack_backups_are_refused_all_at_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "outputs.json").write_text('{"backups": {"mariadb": "arn:aws:rds:eu-west-1:1:auto-backup:ab-1"}}')
    found = refused(capsys, "prd", "--region", "eu-west-1", "--outputs", "outputs.json", "--emit", ".")
    assert [violation["path"] for violation in found] == ["backups.postgresql", "backups.gateway_postgresql"]


@pytest.mark.parametrize(
    ("content", "rule"), [(None, "cannot be read"), ("{", "is no JSON object"), ("[1]", "is no JSON object")]
)
def test_outputs_that_are_none(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str | None, rule: str
) -> None:
    if content is not None:
        (tmp_path / "outputs.json").write_text(content)
    (violation,) = refused(capsys, "prd", "--region", "eu-west-1", "--outputs", "outputs.json")
    assert (violation["path"], violation["value"]) == ("--outputs", "outputs.json")
    assert rule in violation["rule"]


def test_a_folder_that_is_not_there_is_refused_before_anything_else(capsys: pytest.CaptureFixture[str]) -> None:
    (violation,) = refused(capsys, "prd", "--region", "eu-central-1", "--emit", "nowhere")
    assert (violation["path"], violation["value"]) == ("--emit", "nowhere")


def test_settings_that_do_not_hold_are_refused_first(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text((tmp_path / "Pulumi.prd.yaml").read_text().replace("10.64.0.0/16", "10.64.1.0/16"))
    (violation,) = refused(capsys, "prd", "--region", "eu-west-1", "--file", str(file))
    assert violation["path"] == "network.cidr"
    assert refused(capsys, "nowhere", "--region", "eu-west-1")[0]["path"] == "stack"


def test_the_region_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["recovery", "rebuild", "prd"])
    assert caught.value.code == 2
    assert "--region" in capsys.readouterr().err
