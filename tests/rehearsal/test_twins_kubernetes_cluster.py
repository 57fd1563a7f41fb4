"""What a cluster does with objects: updates, deletion, outputs; and that each provider has a cluster of its own."""

import json

import pytest
from kubernetes_cases import OBJECTS
from kubernetes_support import (
    CONFIG,
    DEPLOYMENT,
    KUBECONFIG,
    NAMESPACE,
    PROVIDER,
    SECRET,
    SERVICE,
    World,
    changed,
    manifest,
    platform,
    token_of,
)

from apim_infra.rehearsal.provider import UNKNOWN, Instance, RejectedError
from apim_infra.rehearsal.twins.kubernetes.twin import KubernetesTwin

BINDING = OBJECTS["RoleBinding"]
CLAIM = OBJECTS["PersistentVolumeClaim"]
DEFINITION = OBJECTS["CustomResourceDefinition"]
POLICY = OBJECTS["NetworkPolicy"]
QUOTA = OBJECTS["ResourceQuota"]
STATEFUL = OBJECTS["StatefulSet"]
WIDGET = OBJECTS["Widget"]

C = "spec/template/spec/containers/0"
P = "spec/template/spec"


def codes(world):
    return sorted(problem.code for problem in world.settled())


# -- updates --------------------------------------------------------------------------------------------------------------------------

CLAIM_SIZE = "spec.volumeClaimTemplates[0].spec.resources.requests.storage"
REPLACED = [
    (DEPLOYMENT, [("spec/selector/matchLabels/app", "new"), (f"{P}/nodeName", "n")], ("spec.selector.matchLabels.app",), True),
    (DEPLOYMENT, [("spec/replicas", 3)], (), False),
    (DEPLOYMENT, [("metadata/name", "new")], ("metadata.name",), False),
    (STATEFUL, [(CLAIM_SIZE.replace("[0]", ".0").replace(".", "/"), "20Gi")], (CLAIM_SIZE,), True),
    (CONFIG, [("data/mode", "b")], ("data.mode",), True),
    (BINDING, [("roleRef/name", "edit")], ("roleRef.name",), True),
    (CLAIM, [("spec/resources/requests/storage", "20Gi")], (), False),
    (SERVICE, [("spec/clusterIP", "None")], ("spec.clusterIP",), True),
]  # fmt: skip


@pytest.mark.parametrize(("text", "changes", "replaced", "first_deleted"), REPLACED)
def test_fields_that_replace_an_object(text, changes, replaced, first_deleted):
    world = World()
    before, after = manifest(text), changed(text, *changes)
    difference = world.twin.diff(world.request(token_of(before), after, old_inputs=before))
    assert difference.changed
    assert difference.replaced_by == replaced
    assert difference.delete_before_replace is first_deleted


def test_configuration_is_changed_in_place_where_the_provider_is_told_so():
    mutable = Instance(PROVIDER.urn, "1", {**PROVIDER.inputs, "enableConfigMapMutable": "true"})
    world = World(provider=mutable)
    request = world.request(
        "kubernetes:core/v1:ConfigMap", changed(CONFIG, ("data/mode", "b")), old_inputs=manifest(CONFIG)
    )
    assert world.twin.diff(request).replaced_by == ()


def test_ignored_changes_are_no_changes():
    world = World()
    request = world.request(
        "kubernetes:apps/v1:Deployment",
        changed(DEPLOYMENT, ("spec/replicas", 9)),
        old_inputs=manifest(DEPLOYMENT),
        ignore_changes=("spec.replicas",),
    )
    assert world.twin.diff(request).changed == ()


@pytest.mark.parametrize(
    ("text", "change", "words"),
    [
        (CLAIM, ("spec/resources/requests/storage", "5Gi"), "less than status.capacity"),
        (CLAIM, ("spec/volumeMode", "Block"), "immutable after creation"),
        (STATEFUL, ("spec/podManagementPolicy", "Parallel"), "updates to statefulset spec for fields other than"),
    ],
)
def test_updates_that_the_server_refuses(text, change, words):
    world = platform()
    world.create(text)
    request = world.request(token_of(manifest(text)), changed(text, change), id="apim/x", old_inputs=manifest(text))
    with pytest.raises(RejectedError, match=words):
        world.twin.update(request)


def test_an_update_in_place_counts_anew():
    world = platform().populate(QUOTA, DEPLOYMENT)
    more = changed(DEPLOYMENT, ("spec/replicas", 4))
    world.twin.update(
        world.request("kubernetes:apps/v1:Deployment", more, id="apim/control", old_inputs=manifest(DEPLOYMENT))
    )
    assert next(line.used for line in world.twin.quotas() if line.resource == "pods") == "4"
    too_many = changed(DEPLOYMENT, ("spec/replicas", 5))
    request = world.request("kubernetes:apps/v1:Deployment", too_many, id="apim/control", old_inputs=more)
    with pytest.raises(RejectedError, match="exceeded quota"):
        world.twin.update(request)


# -- deletion and reading -------------------------------------------------------------------------------------------------------------


def delete(world, text, id_):
    world.twin.delete(world.request(token_of(manifest(text)), manifest(text), id=id_))


def test_a_namespace_takes_everything_along():
    world = platform().populate(DEPLOYMENT)
    delete(world, NAMESPACE, "apim")
    assert world.twin.leftovers() == ()
    delete(world, DEPLOYMENT, "apim/control")  # gone already: no fault


def test_a_definition_takes_its_objects_along():
    world = platform().populate(DEFINITION, WIDGET)
    delete(world, DEFINITION, "widgets.example.com")
    assert "kubernetes:example.com/v1:Widget" not in {left.type for left in world.twin.leftovers()}


def test_a_stateful_set_leaves_its_claims_behind():
    world = World().populate(NAMESPACE, STATEFUL)
    delete(world, STATEFUL, "apim/store")
    left = [leftover.id for leftover in world.twin.leftovers() if "Claim" in leftover.type]
    assert left == ["apim/disk-store-0", "apim/disk-store-1", "apim/disk-store-2"]
    delete(world, NAMESPACE, "apim")
    assert world.twin.leftovers() == ()


def test_reading_by_id():
    world = platform()
    type_ = "kubernetes:core/v1:ConfigMap"
    assert world.twin.read(world.request(type_, {}, id="apim/settings")).outputs["data"] == {"mode": "a"}
    with pytest.raises(RejectedError, match='configmaps "none" not found'):
        world.twin.read(world.request(type_, {}, id="apim/none"))
    assert world.twin.read(world.request("kubernetes:core/v1:Namespace", {}, id="kube-system")).id == "kube-system"


# -- outputs and worlds ---------------------------------------------------------------------------------------------------------------


def test_outputs_are_those_of_the_server_and_the_same_every_time():
    first, second = (platform().create(changed(SERVICE, ("spec/type", "LoadBalancer"))) for _ in range(2))
    assert first == second
    assert first.id == "apim/control"
    assert first.outputs["metadata"]["uid"]
    assert first.outputs["spec"]["clusterIP"].startswith("172.20.")
    host = first.outputs["status"]["loadBalancer"]["ingress"][0]["hostname"]
    assert host.startswith("k8s-apim-control-")
    assert host.endswith(".elb.eu-central-1.amazonaws.com")


def test_a_secret_is_stored_encoded_and_marked():
    made = platform().made[2]
    assert made.outputs["data"] == {"password": "Z2VoZWlt"}
    assert "stringData" not in made.outputs
    assert "data" in made.secret_outputs


def test_each_provider_has_a_cluster_of_its_own():
    world = platform()
    other = World(twin=world.twin, provider=Instance("urn:other", "2", {"kubeconfig": KUBECONFIG}))
    assert other.refusal(SECRET)[0].code == "NotFound"
    assert other.refusal(NAMESPACE) == ()


def test_a_snapshot_can_be_put_back_many_times():
    world = platform()
    before = world.twin.snapshot()
    for _ in range(2):
        world.create(DEPLOYMENT)
        assert world.refusal(DEPLOYMENT)[0].code == "AlreadyExists"
        world.twin.restore(before)


def test_a_masked_secret_is_no_fault():
    masked = changed(SECRET, ("stringData/password", {"secret": True}), ("metadata/name", "masked"))
    world = platform().populate(masked)
    whole = changed(SECRET, ("type", "kubernetes.io/tls"), ("stringData", {"secret": True}), ("metadata/name", "whole"))
    assert world.refusal(whole) == ()
    world.create(changed(DEPLOYMENT, (f"{C}/env/1/valueFrom/secretKeyRef/name", "masked")))
    assert world.settled() == []


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"kubeconfig": "a: [b"}, "failed to parse"),
        ({"kubeconfig": json.dumps({"contexts": []})}, "no clusters"),
        ({"kubeconfig": KUBECONFIG, "context": "y"}, 'context "y" does not exist'),
        ({"kubeconfig": KUBECONFIG.replace("cluster: c", "cluster: d")}, 'names the cluster "d"'),
        ({"kubeconfig": KUBECONFIG.replace("current-context: x", "")}, "no context is chosen"),
    ],
)
def test_a_kubeconfig_that_leads_nowhere(inputs, words):
    problems = KubernetesTwin().check_config(Instance("urn", "1", inputs))
    assert any(words in problem.message and not problem.warning for problem in problems)


def test_a_kubeconfig_that_is_right_or_not_known_yet():
    assert KubernetesTwin().check_config(PROVIDER) == ()
    assert KubernetesTwin().check_config(Instance("urn", "1", {"kubeconfig": UNKNOWN})) == ()
    (problem,) = KubernetesTwin().check_config(Instance("urn", "1", {}))
    assert problem.warning


def test_decoding_yaml_and_functions_that_are_not_there():
    twin = KubernetesTwin()
    decoded = twin.invoke(
        "kubernetes:yaml:decode", {"text": f"{CONFIG}\n---\n{{kind: List, items: [{{kind: A}}]}}"}, PROVIDER
    )
    assert [item["kind"] for item in decoded["result"]] == ["ConfigMap", "A"]
    assert decoded["result"][1]["metadata"]["namespace"] == "default"
    with pytest.raises(RejectedError, match="cannot be rehearsed"):
        twin.invoke("kubernetes:kustomize:directory", {}, PROVIDER)


def test_versions_of_kubernetes():
    assert KubernetesTwin(version="1.33").types() != KubernetesTwin(version="1.36").types()
    with pytest.raises(ValueError, match=r"no Kubernetes 1\.9 schemas"):
        KubernetesTwin(version="1.9")


def test_failures_that_are_asked_for():
    twin = KubernetesTwin()
    assert twin.injected_failure("kubernetes:apps/v1:Deployment").code == "ProgressDeadlineExceeded"
    assert twin.injected_failure("kubernetes:example.com/v1:Widget").code == "InternalError"


def test_policies_are_no_references():
    assert platform().populate(POLICY).settled() == []
