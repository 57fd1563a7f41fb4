"""Rights of pods in AWS, bound to their service account."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.iam_policies import pod_identity_trust
from components.aws.names import role_name
from components.aws.tags import Tags


class PodIdentityArgs(TypedDict):
    """Arguments of `PodIdentity`."""

    cluster_name: pulumi.Input[str]
    """The cluster."""
    namespace: pulumi.Input[str]
    """Namespace of the service account."""
    service_account: pulumi.Input[str]
    """Name of the service account; it need not exist yet."""
    policies: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Policy documents (JSON) by a short name; see `components.aws.iam_policies`."""
    managed_policy_arns: NotRequired[Sequence[str]]
    """AWS's own or the account's managed policies, by ARN."""
    description: NotRequired[pulumi.Input[str]]
    """What the role is for, at most 1,000 characters."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


class PodIdentity(pulumi.ComponentResource):
    """A role that the pods of one service account take through EKS Pod Identity, without keys and without annotations."""

    role_arn: pulumi.Output[str]
    """ARN of the role."""

    def __init__(self, name: str, args: PodIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:PodIdentity", name, {**args}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.role = aws.iam.Role(
            f"{name}-role",
            name=role_name(f"{name}-role"),
            assume_role_policy=pod_identity_trust(),
            description=args.get("description"),
            tags=args.get("tags"),
            opts=child,
        )
        self.policies = {
            part: aws.iam.RolePolicy(f"{name}-{part}", role=self.role.name, policy=policy, opts=child)
            for part, policy in args.get("policies", {}).items()
        }
        self.attachments = {
            arn: aws.iam.RolePolicyAttachment(
                f"{name}-{arn.rsplit('/', 1)[-1]}", role=self.role.name, policy_arn=arn, opts=child
            )
            for arn in args.get("managed_policy_arns", ())
        }
        self.association = aws.eks.PodIdentityAssociation(
            f"{name}-association",
            cluster_name=args["cluster_name"],
            namespace=args["namespace"],
            service_account=args["service_account"],
            role_arn=self.role.arn,
            tags=args.get("tags"),
            opts=child,
        )
        self.role_arn = self.role.arn
        self.register_outputs({"role_arn": self.role_arn})
