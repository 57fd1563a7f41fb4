"""What products of several charts need beside their releases: files for a Job's script, Java keystores, pods that a chart labels in its own way."""

from typing import Any

from components_kubernetes_samples import recorded

from apim_infra.rehearsal.testing import Recording
from components.kubernetes.certificates import LASTING_HOURS, certificate_spec
from components.kubernetes.network_policies import NetworkPolicies
from components.kubernetes.script_job import ScriptJob

JOB: dict[str, Any] = {
    "job": "tables",
    "namespace": "user-namespace",
    "image": "registry.example.com/client:1.0",
    "script": "load /files/tables.sql",
    "placement": {"pool": "management"},
}
FILES = {"image": "registry.example.com/product:4.7.0", "folder": "/home/product/scripts"}


def job(recording: Recording) -> dict[str, Any]:
    (found,) = recording.of_type("kubernetes:batch/v1:Job")
    return found.inputs


def run(**arguments: Any) -> dict[str, Any]:
    return job(recorded(lambda: ScriptJob("sample", {**JOB, **arguments})))  # pyright: ignore[reportArgumentType] - put together


def test_files_are_copied_before_the_script_runs_and_cannot_be_changed_by_it() -> None:
    pod = run(files=FILES)["spec"]["template"]["spec"]
    (before,), (script,) = pod["initContainers"], pod["containers"]
    assert (before["image"], before["command"]) == (FILES["image"], ["cp", "-R", "/home/product/scripts/.", "/files"])
    assert before["securityContext"] == script["securityContext"]
    assert before["resources"] == script["resources"], "a quota refuses a container without them"
    (mount,) = [each for each in script["volumeMounts"] if each["name"] == "files"]
    assert (mount["mountPath"], mount["readOnly"]) == ("/files", True)
    assert {volume["name"] for volume in pod["volumes"]} == {"scratch", "files"}


def test_without_files_there_is_no_container_before_it() -> None:
    pod = run()["spec"]["template"]["spec"]
    assert "initContainers" not in pod
    assert [volume["name"] for volume in pod["volumes"]] == ["scratch"]


def test_a_job_is_another_one_when_its_files_are() -> None:
    other = {**FILES, "image": "registry.example.com/product:4.7.1"}
    names = {run(**given)["metadata"]["name"] for given in ({}, {"files": FILES}, {"files": other})}
    assert len(names) == 3


def test_a_certificate_has_keystores_and_a_key_that_lasts_when_asked() -> None:
    plain: Any = {"namespace": "user-namespace", "secret": "tls", "hosts": ["a.example.com"]}
    before = certificate_spec(plain, "issuer")
    assert not before.keys() & {"keystores", "duration", "renewBefore"}
    assert before["privateKey"] == {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"}
    asked: Any = {**plain, "keystores": {"secret": "passwords", "key": "keystore"}, "rsa": True, "lasting": True}
    after = certificate_spec(asked, "issuer")
    assert after["keystores"] == {
        "jks": {"create": True, "passwordSecretRef": {"name": "passwords", "key": "keystore"}}
    }
    assert after["privateKey"] == {"algorithm": "RSA", "size": 2048, "rotationPolicy": "Never"}
    assert (after["duration"], after["renewBefore"]) == (f"{LASTING_HOURS}h", f"{LASTING_HOURS // 5}h")


def test_pods_may_be_chosen_by_one_of_several_values_at_both_ends() -> None:
    flow: Any = {
        "name": "gateway-to-control-plane",
        "source": {"namespace": "user-namespace", "one_of": {"deployment": ["gateway-a", "gateway-b"]}},
        "destination": {"namespace": "user-namespace", "one_of": {"deployment": ["manager"]}},
        "ports": [{"port": 9443}],
        "reason": "events",
    }
    recording = recorded(lambda: NetworkPolicies("sample", {"flows": [flow]}))
    gateways = {"matchExpressions": [{"key": "deployment", "operator": "In", "values": ["gateway-a", "gateway-b"]}]}
    manager = {"matchExpressions": [{"key": "deployment", "operator": "In", "values": ["manager"]}]}
    into = recording.named("sample-gateway-to-control-plane-ingress").inputs["spec"]
    out = recording.named("sample-gateway-to-control-plane-egress").inputs["spec"]
    assert (into["podSelector"], into["ingress"][0]["from"][0]["podSelector"]) == (manager, gateways)
    assert (out["podSelector"], out["egress"][0]["to"][0]["podSelector"]) == (gateways, manager)


def test_cilium_chooses_the_same_pods() -> None:
    flow: Any = {
        "name": "gateway-to-nodes",
        "source": {"namespace": "user-namespace", "one_of": {"deployment": ["gateway-a"]}},
        "destination": {"cidrs": ["10.0.0.0/16"], "cilium_nodes": True},
        "ports": [{"port": 443}],
        "reason": "nodes",
    }
    recording = recorded(lambda: NetworkPolicies("sample", {"flows": [flow]}))
    selector = recording.named("sample-gateway-to-nodes-egress").inputs["spec"]["endpointSelector"]
    assert selector["matchExpressions"] == [{"key": "deployment", "operator": "In", "values": ["gateway-a"]}]
