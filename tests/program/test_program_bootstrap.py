"""The program that makes the place for Pulumi's state."""

import json
import re
from pathlib import Path

import pytest
from conftest import ROOT, Apim

PROGRAM = ROOT / "bootstrap"


@pytest.fixture(scope="module")
def graph(apim: Apim, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    file = tmp_path_factory.mktemp("bootstrap") / "graph.json"
    ran = apim("rehearse", "state", "--program", PROGRAM, "--graph", file, "--json")
    assert [f for f in ran.json["findings"] if f["severity"] != "info"] == []
    assert ran.code == 0
    count = ran.json["resources"]
    assert ran.json["steps"] == {"deploy": {"create": count}, "repeat": {"same": count}, "destroy": {"delete": count}}
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.slow
def test_it_lies_in_no_region_that_a_platform_runs_or_recovers_in(graph: dict[str, object]) -> None:
    taken = {
        region
        for file in ROOT.glob("Pulumi.*.yaml")
        for region in re.findall(r"region: ([a-z]+-[a-z]+-\d)", file.read_text(encoding="utf-8"))
    }
    resources = graph["resources"]
    assert isinstance(resources, list)
    own = {resource["inputs"]["region"] for resource in resources if "region" in resource["inputs"]}
    assert len(own) == 2
    assert len(taken) >= 2
    assert taken.isdisjoint(own)


def test_it_says_where_to_log_in_and_how_secrets_are_encrypted_in_both_regions(graph: dict[str, object]) -> None:
    exports = graph["exports"]
    assert isinstance(exports, dict)
    for prefix, region in (("", "eu-north-1"), ("copy_", "eu-west-3")):
        assert re.fullmatch(rf"s3://[a-z0-9-]+\?region={region}&awssdk=v2", exports[f"{prefix}login"])
        assert exports[f"{prefix}secrets_provider"] == f"awskms://alias/apim-state?region={region}&awssdk=v2"
    assert exports["login"].partition("?")[0] != exports["copy_login"].partition("?")[0]
    assert exports["pipeline_policy_arn"].startswith("arn:aws:iam::")


def test_two_copies_in_one_region_are_refused(apim: Apim, tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.state.yaml"
    text = (PROGRAM / "Pulumi.state.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("eu-west-3", "eu-north-1"), encoding="utf-8")
    ran = apim("rehearse", "state", "--program", PROGRAM, "--file", file)
    assert ran.code == 1
    assert "is the bucket's own region" in ran.out
