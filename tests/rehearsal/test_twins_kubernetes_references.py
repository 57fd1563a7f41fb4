"""References to what is not there: found once everything has been created, as Kubernetes itself waits."""

import pytest
from kubernetes_cases import OBJECTS
from kubernetes_support import (
    ACCOUNT,
    CONFIG,
    DEPLOYMENT,
    NAMESPACE,
    SECRET,
    SERVICE,
    World,
    changed,
    platform,
    token_of,
)

BINDING = OBJECTS["RoleBinding"]
BUDGET = OBJECTS["PodDisruptionBudget"]
CLAIM = OBJECTS["PersistentVolumeClaim"]
DEFINITION = OBJECTS["CustomResourceDefinition"]
INGRESS = OBJECTS["Ingress"]
SCALER = OBJECTS["HorizontalPodAutoscaler"]
STATEFUL = OBJECTS["StatefulSet"]

STORAGE_CLASS = (
    "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: gp3}, provisioner: ebs.csi.aws.com}"
)
C = "spec/template/spec/containers/0"
P = "spec/template/spec"


def codes(world):
    return sorted(problem.code for problem in world.settled())


# -- references -----------------------------------------------------------------------------------------------------------------------

MISSING = [
    ("service account", DEPLOYMENT, [(f"{P}/serviceAccountName", "controll")], "Forbidden", 'serviceaccount "controll" not found'),
    ("secret of a variable", DEPLOYMENT, [(f"{C}/env/1/valueFrom/secretKeyRef/name", "databse")], "CreateContainerConfigError", 'secret "databse"'),
    ("key of a secret", DEPLOYMENT, [(f"{C}/env/1/valueFrom/secretKeyRef/key", "pasword")], "CreateContainerConfigError", "couldn't find key pasword"),
    ("key of a configuration", DEPLOYMENT, [(f"{C}/env/0/valueFrom/configMapKeyRef/key", "moed")], "CreateContainerConfigError", "key moed"),
    ("configuration of a volume", DEPLOYMENT, [(f"{P}/volumes/1/configMap/name", "setings")], "FailedMount", 'configmap "setings" not found'),
    ("secret of a volume", DEPLOYMENT, [(f"{P}/volumes/0", {"name": "work", "secret": {"secretName": "none"}})], "FailedMount", 'secret "none" not found'),
    ("claim", DEPLOYMENT, [(f"{P}/volumes/0", {"name": "work", "persistentVolumeClaim": {"claimName": "wrok"}})], "FailedScheduling", "wrok"),
    ("all of a secret", DEPLOYMENT, [(f"{C}/envFrom", [{"secretRef": {"name": "none"}}])], "CreateContainerConfigError", "none"),
    ("priority class", DEPLOYMENT, [(f"{P}/priorityClassName", "high")], "Forbidden", "no PriorityClass with name high"),
    ("runtime class", DEPLOYMENT, [(f"{P}/runtimeClassName", "gvisor")], "Forbidden", 'RuntimeClass "gvisor" not found'),
    ("autoscaled workload", SCALER, [("spec/scaleTargetRef/name", "controll")], "FailedGetScale", 'deployments.apps "controll" not found'),
    ("autoscaled kind", SCALER, [("spec/scaleTargetRef/kind", "StatefulSet")], "FailedGetScale", "statefulsets.apps"),
    ("role", BINDING, [("roleRef/name", "viewer")], "NotFound", 'clusterroles.rbac.authorization.k8s.io "viewer" not found'),
    ("subject", BINDING, [("subjects/0/name", "controll")], "NotFound", "binds nobody"),
    ("ingress class", INGRESS, [("spec/ingressClassName", "nginx")], "NotFound", 'ingressclasses.networking.k8s.io "nginx"'),
    ("ingress backend", INGRESS, [("spec/rules/0/http/paths/0/backend/service/name", "contrl")], "NotFound", 'service "contrl" not found'),
    ("port of an ingress backend", INGRESS, [("spec/rules/0/http/paths/0/backend/service/port", {"number": 81})], "PortNotFound", "has no port 81"),
    ("storage class", CLAIM, [("spec/storageClassName", "gp9")], "ProvisioningFailed", '"gp9" not found'),
    ("default storage class", CLAIM, [("spec/storageClassName", None)], "FailedBinding", "no storage class is set"),
    ("selector of a service", SERVICE, [("spec/selector/app", "controll"), ("metadata/name", "other")], "NoEndpoints", "does not target any Pods"),
    ("port name of a service", SERVICE, [("spec/ports/0/targetPort", "https"), ("metadata/name", "other")], "NoEndpoints", 'no pod has a port named "https"'),
    ("selector of a budget", BUDGET, [("spec/selector/matchLabels/app", "controll")], "NoPods", "selects no workload"),
    ("driver of a storage class", STORAGE_CLASS, [("provisioner", "ebs.csi.aws.co")], "ProvisioningFailed", "never provisioned"),
    ("governing service", STATEFUL, [("spec/serviceName", "none")], "NotFound", "get no names in DNS"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "text", "changes", "code", "words"), MISSING, ids=[case[0] for case in MISSING])
def test_a_reference_to_what_is_not_there_is_found(what, text, changes, code, words):
    world = platform()
    world.populate(*(base for base in (DEPLOYMENT, SERVICE) if base is not text or what.endswith("of a service")))
    world.create(changed(text, *changes))
    assert (code, True) in {(problem.code, words in problem.message) for problem in world.settled()}, world.settled()


def test_order_of_creation_does_not_matter_where_kubernetes_waits():
    world = World().populate(NAMESPACE, SCALER, SERVICE, DEPLOYMENT, SECRET, CONFIG, ACCOUNT)
    assert world.settled() == []


def test_an_optional_reference_may_be_missing():
    world = platform()
    world.create(
        changed(DEPLOYMENT, (f"{C}/env/1/valueFrom/secretKeyRef", {"name": "none", "key": "k", "optional": True}))
    )
    assert codes(world) == []


def test_what_a_controller_makes_is_there():
    world = platform().populate(
        changed(
            DEFINITION,
            ("metadata/name", "certificates.cert-manager.io"),
            ("spec/group", "cert-manager.io"),
            ("spec/names", {"plural": "certificates", "kind": "Certificate"}),
            (
                "spec/versions/0/schema/openAPIV3Schema",
                {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            ),
        )
    )
    world.create(
        "{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name: c, namespace: apim}, spec: {secretName: tls}}"
    )
    world.create(changed(DEPLOYMENT, (f"{P}/volumes/0", {"name": "work", "secret": {"secretName": "tls"}})))
    assert codes(world) == []


@pytest.mark.parametrize(
    ("target", "there", "found"),
    [
        ("{name: new, creationPolicy: Owner}", "new", []),
        ("{name: new}", "new", []),
        ("{name: database, creationPolicy: Merge}", "database", []),
        ("{name: new, creationPolicy: Merge}", "new", ["CreateContainerConfigError", "SecretMissing"]),
        ("{name: new, creationPolicy: None}", "new", ["CreateContainerConfigError"]),
    ],
)
def test_an_external_secret_makes_its_target_or_needs_it(target, there, found):
    world = platform().populate(
        changed(
            DEFINITION,
            ("metadata/name", "externalsecrets.external-secrets.io"),
            ("spec/group", "external-secrets.io"),
            ("spec/names", {"plural": "externalsecrets", "kind": "ExternalSecret"}),
            (
                "spec/versions/0/schema/openAPIV3Schema",
                {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            ),
        )
    )
    world.create(
        f"{{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {{name: e, namespace: apim}}, spec: {{target: {target}}}}}"
    )
    world.create(changed(DEPLOYMENT, (f"{C}/env/1/valueFrom/secretKeyRef/name", there)))
    assert codes(world) == found


# -- Gateway API ----------------------------------------------------------------------------------------------------------------------

GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: public, namespace: apim}
spec:
  gatewayClassName: envoy
  listeners: [{name: https, port: 443, protocol: HTTPS, hostname: "*.example.com", tls: {certificateRefs: [{name: database}]}}]
"""
ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: api, namespace: apim}
spec:
  parentRefs: [{name: public, sectionName: https}]
  hostnames: [api.example.com]
  rules: [{backendRefs: [{name: control, port: 80}]}]
"""
CLASS = """
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: envoy}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
"""
ENVOY = {
    "chart": "oci://docker.io/envoyproxy/gateway-helm",
    "version": "1.9.0",
    "name": "envoy",
    "namespace": "apim",
}
ROUTE_FAULTS = [
    ("gateway", ROUTE, ("spec/parentRefs/0/name", "privat"), "NoMatchingParent"),
    ("listener", ROUTE, ("spec/parentRefs/0/sectionName", "http"), "NoMatchingParent"),
    ("host name", ROUTE, ("spec/hostnames", ["api.example.org"]), "NoMatchingListenerHostname"),
    ("backend", ROUTE, ("spec/rules/0/backendRefs/0/name", "controll"), "BackendNotFound"),
    ("backend port", ROUTE, ("spec/rules/0/backendRefs/0/port", 81), "PortNotFound"),
    ("backend of another namespace", ROUTE, ("spec/rules/0/backendRefs/0/namespace", "default"), "RefNotPermitted"),
    ("class", GATEWAY, ("spec/gatewayClassName", "envoi"), "NotFound"),
    ("controller", CLASS, ("spec/controllerName", "gateway.example.com/other"), "NoController"),
    ("certificate", GATEWAY, ("spec/listeners/0/tls/certificateRefs/0/name", "tls"), "InvalidCertificateRef"),
]


@pytest.mark.parametrize(("what", "text", "change", "code"), ROUTE_FAULTS, ids=[case[0] for case in ROUTE_FAULTS])
def test_routes_that_reach_nothing(what, text, change, code):
    world = platform().populate(DEPLOYMENT, SERVICE)
    world.create(ENVOY, "kubernetes:helm.sh/v3:Release")
    world.populate(*(changed(base, change) if base is text else base for base in (CLASS, GATEWAY, ROUTE)))
    assert code in codes(world)


def test_routes_of_a_gateway_whose_definitions_a_chart_brings():
    world = platform().populate(DEPLOYMENT, SERVICE)
    assert world.refusal(CLASS)[0].code == "NoKindMatch"
    world.create(ENVOY, "kubernetes:helm.sh/v3:Release")
    made = [world.create(text) for text in (CLASS, GATEWAY, ROUTE)]
    assert codes(world) == []
    assert made[1].not_verified == ("all but the well-known fields of Gateway (gateway.networking.k8s.io/v1)",)
    assert made[0].id == "envoy"


KNOWN_FIELDS = [
    (GATEWAY, ("spec/listeners/0/protocol", "https"), "Invalid", "Unsupported value"),
    (GATEWAY, ("spec/listeners/0/hostnme", "a"), "BadRequest", 'unknown field "spec.listeners[0].hostnme"'),
    (GATEWAY, ("spec/listeners/0/port", 70000), "Invalid", "less than or equal to 65535"),
    (ROUTE, ("spec/rules/0/backendRef", []), "BadRequest", "backendRef"),
    (ROUTE, ("spec/hostnames/0", "a b"), "Invalid", "RFC 1123 subdomain"),
    (CLASS, ("spec/controllerName", "envoy"), "Invalid", "should match"),
]


@pytest.mark.parametrize(("text", "change", "code", "words"), KNOWN_FIELDS)
def test_well_known_fields_of_a_custom_resource_are_checked_without_its_schema(text, change, code, words):
    world = platform()
    world.create(ENVOY, "kubernetes:helm.sh/v3:Release")
    problems = world.refusal(changed(text, change))
    assert any(problem.code == code and words in problem.message for problem in problems), problems


def test_a_certificate_covers_the_hosts_of_its_listener():
    world = platform()
    world.create({**ENVOY, "name": "envoy"}, "kubernetes:helm.sh/v3:Release")
    chart = {
        "chart": "oci://quay.io/jetstack/charts/cert-manager",
        "version": "v1.21.1",
        "name": "cm",
        "namespace": "apim",
    }
    world.create({**chart, "values": {"crds": {"enabled": True}}}, "kubernetes:helm.sh/v3:Release")
    certificate = """
    apiVersion: cert-manager.io/v1
    kind: Certificate
    metadata: {name: c, namespace: apim}
    spec: {secretName: tls, dnsNames: ["*.example.org"], issuerRef: {name: i}}
    """
    world.populate(
        CLASS,
        certificate,
        "{apiVersion: cert-manager.io/v1, kind: Issuer, metadata: {name: i, namespace: apim}, spec: {}}",
    )
    world.create(changed(GATEWAY, ("spec/listeners/0/tls/certificateRefs/0/name", "tls")))
    assert codes(world) == ["CertificateNameMismatch"]
    right = changed(
        GATEWAY, ("spec/listeners/0/tls/certificateRefs/0/name", "tls"), ("spec/listeners/0/hostname", "a.example.org")
    )
    world.twin.update(world.request(token_of(right), right, id="apim/public", old_inputs=right))
    assert codes(world) == []
