"""Cassandra that Azure runs: Azure Managed Instance for Apache Cassandra, in a subnet of the network."""

import re
from collections.abc import Iterator, Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure
import pulumi_random as random

from components.azure.diagnostics import DiagnosticsArgs, diagnose
from components.azure.role_assignment import assign
from components.azure.secrets import Secret, SecretArgs
from components.azure.tags import Tags
from components.cassandra_certificates import CertificateAuthority, SignedCertificate
from components.cassandra_configuration import facts
from components.common import refuse
from components.outputs import Endpoint

ADMINISTRATOR = "cassandra"
"""The one role of a new instance, whose password is set when it is made."""

VERSIONS = ("4.0", "4.1", "5.0")
"""Series that the service makes instances of; it has 3.11 too, which is out of support (az managed-cassandra cluster create, 2025)."""

FEWEST_NODES = 3
"""Fewest nodes of a data centre (New-AzManagedCassandraDataCenter, 2021)."""

DISK = "P30"
"""Disks of a node, 1 TiB each; the service has no others by default (Cosmos DB resource provider's API, dataCenters, 2025-10-15)."""

NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]{0,98}[a-zA-Z0-9]")


class ManagedCassandraArgs(TypedDict):
    """Arguments of `ManagedCassandra`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of every resource, and of the vault."""
    location: pulumi.Input[str]
    """Region of every resource."""
    subscription_id: pulumi.Input[str]
    """Subscription of every resource."""
    network_id: pulumi.Input[str]
    """Network of the subnet, for which the service is given rights."""
    subnet_id: pulumi.Input[str]
    """Subnet for the nodes and their management, delegated to `Microsoft.DocumentDB/cassandraClusters`, with a way to the internet."""
    service_principal_id: pulumi.Input[str]
    """Object id, in the tenant, of Azure's own application Azure Cosmos DB (a232010e-820c-4083-83bb-3ace5fc29d0b), which puts nodes into the subnet."""
    vault_name: pulumi.Input[str]
    """Key Vault that keeps the credentials."""
    vault: NotRequired[azure.keyvault.Vault]
    """The vault as a resource of this stack: secrets then go with it."""
    version: str
    """Series of Apache Cassandra, such as `4.1`."""
    datacenter: str
    """Name of the data centre, which clients name."""
    nodes: NotRequired[int]
    """Number of nodes, three or more; default 3."""
    size: NotRequired[pulumi.Input[str]]
    """Size of a node's machine; default `Standard_E8s_v5`."""
    disks: NotRequired[int]
    """Disks of each node, of 1 TiB each; default 2."""
    multi_zone: NotRequired[bool]
    """Whether nodes are spread over the region's zones; fixed at creation; default true."""
    audit_log: NotRequired[bool]
    """Whether statements and logins are recorded; default false."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi refuses to delete instance and secrets, and the instance is among what is `locked`; default false."""
    diagnostics: NotRequired[DiagnosticsArgs]
    """Where logs and metrics of the instance go; nowhere by default."""
    tags: NotRequired[Tags]
    """Tags of every resource that takes them."""


def _problems(args: ManagedCassandraArgs) -> Iterator[tuple[str, str]]:
    nodes = args.get("nodes", FEWEST_NODES)
    if args["version"] not in VERSIONS:
        yield "version", f"'{args['version']}' is no series of the service: one of {', '.join(VERSIONS)}"
    if nodes < FEWEST_NODES:
        yield "nodes", f"{nodes} nodes: a data centre has {FEWEST_NODES} or more"
    if args.get("multi_zone", True) and nodes % FEWEST_NODES:
        yield "nodes", f"{nodes} nodes cannot be spread evenly over three zones: give a multiple of {FEWEST_NODES}"
    if not 1 <= args.get("disks", 2) <= 32:
        yield "disks", "1 to 32 are allowed"
    if not NAME.fullmatch(args["datacenter"]):
        yield "datacenter", "must be letters, digits and hyphens, 2 to 100"


class ManagedCassandra(pulumi.ComponentResource):
    """An instance with one data centre, which Azure patches, repairs, encrypts with keys of its own, and backs up each day, for two days.

    Clients show a certificate of the instance's own authority, besides the password; a public authority vouches for the nodes. The password is
    that of the only role that a new instance has: programs that need keyspaces and roles of their own make them with it.
    """

    endpoint: Endpoint
    """Contact points (addresses of the seeds, comma between them) and the credentials."""
    client: SignedCertificate
    """Certificate and key with which programs show who they are."""
    locked: Mapping[str, pulumi.Output[str]]
    """What `Locks` must hold, by name; nothing unless it is protected."""

    def __init__(self, name: str, args: ManagedCassandraArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:ManagedCassandra", name, {k: v for k, v in args.items() if k != "vault"}, opts)
        refuse(name, _problems(args))
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        kept = pulumi.ResourceOptions(parent=self, protect=args.get("deletion_protection") or None)
        authority = CertificateAuthority(name, self)
        self.client = authority.sign("client", f"client of {name}")
        password = random.RandomPassword(f"{name}-password", length=40, special=False, opts=kept)
        self.right = assign(
            f"{name}-network-right",
            role="Network Contributor",
            principal_id=args["service_principal_id"],
            scope=args["network_id"],
            subscription_id=args["subscription_id"],
            opts=self._child,
        )
        self.cluster = self._cluster(authority, password.result, kept)
        self.datacenter = self._datacenter()
        self.secret = self._secret(password.result)
        if "diagnostics" in args:
            diagnose(f"{name}-cluster", self.cluster.id, args["diagnostics"], opts=self._child)
        self.locked = {name: self.cluster.id} if args.get("deletion_protection") else {}
        self.endpoint = Endpoint(
            host=self.datacenter.properties.apply(lambda known: ",".join(_address(seed) for seed in known.seed_nodes)),
            port=pulumi.Output.from_input(facts()["ports"]["native"]),
            database="",
            username=pulumi.Output.from_input(ADMINISTRATOR),
            secret_id=self.secret.id,
            password=password.result,
        )
        self.register_outputs({"endpoint": self.endpoint})

    def _cluster(
        self, authority: CertificateAuthority, password: pulumi.Output[str], opts: pulumi.ResourceOptions
    ) -> azure.cosmosdb.CassandraCluster:
        args = self._args
        return azure.cosmosdb.CassandraCluster(
            f"{self._name}-cluster",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            properties=azure.cosmosdb.ClusterResourcePropertiesArgs(
                cassandra_version=args["version"],
                authentication_method=azure.cosmosdb.AuthenticationMethod.CASSANDRA,
                initial_cassandra_admin_password=password,
                delegated_management_subnet_id=args["subnet_id"],
                # Who shows no certificate of this authority is turned away.
                client_certificates=[azure.cosmosdb.CertificateArgs(pem=authority.certificate)],
                cassandra_audit_logging_enabled=args.get("audit_log", False),
                repair_enabled=True,
            ),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[self.right])),
        )

    def _datacenter(self) -> azure.cosmosdb.CassandraDataCenter:
        args = self._args
        return azure.cosmosdb.CassandraDataCenter(
            f"{self._name}-datacenter",
            resource_group_name=args["resource_group_name"],
            cluster_name=self.cluster.name,
            data_center_name=args["datacenter"],
            properties=azure.cosmosdb.DataCenterResourcePropertiesArgs(
                data_center_location=args["location"],
                delegated_subnet_id=args["subnet_id"],
                node_count=args.get("nodes", FEWEST_NODES),
                sku=args.get("size", "Standard_E8s_v5"),
                disk_sku=DISK,
                disk_capacity=args.get("disks", 2),
                availability_zone=args.get("multi_zone", True),
            ),
            opts=pulumi.ResourceOptions(parent=self, protect=args.get("deletion_protection") or None),
        )

    def _secret(self, password: pulumi.Output[str]) -> Secret:
        args = self._args
        secret: SecretArgs = {
            "resource_group_name": args["resource_group_name"],
            "vault_name": args["vault_name"],
            "value": pulumi.Output.json_dumps(
                {
                    "username": ADMINISTRATOR,
                    "password": password,
                    "datacenter": args["datacenter"],
                    "certificate": self.client.certificate,
                    "key": self.client.key,
                }
            ),
            "description": f"Credentials of {self._name}",
            "deletion_protection": args.get("deletion_protection", False),
            "tags": args.get("tags", {}),
        }
        if (vault := args.get("vault")) is not None:
            secret["vault"] = vault
        return Secret(f"{self._name}-credentials", secret, self._child)


def _address(seed: azure.cosmosdb.outputs.SeedNodeResponse) -> str:
    return seed.ip_address or ""
