"""`apim rehearse` and `apim replay`, from the command line."""

import json
import os
import pty
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from apim_infra.cli import main
from apim_infra.rehearsal.graph_file import schema

CLEAN = """
    import pulumi
    import pulumi_random as random

    class Group(pulumi.ComponentResource):
        def __init__(self, name):
            super().__init__("test:index:Group", name)
            pet = random.RandomPet(f"{name}-pet", opts=pulumi.ResourceOptions(parent=self))
            password = random.RandomPassword(
                f"{name}-password", length=20, keepers={"pet": pet.id}, opts=pulumi.ResourceOptions(parent=self)
            )
            self.password = password.result
            self.register_outputs({})

    pulumi.export("password", Group("g").password)
    """

BROKEN = """
    import pulumi_random as random
    random.RandomPet("pet", length="no number")
    random.RandomPassword("unnamed", length=20, opts=None)
    """


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: small\nruntime: python\n", encoding="utf-8")
    (tmp_path / "Pulumi.test.yaml").write_text("config: {}\n", encoding="utf-8")
    return tmp_path


def write(folder: Path, body: str) -> None:
    (folder / "__main__.py").write_text(textwrap.dedent(body), encoding="utf-8")


def apim(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    return int(str(end.value.code or 0)), captured.out, captured.err


def test_a_clean_program(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, CLEAN)
    graph = folder / "graph.json"
    before = {path.name for path in folder.iterdir()}
    code, out, err = apim(capsys, "rehearse", "test", "--program", str(folder), "--graph", str(graph))
    assert code == 0
    assert err.splitlines()[0].startswith("first deployment: 5 steps in ")
    for expected in ("Stack test", "test:index:Group", "random 2", "cannot know", "second run: 5 same", "clean"):
        assert expected in out
    assert {path.name for path in folder.iterdir()} - {"__pycache__"} == before | {"graph.json"}
    document = json.loads(graph.read_text(encoding="utf-8"))
    assert list(schema().iter_errors(document)) == []
    code, out, _ = apim(capsys, "replay", str(graph))
    assert (code, out.count("error")) == (0, 0)


def test_json_is_all_there_is_on_standard_output(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, CLEAN)
    code, out, _ = apim(capsys, "rehearse", "test", "--program", str(folder), "--json", "--seed", "7")
    document: dict[str, Any] = json.loads(out)
    assert code == document["exit"] == 0
    assert document["stack"] == "test"
    assert document["resources"] == 5
    assert document["components"] == [{"name": "g", "type": "test:index:Group", "resources": 2}]
    assert document["findings"] == []
    assert document["steps"] == {"deploy": {"create": 5}, "repeat": {"same": 5}, "destroy": {"delete": 5}}
    assert set(document["seconds"]) == {"deploy", "repeat", "destroy", "total"}
    assert document["cannot_know"]
    assert document["not_verified"] == []


def test_findings_exit_1_and_the_graph_is_still_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, BROKEN)
    graph = folder / "graph.json"
    code, out, _ = apim(capsys, "rehearse", "test", "--program", str(folder), "--graph", str(graph))
    assert code == 1
    assert "error random:" in out
    assert "(__main__.py:3)" in out
    code, out, _ = apim(capsys, "replay", str(graph), "--json")
    assert code == 1
    assert json.loads(out)["exit"] == 1


def test_unknown_types_are_listed_by_name_and_count(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        folder,
        """
        import pulumi
        class Thing(pulumi.CustomResource):
            def __init__(self, name):
                super().__init__("nowhere:index:Thing", name, {})
        Thing("a"), Thing("b")
        """,
    )
    code, out, _ = apim(capsys, "rehearse", "test", "--program", str(folder))
    assert code == 1
    assert "no twin knows the type nowhere:index:Thing: 2 resources not rehearsed (a, b)" in out


def test_an_injected_failure(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, CLEAN)
    code, out, _ = apim(capsys, "rehearse", "test", "--program", str(folder), "--fail", "g-pet", "--json")
    document = json.loads(out)
    assert code == 1
    assert [urn.rpartition("::")[2] for urn in document["failed"]] == ["g-pet"]
    assert [urn.rpartition("::")[2] for urn in document["skipped"]] == ["g-password"]
    assert document["steps"]["repeat"] == {"same": 3, "create": 2}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["test", "--fail", "nothing-like-it"], "--fail"),
        (["gone"], "has no stack file Pulumi.gone.yaml"),
        (["test", "--set", "nonsense"], "must be path=value"),
        (["test", "--file", "gone.yaml"], "cannot be read"),
    ],
)
def test_usage_errors_exit_2_and_write_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str
) -> None:
    write(folder, CLEAN)
    graph = folder / "graph.json"
    code, _, err = apim(capsys, "rehearse", *arguments, "--program", str(folder), "--graph", str(graph))
    assert code == 2
    assert expected in err
    assert not graph.exists()


@pytest.mark.parametrize("content", ["", "{}", '{"version": 3}', "[1]"])
def test_a_file_that_is_no_graph_exits_2(folder: Path, capsys: pytest.CaptureFixture[str], content: str) -> None:
    (folder / "g.json").write_text(content, encoding="utf-8")
    code, out, err = apim(capsys, "replay", str(folder / "g.json"))
    assert code == 2
    assert out == ""
    assert "g.json" in err


def test_settings_reach_the_program(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, "import pulumi\npulumi.export('zones', pulumi.Config().require_object('network')['zones'])\n")
    graph = folder / "graph.json"
    options = ["--program", str(folder), "--graph", str(graph), "--set", "network.zones=3", "--json"]
    code, _, _ = apim(capsys, "rehearse", "test", *options)
    assert code == 0
    assert json.loads(graph.read_text(encoding="utf-8"))["exports"] == {"zones": 3}


def test_refused_settings_exit_2_before_the_program_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  apim:netwrok: {cidr: 10.0.0.0/16}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    code, out, _ = apim(capsys, "rehearse", "dev", "--json")
    assert code == 2
    paths = [violation["path"] for violation in json.loads(out)["violations"]]
    assert "netwrok" in paths
    assert len(paths) > 1


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("rehearse", "replay"):
        code, out, _ = apim(capsys, command, "--help")
        assert code == 0
        assert "apim rehearse dev" in out


def test_a_terminal_gets_a_bar(folder: Path) -> None:
    write(folder, CLEAN)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from apim_infra.cli import main; main()", "rehearse", "test", "--json"]
    process = subprocess.run(
        [*command, "--program", str(folder)], stdout=subprocess.PIPE, stderr=theirs, check=False, text=True
    )
    os.close(theirs)
    shown = os.read(ours, 100_000).decode(errors="replace")
    os.close(ours)
    assert json.loads(process.stdout)["exit"] == 0
    assert "first deployment" in shown
    assert "━" in shown
