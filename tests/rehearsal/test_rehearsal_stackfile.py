"""Project and stack files, as the CLI reads them."""

import json
from pathlib import Path

import pytest
from rehearsal_fakes import write_program

from apim_infra.rehearsal.runner import Program
from apim_infra.rehearsal.stackfile import PLACEHOLDER, load_program
from apim_infra.settings.violations import SettingsError

PROJECT = """
name: small
runtime: {name: python, options: {virtualenv: venv}}
config:
  greeting: hello
  aws:region: eu-west-1
  count: {type: integer, default: 3}
  token: {value: abc, secret: true}
  required: {type: string}
"""

STACK = """
encryptionsalt: v1:abc
config:
  small:plain: text
  bare: on
  small:config:old: 2026-01-01
  small:number: 1.50
  small:whole: 007
  small:flag: true
  small:empty:
  small:tree: {b: [1, yes, 2.5, null], a: {c: d}}
  small:password: {secure: AAAA}
  small:nested: {user: admin, keys: [{secure: AAAA}, {secure: BBBB}]}
  greeting: good day
"""


def load(folder: Path, *overrides: str, stack: str = STACK, project: str = PROJECT) -> Program:
    write_program(folder, "", stack=stack, project=project)
    return load_program(folder, "test", overrides=overrides)


def test_values_become_texts_as_pulumi_makes_them(tmp_path: Path) -> None:
    program = load(tmp_path)
    config = dict(program.config)
    assert config.pop("small:password").startswith(PLACEHOLDER)
    assert config.pop("small:token").startswith(PLACEHOLDER)
    nested = json.loads(config.pop("small:nested"))
    assert nested["user"] == "admin"
    first, second = nested["keys"]
    assert first.startswith(PLACEHOLDER)
    assert first != second
    assert config == {
        "aws:region": "eu-west-1",
        "small:bare": "on",
        "small:count": "3",
        "small:empty": "",
        "small:flag": "true",
        "small:greeting": "good day",
        "small:number": "1.5",
        "small:old": "2026-01-01",
        "small:plain": "text",
        "small:tree": '{"a":{"c":"d"},"b":[1,"yes",2.5,null]}',
        "small:whole": "007",
    }
    assert program.secret_keys == {"small:password", "small:nested", "small:token"}
    assert (program.project, program.stack, program.entry) == ("small", "test", ".")


def test_overrides_win_at_every_depth(tmp_path: Path) -> None:
    program = load(
        tmp_path,
        "plain=other",
        "tree.a.c=e",
        "tree.b[1]=5",
        "tree.new.deep=true",
        "aws:region=us-east-1",
        "small:flag=false",
        "fresh[1]=x",
    )
    assert program.config["small:plain"] == "other"
    assert json.loads(program.config["small:tree"]) == {"a": {"c": "e"}, "b": [1, 5, 2.5, None], "new": {"deep": True}}
    assert program.config["aws:region"] == "us-east-1"
    assert program.config["small:flag"] == "false"
    assert program.config["small:fresh"] == '[null,"x"]'


def test_a_structure_kept_as_text_can_be_overridden(tmp_path: Path) -> None:
    program = load(tmp_path, "tree.a=2", stack='config:\n  small:tree: \'{"a": 1, "b": 2}\'\n')
    assert json.loads(program.config["small:tree"]) == {"a": 2, "b": 2}


def test_the_main_of_a_project_is_a_folder_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "__main__.py").write_text("", encoding="utf-8")
    (tmp_path / "infra" / "app.py").write_text("", encoding="utf-8")
    folder = load(tmp_path, project="name: p\nruntime: python\nmain: infra\n", stack="config: {}\n")
    assert (folder.directory.name, folder.entry) == ("infra", ".")
    file = load(tmp_path, project="name: p\nruntime: python\nmain: infra/app.py\n", stack="config: {}\n")
    assert (file.directory.name, file.entry) == ("infra", "app.py")


@pytest.mark.parametrize(
    ("project", "stack", "overrides", "path", "rule"),
    [
        ("name: p\nruntime: nodejs\n", "", [], "Pulumi.yaml: runtime", "must be python"),
        ("runtime: python\n", "", [], "Pulumi.yaml: name", "is required"),
        ("name: p\nruntime: python\nmain: gone.py\n", "", [], "Pulumi.yaml: main", "does not exist"),
        ("", "- a\n- b\n", [], "test.yaml", "must be a map"),
        ("", "config: [1]\n", [], "config", "must be a map of settings"),
        ("", "a: [\n", [], "test.yaml", "is no YAML (line"),
        ("", "environment: [prod]\n", [], "environment", "cannot be resolved"),
        ("", "", ["nonsense"], "--set", "must be path=value"),
    ],
)
def test_wrong_files_are_refused(
    tmp_path: Path, *, project: str, stack: str, overrides: list[str], path: str, rule: str
) -> None:
    write_program(tmp_path, "", project=project, stack=stack)
    with pytest.raises(SettingsError) as error:
        load_program(tmp_path, "test", overrides=overrides)
    [violation] = error.value.violations
    assert path in violation.path
    assert violation.rule.startswith(rule)
    assert violation.fix


def test_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"has no Pulumi\.yaml"):
        load_program(tmp_path, "test")
    write_program(tmp_path, "")
    with pytest.raises(SettingsError) as error:
        load_program(tmp_path, "gone")
    assert error.value.violations[0].fix == "stacks here are test"
    with pytest.raises(SettingsError, match="cannot be read"):
        load_program(tmp_path, "test", file=tmp_path / "gone.yaml")
    (tmp_path / "__main__.py").unlink()
    with pytest.raises(SettingsError, match=r"has no __main__\.py"):
        load_program(tmp_path, "test")
