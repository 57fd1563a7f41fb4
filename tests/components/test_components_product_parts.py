"""What a product's plan is built from beside charts: keystores, programs with volumes, ports past the ingress, sources of Grafana."""

import base64
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from components_kubernetes_samples import PLACEMENT, component
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12
from cryptography.x509.oid import NameOID
from echo_twin import Echo
from hypothesis import given, settings
from hypothesis import strategies as st

from apim_infra.rehearsal.testing import record
from apim_infra.rehearsal.twins.random import RandomTwin
from apim_infra.rehearsal.twins.tls import TlsTwin
from components.keystore import keystore
from components.kubernetes.gateway_port import GatewayPort
from components.kubernetes.grafana_source import GrafanaSource
from components.kubernetes.keystore_secrets import KeystoreSecrets, KeystoreSecretsArgs
from components.kubernetes.stateful_program import CHECKSUM, StatefulProgram

PROGRAM: dict[str, Any] = {
    "program": "grid",
    "namespace": "gateways",
    "image": "registry.example.com/grid:1.0",
    "placement": PLACEMENT,
    "size": {"cpu_millicores": 500, "memory_mib": 1024},
    "ports": {"members": 5701},
}
KEYSTORE: KeystoreSecretsArgs = {
    "namespace": "gateways",
    "secret": "backend-tls",
    "hosts": ["one.gateways.svc", "two.gateways.svc"],
    "keystore_secret": "keystore",
    "keystore_key": "KEY",
    "password_key": "PASS",
}


# -- the file itself -------------------------------------------------------------------------------------------------------------------------


@cache
def signed() -> tuple[rsa.RSAPrivateKey, x509.Certificate, x509.Certificate]:
    """Return a key, its certificate and the authority's."""
    authority_key, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))

    def certificate(name: str, issuer: str, of: rsa.RSAPrivateKey) -> x509.Certificate:
        made, by = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in (name, issuer))
        start = datetime(2026, 1, 1, tzinfo=UTC)
        builder = x509.CertificateBuilder().subject_name(made).issuer_name(by).public_key(of.public_key())
        builder = builder.serial_number(7).not_valid_before(start).not_valid_after(start + timedelta(days=900))
        return builder.sign(authority_key, hashes.SHA256())

    return key, certificate("gateway", "authority", key), certificate("authority", "authority", authority_key)


def file_of(password: str) -> str:
    key, own, authority = signed()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    first, second = (each.public_bytes(Encoding.PEM).decode() for each in (own, authority))
    return keystore(private, first, second, password)


@settings(max_examples=5, deadline=None)
@given(password=st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=80))
def test_a_keystore_opens_by_its_password_alone(password: str) -> None:
    file = base64.b64decode(file_of(password))
    key, certificate, authority = signed()
    found, own, others = pkcs12.load_key_and_certificates(file, password.encode())
    assert isinstance(found, rsa.RSAPrivateKey)
    assert found.private_numbers() == key.private_numbers()
    assert (own, others) == (certificate, [authority])
    with pytest.raises(ValueError, match="Invalid password"):
        pkcs12.load_key_and_certificates(file, password.encode() + b"x")


def test_the_same_keystore_is_the_same_text_and_does_not_show_the_key() -> None:
    assert file_of("one") == file_of("one")
    assert file_of("one") != file_of("two")
    private = signed()[0].private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    assert private[-200:] not in base64.b64decode(file_of("one"))


def test_a_keystore_without_a_password_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a password"):
        file_of("")


# -- components ------------------------------------------------------------------------------------------------------------------------------


def test_a_stateful_program_is_restricted_sized_and_found_by_its_service() -> None:
    found = recorded_of(StatefulProgram, {**PROGRAM, "replicas": 3, "storage_gib": 5, "folder": "/data"})
    spec = found["StatefulSet"]["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["resources"]["requests"] == container["resources"]["limits"]
    assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys()
    assert spec["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"] == "5Gi"
    assert found["Service"]["spec"]["selector"] == spec["selector"]["matchLabels"]
    assert found["PodDisruptionBudget"]["spec"]["maxUnavailable"] == 1


def test_a_changed_configuration_restarts_the_program() -> None:
    annotations = [
        recorded_of(StatefulProgram, {**PROGRAM, "files": {"/etc/grid.yaml": text}})["StatefulSet"]["spec"]["template"][
            "metadata"
        ]["annotations"][CHECKSUM]
        for text in ("one", "two")
    ]
    assert annotations[0] != annotations[1]


def test_one_pod_has_no_budget_and_no_files_no_configuration() -> None:
    assert recorded_of(StatefulProgram, PROGRAM).keys() == {"Service", "StatefulSet"}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"ports": {}}, "listens nowhere"),
        ({"storage_gib": 5}, "must be mounted somewhere"),
        ({"replicas": 0}, "1 or more"),
    ],
)
def test_a_stateful_program_that_cannot_be_is_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(Exception, match=words):
        component(StatefulProgram, {**PROGRAM, **changed})


def test_a_keystore_and_its_tls_secret_hold_the_same_key() -> None:
    recording = record(
        lambda: KeystoreSecrets("sample", KEYSTORE),
        providers={"kubernetes": Echo(), "random": RandomTwin(0), "tls": TlsTwin(0)},
    )
    assert recording.errors == []
    secrets = {
        resource.inputs["metadata"]["name"]: resource
        for resource in recording.graph.resources
        if resource.type == "kubernetes:core/v1:Secret"
    }
    assert {name: secret.inputs["type"] for name, secret in secrets.items()} == {
        "backend-tls": "kubernetes.io/tls",
        "keystore": "Opaque",
    }
    (request,) = recording.of_type("tls:index/certRequest:CertRequest")
    assert request.inputs["dnsNames"] == KEYSTORE["hosts"]


TARGET = {"port_name": "mqtt", "namespace": "gateways", "port": 8883, "service": "ssg", "selector": {"app": "ssg"}}
BALANCER = {"annotations": {"service.beta.kubernetes.io/azure-pip-name": "public"}, "source_cidrs": ["192.0.2.0/24"]}


def test_a_port_is_bound_to_a_target_group_or_gets_a_load_balancer_of_the_cluster() -> None:
    bound = recorded_of(GatewayPort, {**TARGET, "target_group_arn": "arn:aws:elasticloadbalancing:target"})
    assert bound["TargetGroupBinding"]["spec"]["serviceRef"] == {"name": "ssg", "port": 8883}
    service = recorded_of(GatewayPort, {**TARGET, "load_balancer": BALANCER})["Service"]
    assert service["spec"]["type"] == "LoadBalancer"
    assert service["spec"]["loadBalancerSourceRanges"] == ["192.0.2.0/24"]
    assert service["metadata"]["annotations"] == BALANCER["annotations"]


def test_a_port_has_one_way_in() -> None:
    with pytest.raises(Exception, match="one way in"):
        component(GatewayPort, TARGET)


def test_grafana_loads_a_source_and_its_dashboards() -> None:
    args = {
        "source": "layer7",
        "namespace": "monitoring",
        "provisioning": {"name": "metrics", "type": "influxdb", "url": "http://influxdb:8086"},
        "dashboards": {"services": {"title": "Services"}},
    }
    recording = component(GrafanaSource, args)
    maps = {resource.inputs["metadata"]["name"]: resource.inputs for resource in recording.of_type(CONFIG_MAP)}
    source = json.loads(maps["apim-source-layer7"]["data"]["layer7.yaml"])
    assert source["datasources"] == [args["provisioning"]]
    assert maps["apim-source-layer7"]["metadata"]["labels"] == {"grafana_datasource": "1"}
    assert json.loads(maps["apim-dashboard-services"]["data"]["apim-services.json"]) == {"title": "Services"}


CONFIG_MAP = "kubernetes:core/v1:ConfigMap"


def recorded_of(of: type, args: dict[str, Any]) -> dict[str, Any]:
    """Return the inputs of a component's Kubernetes objects by their kind."""
    recording = component(of, args)
    return {
        resource.type.rpartition(":")[2]: resource.inputs
        for resource in recording.graph.resources
        if resource.type.startswith("kubernetes:")
    }
