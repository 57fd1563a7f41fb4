"""Words that inputs take although the SDK has them as any text, from `words.yaml`, and the names of parts of network resources."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure.codes import code_of
from apim_infra.rehearsal.twins.azure.constraints import fault_of, form_of, places
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.table import PACKAGE
from apim_infra.rehearsal.twins.azure.world import texts
from apim_infra.rehearsal.twins.cloud.schema_check import shown
from apim_infra.rehearsal.twins.cloud.values import data_file, is_list

PART = re.compile(r".*\]\.name")
"""Path of the name of an element of a list."""


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Any]:
    return data_file(PACKAGE, "words.yaml")


def check_words(context: Context) -> Iterator[Problem]:
    """Yield values that a service does not know."""
    table = _table()
    for path, known in table["types"].get(context.row.token, {}).items():
        for place, value in places(context.inputs, path):
            fault = _fault(known, value)
            if fault:
                code = code_of(context.row.namespace, "value")
                message = f"The value '{shown(place, value)}' of '{place}' is invalid: it must {fault}."
                yield context.problem(code, message, place, f"it must {fault}", table["source"])
    if context.row.namespace == "Microsoft.Network":
        yield from _parts(context)


def _fault(known: Any, value: Any) -> str:
    if not isinstance(value, str):
        return ""
    if is_list(known):
        return "" if value.lower() in {str(word).lower() for word in known} else f"be one of {', '.join(known)}"
    return "" if re.search(known["pattern"], value, re.IGNORECASE) else known["words"]


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
