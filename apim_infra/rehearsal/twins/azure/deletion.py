"""What refuses a deletion: locks, users of the resource, what is left inside of it."""

from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.table import ResourceType, all_types
from apim_infra.rehearsal.twins.azure.world import ArmWorld
from apim_infra.rehearsal.twins.cloud.world import Thing

LOCKS = (
    "azure-native:authorization:ManagementLockByScope",
    "azure-native:authorization:ManagementLockAtResourceGroupLevel",
)
READ_ONLY = "readonly"
LOCK_SOURCE = "Lock resources with Azure Resource Manager, 2024"


def check_locks(context: Context, verb: str) -> Iterator[Problem]:
    """Yield a problem when a lock forbids to `delete` or `write` a resource."""
    if context.row.token in LOCKS:
        return
    own = ids.key(context.id)
    for lock in (lock for token in LOCKS for lock in context.world.all(token)):
        scope = ids.key(ids.parent_of(lock.id))
        above = own == scope or own.startswith(f"{scope}/")
        inside = verb == "delete" and scope.startswith(f"{own}/")
        strict = verb == "delete" or str(lock.inputs.get("level")).lower() == READ_ONLY
        if strict and (above or inside):
            yield context.problem(
                "ScopeLocked",
                f"The scope '{context.id}' cannot perform {verb} operation because following scope(s) are locked: "
                f"'{ids.parent_of(lock.id)}'. Please remove the lock and try again.",
                hint="delete the lock first: let it depend on what it protects",
                source=LOCK_SOURCE,
            )
            return


def check_held(context: Context) -> Iterator[Problem]:
    """Yield a problem when something that stays still names the resource, or a part of it that is held."""
    world = context.world
    for thing in (context.find(context.id), *world.below(context.id)):
        row = all_types().get(thing.type) if thing else None
        if thing is None or row is None or not row.held:
            continue
        user = next(_users(world, thing, context.id), None)
        if user is not None:
            yield context.problem(
                row.held,
                f"{row.arm_type} {ids.name_of(thing.id)} is in use by {user.id} and cannot be deleted.",
                hint=f"delete {user.urn.rsplit('::', 1)[-1] or ids.name_of(user.id)} first, or let it depend on this resource",
            )
            return


def _users(world: ArmWorld, thing: Thing, being_deleted: str) -> Iterator[Thing]:
    prefix = ids.key(being_deleted) + "/"
    return (
        user
        for user in world.naming(thing.id)
        if not ids.key(user.id).startswith(prefix) and user.type not in LOCKS and not user.assumed
    )


def check_contents(context: Context) -> Iterator[Problem]:
    """Yield a problem when a type that must be empty is not."""
    if not context.row.contains:
        return
    for thing in context.world.below(context.id):
        row = all_types().get(thing.type)
        if row and row.arm_type.startswith(f"{context.row.arm_type}/") and not _goes_with(row):
            yield context.problem(
                context.row.contains,
                f"Can not delete resource before nested resources are deleted: {thing.id} is left.",
                hint=f"delete {ids.name_of(thing.id)} first",
            )
            return


def _goes_with(row: ResourceType) -> bool:
    return row.goes_with_parent or row.implicit
