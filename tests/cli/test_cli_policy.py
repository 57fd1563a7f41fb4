"""`apim policy check`, by the real command."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import STACK_FILES, Apim, Rehearsed

from policies.evaluation import evaluate
from policies.pack import POLICIES

STACKS = sorted(STACK_FILES)


@pytest.mark.slow
@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_follows_every_policy(rehearsed: Callable[[str], Rehearsed], stack: str) -> None:
    assert evaluate(rehearsed(stack).graph) == []


@pytest.mark.slow
def test_the_command_checks_the_very_list_of_the_pack(apim: Apim) -> None:
    ran = apim("policy", "check", "dev", "--json")
    assert (ran.code, ran.json["exit"]) == (0, 0)
    assert ran.json["policies"] == [rule.name for rule in POLICIES]
    assert len(ran.json["policies"]) >= 12
    assert [finding for finding in ran.json["findings"] if finding["severity"] == "error"] == []
    assert ran.json["resources"] > 150


@pytest.mark.slow
def test_a_stack_that_breaks_a_policy_exits_1_and_says_what_to_change(apim: Apim, tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(STACK_FILES["dev"].read_text(encoding="utf-8"), encoding="utf-8")
    settings = ("network.flow_logs.enabled=false", "stores.postgresql.backup_retention_days=0")
    ran = apim("policy", "check", "dev", "--file", file, *(word for setting in settings for word in ("--set", setting)))
    assert ran.code == 1
    for policy, resource in (("vpc-flows-recorded", "vpc"), ("store-backed-up", "apim-dev-postgresql-instance")):
        (line,) = [line for line in ran.out.splitlines() if line.startswith("error") and policy in line]
        assert resource in line
    assert ran.out.count("fix: ") >= 2
    assert list(tmp_path.iterdir()) == [file]
