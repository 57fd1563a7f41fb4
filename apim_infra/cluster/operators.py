"""What operators make of the platform's custom resources: workloads, volumes and secrets, so that quotas and capacity count them."""

from collections.abc import Mapping, Sequence
from typing import Any

Manifest = dict[str, Any]


def made_by(custom_object: Mapping[str, Any], others: Sequence[Mapping[str, Any]] = ()) -> list[Manifest]:
    """Return what an operator would make of a custom resource; `others` are custom resources that it may refer to."""
    del custom_object, others
    return []
