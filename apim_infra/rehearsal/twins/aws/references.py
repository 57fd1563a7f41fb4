"""References between resources: what an input names must exist, and what is named cannot be deleted."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.aws.checks import compiled
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.table import Reference, ResourceType
from apim_infra.rehearsal.twins.cloud.paths import values_at
from apim_infra.rehearsal.twins.cloud.world import Thing, World

Rows = Mapping[str, ResourceType]
Holders = Mapping[str, Sequence[tuple[str, Reference]]]
"""Target token to the types, and their references, that hold it."""


def targets(reference: Reference) -> tuple[str, ...]:
    """Return the type tokens that a reference may name."""
    return (reference.to,) if isinstance(reference.to, str) else reference.to


def check_references(context: Context, rows: Rows) -> Iterator[Problem]:
    """Yield a problem for every input that names nothing that exists, or something in another region."""
    for reference in context.row.references:
        for path, value in values_at(context.inputs, reference.path):
            if value == UNKNOWN or (reference.allow and compiled(reference.allow).fullmatch(str(value))):
                continue
            problem = _missing(context, rows, reference, path, value)
            if problem:
                yield problem


def _missing(context: Context, rows: Rows, reference: Reference, path: str, value: Any) -> Problem | None:
    world = context.world
    region = context.provider_region if context.region == "global" else context.region
    elsewhere: Thing | None = None
    for token in targets(reference):
        row = rows.get(token)
        scope = region if reference.same_region and (row is None or row.regional) else None
        if world.find(token, value, reference.by, scope):
            return None
        elsewhere = elsewhere or (world.find(token, value, reference.by) if scope else None)
    first = rows.get(targets(reference)[0])
    kind = first.kind if first else targets(reference)[0].rsplit(":", 1)[-1]
    message = reference.message.format(kind=kind, value=value)
    if elsewhere:
        hint = f"it is in {elsewhere.region}, this resource in {region}: use one of the same region"
        return context.problem(reference.region_code or reference.code, message, path, hint)
    return context.problem(
        reference.code, message, path, f"name a {kind} that exists, best by an output of its resource"
    )


def holding(rows: Rows) -> Holders:
    """Turn the table around: who may hold a type at its deletion."""
    holders: dict[str, list[tuple[str, Reference]]] = {}
    for row in rows.values():
        for reference in row.references:
            if reference.holds:
                for token in targets(reference):
                    holders.setdefault(token, []).append((row.token, reference))
    return holders


def check_held(
    thing: Thing, row: ResourceType, world: World, holders: Holders, make: Callable[..., Problem]
) -> Iterator[Problem]:
    """Yield a problem for everything that still names a thing about to be deleted."""
    for token, reference in holders.get(thing.type, ()):
        own = {thing[output] for output in reference.by.split("|")}
        for holder in world.all(token):
            if holder is thing or (
                reference.same_region and thing.region not in ("global", holder.region) and holder.region != "global"
            ):
                continue
            if any(value in own for _, value in values_at(holder.inputs, reference.path) if isinstance(value, str)):
                yield make(
                    reference.held_code,
                    f"The {row.kind} '{thing.id}' has dependencies and cannot be deleted: {holder.id} ({token}) uses it",
                    hint=f"delete {holder.urn.rsplit('::', 1)[-1] or holder.id} first, or make it depend on this resource",
                )
                break
