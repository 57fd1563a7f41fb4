"""`apim capacity`: the table, the document and the exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest

from apim_infra.cli import main
from apim_infra.cluster.tools import find_tools
from apim_infra.sizing.scenarios import SCENARIOS

ROOT = Path(__file__).parents[2]
ALONE = "--no-cluster"


@pytest.fixture(autouse=True)
def directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(["capacity", *arguments])
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    return int(caught.value.code or 0), printed.out, printed.err


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    code, out, _ = run(capsys, *arguments, "--json")
    found = json.loads(out)
    assert found["exit"] == code
    return found


def test_a_stack_that_fits_exits_0_with_a_row_for_each_scenario_of_each_pool(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, _ = run(capsys, "dev", ALONE)
    assert code == 0
    rows = [line for line in out.splitlines() if line.rstrip().endswith("fits")]
    assert len(rows) == 3 * len(SCENARIOS)
    assert "dev fits. It must stand a rolling update. By the arithmetic alone" in out


def test_a_pool_that_is_too_small_names_pods_reason_and_setting(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "dev", ALONE, "--set", "cluster.pools.user.max=2")
    assert code == 1
    assert "gateway-default without a node (0/2 nodes are available: 2 Insufficient cpu)" in out
    assert "fix: cluster.pools.user.max: 4" in out
    assert "does not fit" in out


def test_a_loss_that_the_tier_does_not_ask_for_is_only_noted(capsys: pytest.CaptureFixture[str]) -> None:
    small = ("cluster.pools.monitoring.max=1", "cluster.pools.monitoring.min=1")
    given = ["dev", ALONE, "--scenario", "node-drain", *(part for each in small for part in ("--set", each))]
    noted = document(capsys, *given)
    refused = document(capsys, *given, "--set", 'sizing.survive=["node"]')
    assert (noted["exit"], refused["exit"]) == (0, 1)
    assert {each["severity"] for each in noted["findings"]} == {"note"}
    assert {each["severity"] for each in refused["findings"]} == {"error"}


def test_the_document_has_every_case_and_the_least_that_would_do(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "stg", ALONE)
    assert found["required"] == ["steady", "rolling-update", "node-drain"]
    assert {case["scenario"] for case in found["arithmetic"]} == set(SCENARIOS)
    assert {case["case"] for case in found["arithmetic"] if case["scenario"] == "zone-lost"} == {
        "eu-west-1a",
        "eu-west-1b",
        "eu-west-1c",
    }
    assert all(pool["least"] <= pool["max"] for pool in found["pools"].values())
    assert (found["scheduler"], found["scheduler_skipped"]) == ([], "not asked for")


def test_a_scenario_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "dev", ALONE, "--scenario", "steady", "--scenario", "zone-lost")
    assert {case["scenario"] for case in found["arithmetic"]} == {"steady", "zone-lost"}


@pytest.mark.parametrize(
    "arguments", [("dev", "--scenario", "flood"), ("nothing",), ("dev", "--set", "cluster.pools.user.size=tiny")]
)
def test_bad_input_exits_2(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    assert run(capsys, *arguments, ALONE)[0] == 2


def test_without_tools_the_scheduler_is_skipped_or_refused_with_the_reason(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("APIM_TOOLS", str(tmp_path))
    skipped = document(capsys, "dev")
    assert (skipped["exit"], skipped["scheduler"]) == (0, [])
    assert skipped["scheduler_skipped"]
    code, _, err = run(capsys, "dev", "--cluster")
    assert code == 2
    assert err.strip()


@pytest.mark.slow
def test_the_scheduler_is_asked_where_its_programs_are(capsys: pytest.CaptureFixture[str]) -> None:
    if find_tools() is None:
        pytest.skip("needs the programs of a control plane: apim cluster tools")
    found = document(capsys, "dev", "--scenario", "rolling-update")
    assert found["exit"] == 0
    assert [case["fits"] for case in found["scheduler"]] == [True] * 3
    assert [each for each in found["findings"] if each["rule"] == "capacity-differs"] == []
