import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, STACK_FILES, Apim, Rehearsed, rehearse_command
from program_support import passwords

from apim_infra.rehearsal.graph import Resource
from apim_infra.rehearsal.graph_file import schema

pytestmark = pytest.mark.slow

STACKS = sorted(STACK_FILES)
MASK = {"secret": True}
KEPT = re.compile(r"-(vault|copies|logs-copy|recovery-keys)-[a-z]+$")

SECRET_INPUTS = {
    "aws:rds/instance:Instance": ("password",),
    "aws:elasticache/replicationGroup:ReplicationGroup": ("authToken",),
    "aws:secretsmanager/secretVersion:SecretVersion": ("secretString",),
    "kubernetes:core/v1:Secret": ("data", "stringData"),
}
"""Where a password goes, by type."""

VARIABLE = re.compile(r"\$env\{[A-Z0-9_]+\}")
"""A reference that the program reads from its environment (WSO2's), where a password would stand."""

SECRET_OUTPUTS = {**SECRET_INPUTS, "random:index/randomPassword:RandomPassword": ("result", "bcryptHash")}

PASSWORD_KEY = re.compile(r"password$|^authtoken$|^secretstring$|^bcrypthash$|^privatekey(pem)?$", re.IGNORECASE)


def test_there_is_a_stack_of_each_environment_and_an_example() -> None:
    assert {"dev", "stg", "prd", "aws-minimal"} <= set(STACKS)


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest, rehearsed: Callable[[str], Rehearsed]) -> Rehearsed:
    return rehearsed(request.param)


def test_it_is_clean(stack: Rehearsed) -> None:
    assert [finding for finding in stack.report["findings"] if finding["severity"] == "error"] == []
    assert (stack.code, stack.report["exit"]) == (0, 0)


def test_a_second_run_changes_nothing_and_destroy_leaves_nothing(stack: Rehearsed) -> None:
    steps = stack.report["steps"]
    count, read = len(stack.graph.resources), sum(resource.external for resource in stack.graph.resources)
    brought = {"read": read} if read else {}
    assert steps["deploy"] == {"create": count - read, **brought}
    assert steps["repeat"] == {"same": count - read, **brought}
    kept = steps["destroy"].pop("retain", 0)
    assert steps["destroy"] == {"delete": count - kept}
    assert kept == len(stack.report["retained"])


def test_only_backups_and_what_opens_them_outlive_a_protected_stack(stack: Rehearsed) -> None:
    """Vaults and buckets of copies with what guards them, and the keys of the recovery region."""
    kept = {urn.rpartition("::")[2] for urn in stack.report["retained"]}
    assert {name for name in kept if not KEPT.search(name)} == set()
    protected = any(resource.protect for resource in stack.graph.resources)
    assert bool(kept) <= protected


def test_its_graph_has_the_documented_form_and_no_urn_twice(stack: Rehearsed) -> None:
    assert list(schema().iter_errors(stack.graph.to_json())) == []
    assert [urn for urn, count in Counter(r.urn for r in stack.graph.resources).items() if count > 1] == []
    assert len(stack.graph.resources) == stack.report["resources"]


def test_no_secret_is_in_clear(stack: Rehearsed) -> None:
    generated = passwords(stack.graph)
    assert len(generated) >= 4, "the least has a password and its hash in Redis and in one release"
    assert min(len(word) for word in generated) >= 16
    said = stack.text + repr(stack.report)
    assert [word for word in generated if word in said] == []
    assert "rehearsed-secret-" not in said


def test_every_place_of_a_password_is_masked(stack: Rehearsed) -> None:
    checked = 0
    made = sum(resource.type == "random:index/randomPassword:RandomPassword" for resource in stack.graph.resources)
    for resource in stack.graph.resources:
        for part, known in ((resource.inputs, SECRET_INPUTS), (resource.outputs, SECRET_OUTPUTS)):
            for key in known.get(resource.type, ()):
                if key in part:
                    assert part[key] == MASK, (resource.urn, key)
                    checked += 1
        shown = dict(_password_texts({"inputs": resource.inputs, "outputs": resource.outputs}))
        assert shown == {}, resource.urn
    assert checked > 2 * made >= 4, "each password's result and hash, and the secrets that carry it"


def test_it_does_not_depend_on_where_the_project_lies(stack: Rehearsed) -> None:
    assert str(ROOT) not in stack.text


def test_the_exports_hold_no_secret(stack: Rehearsed) -> None:
    assert "password" not in str(stack.graph.exports).lower()
    name = str(stack.graph.exports["cluster_name"])
    if stack.graph.stack.endswith("bring-your-own"):
        assert name == "company"
    else:
        # On Azure a name has digits of its own at its end, so that a new cluster can be built before the old one goes.
        assert name.startswith(f"apim-{stack.graph.stack}")


@pytest.mark.parametrize("stack", ["prd", "axway-on-azure"])
def test_two_rehearsals_with_one_seed_give_the_same_bytes(
    rehearsed: Callable[[str], Rehearsed], stack: str, apim: Apim, tmp_path: Path
) -> None:
    again = rehearse_command(apim, stack, tmp_path / "again.json")
    assert again.text == rehearsed(stack).text


def test_another_seed_makes_other_identifiers_and_the_same_platform(
    rehearsed: Callable[[str], Rehearsed], apim: Apim, tmp_path: Path
) -> None:
    one, other = rehearsed("dev"), rehearse_command(apim, "dev", tmp_path / "other.json", ["--seed", "7"])
    assert (other.code, other.graph.seed) == (0, 7)
    assert _shape(other.graph.resources) == _shape(one.graph.resources)
    assert other.graph.exports["vpc_id"] != one.graph.exports["vpc_id"]


def _shape(resources: list[Resource]) -> list[tuple[str, list[str]]]:
    return [(resource.urn, resource.dependencies) for resource in resources]


def _password_texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Find texts under keys that name a password; names of keys and of secrets (`passwordKey`, `secretName`) do not end so."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if PASSWORD_KEY.search(key) and isinstance(item, str) and item and not VARIABLE.fullmatch(item):
                yield f"{path}.{key}", item
            yield from _password_texts(item, f"{path}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _password_texts(item, f"{path}[{index}]")
