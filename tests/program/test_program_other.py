"""Programs that share nothing with this project."""

import ipaddress
import json
import shutil
import textwrap
from pathlib import Path

import pytest
from conftest import Apim

PROGRAM = Path(__file__).with_name("other_program")

MASK = {"secret": True}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Copy the program: what Python caches beside it is not to lie in this project."""
    return Path(shutil.copytree(PROGRAM, tmp_path / "shop"))


def test_another_program_is_rehearsed(apim: Apim, folder: Path, tmp_path: Path) -> None:
    graph = tmp_path / "graph.json"
    ran = apim("rehearse", "test", "--program", folder, "--graph", graph, "--json")
    report = ran.json
    assert [f for f in report["findings"] if f["severity"] == "error"] == []
    assert ran.code == 0
    assert report["packages"] == {"aws": 6, "kubernetes": 3}
    assert report["steps"]["repeat"] == {"same": report["resources"]}
    assert report["steps"]["destroy"] == {"delete": report["resources"]}
    document = json.loads(graph.read_text(encoding="utf-8"))
    resources = {(r["type"], r["name"]): r for r in document["resources"]}
    instance = resources["aws:ec2/instance:Instance", "shop"]
    assert instance["inputs"]["subnetId"] == resources["aws:ec2/subnet:Subnet", "shop-a"]["id"]
    assert instance["source"].startswith("__main__.py:")
    assert ipaddress.ip_address(document["exports"]["address"]) in ipaddress.ip_network("10.90.1.0/24")
    secret = resources["kubernetes:core/v1:Secret", "shop"]
    assert secret["inputs"]["stringData"] in (MASK, {"password": MASK, "bucket": document["exports"]["bucket"]})
    assert "rehearsed-secret-" not in graph.read_text(encoding="utf-8") + ran.out
    assert {name for type_, name in resources if type_.startswith("pulumi:providers:")} >= {
        provider["provider"].split("::")[-2] for provider in resources.values() if provider["provider"]
    }


def test_what_the_cloud_refuses_is_named_with_the_users_own_line(apim: Apim, folder: Path) -> None:
    program = folder / "__main__.py"
    text = program.read_text(encoding="utf-8")
    wrong = text.replace('"10.90.1.0/24"', '"10.91.1.0/24"')
    program.write_text(wrong, encoding="utf-8")
    ran = apim("rehearse", "test", "--program", folder, "--json")
    assert ran.code == 1
    (finding,) = [f for f in ran.json["findings"] if f["severity"] == "error"]
    assert finding["rule"] == "aws:InvalidSubnet.Range"
    line = next(number for number, row in enumerate(wrong.splitlines(), 1) if "10.91.1.0/24" in row)
    assert finding["source"] == f"__main__.py:{line}"
    assert "10.91.1.0/24" in finding["message"]
    assert {urn.rpartition("::")[2] for urn in ran.json["skipped"]} >= {"shop"}  # the instance that stands in it


def test_types_that_no_twin_knows_are_listed_by_name_and_count(apim: Apim, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: odd\nruntime: python\n", encoding="utf-8")
    (tmp_path / "Pulumi.test.yaml").write_text("config:\n  aws:region: eu-central-1\n", encoding="utf-8")
    program = """
        import pulumi

        for number in range(3):
            pulumi.CustomResource("docker:index/container:Container", f"web-{number}", {"image": "nginx:1.29.3"})
        pulumi.CustomResource("azure-native:botservice:Bot", "helper", {"location": "westeurope"})
        pulumi.CustomResource("aws:gamelift/fleet:Fleet", "players", {"name": "players"})
        """
    (tmp_path / "__main__.py").write_text(textwrap.dedent(program), encoding="utf-8")
    ran = apim("rehearse", "test", "--program", tmp_path, "--json")
    assert ran.code == 1
    errors = [f for f in ran.json["findings"] if f["severity"] == "error"]
    assert {f["rule"] for f in errors} == {"unknown-type"}
    said = " ".join(f["message"] for f in errors)
    for type_, count in (
        ("docker:index/container:Container", "3 resources"),
        ("azure-native:botservice:Bot", "1 resource "),
        ("aws:gamelift/fleet:Fleet", "1 resource "),
    ):
        assert f"{type_}: {count}" in said
    assert "web-0, web-1, web-2" in said
    shown = apim("rehearse", "test", "--program", tmp_path)
    assert shown.code == 1
    assert "docker:index/container:Container: 3 resources" in shown.out
