"""Roles that identities of the platform have at what they work on."""

import uuid
from collections.abc import Mapping
from importlib.resources import files
from typing import cast

import pulumi
import pulumi_azure_native as azure
import yaml

NAMESPACE = uuid.UUID("6a2f7d0e-3c51-5f0b-9a37-5b1c8f0f2d46")
"""What the names of assignments are derived from, besides scope, principal and role; any fixed UUID does."""


def _roles() -> Mapping[str, str]:
    data = yaml.safe_load(files("components.azure").joinpath("roles.yaml").read_text("utf-8"))
    return cast("Mapping[str, str]", data["roles"])


ROLES: Mapping[str, str] = _roles()
"""Built-in role, by the name that Azure shows, to the identifier of its definition (`roles.yaml`)."""


def role_definition_id(role: str, subscription_id: str) -> str:
    """Return the resource id of a built-in role. Raises `pulumi.InputPropertyError` for a role that `ROLES` does not have."""
    if role not in ROLES:
        raise pulumi.InputPropertyError("role", f"'{role}' is no role of roles.yaml: one of {', '.join(ROLES)}")
    return f"/subscriptions/{subscription_id}/providers/Microsoft.Authorization/roleDefinitions/{ROLES[role]}"


def assign(
    name: str,
    *,
    role: str,
    principal_id: pulumi.Input[str],
    scope: pulumi.Input[str],
    subscription_id: pulumi.Input[str],
    group: bool = False,
    opts: pulumi.ResourceOptions | None = None,
) -> azure.authorization.RoleAssignment:
    """Give a managed identity, or a `group` of people, a built-in role at a scope.

    `role` is a name of `ROLES`; `principal_id` the object id of the identity, not its client id; `scope` a resource id. The assignment's own name is a
    GUID made from scope, principal and role: Azure has one assignment of the three at most, and the same three always give the same name.
    The type of the principal is stated, so that Azure does not look for an identity that its directory does not show yet.
    """
    role_definition_id(role, "")  # A wrong role is refused at once, not when the subscription is known.

    def named(parts: list[str]) -> str:
        return str(uuid.uuid5(NAMESPACE, "/".join([*(part.lower() for part in parts), role])))

    types = azure.authorization.PrincipalType
    return azure.authorization.RoleAssignment(
        name,
        role_assignment_name=pulumi.Output.all(scope, principal_id).apply(named),
        role_definition_id=pulumi.Output.from_input(subscription_id).apply(lambda id_: role_definition_id(role, id_)),
        principal_id=principal_id,
        principal_type=types.GROUP if group else types.SERVICE_PRINCIPAL,
        scope=scope,
        opts=opts,
    )
