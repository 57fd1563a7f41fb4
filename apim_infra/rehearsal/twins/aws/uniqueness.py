"""Names that are taken, and quotas."""

from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.cloud.world import Thing

QUOTA_HINT = "delete some, or ask AWS to raise the quota"


def is_taken(context: Context, name: str) -> bool:
    """Tell whether a name is in use where it must be unique, or still kept for something deleted."""
    rule = context.row.name
    kept = rule and context.world.find(f"{context.row.token}#deleted", name, rule.property)
    return bool(kept) or any(True for _ in _namesakes(context, name))


def check_unique(context: Context) -> Iterator[Problem]:
    """Yield a problem when the resource's name is taken."""
    rule = context.row.name
    if rule is None or not context.name:
        return
    for thing in _namesakes(context, context.name):
        yield context.problem(
            rule.taken_code,
            f"The {context.row.kind} '{context.name}' already exists",
            rule.property,
            f"choose another {rule.property}, or leave it out for an automatic one"
            + (" (a replacement is created before the old one is deleted)" if thing.urn == context.urn else ""),
        )
        return


def _namesakes(context: Context, name: str) -> Iterator[Thing]:
    rule = context.row.name
    if rule is None or rule.unique is None:
        return
    # Names are unique without regard to who made them: the thing that a replacement takes over from counts too.
    region = context.region if "region" in rule.unique else None
    scope = [key for key in rule.unique if key not in ("region", "account", "global")]
    for thing in context.world.matching(context.row.token, name, rule.property, region):
        if thing.id == context.id and thing.urn == context.urn:
            continue
        if all(thing[key] == context.inputs.get(key) for key in scope):
            yield thing


def check_quota(context: Context) -> Iterator[Problem]:
    """Yield a problem when there are as many as the default quota allows."""
    quota = context.row.quota
    if quota is None:
        return
    scope = [key for key in quota.within if key not in ("region", "account")]
    region = context.region if "region" in quota.within else None
    there = sum(
        all(thing[key] == context.inputs.get(key) for key in scope)
        for thing in context.world.all(context.row.token, region)
        # The one being replaced still counts in the cloud; what is only taken to exist does too.
    )
    if there >= quota.limit:
        yield context.problem(
            quota.code,
            f"The maximum number of {context.row.kind}s has been reached: the default quota is {quota.limit} per {' and '.join(quota.within)}",
            hint=QUOTA_HINT,
        )
