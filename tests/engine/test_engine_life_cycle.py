"""The real engine plays stacks against the very twins of a rehearsal: what it recorded must be what the rehearsal recorded."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from apim_infra.environment import Environment, load_environment
from apim_infra.own_program import own_program
from apim_infra.rehearsal.existing import existing_file, furnish, read_existing
from apim_infra.rehearsal.graph import Graph
from apim_infra.rehearsal.lifecycle import rehearse
from apim_infra.rehearsal.packages import packages
from apim_infra.rehearsal.provider_server import served

ROOT = Path(__file__).parents[2]
STACKS = ("dev", "aws-integrated-cloud", "aws-bring-your-own", "azure-standard", "axway-on-azure")
"""Those without encrypted settings, which only their owners can decrypt."""
PACKAGES = ("aws", "azure-native", "kubernetes", "random", "tls")
MINUTES = 10 * 60

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (shutil.which("pulumi") and shutil.which("pulumi-language-python")),
        reason="pulumi and its Python language host are not on the PATH",
    ),
]


@dataclass
class Played:
    """What the engine did, command by command."""

    ends: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)
    state: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture(scope="module", params=STACKS)
def environment(request: pytest.FixtureRequest) -> Environment:
    return load_environment(request.param, directory=ROOT)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, environment: Environment) -> Played:
    work = tmp_path_factory.mktemp("engine") / "project"
    shutil.copytree(ROOT, work, ignore=shutil.ignore_patterns(".git", ".venv", "tests"))
    (work / ".venv").symlink_to(ROOT / ".venv")
    if environment.file.parent != ROOT:
        shutil.copy(environment.file, work)
    backend = tmp_path_factory.mktemp("state")
    variables = {
        **os.environ,
        "PULUMI_BACKEND_URL": f"file://{backend}",
        "PULUMI_HOME": str(tmp_path_factory.mktemp("home")),
        "PULUMI_CONFIG_PASSPHRASE": "for a test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    twins = packages(0)
    described = existing_file(environment.file, environment.stack)
    furnish(read_existing(described) if described else (), twins)
    result = Played()
    with served({name: (twins[name], version(f"pulumi-{name}")) for name in PACKAGES}) as providers:
        variables["PULUMI_DEBUG_PROVIDERS"] = providers

        def pulumi(step: str, *arguments: str) -> subprocess.CompletedProcess[str]:
            command = ["pulumi", *arguments, "--stack", environment.stack, "--non-interactive"]
            result.ends[step] = subprocess.run(
                command, cwd=work, env=variables, capture_output=True, text=True, timeout=MINUTES, check=False
            )
            return result.ends[step]

        initialised = ["pulumi", "stack", "init", environment.stack, "--non-interactive"]
        subprocess.run(initialised, cwd=work, env=variables, check=True, capture_output=True)
        up = ("up", "--yes", "--skip-preview", "--suppress-progress")
        pulumi("preview", "preview", "--policy-pack", "policies")
        pulumi("up", *up)
        result.state = json.loads(pulumi("export", "stack", "export").stdout)["deployment"]["resources"]
        pulumi("again", *up)
        pulumi("unprotect", "state", "unprotect", "--all", "--yes")
        pulumi("destroy", "destroy", "--yes", "--skip-preview", "--suppress-progress")
    return result


@pytest.fixture(scope="module")
def rehearsed(environment: Environment) -> Graph:
    return rehearse(own_program(environment, ROOT)).graph


def test_every_command_succeeds(played: Played) -> None:
    failed = {step: end.stdout[-2000:] + end.stderr[-2000:] for step, end in played.ends.items() if end.returncode}
    assert not failed


def test_a_second_up_changes_nothing(played: Played) -> None:
    """What is only read is counted apart, and default providers are not counted."""
    made = sum(not resource.get("external", False) for resource in played.state)
    default = sum("::pulumi:providers:" in each["urn"] and "::default_" in each["urn"] for each in played.state)
    assert f"{made - default} unchanged" in played.ends["again"].stdout


def test_the_policy_pack_passes_under_the_cli(played: Played) -> None:
    assert "apim@" in played.ends["preview"].stdout
    assert "mandatory" not in played.ends["preview"].stdout.lower()


def test_urns_and_structure_are_the_engines(played: Played, rehearsed: Graph) -> None:
    engine = {resource["urn"]: resource for resource in played.state}
    ours = {resource.urn: resource for resource in rehearsed.resources}
    assert sorted(ours) == sorted(engine)
    for urn, resource in ours.items():
        theirs = engine[urn]
        assert resource.parent == theirs.get("parent", ""), urn
        assert resource.protect == theirs.get("protect", False), urn
        assert resource.deleted_with == theirs.get("deletedWith", ""), urn
        assert sorted(resource.dependencies) == sorted(theirs.get("dependencies") or []), urn
        assert _named(resource.property_dependencies) == _named(theirs.get("propertyDependencies") or {}), urn
        assert resource.provider.rpartition("::")[0] == theirs.get("provider", "").rpartition("::")[0], urn


def _named(dependencies: Mapping[str, list[str] | None]) -> dict[str, list[str]]:
    return {key: sorted(urns) for key, urns in dependencies.items() if urns}
