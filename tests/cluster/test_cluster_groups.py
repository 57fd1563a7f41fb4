"""Parts of quotas of gateway groups, as the real admission counts them."""

from collections.abc import Callable, Generator
from typing import Any

import pytest

from apim_infra.cluster.api import Api, reference
from apim_infra.cluster.refusals import Refused
from apim_infra.rehearsal.testing import record
from components.kubernetes.gateway_shares import GatewayShares


def _share(namespace: str, name: str, priority: int, pods: int) -> Any:
    return {
        "name": name,
        "namespace": namespace,
        "priority": priority,
        "description": name,
        "cpu_millicores": pods * 500,
        "memory_mib": pods * 256,
        "pods": pods,
    }


@pytest.fixture
def shared(api: Api, make_namespace: Callable[..., str]) -> Generator[str]:
    """A namespace whose quota has two parts: two pods of the class `first`, one of the class `second`."""
    namespace = make_namespace()
    shares = [_share(namespace, f"{namespace}-first", -1, 2), _share(namespace, f"{namespace}-second", -2, 1)]
    made = record(lambda: GatewayShares("sample", {"shares": shares})).graph
    manifests = [dict(found.inputs) for found in made.custom() if not found.type.startswith("pulumi:")]
    for manifest in manifests:
        api.apply(manifest)
    yield namespace
    for manifest in manifests:
        if manifest["kind"] == "PriorityClass":
            api.delete(manifest)


def pod(namespace: str, name: str, of: str) -> dict[str, Any]:
    size = {"cpu": "500m", "memory": "256Mi"}
    container = {"name": "proxy", "image": "kong:3.9.2", "resources": {"requests": size, "limits": size}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"priorityClassName": f"{namespace}-{of}", "containers": [container]},
    }


def test_a_group_cannot_take_the_room_of_another(api: Api, shared: str) -> None:
    # The controller of quotas says what is there before admission lets anything in.
    for name in ("one", "two"):
        _eventually(lambda name=name: api.create(pod(shared, name, "first")))
    with pytest.raises(Refused, match=f"exceeded quota: {shared}-first"):
        api.create(pod(shared, "three", "first"))
    admitted = _eventually(lambda: api.create(pod(shared, "four", "second")))
    assert admitted["spec"]["priority"] == -2


def test_a_pod_of_an_unknown_class_is_refused(api: Api, shared: str) -> None:
    with pytest.raises(Refused, match="no PriorityClass with name"):
        api.create(pod(shared, "one", "third"))


def test_a_class_keeps_its_value(api: Api, shared: str) -> None:
    found = api.get(reference("scheduling.k8s.io/v1", "PriorityClass", f"{shared}-first"))
    with pytest.raises(Refused, match="may not be changed"):
        api.apply(
            {**reference("scheduling.k8s.io/v1", "PriorityClass", f"{shared}-first"), "value": found["value"] - 1},
            force=True,
        )


def _eventually(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what a call answers, once the controller of quotas has counted for the first time."""
    for _ in range(50):
        try:
            return call()
        except Refused as refused:
            if "status unknown for quota" not in str(refused):
                raise
    return call()
