"""What helm renders for an upgrade, against what it rendered for the installation."""

import tarfile
from pathlib import Path

import pytest

from apim_infra.cluster.api import Api
from apim_infra.cluster.apply import HELM, Applied, Applier, second_run
from apim_infra.cluster.charts import ChartSource, expand
from apim_infra.cluster.control_plane import ControlPlane
from apim_infra.cluster.items import ReleaseInput
from apim_infra.cluster.mirror import Mirror, Object
from apim_infra.cluster.releases import owned
from apim_infra.cluster.report import ClusterReport, Origin
from apim_infra.cluster.tools import Tools
from apim_infra.cluster.upgrades import Upgrade, can_differ, upgrade

SECRET = """apiVersion: v1
kind: Secret
metadata: {name: password}
stringData: {password: %s}
"""
NEW = "{{ randAlphaNum 20 | quote }}"
KEPT = """{{ $there := lookup "v1" "Secret" .Release.Namespace "password" }}
  {{- if $there }}{{ index $there.data "password" | b64dec | quote }}{{ else }}{{ randAlphaNum 20 | quote }}{{ end }}"""
ONLY = """{{ if .Release.%s }}
apiVersion: v1
kind: ConfigMap
metadata: {name: %s}
data: {a: b}
{{ end }}
"""


def chart(folder: Path, **templates: str) -> Path:
    """Write a chart; return its folder."""
    own = folder / "own"
    (own / "templates").mkdir(parents=True, exist_ok=True)
    (own / "Chart.yaml").write_text("{apiVersion: v2, name: own, version: 1.0.0}")
    for name, text in templates.items():
        (own / "templates" / f"{name}.yaml").write_text(text)
    return own


@pytest.mark.parametrize(
    ("template", "differs"),
    [
        ("a: {{ randAlphaNum 8 }}", True),
        ('a: {{- $ca := genCA "own" 365 }}', True),
        ("a: {{ .Release.Revision }}", True),
        ("a: {{ if .Release.IsUpgrade }}b{{ end }}", True),
        ('a: {{ (lookup "v1" "Secret" "here" "own").data }}', True),
        ("# now and genCA of randAlphaNum\na: {{ .Values.known }}", False),
        ("a: {{ .Release.Name }}", False),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_templates_say_whether_they_can_render_in_another_way(
    tmp_path: Path, template: str, differs: bool, packed: bool
) -> None:
    path = chart(tmp_path, one=template)
    if packed:
        with tarfile.open(tmp_path / "own-1.0.0.tgz", "w:gz") as package:
            package.add(path, "own")
        path = tmp_path / "own-1.0.0.tgz"
    assert can_differ(path) is differs


class Bench:
    """A namespace of a control plane, and the release of a chart into it."""

    def __init__(self, plane: ControlPlane, api: Api, tools: Tools, folder: Path, namespace: str) -> None:
        self.release = ReleaseInput("own", namespace, str(folder), "", "", {})
        self.report = ClusterReport()
        self.applier = Applier(api, Mirror(api), self.report, [])
        self._source = ChartSource(helm=str(tools.helm))
        self._kubeconfig = plane.kubeconfig

    def installed_then_upgraded(self) -> Upgrade:
        """Install the release, then compare with what an upgrade renders."""
        before = expand(self.release, (), self._source, ())
        assert before.rendered
        for each in before.objects:
            assert self.applier.put(
                owned(each.manifest, self.release), HELM, Origin(), namespace=self.release.namespace
            )
        return upgrade(before, expand(self.release, (), self._source, (), upgrade=True, kubeconfig=self._kubeconfig))

    def again(self, applied: Applied, upgraded: Object) -> list[tuple[str, str, str]]:
        """Apply what an upgrade renders; return what is found."""
        placed = self.applier.placed(owned(upgraded, self.release), self.release.namespace)
        second_run(self.applier, applied, upgraded=placed)
        return [(str(each.severity), each.rule, each.message) for each in self.report.findings]


@pytest.fixture
def bench(control_plane: ControlPlane, api: Api, tools: Tools, tmp_path: Path, namespace: str) -> Bench:
    return Bench(control_plane, api, tools, tmp_path / "own", namespace)


def test_a_password_that_each_upgrade_makes_anew_is_found_and_never_shown(bench: Bench, tmp_path: Path) -> None:
    chart(tmp_path, secret=SECRET % NEW)
    found = bench.installed_then_upgraded()
    (changed,) = found.changed.values()
    (applied,) = bench.applier.ledger.all()
    (told,) = bench.again(applied, changed)
    place = f"{bench.release.namespace}/password"
    assert told == ("warning", "cluster:upgrade-changes", f"Secret {place}: an upgrade changes data.password")
    assert changed["stringData"]["password"] not in str(bench.report.findings)


def test_a_password_that_the_chart_looks_up_stays(bench: Bench, tmp_path: Path) -> None:
    chart(tmp_path, secret=SECRET % KEPT)
    assert can_differ(tmp_path / "own")
    assert bench.installed_then_upgraded() == Upgrade({}, (), ())


def test_objects_that_an_upgrade_brings_or_drops_are_told(bench: Bench, tmp_path: Path) -> None:
    chart(tmp_path, first=ONLY % ("IsInstall", "first"), then=ONLY % ("IsUpgrade", "then"))
    assert bench.installed_then_upgraded() == Upgrade({}, ("ConfigMap then",), ("ConfigMap first",))
