"""Records of the network's accepted and rejected connections."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.names import unique_name
from components.azure.storage import LONGEST_NAME, network_rules
from components.azure.tags import Tags

WATCHER_GROUP = "NetworkWatcherRG"
"""Resource group in which Azure keeps the network watchers that it makes (azure-docs, network-watcher/network-watcher-create)."""


class FlowLogsArgs(TypedDict):
    """Arguments of `FlowLogs`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the storage account."""
    location: pulumi.Input[str]
    """Region of the network; account and watcher must be there too."""
    subscription_id: pulumi.Input[str]
    """Subscription, from which the account's name is made."""
    network_id: pulumi.Input[str]
    """The network."""
    retention_days: pulumi.Input[int]
    """How long flow logs are kept, in days."""
    watcher_group: NotRequired[str]
    """Resource group of the region's network watcher; Azure's own by default."""
    watcher_name: NotRequired[pulumi.Input[str]]
    """The region's network watcher; `NetworkWatcher_<region>` by default, which Azure makes by itself with the first network of a region."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


class FlowLogs(pulumi.ComponentResource):
    """Flow logs of a whole network in a storage account.

    A subscription has one network watcher in a region, and Azure makes it: the log joins that one. The log itself is kept in the watcher's resource
    group. Logs of single security groups are being retired, so it records the network.
    """

    storage_account_id: pulumi.Output[str]
    """Account of the flow logs."""

    def __init__(self, name: str, args: FlowLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:FlowLogs", name, {**args}, opts)
        tags = args.get("tags")
        child = pulumi.ResourceOptions(parent=self)

        self.account = azure.storage.StorageAccount(
            f"{name}-storage",
            account_name=unique_name(name, args["subscription_id"], LONGEST_NAME, ""),
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            kind=azure.storage.Kind.STORAGE_V2,
            sku=azure.storage.SkuArgs(name=azure.storage.SkuName.STANDARD_ZRS),
            minimum_tls_version=azure.storage.MinimumTlsVersion.TLS1_2,
            enable_https_traffic_only=True,
            allow_blob_public_access=False,
            allow_cross_tenant_replication=False,
            # Nobody but Azure's own services, which write the logs.
            network_rule_set=network_rules((), ()),
            tags=tags,
            opts=child,
        )
        self.flow_log = azure.network.FlowLog(
            f"{name}-log",
            resource_group_name=args.get("watcher_group", WATCHER_GROUP),
            network_watcher_name=args.get("watcher_name", pulumi.Output.format("NetworkWatcher_{0}", args["location"])),
            location=args["location"],
            target_resource_id=args["network_id"],
            storage_id=self.account.id,
            enabled=True,
            format=azure.network.FlowLogFormatParametersArgs(type="JSON", version=2),
            retention_policy=azure.network.RetentionPolicyParametersArgs(enabled=True, days=args["retention_days"]),
            tags=tags,
            opts=child,
        )
        self.storage_account_id = self.account.id
        self.register_outputs({"storage_account_id": self.storage_account_id})
