"""`apim explain` says which kind of API Gateway is built, and why; documents that are wrong end a command with every reason."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apim_infra.cli import main

ROOT = Path(__file__).resolve().parents[2]
STACK = "aws-integrated-cloud"
FILE = ROOT / f"examples/{STACK}/Pulumi.{STACK}.yaml"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(ROOT)

    def command(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), out, err

    return command


def explained(run: Run, path: str, *more: str) -> dict[str, Any]:
    code, out, _ = run("explain", STACK, path, "--file", str(FILE), "--json", *more)
    assert code == 0
    return json.loads(out)


def test_the_kind_and_its_reason_are_told(run: Run) -> None:
    _, out, _ = run("explain", STACK, "edge", "--file", str(FILE))
    assert "edge.api_type: http, since nothing asks for more" in out
    (chosen,) = explained(run, "edge.api_type", "--set", "edge.firewall.count_only=true")["chosen"]
    assert (chosen["path"], chosen["value"]) == ("edge.api_type", "rest")
    assert "firewall" in chosen["reason"]


def test_nothing_is_told_where_nothing_is_chosen(run: Run) -> None:
    assert explained(run, "edge.api_type", "--set", "edge.api_type=rest")["chosen"] == []
    assert explained(run, "network")["chosen"] == []
    _, out, _ = run("explain", "dev", "edge")
    assert "since" not in out


def test_every_wrong_document_is_told_at_once(run: Run) -> None:
    documents = [{"name": "one", "file": "README.md"}, {"name": "two", "file": "../outside.yaml"}]
    code, _, err = run("explain", STACK, "--file", str(FILE), "--set", f"edge.documents={json.dumps(documents)}")
    assert code == 2
    assert "2 violations" in err
    assert "edge.documents[0].file = README.md\n    rule  is neither YAML nor JSON" in err
    assert "edge.documents[1].file = ../outside.yaml\n    rule  must lie inside the project" in err
