"""Records of hosted zones."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.route53.values import value_fault
from apim_infra.rehearsal.twins.aws.route53.zones import bare, zone_of
from apim_infra.rehearsal.twins.aws.service_rules import located
from apim_infra.rehearsal.twins.aws.table import Reference, ResourceType
from apim_infra.rehearsal.twins.cloud.world import Thing

SOURCE = "Route 53 API model, botocore 1.44.5"
BATCH = "InvalidChangeBatch"
LABEL = r"[^\s.]{1,63}"
FORM = re.compile(rf"{LABEL}(\.{LABEL})*")
OF_CONTROLLERS = re.compile(r"(internal-)?(k8s-|[0-9a-f]{32}-).*")
"""Names of load balancers that controllers in a cluster make, out of sight here."""
HEALTH_CHECK = "aws:route53/healthCheck:HealthCheck"
ROUTING = (
    "cidrRoutingPolicy",
    "failoverRoutingPolicies",
    "geolocationRoutingPolicies",
    "geoproximityRoutingPolicy",
    "latencyRoutingPolicies",
    "multivalueAnswerRoutingPolicy",
    "weightedRoutingPolicies",
)


def full_name(name: Any, zone: str) -> str:
    """Return a record's full name as the provider makes it: the zone's name is put behind a name that does not end with it."""
    short = bare(name)
    if not short:
        return zone
    return short if short.endswith(zone) else f"{short}.{zone}"


def _zone_name(context: Context) -> str | None:
    zone = zone_of(context, context.value("zoneId"))
    return bare(zone["name"]) if zone and zone["name"] else None


def _fqdn(context: Context) -> str:
    return full_name(context.value("name"), _zone_name(context) or "")


def _form(context: Context) -> Iterator[Problem]:
    """Check the form of the name: labels of 63 characters at most, 255 in all, without spaces."""
    fqdn = _fqdn(context)
    if len(fqdn) > 255 or not FORM.fullmatch(fqdn):
        message = f"[FATAL problem: DomainLabelTooLong or InvalidCharacter encountered with '{fqdn[:80]}']"
        hint = "Labels have at most 63 characters, without spaces; the whole name has at most 255."
        yield context.problem(BATCH, message, "name", hint)


def _place(context: Context) -> Iterator[Problem]:
    """Check where the name lies."""
    zone, name = _zone_name(context), bare(context.value("name"))
    if zone is None:
        return
    fqdn = full_name(name, zone)
    if fqdn != zone and not fqdn.endswith(f".{zone}"):
        message = f"[RRSet with DNS name {fqdn}. is not permitted in zone {zone}.]"
        yield context.problem(BATCH, message, "name", f"Name something within {zone}.")
    elif fqdn == f"{name}.{zone}" and name.count(".") > 1 and name.split(".")[-1] == zone.split(".")[-1]:
        message = f"The record is made as {fqdn}: {name} is not within the zone {zone}"
        yield context.warning(BATCH, message, "name", f"Name something within {zone}, or use another zone.")
    if context.value("type") == "CNAME" and fqdn == zone:
        message = f"[RRSet of type CNAME with DNS name {fqdn}. is not permitted at apex in zone {zone}.]"
        yield context.problem(BATCH, message, "type", "Use an alias record of type A.")


def _neighbours(context: Context) -> Iterator[Problem]:
    """Check against the other records of the name."""
    kind, fqdn, own_set = context.value("type"), _fqdn(context), context.value("setIdentifier")
    zone = _zone_name(context)
    same = [r for r in context.all(tokens.RECORD, zoneId=context.value("zoneId")) if r["fqdn"] == fqdn]
    given = any(r["type"] == kind and r.inputs.get("setIdentifier") == own_set for r in same)
    apex = kind in ("NS", "SOA") and fqdn == zone
    if (given or apex) and context.old is None and not context.value("allowOverwrite", False):
        message = f"[Tried to create resource record set [name='{fqdn}.', type='{kind}'] but it already exists]"
        hint = "Make one record of each name and type (validation options of a wildcard repeat), or set allowOverwrite."
        yield context.problem(BATCH, message, "name", hint, "public deployment logs")
    for record in same:
        if record["type"] != kind and "CNAME" in (kind, record["type"]):
            message = (
                f"[RRSet of type {kind} with DNS name {fqdn}. is not permitted because a conflicting RRSet of type "
                f"{record['type']} with the same DNS name already exists in zone {zone}.]"
            )
            yield context.problem(BATCH, message, "type", "A CNAME stands alone at its name.")
        elif record["type"] == kind and bool(record.inputs.get("setIdentifier")) != bool(own_set):
            message = f"[RRSet with DNS name {fqdn}., type {kind} cannot be created as records with other routing policies exist]"
            yield context.problem(BATCH, message, "setIdentifier", "Give all records of the name a routing policy.")


def _contents(context: Context) -> Iterator[Problem]:
    kind, records = str(context.value("type", "")), located(context, "records[*]")
    if records and context.value("ttl") is None:
        message = '"records": all of `records,ttl` must be specified'
        yield context.problem("CheckFailure", message, "ttl", "Set ttl.", "AWS provider")
    if context.value("aliases") and context.value("ttl") is not None:
        message = "Conflicting configuration arguments: 'aliases' conflicts with 'ttl'"
        yield context.problem("CheckFailure", message, "ttl", "Leave ttl out.", "AWS provider")
    if kind in ("CNAME", "SOA") and len(records) > 1:
        message = f"[Invalid Resource Record: '{kind} records have one value, not {len(records)}']"
        yield context.problem(BATCH, message, "records", "Give one value.")
    for place, value in records:
        fault = value_fault(kind, str(value))
        if fault:
            message = f"[Invalid Resource Record: 'FATAL problem: {fault} encountered with '{value}'']"
            yield context.problem(BATCH, message, place, f"Give a value of a record of type {kind}.")
    if len({str(value) for _, value in records}) < len(records):
        yield context.problem(BATCH, "[Duplicate Resource Record]", "records", "Give each value once.")


def _routing(context: Context) -> Iterator[Problem]:
    given = [key for key in ROUTING if context.value(key)]
    if len(given) > 1:
        message = f"Conflicting configuration arguments: {', '.join(given)}"
        yield context.problem("CheckFailure", message, given[1], "Give one routing policy.", "AWS provider")
    if given and not context.value("setIdentifier"):
        message = "Invalid request: Missing field 'SetIdentifier' in Change with a routing policy"
        yield context.problem("InvalidInput", message, "setIdentifier", "Set setIdentifier.")
    if context.value("setIdentifier") and not given:
        message = "Invalid request: Expected exactly one routing policy with SetIdentifier"
        yield context.problem("InvalidInput", message, "setIdentifier", "Leave it out, or give a routing policy.")
    for place, policy in located(context, "weightedRoutingPolicies[*]"):
        if not 0 <= policy.get("weight", 0) <= 255:
            message = f"Invalid weight {policy.get('weight')}: it must be 0 to 255"
            yield context.problem("InvalidInput", message, f"{place}.weight")
    for place, policy in located(context, "failoverRoutingPolicies[*]"):
        if policy.get("type") not in ("PRIMARY", "SECONDARY"):
            message = f"Invalid failover '{policy.get('type')}'"
            yield context.problem("InvalidInput", message, f"{place}.type", "Use PRIMARY or SECONDARY.")


def _alias(context: Context) -> Iterator[Problem]:
    """Check that the target of an alias lies in the zone that is given for it."""
    for place, alias in located(context, "aliases[*]"):
        name, zone_id = bare(alias.get("name")).removeprefix("dualstack."), alias.get("zoneId")
        balancer = next((b for b in context.world.all(tokens.LOAD_BALANCER) if bare(b["dnsName"]) == name), None)
        zone = zone_of(context, zone_id)
        fault = ""
        if balancer:
            fault = "" if balancer["zoneId"] == zone_id else "the alias target name does not lie within the target zone"
        elif zone is not None and not zone.assumed:
            fault = _in_zone(context, name, zone)
        elif name.endswith(".amazonaws.com") and ".elb." in name:
            fault = _of_no_program(name, zone_id)
        elif zone_id in _balancer_zones("") or not str(zone_id or "").startswith("Z"):
            fault = "the alias target name does not lie within the target zone"
        if fault:
            message = f"[Tried to create an alias that targets {name}., type {context.value('type')} in zone {zone_id}, but {fault}]"
            yield context.problem(BATCH, message, f"{place}.zoneId", "Use dnsName and zoneId of one resource.")


def _in_zone(context: Context, name: str, zone: Thing) -> str:
    own = bare(zone["name"])
    if name != own and not name.endswith(f".{own}"):
        return "the alias target name does not lie within the target zone"
    if zone.id != context.value("zoneId"):
        return "the target is in another hosted zone"
    found = any(
        r["fqdn"] == name and r["type"] == context.value("type") for r in context.all(tokens.RECORD, zoneId=zone.id)
    )
    return "" if found else "that target was not found"


def _of_no_program(name: str, zone_id: Any) -> str:
    """Return what is wrong with an alias to a load balancer that no resource here stands for."""
    if zone_id not in _balancer_zones(name):
        return "the alias target name does not lie within the target zone"
    return "" if OF_CONTROLLERS.fullmatch(name) else "that target was not found"


def _balancer_zones(name: str) -> list[str]:
    """Return the zones of load balancers' names in the region that a name contains; all where the region is not listed."""
    table: dict[str, list[str]] = facts("elbv2")["hosted_zones"]["regions"]
    of_region = [zones for region, zones in table.items() if f".{region}." in f".{name}."]
    return of_region[0] if of_region else [zone for zones in table.values() for zone in zones]


def _outputs(context: Context) -> Mapping[str, Any]:
    return {"fqdn": _fqdn(context)}


RECORD = ResourceType(
    token=tokens.RECORD,
    kind="record",
    identifier="{zoneId}_{fqdn}_{type}",
    references=(
        Reference(
            "zoneId", tokens.ZONE, "NoSuchHostedZone", by="id|zoneId", message="No hosted zone found with ID: {value}"
        ),
        Reference(
            "healthCheckId",
            HEALTH_CHECK,
            "NoSuchHealthCheck",
            message="No health check found with ID: {value}",
            holds=True,
            held_code="HealthCheckInUse",
        ),
    ),
    create_only=frozenset({"zoneId", "name", "type", "setIdentifier"}),
    exactly_one=(("records", "aliases"),),
    enums={
        "type": (
            "SOA",
            "A",
            "TXT",
            "NS",
            "CNAME",
            "MX",
            "NAPTR",
            "PTR",
            "SRV",
            "SPF",
            "AAAA",
            "CAA",
            "DS",
            "TLSA",
            "SSHFP",
            "SVCB",
            "HTTPS",
        )
    },
    ranges={"ttl": (0, 2147483647)},
    value_code="InvalidInput",
    missing_code="InvalidInput",
    rules=(_form, _place, _neighbours, _contents, _routing, _alias),
    outputs=_outputs,
    regional=False,
    source=SOURCE,
)
