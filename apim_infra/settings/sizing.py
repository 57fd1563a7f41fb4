"""Settings that turn the sizing table into replicas and quotas."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from apim_infra.settings.base import Settings

WorkloadReplicas = Annotated[int, Field(ge=1, le=20)]
"""Replicas of one workload."""


class Loss(StrEnum):
    """What the node pools may lose."""

    NODE = "node"
    ZONE = "zone"


class SizingSettings(Settings):
    """Replica policy of the control plane, and what the node pools must stand."""

    replicas: int = Field(default=1, ge=1, le=20)
    """Replicas of every Deployment of the sizing table that `workload_replicas` does not name; one with a volume, which pods of one node alone share,
    runs once."""
    workload_replicas: dict[str, WorkloadReplicas] = Field(default={})
    """Replicas of single workloads, by their name in the sizing table."""
    surge: int = Field(default=1, ge=0, le=10)
    """Pods that a rolling update may add per Deployment; the quota leaves room for them."""
    survive: list[Loss] = Field(default=[])
    """What each node pool must stand at its maximum beside a rolling update, as `apim capacity` proves: the loss of a `node` or of a `zone`."""
