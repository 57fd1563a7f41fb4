"""In-memory store of the platform on Azure: Azure Managed Redis."""

import re
from collections.abc import Iterator, Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.customer_key import CustomerKeyArgs
from components.azure.diagnostics import DiagnosticsArgs, diagnose
from components.azure.private_endpoint import PrivateEndpointArgs, private_endpoint
from components.azure.secrets import Secret, SecretArgs
from components.azure.tags import Tags
from components.common import refuse
from components.outputs import Endpoint

PORT = 10000
"""Port of every database of Azure Managed Redis."""

GROUP_ID = "redisEnterprise"
"""Part of the store that a private endpoint is made of."""

DATABASE = "default"
"""Name of the one database that a store has (azurerm provider, managed_redis, 2025)."""

SKU = re.compile(r"(Balanced_B|MemoryOptimized_M|ComputeOptimized_X|FlashOptimized_A)\d+")
"""Names of sizes of Azure Managed Redis; those of the retired Enterprise tiers have a capacity beside them."""

CLUSTERING = ("EnterpriseCluster", "OSSCluster", "NoCluster")
"""How keys are spread over shards (API of 2025-07-01)."""

FREQUENCIES = ("1h", "6h", "12h")
"""How often a snapshot is written to disk (API of 2025-07-01)."""


class RedisArgs(TypedDict):
    """Arguments of `Redis`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of every resource."""
    location: pulumi.Input[str]
    """Region of every resource."""
    size: str
    """Size, such as `Balanced_B5`."""
    vault_name: pulumi.Input[str]
    """Key Vault that keeps the credentials."""
    private_endpoint: PrivateEndpointArgs
    """Where the store's private endpoint stands; there is no other way in."""
    vault: NotRequired[azure.keyvault.Vault]
    """The vault as a resource of this stack: the credentials then go with it."""
    cluster_name: NotRequired[pulumi.Input[str]]
    """Name of the store, unique in its region, at most 60 letters, digits and single hyphens; made by Pulumi by default."""
    replicas: NotRequired[int]
    """Replicas beside the primary, 0 or 1; one takes over by itself, and stands in another zone where the region has zones; default 1; fixed at creation."""
    clustering_policy: NotRequired[str]
    """`EnterpriseCluster` (one address, for clients that know nothing of clusters), `OSSCluster` or `NoCluster`; default the first; fixed at creation."""
    eviction_policy: NotRequired[str]
    """What goes when memory is full; default `NoEviction`, because tokens and sessions must not vanish."""
    snapshot_frequency: NotRequired[str]
    """How often a snapshot is written to the store's own disk, `1h`, `6h` or `12h`, from which it comes back when its machines fail; never by default."""
    deletion_protection: NotRequired[bool]
    """Whether the store refuses to be deleted, in Azure (by a lock) and in Pulumi; default false."""
    customer_key: NotRequired[CustomerKeyArgs]
    """Key of the store's disk, and the identity that uses it; Azure's own key by default (the disk is encrypted in any case)."""
    diagnostics: NotRequired[DiagnosticsArgs]
    """Where metrics of the store and connections to it go; nowhere by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: RedisArgs) -> Iterator[tuple[str, str]]:
    if not SKU.fullmatch(args["size"]):
        yield "size", f"'{args['size']}' is no size of Azure Managed Redis, such as Balanced_B5"
    replicas = args.get("replicas", 1)
    if not 0 <= replicas <= 1:
        yield "replicas", f"{replicas} replicas: 0 or 1 are allowed"
    policy = args.get("clustering_policy", CLUSTERING[0])
    if policy not in CLUSTERING:
        yield "clustering_policy", f"'{policy}' is no clustering policy: one of {', '.join(CLUSTERING)}"
    frequency = args.get("snapshot_frequency")
    if frequency is not None and frequency not in FREQUENCIES:
        yield "snapshot_frequency", f"'{frequency}' is no frequency: one of {', '.join(FREQUENCIES)}"


class Redis(pulumi.ComponentResource):
    """A private, encrypted Azure Managed Redis that accepts TLS and an access key only, and its secret.

    The access key is made by Azure. Gateways and control plane log in with a password, so keys are on beside Entra ID.
    """

    locked: Mapping[str, pulumi.Output[str]]
    """What `Locks` must hold, by name; nothing unless it is protected."""
    endpoint: Endpoint
    """Where the store is reached, and its credentials."""

    def __init__(self, name: str, args: RedisArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:Redis", name, {k: v for k, v in args.items() if k != "vault"}, opts)
        refuse(name, _problems(args))
        self._prefix, self._tags = name, args.get("tags")
        self._child = pulumi.ResourceOptions(parent=self)
        self._protected = pulumi.ResourceOptions(parent=self, protect=args.get("deletion_protection") or None)

        self.cluster = self._cluster(args)
        self.database = self._database(args)
        self.private_endpoint = private_endpoint(
            f"{name}-endpoint",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            resource_id=self.cluster.id,
            group_id=GROUP_ID,
            args=args["private_endpoint"],
            tags=self._tags,
            # The store takes one change at a time.
            opts=pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=[self.database])),
        )
        self.locked = {name: self.cluster.id} if args.get("deletion_protection") else {}
        if "diagnostics" in args:
            diagnose(f"{name}-cluster", self.cluster.id, args["diagnostics"], logs=False, opts=self._child)
            diagnose(f"{name}-database", self.database.id, args["diagnostics"], metrics=False, opts=self._child)
        keys = azure.redisenterprise.list_database_keys_output(
            cluster_name=self.cluster.name,
            database_name=self.database.name,
            resource_group_name=args["resource_group_name"],
            opts=pulumi.InvokeOutputOptions(parent=self),
        )
        self._password = pulumi.Output.secret(keys.primary_key)
        self.secret = self._secret(args)
        self.endpoint = Endpoint(
            host=self.cluster.host_name,
            port=pulumi.Output.from_input(PORT),
            database="",
            username=pulumi.Output.from_input("default"),
            secret_id=self.secret.id,
            password=self._password,
        )
        self.register_outputs({"endpoint": self.endpoint})

    def _cluster(self, args: RedisArgs) -> azure.redisenterprise.RedisEnterprise:
        arguments = azure.redisenterprise.RedisEnterpriseArgs(
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            cluster_name=args.get("cluster_name"),
            sku=azure.redisenterprise.SkuArgs(name=args["size"]),
            high_availability="Enabled" if args.get("replicas", 1) else "Disabled",
            minimum_tls_version="1.2",
            public_network_access="Disabled",
            tags=self._tags,
        )
        if "customer_key" in args:
            key = args["customer_key"]
            arguments.identity = azure.redisenterprise.ManagedServiceIdentityArgs(
                type="UserAssigned", user_assigned_identities=[key["identity_id"]]
            )
            arguments.encryption = azure.redisenterprise.ClusterPropertiesEncryptionArgs(
                customer_managed_key_encryption=azure.redisenterprise.ClusterPropertiesCustomerManagedKeyEncryptionArgs(
                    key_encryption_key_url=key["key_id"],
                    key_encryption_key_identity=azure.redisenterprise.ClusterPropertiesKeyEncryptionKeyIdentityArgs(
                        identity_type="userAssignedIdentity", user_assigned_identity_resource_id=key["identity_id"]
                    ),
                )
            )
        return azure.redisenterprise.RedisEnterprise(f"{self._prefix}-cluster", arguments, self._protected)

    def _database(self, args: RedisArgs) -> azure.redisenterprise.Database:
        frequency = args.get("snapshot_frequency")
        return azure.redisenterprise.Database(
            f"{self._prefix}-database",
            resource_group_name=args["resource_group_name"],
            cluster_name=self.cluster.name,
            database_name=DATABASE,
            client_protocol="Encrypted",
            port=PORT,
            clustering_policy=args.get("clustering_policy", CLUSTERING[0]),
            eviction_policy=args.get("eviction_policy", "NoEviction"),
            access_keys_authentication="Enabled",
            persistence=azure.redisenterprise.PersistenceArgs(
                aof_enabled=False, rdb_enabled=frequency is not None, rdb_frequency=frequency
            ),
            opts=self._protected,
        )

    def _secret(self, args: RedisArgs) -> Secret:
        connection = {
            "engine": "redis",
            "host": self.cluster.host_name,
            "port": PORT,
            "username": "default",
            "password": self._password,
        }
        secret_args: SecretArgs = {
            "resource_group_name": args["resource_group_name"],
            "vault_name": args["vault_name"],
            "value": pulumi.Output.json_dumps(connection),
            "description": f"Credentials of {self._prefix}",
            "deletion_protection": args.get("deletion_protection", False),
            "tags": self._tags or {},
        }
        if "vault" in args:
            secret_args["vault"] = args["vault"]
        return Secret(f"{self._prefix}-secret", secret_args, self._child)
