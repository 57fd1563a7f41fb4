"""Identifiers, ARNs and names: templates of the table, and the names that the provider makes up."""

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem, Request
from apim_infra.rehearsal.twins.aws.checks import compiled, refused
from apim_infra.rehearsal.twins.aws.table import Name, ResourceType
from apim_infra.rehearsal.twins.cloud.schema_check import CODE

FIELD = re.compile(r"\{(\w+)\}")
GENERATED = re.compile(r"(hex|upper|digits|uuid)(\d*)")
ALPHABETS = {"hex": "0123456789abcdef", "digits": "0123456789", "upper": "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"}
SUFFIX_OF_PREFIX = 26
"""Characters that the provider puts behind a name prefix: a timestamp and a counter."""
SOURCE = "automatic names of the Pulumi bridge (seven random hexadecimal digits), own knowledge"


def text_of(alphabet: str, length: int, seed: str) -> str:
    """Return characters that depend on the seed alone."""
    digest = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big")
    letters: list[str] = []
    for _ in range(length):
        digest, index = divmod(digest, len(alphabet))
        letters.append(alphabet[index])
    return "".join(letters)


def uuid_of(seed: str) -> str:
    """Return a UUID (version 4 in form) that depends on the seed alone."""
    digits = text_of(ALPHABETS["hex"], 31, seed)
    return f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-a{digits[15:18]}-{digits[18:30]}"


def fill(template: str, values: Callable[[str], Any], seed: str) -> str:
    """Fill a template: `hexN`, `digitsN`, `upperN` and `uuid` are made from the seed, other names are looked up.

    Raises KeyError for a name that has no value.
    """

    def field(match: re.Match[str]) -> str:
        name = match[1]
        generated = GENERATED.fullmatch(name)
        if generated:
            kind, length = generated.groups()
            return (
                uuid_of(f"{seed}/uuid") if kind == "uuid" else text_of(ALPHABETS[kind], int(length), f"{seed}/{name}")
            )
        value = values(name)
        if value is None:
            raise KeyError(name)
        return str(value)

    return FIELD.sub(field, template)


def fits(template: str, identifier: str) -> bool:
    """Tell whether an identifier has the form of a template; made-up digits may be fewer, as older identifiers have them."""
    form = "".join(_form(part) if i % 2 else re.escape(part) for i, part in enumerate(FIELD.split(template)))
    return compiled(form).fullmatch(identifier) is not None


def _form(field: str) -> str:
    generated = GENERATED.fullmatch(field)
    if generated is None or generated[1] == "uuid":
        return ".+"
    characters = {"hex": "[0-9a-f]", "digits": "[0-9]", "upper": "[A-Z0-9]"}[generated[1]]
    return f"{characters}{{{min(8, int(generated[2]))},{max(32, int(generated[2]))}}}"


def named(
    row: ResourceType, request: Request, inputs: dict[str, Any], seed: int, taken: Callable[[str], bool]
) -> list[Problem]:
    """Fill in an automatic name where the program gave none, and return what is wrong with the name.

    The name of the last deployment is kept, as the bridge keeps the defaults that it made. `taken` tells whether a made-up name is in use (a
    replacement made before the old one is deleted needs another).
    """
    rule = row.name
    if rule is None:
        return []
    prefix = inputs.get(f"{rule.property}Prefix")
    if inputs.get(rule.property) is None and prefix is None and rule.automatic:
        old = (request.old_inputs or {}).get(rule.property)
        if old is not None:
            inputs[rule.property] = old
        else:
            inputs[rule.property] = next(name for name in _made_up(rule, request, inputs, seed) if not taken(name))
            if rule.longest and len(inputs[rule.property]) > rule.longest:
                message = f"automatic name '{inputs[rule.property]}' is longer than the {rule.longest} characters that {rule.property} may have"
                return [
                    Problem(
                        CODE, message, rule.property, f"set {rule.property}, or shorten the resource's name", SOURCE
                    )
                ]
    return _wrong_name(row, rule, inputs)


def _made_up(rule: Name, request: Request, inputs: Mapping[str, Any], seed: int) -> list[str]:
    name = request.name.lower() if rule.lower_case else request.name
    return [
        f"{rule.prefix}{name}-{text_of(ALPHABETS['hex'], 7, f'{seed}/{request.urn}/name/{attempt}')}{_suffix(rule, inputs)}"
        for attempt in range(16)
    ]


def _suffix(rule: Name, inputs: Mapping[str, Any]) -> str:
    return rule.suffix[1] if rule.suffix and inputs.get(rule.suffix[0]) is True else ""


def _wrong_name(row: ResourceType, rule: Name, inputs: Mapping[str, Any]) -> list[Problem]:
    problems: list[Problem] = []
    prefix = inputs.get(f"{rule.property}Prefix")
    name = inputs.get(rule.property)
    if prefix is not None and name is not None:
        problems.append(
            Problem(
                CODE,
                f"Conflicting configuration arguments: '{rule.property}' conflicts with '{rule.property}Prefix'",
                rule.property,
                f"leave out {rule.property} or {rule.property}Prefix",
                SOURCE,
            )
        )
    if isinstance(prefix, str) and rule.longest and len(prefix) > rule.longest - SUFFIX_OF_PREFIX:
        message = f"expected length of {rule.property}Prefix to be in the range (1 - {rule.longest - SUFFIX_OF_PREFIX}), got {prefix}"
        problems.append(Problem(CODE, message, f"{rule.property}Prefix", "shorten the prefix", row.source))
    if not isinstance(name, str) or name == UNKNOWN:
        return problems
    if rule.longest and len(name) > rule.longest:
        problems.append(
            refused(
                row, rule.property, name, f"It may have at most {rule.longest} characters", row.source, code=rule.code
            )
        )
    elif rule.pattern and not compiled(rule.pattern).fullmatch(name):
        problems.append(refused(row, rule.property, name, f"It must match {rule.pattern}", row.source, code=rule.code))
    return problems


def name_of(row: ResourceType, request: Request, inputs: Mapping[str, Any], seed: int) -> str:
    """Return the name at creation: the input, or what the provider makes of the prefix."""
    if row.name is None:
        return ""
    name = inputs.get(row.name.property)
    if name is not None:
        return str(name)
    prefix = inputs.get(f"{row.name.property}Prefix", "terraform-")
    made_up = text_of(ALPHABETS["digits"], SUFFIX_OF_PREFIX, f"{seed}/{request.urn}/prefix")
    return f"{prefix}{made_up}{_suffix(row.name, inputs)}"
