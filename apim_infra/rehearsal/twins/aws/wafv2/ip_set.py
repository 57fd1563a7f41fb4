"""Sets of addresses."""

import ipaddress
from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import located
from apim_infra.rehearsal.twins.aws.table import Name, Quota, ResourceType
from apim_infra.rehearsal.twins.aws.wafv2.common import (
    DESCRIPTION,
    DUPLICATE,
    GUIDE,
    INVALID,
    LIMIT,
    NAME,
    SCOPES,
    SOURCE,
    arn_of,
    invalid,
    scope,
)
from apim_infra.rehearsal.twins.aws.wafv2.common import IP_SET as TOKEN

MOST_ADDRESSES = 10000
VERSIONS = {"IPV4": 4, "IPV6": 6}


def _fault(address: Any, version: Any) -> str:
    """Return what is wrong with an address, an empty string for nothing."""
    if "/" not in str(address):
        return "It is no range in CIDR notation."
    try:
        network = ipaddress.ip_network(str(address), strict=False)
    except ValueError:
        return "It is no range in CIDR notation."
    if network.prefixlen == 0:
        return "The range /0 is not supported."
    if version in VERSIONS and network.version != VERSIONS[version]:
        return f"It is no address of {version}."
    return ""


def _addresses(context: Context) -> Iterator[Problem]:
    addresses = located(context, "addresses[*]")
    for place, address in addresses:
        fault = _fault(address, context.value("ipAddressVersion"))
        if fault:
            reason = f"The parameter contains formatting that is not valid. {fault}"
            yield invalid(context, reason, "IP_ADDRESS", place, "Write 192.0.2.0/24, or 192.0.2.1/32 for one address.")
    if len(addresses) > MOST_ADDRESSES:
        message = f"AWS WAF couldn't save your changes: {len(addresses)} addresses are more than {MOST_ADDRESSES}"
        yield context.problem(LIMIT, message, "addresses", "Use several IP sets.", f"{GUIDE}, quotas")


IP_SET = ResourceType(
    token=TOKEN,
    kind="IP set",
    identifier="{uuid}",
    name=Name("name", pattern=NAME, longest=128, code=INVALID, unique=("region", "scope"), taken_code=DUPLICATE),
    create_only=frozenset({"name", "scope", "ipAddressVersion"}),
    enums={"scope": SCOPES, "ipAddressVersion": tuple(VERSIONS)},
    patterns={"description": DESCRIPTION},
    value_code=INVALID,
    missing_code=INVALID,
    rules=(scope, _addresses),
    outputs=lambda context: {"arn": arn_of(context, "ipset"), "lockToken": context.hexadecimal(32, "lock")},
    quota=Quota(100, ("region", "scope"), LIMIT),
    source=SOURCE,
)
