"""Programs with a Cassandra ring on Azure, with what it needs around it."""

from typing import Any

import pulumi
import pulumi_azure_native as azure
from azure_stack import LOCATION, SUBSCRIPTION, TAGS, TENANT

from components.azure.cassandra import Cassandra
from components.azure.managed_cassandra import ManagedCassandra

DATA = "10.0.1.0/27"


class Around:
    """Resource group, data subnet, vault and a container."""

    def __init__(self) -> None:
        self.group = azure.resources.ResourceGroup("group", location=LOCATION)
        common: Any = {"resource_group_name": self.group.name}
        self.vnet = azure.network.VirtualNetwork(
            "vnet", address_space=azure.network.AddressSpaceArgs(address_prefixes=["10.0.0.0/16"]), **common
        )
        self.data = azure.network.Subnet(
            "data",
            virtual_network_name=self.vnet.name,
            subnet_name="data",
            address_prefix=DATA,
            default_outbound_access=False,
            **common,
        )
        self.vault = azure.keyvault.Vault(
            "vault",
            vault_name="vault-of-a-ring",
            properties=azure.keyvault.VaultPropertiesArgs(
                tenant_id=TENANT,
                sku=azure.keyvault.SkuArgs(family=azure.keyvault.SkuFamily.A, name=azure.keyvault.SkuName.STANDARD),
                enable_rbac_authorization=True,
                enable_purge_protection=True,
            ),
            **common,
        )

    def container(self) -> azure.storage.BlobContainer:
        """Make a container in an account of its own."""
        common: Any = {"resource_group_name": self.group.name}
        account = azure.storage.StorageAccount(
            "account",
            account_name="accountofaring",
            kind=azure.storage.Kind.STORAGE_V2,
            sku=azure.storage.SkuArgs(name=azure.storage.SkuName.STANDARD_ZRS),
            **common,
        )
        return azure.storage.BlobContainer("snapshots", container_name="cassandra", account_name=account.name, **common)


def ring(around: Around | None = None, **options: Any) -> Cassandra:
    """Make a ring in a network of its own."""
    there = around or Around()
    args: Any = {
        "resource_group_name": there.group.name,
        "location": LOCATION,
        "subscription_id": SUBSCRIPTION,
        "vault_name": there.vault.name,
        "vault": there.vault,
        "version": "4.1",
        "nodes": 3,
        "size": "Standard_D4s_v3",
        "zones": ["1", "2", "3"],
        "subnet_id": there.data.id,
        "subnet_cidr": DATA,
        "datacenter": LOCATION,
        "keyspaces": ["internal_general", "internal_throttling"],
        "tags": TAGS,
        **options,
    }
    return Cassandra("ring", args, pulumi.ResourceOptions(depends_on=[there.data]))


def ring_with_snapshots() -> Cassandra:
    """Make a ring whose nodes put their snapshots into a container."""
    there = Around()
    container = there.container()
    url = "https://accountofaring.blob.core.windows.net/cassandra"
    return ring(there, snapshots={"container_id": container.id, "container_url": url})


def managed(**options: Any) -> ManagedCassandra:
    """Make an instance that Azure runs, in a subnet that is delegated to it."""
    there = Around()
    subnet = azure.network.Subnet(
        "cassandra",
        resource_group_name=there.group.name,
        virtual_network_name=there.vnet.name,
        subnet_name="cassandra",
        address_prefix="10.0.2.0/27",
        default_outbound_access=False,
        delegations=[
            azure.network.DelegationArgs(name="cassandra", service_name="Microsoft.DocumentDB/cassandraClusters")
        ],
        opts=pulumi.ResourceOptions(depends_on=[there.data]),
    )
    args: Any = {
        "resource_group_name": there.group.name,
        "location": LOCATION,
        "subscription_id": SUBSCRIPTION,
        "network_id": there.vnet.id,
        "subnet_id": subnet.id,
        "service_principal_id": "e5007d2c-4b13-4a74-9b6a-605d99f03501",
        "vault_name": there.vault.name,
        "vault": there.vault,
        "version": "4.1",
        "datacenter": LOCATION,
        "tags": TAGS,
        **options,
    }
    return ManagedCassandra("instance", args)
