"""Reloader: restarts what reads a secret when it starts, once the secret has changed."""

from typing import Any, NotRequired, TypedDict

import pulumi

from components.common import after
from components.kubernetes.helm_release import helm_release, pinned, sized
from components.kubernetes.pods import Placement, restricted_container, restricted_pod, scheduling

ADDON = "reloader"
NOBODY = 65534
"""User of the chart's own image."""

RELOAD = "secret.reloader.stakater.com/reload"
"""Annotation of pods with the names of the secrets, with commas between them, whose change restarts them."""


class ReloaderArgs(TypedDict):
    """Inputs of Reloader."""

    namespace: pulumi.Input[str]
    """Namespace of the release."""
    namespaces: list[str]
    """Namespaces of the workloads that it restarts; it has no rights in others than these and its own."""
    placement: Placement
    """Pool on which it runs."""
    replicas: NotRequired[int]
    """Number of replicas, of which one is active; 2 by default, so that no change is missed while a node is replaced."""


class Reloader(pulumi.ComponentResource):
    """Reloader."""

    def __init__(self, name: str, args: ReloaderArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:Reloader", name, {}, opts)
        self.release = helm_release(
            f"{name}-release", ADDON, pinned(ADDON), args["namespace"], _values(args), opts=after(self, opts)
        )
        self.register_outputs({})


def _values(args: ReloaderArgs) -> dict[str, Any]:
    replicas = args.get("replicas", 2)
    return {
        "fullnameOverride": ADDON,
        "reloader": {
            "watchGlobally": False,
            "namespaces": args["namespaces"],
            # Jobs run to their end with what they started with.
            "ignoreJobs": True,
            "ignoreCronJobs": True,
            "ignoreConfigMaps": True,
            # An annotation of the pods rather than a made-up variable, which the next release of a chart would take away again.
            "reloadStrategy": "annotations",
            "enableHA": replicas > 1,
            "readOnlyRootFileSystem": True,
            "podDisruptionBudget": {"enabled": replicas > 1, "minAvailable": 1},
            "deployment": {
                "replicas": replicas,
                "resources": sized(ADDON, "controller"),
                "securityContext": restricted_pod(user=NOBODY),
                "containerSecurityContext": restricted_container(),
                **scheduling(args["placement"]),
            },
        },
    }
