"""External Secrets Operator: keeps passwords in the cluster as they are in the cloud's own store of secrets, whoever changes them there."""

from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.common import after
from components.kubernetes.custom_resource import custom_resource
from components.kubernetes.helm_release import helm_release, pinned, sized
from components.kubernetes.pods import Placement, scheduling

ADDON = "external-secrets"
API_VERSION = "external-secrets.io/v1"


class ExternalSecretsArgs(TypedDict):
    """Inputs of the External Secrets Operator on AWS."""

    namespace: pulumi.Input[str]
    """Namespace of the release."""
    region: pulumi.Input[str]
    """Region of the secrets."""
    store: str
    """Name of the store, to which external secrets refer."""
    namespaces: list[str]
    """Namespaces that may read from the store."""
    placement: Placement
    """Pool on which it runs."""
    service_account: NotRequired[str]
    """Name of its service account, which EKS Pod Identity binds to a role; `external-secrets` by default."""
    replicas: NotRequired[int]
    """Number of replicas, of which one is active; 2 by default."""


class ExternalSecrets(pulumi.ComponentResource):
    """The operator, and one store: Secrets Manager, read with the rights of the operator's own role."""

    def __init__(self, name: str, args: ExternalSecretsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:ExternalSecrets", name, {}, opts)
        self.release = helm_release(
            f"{name}-release", ADDON, pinned(ADDON), args["namespace"], _values(args), opts=after(self, opts)
        )
        self.store = custom_resource(
            f"{name}-store",
            api_version=API_VERSION,
            kind="ClusterSecretStore",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=args["store"]),
            spec={
                "conditions": [{"namespaces": args["namespaces"]}],
                # No `auth`: the operator's own pods have the role.
                "provider": {"aws": {"service": "SecretsManager", "region": args["region"]}},
            },
            opts=after(self, opts, self.release),
        )
        self.register_outputs({})


def _values(args: ExternalSecretsArgs) -> dict[str, Any]:
    replicas = args.get("replicas", 2)
    return {
        "fullnameOverride": ADDON,
        "replicaCount": replicas,
        "leaderElect": replicas > 1,
        "podDisruptionBudget": {"enabled": replicas > 1, "minAvailable": 1},
        "resources": sized(ADDON, "controller"),
        "serviceAccount": {"create": True, "name": args.get("service_account", ADDON)},
        # Only the platform makes external secrets, and only of two kinds: neither webhooks nor the controller of their certificate are needed.
        "webhook": {"create": False},
        "certController": {"create": False},
        "crds": {
            "createClusterExternalSecret": False,
            "createClusterGenerator": False,
            "createClusterPushSecret": False,
            "createPushSecret": False,
        },
        "processClusterExternalSecret": False,
        "processClusterGenerator": False,
        "processClusterPushSecret": False,
        "processPushSecret": False,
        "rbac": {"serviceAccountTokenCreate": False, "servicebindings": {"create": False}},
        "livenessProbe": {"enabled": True},
        "readinessProbe": {"enabled": True},
        **scheduling(args["placement"]),
    }
