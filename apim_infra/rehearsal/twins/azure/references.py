"""That what a request names exists: its resource group, its parent, and every ARM id in its inputs."""

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.codes import code_of
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.parts import Parts
from apim_infra.rehearsal.twins.azure.roles import is_built_in
from apim_infra.rehearsal.twins.azure.table import Reference, all_types, tokens_by_arm_type
from apim_infra.rehearsal.twins.azure.world import texts
from apim_infra.rehearsal.twins.cloud.paths import path_parts, values_at
from apim_infra.rehearsal.twins.cloud.schema import shape_of
from apim_infra.rehearsal.twins.cloud.values import is_list, is_mapping
from apim_infra.rehearsal.twins.cloud.world import Thing

ROLE_DEFINITIONS = "microsoft.authorization/roledefinitions"
OTHER_WORDS = {"agentpools": "agentPoolProfiles", "extensions": "extensionProfile"}
"""Part of an id to the input that holds such parts, where they differ by more than case."""


MACHINE_CONTAINER = "iaasvmcontainer;"
"""How the names of containers begin that Azure Backup makes itself when a machine is protected."""


class Standing(Enum):
    """What the twin knows of an ARM id."""

    THERE = 1
    MISSING = 2
    UNKNOWN = 3
    """Of another subscription, or inside of what is brought along: it cannot be known."""


def check_scope(context: Context) -> Iterator[Problem]:
    """Yield a problem when the resource group or the parent of a resource does not exist."""
    group = next((there for there in ids.ancestors(context.id) if ids.GROUP.fullmatch(there)), "")
    if group and standing(context, group) is Standing.MISSING:
        name = ids.name_of(group)
        yield context.problem(
            "ResourceGroupNotFound",
            f"Resource group '{name}' could not be found.",
            "resourceGroupName",
            "take the name from the output of the resource group",
        )
        return
    for parent in ids.ancestors(context.id):
        token = tokens_by_arm_type().get(ids.type_of(parent).lower())
        if token is None or all_types()[token].implicit or ids.name_of(parent).lower().startswith(MACHINE_CONTAINER):
            continue
        if standing(context, parent) is Standing.MISSING:
            yield context.problem(
                "ParentResourceNotFound",
                "Can not perform requested operation on nested resource. "
                f"Parent resource '{ids.name_of(parent)}' not found.",
                _input_of(context, ids.name_of(parent)),
                "take the name from the output of the parent",
            )
        return


def _input_of(context: Context, name: str) -> str:
    found = (key for key in context.row.parameters if str(context.inputs.get(key, "")).rstrip("/").endswith(name))
    return next(found, "")


def check_references(context: Context, parts: Parts) -> Iterator[Problem]:
    """Yield a problem for every ARM id in the inputs that nothing has, and for every input that names the wrong type of thing."""
    typed = dict(_typed(context, parts))
    own_scope = context.row.parameters[0] if context.row.path.startswith("/{") else ""
    for path, text in texts(context.inputs):
        if path.startswith("tags.") or (path == own_scope and not ids.looks_like_id(text)):
            continue
        if ids.looks_like_id(text):
            yield from _named(context, path, text, typed.get(path))
        elif path.endswith((".id", "].id")) and text != UNKNOWN and path not in typed:
            yield _malformed(context, path, text)
    for path, reference in typed.items():
        text = _value(context, path)
        if not ids.looks_like_id(text) and text != UNKNOWN and not _allowed(reference, text):
            yield _malformed(context, path, text, reference)


def _typed(context: Context, parts: Parts) -> Iterator[tuple[str, Reference]]:
    for reference in parts.references:
        for path, _ in values_at(context.inputs, reference.path):
            yield path, reference


def _value(context: Context, path: str) -> Any:
    value: Any = context.inputs
    for part in path_parts(path.replace("[", ".").replace("]", "")):
        value = value[int(part)] if is_list(value) else value[part]
    return value


def _allowed(reference: Reference, text: Any) -> bool:
    return bool(reference.allow) and re.fullmatch(reference.allow, str(text)) is not None


def _malformed(context: Context, path: str, text: Any, reference: Reference | None = None) -> Problem:
    code = (reference.code if reference else "") or code_of(context.row.namespace, "malformed")
    message = (
        f"Property id '{text}' at path '{path}' is invalid. Expect fully qualified resource Id that start with "
        "'/subscriptions/{subscriptionId}' or '/providers/{resourceProviderNamespace}/'."
    )
    return context.problem(code, message, path, "take the id from the output of the resource")


def _named(context: Context, path: str, text: str, reference: Reference | None) -> Iterator[Problem]:
    if not ids.is_well_formed(text):
        yield _malformed(context, path, text, reference)
        return
    if reference is not None:
        wanted = (reference.to,) if isinstance(reference.to, str) else reference.to
        types = {all_types()[token].arm_type.lower() for token in wanted}
        if ids.type_of(text).lower() not in types:
            kinds = " or ".join(sorted(all_types()[token].arm_type for token in wanted))
            yield context.problem(
                reference.code or code_of(context.row.namespace, "malformed"),
                f"Property '{path}' must name a resource of type {kinds}, but '{text}' is of type {ids.type_of(text)}.",
                path,
                f"name a resource of type {kinds}",
                reference.source,
            )
            return
    if standing(context, text) is Standing.MISSING and not _elsewhere(context, text, reference):
        yield _missing(context, path, text, reference)


def _elsewhere(context: Context, text: str, reference: Reference | None) -> bool:
    """Tell whether an id lies in a resource group that is no part of the rehearsal, where that is allowed."""
    group = next((there for there in (text, *ids.ancestors(text)) if ids.GROUP.fullmatch(there)), "")
    return reference is not None and reference.elsewhere and context.find(group) is None


def _missing(context: Context, path: str, text: str, reference: Reference | None) -> Problem:
    if ids.type_of(text).lower() == ROLE_DEFINITIONS:
        message = f"The specified role definition with ID '{ids.name_of(text)}' does not exist."
        return context.problem("RoleDefinitionDoesNotExist", message, path, "use the GUID of a built-in role")
    code = (reference.missing_code if reference else "") or code_of(context.row.namespace, "missing")
    if context.row.namespace == "Microsoft.Network":
        message = (
            f"Resource {text} referenced by resource {context.id} was not found. Please make sure that the referenced "
            "resource exists, and that both resources are in the same region."
        )
    else:
        kind = f"{ids.type_of(text)}/{ids.name_of(text)}"
        message = f"The Resource '{kind}' under resource group '{ids.group_of(text)}' was not found."
    return context.problem(code, message, path, "take the id from the output of the resource that makes it")


def standing(context: Context, arm_id: str) -> Standing:
    """Tell whether an ARM id is that of a resource, or of a part of one."""
    type_, subscription = ids.type_of(arm_id).lower(), ids.subscription_of(arm_id)
    if context.world.at(arm_id) or ids.key(arm_id) == ids.key(context.id):
        return Standing.THERE
    if type_ == ROLE_DEFINITIONS:
        return Standing.THERE if is_built_in(ids.name_of(arm_id)) else Standing.MISSING
    if not subscription or subscription.lower() != context.subscription.lower():
        return Standing.UNKNOWN
    return Standing.THERE if type_ == ids.SUBSCRIPTION_TYPE.lower() else _inside(context, arm_id)


def _inside(context: Context, arm_id: str) -> Standing:
    """Look for what an id names in the nearest thing that holds it."""
    for ancestor in ids.ancestors(arm_id):
        if ids.key(ancestor) == ids.key(context.id):
            return _part(context.row.token, context.inputs, arm_id, ancestor)
        holder = context.world.at(ancestor)
        if holder is not None:
            return _held_by(holder, arm_id, ancestor)
    # What lies directly in the subscription (policy assignments, locations) is nothing that a rehearsal makes.
    return Standing.MISSING if ids.group_of(arm_id) else Standing.UNKNOWN


def _held_by(holder: Thing, arm_id: str, ancestor: str) -> Standing:
    if holder.assumed:
        return Standing.UNKNOWN
    if ids.GROUP.fullmatch(ancestor):
        return Standing.MISSING
    return _part(holder.type, holder.inputs, arm_id, ancestor)


def _part(token: str, inputs: Mapping[str, Any], arm_id: str, ancestor: str) -> Standing:
    """Tell whether the inputs of a resource describe the part of it that an id names."""
    kind, _, rest = arm_id[len(ancestor) :].strip("/").partition("/")
    name = rest.partition("/")[0]
    if kind.lower() == "providers":
        return Standing.MISSING
    wanted = OTHER_WORDS.get(kind.lower(), kind).lower()
    shapes = shape_of(token).properties().shapes
    property_ = next((known for known in shapes if known.lower() == wanted), "")
    if not property_:
        row = all_types().get(tokens_by_arm_type().get(ids.type_of(arm_id).lower(), ""))
        if row is not None and row.implicit and row.fixed:
            return Standing.THERE if name in row.fixed.values() else Standing.MISSING
        return Standing.UNKNOWN if row is None or row.implicit else Standing.MISSING
    items = inputs.get(property_)
    there = is_list(items) and any(is_mapping(item) and str(item.get("name")).lower() == name.lower() for item in items)
    return Standing.THERE if there else Standing.MISSING
