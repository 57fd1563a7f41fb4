"""The cluster autoscaler on EKS: finds the node groups of the cluster by their tags."""

from typing import Any, NotRequired, TypedDict

import pulumi

from components.common import after
from components.kubernetes.helm_release import helm_release, pinned, sized
from components.kubernetes.pods import Placement, restricted_container, restricted_pod, scheduling

ADDON = "cluster-autoscaler"


class ClusterAutoscalerArgs(TypedDict):
    """Inputs of the cluster autoscaler."""

    namespace: pulumi.Input[str]
    """Namespace of the release."""
    cluster_name: pulumi.Input[str]
    """Name of the EKS cluster, also in the tag `k8s.io/cluster-autoscaler/<name>` of its node groups."""
    region: pulumi.Input[str]
    """Region of the cluster."""
    placement: Placement
    """Pool on which it runs."""
    service_account: NotRequired[str]
    """Name of its service account, which EKS Pod Identity binds to a role; `cluster-autoscaler` by default."""
    image_tag: NotRequired[str]
    """Tag of the image, whose minor version should be that of the cluster; the chart's by default (`addons.yaml`)."""
    balancing_label: NotRequired[str]
    """Label of the nodes by which groups are alike, so that their numbers are kept even; every other label counts by default, and groups of different
    zones differ in labels that the cloud sets."""
    maximum_nodes: NotRequired[int]
    """Number of nodes of all groups together at which no more are added; each group's own maximum alone by default."""
    replicas: NotRequired[int]
    """Number of replicas, of which one is active; 2 by default."""


class ClusterAutoscaler(pulumi.ComponentResource):
    """The cluster autoscaler."""

    def __init__(self, name: str, args: ClusterAutoscalerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:ClusterAutoscaler", name, {}, opts)
        self.release = helm_release(
            f"{name}-release",
            ADDON,
            pinned(ADDON),
            args["namespace"],
            _values(args),
            opts=after(self, opts),
        )
        self.register_outputs({})


def _values(args: ClusterAutoscalerArgs) -> dict[str, Any]:
    image = {"image": {"tag": args["image_tag"]}} if "image_tag" in args else {}
    arguments: dict[str, Any] = {
        "balance-similar-node-groups": True,
        "expander": "least-waste",
        # Pods with an emptyDir for /tmp must not hold a node for ever.
        "skip-nodes-with-local-storage": False,
        "skip-nodes-with-system-pods": False,
    }
    if "balancing_label" in args:
        arguments["balancing-label"] = args["balancing_label"]
    if "maximum_nodes" in args:
        arguments["max-nodes-total"] = args["maximum_nodes"]
    return {
        "fullnameOverride": ADDON,
        "cloudProvider": "aws",
        "awsRegion": args["region"],
        "autoDiscovery": {"clusterName": args["cluster_name"]},
        "replicaCount": args.get("replicas", 2),
        "resources": sized(ADDON, "controller"),
        "rbac": {"create": True, "serviceAccount": {"create": True, "name": args.get("service_account", ADDON)}},
        "extraArgs": arguments,
        "securityContext": restricted_pod(user=65534),
        "containerSecurityContext": restricted_container(),
        **image,
        **scheduling(args["placement"]),
    }
