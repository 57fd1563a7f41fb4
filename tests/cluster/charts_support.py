"""Words of the tests of charts: stack files, and releases as the program asks for them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apim_infra.cluster.items import ReleaseInput
from apim_infra.rehearsal.values import MASK

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


def shown(value: Any) -> Any:
    """Return inputs of a recorded graph with a text in place of each secret, which it masks."""
    if value == MASK:
        return "hidden"
    if isinstance(value, dict):
        return {key: shown(item) for key, item in value.items()}
    return [shown(item) for item in value] if isinstance(value, list) else value
