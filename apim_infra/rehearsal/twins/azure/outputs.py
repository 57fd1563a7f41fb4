"""What ARM answers for any resource: its inputs, name, type and location, identities, ids of the parts of it."""

from collections.abc import Mapping
from typing import Any

from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.parts import Parts
from apim_infra.rehearsal.twins.cloud.schema import outputs_of
from apim_infra.rehearsal.twins.cloud.values import is_list, is_mapping, listed


def outputs_for(context: Context, parts: Parts) -> dict[str, Any]:
    """Return all outputs of a resource: what is common to all, then what the modules of this package add."""
    shown = outputs_of(context.row.token)
    found = {name: _with_ids(context, name, value) for name, value in context.inputs.items() if name in shown}
    common: dict[str, Any] = {
        "name": context.name,
        "type": context.row.arm_type,
        "azureApiVersion": context.row.version,
        "provisioningState": "Succeeded",
        "etag": f'W/"{context.guid("etag")}"',
    }
    if context.location:
        common["location"] = context.location
    if is_mapping(context.inputs.get("identity")):
        common["identity"] = _identity(context, context.inputs["identity"])
    found.update({name: value for name, value in common.items() if name in shown})
    context.outputs = found
    for make in parts.outputs:
        found.update(make(context))
    return found


def _with_ids(context: Context, name: str, value: Any) -> Any:
    """Return a list of parts (subnets, frontends, rules) with the id that ARM gives each."""
    if context.row.namespace != "Microsoft.Network" or not is_list(value):
        return value
    return [
        {"id": f"{context.id}/{name}/{item['name']}", **item}
        if is_mapping(item) and isinstance(item.get("name"), str)
        else item
        for item in value
    ]


def _identity(context: Context, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return identities with what Entra knows of them."""
    identity: dict[str, Any] = dict(given)
    kinds = str(given.get("type", "")).lower()
    if "systemassigned" in kinds:
        identity |= {"principalId": context.guid("identity"), "tenantId": context.tenant}
    assigned = given.get("userAssignedIdentities")
    names = list(assigned) if is_mapping(assigned) else listed(assigned)
    if names:
        identity["userAssignedIdentities"] = {name: _assigned(context, name) for name in names}
    return identity


def _assigned(context: Context, arm_id: Any) -> dict[str, Any]:
    thing = context.find(arm_id)
    known = {} if thing is None else {name: thing[name] for name in ("principalId", "clientId")}
    return {name: value for name, value in known.items() if value}
