"""The components of both clouds read as twins: the same files, classes and outputs, and neither knows the other."""

import ast
import importlib
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pulumi
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TABLE: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("cloud_shapes.yaml").read_text(encoding="utf-8"))
CLOUDS = ("aws", "azure")


def modules(cloud: str) -> set[str]:
    return {path.stem for path in (ROOT / "components" / cloud).glob("*.py")} - {"__init__"}


def module(cloud: str, name: str) -> ModuleType:
    return importlib.import_module(f"components.{cloud}.{name}")


def classes(found: ModuleType) -> dict[str, type]:
    return {
        name: member
        for name, member in vars(found).items()
        if inspect.isclass(member) and member.__module__ == found.__name__
        if issubclass(member, pulumi.ComponentResource)
    }


def outputs(component: type) -> set[str]:
    """Return the documented attributes of a component."""
    return {name for name in component.__annotations__ if not name.startswith("_")}


SHARED = sorted(modules("aws") & modules("azure"))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_file_of_one_cloud_alone_says_why(cloud: str) -> None:
    assert set(TABLE["files_of_one_cloud"][cloud]) == modules(cloud) - set(SHARED)
    assert all(TABLE["files_of_one_cloud"][cloud].values())


def test_files_of_both_clouds_have_the_same_classes() -> None:
    both = {name: {cloud: sorted(classes(module(cloud, name))) for cloud in CLOUDS} for name in SHARED}
    assert {name: found for name, found in both.items() if found["aws"] != found["azure"]} == TABLE["classes"]


def pairs() -> Iterator[tuple[str, str]]:
    for name in SHARED:
        aws, azure = (classes(module(cloud, name)) for cloud in CLOUDS)
        yield from ((name, found) for found in aws if found in azure)


def test_every_difference_between_outputs_is_in_the_table() -> None:
    found: dict[str, dict[str, list[str]]] = {}
    for name, component in pairs():
        aws, azure = (outputs(classes(module(cloud, name))[component]) for cloud in CLOUDS)
        alone = {"aws": sorted(aws - azure), "azure": sorted(azure - aws)}
        if any(alone.values()):
            found[component] = {cloud: names for cloud, names in alone.items() if names}
    assert found == {name: {c: row[c] for c in CLOUDS if c in row} for name, row in TABLE["outputs"].items()}
    assert all(row["why"] for row in TABLE["outputs"].values())


@pytest.mark.parametrize(("name", "component", "shape"), TABLE["shapes"])
def test_what_others_are_given_has_the_same_shape(name: str, component: str, shape: str) -> None:
    """The outputs on which the program and the components in Kubernetes rest are of one type on both clouds."""
    for cloud in CLOUDS:
        text = inspect.getsource(classes(module(cloud, name))[component])
        assert shape in text, cloud


@pytest.mark.parametrize("cloud", CLOUDS)
def test_neither_cloud_imports_the_other(cloud: str) -> None:
    (other,) = set(CLOUDS) - {cloud}
    sdk = {"aws": "pulumi_aws", "azure": "pulumi_azure_native"}[other]
    for path in (ROOT / "components" / cloud).glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        named |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert not [each for each in named if each.startswith((f"components.{other}", sdk))], path.name


LOADED = """
import sys
sys.path.insert(0, "tests/program")
from program_support import record_stack
recording = record_stack("{stack}")
assert recording.errors == [], recording.errors
print("\\n".join(sorted(sys.modules)))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stack", "strange"),
    [
        (
            "azure-standard",
            ("pulumi_aws", "components.aws", "apim_infra.platform.aws", "apim_infra.rehearsal.twins.aws"),
        ),
        (
            "dev",
            (
                "pulumi_azure_native",
                "components.azure",
                "apim_infra.platform.azure",
                "apim_infra.rehearsal.twins.azure",
            ),
        ),
    ],
)
def test_a_rehearsal_of_one_cloud_loads_nothing_of_the_other(stack: str, strange: tuple[str, ...]) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LOADED.format(stack=stack)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert not [name for name in ended.stdout.split() if name.startswith(strange)]
