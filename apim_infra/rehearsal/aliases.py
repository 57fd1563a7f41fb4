"""Under which earlier URNs a resource may already be in a stack.

Rule: `generateAliases` in `pkg/resource/deploy/step_generator.go` and `urn.go` of pulumi/pulumi: own aliases, and the old names of the parent.
"""

from collections.abc import Mapping
from typing import Any

from apim_infra.rehearsal import urn as urns
from apim_infra.rehearsal.registration import Registration


def earlier_urns(
    registration: Registration, stack: str, project: str, parents: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """Return the URNs of a resource's aliases, `parents` holding those of every registered parent."""
    found: list[str] = []
    for alias in registration.aliases:
        if isinstance(alias, str):
            found.append(alias)
        else:
            found.append(_of_specification(alias, registration, stack, project))
    parent = registration.parent
    for old_parent in parents.get(parent, ()):
        name = registration.name
        parent_name = urns.name_of(parent)
        if name.startswith(parent_name):
            name = urns.name_of(old_parent) + name.removeprefix(parent_name)
        found.append(urns.make(stack, project, old_parent, registration.type, name))
    return tuple(dict.fromkeys(found))


def _of_specification(alias: Mapping[str, Any], registration: Registration, stack: str, project: str) -> str:
    parent = "" if alias.get("noParent") else alias.get("parentUrn") or registration.parent
    return urns.make(
        alias.get("stack") or stack,
        alias.get("project") or project,
        parent,
        alias.get("type") or registration.type,
        alias.get("name") or registration.name,
    )
