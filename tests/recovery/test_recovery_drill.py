"""Production, lost in one region and rebuilt in the other."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Apim, Rehearsed

from apim_infra.environment import load_environment
from apim_infra.platform import deploy
from apim_infra.recovery.drill import named_regions
from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.testing import Recording, record
from apim_infra.settings.program import to_program

pytestmark = pytest.mark.slow

LOST, SAFE = "eu-central-1", "eu-west-1"
REBUILT = f"prd-{SAFE}"
RESTORED = ["mariadb", "postgresql", "gateway_postgresql"]


@dataclass(frozen=True)
class Rebuilt:
    report: dict[str, Any]
    file: Path
    recording: Recording
    lost: Graph


@pytest.fixture(scope="module")
def rebuilt(rehearsed: Callable[[str], Rehearsed], apim: Apim, tmp_path_factory: pytest.TempPathFactory) -> Rebuilt:
    """Rebuild production by the command, from what the lost stack exported."""
    folder = tmp_path_factory.mktemp("rebuilt")
    outputs = folder / "outputs.json"
    lost = rehearsed("prd").graph
    outputs.write_text(json.dumps(lost.exports), encoding="utf-8")
    ran = apim("recovery", "rebuild", "prd", "--region", SAFE, "--outputs", outputs, "--emit", folder, "--json")
    assert ran.code == 0, ran.out
    file = folder / f"Pulumi.{REBUILT}.yaml"
    values, secret_keys = to_program(load_environment(REBUILT, directory=ROOT, file=file).config)
    recording = record(deploy, stack=REBUILT, config=values, secret_keys=secret_keys)
    return Rebuilt(ran.json, file, recording, lost)


def test_it_rehearses_clean(rebuilt: Rebuilt) -> None:
    assert rebuilt.recording.errors == []
    report = rebuilt.report
    assert [finding for finding in report["findings"] if finding["severity"] == "error"] == []
    assert (report["exit"], report["stack"], report["drill"]) == (0, REBUILT, False)
    assert report["restored"] == RESTORED
    assert report["file"] == str(rebuilt.file)
    assert report["resources"] == len(rebuilt.recording.graph.resources)


def test_nothing_names_the_lost_region(rebuilt: Rebuilt) -> None:
    assert LOST not in rebuilt.file.read_text(encoding="utf-8")
    assert named_regions(rebuilt.recording.graph, LOST) == []
    naming = [r.urn for r in rebuilt.recording.graph.resources for _, text in texts(r.inputs) if LOST in text]
    assert naming == []


def test_a_name_of_the_lost_region_would_be_found(rebuilt: Rebuilt) -> None:
    (database, *_) = databases(rebuilt.recording.graph)
    planted = Resource(
        **{
            **{field: getattr(database, field) for field in database.__slots__},
            "inputs": {"tags": [{"home": f"{LOST}a"}]},
        }
    )
    (finding,) = named_regions(Graph("x", resources=[planted]), LOST)
    assert (finding.severity, finding.urn) == ("error", database.urn)
    assert "tags[0].home" in finding.message


def test_every_database_is_restored_from_the_copies_of_its_own_backups(rebuilt: Rebuilt) -> None:
    backups = rebuilt.lost.exports["backups"]
    assert all(f":rds:{SAFE}:" in arn for arn in backups.values())
    primaries = [d for d in databases(rebuilt.recording.graph) if "replicateSourceDb" not in d.inputs]
    restored = {
        database.name.removeprefix(f"apim-{REBUILT}-").removesuffix("-instance"): database for database in primaries
    }
    assert set(restored) == {"mariadb", "postgresql", "gateway-postgresql"}
    for name, database in restored.items():
        source = database.inputs["restoreToPointInTime"]
        assert source["sourceDbInstanceAutomatedBackupsArn"] == backups[name.replace("-", "_")]
        assert source["useLatestRestorableTime"] is True
        # What it was restored from must not make a later run replace it.
        assert {"restoreToPointInTime", "snapshotIdentifier"} <= set(database.ignore_changes)


def test_the_public_zone_survives_its_region(rebuilt: Rebuilt) -> None:
    zones = [r for r in rebuilt.recording.graph.resources if r.type == "aws:route53/zone:Zone" and r.custom]
    public = [zone for zone in zones if not zone.inputs.get("vpcs")]
    assert [(zone.external, zone.id) for zone in public] == [(True, rebuilt.lost.exports["public_zone_id"])]
    records = {
        record.inputs["name"]
        for record in rebuilt.recording.graph.resources
        if record.type == "aws:route53/record:Record" and record.inputs["zoneId"] == public[0].id
    }
    assert records == {"api.example.com", "developers.example.com"}


def test_it_is_the_same_platform_but_for_the_copies(rebuilt: Rebuilt) -> None:
    """Types and number of resources, with names that do not tell the stack or its zones."""
    here, there = (kinds(graph) for graph in (rebuilt.lost, rebuilt.recording.graph))
    assert there == here


def test_images_come_from_their_copies_and_the_file_says_what_else_is_there(rebuilt: Rebuilt) -> None:
    exports = rebuilt.lost.exports
    (release,) = [r for r in rebuilt.recording.graph.resources if r.name == f"apim-{REBUILT}-apim-release"]
    assert f"{SAFE}.amazonaws.com/apim-prd" in exports["image_copies"]
    assert exports["image_copies"] in json.dumps(release.inputs["values"])
    beside = " ".join(rebuilt.report["beside"])
    for place in (exports["image_copies"], exports["log_bucket_copy"], exports["backup_vaults"][SAFE]):
        assert place in beside
    text = rebuilt.file.read_text(encoding="utf-8")
    assert all(f"# {line}" in text for line in rebuilt.report["beside"])
    assert exports["backup_vaults"][LOST] not in text


def test_what_daily_backups_lose_is_a_warning(rebuilt: Rebuilt) -> None:
    warned = [f for f in rebuilt.report["findings"] if f["rule"] == "recovery-point"]
    assert [finding["severity"] for finding in warned] == ["warning"]
    assert "developer portal" in warned[0]["message"]


def test_the_rebuilt_platform_is_rehearsed_by_its_file_too(rebuilt: Rebuilt, apim: Apim) -> None:
    ran = apim("explain", REBUILT, "recovery", "--file", rebuilt.file, "--json")
    assert ran.code == 0
    shown = {row["path"]: row["value"] for row in ran.json["settings"]}
    assert shown["recovery.restore.mariadb.automated_backups"] == rebuilt.lost.exports["backups"]["mariadb"]
    assert shown["recovery.region"] is None


def test_a_drill_needs_no_outputs_and_writes_nothing(apim: Apim, tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.lost.yaml"
    content = (ROOT / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    file.write_text(content + "  apim:recovery: {region: eu-north-1}\n", encoding="utf-8")
    ran = apim("recovery", "rebuild", "lost", "--region", "eu-north-1", "--file", file)
    assert ran.code == 0, ran.err
    assert "apim:region: eu-north-1" in ran.out
    assert ran.out.count("automated_backups: arn:aws:rds:eu-north-1:") == 3
    assert "rehearsed clean" in ran.out
    assert list(tmp_path.iterdir()) == [file]


def test_nothing_is_written_unless_everything_holds(apim: Apim, rebuilt: Rebuilt, tmp_path: Path) -> None:
    file, outputs, folder = tmp_path / "Pulumi.lost.yaml", tmp_path / "outputs.json", tmp_path / "emitted"
    content = (ROOT / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    strict = "{region: eu-north-1, point_objective_minutes: 1}"  # copies of backups are older than that
    file.write_text(f"{content}  apim:recovery: {strict}\n", encoding="utf-8")
    backups = {name: arn.replace(SAFE, "eu-north-1") for name, arn in rebuilt.lost.exports["backups"].items()}
    outputs.write_text(json.dumps({"backups": backups}), encoding="utf-8")
    folder.mkdir()
    command = ["recovery", "rebuild", "lost", "--region", "eu-north-1", "--file", file, "--outputs", outputs]
    ran = apim(*command, "--emit", folder, "--json")
    assert (ran.code, ran.json["exit"], ran.json["file"]) == (1, 1, None)
    assert [f["rule"] for f in ran.json["findings"] if f["severity"] == "error"] == ["recovery-point"]
    assert list(folder.iterdir()) == []


def databases(graph: Graph) -> list[Resource]:
    return [resource for resource in graph.resources if resource.type == "aws:rds/instance:Instance"]


COPIES = re.compile(r"-(backups|recovery-keys|copies|registry-copies|logs-copy|logs-replication)(-|$)")
"""Names of what holds the copies in the recovery region, which the rebuilt platform has not."""


def kinds(graph: Graph) -> Counter[str]:
    return Counter(resource.type for resource in graph.resources if not COPIES.search(resource.name))


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts(item, f"{path}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts(item, f"{path}[{index}]")
