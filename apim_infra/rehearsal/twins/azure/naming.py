"""Ids from inputs, and the names that the provider makes up."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Request
from apim_infra.rehearsal.twins.azure.table import FIELD, ResourceType

DIGITS = 8
"""Hexadecimal digits that the provider appends to a logical name."""


def filled(row: ResourceType, inputs: Mapping[str, Any], subscription: str) -> str:
    """Return the ARM id that inputs make; "" when one of its names is missing or not known yet."""
    values = {**inputs, "subscription": subscription}
    if any(not isinstance(values.get(name), str) or values[name] in ("", UNKNOWN) for name in row.parameters):
        return ""
    text = FIELD.sub(lambda found: str(values[found[1]]).strip("/"), row.template)
    return "/" + text.strip("/")


def made_up(row: ResourceType, request: Request, seed: int, taken: Callable[[str], bool]) -> str:
    """Return an automatic name: that of the last deployment, else as the type has it; another one where a random name is taken."""
    old = (request.old_inputs or {}).get(row.name_input)
    if isinstance(old, str):
        return old
    if row.automatic == "copy":
        return request.name
    digests = (_digest(seed, request.urn, attempt) for attempt in range(16))
    names = (_guid(digest) if row.automatic == "guid" else request.name + digest[:DIGITS] for digest in digests)
    return next(name for name in names if not taken(name))


def _digest(seed: int, urn: str, attempt: int) -> str:
    return hashlib.sha256(f"{seed}/{urn}/name/{attempt}".encode()).hexdigest()


def _guid(digest: str) -> str:
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
