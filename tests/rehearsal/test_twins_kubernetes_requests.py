"""What the API server refuses, with its code and its words; and that it accepts what is right."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kubernetes_cases import CASES, OBJECTS
from kubernetes_support import DEPLOYMENT, NAMESPACE, SECRET, World, changed, platform

from apim_infra.rehearsal.provider import UNKNOWN
from apim_infra.rehearsal.twins.kubernetes.syntax import quantity

DEFINITION = OBJECTS["CustomResourceDefinition"]


@pytest.mark.parametrize("case", CASES, ids=[case.what for case in CASES])
def test_a_wrong_request_is_refused_in_kubernetes_words(case):
    world = platform()
    if case.of != "CustomResourceDefinition":
        world.create(DEFINITION)
    problems = world.refusal(case.request, type_=case.type)
    assert problems, f"accepted: {case.what}"
    assert (case.code, True) in {(problem.code, case.words in problem.message) for problem in problems}, problems


@pytest.mark.parametrize("kind", OBJECTS)
def test_a_right_request_is_accepted(kind):
    world = platform() if kind != "Secret" else World().populate(NAMESPACE)
    if kind == "Widget":
        world.create(DEFINITION)
    assert world.refusal(OBJECTS[kind]) == ()


def test_everything_together_settles_without_a_fault():
    world = platform().populate(
        *(OBJECTS[kind] for kind in OBJECTS if kind not in {"ResourceQuota", "LimitRange", "Secret"})
    )
    assert [problem.message for problem in world.settled() if "serviceName" not in problem.path] == []


def test_all_faults_of_an_object_come_at_once():
    problems = platform().refusal(
        changed(
            DEPLOYMENT,
            ("spec/replicas", -1),
            ("spec/template/spec/containers/0/image", None),
            ("metadata/labels/app", "a b"),
        )
    )
    assert {problem.path for problem in problems} == {
        "metadata.labels[app]",
        "spec.replicas",
        "spec.template.spec.containers[0].image",
    }


def test_a_misspelt_field_names_the_nearest_one():
    (problem,) = platform().refusal(changed(DEPLOYMENT, ("spec/template/spec/containers/0/livenesProbe", {})))
    assert problem.hint == 'did you mean "livenessProbe"?'


def test_a_secret_value_is_never_shown():
    for change in (("data", {"password": "topsecret!"}), ("stringData", {"password": {"deep": "topsecret"}})):
        problems = platform().refusal(changed(SECRET, change, ("metadata/name", "other")))
        assert problems
        assert "topsecret" not in repr(problems)


@pytest.mark.parametrize(
    "path",
    [
        "metadata/namespace",
        "spec/replicas",
        "spec/selector",
        "spec/template/spec/containers/0/image",
        "spec/template/spec/volumes",
    ],
)
def test_a_value_that_is_not_known_yet_is_no_fault(path):
    world = platform()
    checked = world.twin.check(world.request("kubernetes:apps/v1:Deployment", changed(DEPLOYMENT, (path, UNKNOWN))))
    assert checked.problems == ()


def test_an_unnamed_object_gets_the_providers_name_and_keeps_it():
    world = platform()
    unnamed = changed(DEPLOYMENT, ("metadata/name", None))
    request = world.request("kubernetes:apps/v1:Deployment", unnamed, name="control")
    first = world.twin.check(request).inputs
    name = first["metadata"]["name"]
    assert name.startswith("control-")
    assert len(name) == len("control-") + 8
    assert first["metadata"]["annotations"]["pulumi.com/autonamed"] == "true"
    again = world.request(
        "kubernetes:apps/v1:Deployment",
        changed(DEPLOYMENT, ("metadata/name", None), ("spec/replicas", 3)),
        name="control",
        old_inputs=first,
    )
    assert world.twin.check(again).inputs["metadata"]["name"] == name


def test_lists_and_foreign_tokens_are_refused():
    world = platform()
    (problem, *_) = world.refusal({"apiVersion": "v1", "kind": "ConfigMapList", "items": []}, name="all")
    assert problem.code == "CheckFailure"
    assert not world.twin.knows("kubernetes:yaml:decode")
    assert not world.twin.knows("aws:s3/bucket:Bucket")
    assert world.twin.knows("kubernetes:gateway.networking.k8s.io/v1:Gateway")
    assert "kubernetes:core/v1:Namespace" in world.twin.types()


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["", "m", "k", "Ki", "Mi", "G", "Gi", "e3"]))
def test_quantities_keep_their_order(number, suffix):
    text = f"{number}{suffix}"
    scale = {"": 1, "m": 0.001, "k": 1e3, "Ki": 1024, "Mi": 1024**2, "G": 1e9, "Gi": 1024**3, "e3": 1e3}[suffix]
    assert float(quantity(text)) == pytest.approx(number * scale)


@pytest.mark.parametrize("text", ["", "m", "1.2.3", "1 Gi", "1gi", "0x10", "1KB", "--1", "1Gii"])
def test_what_is_no_quantity(text):
    assert quantity(text) is None
