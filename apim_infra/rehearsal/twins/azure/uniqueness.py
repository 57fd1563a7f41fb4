"""Names that are taken in the whole of Azure, and names that stay taken after deletion, from `names.yaml`."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.table import PACKAGE
from apim_infra.rehearsal.twins.cloud.values import data_file
from apim_infra.rehearsal.twins.cloud.world import Thing


@lru_cache(maxsize=1)
def _global() -> Mapping[str, Mapping[str, Any]]:
    return data_file(PACKAGE, "names.yaml")["global"]


def check_unique(context: Context) -> Iterator[Problem]:
    """Yield a problem when another resource has a name that is unique in the whole of Azure, or when a deleted one keeps it."""
    rule = _global().get(context.row.token)
    if rule is None or context.old is not None:
        return
    name = context.name.lower()
    if any(str(other["name"]).lower() == name for other in context.all(context.row.token)):
        message = f"The name '{context.name}' is already taken."
        yield context.problem(rule["code"], message, context.row.name_input, "choose another name", rule["source"])
    elif context.find(_kept(context)) is not None:
        message = (
            f"The name '{context.name}' is already in use: a deleted resource keeps it for {rule['days']} days, "
            "until it is purged or recovered."
        )
        hint = "choose another name, recover the deleted one, or purge it where that is allowed"
        yield context.problem(rule["code"], message, context.row.name_input, hint, rule["source"])


def keep_name(context: Context) -> None:
    """Remember a name that stays taken after deletion."""
    rule = _global().get(context.row.token)
    if rule is None or not rule.get("days"):
        return
    arm_id = _kept(context)
    kept = {"name": context.name}
    context.world.put(Thing(f"{context.row.token}#deleted", arm_id, "", "", {}, kept, assumed=True))


def _kept(context: Context) -> str:
    return f"/deleted/{context.row.arm_type}/{context.name}"
