"""A program that shares nothing with this project: a network, a machine, a bucket and a Kubernetes deployment."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from apim_infra.cli import main

PROGRAM = Path(__file__).parent / "small_program"


def rehearsed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    with pytest.raises(SystemExit) as end:
        main(["rehearse", "test", "--json", *arguments])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return int(str(end.value.code or 0)), json.loads(captured.out)


def errors(document: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {finding["rule"]: finding for finding in document["findings"] if finding["severity"] == "error"}


def changed(tmp_path: Path, before: str, after: str) -> Path:
    folder = tmp_path / "small_program"
    shutil.copytree(PROGRAM, folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = (folder / "__main__.py").read_text(encoding="utf-8")
    assert before in text
    (folder / "__main__.py").write_text(text.replace(before, after), encoding="utf-8")
    return folder


def test_it_rehearses_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = changed(tmp_path, "", "")
    graph = tmp_path / "graph.json"
    code, document = rehearsed(capsys, "--program", str(folder), "--graph", str(graph))
    assert (code, errors(document)) == (0, {})
    assert document["packages"] == {"aws": 5, "kubernetes": 3}
    assert document["steps"] == {"deploy": {"create": 11}, "repeat": {"same": 11}, "destroy": {"delete": 11}}
    text = graph.read_text(encoding="utf-8")
    assert "AAABAExampleOfAnEncryptedValue" not in text
    assert "rehearsed-secret" not in text
    exports = json.loads(text)["exports"]
    assert exports["address"].startswith("10.0.1.")
    assert exports["bucket"].startswith("pictures-")
    with pytest.raises(SystemExit) as end:
        main(["replay", str(graph)])
    assert end.value.code == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "rule", "named"),
    [
        ('"10.0.1.0/24"', '"10.1.1.0/24"', "aws:InvalidSubnet.Range", "subnet"),
        ('"from_port": 443', '"from_prot": 443', "aws:CheckFailure", "firewall"),
        ('"t3.micro"', '"t3.mikro"', "aws:InvalidParameterValue", "machine"),
        ('"eu-west-1a"', '"us-east-1a"', "aws:InvalidParameterValue", "subnet"),
        (
            "vpc_security_group_ids=[firewall.id]",
            'vpc_security_group_ids=["sg-1"]',
            "aws:InvalidGroup.NotFound",
            "machine",
        ),
        ('"cpu": "100m"', '"cpu": "100x"', "kubernetes:BadRequest", "web"),
        ('{"labels": labels}', '{"labels": {"app": "other"}}', "kubernetes:Invalid", "web"),
        (
            'metadata={"namespace": namespace.metadata.name},\n    spec',
            'metadata={"namespace": "gone"},\n    spec',
            "kubernetes:NotFound",
            "web",
        ),
    ],
)
def test_a_mistake_is_refused_as_the_cloud_would(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, before: str, after: str, rule: str, named: str
) -> None:
    code, document = rehearsed(capsys, "--program", str(changed(tmp_path, before, after)))
    assert code == 1
    found = errors(document)
    assert rule in found, found
    assert found[rule]["urn"].endswith(f"::{named}")
    assert found[rule]["source"].startswith("__main__.py:")


def test_types_that_the_twins_do_not_know_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = 'for name in ("a", "b"):\n    aws.quicksight.Folder(name, folder_id=name)\n'
    code, document = rehearsed(
        capsys, "--program", str(changed(tmp_path, 'pulumi.export("bucket"', more + 'pulumi.export("bucket"'))
    )
    assert code == 1
    message = errors(document)["unknown-type"]["message"]
    assert message == "no twin knows the type aws:quicksight/folder:Folder: 2 resources not rehearsed (a, b)"
