"""Faults that the real controllers find: they say so in events and conditions, and the eviction API in its answer."""

from collections.abc import Callable
from typing import Any

import pytest
from fault_bench import Bench, Room, eventually

from apim_infra.cluster.api import Refused, reference

MakeRoom = Callable[..., Room]
APART = "spec.template.spec.containers[0]"


def failed(own: Room, deployment: dict[str, Any], says: str) -> dict[str, Any]:
    """Check that the controller of a deployment's pods says why it makes none; return the event."""
    event = own.event("FailedCreate", says, "ReplicaSet")
    condition = own.condition(deployment, "ReplicaFailure")
    assert (event["type"], condition["status"], condition["reason"]) == ("Warning", "True", "FailedCreate")
    return event


def test_a_quota_one_mebibyte_too_small_for_all_replicas_leaves_one_out(bench: Bench, room: MakeRoom) -> None:
    own = room(limits_memory="1023Mi")
    made = own.put("Deployment bff")
    failed(
        own,
        made,
        "exceeded quota: quota, requested: limits.memory=512Mi, used: limits.memory=512Mi, limited: limits.memory=1023Mi",
    )
    assert own.counted(made, ready=1)["unavailableReplicas"] == 1
    assert len(own.pods()) == 1


def test_a_quota_without_room_for_the_surge_stops_a_rollout(bench: Bench, room: MakeRoom) -> None:
    own = room(pods="2")
    own.counted(own.put("Deployment bff"), ready=2)
    made = own.put("Deployment bff", {"spec.template.metadata.annotations.release": "2"})
    own.event("FailedCreate", "exceeded quota: quota, requested: pods=1, used: pods=2, limited: pods=2", "ReplicaSet")
    assert own.counted(made, ready=2, updated=0)["replicas"] == 2


def test_a_workload_against_the_namespaces_level_gets_no_pod(room: MakeRoom) -> None:
    own = room()
    made = own.put("Deployment bff", {f"{APART}.securityContext.allowPrivilegeEscalation": True})
    failed(own, made, 'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false')
    assert own.pods() == []


def test_a_daemon_set_against_the_namespaces_level_gets_no_pod(bench: Bench, room: MakeRoom) -> None:
    own = room("logging")
    strict = {"pod-security.kubernetes.io/enforce": "restricted"}
    bench.api.patch(reference("v1", "Namespace", own.name), {"metadata": {"labels": strict}})
    own.put("DaemonSet fluent-bit", {"spec.template.spec.hostNetwork": True})
    event = own.event("FailedCreate", "violates PodSecurity", "DaemonSet")
    assert event["source"]["component"] == "daemonset-controller"
    assert own.pods() == []


def test_a_workload_without_its_service_account_gets_no_pod(room: MakeRoom) -> None:
    own = room()
    made = own.put("Deployment bff", {"spec.template.spec.serviceAccountName": "nobody"})
    failed(own, made, f'error looking up service account {own.name}/nobody: serviceaccount "nobody" not found')


def test_a_workload_without_its_priority_class_gets_no_pod(room: MakeRoom) -> None:
    own = room()
    made = own.put("Deployment bff", {"spec.template.spec.priorityClassName": "urgent"})
    failed(own, made, "no PriorityClass with name urgent was found")


def test_a_rollout_that_does_not_come_on_is_said_to_be_late(bench: Bench, room: MakeRoom) -> None:
    own = room()
    made = own.put(
        "Deployment bff", {"spec.progressDeadlineSeconds": 1, "spec.template.spec.nodeSelector.zone": "nowhere"}
    )

    def late() -> dict[str, Any] | None:
        conditions = bench.api.get(made).get("status", {}).get("conditions", ())
        return next((one for one in conditions if one.get("reason") == "ProgressDeadlineExceeded"), None)

    condition = eventually(late, "the deadline is exceeded")
    assert (condition["type"], condition["status"]) == ("Progressing", "False")


def test_a_stateful_set_whose_volumes_the_quota_does_not_hold_gets_no_pod(room: MakeRoom) -> None:
    own = room("logging", requests_storage="199Gi")
    own.put("StatefulSet logs-es-default")
    says = "exceeded quota: quota, requested: requests.storage=200Gi, used: requests.storage=0, limited: requests.storage=199Gi"
    assert own.event("FailedCreate", says, "StatefulSet")["type"] == "Warning"
    assert own.pods() == []


def test_a_job_that_finds_no_node_ends_at_its_deadline(room: MakeRoom) -> None:
    own = room("user-namespace")
    job = "gateway-default-init-migrations"
    made = own.put(f"Job {job}", {"spec.activeDeadlineSeconds": 1, "spec.template.spec.nodeSelector.zone": "nowhere"})
    assert (
        "Job was active longer than specified deadline" in own.event("DeadlineExceeded", "deadline", "Job")["message"]
    )
    failure = own.condition(made, "Failed")
    assert (failure["status"], failure["reason"]) == ("True", "DeadlineExceeded")


def test_a_claim_of_a_class_that_is_not_there_stays_unbound(bench: Bench, room: MakeRoom) -> None:
    own = room()
    made = own.put("PersistentVolumeClaim developer-portal-backend", {"spec.storageClassName": "premium"})
    event = own.event("ProvisioningFailed", 'storageclass.storage.k8s.io "premium" not found', "PersistentVolumeClaim")
    assert event["type"] == "Warning"
    assert bench.api.get(made)["status"]["phase"] == "Pending"


def test_a_claim_without_a_class_stays_unbound(bench: Bench, room: MakeRoom) -> None:
    own = room()
    made = own.put("PersistentVolumeClaim developer-portal-backend", {"spec.storageClassName": ""})
    says = "no persistent volumes available for this claim and no storage class is set"
    own.event("FailedBinding", says, "PersistentVolumeClaim")
    assert bench.api.get(made)["status"]["phase"] == "Pending"


def test_a_claim_of_a_volume_that_is_another_ones_stays_unbound(bench: Bench, room: MakeRoom) -> None:
    own = room()
    volume = f"taken-{own.name}"
    owner = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": "another", "namespace": own.name}
    spec = {
        "capacity": {"storage": "20Gi"},
        "accessModes": ["ReadWriteMany"],
        "storageClassName": "gp3",
        "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": volume},
        "claimRef": {**owner, "uid": "00000000-0000-0000-0000-000000000000"},
    }
    bench.api.apply({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": volume}, "spec": spec})
    own.put(
        "PersistentVolumeClaim developer-portal-backend", {"spec.storageClassName": "gp3", "spec.volumeName": volume}
    )
    event = own.event("FailedBinding", f'volume "{volume}" already bound to a different claim', "PersistentVolumeClaim")
    assert event["type"] == "Warning"


def budgeted(bench: Bench, own: Room, budget: dict[str, Any], replicas: int = 2) -> dict[str, Any]:
    """Put a workload that runs and its budget; return the budget once it counts the pods."""
    own.put("Deployment bff", {"spec.replicas": replicas})
    own.running(replicas)
    made = own.put("PodDisruptionBudget bff", budget)
    name = reference("policy/v1", "PodDisruptionBudget", made["metadata"]["name"], own.name)
    return eventually(
        lambda: (one := bench.api.get(name))["status"].get("currentHealthy") == replicas and one, "all pods are counted"
    )


def blocked(bench: Bench, pod: dict[str, Any]) -> str:
    """Return why a pod is not evicted: too many requests for now, because of a budget."""
    with pytest.raises(Refused) as caught:
        bench.api.evict(pod)
    assert (caught.value.code, caught.value.reason) == (429, "TooManyRequests")
    (cause,) = caught.value.causes
    assert cause.reason == "DisruptionBudget"
    return cause.message


ALL = {"spec.maxUnavailable": "$absent", "spec.minAvailable": "100%"}


def test_a_budget_that_allows_nothing_blocks_a_drain(bench: Bench, room: MakeRoom) -> None:
    own = room()
    budget = budgeted(bench, own, ALL)
    assert budget["status"]["disruptionsAllowed"] == 0
    for pod in own.pods():
        assert blocked(bench, pod) == "The disruption budget bff needs 2 healthy pods and has 2 currently"
    assert len(own.running(2)) == 2


def test_a_budget_lets_one_pod_go_and_keeps_the_next(bench: Bench, room: MakeRoom) -> None:
    own = room()
    budget = budgeted(bench, own, {})
    assert budget["status"]["disruptionsAllowed"] == 1
    first, second = own.pods()
    # Nothing comes in its place, so that it does not matter how fast the controllers are.
    metadata = {"name": "full", "namespace": own.name}
    full = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": {"pods": "0"}}}
    bench.api.apply(full)
    eventually(lambda: bench.api.get(full).get("status", {}).get("hard"), "the quota is counted")
    bench.api.evict(first)
    with pytest.raises(Refused) as caught:
        bench.api.evict(second)
    assert caught.value.code == 429
    assert [pod["metadata"]["name"] for pod in own.running(1)] == [second["metadata"]["name"]]


def test_a_pod_under_two_budgets_cannot_be_evicted(bench: Bench, room: MakeRoom) -> None:
    own = room()
    budgeted(bench, own, {})
    own.put("PodDisruptionBudget bff", {"metadata.name": "bff-again"})
    pod = own.pods()[0]

    def said() -> str:
        with pytest.raises(Refused) as caught:
            bench.api.evict(pod, dry_run=True)
        return caught.value.message if caught.value.code == 500 else ""

    assert "This pod has more than one PodDisruptionBudget" in eventually(said, "both budgets are known")


def test_a_budget_with_another_label_protects_nothing(bench: Bench, room: MakeRoom) -> None:
    own = room()
    own.put("Deployment bff")
    own.running(2)
    made = own.put("PodDisruptionBudget bff", {"spec.selector.matchLabels.app~kubernetes~io/name": "backend"})
    assert own.event("NoPods", "No matching pods found", "PodDisruptionBudget")
    status = eventually(
        lambda: (one := bench.api.get(made)["status"]).get("observedGeneration") and one, "it is counted"
    )
    assert (status["expectedPods"], status["currentHealthy"], status["disruptionsAllowed"]) == (0, 0, 0)


def ready_addresses(bench: Bench, own: Room) -> tuple[int, list[Any]]:
    """Return how many pods a service reaches, and on which ports."""
    (slices,) = eventually(
        lambda: bench.api.list("discovery.k8s.io/v1", "EndpointSlice", namespace=own.name), "endpoints"
    )
    return len(slices["endpoints"] or ()), [port["port"] for port in slices.get("ports") or ()]


def test_a_service_with_another_label_reaches_no_pod(bench: Bench, room: MakeRoom) -> None:
    wrong, right = room(), room()
    wrong.put("Service bff", {"spec.selector.app~kubernetes~io/name": "backend"})
    right.put("Service bff")
    for own in (wrong, right):
        own.put("Deployment bff")
        own.running(2)
    eventually(lambda: ready_addresses(bench, right) == (2, [8080]), "the right one reaches both pods")
    assert ready_addresses(bench, wrong)[0] == 0


def test_a_service_of_a_port_that_no_container_names_reaches_nothing(bench: Bench, room: MakeRoom) -> None:
    own = room()
    own.put("Service bff", {"spec.ports[0].targetPort": "https"})
    own.put("Service tenant-manager", {"spec.selector.app~kubernetes~io/name": "bff"})
    own.put("Deployment bff")
    own.running(2)

    def ports() -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for one in bench.api.list("discovery.k8s.io/v1", "EndpointSlice", namespace=own.name):
            service = one["metadata"]["labels"]["kubernetes.io/service-name"]
            found[service] = [port["port"] for port in one.get("ports") or () for _ in one["endpoints"] or ()]
        return found

    eventually(lambda: ports().get("tenant-manager") == [8080, 8080], "the other service reaches both pods")
    assert ports()["bff"] == []


def test_a_daemon_set_whose_label_no_node_has_runs_nowhere(bench: Bench, room: MakeRoom) -> None:
    own = room("logging")
    made = own.put("DaemonSet fluent-bit", {"spec.template.spec.nodeSelector": {"apim.io/pool": "logs"}})
    status = eventually(
        lambda: (one := bench.api.get(made)["status"]).get("observedGeneration") and one, "it is counted"
    )
    assert (status["desiredNumberScheduled"], status["currentNumberScheduled"]) == (0, 0)


def test_an_owner_of_another_namespace_is_pointed_at(bench: Bench, room: MakeRoom) -> None:
    there, own = room(), room()
    owner = there.put("ConfigMap bff")
    link = {"apiVersion": "v1", "kind": "ConfigMap", "name": "bff", "uid": owner["metadata"]["uid"]}
    own.put("Secret apim-redis", {"metadata.ownerReferences": [link]})
    event = own.event("OwnerRefInvalidNamespace", "does not exist in namespace", "Secret")
    assert event["type"] == "Warning"


@pytest.mark.slow
def test_a_namespace_waits_for_what_is_held_in_it(bench: Bench, room: MakeRoom) -> None:
    own = room()
    held = own.put("ConfigMap bff", {"metadata.finalizers": ["example.com/kept"]})
    bench.api.delete(reference("v1", "Namespace", own.name))

    def waits() -> str:
        conditions = bench.api.get(reference("v1", "Namespace", own.name))["status"].get("conditions", ())
        return next((one["message"] for one in conditions if one["reason"] == "SomeFinalizersRemain"), "")

    assert "example.com/kept in 1 resource instances" in eventually(waits, "the controller says what holds it")
    bench.api.patch(held, {"metadata": {"finalizers": None}})
