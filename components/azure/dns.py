"""DNS of the platform: a public and a private zone of the company domain, and the hosts in them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.tags import Tags
from components.common import refuse

SECONDS_TO_LIVE = 300
"""How long resolvers keep a host's address."""


class AliasArgs(TypedDict):
    """A host that points to a load balancer."""

    host: str
    """Label of the host under the domain, such as `api`."""
    target: pulumi.Input[str]
    """Address of the load balancer."""
    target_id: NotRequired[pulumi.Input[str]]
    """Resource of that address, where it is a public one: the public record then follows it."""


class DnsArgs(TypedDict):
    """Arguments of `Dns`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the zones made here."""
    domain: str
    """The company domain."""
    public: bool
    """Whether there is a public zone."""
    public_zone_id: NotRequired[str]
    """Resource id of an existing public zone of the domain, in the same subscription; one is made by default."""
    private: NotRequired[bool]
    """Whether there is a private zone; default true."""
    private_zone_id: NotRequired[str]
    """Resource id of an existing private zone of the domain, already linked to the network; one is made by default."""
    network_id: NotRequired[pulumi.Input[str]]
    """Network that sees a private zone made here."""
    public_hosts: NotRequired[Sequence[AliasArgs]]
    """Hosts of the public zone; none by default."""
    private_hosts: NotRequired[Sequence[AliasArgs]]
    """Hosts of the private zone beside the public ones; none by default."""
    elsewhere: NotRequired[Mapping[str, str]]
    """Label of a host to the full name elsewhere that it stands for, in both zones; none by default."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi refuses to delete zones made here; default false."""
    tags: NotRequired[Tags]
    """Tags of the zones."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where records of a zone are made."""

    resource_group_name: pulumi.Input[str]
    zone: pulumi.Input[str]


def _problems(args: DnsArgs) -> Iterator[tuple[str, str]]:
    private = args.get("private", True)
    if private and "private_zone_id" not in args and "network_id" not in args:
        yield "network_id", "a private zone needs a network: give network_id, or an existing private_zone_id"
    if args.get("public_hosts") and not args["public"]:
        yield "public_hosts", "there is no public zone for them: set public, or leave them out"
    if args.get("private_hosts") and not private:
        yield "private_hosts", "there is no private zone for them: set private, or leave them out"
    for path, hosts in (
        ("public_hosts", args.get("public_hosts", ())),
        ("private_hosts", args.get("private_hosts", ())),
    ):
        labels = [*(host["host"] for host in hosts), *args.get("elsewhere", ())]
        if len(set(labels)) < len(labels):
            yield path, f"each host may occur once, there are {', '.join(labels)}"
    for path, zone_id in (
        ("public_zone_id", args.get("public_zone_id")),
        ("private_zone_id", args.get("private_zone_id")),
    ):
        if zone_id is not None and len(zone_id.split("/")) != 9:
            yield path, f"must be a resource id with resource group and zone, and is '{zone_id}'"


class Dns(pulumi.ComponentResource):
    """A public and a private zone of one domain with address records for the platform's hosts.

    Inside the network the private zone hides the public one as a whole, so the private zone carries the public hosts too.
    """

    public_zone_id: pulumi.Output[str] | None
    """Resource id of the public zone, None when there is none."""
    private_zone_id: pulumi.Output[str] | None
    """Resource id of the private zone, None when there is none."""
    name_servers: pulumi.Output[Sequence[str]] | None
    """Name servers that the domain must be delegated to, None for an existing zone."""

    def __init__(self, name: str, args: DnsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:Dns", name, {**args}, opts)
        refuse(name, _problems(args))
        self.public_zone: azure.dns.Zone | None = None
        self.private_zone: azure.privatedns.PrivateZone | None = None
        self.public_zone_id, self.private_zone_id, self.name_servers = None, None, None
        public_hosts, private_hosts = args.get("public_hosts", ()), args.get("private_hosts", ())
        own = {host["host"] for host in private_hosts}
        inside = [*private_hosts, *(host for host in public_hosts if host["host"] not in own)]
        self.public_records = self._public(f"{name}-public", args, public_hosts) if args["public"] else {}
        self.private_records = self._private(f"{name}-private", args, inside) if args.get("private", True) else {}
        self.register_outputs(
            {
                "public_zone_id": self.public_zone_id,
                "private_zone_id": self.private_zone_id,
                "name_servers": self.name_servers,
            }
        )

    def _zone_options(self, args: DnsArgs) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, protect=args.get("deletion_protection") or None)

    def _public(self, prefix: str, args: DnsArgs, hosts: Sequence[AliasArgs]) -> dict[str, azure.dns.RecordSet]:
        """Make or find the public zone, and its records."""
        if (existing := args.get("public_zone_id")) is not None:
            # Read, so that a wrong id is refused before any record is made.
            zone = azure.dns.Zone.get(prefix, existing, pulumi.ResourceOptions(parent=self))
            place = _Place(_group_of(existing), zone.name)
        else:
            zone = self.public_zone = azure.dns.Zone(
                prefix,
                resource_group_name=args["resource_group_name"],
                zone_name=args["domain"],
                location="global",
                tags=args.get("tags"),
                opts=self._zone_options(args),
            )
            self.name_servers = zone.name_servers
            place = _Place(args["resource_group_name"], zone.name)
        self.public_zone_id = zone.id
        elsewhere = {
            host: azure.dns.RecordSet(
                f"{prefix}-{host}-elsewhere",
                resource_group_name=place.resource_group_name,
                zone_name=place.zone,
                relative_record_set_name=host,
                record_type="CNAME",
                ttl=SECONDS_TO_LIVE,
                cname_record=azure.dns.CnameRecordArgs(cname=target),
                opts=pulumi.ResourceOptions(parent=self),
            )
            for host, target in args.get("elsewhere", {}).items()
        }
        return {**elsewhere, **{host["host"]: self._public_record(prefix, place, host) for host in hosts}}

    def _public_record(self, prefix: str, place: _Place, host: AliasArgs) -> azure.dns.RecordSet:
        alias = "target_id" in host
        return azure.dns.RecordSet(
            f"{prefix}-{host['host']}",
            resource_group_name=place.resource_group_name,
            zone_name=place.zone,
            relative_record_set_name=host["host"],
            record_type="A",
            ttl=SECONDS_TO_LIVE,
            target_resource=azure.dns.SubResourceArgs(id=host["target_id"]) if "target_id" in host else None,
            a_records=None if alias else [azure.dns.ARecordArgs(ipv4_address=host["target"])],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _private(
        self, prefix: str, args: DnsArgs, hosts: Sequence[AliasArgs]
    ) -> dict[str, azure.privatedns.PrivateRecordSet]:
        """Make or find the private zone, link it to the network if it is made here, and make its records."""
        if (existing := args.get("private_zone_id")) is not None:
            zone = azure.privatedns.PrivateZone.get(prefix, existing, pulumi.ResourceOptions(parent=self))
            place = _Place(_group_of(existing), zone.name)
        else:
            zone = self.private_zone = azure.privatedns.PrivateZone(
                prefix,
                resource_group_name=args["resource_group_name"],
                private_zone_name=args["domain"],
                location="global",
                tags=args.get("tags"),
                opts=self._zone_options(args),
            )
            self.link = azure.privatedns.VirtualNetworkLink(
                f"{prefix}-link",
                resource_group_name=args["resource_group_name"],
                private_zone_name=zone.name,
                virtual_network_link_name=f"{prefix}-link",
                location="global",
                virtual_network=azure.privatedns.SubResourceArgs(id=args.get("network_id")),
                # Hosts are named by the platform alone, machines are not.
                registration_enabled=False,
                tags=args.get("tags"),
                opts=pulumi.ResourceOptions(parent=self),
            )
            place = _Place(args["resource_group_name"], zone.name)
        self.private_zone_id = zone.id
        elsewhere = {
            host: azure.privatedns.PrivateRecordSet(
                f"{prefix}-{host}-elsewhere",
                resource_group_name=place.resource_group_name,
                private_zone_name=place.zone,
                relative_record_set_name=host,
                record_type="CNAME",
                ttl=SECONDS_TO_LIVE,
                cname_record=azure.privatedns.CnameRecordArgs(cname=target),
                opts=pulumi.ResourceOptions(parent=self),
            )
            for host, target in args.get("elsewhere", {}).items()
        }
        return elsewhere | {
            host["host"]: azure.privatedns.PrivateRecordSet(
                f"{prefix}-{host['host']}",
                resource_group_name=place.resource_group_name,
                private_zone_name=place.zone,
                relative_record_set_name=host["host"],
                record_type="A",
                ttl=SECONDS_TO_LIVE,
                a_records=[azure.privatedns.ARecordArgs(ipv4_address=host["target"])],
                opts=pulumi.ResourceOptions(parent=self),
            )
            for host in hosts
        }


def _group_of(zone_id: str) -> str:
    """Return the resource group that a resource id names: /subscriptions/<id>/resourceGroups/<group>/providers/..."""
    return zone_id.split("/")[4]
