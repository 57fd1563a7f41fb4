"""Hosted zones and their VPCs."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import located, mappings
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType
from apim_infra.rehearsal.twins.cloud.world import Thing

SOURCE = "Route 53 API model, botocore 1.44.5"
ASSOCIATION = "aws:route53/zoneAssociation:ZoneAssociation"
DOMAIN = re.compile(
    r"([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.?", re.IGNORECASE
)


def bare(name: Any) -> str:
    """Return a domain name in lower case without its final dot."""
    return str(name or "").rstrip(".").lower()


def zone_of(context: Context, identifier: Any) -> Thing | None:
    """Return a hosted zone."""
    return context.find(tokens.ZONE, identifier, "id|zoneId", anywhere=True)


def _region_of(context: Context, vpc: dict[str, Any]) -> str:
    return str(vpc.get("vpcRegion") or context.provider_region)


def _name(context: Context) -> Iterator[Problem]:
    name = str(context.value("name", ""))
    if not DOMAIN.fullmatch(name) or len(name) > 255:
        message = f"The domain name '{name}' is not valid."
        yield context.problem("InvalidDomainName", message, "name", "Labels have letters, digits, '-' and '_'.")


def _vpcs(context: Context) -> Iterator[Problem]:
    if context.value("vpcs") and context.value("delegationSetId") is not None:
        message = "Conflicting configuration arguments: 'vpcs' conflicts with 'delegationSetId'"
        yield context.problem("CheckFailure", message, "delegationSetId", "Leave it out.", "AWS provider")
    for place, vpc in located(context, "vpcs[*]"):
        region = _region_of(context, vpc)
        yield from _vpc(context, vpc.get("vpcId"), region, f"{place}.vpcId")
        yield from _conflict(context, bare(context.value("name")), vpc.get("vpcId"), f"{place}.vpcId")


def _vpc(context: Context, identifier: Any, region: str, place: str) -> Iterator[Problem]:
    thing = context.world.find(tokens.VPC, identifier, "id", region)
    if thing is None:
        message = f"The VPC ID '{identifier}' is not valid: there is none in {region}"
        hint = "Give vpcRegion when the VPC is in another region."
        yield context.problem("InvalidVPCId", message, place, hint)
    elif not thing.assumed and not (
        thing.inputs.get("enableDnsSupport", True) and thing.inputs.get("enableDnsHostnames")
    ):
        message = f"The zone does not resolve in {identifier}: enableDnsHostnames and enableDnsSupport must be on"
        guide = "Route 53 developer guide, private hosted zones, 2025"
        yield context.warning("InvalidVPCId", message, place, "Switch both DNS flags of the VPC on.", guide)


def _conflict(context: Context, name: str, vpc_id: Any, place: str) -> Iterator[Problem]:
    """Refuse a second private zone of one name in a VPC."""
    for zone in context.all(tokens.ZONE):
        if bare(zone["name"]) == name and vpc_id in vpcs_of(context, zone):
            message = f"The VPC {vpc_id} is already associated with a private hosted zone of the name {name}: {zone.id}"
            hint = "Use the zone that exists, or another name."
            yield context.problem("ConflictingDomainExists", message, place, hint)
            return


def vpcs_of(context: Context, zone: Thing) -> list[Any]:
    """Return the VPCs of a private zone, those associated separately included."""
    own = [vpc.get("vpcId") for vpc in mappings(zone.inputs.get("vpcs"))]
    separate = [a.inputs.get("vpcId") for a in context.world.all(ASSOCIATION) if a.inputs.get("zoneId") == zone.id]
    return own + separate


def _records_left(context: Context) -> Iterator[Problem]:
    if context.value("forceDestroy", False):
        return
    records = [record for record in context.world.all(tokens.RECORD) if record.inputs.get("zoneId") == context.id]
    if records:
        message = f"The specified hosted zone contains non-required resource record sets and so cannot be deleted: {records[0]['fqdn']}"
        yield context.problem(
            "HostedZoneNotEmpty", message, "forceDestroy", "Delete the records first, or set forceDestroy."
        )


def _outputs(context: Context) -> Mapping[str, Any]:
    digits = context.hexadecimal(16, "name servers")
    private = bool(context.value("vpcs"))
    domains = ("com", "net", "org", "co.uk")
    numbers = [int(digits[i * 4 : i * 4 + 4], 16) for i in range(4)]
    servers = [
        f"ns-{index if private else number % 512 + 512 * index}.awsdns-{'00' if private else f'{number % 64:02d}'}.{domain}"
        for index, (number, domain) in enumerate(zip(numbers, domains, strict=True))
    ]
    return {
        "zoneId": context.id,
        "name": bare(context.value("name")),
        "nameServers": servers,
        "primaryNameServer": servers[0],
        "comment": context.value("comment", "Managed by Pulumi"),
    }


ZONE = ResourceType(
    token=tokens.ZONE,
    kind="hosted zone",
    identifier="Z{upper20}",
    arn="arn:aws:route53:::hostedzone/{id}",
    name=Name("name", longest=255, code="InvalidDomainName", unique=None),
    create_only=frozenset({"name", "delegationSetId"}),
    defaults={"comment": "Managed by Pulumi", "forceDestroy": False},
    value_code="InvalidInput",
    missing_code="InvalidInput",
    rules=(_name, _vpcs),
    delete_rules=(_records_left,),
    outputs=_outputs,
    quota=Quota(500, ("account",), "TooManyHostedZones"),
    regional=False,
    source=SOURCE,
)


def _associated(context: Context) -> Iterator[Problem]:
    zone, vpc_id = zone_of(context, context.value("zoneId")), context.value("vpcId")
    region = str(context.value("vpcRegion") or context.provider_region)
    yield from _vpc(context, vpc_id, region, "vpcId")
    if zone is None or zone.assumed:
        return
    if not zone.inputs.get("vpcs"):
        message = f"The zone {zone.id} is a public hosted zone: a VPC cannot be associated with it"
        yield context.problem("PublicZoneVPCAssociation", message, "zoneId", "Name a private zone.")
    yield from _conflict(context, bare(zone["name"]), vpc_id, "vpcId")


ZONE_ASSOCIATION = ResourceType(
    token=ASSOCIATION,
    kind="VPC association",
    identifier="{zoneId}:{vpcId}",
    references=(
        Reference(
            "zoneId", tokens.ZONE, "NoSuchHostedZone", message="No hosted zone found with ID: {value}", by="id|zoneId"
        ),
    ),
    create_only=frozenset({"zoneId", "vpcId", "vpcRegion"}),
    value_code="InvalidInput",
    rules=(_associated,),
    outputs=lambda context: {"owningAccount": context.account},
    regional=False,
    source=SOURCE,
)
