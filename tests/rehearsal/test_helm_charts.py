"""Charts in a folder: values held against their schema, objects rendered by the real helm and admitted one by one."""

import json
import shutil
from pathlib import Path

import pytest
from kubernetes_cases import OBJECTS
from kubernetes_support import DEPLOYMENT, PROVIDER, SERVICE, World, changed, platform

from apim_infra.rehearsal.provider import UNKNOWN, RejectedError
from apim_infra.rehearsal.twins.kubernetes.chart import merged
from apim_infra.rehearsal.twins.kubernetes.data import parse
from apim_infra.rehearsal.twins.kubernetes.kinds import RELEASE
from apim_infra.rehearsal.twins.kubernetes.twin import KubernetesTwin

QUOTA = OBJECTS["ResourceQuota"]

needs_helm = pytest.mark.skipif(shutil.which("helm") is None, reason="helm is not on the PATH")
TEMPLATE = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-web
  namespace: {{ .Release.Namespace }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: {{ .Values.selector | default "web" }}}}
  template:
    metadata: {labels: {app: {{ .Values.selector | default "web" }}}}
    spec:
      containers:
        - name: web
          image: {{ .Values.image | quote }}
          {{- with .Values.secret }}
          envFrom: [{secretRef: {name: {{ . }}}}]
          {{- end }}
          resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 200m, memory: 128Mi}}
"""
HOOK = """
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-prepare
  annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-delete-policy: hook-succeeded}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: prepare
          image: web:1.0
          resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 100m, memory: 64Mi}}
"""
KEPT = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: {{ .Release.Name }}-kept, annotations: {helm.sh/resource-policy: keep}}
spec: {accessModes: [ReadWriteOnce], storageClassName: gp2, resources: {requests: {storage: 1Gi}}}
"""
SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "additionalProperties": False,
    "required": ["image"],
    "properties": {
        "replicas": {"type": "integer", "minimum": 1},
        "image": {"type": "string"},
        "secret": {"type": "string"},
        "selector": {"type": "string"},
        "mode": {"enum": ["a", "b"]},
        "components": {"type": "object"},
    },
}


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("{apiVersion: v2, name: web, version: 0.3.0, appVersion: '1.0'}")
    (folder / "values.yaml").write_text("{replicas: 2, image: 'web:1.0', components: {frontend: {port: 80}}}")
    (folder / "values.schema.json").write_text(json.dumps(SCHEMA))
    for name, text in (("deployment", TEMPLATE), ("hook", HOOK), ("kept", KEPT)):
        (folder / "templates" / f"{name}.yaml").write_text(text)
    return folder


def release(chart: Path, **values: object) -> dict[str, object]:
    return {"chart": str(chart), "name": "web", "namespace": "apim", "values": values}


@pytest.fixture
def no_helm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


WRONG_VALUES = [
    ({"replicas": "two"}, "values.replicas", "got str, want integer"),
    ({"replicas": 0}, "values.replicas", "breaks minimum 1"),
    ({"replica": 2}, "values.replica", "additional properties 'replica' not allowed"),
    ({"image": None}, "values", "missing properties 'image'"),
    ({"mode": "c"}, "values.mode", "value must be one of 'a', 'b'"),
]


@pytest.mark.parametrize(("values", "path", "words"), WRONG_VALUES)
def test_values_are_held_against_the_charts_schema(chart, values, path, words):
    world = platform()
    problems = world.twin.check(world.request(RELEASE, release(chart, **values))).problems
    assert [(problem.code, problem.path) for problem in problems] == [("InvalidValues", path)]
    assert words in problems[0].message


def test_values_are_never_shown(chart):
    world = platform()
    problems = world.twin.check(world.request(RELEASE, release(chart, image={"password": "topsecret"}))).problems
    assert problems
    assert "topsecret" not in repr(problems)


def test_masked_and_unknown_values_are_no_faults(chart):
    world = platform()
    for value in ({"secret": True}, UNKNOWN):
        assert world.twin.check(world.request(RELEASE, release(chart, image=value))).problems == ()


def test_a_folder_that_is_no_chart(tmp_path):
    (problem,) = platform().refusal(release(tmp_path), type_=RELEASE)
    assert "is" in problem.message
    assert problem.code == "CheckFailure"


def test_values_are_merged_as_helm_merges_them():
    base = {"a": {"b": 1, "c": 2}, "d": [1, 2], "e": 5}
    assert merged(base, {"a": {"b": 3}, "d": [9], "e": None}) == {"a": {"b": 3, "c": 2}, "d": [9]}


def test_relative_charts_start_from_the_folder_of_the_program(chart):
    world = World(twin=KubernetesTwin(charts=chart.parent)).populate(
        "{apiVersion: v1, kind: Namespace, metadata: {name: apim}}"
    )
    assert world.refusal({**release(chart), "chart": "./web"}, type_=RELEASE) == ()


def test_without_helm_a_chart_is_not_rendered(chart, no_helm):
    world = platform()
    made = world.create(release(chart), RELEASE)
    assert made.not_verified == ("Helm release apim/web was not rendered: helm is not on the PATH",)
    assert (made.outputs["status"]["version"], made.outputs["status"]["appVersion"]) == ("0.3.0", "1.0")
    world.create(
        changed(DEPLOYMENT, ("spec/template/spec/containers/0/envFrom", [{"secretRef": {"name": "frontend"}}]))
    )
    assert world.settled() == []
    with pytest.raises(RejectedError, match="only with helm on the PATH"):
        world.twin.invoke("kubernetes:helm:template", {"jsonOpts": json.dumps({"path": str(chart)})}, PROVIDER)


@needs_helm
def test_a_rendered_chart_is_admitted_object_by_object(chart):
    world = platform()
    made = world.create(release(chart), RELEASE)
    assert made.not_verified == ()
    assert made.outputs["resourceNames"] == {
        "Deployment.apps/apps/v1": ["apim/web-web"],
        "PersistentVolumeClaim/v1": ["apim/web-kept"],
    }
    world.create(changed(SERVICE, ("spec/selector/app", "web"), ("spec/ports/0/targetPort", 8080)))
    assert world.settled() == []


RENDERED_WRONG = [
    ({"image": "web 1.0"}, "Invalid", "web/templates/deployment.yaml"),
    ({"selector": "not a label"}, "Invalid", "a valid label"),
]


@needs_helm
@pytest.mark.parametrize(("values", "code", "words"), RENDERED_WRONG)
def test_a_rendered_object_that_is_wrong_is_named_with_its_template(chart, values, code, words):
    problems = platform().refusal(release(chart, **values), type_=RELEASE)
    assert any(problem.code == code and words in problem.message for problem in problems), problems


@needs_helm
def test_a_rendered_reference_to_nothing_is_found(chart):
    world = platform()
    world.create(release(chart, secret="databse"), RELEASE)
    assert [problem.code for problem in world.settled()] == ["CreateContainerConfigError"]


@needs_helm
def test_a_chart_that_does_not_render(chart):
    (chart / "templates" / "bad.yaml").write_text('{{ fail "no licence" }}')
    (problem,) = platform().refusal(release(chart), type_=RELEASE)
    assert problem.code == "HelmTemplateFailed"
    assert "no licence" in problem.message


@needs_helm
def test_rendered_pods_count_against_the_quota(chart):
    world = platform().populate(changed(QUOTA, ("spec/hard/requests.cpu", "250m")))
    (problem,) = world.refusal(release(chart, replicas=3), type_=RELEASE)
    assert problem.code == "Forbidden"
    assert "requested: requests.cpu=300m" in problem.message
    assert world.refusal(release(chart), type_=RELEASE) == ()
    assert next(line.used for line in world.twin.quotas() if line.resource == "pods") == "2"


@needs_helm
def test_objects_that_others_own_are_not_taken(chart):
    world = platform()
    taken = changed(DEPLOYMENT, ("metadata/name", "web-web"))
    world.create(taken)
    (problem,) = world.refusal(release(chart), type_=RELEASE)
    assert "cannot be imported into the current release" in problem.message


@needs_helm
def test_an_upgrade_keeps_what_may_not_change(chart):
    world = platform()
    first = world.create(release(chart), RELEASE)
    again = world.request(
        RELEASE, release(chart, replicas=3), id="apim/web", old_inputs=release(chart), old_outputs=first.outputs
    )
    assert world.twin.update(again).outputs["status"]["revision"] == 2
    other = world.request(
        RELEASE, release(chart, selector="api"), id="apim/web", old_inputs=release(chart), old_outputs=first.outputs
    )
    with pytest.raises(RejectedError, match="field is immutable"):
        world.twin.update(other)


@needs_helm
def test_uninstalling_leaves_what_asks_to_be_kept(chart):
    world = platform()
    world.create(release(chart), RELEASE)
    world.twin.delete(world.request(RELEASE, release(chart), id="apim/web"))
    left = {leftover.id for leftover in world.twin.leftovers()}
    assert "apim/web-kept" in left
    assert "apim/web-web" not in left


@needs_helm
def test_rendering_by_function(chart):
    answer = KubernetesTwin().invoke(
        "kubernetes:helm:template", {"jsonOpts": json.dumps({"path": str(chart), "releaseName": "r"})}, PROVIDER
    )
    assert {item["kind"] for item in answer["result"]} == {"Deployment", "Job", "PersistentVolumeClaim"}


CREATOR = """
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: {{ .Release.Name }}-creator}
rules: [{apiGroups: [""], resources: [secrets], verbs: [get, create]}]
"""


@needs_helm
def test_a_secret_that_a_workload_of_the_release_may_create_is_in_doubt(chart):
    (chart / "templates" / "creator.yaml").write_text(CREATOR)
    world = platform()
    world.create(release(chart, secret="certificate"), RELEASE)
    assert world.settled() == []
    assert world.doubts() == ["Secret certificate, which a workload of the Helm release apim/web may create"]


@needs_helm
def test_dependencies_that_are_not_there(chart):
    about = (
        (chart / "Chart.yaml")
        .read_text()
        .replace("}", ", dependencies: [{name: db, version: 1.0.0, repository: 'file://../db'}]}")
    )
    (chart / "Chart.yaml").write_text(about)
    assert "missing in charts/ directory: db" in platform().refusal(release(chart), type_=RELEASE)[0].message
    made = platform().create({**release(chart), "dependencyUpdate": True}, RELEASE)
    assert made.not_verified == ("Helm release apim/web was not rendered: its dependencies are not in its folder",)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-01-01", "2024-01-01"),
        ("12:30", "12:30"),
        ("=", "="),
        ("yes", True),
        ("0644", 420),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("~", None),
    ],
)
def test_yaml_is_read_as_helm_reads_it(text, value):
    assert parse(f"a: {text}") == {"a": value}
