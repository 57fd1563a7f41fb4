"""`apim rehearse --cluster`: what is refused before a control plane starts."""

import tempfile
import threading
from pathlib import Path

import pytest

from apim_infra.cli import main
from apim_infra.cluster.tools import PROGRAMS


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture(autouse=True)
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Programs that say their version and do nothing else: what is refused here never starts one."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in PROGRAMS:
        program = folder / name
        program.write_text('#!/bin/sh\n[ "$1" = --version ] || exit 1\necho Kubernetes v1.35.4\n')
        program.chmod(0o755)
    monkeypatch.setenv("APIM_TOOLS", str(folder))
    return folder


def refused(capsys: pytest.CaptureFixture[str], temporary: Path, *arguments: str) -> str:
    """Rehearse, which must be refused as wrong usage and leave nothing; return what is said in one line."""
    with pytest.raises(SystemExit) as end:
        main(("rehearse", "dev", *arguments))
    captured = capsys.readouterr()
    assert end.value.code == 2
    assert captured.out == ""
    assert "Traceback" not in captured.err
    assert list(temporary.iterdir()) == []
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("boot")]
    return " ".join(captured.err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--charts", "{empty}"], "--charts = {empty} rule is for the control plane alone fix add --cluster"),
        (["--crds", "{empty}"], "--crds = {empty} rule is for the control plane alone fix add --cluster"),
        (["--cluster", "--program", "{empty}"], "settings of this project's own stacks fix leave --cluster out with --program"),
        (["--cluster", "--fail", "aws:rds"], "is not applied to a control plane fix leave out --fail or --cluster"),
        (["--cluster", "--crds", "{empty}"], "{empty} holds no custom resource definition"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(
    capsys: pytest.CaptureFixture[str], temporary: Path, empty: Path, arguments: list[str], words: str
) -> None:
    said = refused(capsys, temporary, *(each.format(empty=empty) for each in arguments))
    assert words.format(empty=empty) in said
    assert "refused: 1 violation " in said


@pytest.mark.parametrize("option", ["--charts", "--crds"])
def test_a_folder_that_is_none_is_named(
    capsys: pytest.CaptureFixture[str], temporary: Path, tmp_path: Path, option: str
) -> None:
    (tmp_path / "file").write_text("")
    for name, words in (("absent", "does not exist"), ("file", "is a file")):
        said = refused(capsys, temporary, "--cluster", option, str(tmp_path / name))
        assert f"Invalid value for '{option}'" in said
        assert words in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "own.yaml cannot be read: "),
        ("kind: CustomResourceDefinition\nmetadata: {name: a}\n", "own.yaml: CustomResourceDefinition a has no spec.group"),
        ("kind: CustomResourceDefinition\nspec: {}\n", "own.yaml: CustomResourceDefinition has no metadata.name"),
    ],
)  # fmt: skip
def test_a_definition_that_cannot_be_used_is_named(
    capsys: pytest.CaptureFixture[str], temporary: Path, empty: Path, text: str, words: str
) -> None:
    (empty / "own.yaml").write_text(text)
    said = refused(capsys, temporary, "--cluster", "--crds", str(empty))
    assert words in said
    assert "refused: 1 violation --crds" in said


def test_programs_that_are_not_there_are_named_with_what_to_do(
    capsys: pytest.CaptureFixture[str], temporary: Path, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APIM_TOOLS", str(empty))
    said = refused(capsys, temporary, "--cluster")
    assert f"APIM_TOOLS={empty} has no {', '.join(PROGRAMS)}: name a folder" in said
    assert "fix make tools" in said


def test_a_program_that_does_not_run_is_named(
    capsys: pytest.CaptureFixture[str], temporary: Path, programs: Path
) -> None:
    (programs / "kube-apiserver").write_text("#!/bin/sh\nexit 1\n")
    assert f"APIM_TOOLS={programs}: its kube-apiserver does not run" in refused(capsys, temporary, "--cluster")
