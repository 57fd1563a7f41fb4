"""What a kubelet would refuse, from pods alone."""

from typing import Any

import pytest

from apim_infra.cluster import kubelet
from apim_infra.cluster.job_results import written_by

HOLDERS: dict[tuple[str, str, str], dict[str, Any]] = {
    ("Secret", "apim", "database"): {"data": {"password": "eA=="}},
    ("ConfigMap", "apim", "settings"): {"data": {"a.conf": "x"}, "binaryData": {"b.bin": "eA=="}},
    ("PersistentVolumeClaim", "apim", "files"): {},
}


def find(kind: str, namespace: str, name: str) -> dict[str, Any] | None:
    return HOLDERS.get((kind, namespace, name))


def pod(**container: Any) -> dict[str, Any]:
    return {"containers": [{"name": "one", "image": "registry.example.com/one:1.2.3", **container}]}


def from_secret(name: str, key: str, **more: Any) -> dict[str, Any]:
    return {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": name, "key": key, **more}}}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (
            pod(env=[from_secret("other", "password")]),
            'containers[0].env[0].valueFrom.secretKeyRef: secret "other" is not there',
        ),
        (pod(env=[from_secret("database", "user")]), 'secret "database" has no key "user"'),
        (pod(envFrom=[{"configMapRef": {"name": "lost"}}]), 'containers[0].envFrom[0].configMapRef: config map "lost"'),
        ({**pod(), "volumes": [{"name": "v", "secret": {"secretName": "tls"}}]}, 'volumes[0].secret: secret "tls"'),
        (
            {
                **pod(),
                "volumes": [
                    {"name": "v", "configMap": {"name": "settings", "items": [{"key": "c.conf", "path": "c"}]}}
                ],
            },
            'config map "settings" has no key "c.conf"',
        ),
        (
            {**pod(), "volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "tls"}}]}}]},
            "volumes[0].projected.sources[0].secret",
        ),
        (
            {**pod(), "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "lost"}}]},
            'claim "lost" is not there',
        ),
        ({**pod(), "initContainers": [{"env": [from_secret("lost", "x")]}]}, "initContainers[0].env[0]"),
    ],
)
def test_references_that_nothing_meets_are_named_with_their_path(spec: dict[str, Any], words: str) -> None:
    (found,) = kubelet.missing(spec, "apim", find)
    assert words in found


def test_what_is_there_or_optional_is_not_missing() -> None:
    spec = pod(
        env=[
            from_secret("database", "password"),
            from_secret("lost", "x", optional=True),
            {"name": "PLAIN", "value": "1"},
        ],
        envFrom=[{"secretRef": {"name": "lost", "optional": True}}, {"configMapRef": {"name": "settings"}}],
    )
    items = [{"key": "b.bin", "path": "b"}]
    spec["volumes"] = [
        {"name": "a", "configMap": {"name": "settings", "items": items}},
        {"name": "b", "secret": {"secretName": "lost", "optional": True}},
        {"name": "c", "persistentVolumeClaim": {"claimName": "files"}},
        {"name": "d", "emptyDir": {}},
    ]
    assert kubelet.missing(spec, "apim", find) == []


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        (pod(image="registry.example.com:5000/one"), "image-without-tag"),
        (pod(image="one:latest"), "image-without-tag"),
        (pod(image=""), "image-missing"),
        (
            pod(readinessProbe={"httpGet": {"port": "http"}}, ports=[{"name": "admin", "containerPort": 1}]),
            "probe-port-unknown",
        ),
        (pod(lifecycle={"preStop": {"httpGet": {"port": "stop"}}}), "probe-port-unknown"),
        ({**pod(), "securityContext": {"runAsNonRoot": True, "runAsUser": 0}}, "root-refused"),
        (
            {"containers": [{**pod()["containers"][0], "ports": [{"containerPort": 80}]} for _ in range(2)]},
            "port-clash",
        ),
    ],
)
def test_what_a_kubelet_refuses_by_itself(spec: dict[str, Any], rule: str) -> None:
    assert [found for found, _, _ in kubelet.refusals(spec)] == [rule]


def test_a_sound_pod_is_not_refused() -> None:
    ports = [{"name": "http", "containerPort": 80}, {"name": "dns", "containerPort": 80, "protocol": "UDP"}]
    probe = {"httpGet": {"port": "http"}}
    sound = pod(
        ports=ports, readinessProbe=probe, livenessProbe={"tcpSocket": {"port": 80}}, securityContext={"runAsUser": 1}
    )
    sound["containers"][0]["image"] = "registry.example.com/one@sha256:" + "0" * 64
    sound["securityContext"] = {"runAsNonRoot": True, "runAsUser": 0}
    assert kubelet.refusals(sound) == []


def job(image: str, *words: str) -> dict[str, Any]:
    containers = [{"name": "one", "image": image, "args": list(words)}]
    return {"metadata": {"namespace": "monitoring"}, "spec": {"template": {"spec": {"containers": containers}}}}


def test_jobs_that_make_certificates_write_their_secrets() -> None:
    (secret,) = written_by(job("ghcr.io/example/kube-webhook-certgen:1", "create", "--secret-name=admission"))
    assert secret["metadata"] == {"name": "admission", "namespace": "monitoring"}
    assert set(secret["stringData"]) == {"ca", "cert", "key"}
    assert len(written_by(job("docker.io/envoyproxy/gateway:v1", "envoy-gateway", "certgen"))) == 4


def test_other_jobs_write_nothing() -> None:
    assert written_by(job("ghcr.io/example/kube-webhook-certgen:1", "patch", "--secret-name=admission")) == []
    assert written_by(job("docker.io/library/postgres:17", "psql")) == []
