"""Role assignments and locks: one right of a kind at a scope, for an identity by its object id."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context

ASSIGNMENT = "azure-native:authorization:RoleAssignment"
LOCK = "azure-native:authorization:ManagementLockByScope"
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
TROUBLE = "Troubleshoot Azure RBAC, 2025"
KNOWN = "own knowledge, 2026-11-21"
LONGEST_NOTES = 512


def _duplicate(context: Context) -> Iterator[Problem]:
    own = _right(context.inputs)
    for other in context.all(ASSIGNMENT):
        if not other.assumed and None not in own and _right(other.inputs) == own:
            message = f"The role assignment already exists. The ID of the existing role assignment is {ids.name_of(other.id)}."
            hint = "leave one of them out: scope, principal and role are the same"
            yield context.problem("RoleAssignmentExists", message, "principalId", hint, TROUBLE)
            return


def _right(inputs: Mapping[str, Any]) -> tuple[str | None, ...]:
    """Return scope, principal and role, as far as they are known."""
    scope, principal, role = (inputs.get(name) for name in ("scope", "principalId", "roleDefinitionId"))
    return (
        ids.key(scope) if isinstance(scope, str) else None,
        principal.lower() if isinstance(principal, str) else None,
        ids.name_of(role).lower() if isinstance(role, str) else None,
    )


def _principal(context: Context) -> Iterator[Problem]:
    principal = context.value("principalId")
    if not isinstance(principal, str):
        return
    if not ids.GUID.fullmatch(principal):
        message = f"The principal id '{principal}' is no object id."
        yield context.problem("InvalidPrincipalId", message, "principalId", "write the identity's principalId", TROUBLE)
        return
    for identity in context.world.all(IDENTITY):
        if identity["clientId"] == principal:
            message = f"'{principal}' is the client id of {ids.name_of(identity.id)}: no principal has that object id."
            yield context.problem("PrincipalNotFound", message, "principalId", "write its principalId", TROUBLE)
        elif identity["principalId"] == principal and not identity.assumed and context.value("principalType") is None:
            message = (
                f"Principal {principal} does not exist in the directory: {ids.name_of(identity.id)} is new, and Azure looks for "
                "it before it is there."
            )
            yield context.warning("PrincipalNotFound", message, "principalType", "write ServicePrincipal", TROUBLE)


def _kind(context: Context) -> Iterator[Problem]:
    principal, kind = context.value("principalId"), context.value("principalType")
    for identity in context.world.all(IDENTITY):
        if identity["principalId"] == principal and kind not in (None, "ServicePrincipal"):
            message = f"The principal {principal} is a managed identity, which is a ServicePrincipal, no {kind}."
            yield context.problem("UnmatchedPrincipalType", message, "principalType", "write ServicePrincipal", TROUBLE)


def _lock(context: Context) -> Iterator[Problem]:
    notes = context.value("notes")
    if isinstance(notes, str) and len(notes) > LONGEST_NOTES:
        message = f"The notes have {len(notes)} characters; {LONGEST_NOTES} are the most."
        yield context.problem(
            "InvalidRequestContent", message, "notes", "shorten them", "Management locks, REST API 2020-05-01"
        )
    if str(context.value("level", "")).lower() == "notspecified":
        message = "The level NotSpecified locks nothing."
        yield context.warning("InvalidRequestContent", message, "level", "write CanNotDelete or ReadOnly", KNOWN)


RULES = {ASSIGNMENT: (_duplicate, _principal, _kind), LOCK: (_lock,)}
