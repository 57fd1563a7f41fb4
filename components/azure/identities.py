"""The identities of the pipelines: one builds images, one runs the platform."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.role_assignment import ROLES, assign
from components.azure.tags import Tags
from components.common import refuse

AUDIENCE = "api://AzureADTokenExchange"
"""Whom a pipeline's token is shown to (Microsoft Entra documentation, workload identity federation, 2026)."""

MOST_CREDENTIALS = 20
"""Most pipelines that may act as one identity (Microsoft Entra documentation, workload identity federation, 2026)."""


class FederatedCredentialArgs(TypedDict):
    """A pipeline that may act as an identity, known by a token of its own instead of a password."""

    issuer: pulumi.Input[str]
    """Who issues the token, such as `https://token.actions.githubusercontent.com`."""
    subject: pulumi.Input[str]
    """Whom the token is for, such as `repo:example/images:environment:prd`."""


class GrantArgs(TypedDict):
    """A role of an identity."""

    role: str
    """Built-in role, by its name in Azure."""
    scope: pulumi.Input[str]
    """Resource id that the role is for."""


class PipelineIdentityArgs(TypedDict):
    """Arguments of `PipelineIdentity`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the identity."""
    location: pulumi.Input[str]
    """Region of the identity."""
    subscription_id: pulumi.Input[str]
    """Subscription of the roles."""
    grants: Mapping[str, GrantArgs]
    """What the identity may do: a name of its own to role and scope."""
    credentials: NotRequired[Sequence[FederatedCredentialArgs]]
    """Pipelines that may act as the identity, at most 20; none by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: PipelineIdentityArgs) -> Iterator[tuple[str, str]]:
    for name, grant in args["grants"].items():
        if grant["role"] not in ROLES:
            yield f"grants.{name}.role", f"'{grant['role']}' is no role that is known here: see roles.yaml"
    if len(args.get("credentials", ())) > MOST_CREDENTIALS:
        yield "credentials", f"an identity takes {MOST_CREDENTIALS} at most"


class PipelineIdentity(pulumi.ComponentResource):
    """A user-assigned identity with the roles that it needs and no password: pipelines show tokens of their own."""

    id: pulumi.Output[str]
    """Identifier of the identity."""
    client_id: pulumi.Output[str]
    """Id by which a pipeline names it when it logs in."""
    principal_id: pulumi.Output[str]
    """Object id by which roles name it."""

    def __init__(self, name: str, args: PipelineIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:PipelineIdentity", name, {**args}, opts)
        refuse(name, _problems(args))
        self.identity = azure.managedidentity.UserAssignedIdentity(
            f"{name}-identity",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.credentials = self._credentials(name, args)
        self.grants = {
            grant: assign(
                f"{name}-{grant}",
                role=given["role"],
                principal_id=self.identity.principal_id,
                scope=given["scope"],
                subscription_id=args["subscription_id"],
                opts=pulumi.ResourceOptions(parent=self),
            )
            for grant, given in args["grants"].items()
        }
        self.id, self.client_id, self.principal_id = (
            self.identity.id,
            self.identity.client_id,
            self.identity.principal_id,
        )
        self.register_outputs({"id": self.id, "client_id": self.client_id, "principal_id": self.principal_id})

    def _credentials(
        self, name: str, args: PipelineIdentityArgs
    ) -> list[azure.managedidentity.FederatedIdentityCredential]:
        made: list[azure.managedidentity.FederatedIdentityCredential] = []
        for number, credential in enumerate(args.get("credentials", ())):
            made.append(
                azure.managedidentity.FederatedIdentityCredential(
                    f"{name}-pipeline-{number}",
                    resource_group_name=args["resource_group_name"],
                    resource_name_=self.identity.name,
                    issuer=credential["issuer"],
                    subject=credential["subject"],
                    audiences=[AUDIENCE],
                    # An identity takes one change at a time.
                    opts=pulumi.ResourceOptions(parent=self, depends_on=made[-1:]),
                )
            )
        return made
