"""A service account to which a cloud gives rights: EKS Pod Identity by its name alone, AKS workload identity by annotations."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.common import after


class ServiceAccountArgs(TypedDict):
    """Inputs of a service account."""

    namespace: pulumi.Input[str]
    """Namespace of the account."""
    account: str
    """Name of the account; what a cloud role is bound to together with the namespace."""
    annotations: NotRequired[dict[str, pulumi.Input[str]]]
    """Annotations that bind it to a cloud identity, such as `azure.workload.identity/client-id`; none by default."""
    labels: NotRequired[dict[str, str]]
    """Labels of the account; none by default."""
    image_pull_secrets: NotRequired[list[pulumi.Input[str]]]
    """Names of the secrets with which its pods pull images; none by default."""
    mount_token: NotRequired[bool]
    """Whether pods get a token for the Kubernetes API; false by default."""


class ServiceAccount(pulumi.ComponentResource):
    """A service account."""

    account_name: pulumi.Output[str]
    """Name of the account, known once it is made."""

    def __init__(self, name: str, args: ServiceAccountArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:ServiceAccount", name, {}, opts)
        self.service_account = k8s.core.v1.ServiceAccount(
            f"{name}-service-account",
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=args["account"],
                namespace=args["namespace"],
                annotations=args.get("annotations"),
                labels=args.get("labels"),
            ),
            automount_service_account_token=args.get("mount_token", False),
            image_pull_secrets=[
                k8s.core.v1.LocalObjectReferenceArgs(name=secret) for secret in args.get("image_pull_secrets", [])
            ],
            opts=after(self, opts),
        )
        self.account_name = self.service_account.metadata.apply(lambda metadata: metadata.name or "")
        self.register_outputs({"accountName": self.account_name})
