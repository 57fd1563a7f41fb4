"""Prometheus Pushgateway: takes the metrics of jobs that end before Prometheus could ask them, and keeps them until it does."""

from typing import TypedDict

import pulumi

from components.common import after
from components.kubernetes.helm_release import helm_release, pinned, sized
from components.kubernetes.pods import Placement, restricted_container, restricted_pod, scheduling

ADDON = "prometheus-pushgateway"
"""Name of release and service; the service's port is 9091."""
NOBODY = 65534
"""User of the image."""


class PushgatewayArgs(TypedDict):
    """Inputs of the Pushgateway."""

    namespace: pulumi.Input[str]
    """Namespace of the release, that of Prometheus."""
    placement: Placement
    """Pool on which it runs."""


class Pushgateway(pulumi.ComponentResource):
    """The Pushgateway, and the order to Prometheus to ask it. It needs the kinds that monitoring brings.

    One pod without a volume: two would each have a part of the truth, and jobs push again.
    """

    def __init__(self, name: str, args: PushgatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:Pushgateway", name, {}, opts)
        self.release = helm_release(
            f"{name}-release",
            ADDON,
            pinned(ADDON),
            args["namespace"],
            {
                "fullnameOverride": ADDON,
                "replicaCount": 1,
                "automountServiceAccountToken": False,
                "resources": sized(ADDON, "pushgateway"),
                "securityContext": restricted_pod(user=NOBODY),
                "containerSecurityContext": restricted_container(),
                # The labels of what is pushed stay those of the job that pushed it.
                "serviceMonitor": {"enabled": True, "namespace": args["namespace"], "honorLabels": True},
                **scheduling(args["placement"]),
            },
            opts=after(self, opts),
        )
        self.register_outputs({})
