"""A recorded graph, and edited copies of it, taken through the twins again."""

import copy
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_random as random
import pulumi_tls as tls
import pytest
from rehearsal_fakes import FakeCloud, FakeProvider, Group, Thing

from apim_infra.findings import Finding, Severity
from apim_infra.rehearsal.graph import Graph
from apim_infra.rehearsal.replay import CHECKPOINT, Replayer, replay
from apim_infra.rehearsal.testing import record


class Plain(FakeCloud):
    """A twin whose world cannot be put back."""

    snapshot = None  # type: ignore[assignment] - takes the method away


def program() -> None:
    Group("g", depth=2)
    north = FakeProvider("north", region="north")
    base = Thing("base", pulumi.ResourceOptions(provider=north))
    Thing("secret", password=pulumi.Output.secret("topsecret-5"), uses=[base.id])
    Thing("known", pulumi.ResourceOptions(id="known-1"))
    for number in range(CHECKPOINT * 2):
        Thing(
            f"t{number:02}", pulumi.ResourceOptions(deleted_with=base, depends_on=[base]), uses=[base.id], size=number
        )


@pytest.fixture(scope="module")
def graph() -> Graph:
    return record(program, providers={"fake": FakeCloud(5)}, seed=5).graph


def twins(seed: int) -> dict[str, FakeCloud]:
    return {"fake": FakeCloud(seed)}


def edited(graph: Graph, name: str, edit: Callable[[dict[str, Any]], Any]) -> Graph:
    document = copy.deepcopy(graph.to_json())
    edit(next(resource for resource in document["resources"] if resource["name"] == name))
    return Graph.from_json(document)


def errors(findings: list[Finding]) -> set[str]:
    return {finding.rule for finding in findings if finding.severity is Severity.ERROR}


def test_a_recorded_graph_replays_clean(graph: Graph) -> None:
    assert replay(graph, twins(5)) == []
    assert Replayer(graph, twins).findings == []


def test_another_seed_makes_other_ids(graph: Graph) -> None:
    other = Graph.from_json({**graph.to_json(), "seed": 6})
    assert errors(Replayer(other, twins).findings) == {"fake:NotFound"}


EDITS: dict[str, tuple[str, Callable[[dict[str, Any]], Any], set[str]]] = {
    "value": ("t30", lambda r: r["inputs"].update(size=101), {"fake:SizeTooLarge"}),
    "early value": ("g-thing", lambda r: r["inputs"].update(size=101), {"fake:SizeTooLarge"}),
    "reference": ("t07", lambda r: r["inputs"].update(uses=["base-7"]), {"fake:NotFound"}),
    "region": ("north", lambda r: r["inputs"].update(region="nowhere"), {"fake:InvalidRegion"}),
    "parent": ("t01", lambda r: r.update(parent=r["parent"] + "x"), {"unknown-parent"}),
    "other parent": ("t01", lambda r: r.update(parent=r["deletedWith"]), {"wrong-urn"}),
    "name": ("t01", lambda r: r.update(name="other"), {"wrong-urn"}),
    "dependency": ("t01", lambda r: r["dependencies"].append(r["urn"] + "x"), {"unknown-dependency"}),
    "itself": ("t01", lambda r: r["dependencies"].append(r["urn"]), {"unknown-dependency"}),
    "property dependency": (
        "t01",
        lambda r: r["propertyDependencies"].update(uses=[r["urn"] + "x"]),
        {"unknown-dependency"},
    ),
    "dependency of nothing": (
        "t01",
        lambda r: r["propertyDependencies"].update(gone=list(r["dependencies"])),
        {"unknown-property"},
    ),
    "provider": ("t01", lambda r: r.update(provider=r["provider"].replace("default", "gone")), {"unknown-provider"}),
    "no provider": ("t01", lambda r: r.update(provider=""), {"unknown-provider"}),
    "wrong provider": ("t01", lambda r: r.update(provider=r["dependencies"][0] + "::id"), {"wrong-provider"}),
    "deletedWith": ("t01", lambda r: r.update(deletedWith=r["urn"] + "x"), {"unknown-deleted-with"}),
    "twice": ("t02", lambda r: r.update(name="t01", urn=r["urn"].replace("t02", "t01")), {"duplicate-urn"}),
    "type": ("t01", lambda r: r.update(type="fake:index:Other"), {"unknown-type", "wrong-urn"}),
    "read": ("known", lambda r: r.update(id="missing"), {"fake:NotFound"}),
}


@pytest.fixture(scope="module")
def replayer(graph: Graph) -> Replayer:
    return Replayer(graph, twins)


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_is_caught_and_nothing_is_kept_of_it(graph: Graph, replayer: Replayer, what: str) -> None:
    name, edit, expected = EDITS[what]
    broken = edited(graph, name, edit)
    found = replayer.replay(broken)
    assert expected <= errors(found)
    assert found == replay(broken, twins(5))
    assert errors(replayer.replay(broken, stop=True)) <= errors(found)
    assert replayer.replay(graph) == []


def test_only_the_edited_resource_and_later_ones_are_taken_through_the_twins_again(graph: Graph) -> None:
    clouds: list[FakeCloud] = []

    def watched(seed: int) -> dict[str, FakeCloud]:
        clouds.append(FakeCloud(seed))
        return {"fake": clouds[-1]}

    replayer = Replayer(graph, watched)
    clouds[0].calls.clear()
    replayer.replay(edited(graph, graph.resources[-1].name, lambda r: r["inputs"].update(size=3)))
    created = [call for call in clouds[0].calls if call[0] == "create"]
    assert 1 <= len(created) <= CHECKPOINT
    assert len(clouds) == 1


def test_a_twin_whose_world_cannot_be_put_back_is_made_anew(graph: Graph) -> None:
    replayer = Replayer(graph, lambda seed: {"fake": Plain(seed)})
    assert replayer.findings == []
    broken = edited(graph, "t30", lambda r: r["inputs"].update(size=101))
    assert errors(replayer.replay(broken)) == {"fake:SizeTooLarge"}
    assert replayer.replay(graph) == []


def test_a_valid_edit_warns_where_the_recorded_id_no_longer_holds(graph: Graph, replayer: Replayer) -> None:
    found = replayer.replay(edited(graph, "t30", lambda r: r["inputs"].update(label="renamed")))
    [finding] = found
    assert finding.severity is Severity.WARNING
    assert finding.message == "the id was t30-5 when the graph was recorded and is renamed-5 now"


def test_secrets_are_placeholders_that_nobody_complains_about(graph: Graph) -> None:
    clouds = twins(5)
    assert replay(graph, clouds) == []
    assert len(str(clouds["fake"].seen["secret"]["password"])) == 24


def test_an_empty_graph_replays_clean() -> None:
    assert replay(Graph("test"), twins(0)) == []


def test_what_needs_a_resource_whose_placeholder_is_refused_is_tried_all_the_same() -> None:
    def certified() -> None:
        key = tls.PrivateKey("key", algorithm="ECDSA", ecdsa_curve="P256")
        authority = tls.SelfSignedCert(
            "authority", private_key_pem=key.private_key_pem, validity_period_hours=24, allowed_uses=["cert_signing"]
        )
        random.RandomString("later", length=8, opts=pulumi.ResourceOptions(depends_on=[authority]))

    recorded = record(certified).graph
    assert replay(recorded) == []
    broken = edited(recorded, "later", lambda r: r["inputs"].update(length="many"))
    assert "random:CheckFailure" in errors(replay(broken))
