"""DNS of the platform: a public and a private zone of the company domain, and the hosts in them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.tags import Tags
from components.common import refuse


class AliasArgs(TypedDict):
    """A host that points to a load balancer."""

    host: str
    """Label of the host under the domain, such as `api`."""
    target: pulumi.Input[str]
    """DNS name of the load balancer."""
    target_zone_id: pulumi.Input[str]
    """Hosted zone of that DNS name, an output of the load balancer."""


SECONDS_TO_LIVE = 300
"""How long the name of a host elsewhere may be remembered."""


class DnsArgs(TypedDict):
    """Arguments of `Dns`."""

    domain: str
    """The company domain."""
    public: bool
    """Whether there is a public zone."""
    public_zone_id: NotRequired[pulumi.Input[str]]
    """An existing public zone of the domain; one is made by default."""
    private: NotRequired[bool]
    """Whether there is a private zone; default true."""
    private_zone_id: NotRequired[pulumi.Input[str]]
    """An existing private zone of the domain, already associated with the network; one is made by default."""
    vpc_id: NotRequired[pulumi.Input[str]]
    """Network that sees a private zone made here."""
    public_hosts: NotRequired[Sequence[AliasArgs]]
    """Hosts of the public zone; none by default."""
    private_hosts: NotRequired[Sequence[AliasArgs]]
    """Hosts of the private zone beside the public ones; none by default."""
    elsewhere: NotRequired[Mapping[str, str]]
    """Label of a host to the full name elsewhere that it stands for, in both zones; none by default."""
    empty_on_delete: NotRequired[pulumi.Input[bool]]
    """Whether deleting a zone made here deletes records first that others have added; otherwise such a zone refuses to go; default false."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi refuses to delete zones made here; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: DnsArgs) -> Iterator[tuple[str, str]]:
    private = args.get("private", True)
    if private and "private_zone_id" not in args and "vpc_id" not in args:
        yield "vpc_id", "a private zone needs a network: give vpc_id, or an existing private_zone_id"
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


class Dns(pulumi.ComponentResource):
    """A public and a private zone of one domain with alias records for the platform's hosts.

    Inside the network the private zone hides the public one as a whole, so the private zone carries the public hosts too.
    """

    public_zone_id: pulumi.Output[str] | None
    """The public zone, None when there is none."""
    private_zone_id: pulumi.Output[str] | None
    """The private zone, None when there is none."""
    name_servers: pulumi.Output[Sequence[str]] | None
    """Name servers that the domain must be delegated to, None for an existing zone."""

    def __init__(self, name: str, args: DnsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:Dns", name, {**args}, opts)
        refuse(name, _problems(args))
        self.public_zone, self.private_zone = None, None
        self.public_zone_id, self.private_zone_id, self.name_servers = None, None, None
        zone_options = pulumi.ResourceOptions(parent=self, protect=args.get("deletion_protection") or None)

        if (public_zone_id := args.get("public_zone_id")) is not None and args["public"]:
            self.public_zone_id = self._existing(f"{name}-public", public_zone_id, args["domain"])
        elif args["public"]:
            self.public_zone = aws.route53.Zone(
                f"{name}-public",
                name=args["domain"],
                comment="Public hosts of the platform",
                force_destroy=args.get("empty_on_delete", False),
                tags=args.get("tags"),
                opts=zone_options,
            )
            self.public_zone_id = self.public_zone.zone_id
            self.name_servers = self.public_zone.name_servers

        if (private_zone_id := args.get("private_zone_id")) is not None and args.get("private", True):
            self.private_zone_id = self._existing(
                f"{name}-private", private_zone_id, args["domain"], args.get("vpc_id")
            )
        elif "vpc_id" in args and args.get("private", True):
            self.private_zone = aws.route53.Zone(
                f"{name}-private",
                name=args["domain"],
                comment="Internal hosts of the platform",
                vpcs=[aws.route53.ZoneVpcArgs(vpc_id=args["vpc_id"])],
                force_destroy=args.get("empty_on_delete", False),
                tags=args.get("tags"),
                opts=zone_options,
            )
            self.private_zone_id = self.private_zone.zone_id

        public_hosts, private_hosts = args.get("public_hosts", ()), args.get("private_hosts", ())
        own = {host["host"] for host in private_hosts}
        self.public_records = self._records(
            f"{name}-public",
            args["domain"],
            self.public_zone_id,
            public_hosts,
            overwrite=self.public_zone is None,
        )
        self.private_records = self._records(
            f"{name}-private",
            args["domain"],
            self.private_zone_id,
            [*private_hosts, *(host for host in public_hosts if host["host"] not in own)],
            overwrite=self.private_zone is None,
        )
        self.names = self._elsewhere(name, args)
        self.register_outputs(
            {
                "public_zone_id": self.public_zone_id,
                "private_zone_id": self.private_zone_id,
                "name_servers": self.name_servers,
            }
        )

    def _elsewhere(self, name: str, args: DnsArgs) -> list[aws.route53.Record]:
        """Name what is served elsewhere, in both zones."""
        return [
            aws.route53.Record(
                f"{name}-{kind}-{host}-elsewhere",
                zone_id=zone_id,
                name=f"{host}.{args['domain']}",
                type="CNAME",
                ttl=SECONDS_TO_LIVE,
                records=[target],
                opts=pulumi.ResourceOptions(parent=self),
            )
            for host, target in args.get("elsewhere", {}).items()
            for kind, zone_id in (("public", self.public_zone_id), ("private", self.private_zone_id))
            if zone_id is not None
        ]

    def _existing(
        self, name: str, zone_id: pulumi.Input[str], domain: str, vpc_id: pulumi.Input[str] | None = None
    ) -> pulumi.Output[str]:
        """Read a zone that is brought along, so that a wrong id is refused before any record is made; a private one is associated with the network."""
        vpcs = None if vpc_id is None else [aws.route53.ZoneVpcArgs(vpc_id=vpc_id)]
        return aws.route53.Zone.get(name, zone_id, pulumi.ResourceOptions(parent=self), name=domain, vpcs=vpcs).id

    def _records(
        self,
        prefix: str,
        domain: str,
        zone_id: pulumi.Output[str] | None,
        hosts: Sequence[AliasArgs],
        *,
        overwrite: bool,
    ) -> dict[str, aws.route53.Record]:
        if zone_id is None:
            return {}
        return {
            host["host"]: aws.route53.Record(
                f"{prefix}-{host['host']}",
                zone_id=zone_id,
                name=f"{host['host']}.{domain}",
                type="A",
                aliases=[
                    aws.route53.RecordAliasArgs(
                        name=host["target"], zone_id=host["target_zone_id"], evaluate_target_health=True
                    )
                ],
                # In a zone that is brought along the hosts may still point to a platform that is lost.
                allow_overwrite=overwrite or None,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for host in hosts
        }
