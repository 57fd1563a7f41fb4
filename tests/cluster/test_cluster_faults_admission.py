"""Faults that admission finds: Pod Security, quotas, limit ranges, priorities, service accounts, and what a namespace is in."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from fault_bench import Bench, Room, eventually, faults, with_changes

from apim_infra.cluster import inspection
from apim_infra.cluster.api import Refused, reference
from apim_infra.cluster.apply import Applier
from apim_infra.cluster.mirror import Mirror
from apim_infra.cluster.report import ClusterReport, Origin
from apim_infra.findings import Severity

MakeRoom = Callable[..., Room]


def forbidden(refused: Refused) -> str:
    """Return what admission says: its refusals are forbidden, without causes."""
    assert (refused.code, refused.reason, refused.causes) == (403, "Forbidden", ()), refused
    return refused.message


@pytest.mark.parametrize("fault", faults("admission"))
def test_a_fault_is_found_by_admission(bench: Bench, fault: dict[str, Any]) -> None:
    refused = bench.refused(with_changes(bench.stack[fault["object"]], fault["change"]))
    assert re.search(fault["says"], forbidden(refused)), refused


@pytest.mark.parametrize("name", sorted({fault.values[0]["object"] for fault in faults("admission")}))
def test_the_same_objects_are_admitted_without_a_fault(bench: Bench, name: str) -> None:
    assert bench.api.apply(bench.stack[name], dry_run=True)["metadata"]["uid"]


def test_a_workload_that_its_namespace_forbids_is_warned_of(bench: Bench, room: MakeRoom) -> None:
    own = room()
    report, origin = ClusterReport(version=""), Origin("urn:of:bff", "program.py:7")
    with Mirror(bench.api) as mirror:
        applier = Applier(bench.api, mirror, report, ())
        assert mirror.wait(lambda: mirror.find("Namespace", "", own.name), 30.0)
        assert applier.put(own.take("Deployment bff", {"spec.template.spec.hostNetwork": True}), "apim", origin)
        inspection.warnings(applier, mirror)
    (finding,) = [one for one in report.findings if own.name in one.message and one.rule == "cluster:server-warning"]
    assert (finding.severity, finding.urn, finding.source) == (Severity.WARNING, origin.urn, origin.source)
    assert 'would violate PodSecurity "restricted:latest": host namespaces (hostNetwork=true)' in finding.message


def test_a_quota_one_mebibyte_too_small_refuses_the_pod(room: MakeRoom) -> None:
    own = room(limits_memory="511Mi")
    said = forbidden(own.refused("Pod bff"))
    assert (
        "exceeded quota: quota, requested: limits.memory=512Mi, used: limits.memory=0, limited: limits.memory=511Mi"
        in said
    )
    assert room(limits_memory="512Mi").put("Pod bff")["metadata"]["uid"]


def test_a_quota_one_millicore_too_small_refuses_the_pod(room: MakeRoom) -> None:
    said = forbidden(room(requests_cpu="499m").refused("Pod bff"))
    assert (
        "exceeded quota: quota, requested: requests.cpu=500m, used: requests.cpu=0, limited: requests.cpu=499m" in said
    )


def test_a_pod_above_the_number_of_pods_is_refused(room: MakeRoom) -> None:
    own = room(pods="1")
    own.put("Pod bff")
    said = forbidden(own.refused("Pod bff", {"metadata.name": "second"}))
    assert "exceeded quota: quota, requested: pods=1, used: pods=1, limited: pods=1" in said


def test_a_pod_without_limits_is_refused_where_nothing_gives_them(bench: Bench, room: MakeRoom) -> None:
    own = room()
    bench.api.delete(own.placed(bench.stack["LimitRange apim/container-defaults"]))
    without = {"spec.containers[0].resources": "$absent"}

    def said() -> str:
        refused = own.refused("Pod bff", without)
        return refused.message if "failed quota" in refused.message else ""

    # The admission looks at limit ranges through a cache of its own.
    assert "failed quota: quota: must specify limits.cpu for: bff" in eventually(said, "the limit range is gone")


def test_a_limit_range_gives_limits_to_a_pod_without(room: MakeRoom) -> None:
    given = room().put("Pod bff", {"spec.containers[0].resources": "$absent"})["spec"]["containers"][0]["resources"]
    assert given == {"limits": {"cpu": "100m", "memory": "128Mi"}, "requests": {"cpu": "50m", "memory": "64Mi"}}


BOUNDS = {
    "above the maximum": ({"max": {"memory": "256Mi"}}, "maximum memory usage per Container is 256Mi, but limit is 512Mi"),
    "below the minimum": ({"min": {"cpu": "1"}, "default": {"cpu": "1"}, "defaultRequest": {"cpu": "1"}}, "minimum cpu usage per Container is 1"),
    "above the ratio": ({"maxLimitRequestRatio": {"cpu": "1"}}, "cpu max limit to request ratio per Container is 1, but provided ratio is 2"),
}  # fmt: skip


@pytest.mark.parametrize("case", BOUNDS)
def test_a_container_outside_of_the_limit_range_is_refused(bench: Bench, room: MakeRoom, case: str) -> None:
    bounds, says = BOUNDS[case]
    own = room()
    limits = own.take(
        "LimitRange container-defaults", {"metadata.name": "bounds", "spec.limits": [{"type": "Container", **bounds}]}
    )
    own.apply(limits)
    pod = {"spec.containers[0].resources.requests.cpu": "250m"}

    def refused() -> Refused | None:
        try:
            bench.api.apply(own.take("Pod bff", pod), dry_run=True)
        except Refused as error:
            return error
        return None

    own.apply(own.take("ServiceAccount bff"))
    assert says in forbidden(eventually(refused, f"the limit range is known and says: {says}"))


def test_a_claim_above_the_limit_range_is_refused(bench: Bench, room: MakeRoom) -> None:
    own = room()
    limits = [{"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}}]
    own.apply(own.take("LimitRange container-defaults", {"metadata.name": "claims", "spec.limits": limits}))
    claim = own.take("PersistentVolumeClaim developer-portal-backend")

    def said() -> str:
        try:
            bench.api.apply(claim, dry_run=True)
        except Refused as error:
            return forbidden(error)
        return ""

    assert "maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 20Gi" in eventually(
        said, "the limit range is known"
    )


def test_a_claim_of_a_class_that_does_not_grow_does_not_grow(bench: Bench, room: MakeRoom) -> None:
    own = room()
    fixed = bench.stack["StorageClass gp3"]
    fixed["metadata"] = {"name": f"fixed-{own.name}"}
    bench.api.apply({**fixed, "allowVolumeExpansion": False})
    claim = own.take(
        "PersistentVolumeClaim developer-portal-backend",
        {"spec.storageClassName": fixed["metadata"]["name"], "spec.resources.requests.storage": "1Gi"},
    )
    made = own.apply(claim)
    bench.api.apply(volume(own, made))
    eventually(lambda: bench.api.get(made)["status"]["phase"] == "Bound", "the claim is bound")
    larger = with_changes(claim, {"spec.resources.requests.storage": "2Gi"})
    with pytest.raises(Refused) as caught:
        own.apply(larger)
    assert "the storageclass that provisions the pvc must support resize" in forbidden(caught.value)


def test_a_bound_claim_does_not_shrink(bench: Bench, room: MakeRoom) -> None:
    own = room()
    made = own.put("PersistentVolumeClaim developer-portal-backend", {"spec.resources.requests.storage": "1Gi"})
    bench.api.apply(volume(own, made))
    eventually(lambda: bench.api.get(made)["status"]["phase"] == "Bound", "the claim is bound")
    refused = own.refused(
        "PersistentVolumeClaim developer-portal-backend", {"spec.resources.requests.storage": "512Mi"}
    )
    assert [(cause.path, refused.code) for cause in refused.causes] == [("spec.resources.requests.storage", 422)]
    assert "field can not be less than status.capacity" in refused.message


def volume(own: Room, claim: dict[str, Any]) -> dict[str, Any]:
    """Return a volume that is made for a claim."""
    bound = {"name": claim["metadata"]["name"], "namespace": own.name, "uid": claim["metadata"]["uid"]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"volume-{own.name}"},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": claim["spec"]["accessModes"],
            "storageClassName": claim["spec"]["storageClassName"],
            "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": own.name},
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **bound},
        },
    }


def test_a_namespace_that_ends_takes_nothing_new(bench: Bench, room: MakeRoom) -> None:
    own = room()
    bench.api.create(own.take("ConfigMap bff", {"metadata.finalizers": ["example.com/kept"]}))
    bench.api.delete(reference("v1", "Namespace", own.name))
    refused = own.refused("Service bff")
    assert (refused.code, refused.reason) == (403, "Forbidden")
    assert [cause.reason for cause in refused.causes] == ["NamespaceTerminating"]
    waiting = bench.api.get(reference("v1", "Namespace", own.name))
    assert waiting["status"]["phase"] == "Terminating"
    bench.api.patch(own.take("ConfigMap bff"), {"metadata": {"finalizers": None}})


@pytest.mark.parametrize("name", ["default", "kube-system"])
def test_the_clusters_own_namespaces_stay(bench: Bench, name: str) -> None:
    with pytest.raises(Refused, match="this namespace may not be deleted") as caught:
        bench.api.delete(reference("v1", "Namespace", name), dry_run=True)
    assert caught.value.code == 403


def test_the_systems_priority_is_not_for_everybody(bench: Bench, room: MakeRoom) -> None:
    own = room()
    critical = {"scopeName": "PriorityClass", "operator": "In", "values": ["system-cluster-critical"]}
    spec = {"hard": {"pods": "0"}, "scopeSelector": {"matchExpressions": [critical]}}
    scoped = own.apply(own.take("ResourceQuota quota", {"metadata.name": "important", "spec": spec}))
    eventually(lambda: bench.api.get(scoped).get("status", {}).get("hard"), "the quota is counted")
    said = forbidden(own.refused("Pod bff", {"spec.priorityClassName": "system-cluster-critical"}))
    assert "exceeded quota: important, requested: pods=1, used: pods=0, limited: pods=0" in said
    assert own.put("Pod bff")["spec"]["priority"] == 0


def own_policy(name: str, namespace: str) -> list[dict[str, Any]]:
    """Return a cluster's own rule, in force in one namespace: every image names a version."""
    rule = {
        "expression": "object.spec.template.spec.containers.all(c, c.image.matches('(:[^:/]+|@sha256:[0-9a-f]{64})$') && !c.image.endsWith(':latest'))",
        "message": "every image names a version, by a tag other than latest or by a digest",
    }
    workloads = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["*"]}
    policy = {"failurePolicy": "Fail", "matchConstraints": {"resourceRules": [workloads]}, "validations": [rule]}
    chosen = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    binding = {"policyName": name, "validationActions": ["Deny"], "matchResources": chosen}
    kinds = {"ValidatingAdmissionPolicy": policy, "ValidatingAdmissionPolicyBinding": binding}
    version = "admissionregistration.k8s.io/v1"
    return [
        {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec} for kind, spec in kinds.items()
    ]


IMAGES = ["registry.example/bff", "registry.example:5000/bff", "registry.example/bff:latest"]


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_without_a_version_is_refused_by_a_policy(bench: Bench, room: MakeRoom, image: str) -> None:
    own = room()
    unversioned = own.take("Deployment bff", {"spec.template.spec.containers[0].image": image})
    policy = own_policy(f"versions-{own.name}", own.name)
    for manifest in policy:
        bench.api.apply(manifest)

    def refused() -> Refused | None:
        try:
            bench.api.apply(unversioned, dry_run=True)
        except Refused as error:
            return error
        return None

    try:
        found = eventually(refused, "the policy is in force")
        assert (found.code, found.reason) == (422, "Invalid")
        assert "denied request: every image names a version" in found.message
        assert bench.api.apply(own.take("Deployment bff"), dry_run=True)["metadata"]["uid"]
    finally:
        for manifest in policy:
            bench.api.delete(manifest)
