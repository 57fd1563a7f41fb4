"""Velero: copies of the cluster's objects and of the volumes of its pods, in a bucket."""

from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict

import pulumi

from components.common import after, refuse
from components.kubernetes.data import load
from components.kubernetes.helm_release import ADDONS, helm_release, pinned, sized
from components.kubernetes.pods import Placement, restricted_container, restricted_pod, scheduling

ADDON = "velero"
USER = 65534
"""User of its pods; its image runs as any that is not root."""


class VeleroArgs(TypedDict):
    """Inputs of Velero on AWS."""

    namespace: pulumi.Input[str]
    """Namespace of the release."""
    placement: Placement
    """Pool on which it runs."""
    bucket: pulumi.Input[str]
    """Bucket that holds the copies."""
    region: pulumi.Input[str]
    """Region of the bucket and of the volumes."""
    key_arn: pulumi.Input[str]
    """KMS key with which copies are encrypted."""
    schedule: str
    """When copies are taken, as a cron expression in UTC."""
    retention_days: int
    """How long a copy is kept, in days."""
    metrics: NotRequired[bool]
    """Whether it is measured, which needs the kinds of the monitoring stack; false by default."""


class Velero(pulumi.ComponentResource):
    """Velero, with one schedule of everything in the cluster. Child: `release`.

    Volumes are copied as snapshots of the cloud. A copy is brought back by hand: `velero restore create --from-backup`.
    """

    def __init__(self, name: str, args: VeleroArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:Velero", name, {}, opts)
        refuse(name, _problems(args))
        self.release = helm_release(
            f"{name}-release", ADDON, pinned(ADDON), args["namespace"], _values(args), opts=after(self, opts)
        )
        self.register_outputs({})


def _problems(args: VeleroArgs) -> Iterator[tuple[str, str]]:
    if args["retention_days"] < 1:
        yield "retention_days", f"must be at least 1, got {args['retention_days']}"


def _values(args: VeleroArgs) -> dict[str, Any]:
    plugin = load(ADDONS)["images"]["velero-plugin-for-aws"]
    contained, pod = restricted_container(), restricted_pod(user=USER)
    return {
        "fullnameOverride": ADDON,
        "resources": sized(ADDON, "server"),
        "initContainers": [
            {
                "name": "velero-plugin-for-aws",
                "image": plugin["image"],
                "volumeMounts": [{"mountPath": "/target", "name": "plugins"}],
                "resources": sized(ADDON, "plugin"),
                "securityContext": contained,
            }
        ],
        "podSecurityContext": pod,
        "containerSecurityContext": contained,
        # A Job of Velero's own image brings the definitions to its version, before anything else.
        "upgradeCRDs": True,
        "upgradeJobResources": sized(ADDON, "definitions"),
        "configuration": {
            "backupStorageLocation": [
                {
                    "name": "default",
                    "provider": "aws",
                    "bucket": args["bucket"],
                    "default": True,
                    "config": {
                        "region": args["region"],
                        "serverSideEncryption": "aws:kms",
                        "kmsKeyId": args["key_arn"],
                    },
                }
            ],
            "volumeSnapshotLocation": [{"name": "default", "provider": "aws", "config": {"region": args["region"]}}],
            "logFormat": "json",
        },
        # Its rights are those of its service account's role.
        "credentials": {"useSecret": False},
        "serviceAccount": {"server": {"create": True, "name": ADDON}},
        "deployNodeAgent": False,
        "schedules": {
            "everything": {
                "schedule": args["schedule"],
                "template": {
                    "ttl": f"{args['retention_days'] * 24}h0m0s",
                    "includeClusterResources": True,
                    "snapshotVolumes": True,
                    "storageLocation": "default",
                    "volumeSnapshotLocations": ["default"],
                },
            }
        },
        "metrics": {"enabled": True, "serviceMonitor": {"enabled": args.get("metrics", False)}},
        **scheduling(args["placement"]),
    }
