"""What the modules of this package say of types, put together; the package's docstring lists the names that a module may have."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, cast

from apim_infra.rehearsal.twins import azure
from apim_infra.rehearsal.twins.azure.inquiries import Answer
from apim_infra.rehearsal.twins.azure.table import Companions, Outputs, Reference, Rule

ANY_TYPE = "*"
"""In the place of a type token: for every type."""


@dataclass(slots=True)
class Parts:
    """Everything that is said of one type."""

    rules: list[Rule] = field(default_factory=list[Rule])
    delete_rules: list[Rule] = field(default_factory=list[Rule])
    outputs: list[Outputs] = field(default_factory=list[Outputs])
    companions: list[Companions] = field(default_factory=list[Companions])
    references: list[Reference] = field(default_factory=list[Reference])
    create_only: set[str] = field(default_factory=set[str])
    open_enums: set[str] = field(default_factory=set[str])
    defaults: dict[str, Any] = field(default_factory=dict[str, Any])
    protections: dict[str, Any] = field(default_factory=dict[str, Any])
    secret_outputs: set[str] = field(default_factory=set[str])
    not_verified: list[str] = field(default_factory=list[str])


def _modules() -> list[object]:
    return [import_module(f"{azure.__name__}.{found.name}") for found in iter_modules(azure.__path__)]


@lru_cache(maxsize=1)
def _all() -> Mapping[str, Parts]:
    parts: dict[str, Parts] = {}
    for module in _modules():
        for name, merge in MERGES.items():
            said = cast("Mapping[str, Any]", getattr(module, name, {}))
            for token, what in said.items():
                merge(parts.setdefault(token, Parts()), what)
    return parts


@lru_cache(maxsize=512)
def parts_of(token: str) -> Parts:
    """Return what is said of a type, what is said of every type first."""
    found = Parts()
    for key in (ANY_TYPE, token):
        said = _all().get(key)
        if said is not None:
            found.rules += said.rules
            found.delete_rules += said.delete_rules
            found.outputs += said.outputs
            found.companions += said.companions
            found.references += said.references
            found.create_only |= said.create_only
            found.open_enums |= said.open_enums
            found.defaults |= said.defaults
            found.protections |= said.protections
            found.secret_outputs |= said.secret_outputs
            found.not_verified += said.not_verified
    return found


@lru_cache(maxsize=1)
def all_answers() -> Mapping[str, Answer]:
    """Return the answers to data sources of all modules, by token (`azure-native:authorization:getClientConfig`)."""
    answers: dict[str, Answer] = {}
    for module in _modules():
        answers.update(cast("Mapping[str, Answer]", getattr(module, "ANSWERS", {})))
    return answers


def _listed(what: Any) -> Iterable[Any]:
    """Return several of what may be one function or a tuple of them."""
    return cast("Iterable[Any]", what) if isinstance(what, list | tuple | set | frozenset) else (what,)


def _extends(name: str) -> Callable[[Parts, Any], None]:
    return lambda parts, what: getattr(parts, name).extend(_listed(what))


def _updates(name: str) -> Callable[[Parts, Any], None]:
    return lambda parts, what: getattr(parts, name).update(what)


MERGES: Mapping[str, Callable[[Parts, Any], None]] = {
    "RULES": _extends("rules"),
    "DELETE_RULES": _extends("delete_rules"),
    "OUTPUTS": _extends("outputs"),
    "COMPANIONS": _extends("companions"),
    "REFERENCES": _extends("references"),
    "NOT_VERIFIED": _extends("not_verified"),
    "CREATE_ONLY": _updates("create_only"),
    "OPEN_ENUMS": _updates("open_enums"),
    "DEFAULTS": _updates("defaults"),
    "PROTECTIONS": _updates("protections"),
    "SECRET_OUTPUTS": _updates("secret_outputs"),
}
