import shutil
from pathlib import Path

import pytest

from apim_infra.environment import load_environment
from apim_infra.settings.layers import Origin
from apim_infra.settings.program import from_program, to_program
from apim_infra.settings.violations import SettingsError, Violation

ROOT = Path(__file__).parents[2]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for stack in ("dev", "stg", "prd"):
        shutil.copy(ROOT / f"Pulumi.{stack}.yaml", tmp_path)
    return tmp_path


def refusals(stack: str, directory: Path, *overrides: str, file: Path | None = None) -> dict[str, Violation]:
    before = sorted(directory.rglob("*"))
    with pytest.raises(SettingsError) as caught:
        load_environment(stack, directory=directory, file=file, overrides=overrides)
    assert sorted(directory.rglob("*")) == before
    violations = caught.value.violations
    assert all(violation.rule and violation.fix for violation in violations)
    return {violation.path: violation for violation in violations}


@pytest.mark.parametrize("stack", ["dev", "stg", "prd"])
def test_the_stacks_of_the_project_hold(stack: str, directory: Path) -> None:
    environment = load_environment(stack, directory=directory)
    assert environment.settings.tier == stack
    assert environment.file == directory / f"Pulumi.{stack}.yaml"
    assert environment.origins["network.cidr"] is Origin.FILE


def test_the_stacks_are_independent() -> None:
    stacks = [load_environment(stack, directory=ROOT).settings for stack in ("dev", "stg", "prd")]
    assert len({stack.network.cidr for stack in stacks}) == 3
    assert len({stack.company_domain for stack in stacks}) == 3
    assert len({stack.region for stack in stacks}) == 2
    assert [len(stack.cluster.administrators) for stack in stacks] == [1, 1, 1]


def test_the_example_holds() -> None:
    file = ROOT / "examples/aws-minimal/Pulumi.aws-minimal.yaml"
    assert load_environment("aws-minimal", directory=ROOT, file=file).settings.tier == "dev"


@pytest.mark.parametrize("stack", ["nope", "../dev", "", "dev/../dev"])
def test_a_missing_stack_lists_those_there_are(stack: str, directory: Path) -> None:
    violation = refusals(stack, directory)["stack"]
    assert violation.value == stack
    assert "dev, prd, stg" in violation.fix


def test_a_folder_without_stacks_says_so(tmp_path: Path) -> None:
    assert "no stack file" in refusals("dev", tmp_path)["stack"].fix


def test_a_file_that_is_no_yaml_names_file_and_line(directory: Path) -> None:
    file = directory / "Pulumi.dev.yaml"
    file.write_text("config:\n  apim:cloud: [\n", encoding="utf-8")
    (violation,) = refusals("dev", directory).values()
    assert violation.path == str(file)
    assert "line 3" in violation.rule


def test_violations_of_file_models_and_plans_come_at_once(directory: Path) -> None:
    file = directory / "Pulumi.dev.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "extra: 1\n", encoding="utf-8")
    found = refusals("dev", directory, "cluster.pools.user.size=m99.huge", "network.cidr=abc", "ingres.replicas=2")
    assert found.keys() >= {"Pulumi.dev.yaml: extra", "cluster.pools.user.size", "network.cidr", "ingres"}


@pytest.mark.parametrize(
    ("overrides", "path"),
    [
        (["region=eu-nowhere-1"], "region"),
        (["network.zones=5"], "network.zones"),
        (["network.service_cidr=10.16.0.0/20"], "network.cidr"),
        (["network.cidr=10.0.0.0/24"], "network.cidr"),
        (["cluster.pools.user.size=m99.huge"], "cluster.pools.user.size"),
        (["cluster.pools.management.max=1", "cluster.pools.management.min=1"], "cluster.pools.management.max"),
        (["sizing.workload_replicas.bffff=2"], "sizing.workload_replicas.bffff"),
    ],
)
def test_what_no_plan_can_be_made_from_is_refused(overrides: list[str], path: str, directory: Path) -> None:
    assert path in refusals("dev", directory, *overrides)


def test_the_program_is_given_the_file_with_the_command_line(directory: Path) -> None:
    overrides = ["gateway_groups[0].replicas.max=3", "network.zones=3"]
    environment = load_environment("dev", directory=directory, overrides=overrides)
    assert from_program(*to_program(environment.config)).settings == environment.settings


@pytest.mark.parametrize("path", sorted(ROOT.glob("examples/*/Pulumi.*.yaml")), ids=lambda path: path.stem)
def test_an_example_is_found_by_its_name(path: Path) -> None:
    environment = load_environment(path.stem.removeprefix("Pulumi."), directory=ROOT)
    assert environment.file == path


def test_the_stacks_own_file_comes_before_an_example(tmp_path: Path) -> None:
    example = tmp_path / "examples" / "dev"
    example.mkdir(parents=True)
    shutil.copy(ROOT / "Pulumi.dev.yaml", example)
    assert load_environment("dev", directory=tmp_path).file == example / "Pulumi.dev.yaml"
    shutil.copy(ROOT / "Pulumi.dev.yaml", tmp_path)
    assert load_environment("dev", directory=tmp_path).file == tmp_path / "Pulumi.dev.yaml"


def test_an_unknown_stack_is_told_the_stacks_and_examples_that_there_are(directory: Path) -> None:
    shutil.copytree(ROOT / "examples" / "aws-minimal", directory / "examples" / "aws-minimal")
    fix = refusals("nosuch", directory)["stack"].fix
    assert "stacks here are dev, prd, stg" in fix
    assert "aws-minimal" in fix
