"""The recorded graph and its documented form."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from rehearsal_fakes import FakeCloud, Group, Thing

from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.graph_file import graph_text, read_graph, schema, write_graph
from apim_infra.rehearsal.testing import record
from apim_infra.settings.violations import SettingsError

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def graph() -> Graph:
    def program() -> None:
        group = Group("g", pulumi.ResourceOptions(aliases=[pulumi.Alias(name="old")], protect=True), depth=1)
        a = Thing("a", password=pulumi.Output.secret("topsecret-4"), nested=[{"deep": pulumi.Output.secret(7)}])
        b = Thing("b", pulumi.ResourceOptions(deleted_with=a, ignore_changes=["size"]), uses=[a.id])
        Thing("bad", size=101, uses=[b.id])
        Thing("skipped", pulumi.ResourceOptions(parent=group), uses=[Thing("refused", refuse=True).id])
        pulumi.export("token", a.token)
        pulumi.export("all", {"arns": [b.arn, group.thing.arn]})

    return record(program, providers={"fake": FakeCloud(3)}, seed=3).graph


def test_the_form_is_the_documented_one(graph: Graph) -> None:
    assert list(schema().iter_errors(graph.to_json())) == []


def test_the_published_schema_is_the_one_in_use() -> None:
    published = json.loads((ROOT / "schemas" / "graph.schema.json").read_text(encoding="utf-8"))
    assert published == schema().schema


def test_every_key_is_documented() -> None:
    text = (ROOT / "docs" / "graph.md").read_text(encoding="utf-8")
    document: Any = schema().schema
    keys = {
        *document["properties"],
        *document["$defs"]["resource"]["properties"],
        *document["$defs"]["finding"]["properties"],
    }
    assert not [key for key in sorted(keys) if f"`{key}`" not in text]


def test_needs_come_first_and_ties_are_by_urn(graph: Graph) -> None:
    seen: set[str] = set()
    for resource in graph.resources:
        needed = {*resource.dependencies, resource.parent, resource.deleted_with, resource.provider.rpartition("::")[0]}
        assert needed - {""} <= seen
        seen.add(resource.urn)
    assert graph.resources[0].type == "pulumi:providers:fake"


def test_a_graph_survives_its_file(graph: Graph, tmp_path: Path) -> None:
    write_graph(graph, tmp_path / "g.json")
    again = read_graph(tmp_path / "g.json")
    assert again == graph
    assert graph_text(again) == graph_text(graph) == (tmp_path / "g.json").read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["g.json"]
    assert "topsecret-4" not in graph_text(graph)


BREAK: dict[str, Callable[[dict[str, Any]], None]] = {
    "version": lambda d: d.update(version=2),
    "missing key": lambda d: d.pop("exports"),
    "unknown key": lambda d: d.update(more=1),
    "wrong type": lambda d: d["resources"][0].update(protect="yes"),
    "no urn": lambda d: d["resources"][0].update(urn="nonsense"),
    "a secret that says more": lambda d: d["resources"][0]["inputs"].update(a={"secret": True, "value": 1}),
    "a nested secret that says more": lambda d: d["exports"].update(a=[{"b": {"secret": True, "x": 1}}]),
    "severity": lambda d: d["findings"][0].update(severity="fatal"),
}


@pytest.mark.parametrize("how", BREAK)
def test_another_form_is_refused(graph: Graph, tmp_path: Path, how: str) -> None:
    document = graph.to_json()
    copy = json.loads(json.dumps(document))
    BREAK[how](copy)
    (tmp_path / "g.json").write_text(json.dumps(copy), encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        read_graph(tmp_path / "g.json")
    assert error.value.violations[0].fix == "see docs/graph.md"


def test_files_that_cannot_be_read_or_written_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_graph(tmp_path / "gone.json")
    (tmp_path / "text.json").write_text("{", encoding="utf-8")
    with pytest.raises(SettingsError, match="is no JSON"):
        read_graph(tmp_path / "text.json")
    with pytest.raises(SettingsError, match="cannot be written"):
        write_graph(Graph("s"), tmp_path / "no" / "folder.json")
    (tmp_path / "folder").mkdir()
    with pytest.raises(SettingsError, match="cannot be written"):
        write_graph(Graph("s"), tmp_path / "folder")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "text.json"]


def test_custom_resources_are_told_apart() -> None:
    def resource(urn: str, *, custom: bool) -> Resource:
        return Resource(urn, "t", "n", "", custom, "", {}, {}, [], {}, False, [], [], "", "")

    graph = Graph("s", resources=[resource("a", custom=True), resource("b", custom=False)])
    assert [r.urn for r in graph.custom()] == ["a"]
