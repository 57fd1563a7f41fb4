"""Forms of record values, by record type."""

import ipaddress
import re
from collections.abc import Callable

NAME = re.compile(r"(\*\.)?([^\s.]{1,63}\.)*[^\s.]{1,63}\.?")
CAA = re.compile(r'\d{1,3} [a-zA-Z0-9]+ ".*"')
STRING_LONGEST = 255


def _ipv4(value: str) -> str:
    try:
        ipaddress.IPv4Address(value)
    except ValueError:
        return "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)"
    return ""


def _ipv6(value: str) -> str:
    try:
        ipaddress.IPv6Address(value)
    except ValueError:
        return "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)"
    return ""


def _name(value: str) -> str:
    return "" if NAME.fullmatch(value) and len(value) <= 255 else "DomainNameInvalid (Value is not a valid domain name)"


def _numbers_and_name(count: int) -> Callable[[str], str]:
    def check(value: str) -> str:
        words = value.split()
        numbers = words[:count]
        if len(words) != count + 1 or not all(word.isdigit() and int(word) <= 65535 for word in numbers):
            return f"RRDATANumberOfFields (Value must have {count} numbers and a name)"
        return _name(words[-1])

    return check


def _text(value: str) -> str:
    strings = re.findall(r'"((?:[^"\\]|\\.)*)"', value) or [value]
    if any(len(string) > STRING_LONGEST for string in strings):
        return f"CharacterStringTooLong (Value is too long: a string has at most {STRING_LONGEST} characters)"
    return ""


def _caa(value: str) -> str:
    return "" if CAA.fullmatch(value) else "CAARRDATAInvalid (Value should be like '0 issue \"amazon.com\"')"


CHECKS: dict[str, Callable[[str], str]] = {
    "A": _ipv4,
    "AAAA": _ipv6,
    "CNAME": _name,
    "NS": _name,
    "PTR": _name,
    "MX": _numbers_and_name(1),
    "SRV": _numbers_and_name(3),
    "TXT": _text,
    "CAA": _caa,
}


def value_fault(kind: str, value: str) -> str:
    """Return what is wrong with a value of a record, in Route 53's words; empty when nothing is."""
    check = CHECKS.get(kind)
    return check(value) if check else ""
