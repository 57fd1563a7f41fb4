"""Rights of pods in Azure, bound to their service account."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.role_assignment import ROLES, assign
from components.azure.tags import Tags
from components.common import refuse

AUDIENCE = "api://AzureADTokenExchange"
"""Audience of the tokens that Entra exchanges (Entra documentation, federated identity credentials, 2026)."""

MOST_SERVICE_ACCOUNTS = 20
"""Federated credentials that one identity can have (Entra documentation, workload identity federation considerations, 2026)."""

CLIENT_ID = "azure.workload.identity/client-id"
"""Annotation of a service account with the client id of its identity (AKS documentation, workload identity, 2026-08)."""


class ServiceAccountArgs(TypedDict):
    """A service account in the cluster."""

    namespace: str
    """Its namespace."""
    service_account: str
    """Its name; it need not exist yet."""


class GrantArgs(TypedDict):
    """A right of the identity."""

    role: str
    """Built-in role, by the name that Azure shows; one of `components.azure.role_assignment.ROLES`."""
    scope: pulumi.Input[str]
    """Resource, group or subscription at which it holds, by its id."""


class WorkloadIdentityArgs(TypedDict):
    """Arguments of `WorkloadIdentity`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the identity."""
    location: pulumi.Input[str]
    """Region of the identity."""
    subscription_id: pulumi.Input[str]
    """Subscription in which the roles are defined."""
    issuer_url: pulumi.Input[str]
    """Issuer of the cluster's tokens, an output of the cluster."""
    namespace: str
    """Namespace of the service account."""
    service_account: str
    """Name of the service account; it need not exist yet."""
    further_service_accounts: NotRequired[Sequence[ServiceAccountArgs]]
    """Service accounts that take the same identity; none by default."""
    grants: NotRequired[Mapping[str, GrantArgs]]
    """Rights by a short name; none by default."""
    tags: NotRequired[Tags]
    """Tags of the identity."""


def _problems(args: WorkloadIdentityArgs) -> Iterator[tuple[str, str]]:
    accounts = [(each["namespace"], each["service_account"]) for each in _accounts(args)]
    if len(accounts) > MOST_SERVICE_ACCOUNTS:
        yield "further_service_accounts", f"an identity takes {MOST_SERVICE_ACCOUNTS} service accounts at most"
    if len(set(accounts)) < len(accounts):
        yield "further_service_accounts", "a service account may be there once"
    for name, grant in args.get("grants", {}).items():
        if grant["role"] not in ROLES:
            yield f"grants.{name}.role", f"'{grant['role']}' is none of {', '.join(ROLES)}"


def _accounts(args: WorkloadIdentityArgs) -> list[ServiceAccountArgs]:
    first: ServiceAccountArgs = {"namespace": args["namespace"], "service_account": args["service_account"]}
    return [first, *args.get("further_service_accounts", ())]


class WorkloadIdentity(pulumi.ComponentResource):
    """A managed identity that the pods of a service account take by the token of the cluster, without keys.

    The service account needs the annotation `CLIENT_ID`, its pods the label `azure.workload.identity/use`.
    """

    id: pulumi.Output[str]
    """Identifier of the identity."""
    client_id: pulumi.Output[str]
    """Client id, for the annotation of the service account."""
    principal_id: pulumi.Output[str]
    """Object id, to which roles are assigned."""

    def __init__(self, name: str, args: WorkloadIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:WorkloadIdentity", name, {**args}, opts)
        refuse(name, _problems(args))
        child = pulumi.ResourceOptions(parent=self)
        self.identity = azure.managedidentity.UserAssignedIdentity(
            f"{name}-identity",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            tags=args.get("tags"),
            opts=child,
        )
        self.credentials = self._credentials(name, args)
        self.assignments = {
            part: assign(
                f"{name}-{part}",
                role=grant["role"],
                principal_id=self.identity.principal_id,
                scope=grant["scope"],
                subscription_id=args["subscription_id"],
                opts=child,
            )
            for part, grant in args.get("grants", {}).items()
        }
        self.id = self.identity.id
        self.client_id = self.identity.client_id
        self.principal_id = self.identity.principal_id
        self.register_outputs({"id": self.id, "client_id": self.client_id, "principal_id": self.principal_id})

    def _credentials(
        self, name: str, args: WorkloadIdentityArgs
    ) -> list[azure.managedidentity.FederatedIdentityCredential]:
        """Trust the tokens of each service account, one after another: Azure refuses two writes to one identity at a time."""
        credentials: list[azure.managedidentity.FederatedIdentityCredential] = []
        for each in _accounts(args):
            namespace, account = each["namespace"], each["service_account"]
            credentials.append(
                azure.managedidentity.FederatedIdentityCredential(
                    f"{name}-{namespace}-{account}",
                    resource_group_name=args["resource_group_name"],
                    resource_name_=self.identity.name,
                    issuer=args["issuer_url"],
                    subject=f"system:serviceaccount:{namespace}:{account}",
                    audiences=[AUDIENCE],
                    opts=pulumi.ResourceOptions(parent=self, depends_on=credentials[-1:]),
                )
            )
        return credentials
