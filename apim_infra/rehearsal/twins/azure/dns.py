"""Zones and records of DNS, public and private: what may stand beside what, and what a network may be linked to."""

import re
from collections.abc import Iterator, Mapping
from ipaddress import AddressValueError, IPv4Address
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.table import Reference
from apim_infra.rehearsal.twins.cloud.values import is_mapping

ZONE = "azure-native:dns:Zone"
RECORDS = "azure-native:dns:RecordSet"
PRIVATE_ZONE = "azure-native:privatedns:PrivateZone"
PRIVATE_RECORDS = "azure-native:privatedns:PrivateRecordSet"
LINK = "azure-native:privatedns:VirtualNetworkLink"
NETWORK = "azure-native:network:VirtualNetwork"

LOGS = "Logs of Azure DNS in public reports of external-dns, AKS and the Terraform provider (2020 to 2025)"
DNS = "azure-docs, dns/dns-zones-records (2023); the code is Azure DNS' own for whatever is wrong with a request"
ALIASES = "azure-docs, dns/dns-alias (2023); the code is Azure DNS' own for whatever is wrong with a request"
LONGEST_TIME = 2**31 - 1
VALUES: Mapping[str, str] = {
    "A": "aRecords",
    "AAAA": "aaaaRecords",
    "CAA": "caaRecords",
    "CNAME": "cnameRecord",
    "DS": "dsRecords",
    "MX": "mxRecords",
    "NS": "nsRecords",
    "PTR": "ptrRecords",
    "SOA": "soaRecord",
    "SRV": "srvRecords",
    "TXT": "txtRecords",
}
"""Record type to the input that holds its values."""
ALIASED = ("A", "AAAA", "CNAME")
_LABEL = re.compile(r"(\*|[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)", re.IGNORECASE)


def _kind(context: Context) -> str:
    return str(context.value("recordType", "")).upper()


def _values(context: Context) -> Iterator[Problem]:
    kind, alias = _kind(context), context.value("targetResource")
    own = VALUES.get(kind, "")
    others = sorted(name for name in VALUES.values() if name != own and context.value(name) is not None)
    if others:
        yield context.problem(
            "BadRequest",
            f"The record set of type {kind} has values of another type: {', '.join(others)}.",
            others[0],
            source=DNS,
        )
    given = context.inputs.get(own)
    empty = not given
    if not empty and alias is not None:
        yield context.problem(
            "BadRequest",
            f"The record set '{context.name}' has both records and a target resource.",
            "targetResource",
            "give either records or an alias",
            ALIASES,
        )
    if empty and alias is None:
        yield context.problem(
            "BadRequest",
            f"The record set '{context.name}' of type {kind} has no records.",
            own or "recordType",
            source=DNS,
        )
    if alias is not None and kind not in ALIASED:
        yield context.problem(
            "BadRequest", f"A record set of type {kind} cannot be an alias.", "targetResource", source=ALIASES
        )


def _addresses(context: Context) -> Iterator[Problem]:
    for path, value in context.at("aRecords[*].ipv4Address"):
        try:
            IPv4Address(str(value))
        except AddressValueError:
            yield context.problem("BadRequest", f"The value '{value}' is no IPv4 address.", path, source=DNS)


def _times(context: Context) -> Iterator[Problem]:
    seconds = context.value("ttl")
    if seconds is None and "ttl" not in context.inputs:
        yield context.problem(
            "BadRequest", f"The TTL of the record set '{context.name}' is missing.", "ttl", source=DNS
        )
    elif isinstance(seconds, int | float) and not 1 <= seconds <= LONGEST_TIME:
        yield context.problem(
            "BadRequest", f"The TTL {seconds:g} is not within 1 to {LONGEST_TIME} seconds.", "ttl", source=DNS
        )


def _labels(context: Context) -> Iterator[Problem]:
    name = context.name
    if name != "@" and not all(_LABEL.fullmatch(label) for label in name.split(".")):
        yield context.problem(
            "BadRequest", f"The domain name '{name}' is invalid.", "relativeRecordSetName", source=LOGS
        )
    zone = context.parent()
    if zone is not None and name.lower().endswith(f".{ids.name_of(zone.id).lower()}"):
        yield context.warning(
            "BadRequest",
            f"'{name}' is a name inside of the zone already: the host would be {name}.{ids.name_of(zone.id)}.",
            "relativeRecordSetName",
            f"leave the zone's own name away: {name.removesuffix('.' + ids.name_of(zone.id))}",
            "own knowledge",
        )


def _aliases_apart(context: Context) -> Iterator[Problem]:
    """Hold a CNAME to a name for itself, which is never that of the zone."""
    kind, name, zone = _kind(context), context.name.lower(), context.parent()
    if kind == "CNAME" and name == "@":
        yield context.problem(
            "BadRequest",
            "A CNAME record set cannot be at the apex of a zone.",
            "relativeRecordSetName",
            "use an alias of type A",
            DNS,
        )
    if zone is None:
        return
    for other in context.world.below(zone.id):
        if other.type != context.row.token or ids.key(other.id) == ids.key(context.id):
            continue
        if ids.name_of(other.id).lower() == name and "CNAME" in (kind, str(other.inputs.get("recordType")).upper()):
            yield context.problem(
                "Conflict",
                f"The record could not be created because a CNAME record set and another one have the same name: {name}.",
                "relativeRecordSetName",
                f"{other.id} has the name",
                LOGS,
            )


def _zone_names(context: Context) -> Iterator[Problem]:
    labels = context.name.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        yield context.problem(
            "BadRequest",
            f"The zone name '{context.name}' is invalid: it needs two labels or more.",
            context.row.name_input,
            source=DNS,
        )


def _links(context: Context) -> Iterator[Problem]:
    network, zone = context.value("virtualNetwork.id"), context.parent()
    if not isinstance(network, str) or zone is None:
        return
    for other in context.all(LINK):
        linked: Any = other.inputs.get("virtualNetwork")
        if not is_mapping(linked) or ids.key(str(linked.get("id"))) != ids.key(network):
            continue
        name = ids.name_of(ids.parent_of(other.id))
        if name.lower() == ids.name_of(zone.id).lower():
            yield context.problem(
                "BadRequest",
                "A virtual network cannot be linked to multiple zones with overlapping namespaces. You tried to link virtual network with "
                f"'{ids.name_of(zone.id)}' and '{name}' zones.",
                "virtualNetwork.id",
                f"{other.id} links it already",
                LOGS,
            )
        if context.value("registrationEnabled") and other.inputs.get("registrationEnabled"):
            yield context.warning(
                "Conflict",
                f"The virtual network registers its machines in {name} already, and can do so in one zone only.",
                "registrationEnabled",
                source="azure-docs, dns/private-dns-autoregistration (2023); the code is own knowledge",
            )


_RECORD_RULES = (_values, _addresses, _times, _labels, _aliases_apart)
RULES = {
    ZONE: (_zone_names,),
    PRIVATE_ZONE: (_zone_names,),
    RECORDS: _RECORD_RULES,
    PRIVATE_RECORDS: _RECORD_RULES,
    LINK: (_links,),
}
REFERENCES = {LINK: (Reference("virtualNetwork.id", NETWORK),)}
