"""Checked kinds of text that the settings are made of: ranges, names, domains, tags."""

import ipaddress
import re
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic.config import JsonDict

from apim_infra.settings.base import Text, refusal

_PRIVATE = tuple(ipaddress.IPv4Network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
"""Private ranges, RFC 1918."""

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"


def _network(value: str) -> ipaddress.IPv4Network:
    try:
        network = ipaddress.IPv4Network(value, strict=False)
    except ValueError:
        raise refusal("must be an IPv4 range in CIDR notation", "write it like 10.20.0.0/16") from None
    if "/" not in value:
        raise refusal("must name its prefix length", f"write it like {value}/32")
    if str(network) != value:
        raise refusal("must lie on its own boundary", f"write {network}")
    return network


def _private_network(value: str, shortest: int, longest: int) -> str:
    network = _network(value)
    if not any(network.subnet_of(private) for private in _PRIVATE):
        raise refusal("must be a private range", "take it from 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16 (RFC 1918)")
    if network.prefixlen > longest:
        larger = network.supernet(new_prefix=longest)
        raise refusal(f"is too small: /{longest} is the smallest", f"use {larger} or a larger range")
    if network.prefixlen < shortest:
        smaller = next(network.subnets(new_prefix=shortest))
        raise refusal(f"is too large: /{shortest} is the largest", f"use {smaller} or a smaller range")
    return value


def _cidr(value: str) -> str:
    _network(value)
    return value


def _network_cidr(value: str) -> str:
    return _private_network(value, shortest=16, longest=24)


def _service_cidr(value: str) -> str:
    return _private_network(value, shortest=12, longest=24)


def matching(pattern: str, rule: str, fix: str, *, longest: int | None = None) -> Callable[[str], str]:
    """Return a check that a text matches a pattern as a whole and is not too long; what does not is refused with rule and fix."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if compiled.fullmatch(value) is None or (longest is not None and len(value) > longest):
            raise refusal(rule, fix)
        return value

    return check


def _image_tag(value: str) -> str:
    if value == "latest":
        raise refusal("must not be `latest`: what runs would change unseen", "name a released version, such as 3.9.1")
    if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", value) is None:
        raise refusal("must be an image tag: letters, digits, `_`, `.` and `-`, at most 128", "name a released version")
    return value


def described(pattern: str, example: str) -> JsonDict:
    """Return what the schema says of such a text."""
    return {"pattern": f"^{pattern}$", "examples": [example]}


_IPV4_RANGE = r"\d{1,3}(\.\d{1,3}){3}/\d{1,2}"

Cidr = Annotated[str, AfterValidator(_cidr), Field(json_schema_extra=described(_IPV4_RANGE, "203.0.113.0/24"))]
"""An IPv4 range on its own boundary."""

NetworkCidr = Annotated[
    str, AfterValidator(_network_cidr), Field(json_schema_extra=described(_IPV4_RANGE, "10.20.0.0/16"))
]
"""A private IPv4 range of /16 to /24 on its own boundary."""

ServiceCidr = Annotated[
    str, AfterValidator(_service_cidr), Field(json_schema_extra=described(_IPV4_RANGE, "172.20.0.0/16"))
]
"""A private IPv4 range of /12 to /24 on its own boundary: the bounds of EKS for service addresses (EKS user guide)."""

DnsLabel = Annotated[
    str,
    AfterValidator(
        matching(
            _LABEL,
            "must be a DNS label: lower-case letters, digits and inner hyphens, at most 63",
            "write it like apim-admin",
        )
    ),
    Field(json_schema_extra=described(_LABEL, "apim-admin")),
]
"""One label of a host name, or a Kubernetes name: RFC 1123."""

Domain = Annotated[
    str,
    AfterValidator(
        matching(
            rf"{_LABEL}(\.{_LABEL})+",
            "must be a domain of two or more lower-case labels",
            "write it like dev.example.com",
            longest=253,
        )
    ),
    Field(json_schema_extra=described(rf"{_LABEL}(\.{_LABEL})+", "dev.example.com")),
]
"""A domain name without a final dot."""

Region = Annotated[
    str,
    AfterValidator(
        matching(
            r"[a-z][a-z0-9-]*",
            "must be a region in the cloud's own spelling: lower-case letters, digits and hyphens",
            "write it like eu-west-1 (AWS) or westeurope (Azure)",
        )
    ),
    Field(json_schema_extra=described(r"[a-z][a-z0-9-]*", "eu-west-1")),
]
"""A region's own name."""

MinorVersion = Annotated[
    str,
    AfterValidator(matching(r"\d+\.\d+", "must be a major and minor version", 'write it in quotes, like "1.35"')),
    Field(json_schema_extra=described(r"\d+\.\d+", "1.35")),
]
"""A major and minor version."""

EngineVersion = Annotated[
    Text,
    AfterValidator(matching(r"\d+(\.\d+){0,2}", "must be a version number", 'write it in quotes, like "11.8"')),
    Field(json_schema_extra=described(r"\d+(\.\d+){0,2}", "11.8")),
]
"""A version of a database engine, as precise as it should be pinned."""

ImageTag = Annotated[
    Text, AfterValidator(_image_tag), Field(json_schema_extra=described(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", "3.9.1"))
]
"""A tag of a container image, never `latest`."""

RoutePath = Annotated[
    str,
    AfterValidator(matching(r"/\S*", "must be a path that starts with `/`, without blanks", "write it like /orders")),
    Field(json_schema_extra=described(r"/\S*", "/orders")),
]
"""A URL path."""

Email = Annotated[
    str,
    AfterValidator(matching(r"[^@\s]+@[^@\s]+\.[^@\s]+", "must be an e-mail address", "write it like ops@example.com")),
    Field(json_schema_extra=described(r"[^@\s]+@[^@\s]+\.[^@\s]+", "ops@example.com")),
]
"""An e-mail address."""

_ADMINISTRATOR = r"(arn:aws[a-z-]*:iam::\d{12}:(role|user)/\S+|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"

Administrator = Annotated[
    str,
    AfterValidator(
        matching(
            _ADMINISTRATOR,
            "must be the ARN of an IAM role or user (AWS) or an object id (Azure)",
            "write it like arn:aws:iam::111122223333:role/platform-admin",
        )
    ),
    Field(json_schema_extra=described(_ADMINISTRATOR, "arn:aws:iam::111122223333:role/platform-admin")),
]
"""Who administers the cluster."""

_OBJECT_ID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

ObjectId = Annotated[
    str,
    AfterValidator(
        matching(
            _OBJECT_ID,
            "must be an object id of Microsoft Entra ID",
            "write it like 6f1d2c3b-0a4e-4b5f-8c6d-7e8f90a1b2c3",
        )
    ),
    Field(json_schema_extra=described(_OBJECT_ID, "6f1d2c3b-0a4e-4b5f-8c6d-7e8f90a1b2c3")),
]
"""Who a tenant of Microsoft Entra ID knows, by object id."""

_LABEL_VALUE = r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?"
_LABEL_KEY = rf"({_LABEL}(\.{_LABEL})*/)?[A-Za-z0-9]([A-Za-z0-9_.-]{{0,61}}[A-Za-z0-9])?"

LabelKey = Annotated[
    str,
    AfterValidator(matching(_LABEL_KEY, "must be a Kubernetes label key", "write it like team or example.com/team")),
    Field(json_schema_extra=described(_LABEL_KEY, "example.com/team")),
]
"""Key of a Kubernetes label or taint, with or without a domain before `/`."""

LabelValue = Annotated[
    Text,
    AfterValidator(
        matching(
            _LABEL_VALUE,
            "must be a Kubernetes label value: letters, digits, `-`, `_` and `.`, at most 63",
            "shorten or respell it",
        )
    ),
    Field(json_schema_extra=described(_LABEL_VALUE, "payments")),
]
"""Value of a Kubernetes label or taint."""

TagKey = Annotated[
    str,
    AfterValidator(
        matching(
            r"(?![aA][wW][sS]:)[\w .:/=+@-]{1,128}",
            "must be a tag key: up to 128 letters, digits, blanks and `.:/=+@_-`, not beginning with `aws:`",
            "rename the tag",
        )
    ),
    Field(json_schema_extra={"maxLength": 128, "examples": ["cost-centre"]}),
]
"""Key of a cloud tag; bounds of AWS, the stricter cloud beside Azure's longer keys (AWS tagging guide)."""

TagValue = Annotated[
    Text,
    AfterValidator(
        matching(
            r"[\w .:/=+@-]{0,256}",
            "must be a tag value: up to 256 letters, digits, blanks and `.:/=+@_-`",
            "shorten or respell it",
        )
    ),
    Field(json_schema_extra={"maxLength": 256, "examples": ["api-platform"]}),
]
"""Value of a cloud tag (AWS tagging guide)."""

CountryCode = Annotated[
    str,
    AfterValidator(matching(r"[A-Z]{2}", "must be a country code of two capital letters", "write it like DE")),
    Field(json_schema_extra=described(r"[A-Z]{2}", "DE")),
]
"""A country, ISO 3166-1 alpha-2."""

_ORIGIN = rf"(\*|https?://{_LABEL}(\.{_LABEL})*(:\d{{1,5}})?)"

WebOrigin = Annotated[
    str,
    AfterValidator(
        matching(
            _ORIGIN, "must be an origin: scheme and host without a path, or *", "write it like https://app.example.com"
        )
    ),
    Field(json_schema_extra=described(_ORIGIN, "https://app.example.com")),
]
"""An origin of web pages, or every one."""

_HTTPS_URL = rf"https://{_LABEL}(\.{_LABEL})+(:\d{{1,5}})?(/\S*)?"

HttpsUrl = Annotated[
    str,
    AfterValidator(matching(_HTTPS_URL, "must be an https address", "write it like https://intake.example.com/v1")),
    Field(json_schema_extra=described(_HTTPS_URL, "https://intake.example.com/v1")),
]
"""An address that is reached over TLS."""

PoolName = Annotated[
    str,
    AfterValidator(
        matching(
            r"[a-z][a-z0-9]{0,11}",
            "must be a pool name: a lower-case letter, then letters and digits, at most twelve",
            "write it like apimpool",
        )
    ),
    Field(json_schema_extra=described(r"[a-z][a-z0-9]{0,11}", "apimpool")),
]
"""Name of a Linux node pool of AKS (resource provider's API of 2025-09-01)."""

_DISK_TIER = r"P([1-8]0|1|2|3|4|6|15)"

DiskTier = Annotated[
    str,
    AfterValidator(matching(_DISK_TIER, "must be a performance tier of premium disks", "write it like P30")),
    Field(json_schema_extra=described(_DISK_TIER, "P30")),
]
"""Performance tier of a premium disk of Azure (virtual machines documentation, performance tiers, 2024)."""

Surge = Annotated[
    Text,
    AfterValidator(
        matching(r"[1-9]\d{0,2}%?", "must be a number of nodes or a share in percent", 'write it like "33%" or "1"')
    ),
    Field(json_schema_extra=described(r"[1-9]\d{0,2}%?", "33%")),
]
"""Nodes that an upgrade adds: a number, or a share of a pool."""
