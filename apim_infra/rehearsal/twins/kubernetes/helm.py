"""Helm releases: checked as the provider and helm do, rendered by the real helm where there is one, and admitted object by object."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import yaml

from apim_infra.rehearsal.provider import (
    Checked,
    Created,
    Difference,
    Problem,
    Properties,
    Request,
)
from apim_infra.rehearsal.twins.kubernetes import chart as charts
from apim_infra.rehearsal.twins.kubernetes import render
from apim_infra.rehearsal.twins.kubernetes.chart import Chart, ChartError
from apim_infra.rehearsal.twins.kubernetes.cluster import Cluster, Release
from apim_infra.rehearsal.twins.kubernetes.data import parse
from apim_infra.rehearsal.twins.kubernetes.difference import changed_paths, inside
from apim_infra.rehearsal.twins.kubernetes.kubeconfig import default_namespace
from apim_infra.rehearsal.twins.kubernetes.naming import automatic_name, without_nulls
from apim_infra.rehearsal.twins.kubernetes.release import faults, known_release, result
from apim_infra.rehearsal.twins.kubernetes.rendered import Objects
from apim_infra.rehearsal.twins.kubernetes.server import Server, fail, revealed
from apim_infra.rehearsal.values import has_unknown

_LACKING = "missing in charts/ directory"
DEFAULT_TIMEOUT = 300
"""Seconds that the provider waits for a release unless it is told otherwise."""


class Helm:
    """Releases of every cluster of one twin. `folder` is where relative chart paths start, the working directory when None."""

    def __init__(self, server: Server, folder: Path | None) -> None:
        self._server = server
        self._folder = folder
        self._objects = Objects(server)
        self._rendered: dict[str, list[render.Rendered]] = {}

    def check(self, cluster: Cluster, request: Request) -> Checked:
        """Validate a release without looking at what the cluster holds; name it."""
        del cluster
        inputs = _cleaned(request.inputs)
        old = request.old_inputs or {}
        inputs["name"] = inputs.get("name") or old.get("name") or automatic_name(self._server.seed, request)
        inputs["namespace"] = inputs.get("namespace") or default_namespace(request.provider.inputs)
        if not inputs.get("skipAwait"):
            inputs.setdefault("timeout", DEFAULT_TIMEOUT)
        problems = list(faults(inputs, local=self._is_local(inputs)))
        if not problems and not has_unknown(inputs) and self._is_local(inputs):
            problems += self._local_faults(inputs)
        return Checked(inputs, tuple(problems))

    def diff(self, request: Request) -> Difference:
        """Compare inputs; another name or namespace makes another release."""
        changed = tuple(
            path
            for path in changed_paths(request.old_inputs or {}, request.inputs)
            if not any(inside(path, ignored) for ignored in request.ignore_changes)
        )
        return Difference(changed, tuple(path for path in changed if path in {"name", "namespace"}))

    def install(self, cluster: Cluster, request: Request) -> Created:
        """Install a release. Raises RejectedError."""
        namespace, name = str(request.inputs["namespace"]), str(request.inputs["name"])
        if (namespace, name) in cluster.releases:
            hint = "give the release another name, or another namespace"
            raise fail("NameInUse", "cannot re-use a name that is still in use", "name", hint)
        if not cluster.exists("/Namespace", "", namespace):
            if not request.inputs.get("createNamespace"):
                hint = "create the namespace first and depend on it, or set createNamespace"
                raise fail(
                    "NotFound", f'create: failed to create: namespaces "{namespace}" not found', "namespace", hint
                )
            self._objects.create_namespace(cluster, namespace, f"{namespace}/{name}", request.urn)
        return self._bring_about(cluster, request, revision=1)

    def upgrade(self, cluster: Cluster, request: Request) -> Created:
        """Upgrade a release. Raises RejectedError."""
        namespace, name = str(request.inputs["namespace"]), str(request.inputs["name"])
        if (namespace, name) not in cluster.releases:
            raise fail("NotFound", f'"{name}" has no deployed releases', "name")
        status = cast(dict[str, Any], (request.old_outputs or {}).get("status") or {})
        return self._bring_about(cluster, request, revision=int(status.get("revision", 1)) + 1)

    def read(self, cluster: Cluster, request: Request) -> Created:
        """Return a release as it was made. Raises RejectedError when there is none."""
        namespace, _, name = request.id.rpartition("/")
        if (namespace or "default", name) not in cluster.releases:
            raise fail("NotFound", f'release: not found: "{request.id}"', "id")
        return Created(request.id, {**(request.old_outputs or request.inputs)})

    def uninstall(self, cluster: Cluster, request: Request) -> None:
        """Uninstall a release and everything that it made, but what asks to be kept."""
        namespace, _, name = request.id.rpartition("/")
        release = cluster.releases.pop((namespace, name), None)
        if release is not None:
            self._objects.remove(cluster, release)

    def template(self, arguments: Properties) -> list[dict[str, Any]]:
        """Answer the function that renders a chart. Raises RejectedError when it cannot be rendered here."""
        options = cast(dict[str, Any], json.loads(str(arguments.get("jsonOpts") or "{}")))
        folder = self._start() / str(options.get("path") or options.get("chart") or "")
        command = render.helm()
        if command is None or not (folder / "Chart.yaml").is_file():
            message = "kubernetes:helm:template: only a chart in a folder can be rendered here, and only with helm on the PATH"
            raise fail("CheckFailure", message, "chart", "use a helm.sh/v3 Release, or put helm on the PATH")
        name, place = str(options.get("releaseName", "release")), str(options.get("namespace", "default"))
        try:
            found = render.template(
                command, folder, name, place, options.get("values") or {}, version=self._server.built_in.version
            )
        except render.RenderError as error:
            raise fail("HelmTemplateFailed", str(error), "chart") from error
        return [entry.manifest for entry in found]

    # -- charts -----------------------------------------------------------------------------------------------------------------------

    def _start(self) -> Path:
        return self._folder or Path.cwd()

    def _is_local(self, inputs: Properties) -> bool:
        repository = cast(dict[str, Any], inputs.get("repositoryOpts") or {}).get("repo")
        return not repository and charts.is_local(str(inputs.get("chart", "")), self._start())

    def _local_faults(self, inputs: Properties) -> Iterator[Problem]:
        try:
            chart = charts.read(self._start() / str(inputs["chart"]))
            values = _values(inputs)
        except ChartError as error:
            yield Problem(
                "CheckFailure", f"{error}; check the chart name and repository configuration.", "chart", "", "Helm"
            )
            return
        wanted = inputs.get("version")
        if wanted and wanted != chart.version:
            message = f"chart {chart.name} is version {chart.version}, the release asks for {wanted}"
            yield Problem(
                "CheckFailure", message, "version", "leave version out for a chart in a folder", "Helm", warning=True
            )
        yield from charts.value_faults(chart, revealed(values))

    def _bring_about(self, cluster: Cluster, request: Request, revision: int) -> Created:
        inputs = request.inputs
        local = self._is_local(inputs)
        chart = charts.read(self._start() / str(inputs["chart"])) if local else None
        command = render.helm()
        if chart is None or command is None:
            reason = "it comes from a repository" if chart is None else "helm is not on the PATH"
            return self._left(cluster, request, chart, revision, reason)
        namespace, name = str(inputs["namespace"]), str(inputs["name"])
        release = Release(namespace, name, chart.name, request.urn, rendered=True)
        try:
            rendered = self._render(cluster, command, chart, release, revealed(_values(inputs)), upgrade=revision > 1)
        except render.RenderError as error:
            if inputs.get("dependencyUpdate") and _LACKING in str(error):
                return self._left(cluster, request, chart, revision, "its dependencies are not in its folder")
            raise fail("HelmTemplateFailed", f"chart {chart.name}: {error}", "chart") from error
        names, problems, unverified = self._objects.admit(cluster, release, rendered, upgrade=revision > 1)
        cluster.releases[namespace, name] = release
        return result(inputs, chart, revision, names, unverified=unverified, warnings=problems)

    @staticmethod
    def _left(cluster: Cluster, request: Request, chart: Chart | None, revision: int, reason: str) -> Created:
        """Record a release that is not rendered."""
        release = known_release(request.inputs, request.urn, chart)
        cluster.releases[release.namespace, release.name] = release
        doubt = f"Helm release {release.id} was not rendered: {reason}"
        return result(request.inputs, chart, revision, {}, unverified=(doubt,))

    def _render(
        self,
        cluster: Cluster,
        command: str,
        chart: Chart,
        release: Release,
        values: Mapping[str, Any],
        *,
        upgrade: bool,
    ) -> list[render.Rendered]:
        apis = self._objects.custom_apis(cluster)
        state = [(str(file), file.stat().st_mtime_ns) for file in sorted(chart.folder.rglob("*")) if file.is_file()]
        key = json.dumps([state, release.id, values, apis, upgrade], sort_keys=True)
        if key not in self._rendered:
            self._rendered[key] = render.template(
                command,
                chart.folder,
                release.name,
                release.namespace,
                values,
                version=self._server.built_in.version,
                apis=apis,
                upgrade=upgrade,
            )
        return self._rendered[key]


def _cleaned(inputs: Properties) -> dict[str, Any]:
    """Return the inputs without nulls, those in `values` kept: there they remove a default of the chart."""
    cleaned: dict[str, Any] = without_nulls({key: value for key, value in inputs.items() if key != "values"})
    if inputs.get("values") is not None:
        cleaned["values"] = inputs["values"]
    return cleaned


def _values(inputs: Properties) -> dict[str, Any]:
    """Return the values of a release: its files in order, then its values. Raises ChartError for a file that cannot be read."""
    total: dict[str, Any] = {}
    for asset in inputs.get("valueYamlFiles") or ():
        text = _asset_text(cast(Mapping[str, Any], asset))
        try:
            total = charts.merged(total, cast(dict[str, Any], parse(text)) or {})
        except yaml.YAMLError as error:
            raise ChartError(f"valueYamlFiles: {' '.join(str(error).split())}") from error
    own = cast(dict[str, Any], inputs.get("values") or {})
    # Nulls stay: Helm removes the chart's default of that name when it merges.
    return {**charts.merged(total, own), **{key: None for key, value in own.items() if value is None}}


def _asset_text(asset: Mapping[str, Any]) -> str:
    if "text" in asset:
        return str(asset["text"])
    try:
        return Path(str(asset.get("path", ""))).read_text(encoding="utf-8")
    except OSError as error:
        raise ChartError(f"valueYamlFiles: {asset.get('path')}: {error.strerror}") from error
