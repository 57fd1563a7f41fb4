"""A self-managed Cassandra ring on Azure: one node after another, spread over the zones, TLS with certificates on both sides."""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from typing import NotRequired, TypedDict, cast

import pulumi
import pulumi_azure_native as azure
import pulumi_random as random
import pulumi_tls as tls

from components.azure.cassandra_configuration import facts, keyspaces
from components.azure.cassandra_machines import NodePlace, RingSettings
from components.azure.cassandra_nodes import CassandraNode
from components.azure.secrets import Secret, SecretArgs
from components.azure.tags import Tags
from components.cassandra_certificates import CertificateAuthority, SignedCertificate
from components.cassandra_configuration import ADMINISTRATOR, APPLICATION, keyspace_name
from components.common import refuse
from components.outputs import Endpoint

LONGEST_NAME = 64 - len("-1-1-machine") - 8
"""Longest name of a ring: a machine of Linux has 64 characters, with zone, number and what Pulumi appends."""


class CassandraSnapshotArgs(TypedDict):
    """Where the nodes put their daily snapshots; how long they are kept there is for the container's own rules to say."""

    container_id: pulumi.Input[str]
    """Resource id of the blob container, to which each node gets the right to write."""
    container_url: pulumi.Input[str]
    """Its address, `https://{account}.blob.core.windows.net/{container}`."""


class CassandraArgs(TypedDict):
    """Arguments of `Cassandra`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of every resource, and of the vault."""
    location: pulumi.Input[str]
    """Region of every resource."""
    subscription_id: pulumi.Input[str]
    """Subscription of every resource."""
    vault_name: pulumi.Input[str]
    """Key Vault that keeps certificates and credentials; nodes read it by its address in the network."""
    vault: NotRequired[azure.keyvault.Vault]
    """The vault as a resource of this stack: secrets then go with it."""
    version: str
    """Series of Apache Cassandra, such as `4.1`."""
    nodes: int
    """Number of nodes, at least one a zone."""
    size: pulumi.Input[str]
    """Size of a node's machine, with premium disks, such as `Standard_D4s_v3`."""
    architecture: NotRequired[str]
    """Architecture of the size, `x86_64` (default) or `arm64`."""
    zones: Sequence[str]
    """Availability zones in use, at most three; the first node of each is a seed."""
    subnet_id: pulumi.Input[str]
    """Data subnet, which spans the zones."""
    subnet_cidr: str
    """Range of the subnet, at the end of which the nodes' addresses have fixed places."""
    datacenter: str
    """Name of the data centre that clients name; the region, by custom."""
    storage_gb: NotRequired[pulumi.Input[int]]
    """Premium data disk of each node, in GiB; default 50, which Azure counts as P6."""
    performance_tier: NotRequired[pulumi.Input[str]]
    """Performance tier of the data disk above that of its size, such as `P30` for throughput; that of its size by default."""
    replication_factor: NotRequired[int]
    """Copies of each row; default 3."""
    keyspaces: NotRequired[Sequence[str]]
    """Keyspaces that are made; hyphens become underscores; none by default. One that is left out later stays with its data."""
    image_id: NotRequired[pulumi.Input[str]]
    """Image (resource id) of Ubuntu with Cassandra and the exporter in their usual places; by default Ubuntu itself, onto which the packages are
    installed, for which the subnet needs a way out."""
    entra_login: NotRequired[bool]
    """Whether people log in by ssh with a role in Entra; otherwise only with the ring's key, which is in the vault. Default true, which needs a way out."""
    administrators: NotRequired[Sequence[str]]
    """Groups of Entra (object ids) whose members log in as administrators; none by default."""
    disk_encryption_set_id: NotRequired[pulumi.Input[str]]
    """Disk encryption set with a key of one's own; Azure's own key by default (disks are encrypted in any case)."""
    encryption_at_host: NotRequired[bool]
    """Whether caches and temporary disks are encrypted too, which a subscription must be registered for; default false."""
    snapshots: NotRequired[CassandraSnapshotArgs]
    """Where daily snapshots go; none are taken by default."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi refuses to delete disks and secrets, and the disks are among what is `locked`; default false."""
    backup_tags: NotRequired[Tags]
    """More tags of the data disks; none by default."""
    tags: NotRequired[Tags]
    """Tags of every resource that takes them."""


def _before(opts: pulumi.ResourceOptions | None) -> list[pulumi.Input[pulumi.Resource]]:
    """Return what the component was told to wait for, which Pulumi does not hand down to its children."""
    given = opts.depends_on if opts else None
    if given is None or isinstance(given, pulumi.Resource):
        return [given] if given is not None else []
    return list(cast("Sequence[pulumi.Input[pulumi.Resource]]", given))


def _problems(name: str, args: CassandraArgs) -> Iterator[tuple[str, str]]:
    zones, nodes = args["zones"], args["nodes"]
    if len(name) > LONGEST_NAME:
        yield "name", f"'{name}' is too long: {LONGEST_NAME} characters leave room for the names of machines"
    known, places = facts()["series"], facts()["addresses"]
    if args["version"] not in known:
        yield "version", f"'{args['version']}' is no series that is known: one of {', '.join(known)}"
    if not 1 <= len(zones) <= places["zones"]:
        yield "zones", f"{len(zones)} zones: one to {places['zones']} are allowed"
    elif nodes < len(zones):
        yield "nodes", f"{nodes} nodes cannot stand in each of {len(zones)} zones: give as many, or fewer zones"
    elif nodes > places["count"] * len(zones):
        yield "nodes", f"{nodes} nodes do not fit: a zone keeps {places['count']} addresses for them"
    if not 1 <= args.get("replication_factor", 3) <= nodes:
        yield "replication_factor", f"{args.get('replication_factor', 3)} copies need as many nodes, there are {nodes}"
    if IPv4Network(args["subnet_cidr"]).prefixlen > 27:
        yield "subnet_cidr", f"{args['subnet_cidr']} is too small: /27 holds the nodes' addresses"
    names = [keyspace_name(name) for name in args.get("keyspaces", ())]
    if len(set(names)) < len(names):
        yield "keyspaces", f"two of {', '.join(names)} have one name, as hyphens become underscores: rename one"
    if args.get("administrators") and not args.get("entra_login", True):
        yield "administrators", "log in by Entra, which is off: leave them out, or set entra_login"
    if args.get("architecture", "x86_64") not in facts()["image_skus"]:
        yield "architecture", f"one of {', '.join(facts()['image_skus'])}"


class Cassandra(pulumi.ComponentResource):
    """A ring whose nodes keep their address and their data when their machine is replaced.

    Nodes are made, changed and replaced one after another: each waits until the one before it is up and no node is missing. Keyspaces and roles are
    made by a command on the first node once all are up, not at its first boot, so that a keyspace can be added later, and not from the
    cluster, which then need not hold the administrator's password. Passwords open no machine; a key does, and by default a role in Entra.
    """

    endpoint: Endpoint
    """Contact points (addresses of the seeds, comma between them) and the credentials of programs; quorum reads and writes survive one zone."""
    locked: Mapping[str, pulumi.Output[str]]
    """What `Locks` must hold, by name; nothing unless it is protected."""
    authority: pulumi.Output[str]
    """Certificate of the ring's own authority, as PEM."""
    client: SignedCertificate
    """Certificate and key with which programs show who they are."""
    exporters: list[str]
    """Address and port of each node's metrics, by TLS."""
    machine_ids: Mapping[str, pulumi.Output[str]]
    """Zone and number of each node to its virtual machine."""
    disk_ids: Mapping[str, pulumi.Output[str]]
    """Zone and number of each node to its data disk, which keeps its identifier when the machine is replaced."""

    def __init__(self, name: str, args: CassandraArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:Cassandra", name, {k: v for k, v in args.items() if k != "vault"}, opts)
        refuse(name, _problems(name, args))
        self._name, self._args = name, args
        self._ways = _before(opts)
        self._child = pulumi.ResourceOptions(parent=self)
        ports = facts()["ports"]
        places = self._places()
        seeds = [place.address for place in places[: len(args["zones"])]]
        self._authority = CertificateAuthority(name, self)
        self.authority = self._authority.certificate
        self.client = self._authority.sign("client", f"client of {name}")
        self.shared_secret = self._secret("shared", self._shared(seeds))
        self.administrator_secret, _ = self._login("administrator", ADMINISTRATOR, {})
        where = {"hosts": seeds, "port": ports["native"], "datacenter": args["datacenter"]}
        materials = {"authority": self.authority, "certificate": self.client.certificate, "key": self.client.key}
        self.application_secret, password = self._login("application", APPLICATION, {**where, **materials})
        self.nodes = self._nodes(places)
        self.keyspaces = self._keyspaces()
        self.exporters = [f"{place.address}:{ports['exporter']}" for place in places]
        self.machine_ids = {node.place.part: node.machine.id for node in self.nodes}
        self.disk_ids = {node.place.part: node.disk.id for node in self.nodes}
        protected = self.disk_ids if args.get("deletion_protection") else {}
        self.locked = {f"{name}-{part}": disk_id for part, disk_id in protected.items()}
        self.endpoint = Endpoint(
            # Known to others once the keyspaces are there.
            host=self.keyspaces.id.apply(lambda _: ",".join(seeds)),
            port=pulumi.Output.from_input(ports["native"]),
            database="",
            username=pulumi.Output.from_input(APPLICATION),
            secret_id=self.application_secret.id,
            password=password,
        )
        self.register_outputs({"endpoint": self.endpoint, "authority": self.authority, "exporters": self.exporters})

    def _places(self) -> list[NodePlace]:
        """Return the places of the nodes, the first of each zone first; a zone or a node more moves none."""
        zones, kept = self._args["zones"], facts()["addresses"]
        last = IPv4Network(self._args["subnet_cidr"]).num_addresses - int(kept["last"])
        network = IPv4Network(self._args["subnet_cidr"])
        return [
            NodePlace(
                part=f"{zone}-{number + 1}",
                zone=zone,
                # Azure hands out addresses from the other end.
                address=str(network[last - number * int(kept["zones"]) - position]),
            )
            for index in range(self._args["nodes"])
            for number, position in [divmod(index, len(zones))]
            for zone in [zones[position]]
        ]

    def _shared(self, seeds: Sequence[str]) -> dict[str, pulumi.Input[object]]:
        """Return what every node reads at boot and each day."""
        shared: dict[str, pulumi.Input[object]] = {"authority": self.authority, "seeds": ",".join(seeds)}
        if (snapshots := self._args.get("snapshots")) is not None:
            shared["snapshots"] = snapshots["container_url"]
        return shared

    def _secret(self, part: str, value: dict[str, pulumi.Input[object]]) -> Secret:
        return self._keep(part, pulumi.Output.json_dumps(value))

    def _keep(self, part: str, value: pulumi.Input[str]) -> Secret:
        args = self._args
        secret: SecretArgs = {
            "resource_group_name": args["resource_group_name"],
            "vault_name": args["vault_name"],
            "value": value,
            "description": f"{part.replace('-', ' ').capitalize()} of {self._name}",
            "deletion_protection": args.get("deletion_protection", False),
            "tags": args.get("tags", {}),
        }
        if (vault := args.get("vault")) is not None:
            secret["vault"] = vault
        return Secret(f"{self._name}-{part}", secret, self._child)

    def _login(self, part: str, role: str, more: dict[str, object]) -> tuple[Secret, pulumi.Output[str]]:
        """Make a password and the secret that holds it. Letters and digits only: such a password needs no quoting in CQL."""
        kept = pulumi.ResourceOptions(parent=self, protect=self._args.get("deletion_protection") or None)
        password = random.RandomPassword(f"{self._name}-{part}-password", length=40, special=False, opts=kept)
        return self._secret(part, {"username": role, "password": password.result, **more}), password.result

    def _ssh_key(self) -> pulumi.Output[str]:
        """Make the key without which Azure makes no machine that refuses passwords, and keep its private half in the vault."""
        key = tls.PrivateKey(f"{self._name}-ssh-key", algorithm="ED25519", opts=self._child)
        self.ssh_secret = self._keep("ssh", key.private_key_openssh)
        return key.public_key_openssh.apply(str.strip)

    def _ring(self) -> RingSettings:
        args = self._args
        snapshots = args.get("snapshots")
        return RingSettings(
            name=self._name,
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            subscription_id=args["subscription_id"],
            version=args["version"],
            size=args["size"],
            architecture=args.get("architecture", "x86_64"),
            image_id=args.get("image_id"),
            datacenter=args["datacenter"],
            subnet_id=args["subnet_id"],
            storage_gb=args.get("storage_gb", 50),
            performance_tier=args.get("performance_tier"),
            shared_secret_url=self.shared_secret.uri,
            ssh_public_key=self._ssh_key(),
            entra_login=args.get("entra_login", True),
            administrators=args.get("administrators", ()),
            disk_encryption_set_id=args.get("disk_encryption_set_id"),
            encryption_at_host=args.get("encryption_at_host", False),
            snapshot_container_id=snapshots["container_id"] if snapshots else None,
            protected=args.get("deletion_protection", False),
            backup_tags=args.get("backup_tags", {}),
            tags=args.get("tags", {}),
        )

    def _nodes(self, places: Sequence[NodePlace]) -> list[CassandraNode]:
        ring = self._ring()
        nodes: list[CassandraNode] = []
        for place in places:
            signed = self._authority.sign(
                place.part, f"{self._name}-{place.part}", addresses=[place.address], dns_names=[place.part]
            )
            secret = self._secret(f"{place.part}-materials", {"certificate": signed.certificate, "key": signed.key})
            readable: dict[str, pulumi.Input[str]] = {"shared": self.shared_secret.id, "materials": secret.id}
            if not nodes:
                readable |= {"administrator": self.administrator_secret.id, "application": self.application_secret.id}
            before = [nodes[-1].ready] if nodes else self._ways
            nodes.append(
                CassandraNode(ring, place, secret_url=secret.uri, readable=readable, before=before, parent=self)
            )
        return nodes

    def _keyspaces(self) -> azure.compute.VirtualMachineRunCommandByVirtualMachine:
        """Make roles and keyspaces by a command on the first node; a changed list runs it again."""
        args = self._args
        names = [keyspace_name(name) for name in args.get("keyspaces", ())]
        script = pulumi.Output.all(self.administrator_secret.uri, self.application_secret.uri).apply(
            lambda known: keyspaces(
                {"version": args["version"], "administrator_secret": known[0], "application_secret": known[1]},
                names,
                args.get("replication_factor", 3),
                args["datacenter"],
            )
        )
        return azure.compute.VirtualMachineRunCommandByVirtualMachine(
            f"{self._name}-keyspaces",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            vm_name=self.nodes[0].machine.name,
            run_command_name="keyspaces",
            source=azure.compute.VirtualMachineRunCommandScriptSourceArgs(script=script),
            timeout_in_seconds=facts()["timeouts"]["keyspaces"],
            async_execution=False,
            treat_failure_as_deployment_failure=True,
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[node.ready for node in self.nodes]),
        )
