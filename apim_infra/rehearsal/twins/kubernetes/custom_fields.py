"""Checks the well-known fields of custom resources whose whole schema nobody has."""

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.kubernetes import faults
from apim_infra.rehearsal.twins.kubernetes.data import load
from apim_infra.rehearsal.twins.kubernetes.kinds import BuiltIn, Kind
from apim_infra.rehearsal.twins.kubernetes.objects import Located, Object, select
from apim_infra.rehearsal.twins.kubernetes.pods import check_resources
from apim_infra.rehearsal.twins.kubernetes.schema import Check, Compiler

_WORDS = {"format": "x-format"}
_RESOURCES = "core.v1.ResourceRequirements"


def known(kind: Kind) -> bool:
    """Tell whether some fields of a kind are known."""
    return kind.key in load("custom_fields.yaml")["fields"]


def check(built_in: BuiltIn, kind: Kind, manifest: Object) -> list[Problem]:
    """Return what is wrong in the known fields of an object."""
    problems: list[Problem] = []
    rows: Mapping[str, Mapping[str, Any]] = load("custom_fields.yaml")["fields"].get(kind.key, {})
    for path, rule in rows.items():
        for found in select(manifest, "", path.split(".")):
            _check(built_in, f"{kind.key} {path}", rule, found, problems)
    return problems


def _check(built_in: BuiltIn, row: str, rule: Mapping[str, Any], found: Located, problems: list[Problem]) -> None:
    if "keys" in rule:
        fields: Any = found.value
        unknown = (
            [key for key in cast(dict[str, Any], fields) if key not in rule["keys"]] if isinstance(fields, dict) else []
        )
        problems.extend(faults.unknown_field(f"{found.path}.{key}", key, rule["keys"]) for key in unknown)
        return
    if "definition" not in rule:
        _compiled(row)(found.value, found.path, problems)
        return
    own: list[Problem] = []
    built_in.definition(rule["definition"])(found.value, found.path, own)
    if rule["definition"] == _RESOURCES and not own:
        own += check_resources(found)
    problems += [problem for problem in own if not (rule.get("partial") and ": Required value" in problem.message)]


@cache
def _compiled(row: str) -> Check:
    """Return the check of one row of words of OpenAPI, named by kind and path."""
    kind, _, path = row.partition(" ")
    rule: Mapping[str, Any] = load("custom_fields.yaml")["fields"][kind][path]
    options: list[Any] = rule.get("enum", [])
    kinds = {"type": "integer" if options and isinstance(options[0], int) else "string"}
    return Compiler({}, {}).compile({**kinds, **{_WORDS.get(word, word): value for word, value in rule.items()}})
