"""Faults that the API server itself finds: in what an object says, in what may not change, and in who owns a field."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from fault_bench import Bench, Room, faults, with_changes

from apim_infra.cluster.api import Refused

MakeRoom = Callable[..., Room]


def check(refused: Refused, fault: dict[str, Any]) -> None:
    """Check who refuses: the validation of a field names it, everything else has its own code and reason."""
    assert refused.code == fault["code"], refused
    assert refused.reason == fault.get("reason", "Invalid" if fault["code"] == 422 else ""), refused
    causes = [cause for cause in refused.causes if cause.path == fault.get("field")]
    said = " ".join(cause.message for cause in causes) if "field" in fault else refused.message
    assert re.search(fault["says"], said), refused


@pytest.mark.parametrize("fault", faults("validation"))
def test_a_fault_is_found_by_the_servers_validation(bench: Bench, fault: dict[str, Any]) -> None:
    check(bench.refused(with_changes(bench.stack[fault["object"]], fault["change"])), fault)


@pytest.mark.parametrize(
    "name", sorted({fault.values[0]["object"] for fault in faults("validation") if fault.values[0]["change"]})
)
def test_the_same_objects_are_taken_without_a_fault(bench: Bench, name: str) -> None:
    assert bench.api.apply(bench.stack[name], dry_run=True)["metadata"]["uid"]


@pytest.mark.parametrize("fault", faults("update"))
def test_a_change_that_may_not_be_is_refused(bench: Bench, room: MakeRoom, fault: dict[str, Any]) -> None:
    kind, _, place = fault["object"].partition(" ")
    if "/" not in place:  # a class, which is on the bench already
        check(bench.refused(with_changes(bench.stack[fault["object"]], fault["change"])), fault)
        return
    like, _, name = place.partition("/")
    own = room(like)
    own.put(f"{kind} {name}")
    check(own.refused(f"{kind} {name}", fault["change"]), fault)


def conflict(refused: Refused) -> list[tuple[str, str]]:
    """Return the fields of a conflict, each with the manager that owns it."""
    assert (refused.code, refused.reason) == (409, "Conflict"), refused
    return [(cause.path, re.sub(r"conflict with (.*)", r"\1", cause.message)) for cause in refused.causes]


def test_two_owners_of_the_replicas_are_a_conflict(bench: Bench, room: MakeRoom) -> None:
    own = room()
    made = own.put("Deployment bff")
    bench.api.patch(made, {"spec": {"replicas": 3}}, manager="autoscaler", subresource="scale")
    assert bench.api.get(made)["spec"]["replicas"] == 3
    (found,) = conflict(own.refused("Deployment bff"))
    assert found[0] == ".spec.replicas"
    assert '"autoscaler"' in found[1]


def test_two_releases_that_bring_one_object_are_a_conflict(bench: Bench, room: MakeRoom) -> None:
    own = room()
    image = "spec.template.spec.containers[0].image"
    own.apply(own.take("Deployment bff", {image: "registry.example/bff:2.0.0"}), manager="helm")
    found = conflict(own.refused("Deployment bff"))
    assert found == [('.spec.template.spec.containers[name="bff"].image', '"helm"')]


def test_two_stacks_that_bound_one_namespace_are_a_conflict(bench: Bench) -> None:
    theirs = with_changes(bench.stack["ResourceQuota apim/quota"], {"spec.hard.pods": "3"})
    found = conflict(bench.refused(theirs, manager="another-stack"))
    assert found == [(".spec.hard.pods", '"apim"')]


def test_a_label_that_somebody_edited_by_hand_is_a_conflict(bench: Bench, room: MakeRoom) -> None:
    own = room()
    made = own.put("Service bff")
    bench.api.patch(made, {"metadata": {"labels": {"apim.io/role": "mine"}}}, manager="kubectl-edit")
    found = conflict(own.refused("Service bff"))
    assert [path for path, _ in found] == [".metadata.labels.apim.io/role"]
    assert '"kubectl-edit"' in found[0][1]


def test_an_object_that_changed_meanwhile_is_not_overwritten(bench: Bench, room: MakeRoom) -> None:
    own = room()
    read = own.put("ConfigMap bff")
    bench.api.patch(read, {"data": {"LEVEL": "debug"}})
    refused = own.refused("ConfigMap bff", {"metadata.resourceVersion": read["metadata"]["resourceVersion"]})
    assert (refused.code, refused.reason) == (409, "Conflict")
    assert "the object has been modified" in refused.message


def test_a_secret_that_is_sealed_does_not_change(bench: Bench, room: MakeRoom) -> None:
    own = room()
    own.put("Secret apim-redis", {"immutable": True})
    refused = own.refused("Secret apim-redis", {"immutable": True, "stringData.password": "another"})
    assert [(cause.path, refused.code) for cause in refused.causes] == [("data", 422)]
    assert "field is immutable when `immutable` is set" in refused.message


def test_two_services_on_one_node_port_are_refused(room: MakeRoom) -> None:
    own = room(services_nodeports="2")
    ports = [{"name": "http", "port": 80, "protocol": "TCP", "nodePort": 30080}]
    own.put("Service bff", {"spec.type": "NodePort", "spec.ports": ports})
    refused = own.refused("Service tenant-manager", {"spec.type": "NodePort", "spec.ports": ports})
    assert [cause.path for cause in refused.causes] == ["spec.ports[0].nodePort"]
    assert "provided port is already allocated" in refused.message


def test_two_services_at_one_address_are_refused(room: MakeRoom) -> None:
    own = room()
    address = own.put("Service bff")["spec"]["clusterIP"]
    refused = own.refused("Service tenant-manager", {"spec.clusterIP": address})
    assert [cause.path for cause in refused.causes] == ["spec.clusterIPs"]
    assert "provided IP is already allocated" in refused.message
