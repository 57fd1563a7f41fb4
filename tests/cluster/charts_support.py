"""Words of the tests of charts: stack files, and releases as the program asks for them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apim_infra.cluster.items import ReleaseInput

ROOT = Path(__file__).resolve().parents[2]

STACKS = sorted(
    path.name.removeprefix("Pulumi.").removesuffix(".yaml")
    for path in (*ROOT.glob("Pulumi.*.yaml"), *ROOT.glob("examples/*/Pulumi.*.yaml"))
)
"""Stacks that the project has a file of."""

SIZE = {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"cpu": "50m", "memory": "64Mi"}}


def release(values: Mapping[str, Any], chart: str = "cert-manager", version: str = "v1.21.1") -> ReleaseInput:
    """Return a release of a chart of a registry."""
    return ReleaseInput(chart, "here", f"oci://charts.example.com/{chart}", "", version, values)
