"""Helm releases: pinned charts, all or nothing, waited for; hooks run, which the Chart resource would skip."""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.data import load
from components.kubernetes.pods import ContainerSize, resources

ADDONS = "addons.yaml"


class HelmChart(TypedDict):
    """A chart in one exact version."""

    chart: str
    """Name in `repository`, an `oci://` reference, or a path."""
    repository: NotRequired[str]
    """Address of the repository; absent for `oci://` references and paths."""
    version: NotRequired[str]
    """Exact version; absent only for a path."""


def pinned(addon: str) -> HelmChart:
    """Return the chart that `addons.yaml` pins for an add-on. Raises KeyError for one that it does not name."""
    row = load(ADDONS)["addons"][addon]
    chart = HelmChart(chart=row["chart"], version=row["version"])
    if "repository" in row:
        chart["repository"] = row["repository"]
    return chart


def size(addon: str, container: str) -> ContainerSize:
    """Return the size of one of an add-on's containers. Raises KeyError for one that `addons.yaml` does not name."""
    return load(ADDONS)["addons"][addon]["containers"][container]


def sized(addon: str, container: str) -> dict[str, dict[str, str]]:
    """Return requests and limits of one of an add-on's containers, as charts take them."""
    return resources(size(addon, container))


def helm_release(
    resource: str,
    release: str,
    chart: HelmChart,
    namespace: pulumi.Input[str],
    values: Mapping[str, Any],
    *,
    opts: pulumi.ResourceOptions,
    timeout_seconds: int | None = None,
) -> k8s.helm.v3.Release:
    """Install a chart under a fixed release name; a failed installation is taken back.

    `timeout_seconds` bounds each step of the installation; default in `addons.yaml`.
    """
    defaults = load(ADDONS)
    repository = chart.get("repository")
    return k8s.helm.v3.Release(
        resource,
        name=release,
        chart=chart["chart"],
        version=chart.get("version"),
        repository_opts=k8s.helm.v3.RepositoryOptsArgs(repo=repository) if repository else None,
        namespace=namespace,
        create_namespace=False,
        values=values,
        atomic=True,
        cleanup_on_fail=True,
        skip_await=False,
        wait_for_jobs=True,
        max_history=defaults["max_history"],
        timeout=timeout_seconds or defaults["timeout_seconds"],
        opts=opts,
    )
