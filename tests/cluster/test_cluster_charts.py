"""Charts: where they are found, what they render to, and what stands in for those that are not there."""

import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from charts_support import ROOT, SIZE, release

from apim_infra.cluster.chart_sources import FoundChart, NotFound
from apim_infra.cluster.charts import ChartSource, Expanded, expand
from apim_infra.cluster.items import ReleaseInput
from apim_infra.cluster.tools import Tools
from apim_infra.findings import Severity
from apim_infra.products.plans import PoolPlacement
from apim_infra.products.shapes import ContainerShape, Resources, Turn, WorkloadShape

SMALL = Resources(50, 64)
SERVER = ContainerShape("server", SMALL, SMALL, (8080,), ("readiness",))
SHAPE = WorkloadShape("own", "Deployment", "own", "user", (SERVER,), selector={"app": "own"})
PLACES = {"user": PoolPlacement({"apim.io/pool": "user"}, [{"key": "apim.io/pool", "operator": "Exists"}])}
OWN = ReleaseInput("own", "here", "own", "https://charts.example.com", "1.2.3", {"size": SIZE})

TEMPLATES = {
    "deployment.yaml": """
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: own}}
  template:
    metadata: {labels: {app: own}}
    spec:
      nodeSelector: {apim.io/pool: user}
      tolerations: [{key: apim.io/pool, operator: Exists}]
      containers:
        - name: server
          image: example/server:1
          ports: [{containerPort: 8080}]
          readinessProbe: {tcpSocket: {port: 8080}}
          resources: {{ toJson .Values.size }}
""",
    "hooks.yaml": """
{{- range $index, $hook := list "post-install,post-upgrade" "pre-install" "pre-delete" "pre-upgrade" "test" }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: hook-{{ $index }}
  annotations:
    helm.sh/hook: {{ $hook }}
    helm.sh/hook-weight: "{{ sub 5 $index }}"
    helm.sh/hook-delete-policy: hook-succeeded, before-hook-creation
{{- end }}
""",
    "capabilities.yaml": """
{{- if .Capabilities.APIVersions.Has "example.com/v1/Thing" }}
apiVersion: example.com/v1
kind: Thing
metadata: {name: {{ .Capabilities.KubeVersion.Minor | quote }}}
{{- end }}
""",
}


def chart(folder: Path, version: str = "1.2.3", *, packed: bool = False) -> Path:
    """Write a chart into a folder, as `helm pull` leaves it."""
    where = folder / "own"
    (where / "templates").mkdir(parents=True)
    (where / "Chart.yaml").write_text(f"apiVersion: v2\nname: own\nversion: {version}\n")
    (where / "values.yaml").write_text("replicas: 1\nsize: {}\n")
    for name, text in TEMPLATES.items():
        (where / "templates" / name).write_text(text)
    if packed:
        with tarfile.open(folder / f"own-{version}.tgz", "w:gz") as package:
            package.add(where, arcname="own")
        for file in sorted(where.rglob("*"), reverse=True):
            file.unlink() if file.is_file() else file.rmdir()
        where.rmdir()
    return folder


def workload(expanded: Expanded, kind: str = "Deployment") -> dict[str, Any]:
    (found,) = [phased.manifest for phased in expanded.objects if phased.manifest["kind"] == kind]
    return found


@pytest.mark.parametrize("packed", [True, False])
def test_a_chart_is_found_in_a_folder_packed_or_not(tmp_path: Path, packed: bool) -> None:
    source = ChartSource([chart(tmp_path, packed=packed)])
    assert isinstance(source.find(OWN), FoundChart)
    assert isinstance(source.find(replace(OWN, version="v1.2.3")), FoundChart)
    assert isinstance(source.find(replace(OWN, chart="own-other")), NotFound)


def test_a_chart_of_another_version_is_an_error_that_names_both(tmp_path: Path) -> None:
    expanded = expand(OWN, [SHAPE], ChartSource([chart(tmp_path, "1.0.0", packed=True)]), (), placements=PLACES)
    assert not expanded.rendered
    (finding,) = [each for each in expanded.findings if each.rule == "chart-of-another-version"]
    assert finding.severity is Severity.ERROR
    assert "1.2.3" in finding.message
    assert "1.0.0" in finding.message


def test_the_programs_own_chart_is_found_where_it_starts() -> None:
    own = ReleaseInput("apim", "apim", "./charts/apim", "", "", {})
    found = ChartSource(start=ROOT).find(own)
    assert isinstance(found, FoundChart)
    assert found.name == "apim"


def test_a_repository_that_does_not_answer_is_asked_once(tmp_path: Path) -> None:
    log, helm = tmp_path / "log", tmp_path / "helm"
    helm.write_text(f"#!/bin/sh\necho asked >> {log}\necho 'Error: no route to host' >&2\nexit 1\n")
    helm.chmod(0o755)
    source = ChartSource(network=True, cache=tmp_path / "cache", helm=str(helm))
    reasons = [found.reason for found in (source.find(OWN), source.find(OWN)) if isinstance(found, NotFound)]
    assert reasons == ["https://charts.example.com: no route to host"] * 2
    assert log.read_text() == "asked\n"


def test_a_chart_that_is_there_is_rendered_by_the_real_helm_with_its_hooks_in_order(
    tmp_path: Path, tools: Tools
) -> None:
    source = ChartSource([chart(tmp_path, packed=True)], helm=str(tools.helm))

    def order(*, upgrade: bool) -> list[tuple[str, str]]:
        expanded = expand(OWN, [SHAPE], source, ["example.com/v1/Thing"], placements=PLACES, upgrade=upgrade)
        assert expanded.rendered
        assert [each.manifest["metadata"]["name"] for each in expanded.at_deletion] == ["hook-2"]
        return [(each.phase, each.manifest["metadata"]["name"]) for each in expanded.objects]

    middle = [("install", "own"), ("install", "35")]
    assert order(upgrade=False) == [("pre-install", "hook-1"), *middle, ("post-install", "hook-0")]
    assert order(upgrade=True) == [("pre-install", "hook-3"), *middle, ("post-install", "hook-0")]


def test_what_is_rendered_is_compared_with_the_declared_shape(tmp_path: Path, tools: Tools) -> None:
    source = ChartSource([chart(tmp_path)], helm=str(tools.helm))

    def told(shape: WorkloadShape, **values: Any) -> list[tuple[str, str]]:
        asked = replace(OWN, values={"size": SIZE, **values})
        found = expand(asked, [shape], source, (), placements=PLACES).findings
        return [(each.severity.value, each.message) for each in found if each.rule == "chart-shape"]

    assert told(SHAPE) == []
    assert told(SHAPE, replicas=2) == [("error", "release own: Deployment own has 2 pods, declared are 1")]
    other = replace(SERVER, requests=Resources(60, 64), ports=(8080, 9090), probes=())
    findings = told(replace(SHAPE, containers=(other,)))
    assert [severity for severity, _ in findings] == ["error", "warning", "warning"]
    assert "requests.cpu is 50m, declared is 60m" in findings[0][1]
    assert [severity for severity, _ in told(replace(SHAPE, name="another"))] == ["error", "error"]
    assert [severity for severity, _ in told(replace(SHAPE, priority_class="first"))] == ["error"]


def test_a_chart_that_helm_refuses_is_told_in_its_own_words(tmp_path: Path, tools: Tools) -> None:
    folder = chart(tmp_path)
    (folder / "own" / "templates" / "broken.yaml").write_text('{{ required "set a licence" .Values.licence }}')
    expanded = expand(OWN, [SHAPE], ChartSource([folder], helm=str(tools.helm)), (), placements=PLACES)
    assert not expanded.rendered
    assert "set a licence" in next(each for each in expanded.findings if each.rule == "chart-does-not-render").message
    assert workload(expanded)


def test_a_chart_that_is_not_there_is_stood_in_for_by_its_shape() -> None:
    shape = replace(SHAPE, minimum=2, maximum=5, turns=(Turn("later", "job", "post-upgrade"),))
    expanded = expand(OWN, [shape, replace(SHAPE, release="another")], ChartSource(), (), placements=PLACES)
    assert not expanded.rendered
    assert "not rendered" in expanded.not_verified[0]
    pod = workload(expanded)["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"apim.io/pool": "user"}
    (container,) = pod["containers"]
    assert container["resources"] == SIZE
    assert container["securityContext"]["runAsNonRoot"]
    bounds = workload(expanded, "HorizontalPodAutoscaler")["spec"]
    assert (bounds["minReplicas"], bounds["maxReplicas"]) == (2, 5)
    assert {each.manifest["metadata"]["name"] for each in expanded.objects} == {"own"}


@pytest.mark.parametrize("name", ["nothing-known", "kong"])
def test_a_chart_of_which_nothing_is_declared_is_said_to_be_uncounted(name: str) -> None:
    expanded = expand(replace(OWN, chart=name), [], ChartSource(), ())
    assert expanded.objects == ()
    assert any("none of its pods is counted" in each for each in expanded.not_verified)


def test_an_add_on_is_stood_in_for_by_what_its_values_say() -> None:
    place = {"nodeSelector": {"apim.io/pool": "management"}}
    values = {
        "replicaCount": 3,
        "resources": SIZE,
        "podDisruptionBudget": {"enabled": True, "minAvailable": 2},
        **place,
    }
    expanded = expand(release({**values, "webhook": {"resources": SIZE}}), [], ChartSource(), ())
    made = {(each.manifest["kind"], each.manifest["metadata"]["name"]): each for each in expanded.objects}
    controller = made["Deployment", "cert-manager"].manifest["spec"]
    assert controller["replicas"] == 3
    assert controller["template"]["spec"]["nodeSelector"] == place["nodeSelector"]
    assert made["PodDisruptionBudget", "cert-manager"].manifest["spec"]["minAvailable"] == 2
    assert made["Job", "cert-manager-startupapicheck"].phase == "post-install"
    without = expand(release({**values, "startupapicheck": {"enabled": False}}), [], ChartSource(), ())
    assert {each.manifest["kind"] for each in without.objects} == {"Deployment", "PodDisruptionBudget"}


@pytest.mark.slow
def test_what_stands_in_for_the_add_ons_is_as_large_as_the_sizing_says(rehearsed: Callable[[str], Any]) -> None:
    """Quotas and capacity count rows of the sizing's table; a rehearsal counts what values and custom resources say."""
    from stand_in_sums import built, sized

    graph = rehearsed("prd").graph
    want, have = sized("prd"), built(graph)
    namespaces = {"ingress", "logging", "monitoring", "platform-system"}
    assert {name: have[name] for name in namespaces} == {name: want[name] for name in namespaces}
