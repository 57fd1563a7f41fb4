"""Words that inputs take although the SDK has them as any text, from `words.yaml`, and the names of parts of network resources."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from ipaddress import ip_network
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.codes import code_of
from apim_infra.rehearsal.twins.azure.constraints import fault_of, form_of, places
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.table import PACKAGE
from apim_infra.rehearsal.twins.azure.world import texts
from apim_infra.rehearsal.twins.cloud.schema_check import shown
from apim_infra.rehearsal.twins.cloud.values import data_file, is_list

IDENTIFIER = re.compile(r".*(tenant|principal|object|client)id", re.IGNORECASE)
"""Path of what is a GUID in Entra."""
ADDRESS = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3})(/\d{1,3})?")
FORMS = "REST API specifications, formats uuid and ipv4, 2026"
PART = re.compile(r".*\]\.name")
"""Path of the name of an element of a list."""


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Any]:
    return data_file(PACKAGE, "words.yaml")


def check_words(context: Context) -> Iterator[Problem]:
    """Yield values that a service does not know."""
    table = _table()
    for path, known in {**table["any"], **table["types"].get(context.row.token, {})}.items():
        for place, value in places(context.inputs, path):
            fault = _fault(known, value)
            if fault:
                code = code_of(context.row.namespace, "value")
                message = f"The value '{shown(place, value)}' of '{place}' is invalid: it must {fault}."
                yield context.problem(code, message, place, f"it must {fault}", table["source"])
    yield from _forms(context)
    if context.row.namespace == "Microsoft.Network":
        yield from _parts(context)


def _fault(known: Any, value: Any) -> str:
    if not isinstance(value, str):
        return ""
    if is_list(known):
        return "" if value.lower() in {str(word).lower() for word in known} else f"be one of {', '.join(known)}"
    return "" if re.search(known["pattern"], value, re.IGNORECASE) else known["words"]


def _forms(context: Context) -> Iterator[Problem]:
    """Yield addresses, ranges and identifiers of Entra that are none."""
    for place, text in texts(context.inputs):
        if place.startswith("tags."):
            continue
        if IDENTIFIER.fullmatch(place) and "/" not in text and text != UNKNOWN and not ids.GUID.fullmatch(text):
            message = f"The identifier '{text}' of '{place}' is malformed: it must be a GUID."
            yield context.problem(code_of(context.row.namespace, "value"), message, place, "give a GUID", FORMS)
        elif ADDRESS.fullmatch(text) and not _is_range(text):
            message = f"The value '{text}' of '{place}' is no IPv4 address and no range of addresses."
            yield context.problem(code_of(context.row.namespace, "value"), message, place, "write 10.0.0.0/16", FORMS)


def _is_range(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _parts(context: Context) -> Iterator[Problem]:
    """Yield names of subnets, rules, frontends and other parts of a network resource that are none."""
    form = form_of(context.row.namespace)
    for place, name in texts(context.inputs):
        if PART.fullmatch(place) or place == "customNetworkInterfaceName":
            fault = fault_of(form, name)
            if fault:
                message = f"Resource name {name} is invalid: it {fault}."
                yield context.problem(form["code"], message, place, f"it {fault}", form["source"])


RULES = {"*": (check_words,)}
