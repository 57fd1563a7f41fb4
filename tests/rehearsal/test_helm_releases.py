"""Helm releases: what the provider and helm refuse, and what a release whose chart is not at hand may bring."""

import shutil

import pytest
from kubernetes_cases import OBJECTS
from kubernetes_support import DEPLOYMENT, SECRET, World, changed, manifest, platform

from apim_infra.rehearsal.provider import RejectedError
from apim_infra.rehearsal.twins.kubernetes.kinds import RELEASE

QUOTA = OBJECTS["ResourceQuota"]

needs_helm = pytest.mark.skipif(shutil.which("helm") is None, reason="helm is not on the PATH")
KONG = {
    "chart": "kong",
    "version": "3.4.1",
    "name": "kong",
    "namespace": "apim",
    "repositoryOpts": {"repo": "https://charts.konghq.com"},
    "values": {"replicaCount": 2},
}


WRONG = [
    ("no chart", {"chart": None}, "missing required property 'chart'"),
    ("no version", {"version": None}, "chart version missing"),
    ("no version at all", {"version": "newest"}, "no semantic version"),
    ("no repository", {"repositoryOpts": None}, 'chart "kong" not found'),
    ("repository of another kind", {"repositoryOpts": {"repo": "charts.konghq.com"}}, "protocol handler"),
    ("OCI chart with a repository", {"chart": "oci://x/kong"}, "has no repositoryOpts.repo"),
    ("folder that is not there", {"chart": "./chart", "repositoryOpts": None, "version": None}, "Chart.yaml"),
    ("name in upper case", {"name": "Kong"}, "invalid release name"),
    ("name too long", {"name": "k" * 54}, "longer than 53"),
    ("unknown input", {"valuesFile": "x"}, "unknown property 'valuesFile'"),
    ("values as a text", {"values": "replicas: 2"}, "must be of type object"),
    ("timeout as a text", {"timeout": "5m"}, "must be of type integer"),
    ("namespace that does not exist", {"namespace": "apin"}, 'namespaces "apin" not found'),
]


@pytest.mark.parametrize(("what", "change", "words"), WRONG, ids=[case[0] for case in WRONG])
def test_wrong_releases_are_refused(what, change, words):
    inputs = {key: value for key, value in {**KONG, **change}.items() if value is not None}
    problems = platform().refusal(inputs, type_=RELEASE)
    assert any(words in problem.message for problem in problems), problems


def test_a_release_of_a_repository_is_not_rendered_and_says_so():
    world = platform()
    made = world.create(KONG, RELEASE)
    assert made.id == "apim/kong"
    assert made.outputs["status"] == {
        "name": "kong",
        "namespace": "apim",
        "revision": 1,
        "status": "deployed",
        "chart": "kong",
        "version": "3.4.1",
        "appVersion": "",
    }
    assert made.not_verified == ("Helm release apim/kong was not rendered: it comes from a repository",)


def test_a_name_is_used_once_in_a_namespace():
    world = platform()
    world.create(KONG, RELEASE)
    assert world.refusal(KONG, type_=RELEASE)[0].message == "cannot re-use a name that is still in use"
    world.twin.delete(world.request(RELEASE, KONG, id="apim/kong"))
    assert world.refusal(KONG, type_=RELEASE) == ()


def test_an_unnamed_release_gets_a_name_and_a_default_namespace_and_timeout():
    world = World()
    inputs = {key: value for key, value in KONG.items() if key not in {"name", "namespace"}}
    checked = world.twin.check(world.request(RELEASE, inputs, name="gateway")).inputs
    assert checked["name"].startswith("gateway-")
    assert len(checked["name"]) == len("gateway-") + 8
    assert (checked["namespace"], checked["timeout"]) == ("default", 300)


def test_a_range_is_a_warning():
    (problem,) = platform().twin.check(platform().request(RELEASE, {**KONG, "version": ">=3.4"})).problems
    assert problem.warning
    assert "not pinned" in problem.message


def test_a_namespace_that_a_release_creates_stays():
    world = platform()
    world.create({**KONG, "namespace": "kong", "createNamespace": True}, RELEASE)
    world.twin.delete(world.request(RELEASE, KONG, id="kong/kong"))
    assert ("kubernetes:core/v1:Namespace", "kong") in {(left.type, left.id) for left in world.twin.leftovers()}


def test_what_a_release_that_is_not_rendered_may_make_is_in_doubt_and_the_rest_is_refused():
    world = platform()
    world.create(KONG, RELEASE)
    path = "spec/template/spec/containers/0/envFrom"
    world.create(changed(DEPLOYMENT, (path, [{"secretRef": {"name": "kong-postgresql"}}])))
    assert world.settled() == []
    assert world.doubts() == ["Secret kong-postgresql of the Helm release apim/kong, which was not rendered"]
    world.create(changed(DEPLOYMENT, ("metadata/name", "other"), (path, [{"secretRef": {"name": "konk"}}])))
    assert [problem.code for problem in world.settled()] == ["CreateContainerConfigError"]


def test_definitions_come_with_the_charts_that_are_known_to_bring_them():
    issuer = "{apiVersion: cert-manager.io/v1, kind: ClusterIssuer, metadata: {name: letsencrypt}, spec: {}}"
    chart = {
        "chart": "oci://quay.io/jetstack/charts/cert-manager",
        "version": "v1.21.1",
        "name": "cm",
        "namespace": "apim",
    }
    without = platform()
    without.create(chart, RELEASE)
    assert without.refusal(issuer)[0].code == "NoKindMatch"
    world = platform()
    world.create({**chart, "values": {"crds": {"enabled": True}}}, RELEASE)
    assert world.create(issuer).id == "letsencrypt"


def test_releases_are_compared_and_read():
    world = platform()
    made = world.create(KONG, RELEASE)
    newer = world.request(RELEASE, {**KONG, "values": {"replicaCount": 3}}, old_inputs=KONG)
    assert world.twin.diff(newer).changed == ("values.replicaCount",)
    assert world.twin.diff(newer).replaced_by == ()
    moved = world.request(RELEASE, {**KONG, "namespace": "other"}, old_inputs=KONG)
    assert world.twin.diff(moved).replaced_by == ("namespace",)
    assert world.twin.read(world.request(RELEASE, {}, id="apim/kong", old_outputs=made.outputs)).outputs == made.outputs
    with pytest.raises(RejectedError, match="release: not found"):
        world.twin.read(world.request(RELEASE, {}, id="apim/none"))


def test_a_snapshot_holds_releases_too():
    world = platform()
    before = world.twin.snapshot()
    world.create(KONG, RELEASE)
    world.twin.restore(before)
    assert world.refusal(KONG, type_=RELEASE) == ()


def test_a_secret_is_not_part_of_a_release():
    world = platform()
    world.create(KONG, RELEASE)
    assert world.refusal(changed(SECRET, ("metadata/name", "kong-own"))) == ()
    assert manifest(SECRET)["metadata"]["name"] == "database"
