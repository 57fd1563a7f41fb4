"""Whole rehearsals on a real control plane: the stack `dev`, and a small stack in which everything is wrong."""

import json
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from apim_infra.cluster.charts import ChartSource
from apim_infra.cluster.items import items
from apim_infra.cluster.rehearsal import ClusterRehearsal, Sources
from apim_infra.cluster.releases import Patience
from apim_infra.cluster.report import ClusterReport
from apim_infra.cluster.tools import Tools
from apim_infra.environment import load_environment
from apim_infra.findings import Finding
from apim_infra.platform.program import deploy
from apim_infra.rehearsal.deployment import Deployment
from apim_infra.rehearsal.state import ResourceState, StackState
from apim_infra.rehearsal.testing import record
from apim_infra.rehearsal.twins.kubernetes.kinds import RELEASE
from apim_infra.rehearsal.values import secret_texts
from apim_infra.settings.program import to_program
from apim_infra.settings.stack import StackSettings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
CRDS = Path(os.environ.get("APIM_CRDS") or ROOT.parent / "shared" / "crds")


def settings_of(stack: str) -> StackSettings:
    return load_environment(stack, directory=ROOT).settings


@dataclass(frozen=True, slots=True)
class Run:
    """A stack that was rehearsed twice over: by the twins, then on the control plane."""

    deployment: Deployment
    report: ClusterReport


@pytest.fixture(scope="module")
def dev(tools: Tools) -> Run:
    environment = load_environment("dev", directory=ROOT)
    source = ChartSource(start=ROOT, helm=str(tools.helm))
    definitions = [CRDS] if CRDS.is_dir() else []
    values, secret_keys = to_program(environment.config)
    with ClusterRehearsal(environment.settings, tools, Sources(source, definitions)) as upper:
        recording = record(deploy, stack="dev", config=values, secret_keys=secret_keys, at_once=True)
        assert recording.errors == []
        upper.begin(recording.deployment.after, recording.deployment.redact)
        return Run(recording.deployment, upper.result())


def test_every_pod_of_dev_runs_and_nothing_is_found(dev: Run) -> None:
    assert [str(finding) for finding in dev.report.findings if finding.severity == "error"] == []
    assert not [each for each in dev.report.findings if each.rule == "cluster:operator-unknown"]
    assert set(dev.report.pods) <= {"Running", "Succeeded"}
    assert dev.report.pods["Running"] > 40
    assert set(dev.report.pods_at_maximum) <= {"Running", "Succeeded"}
    assert dev.report.pods_at_maximum["Running"] > dev.report.pods["Running"]


def test_every_object_of_the_program_went_through_the_api_server(dev: Run) -> None:
    asked = Counter(item.manifest["kind"] for item in items(dev.deployment.after) if item.manifest)
    unknown = Counter[str]()
    for what, count in dev.report.not_verified.items():
        unknown[what.partition(".")[0]] += count
    for kind, count in asked.items():
        assert dev.report.objects[kind] + unknown[kind] >= count, kind


def test_nodes_are_those_of_the_pools(dev: Run) -> None:
    pools = settings_of("dev").cluster.pools
    assert set(dev.report.nodes) == {"management", "user", "monitoring"}
    assert pools.user.min <= dev.report.nodes["user"] <= pools.user.max
    assert dev.report.nodes_at_maximum["management"] == pools.management.max


def test_the_report_says_what_was_not_rendered_and_what_is_harmless(dev: Run) -> None:
    assert dev.report.rendered == ["apim/apim"]
    assert any("kube-prometheus-stack" in line for line in dev.report.not_rendered)
    assert all(": " in line for line in dev.report.explained)
    assert {"control plane: apply", "control plane: second run", "control plane: destroy"} <= set(dev.report.seconds)


@pytest.mark.skipif(not CRDS.is_dir(), reason=f"needs published definitions: {CRDS} is not there (APIM_CRDS)")
def test_custom_resources_are_verified_where_there_are_definitions(dev: Run) -> None:
    assert dev.report.verified["HTTPRoute.gateway.networking.k8s.io/v1"] == 8
    assert not any(what.startswith(("HTTPRoute", "Certificate", "PodMonitor")) for what in dev.report.not_verified)


def test_no_secret_is_in_the_report(dev: Run) -> None:
    secrets = {
        text for resource in dev.deployment.after.resources.values() for text in secret_texts(resource.inputs) if text
    }
    shown = json.dumps(dev.report.to_json()) + json.dumps([finding.to_json() for finding in dev.report.findings])
    assert secrets
    assert not [text for text in secrets if text in shown]


# -- a stack in which everything is wrong ---------------------------------------------------------------------------------------------

Manifest = dict[str, Any]


def manifest(kind: str, name: str, api_version: str = "v1", **fields: Any) -> Manifest:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "wrong"}, **fields}


def workload(name: str, *, image: str = "registry.example.com/one:1", replicas: int = 1, **spec: Any) -> Manifest:
    labels = {"app": name}
    asked = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": "100m", "memory": "64Mi"}}
    container = {"name": "one", "image": image, "resources": asked, **spec.pop("container", {})}
    pod = {"containers": [container], **spec}
    template = {"metadata": {"labels": labels}, "spec": pod}
    body = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return manifest("Deployment", name, "apps/v1", spec=body)


def claim(name: str, storage_class: str, *access: str) -> Manifest:
    wanted = {"accessModes": list(access or ("ReadWriteOnce",)), "resources": {"requests": {"storage": "1Gi"}}}
    return manifest("PersistentVolumeClaim", name, spec={"storageClassName": storage_class, **wanted})


def scaler(name: str, target: str) -> Manifest:
    named = {"apiVersion": "apps/v1", "kind": "Deployment", "name": target}
    return manifest("HorizontalPodAutoscaler", name, "autoscaling/v2", spec={"scaleTargetRef": named, "maxReplicas": 3})


def mounted(name: str) -> dict[str, Any]:
    return {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": name}}]}


SECRET = manifest("Secret", "known", stringData={"password": "Tr0ub4dor-and-3"})
BUDGET = {"minAvailable": 1, "selector": {"matchLabels": {"app": "alone"}}}
CLASS: Manifest = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "disks"},
    "provisioner": "ebs.csi.aws.com",
    "volumeBindingMode": "WaitForFirstConsumer",
}
WRONG: list[Manifest] = [
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "wrong"}},
    {**CLASS},
    {**CLASS, "metadata": {"name": "elsewhere"}, "provisioner": "disk.csi.azure.com"},
    manifest("ResourceQuota", "quota", spec={"hard": {"requests.cpu": "1050m", "limits.memory": "4Gi"}}),
    SECRET,
    workload("alone"),
    manifest("PodDisruptionBudget", "alone", "policy/v1", spec=BUDGET),
    manifest("Service", "nobody", spec={"selector": {"app": "nowhere"}, "ports": [{"port": 80}]}),
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "of-the-cloud", "namespace": "kube-system"},
        "spec": {"selector": {"app": "nowhere"}, "ports": [{"port": 80}]},
    },
    manifest(
        "Service", "lost-port", spec={"selector": {"app": "alone"}, "ports": [{"port": 80, "targetPort": "http"}]}
    ),
    manifest("Service", "open", spec={"type": "LoadBalancer", "selector": {"app": "alone"}, "ports": [{"port": 80}]}),
    workload("no-secret", container={"envFrom": [{"secretRef": {"name": "absent"}}]}),
    workload(
        "no-key", container={"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "known", "key": "user"}}}]}
    ),
    workload("latest", image="registry.example.com/one:latest"),
    workload(
        "huge", container={"resources": {"requests": {"cpu": "64", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}}
    ),
    workload("nowhere", nodeSelector={"apim.io/pool": "absent"}),
    workload("intolerant", nodeSelector={"apim.io/pool": "user"}),
    claim("sound", "disks"),
    workload("sound", **mounted("sound")),
    claim("no-class", "absent"),
    workload("no-class", **mounted("no-class")),
    claim("other-cloud", "elsewhere"),
    workload("other-cloud", **mounted("other-cloud")),
    claim("shared", "disks", "ReadWriteMany"),
    workload("shared", **mounted("shared")),
    workload("none", replicas=0),
    scaler("none", "none"),
    scaler("lost", "absent"),
    manifest("ConfigMap", "misspelt", dta={"a": "b"}),
    manifest("ConfigMap", "twice", data={"a": "1"}),
    manifest("ConfigMap", "twice", data={"a": "1"}),
    manifest("Widget", "unknown", "example.com/v1", spec={}),
    manifest("ConfigMap", "no-namespace", data={}) | {"metadata": {"name": "no-namespace", "namespace": "absent"}},
]


def stack_of(manifests: list[Manifest]) -> StackState:
    """Return a stack that holds the manifests, each after the one before."""
    state = StackState()
    before: list[str] = []
    for number, given in enumerate(manifests):
        group, _, version = given["apiVersion"].rpartition("/")
        token = f"kubernetes:{group or 'core'}/{version}:{given['kind']}"
        name = f"{given['kind']}-{given['metadata']['name']}-{number}".lower()
        urn = f"urn:pulumi:wrong::apim::{token}::{name}"
        first = before[: 4 if number > 4 else number]
        state.resources[urn] = ResourceState(urn, token, name, custom=True, checked=given, dependencies=list(first))
        before.append(urn)
    return state


PASSWORD = """apiVersion: v1
kind: Secret
metadata: {name: fickle}
stringData: {password: {{ randAlphaNum 20 | quote }}}
"""


def with_release(state: StackState, folder: Path) -> StackState:
    """Add a release whose chart makes another password each time."""
    (folder / "templates").mkdir()
    (folder / "Chart.yaml").write_text("{apiVersion: v2, name: fickle, version: 1.0.0}")
    (folder / "templates" / "secret.yaml").write_text(PASSWORD)
    urn = f"urn:pulumi:wrong::apim::{RELEASE}::fickle"
    given: Manifest = {"name": "fickle", "namespace": "wrong", "chart": str(folder), "values": {}}
    first = list(state.resources)[:1]
    state.resources[urn] = ResourceState(urn, RELEASE, "fickle", custom=True, checked=given, dependencies=first)
    return state


@pytest.fixture(scope="module")
def wrong(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> ClusterReport:
    patience = Patience(seconds=40, idle=4)
    source = ChartSource(start=ROOT, helm=str(tools.helm))
    stack = with_release(stack_of(WRONG), tmp_path_factory.mktemp("fickle"))
    with ClusterRehearsal(settings_of("dev"), tools, Sources(source), patience=patience) as upper:
        upper.begin(stack, lambda text: text.replace("Tr0ub4dor-and-3", "[secret]"))
        return upper.result()


@pytest.fixture
def found(wrong: ClusterReport) -> Callable[[str, str], Finding]:
    def one(rule: str, words: str) -> Finding:
        matching = [each for each in wrong.findings if each.rule == f"cluster:{rule}" and words in each.message]
        assert matching, f"no {rule} with {words!r} among {[(each.rule, each.message) for each in wrong.findings]}"
        return matching[0]

    return one


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (
            "not-ready",
            'Deployment wrong/no-secret is not ready when what needs it is due: 1 of 1 pods available; containers[0].envFrom[0].secretRef: secret "absent"',
        ),
        ("not-ready", 'secret "known" has no key "user"'),
        ("not-ready", "exceeded quota: quota"),
        ("not-ready", "Deployment wrong/nowhere"),
        ("not-ready", "untolerated taint"),
        ("not-ready", 'claim no-class: storage class "absent" is not there'),
        ("not-ready", 'claim other-cloud: nothing on aws makes volumes of class "elsewhere"'),
        ("not-ready", "claim shared: ebs.csi.aws.com makes no ReadWriteMany volumes"),
        ("kubelet-image-without-tag", "Deployment wrong/latest: containers[0].image"),
        ("budget-blocks-drain", "PodDisruptionBudget wrong/alone lets none of its 1 pods go"),
        ("service-without-pods", "Service wrong/nobody selects no pod: app=nowhere"),
        ("service-port-unknown", "Service wrong/lost-port"),
        ("autoscaler-without-target", "wrong/lost scales Deployment absent, which is not there"),
        ("autoscaler-below-maximum", "Deployment wrong/none has 0 replicas instead of the maximum of 3"),
        ("upgrade-changes", "Secret wrong/fickle: an upgrade changes data.password"),
        ("already-exists", "ConfigMap wrong/twice is there already"),
        ("NotFound", 'ConfigMap absent/no-namespace: namespaces "absent" not found'),
    ],
)
def test_what_is_wrong_is_found(found: Callable[[str, str], Finding], rule: str, words: str) -> None:
    assert found(rule, words).urn


def test_an_unknown_field_is_refused_by_the_api_server(wrong: ClusterReport) -> None:
    (refused,) = [each for each in wrong.findings if "ConfigMap wrong/misspelt" in each.message]
    assert (refused.rule, refused.fix) == ("cluster:unknown-field", "remove or correct the field that it names")
    assert ".dta: field not declared" in refused.message


def test_a_kind_whose_operator_nobody_knows_is_noted(wrong: ClusterReport) -> None:
    (noted,) = [each for each in wrong.findings if each.rule == "cluster:operator-unknown"]
    assert (noted.severity, noted.urn) == ("note", "")
    assert noted.message.startswith("Widget.example.com/v1 (1 object): its operator is not simulated")


def test_a_service_of_the_clouds_own_pods_is_noted(wrong: ClusterReport) -> None:
    (noted,) = [each for each in wrong.findings if "kube-system/of-the-cloud" in each.message]
    assert (noted.rule, noted.severity) == ("cluster:service-of-the-cloud", "note")


def test_a_kind_without_definition_is_counted_as_not_verified(wrong: ClusterReport) -> None:
    assert wrong.not_verified["Widget.example.com/v1: no definition"] == 1


def test_what_is_right_is_not_found(wrong: ClusterReport) -> None:
    for right in (
        "Deployment wrong/sound",
        "PersistentVolumeClaim wrong/sound",
        "Service wrong/open",
        "Deployment wrong/alone",
    ):
        assert not [each for each in wrong.findings if right in each.message], right


def test_a_wrong_stack_too_leaves_nothing_and_repeats_without_a_change(wrong: ClusterReport) -> None:
    rules = {each.rule for each in wrong.findings}
    assert not rules & {"cluster:left-behind", "cluster:second-run-changes"}
