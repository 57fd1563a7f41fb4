"""What the Azure table says about a resource type: data from `types.yaml`, and what the modules of this package add to it."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.cloud.values import data_file

if TYPE_CHECKING:
    from apim_infra.rehearsal.twins.azure.context import Context

PACKAGE = "apim_infra.rehearsal.twins.azure"
FIELD = re.compile(r"\{(\w+)\}")
GROUP_PREFIX = "/subscriptions/{subscription}/resourceGroups/{resourceGroupName}/providers/"

Rule = Callable[["Context"], Iterable[Problem]]
"""Looks at one request in its world and yields what is wrong with it."""

Outputs = Callable[["Context"], Mapping[str, Any]]
"""Computes what Azure adds to the inputs: endpoints, identities, defaults that only the cloud knows."""


@dataclass(frozen=True, slots=True)
class Companion:
    """A thing that Azure makes by itself beside a resource and removes with it: the node resource group of a cluster."""

    token: str
    id: str
    inputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What rules may look at as if a program had asked for it."""
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])


Companions = Callable[["Context"], Iterable[Companion]]


@dataclass(frozen=True, slots=True)
class Reference:
    """An input that must name a resource of a certain type. That what an ARM id names exists is checked for every input anyway."""

    path: str
    """Input, `[*]` for every element of a list: `ipConfigurations[*].subnet.id`."""
    to: str | tuple[str, ...]
    """Type token, or several of which any fits."""
    code: str = ""
    """Code for an id of another type, and for what is no ARM id at all; that of the namespace when empty."""
    missing_code: str = ""
    """Code for an id of the right type that nothing has; that of the namespace when empty."""
    allow: str = ""
    """Pattern of values that are no ids and right all the same."""
    elsewhere: bool = False
    """Whether it may lie in a resource group that is no part of the rehearsal, and is then taken to exist: what a rebuilt platform restores."""
    source: str = ""


@dataclass(frozen=True)
class ResourceType:
    """One line of `types.yaml`."""

    token: str
    path: str
    version: str
    location: str = ""
    held: str = ""
    contains: str = ""
    goes_with_parent: bool = False
    implicit: bool = False
    kept: bool = False
    fixed: Mapping[str, str] = field(default_factory=dict[str, str])
    create_only: frozenset[str] = frozenset()

    @cached_property
    def template(self) -> str:
        """Whole path, with the names of inputs in braces; `{subscription}` is that of the provider."""
        if self.path.startswith("/"):
            return self.path
        return GROUP_PREFIX + self.path

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Names of the inputs that the path takes."""
        return tuple(name for name in FIELD.findall(self.template) if name != "subscription")

    @property
    def name_input(self) -> str:
        """Input that holds the last name of the path."""
        return self.parameters[-1]

    @cached_property
    def arm_type(self) -> str:
        """Resource type in ARM's words: `Microsoft.Network/virtualNetworks/subnets`."""
        if "/providers/" not in self.template:
            return "Microsoft.Resources/resourceGroups"
        pieces = self.template.rpartition("/providers/")[2].split("/")
        return "/".join([pieces[0], *pieces[1::2]])

    @cached_property
    def namespace(self) -> str:
        """Namespace of the resource provider: `Microsoft.Network`."""
        return self.arm_type.partition("/")[0]

    @cached_property
    def automatic(self) -> str:
        """How the provider makes a name up: `random`, `copy` of the logical name inside of another resource, `guid` for roles."""
        if self.namespace == "Microsoft.Authorization" and self.arm_type != "Microsoft.Authorization/locks":
            return "guid"
        return "copy" if self.arm_type.count("/") > 1 else "random"

    @cached_property
    def kind(self) -> str:
        """Word for it in messages: `virtualNetworks/subnets`."""
        return self.arm_type.partition("/")[2]


@lru_cache(maxsize=1)
def all_types() -> Mapping[str, ResourceType]:
    """Return every type by its token."""
    lines: Mapping[str, Mapping[str, Any]] = data_file(PACKAGE, "types.yaml")["types"]
    return {token: _type_of(token, dict(line)) for token, line in lines.items()}


def _type_of(token: str, line: dict[str, Any]) -> ResourceType:
    create_only: frozenset[str] = frozenset(line.pop("create_only", ()))
    return ResourceType(token, create_only=create_only, **line)


@lru_cache(maxsize=1)
def tokens_by_arm_type() -> Mapping[str, str]:
    """Return the type token of each ARM type, in lower case."""
    return {row.arm_type.lower(): token for token, row in all_types().items()}
