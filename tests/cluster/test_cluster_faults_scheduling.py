"""Faults that the real scheduler finds: it says for which node what does not hold."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from fault_bench import Bench, Room, eventually, faults, with_changes

from apim_infra.cluster.api import reference

MakeRoom = Callable[..., Room]
ZONE = "topology.kubernetes.io/zone"
HOST = "kubernetes.io/hostname"
ALIKE = {"labelSelector": {"matchLabels": {"app.kubernetes.io/name": "bff"}}}
APART = "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution"


def unscheduled(own: Room, name: str, says: str) -> str:
    """Return what the scheduler says of a pod that it finds no node for; it says the same in the pod's condition."""
    message = own.event("FailedScheduling", says, "Pod")["message"]
    pod = reference("v1", "Pod", name, own.name)
    condition = own.condition(pod, "PodScheduled")
    assert (condition["status"], condition["reason"]) == ("False", "Unschedulable")
    assert own.bench.api.get(pod)["status"]["phase"] == "Pending"
    return message


def pool(bench: Bench, name: str) -> list[dict[str, Any]]:
    return bench.api.list("v1", "Node", labels=f"apim.io/pool={name}")


def scheduled(own: Room, count: int) -> set[str]:
    """Return the nodes of the pods that run, once there are so many."""
    return {pod["spec"]["nodeName"] for pod in own.running(count)}


@pytest.mark.parametrize("fault", faults("scheduling"))
def test_a_fault_is_found_by_the_scheduler(room: MakeRoom, fault: dict[str, Any]) -> None:
    kind, _, place = fault["object"].partition(" ")
    like, _, name = place.partition("/")
    own = room(like, **fault.get("quota", {}))
    own.put(f"{kind} {name}", fault["change"])
    message = unscheduled(own, name, fault["says"])
    assert re.match(r"0/\d+ nodes are available: |.*persistentvolumeclaim", message)


def test_the_same_pod_runs_without_a_fault(bench: Bench, room: MakeRoom) -> None:
    own = room()
    own.put("Pod bff")
    (node,) = scheduled(own, 1)
    assert node in {one["metadata"]["name"] for one in pool(bench, "management")}


def test_pods_that_keep_apart_need_a_node_each(bench: Bench, room: MakeRoom) -> None:
    count = len(pool(bench, "management"))
    own = room()
    apart = {"spec.replicas": count + 1, f"spec.template.{APART}": [{**ALIKE, "topologyKey": HOST}]}
    own.put("Deployment bff", apart)
    assert len(scheduled(own, count)) == count
    message = own.event("FailedScheduling", "anti-affinity")["message"]
    assert f"{count} node(s) didn't match pod anti-affinity rules" in message


def test_an_even_spread_does_not_go_on_without_the_third_zone(bench: Bench, room: MakeRoom) -> None:
    own = room()
    nodes = pool(bench, "management")
    zones = {node["metadata"]["labels"][ZONE] for node in nodes}
    lost = sorted(zones)[0]
    down = [node for node in nodes if node["metadata"]["labels"][ZONE] == lost]
    even = [
        {"maxSkew": 1, "minDomains": len(zones), "topologyKey": ZONE, "whenUnsatisfiable": "DoNotSchedule", **ALIKE}
    ]
    try:
        for node in down:
            bench.api.delete(node)
        own.put("Deployment bff", {"spec.replicas": len(zones), "spec.template.spec.topologySpreadConstraints": even})
        assert len(scheduled(own, len(zones) - 1)) == len(zones) - 1
        assert "didn't match pod topology spread constraints" in own.event("FailedScheduling", "spread")["message"]
    finally:
        put_back(bench, down)
    # With the zone back the last pod finds its place.
    assert len(scheduled(own, len(zones))) == len(zones)


def put_back(bench: Bench, nodes: list[dict[str, Any]]) -> None:
    for node in nodes:
        kept = {key: node["metadata"][key] for key in ("name", "labels", "annotations")}
        spec = {"taints": [taint for taint in node["spec"].get("taints", ()) if "kubernetes.io" not in taint["key"]]}
        bench.api.create({**node, "metadata": kept, "spec": spec})


def test_a_node_has_room_for_so_many_pods(bench: Bench, room: MakeRoom) -> None:
    own = room()
    (small, *_) = pool(bench, "management")
    name, status = (
        f"small-{own.name}",
        {**small["status"], "allocatable": {**small["status"]["allocatable"], "pods": "1"}},
    )
    labels = {**small["metadata"]["labels"], HOST: name}
    annotations = {"kwok.x-k8s.io/node": "fake"}
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": annotations},
        "status": status,
    }
    bench.api.create(
        {**node, "spec": {"taints": [{"key": "apim.io/pool", "value": "management", "effect": "NoSchedule"}]}}
    )
    try:
        own.put("Deployment bff", {f"spec.template.spec.nodeSelector.{HOST.replace('.', '~')}": name})
        assert scheduled(own, 1) == {name}
        assert re.search(r"1 Too many pods", own.event("FailedScheduling", "Too many pods")["message"])
    finally:
        bench.api.delete(node)


def test_a_port_of_a_node_is_given_once(bench: Bench, room: MakeRoom) -> None:
    own = room()
    open_up = {"pod-security.kubernetes.io/enforce": "privileged"}
    bench.api.patch(reference("v1", "Namespace", own.name), {"metadata": {"labels": open_up}})
    (host, *_) = [node["metadata"]["name"] for node in pool(bench, "management")]
    port = {
        f"spec.template.spec.nodeSelector.{HOST.replace('.', '~')}": host,
        "spec.template.spec.containers[0].ports[0].hostPort": 8080,
    }
    own.put("Deployment bff", port)
    assert scheduled(own, 1) == {host}
    message = own.event("FailedScheduling", "ports")["message"]
    assert "1 node(s) didn't have free ports for the requested pod ports" in message


def test_a_node_that_is_cordoned_takes_no_pod(bench: Bench, room: MakeRoom) -> None:
    own = room()
    nodes = pool(bench, "management")
    try:
        for node in nodes:
            bench.api.patch(node, {"spec": {"unschedulable": True}})
        own.put("Pod bff")
        message = unscheduled(own, "bff", "unschedulable")
        assert f"{len(nodes)} node(s) were unschedulable" in message
    finally:
        for node in nodes:
            bench.api.patch(node, {"spec": {"unschedulable": None}})
    assert scheduled(own, 1)


def claimed(own: Room, changes: dict[str, Any]) -> dict[str, Any]:
    """Put a claim, and a pod that mounts it."""
    made = own.put("PersistentVolumeClaim developer-portal-backend", changes)
    volume = {"name": "tmp", "persistentVolumeClaim": {"claimName": made["metadata"]["name"]}}
    own.put("Pod bff", {"spec.volumes[0]": volume})
    return made


def test_a_claim_that_is_bound_at_once_waits_for_its_volume(bench: Bench, room: MakeRoom) -> None:
    own = room()
    kind = f"at-once-{own.name}"
    at_once = with_changes(
        bench.stack["StorageClass gp3"], {"metadata": {"name": kind}, "volumeBindingMode": "Immediate"}
    )
    bench.api.apply(at_once)
    claimed(own, {"spec.storageClassName": kind})
    assert "pod has unbound immediate PersistentVolumeClaims" in unscheduled(own, "bff", "unbound immediate")


def test_a_volume_that_is_lost_keeps_its_pod_waiting(room: MakeRoom) -> None:
    own = room()
    claimed(own, {"spec.storageClassName": "gp3", "spec.volumeName": "nowhere"})
    assert re.search("unbound immediate|nowhere", unscheduled(own, "bff", "PersistentVolume"))


def test_a_volume_of_another_zone_is_not_mounted(bench: Bench, room: MakeRoom) -> None:
    own = room()
    claim = own.put("PersistentVolumeClaim developer-portal-backend", {"spec.resources.requests.storage": "1Gi"})
    zone = {"key": ZONE, "operator": "In", "values": ["eu-central-1z"]}
    bound = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "name": claim["metadata"]["name"],
        "namespace": own.name,
    }
    spec = {
        "capacity": {"storage": "1Gi"},
        "accessModes": claim["spec"]["accessModes"],
        "storageClassName": claim["spec"]["storageClassName"],
        "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": own.name},
        "claimRef": {**bound, "uid": claim["metadata"]["uid"]},
        "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [zone]}]}},
    }
    bench.api.apply(
        {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": f"far-{own.name}"}, "spec": spec}
    )
    eventually(lambda: bench.api.get(claim)["status"]["phase"] == "Bound", "the claim is bound")
    own.put("Pod bff", {"spec.volumes[0]": {"name": "tmp", "persistentVolumeClaim": {"claimName": bound["name"]}}})
    assert "didn't match PersistentVolume's node affinity" in unscheduled(own, "bff", "PersistentVolume")


def test_a_surge_that_the_pool_has_no_room_for_stops_the_rollout(bench: Bench, room: MakeRoom) -> None:
    own = room(requests_cpu="999", limits_cpu="999", requests_memory="9Ti", limits_memory="9Ti", pods="99")
    (node, *_) = pool(bench, "management")
    whole = node["status"]["allocatable"]["cpu"]
    milli = int(whole.removesuffix("m")) if whole.endswith("m") else int(whole) * 1000
    size = {"cpu": f"{milli * 2 // 3}m", "memory": "64Mi"}
    full = {
        "spec.replicas": len(pool(bench, "management")),
        "spec.template.spec.containers[0].resources": {"requests": size, "limits": size},
    }
    own.counted(own.put("Deployment bff", full), ready=full["spec.replicas"])
    made = own.put("Deployment bff", {**full, "spec.template.metadata.annotations.release": "2"})
    own.counted(made, ready=full["spec.replicas"], updated=1)
    waiting = [pod["metadata"] for pod in own.pods() if pod["status"]["phase"] == "Pending"]
    assert [pod["annotations"]["release"] for pod in waiting] == ["2"]
    event = own.event("FailedScheduling", f"{full['spec.replicas']} Insufficient cpu")
    assert event["involvedObject"]["name"].startswith("bff-")
