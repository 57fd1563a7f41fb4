"""Programs with the stores of Azure, small enough to read, and what they need around them."""

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_azure_native as azure
from azure_stack import LOCATION, TAGS, TENANT, Stack, sample

from apim_infra.rehearsal.testing import Recording
from components.azure.redis import Redis
from components.azure.relational import RelationalDatabase
from components.azure.role_assignment import assign

MYSQL_DELEGATION = "Microsoft.DBforMySQL/flexibleServers"
POSTGRESQL_DELEGATION = "Microsoft.DBforPostgreSQL/flexibleServers"


def run(program: Callable[[], object]) -> Recording:
    """Record a program on a stack of its own; the samples as they are, once for all tests."""
    return sample(program) if program in SAMPLES else Stack().run(program)


class Ground:
    """Resource group, network, vault and workspace."""

    def __init__(self, zone: str) -> None:
        group = azure.resources.ResourceGroup("group", location=LOCATION, tags=TAGS)
        self.common: dict[str, Any] = {"resource_group_name": group.name, "location": LOCATION}
        network = azure.network.VirtualNetwork(
            "vnet",
            address_space=azure.network.AddressSpaceArgs(address_prefixes=["10.0.0.0/16"]),
            **self.common,
        )
        self.subnet = azure.network.Subnet(
            "data",
            resource_group_name=group.name,
            virtual_network_name=network.name,
            address_prefix="10.0.0.0/27",
            private_endpoint_network_policies="Disabled",
        )
        self.zone = azure.privatedns.PrivateZone(
            "zone", resource_group_name=group.name, private_zone_name=zone, location="global"
        )
        self.link = azure.privatedns.VirtualNetworkLink(
            "link",
            resource_group_name=group.name,
            private_zone_name=self.zone.name,
            location="global",
            registration_enabled=False,
            virtual_network=azure.privatedns.SubResourceArgs(id=network.id),
        )
        self.network, self.group = network, group
        self.vault = azure.keyvault.Vault(
            "vault",
            vault_name="vault-of-test",
            properties=azure.keyvault.VaultPropertiesArgs(
                sku=azure.keyvault.SkuArgs(family="A", name=azure.keyvault.SkuName.STANDARD),
                tenant_id=TENANT,
                enable_rbac_authorization=True,
                enable_purge_protection=True,
            ),
            **self.common,
        )

    @property
    def endpoint(self) -> dict[str, Any]:
        """Where private endpoints stand."""
        return {"subnet_id": self.subnet.id, "zone_ids": [self.zone.id]}

    def delegated(self, delegation: str) -> dict[str, Any]:
        """Return a subnet that is delegated, and the zone, once it is linked."""
        subnet = azure.network.Subnet(
            "servers",
            resource_group_name=self.group.name,
            virtual_network_name=self.network.name,
            address_prefix="10.0.0.32/28",
            delegations=[azure.network.DelegationArgs(name="servers", service_name=delegation)],
            opts=pulumi.ResourceOptions(depends_on=[self.subnet]),
        )
        linked = pulumi.Output.all(self.zone.id, self.link.id).apply(lambda known: str(known[0]))
        return {"subnet_id": subnet.id, "zone_id": linked}

    def customer_key(self) -> dict[str, Any]:
        """Return a key, and an identity that may use it."""
        identity = azure.managedidentity.UserAssignedIdentity("stores", **self.common)
        key = azure.keyvault.Key(
            "key",
            resource_group_name=self.group.name,
            vault_name=self.vault.name,
            key_name="stores",
            properties=azure.keyvault.KeyPropertiesArgs(kty="RSA", key_size=3072),
        )
        right = assign(
            "use",
            role="Key Vault Crypto Service Encryption User",
            principal_id=identity.principal_id,
            scope=key.id,
            subscription_id=self.network.id.apply(lambda id_: id_.split("/")[2]),
        )
        allowed = pulumi.Output.all(identity.id, right.id).apply(lambda known: str(known[0]))
        return {"key_id": key.key_uri_with_version, "identity_id": allowed}

    def workspace(self) -> dict[str, Any]:
        """Return where logs go."""
        return {"workspace_id": azure.operationalinsights.Workspace("workspace", **self.common).id}


Change = Callable[[Ground], dict[str, Any]]
"""Arguments that need something of the ground."""


def relational(
    change: Change = lambda _: {}, ground: Ground | None = None, name: str = "apim-mariadb", **options: Any
) -> RelationalDatabase:
    """Make a database, on a ground of its own if none is given; an argument that is None is left out."""
    engine = options.get("engine", "mysql")
    zone = "mysql" if engine == "mysql" else "postgres"
    ground = ground or Ground(f"privatelink.{zone}.database.azure.com")
    args: dict[str, Any] = {
        **ground.common,
        "engine": "mysql",
        "version": "8.4",
        "size": "Standard_D4ads_v5",
        "tier": "GeneralPurpose",
        "database": "apim",
        "username": "apim",
        "vault_name": ground.vault.name,
        "vault": ground.vault,
        "server_name": "apim-test",
        "private_endpoint": ground.endpoint,
        "zones": ["1", "2", "3"],
        "storage_gb": 64,
        "tags": TAGS,
    }
    given = {**args, **change(ground), **options}
    made: Any = {name: value for name, value in given.items() if value is not None}
    return RelationalDatabase(name, made)


def restored(engine: str, version: str, **restore: Any) -> RelationalDatabase:
    """Make a database and a second one, from its backups where anything is said of a restore."""
    zone = "mysql" if engine == "mysql" else "postgres"
    ground = Ground(f"privatelink.{zone}.database.azure.com")
    source = relational(ground=ground, engine=engine, version=version, geo_redundant_backup=True)
    given: dict[str, Any] = {"engine": engine, "version": version, "server_name": "again"}
    if restore:
        given["restore"] = {"source_server_id": source.server.id, **restore}
    second = relational(ground=ground, name="again", **given)
    pulumi.export("password", second.endpoint["password"])
    return second


def postgresql(change: Change = lambda _: {}, **options: Any) -> RelationalDatabase:
    """Make a database of PostgreSQL."""
    wanted: dict[str, Any] = {"engine": "postgres", "version": "17", **options}
    return relational(change, **wanted)


def redis(change: Change = lambda _: {}, **options: Any) -> Redis:
    """Make an in-memory store; an argument that is None is left out."""
    ground = Ground("privatelink.redis.azure.net")
    args: dict[str, Any] = {
        **ground.common,
        "size": "Balanced_B5",
        "vault_name": ground.vault.name,
        "vault": ground.vault,
        "cluster_name": "apim-test",
        "private_endpoint": ground.endpoint,
        "tags": TAGS,
    }
    given = {**args, **change(ground), **options}
    made: Any = {name: value for name, value in given.items() if value is not None}
    return Redis("apim-redis", made)


SAMPLES = (relational, postgresql, redis)
