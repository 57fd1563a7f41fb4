"""Syntax of names, labels, quantities and the other texts that Kubernetes checks by pattern."""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.kubernetes.faults import invalid

LABEL_LENGTH, SUBDOMAIN_LENGTH, PORT_NAME_LENGTH = 63, 253, 15
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_ENVIRONMENT = re.compile(r"[\x20-\x3C\x3E-\x7E]+")
_DATA_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_QUANTITY = re.compile(r"([+-]?)(\d+\.?\d*|\.\d+)(m|n|u|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d+)?")
_PORT_NAME = re.compile(r"(?=.*[a-z])[a-z0-9](?:-?[a-z0-9])*")
_PERCENT = re.compile(r"[0-9]+%")
_DURATION = re.compile(r"([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+")
_CRON_FIELD = re.compile(r"[0-9A-Za-z*?/,\-]+")
_IMAGE = re.compile(
    r"(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]+)?/)?"
    r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
    r"(?::[\w][\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?"
)
_SUFFIXES = {
    "": Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate("kMGTPE", 1)},
    **{suffix: Decimal(1024) ** power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)},
}

Format = Callable[[Any, str], Iterator[Problem]]
"""Checks a value at a path."""


def label_fault(text: str) -> str:
    """Return why `text` is no RFC 1123 label, empty when it is one."""
    if len(text) > LABEL_LENGTH:
        return f"must be no more than {LABEL_LENGTH} characters"
    if not _LABEL.fullmatch(text):
        return (
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
            "and must start and end with an alphanumeric character"
        )
    return ""


def label_1035_fault(text: str) -> str:
    """Return why `text` is no RFC 1035 label (as Services need), empty when it is one."""
    if len(text) > LABEL_LENGTH:
        return f"must be no more than {LABEL_LENGTH} characters"
    if not _LABEL_1035.fullmatch(text):
        return (
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
            "character, and end with an alphanumeric character"
        )
    return ""


def subdomain_fault(text: str) -> str:
    """Return why `text` is no RFC 1123 subdomain, empty when it is one."""
    if len(text) > SUBDOMAIN_LENGTH:
        return f"must be no more than {SUBDOMAIN_LENGTH} characters"
    if not _SUBDOMAIN.fullmatch(text):
        return (
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
            "and must start and end with an alphanumeric character"
        )
    return ""


def path_segment_fault(text: str) -> str:
    """Return why `text` is no path segment (as RBAC names are), empty when it is one."""
    if text in {".", ".."} or "/" in text or "%" in text:
        return "may not be '.' or '..' and may not contain '/' or '%'"
    return ""


@lru_cache(maxsize=4096)
def key_fault(text: str) -> str:
    """Return why `text` is no key of a label or annotation, empty when it is one."""
    prefix, slash, name = text.rpartition("/")
    if slash and subdomain_fault(prefix):
        return f"prefix part {subdomain_fault(prefix)}"
    if not name or len(name) > LABEL_LENGTH or not _QUALIFIED.fullmatch(name):
        return (
            "name part must be 1 to 63 alphanumeric characters, '-', '_' or '.', "
            "and must start and end with an alphanumeric character"
        )
    return ""


def label_value_fault(text: str) -> str:
    """Return why `text` is no value of a label, empty when it is one."""
    if len(text) > LABEL_LENGTH:
        return f"must be no more than {LABEL_LENGTH} characters"
    if text and not _QUALIFIED.fullmatch(text):
        return (
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
            "and must start and end with an alphanumeric character"
        )
    return ""


def port_name_fault(text: str) -> str:
    """Return why `text` is no name of a port (IANA_SVC_NAME), empty when it is one."""
    if len(text) > PORT_NAME_LENGTH:
        return f"must be no more than {PORT_NAME_LENGTH} characters"
    if not _PORT_NAME.fullmatch(text):
        return "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-), and at least one letter"
    return ""


@lru_cache(maxsize=4096)
def quantity(text: str | float) -> Decimal | None:
    """Return the number that a quantity such as `250m` or `2Gi` stands for, None when it is none."""
    match = _QUANTITY.fullmatch(str(text))
    if not match:
        return None
    sign, number, suffix = match.groups()
    scale = _SUFFIXES.get(suffix or "")
    value = Decimal(number) * (Decimal(10) ** int(suffix[1:]) if scale is None else scale)
    return -value if sign == "-" else value


def _one(fault: Callable[[str], str]) -> Format:
    def check(value: Any, path: str) -> Iterator[Problem]:
        message = fault(value) if isinstance(value, str) else ""
        if message:
            yield invalid(path, value, message)

    return check


def _pattern(pattern: re.Pattern[str], message: str) -> Format:
    return _one(lambda text: "" if pattern.fullmatch(text) else message)


def _labels(value: Any, path: str) -> Iterator[Problem]:
    for key, text in value.items():
        if fault := key_fault(key):
            yield invalid(path, key, fault)
        if isinstance(text, str) and (fault := label_value_fault(text)):
            yield invalid(f"{path}[{key}]", text, fault)


def _annotations(value: Any, path: str) -> Iterator[Problem]:
    for key in value:
        if fault := key_fault(key.lower()):
            yield invalid(path, key, fault)
    size = sum(len(key) + len(text) for key, text in value.items() if isinstance(text, str))
    if size > 256 * 1024:
        yield invalid(path, size, "must have at most 262144 bytes", "move the data into a ConfigMap")


def _data_keys(value: Any, path: str) -> Iterator[Problem]:
    for key in value:
        if not _DATA_KEY.fullmatch(key) or len(key) > SUBDOMAIN_LENGTH or key in {".", ".."}:
            message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
            yield invalid(f"{path}[{key}]", key, message)


def _cidr(text: str) -> str:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
    return ""


def _address(text: str) -> str:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
    return ""


def _cron(text: str) -> str:
    if text.startswith("@"):
        named = {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}
        return "" if text in named or text.startswith("@every ") else f"unrecognized descriptor: {text}"
    fields = text.split()
    if "TZ=" in text:
        return "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
    if len(fields) != 5:
        return f"expected exactly 5 fields, found {len(fields)}: {fields}"
    ranges = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
    for field, (low, high) in zip(fields, ranges, strict=True):
        numbers = [int(number) for number in re.findall(r"\d+", field.split("/")[0])]
        if not _CRON_FIELD.fullmatch(field):
            return f"failed to parse {field}"
        if any(not low <= number <= high for number in numbers):
            return f"value out of range ({low} to {high}): {field}"
    return ""


def _base64(value: Any, path: str) -> Iterator[Problem]:
    try:
        base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        # The value is not shown: it is the data of a Secret more often than not.
        hint = "encode it, or use stringData for clear text"
        yield Problem("BadRequest", f"{path}: illegal base64 data", path, hint, "Kubernetes API validation")


def _date_time(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return "must be an RFC 3339 date and time"
    return ""


def _quantity_format(value: Any, path: str) -> Iterator[Problem]:
    if quantity(value) is None:
        message = (
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
            if not isinstance(value, str) or not value[:1].isdigit()
            else "unable to parse quantity's suffix"
        )
        yield Problem("BadRequest", f"{path}: {message}: {value!r}", path, "write it as 250m, 0.5, 512Mi or 2Gi")


FORMATS: dict[str, Format] = {
    "labels": _labels,
    "annotations": _annotations,
    "data-keys": _data_keys,
    "dns-label": _one(label_fault),
    "dns-subdomain": _one(subdomain_fault),
    # The empty class of a claim means none: it is bound to a volume that is there.
    "dns-subdomain-or-none": _one(lambda text: subdomain_fault(text) if text else ""),
    "label-key": _one(key_fault),
    "label-value": _one(label_value_fault),
    "port-name": _one(port_name_fault),
    "environment-name": _pattern(_ENVIRONMENT, "a valid environment variable name must be printable ASCII without '='"),
    "absolute-path": _one(lambda text: "" if text.startswith("/") else "must be an absolute path"),
    "relative-path": _one(
        lambda text: "must be a relative path" if text.startswith("/") else "must not contain '..'" * (".." in text)
    ),
    "cidr": _one(_cidr),
    "address": _one(_address),
    "cron": _one(_cron),
    "percent": _pattern(_PERCENT, "a valid percent string must be a numeric string followed by an ending '%'"),
    "duration": _pattern(_DURATION, "must be a duration such as 30s or 5m"),
    "date-time": _one(_date_time),
    "byte": _base64,
    "quantity": _quantity_format,
    "image": _one(
        lambda text: "" if _IMAGE.fullmatch(text) else "couldn't parse image reference: invalid reference format"
    ),
    "wildcard-host": _one(lambda text: subdomain_fault(text[2:] if text.startswith("*.") else text)),
}
