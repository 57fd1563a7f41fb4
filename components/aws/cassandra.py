"""A self-managed Cassandra ring on AWS: one node after another, spread over the zones, TLS with certificates on both sides."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network
from typing import NotRequired, TypedDict, cast

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.aws.cassandra_configuration import facts, keyspaces
from components.aws.cassandra_nodes import CassandraNode, NodePlace, RingSettings
from components.aws.secrets import Secret, SecretArgs, SecretReplicaArgs
from components.aws.tags import Tags
from components.cassandra_certificates import CertificateAuthority, SignedCertificate
from components.cassandra_configuration import ADMINISTRATOR, APPLICATION, keyspace_name
from components.common import refuse
from components.outputs import Endpoint


class CassandraZoneArgs(TypedDict):
    """A zone in which nodes stand."""

    zone: str
    """Name of the zone, which is the rack of its nodes."""
    subnet_id: pulumi.Input[str]
    """Data subnet of the zone."""
    cidr: str
    """Range of the subnet, in which the nodes' addresses have fixed places."""


class CassandraArgs(TypedDict):
    """Arguments of `Cassandra`."""

    version: str
    """Series of Apache Cassandra, such as `4.1`."""
    nodes: int
    """Number of nodes, at least one a zone."""
    instance_type: pulumi.Input[str]
    """Instance type of a node."""
    architecture: NotRequired[str]
    """Architecture of the instance type, `x86_64` (default) or `arm64`."""
    zones: Sequence[CassandraZoneArgs]
    """Zones in use; the first node of each is a seed."""
    security_group_ids: Sequence[pulumi.Input[str]]
    """Security groups of the nodes."""
    region: pulumi.Input[str]
    """Region of the ring."""
    datacenter: str
    """Name of the data centre that clients name; the region, by custom."""
    storage_gb: NotRequired[pulumi.Input[int]]
    """Data volume of each node, in GiB; default 50."""
    replication_factor: NotRequired[int]
    """Copies of each row; default 3."""
    keyspaces: NotRequired[Sequence[str]]
    """Keyspaces that are made; hyphens become underscores; none by default. One that is left out later stays with its data."""
    image_id: NotRequired[pulumi.Input[str]]
    """Machine image with Cassandra, the exporter and Systems Manager's agent in their usual places; by default the newest Amazon Linux of the day, onto
    which the packages are installed, for which the subnets need a way out."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi refuses to delete volumes and secrets; default false."""
    backup_tags: NotRequired[Tags]
    """Tags by which a backup plan finds the data volumes; none by default."""
    final_snapshot: NotRequired[bool]
    """Whether a snapshot of each data volume is taken when it is deleted; default true."""
    secret_recovery_days: NotRequired[pulumi.Input[int]]
    """How long deleted secrets can be brought back: 7 to 30 days, or 0 for not at all; default 30."""
    secret_replicas: NotRequired[Sequence[SecretReplicaArgs]]
    """Copies of the secrets in other regions; none by default."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of volumes and secrets; AWS's own by default (both are encrypted in any case)."""
    tags: NotRequired[Tags]
    """Tags of every resource that takes them."""


def _before(opts: pulumi.ResourceOptions | None) -> list[pulumi.Input[pulumi.Resource]]:
    """Return what the component was told to wait for, which Pulumi does not hand down to its children."""
    given = opts.depends_on if opts else None
    if given is None or isinstance(given, pulumi.Resource):
        return [given] if given is not None else []
    return list(cast("Sequence[pulumi.Input[pulumi.Resource]]", given))


def _problems(args: CassandraArgs) -> Iterator[tuple[str, str]]:
    zones, nodes = args["zones"], args["nodes"]
    known, count = facts()["series"], int(facts()["addresses"]["count"])
    if args["version"] not in known:
        yield "version", f"'{args['version']}' is no series that is known: one of {', '.join(known)}"
    if not zones or nodes < len(zones):
        yield "nodes", f"{nodes} nodes cannot stand in each of {len(zones)} zones: give as many, or fewer zones"
    elif nodes > count * len(zones):
        yield "nodes", f"{nodes} nodes do not fit: a zone keeps {count} addresses for them"
    if not 1 <= args.get("replication_factor", 3) <= nodes:
        yield "replication_factor", f"{args.get('replication_factor', 3)} copies need as many nodes, there are {nodes}"
    for index, zone in enumerate(zones):
        if IPv4Network(zone["cidr"]).prefixlen > 28:
            yield f"zones[{index}].cidr", f"{zone['cidr']} is too small: /28 holds the nodes' addresses"
    names = [keyspace_name(name) for name in args.get("keyspaces", ())]
    if len(set(names)) < len(names):
        yield "keyspaces", f"two of {', '.join(names)} have one name, as hyphens become underscores: rename one"


class Cassandra(pulumi.ComponentResource):
    """A ring whose nodes keep their address and their data when their instance is replaced.

    Nodes are made, changed and replaced one after another: each waits until the one before it is up and no node is missing. Keyspaces and roles are
    made by a command on the first node once all are up, not at its first boot, so that a keyspace can be added later, and not from the
    cluster, which then need not hold the administrator's password. Nobody logs in by ssh; Systems Manager opens sessions.
    """

    endpoint: Endpoint
    """Contact points (addresses of the seeds, comma between them) and the credentials of programs; quorum reads and writes survive one zone."""
    authority: pulumi.Output[str]
    """Certificate of the ring's own authority, as PEM."""
    client: SignedCertificate
    """Certificate and key with which programs show who they are."""
    exporters: list[str]
    """Address and port of each node's metrics, by TLS."""

    def __init__(self, name: str, args: CassandraArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:Cassandra", name, {**args}, opts)
        refuse(name, _problems(args))
        self._name, self._args = name, args
        self._ways = _before(opts)
        self._child = pulumi.ResourceOptions(parent=self)
        ports = facts()["ports"]
        places = self._places()
        seeds = [place.address for place in places[: len(args["zones"])]]
        self._authority = CertificateAuthority(name, self)
        self.authority = self._authority.certificate
        self.client = self._authority.sign("client", f"client of {name}")
        self.shared_secret = self._secret("shared", {"authority": self.authority, "seeds": ",".join(seeds)})
        self.administrator_secret, _ = self._login("administrator", ADMINISTRATOR, {})
        where = {"hosts": seeds, "port": ports["native"], "datacenter": args["datacenter"]}
        materials = {"authority": self.authority, "certificate": self.client.certificate, "key": self.client.key}
        self.application_secret, password = self._login("application", APPLICATION, {**where, **materials})
        self.nodes = self._nodes(places)
        self.keyspaces = self._keyspaces()
        self.exporters = [f"{place.address}:{ports['exporter']}" for place in places]
        self.endpoint = Endpoint(
            # Known to others once the keyspaces are there.
            host=self.keyspaces.id.apply(lambda _: ",".join(seeds)),
            port=pulumi.Output.from_input(ports["native"]),
            database="",
            username=pulumi.Output.from_input(APPLICATION),
            secret_id=self.application_secret.arn,
            password=password,
        )
        self.register_outputs({"endpoint": self.endpoint, "authority": self.authority, "exporters": self.exporters})

    def _places(self) -> list[NodePlace]:
        """Return the places of the nodes, the first of each zone first; a zone or a node more moves none."""
        zones, first = self._args["zones"], int(facts()["addresses"]["first"])
        reserved = {
            zone["zone"]: aws.ec2.SubnetCidrReservation(
                f"{self._name}-{zone['zone']}-addresses",
                subnet_id=zone["subnet_id"],
                cidr_block=f"{IPv4Network(zone['cidr'])[first]}/29",
                reservation_type="explicit",
                description=f"Nodes of {self._name}",
                opts=self._child,
            )
            for zone in zones
        }
        return [
            NodePlace(
                part=f"{zone['zone']}-{number + 1}",
                zone=zone["zone"],
                subnet_id=zone["subnet_id"],
                address=str(IPv4Network(zone["cidr"])[first + number]),
                reserved=reserved[zone["zone"]],
            )
            for index in range(self._args["nodes"])
            for number, zone in [(index // len(zones), zones[index % len(zones)])]
        ]

    def _secret(self, part: str, value: dict[str, pulumi.Input[object]]) -> Secret:
        args = self._args
        secret: SecretArgs = {
            "value": pulumi.Output.json_dumps(value),
            "description": f"{part.replace('-', ' ').capitalize()} of {self._name}",
            "recovery_window_days": args.get("secret_recovery_days", 30),
            "replicas": args.get("secret_replicas", ()),
            "deletion_protection": args.get("deletion_protection", False),
            "tags": args.get("tags", {}),
        }
        if (key := args.get("key_arn")) is not None:
            secret["key_arn"] = key
        return Secret(f"{self._name}-{part}", secret, self._child)

    def _login(self, part: str, role: str, more: dict[str, object]) -> tuple[Secret, pulumi.Output[str]]:
        """Make a password and the secret that holds it. Letters and digits only: such a password needs no quoting in CQL."""
        kept = pulumi.ResourceOptions(parent=self, protect=self._args.get("deletion_protection") or None)
        password = random.RandomPassword(f"{self._name}-{part}-password", length=40, special=False, opts=kept)
        return self._secret(part, {"username": role, "password": password.result, **more}), password.result

    def _image(self) -> pulumi.Input[str]:
        given = self._args.get("image_id")
        if given is not None:
            return given
        parameter = str(facts()["image_parameter"]).format(architecture=self._args.get("architecture", "x86_64"))
        found = aws.ssm.get_parameter_output(name=parameter, opts=pulumi.InvokeOutputOptions(parent=self))
        return found.value

    def _nodes(self, places: Sequence[NodePlace]) -> list[CassandraNode]:
        args = self._args
        ring = RingSettings(
            name=self._name,
            version=args["version"],
            instance_type=args["instance_type"],
            image_id=self._image(),
            image_is_fixed="image_id" in args,
            installs="image_id" not in args,
            region=args["region"],
            datacenter=args["datacenter"],
            storage_gb=args.get("storage_gb", 50),
            security_group_ids=args["security_group_ids"],
            shared_secret=self.shared_secret.arn,
            key_arn=args.get("key_arn"),
            protected=args.get("deletion_protection", False),
            final_snapshot=args.get("final_snapshot", True),
            backup_tags=args.get("backup_tags", {}),
            tags=args.get("tags", {}),
        )
        nodes: list[CassandraNode] = []
        for place in places:
            signed = self._authority.sign(
                place.part, f"{self._name}-{place.part}", addresses=[place.address], dns_names=[place.part]
            )
            secret = self._secret(f"{place.part}-materials", {"certificate": signed.certificate, "key": signed.key})
            readable = [self.shared_secret.arn, secret.arn]
            if not nodes:
                readable += [self.administrator_secret.arn, self.application_secret.arn]
            before = [self.shared_secret.version, secret.version, *([nodes[-1].ready] if nodes else self._ways)]
            nodes.append(CassandraNode(ring, place, secret=secret.arn, readable=readable, before=before, parent=self))
        return nodes

    def _keyspaces(self) -> aws.ssm.Association:
        """Make roles and keyspaces by a command on the first node; a changed list runs it again."""
        args, seconds = self._args, facts()["timeouts"]["keyspaces"]
        names = [keyspace_name(name) for name in args.get("keyspaces", ())]
        commands = pulumi.Output.all(self.administrator_secret.arn, self.application_secret.arn, args["region"]).apply(
            lambda known: keyspaces(
                {
                    "version": args["version"],
                    "administrator_secret": known[0],
                    "application_secret": known[1],
                    "region": str(known[2]),
                },
                names,
                args.get("replication_factor", 3),
                args["datacenter"],
            )
        )
        return aws.ssm.Association(
            f"{self._name}-keyspaces",
            name="AWS-RunShellScript",
            association_name=f"{self._name}-keyspaces",
            targets=[aws.ssm.AssociationTargetArgs(key="InstanceIds", values=[self.nodes[0].instance.id])],
            parameters={"commands": commands, "executionTimeout": str(seconds)},
            wait_for_success_timeout_seconds=seconds,
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[node.ready for node in self.nodes],
                # The provider waits for success only when it makes an association.
                replace_on_changes=["parameters", "targets"],
                delete_before_replace=True,
            ),
        )
