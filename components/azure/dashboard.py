"""Azure Managed Grafana, which shows the platform's metrics."""

import uuid
from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.diagnostics import DiagnosticsArgs, diagnose
from components.azure.names import unique_name
from components.azure.role_assignment import NAMESPACE, assign, role_definition_id
from components.azure.tags import Tags

LONGEST_NAME = 23
"""Longest name of an instance (Azure Managed Grafana documentation, create a workspace, 2026)."""

MAJOR_VERSION = "11"
"""Grafana's major version (Azure Managed Grafana documentation, upgrade, 2026)."""


class GrafanaArgs(TypedDict):
    """Arguments of `Grafana`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the instance."""
    resource_group_id: pulumi.Input[str]
    """Its identifier: the metrics of what is in it can be shown."""
    subscription_id: pulumi.Input[str]
    """Subscription of everything here."""
    location: pulumi.Input[str]
    """Region of the instance."""
    workspaces: Mapping[str, pulumi.Input[str]]
    """Workspaces of Azure Monitor that it shows, by a short name."""
    zone_redundant: NotRequired[bool]
    """Whether it stands in several zones; never to be changed. Default true."""
    public_access: NotRequired[bool]
    """Whether it is reached from public addresses too, after a sign-in of the tenant. Default true."""
    administrator_group_ids: NotRequired[Sequence[str]]
    """Entra groups that may change everything in it; none by default."""
    diagnostics: NotRequired[DiagnosticsArgs]
    """Where its sign-ins are recorded; nowhere by default."""
    tags: NotRequired[Tags]
    """Tags of every resource that takes them."""


class Grafana(pulumi.ComponentResource):
    """A Grafana of the standard tier, without keys of its own, that may read the platform's metrics and nothing else.

    Children: `grafana`, a `reads-...` for each workspace, `reads-resources`, an `administrators-...` for each group, and `diagnostics`.
    """

    id: pulumi.Output[str]
    """Identifier of the instance."""
    endpoint: pulumi.Output[str]
    """Address of its pages."""

    def __init__(self, name: str, args: GrafanaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:Grafana", name, {**args}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.grafana = azure.dashboard.Grafana(
            f"{name}-grafana",
            workspace_name=unique_name(name, args["subscription_id"], LONGEST_NAME),
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            sku=azure.dashboard.ResourceSkuArgs(name="Standard"),
            identity=azure.dashboard.ManagedServiceIdentityArgs(type="SystemAssigned"),
            properties=azure.dashboard.ManagedGrafanaPropertiesArgs(
                api_key="Disabled",
                grafana_major_version=MAJOR_VERSION,
                public_network_access="Enabled" if args.get("public_access", True) else "Disabled",
                zone_redundancy="Enabled" if args.get("zone_redundant", True) else "Disabled",
                grafana_integrations=azure.dashboard.GrafanaIntegrationsArgs(
                    azure_monitor_workspace_integrations=[
                        azure.dashboard.AzureMonitorWorkspaceIntegrationArgs(azure_monitor_workspace_resource_id=id_)
                        for id_ in args["workspaces"].values()
                    ]
                ),
            ),
            tags=args.get("tags"),
            opts=child,
        )
        principal_id = self.grafana.identity.apply(lambda identity: identity.principal_id if identity else "")
        scopes: dict[str, tuple[str, pulumi.Input[str]]] = {
            f"reads-{key}": ("Monitoring Data Reader", id_) for key, id_ in args["workspaces"].items()
        }
        scopes["reads-resources"] = ("Monitoring Reader", args["resource_group_id"])
        self.roles = [
            assign(
                f"{name}-{part}",
                role=role,
                principal_id=principal_id,
                scope=scope,
                subscription_id=args["subscription_id"],
                opts=child,
            )
            for part, (role, scope) in scopes.items()
        ]
        self.administrators = [
            _administer(f"{name}-administrators-{group[:8]}", group, self.grafana.id, args["subscription_id"], child)
            for group in args.get("administrator_group_ids", ())
        ]
        self.diagnostics = (
            diagnose(f"{name}-grafana", self.grafana.id, args["diagnostics"], opts=child)
            if "diagnostics" in args
            else None
        )
        self.id = self.grafana.id
        self.endpoint = self.grafana.properties.apply(lambda properties: properties.endpoint)
        self.register_outputs({"id": self.id, "endpoint": self.endpoint})


def _administer(
    name: str,
    group_id: str,
    grafana_id: pulumi.Input[str],
    subscription_id: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> azure.authorization.RoleAssignment:
    """Let a group of the tenant change everything in a Grafana."""
    role = "Grafana Admin"
    return azure.authorization.RoleAssignment(
        name,
        role_assignment_name=pulumi.Output.from_input(grafana_id).apply(
            lambda scope: str(uuid.uuid5(NAMESPACE, f"{scope.lower()}/{group_id}/{role}"))
        ),
        role_definition_id=pulumi.Output.from_input(subscription_id).apply(lambda id_: role_definition_id(role, id_)),
        principal_id=group_id,
        principal_type=azure.authorization.PrincipalType.GROUP,
        scope=grafana_id,
        opts=opts,
    )
