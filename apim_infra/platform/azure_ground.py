"""What comes before everything else on Azure: provider, subscription, resource group and the workspace of logs."""

from dataclasses import dataclass, field

import pulumi
import pulumi_azure_native as azure

from apim_infra.platform.naming import Naming
from apim_infra.settings.stack import StackSettings
from components.azure.diagnostics import DiagnosticsArgs
from components.azure.log_analytics import LogAnalytics
from components.azure.version_aliases import without_version_aliases


@dataclass(frozen=True, slots=True)
class Ground:
    """What every component on Azure is given."""

    provider: azure.Provider
    subscription_id: pulumi.Output[str]
    tenant_id: pulumi.Output[str]
    resource_group_name: pulumi.Output[str]
    """The one resource group of the stack."""
    resource_group_id: pulumi.Output[str]
    location: str
    """Region of the stack."""
    workspace: LogAnalytics
    """Where logs and metrics of every resource go."""
    made: list[pulumi.Resource] = field(default_factory=list[pulumi.Resource])
    """The components that were made with `options`, in their order: what locks wait for."""

    @property
    def options(self) -> pulumi.ResourceOptions:
        """Options of a component on Azure: its children use the stack's own provider, and `made` remembers it."""
        return pulumi.ResourceOptions(
            providers=[self.provider], transformations=[self._remember, without_version_aliases]
        )

    def _remember(self, args: pulumi.ResourceTransformationArgs) -> None:
        if args.opts.parent is None:
            self.made.append(args.resource)

    @property
    def diagnostics(self) -> DiagnosticsArgs:
        """What a component is given to send logs and metrics."""
        return self.workspace.diagnostics


def build_ground(settings: StackSettings, naming: Naming) -> Ground:
    """Build provider, resource group and workspace."""
    provider = azure.Provider(naming.name("azure"), location=settings.region)
    options = pulumi.ResourceOptions(providers=[provider])
    client = azure.authorization.get_client_config_output(opts=pulumi.InvokeOutputOptions(provider=provider))
    group = azure.resources.ResourceGroup(
        naming.name("group"),
        location=settings.region,
        tags=naming.tags,
        opts=pulumi.ResourceOptions(provider=provider, protect=settings.deletion_protection or None),
    )
    workspace = LogAnalytics(
        naming.name("logs"),
        {
            "resource_group_name": group.name,
            "location": settings.region,
            "retention_days": settings.cluster.log_retention_days,
            "deletion_protection": settings.deletion_protection,
            "tags": naming.tags,
        },
        options,
    )
    return Ground(
        provider,
        client.subscription_id,
        client.tenant_id,
        group.name,
        group.id,
        settings.region,
        workspace,
        [workspace],
    )
