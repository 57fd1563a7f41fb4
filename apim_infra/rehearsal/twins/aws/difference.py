"""What changed between two sets of inputs, and whether the provider replaces the resource for it."""

from apim_infra.rehearsal.provider import Difference, Request
from apim_infra.rehearsal.twins.aws.cloudformation import facts_of
from apim_infra.rehearsal.twins.aws.table import ResourceType
from apim_infra.rehearsal.twins.cloud.difference import changes

NEVER_REPLACES = ("tags", "tagsAll")


def difference(row: ResourceType, request: Request) -> Difference:
    """Compare `inputs` with `old_inputs`, paths of `ignore_changes` left out."""
    changed = changes(request)
    replaced = tuple(path for path in changed if _replaces(row, path))
    return Difference(changed, replaced, row.delete_before_replace and bool(replaced))


def _replaces(row: ResourceType, path: str) -> bool:
    parts = [part.split("[", 1)[0] for part in path.split(".")]
    if parts[0] in NEVER_REPLACES:
        return False
    fixed = facts_of(row).create_only
    for length in range(1, len(parts) + 1):
        at = ".".join(parts[:length])
        if at in row.create_only or at in fixed:
            return at not in row.in_place
    # A whole object that came or went carries its create-only parts with it.
    return any(created.startswith(f"{path}.") and created not in row.in_place for created in (*row.create_only, *fixed))
