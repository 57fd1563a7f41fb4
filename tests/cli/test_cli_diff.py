"""`apim diff` and `apim apis`, and the workflow that is made of them."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from typer.testing import CliRunner

from apim_infra.cli.app import app
from apim_infra.cli.bases import checked_out
from apim_infra.cli.diff_report import LONGEST_MARKDOWN, markdown_of
from apim_infra.planning.api_review import review
from apim_infra.rehearsal.comparison import Comparison, PathChange, ResourceChange, compare
from apim_infra.rehearsal.runner import Program
from apim_infra.rehearsal.stackfile import load_program
from apim_infra.rehearsal.state import Operation
from apim_infra.settings.gateway import GatewayGroup
from apim_infra.settings.violations import SettingsError

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / "examples" / "api-workflow").glob("*.yaml"))
GIT, BASH = shutil.which("git") or "", shutil.which("bash") or ""
IDENTITY = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
}

KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "here",
    "clusters": [{"name": "here", "cluster": {"server": "https://cluster.example.com"}}],
    "contexts": [{"name": "here", "context": {"cluster": "here", "user": "somebody"}}],
    "users": [{"name": "somebody", "user": {"token": "none"}}],
}
BEFORE = (
    f"""
CONFIG = {json.dumps(json.dumps(KUBECONFIG))}
"""
    + """
import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random

random.RandomPet("gone", length=2)
random.RandomPassword("password", length=16)
here = k8s.Provider("here", kubeconfig=CONFIG)
k8s.core.v1.Namespace("settings", metadata={"name": "settings", "labels": {"a.b": "1"}}, opts=pulumi.ResourceOptions(provider=here))
pulumi.export("answer", 41)
"""
)
AFTER = (
    BEFORE.replace("gone", "new")
    .replace("length=16", "length=24")
    .replace('"a.b": "1"', '"a.b": "2"')
    .replace("41", "42")
)


def program(folder: Path, text: str) -> Program:
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: small\nruntime: python\n")
    (folder / "Pulumi.test.yaml").write_text("config: {}\n")
    (folder / "__main__.py").write_text(text)
    return load_program(folder, "test")


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    folder = tmp_path_factory.mktemp("programs")
    return compare(program(folder / "before", BEFORE), program(folder / "after", AFTER))


def of(found: Comparison, name: str) -> ResourceChange:
    (change,) = [each for each in found.changes if each.name == name]
    return change


def test_what_is_added_changed_replaced_and_removed(compared: Comparison) -> None:
    assert compared.counts() == {"create": 1, "update": 1, "replace": 1, "delete": 1}
    assert (of(compared, "new").operation, of(compared, "gone").operation) == (Operation.CREATE, Operation.DELETE)
    assert of(compared, "settings").paths == (PathChange("metadata.labels.a.b", "1", "2"),)
    replaced = of(compared, "password")
    assert (replaced.operation, replaced.replaced_by) == (Operation.REPLACE, ("length",))
    assert PathChange("length", 16, 24) in replaced.paths
    assert compared.exports == (PathChange("answer", 41, 42),)
    assert (compared.before, compared.after) == ((), ())


def test_without_a_state_before_everything_is_new(tmp_path: Path) -> None:
    found = compare(None, program(tmp_path / "after", AFTER))
    assert found.counts() == {"create": 3, "update": 0, "replace": 0, "delete": 0}
    assert found.unchanged == 0


def test_the_same_state_changes_nothing(tmp_path: Path) -> None:
    found = compare(program(tmp_path / "one", BEFORE), program(tmp_path / "two", BEFORE))
    assert (found.changes, found.exports, found.unchanged) == ((), (), 3)


def test_markdown_names_every_resource_and_why_it_is_replaced(compared: Comparison) -> None:
    text = markdown_of(compared, "main", new=False)
    assert "1 added, 1 changed, 1 replaced, 1 removed, 0 stay as they are (test against main)." in text
    assert "| (stack) | replaced | `random:index/randomPassword:RandomPassword` password | `length` |" in text
    assert text.count("```") == 2


def test_markdown_fits_into_a_comment(compared: Comparison) -> None:
    change = of(compared, "settings")
    many = Comparison("test", (change,) * 2000, 0, (), (), ())
    text = markdown_of(many, "main", new=False)
    assert LONGEST_MARKDOWN - 5000 < len(text) < LONGEST_MARKDOWN + 200
    assert "more than a comment can hold" in text
    assert text.count("```") % 2 == 0


# -- the state before ------------------------------------------------------------------------------------------------------------------------


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [GIT, "-c", "commit.gpgsign=false", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **IDENTITY},
    )
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "platform").mkdir(parents=True)
    (folder / "platform" / "file").write_text("committed")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    (folder / "platform" / "file").write_text("changed")
    return folder


def test_a_base_is_a_commit_or_a_folder(repository: Path, tmp_path: Path) -> None:
    for directory, place in ((repository, "platform/file"), (repository / "platform", "file")):
        with checked_out("main", directory) as folder:
            assert (folder / place).read_text() == "committed"
            kept = folder
        assert not kept.exists()
    with checked_out(str(repository), tmp_path) as folder:
        assert (folder / "platform" / "file").read_text() == "changed"
    assert git(repository, "status", "--porcelain").strip() == "M platform/file"


@pytest.mark.parametrize("base", ["nothing", "--output=/dev/null", "main:platform/file"])
def test_anything_else_is_refused(repository: Path, base: str) -> None:
    with pytest.raises(SettingsError) as refused, checked_out(base, repository):
        pass
    (violation,) = refused.value.violations
    assert (violation.path, violation.value) == ("--base", base)


def test_json_and_markdown_are_two_ways_to_print() -> None:
    done = CliRunner().invoke(app, ["diff", "dev", "--json", "--markdown"])
    assert done.exit_code == 2


# -- documents -------------------------------------------------------------------------------------------------------------------------------

GROUPS = [GatewayGroup(name="all", apis=["/"]), GatewayGroup(name="orders", apis=["/orders", "/orders/v2"])]


def document(folder: Path, *paths: str, server: str = "") -> Path:
    file = folder / "api.yaml"
    operation = {"responses": {"200": {"description": "done"}}}
    content: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Orders", "version": "1"},
        "paths": {path: {"get": _with_parameters(path, operation)} for path in paths},
    }
    if server:
        content["servers"] = [{"url": f"https://api.example.com{server}"}]
    file.write_text(yaml.safe_dump(content))
    return file


def _with_parameters(path: str, operation: dict[str, Any]) -> dict[str, Any]:
    names = [part.partition("}")[0] for part in path.split("{")[1:]]
    parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    return {**operation, "parameters": parameters}


def test_the_group_with_the_longest_path_serves(tmp_path: Path) -> None:
    found = review(document(tmp_path, "/orders", "/ordersheet"), GROUPS)
    assert (found.groups, found.problems) == (("orders", "all"), ())
    assert review(document(tmp_path, "/v1", server="/orders"), GROUPS).groups == ("orders",)
    assert review(document(tmp_path, "/v1"), GROUPS, "/orders").groups == ("orders",)
    assert review(document(tmp_path, "/v1"), None).groups == ()


def test_what_leads_nowhere_or_cannot_be_told_apart_is_a_problem(tmp_path: Path) -> None:
    nowhere = review(document(tmp_path, "/customers"), GROUPS[1:])
    assert [problem.fix for problem in nowhere.problems] == ["add the path to the apis of a group"]
    twice = review(document(tmp_path, "/orders/{id}", "/orders/{number}"), GROUPS)
    assert len(twice.problems) == 1
    assert "/orders/{number}" in twice.problems[0].rule


def test_the_command_says_which_documents_hold(tmp_path: Path) -> None:
    good = document(tmp_path, "/orders")
    bad = tmp_path / "bad.yaml"
    bad.write_text("openapi: 3.1.0\n")
    done = CliRunner().invoke(app, ["apis", "validate", str(good), str(bad), "--json"])
    assert done.exit_code == 1
    first, second = json.loads(done.stdout)["documents"]
    assert (first["problems"], first["operations"]) == ([], [{"method": "GET", "path": "/orders"}])
    assert second["problems"]
    assert CliRunner().invoke(app, ["apis", "validate", str(good)]).exit_code == 0


# -- the workflow ----------------------------------------------------------------------------------------------------------------------------


def steps(workflow: Path, job: str) -> list[dict[str, Any]]:
    return yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"][job]["steps"]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_use_commands_and_options_that_exist(workflow: Path) -> None:
    commands = typer.main.get_command(app)
    used = [step["run"] for step in steps(workflow, "review") if step.get("run", "").startswith("apim ")]
    assert [line.split()[1] for line in used] == ["apis", "rehearse", "policy", "diff"]
    for line in used:
        command: Any = commands
        words = line.split()[1:]
        while hasattr(command, "commands"):
            command = command.commands[words.pop(0)]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, line


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_give_no_more_rights_than_they_need(workflow: Path) -> None:
    document_ = yaml.safe_load(workflow.read_text(encoding="utf-8"))
    assert document_["permissions"] == {"contents": "read"}
    assert document_["jobs"]["review"]["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert "id-token" not in document_["jobs"]["review"]["permissions"]
    assert document_["jobs"]["deploy"]["environment"] == "production"


@pytest.mark.slow
def test_a_changed_document_goes_through_the_review(tmp_path: Path) -> None:
    (workflow,) = [path for path in WORKFLOWS if path.stem == "apis"]
    settings = yaml.safe_load(workflow.read_text(encoding="utf-8"))["env"]
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "examples" / settings["STACK"], folder / "examples" / settings["STACK"])
    for name in ("charts", "components", "apim_infra", "policies"):
        (folder / name).symlink_to(ROOT / name)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "Pulumi.yaml", "__main__.py", "examples")
    git(folder, "commit", "--quiet", "-m", "first")
    orders = folder / settings["APIS"] / "orders.yaml"
    content = yaml.safe_load(orders.read_text(encoding="utf-8"))
    content["paths"]["/orders/summary"] = {
        "get": {"operationId": "summary", "summary": "Sums", "responses": {"200": {"description": "Sums"}}}
    }
    orders.write_text(yaml.safe_dump(content, sort_keys=False))

    scratch = tmp_path / "scratch"
    scratch.mkdir()
    path = os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ["PATH"]])
    environment = {**os.environ, **settings, "PATH": path, "BASE": "main", "RUNNER_TEMP": str(scratch)}
    wanted = {"Validate the documents", "Compare it with what is deployed"}
    run = [step for step in steps(workflow, "review") if step.get("name") in wanted]
    assert len(run) == len(wanted)
    for step in run:
        done = subprocess.run(
            [BASH, "-e", "-c", step["run"]], cwd=folder, env=environment, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
    comment = (scratch / "changes.md").read_text(encoding="utf-8")
    assert "added" in comment
    assert "`aws:apigatewayv2/route:Route`" in comment
    assert "summary" in comment
    assert "replaced" not in comment
    assert "removed" not in comment
