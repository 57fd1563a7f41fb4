"""The AWS Load Balancer Controller, used for target group bindings alone: load balancers are built by the infrastructure."""

from typing import Any, NotRequired, TypedDict

import pulumi

from components.common import after
from components.kubernetes.helm_release import helm_release, pinned, sized
from components.kubernetes.pods import Placement, scheduling

ADDON = "aws-load-balancer-controller"


class LoadBalancerControllerArgs(TypedDict):
    """Inputs of the AWS Load Balancer Controller."""

    namespace: pulumi.Input[str]
    """Namespace of the release."""
    cluster_name: pulumi.Input[str]
    """Name of the EKS cluster."""
    vpc_id: pulumi.Input[str]
    """VPC of the cluster; given, since pods do not reach the instance metadata."""
    region: pulumi.Input[str]
    """Region of the cluster."""
    placement: Placement
    """Pool on which it runs."""
    service_account: NotRequired[str]
    """Name of its service account, which EKS Pod Identity binds to a role; `aws-load-balancer-controller` by default."""
    replicas: NotRequired[int]
    """Number of replicas, of which one is active; 2 by default."""


class LoadBalancerController(pulumi.ComponentResource):
    """The AWS Load Balancer Controller."""

    def __init__(self, name: str, args: LoadBalancerControllerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:LoadBalancerController", name, {}, opts)
        self.release = helm_release(
            f"{name}-release",
            ADDON,
            pinned(ADDON),
            args["namespace"],
            _values(args),
            opts=after(self, opts),
        )
        self.register_outputs({})


def _values(args: LoadBalancerControllerArgs) -> dict[str, Any]:
    replicas = args.get("replicas", 2)
    return {
        "clusterName": args["cluster_name"],
        "region": args["region"],
        "vpcId": args["vpc_id"],
        "replicaCount": replicas,
        "podDisruptionBudget": {"maxUnavailable": 1} if replicas > 1 else {},
        "resources": sized(ADDON, "controller"),
        "serviceAccount": {"create": True, "name": args.get("service_account", ADDON)},
        # The webhook's certificate outlives an upgrade.
        "keepTLSSecret": True,
        # No load balancer is ever made from an Ingress, a Service or a Gateway: the infrastructure owns them.
        "createIngressClassResource": False,
        "ingressClassParams": {"create": False},
        "enableServiceMutatorWebhook": False,
        "controllerConfig": {"featureGates": {"ALBGatewayAPI": False, "NLBGatewayAPI": False}},
        "defaultTargetType": "ip",
        "enableShield": False,
        "enableWaf": False,
        "enableWafv2": False,
        "securityContext": {
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
        "podSecurityContext": {"fsGroup": 65534, "seccompProfile": {"type": "RuntimeDefault"}},
        **scheduling(args["placement"]),
    }
