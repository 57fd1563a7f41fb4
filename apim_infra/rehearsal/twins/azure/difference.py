"""What changed between two sets of inputs, and whether the provider replaces the resource for it."""

from apim_infra.rehearsal.provider import Difference, Request
from apim_infra.rehearsal.twins.azure.context import short_location
from apim_infra.rehearsal.twins.azure.parts import Parts
from apim_infra.rehearsal.twins.azure.table import ResourceType
from apim_infra.rehearsal.twins.cloud.difference import changes


def difference(row: ResourceType, parts: Parts, request: Request) -> Difference:
    """Compare `inputs` with `old_inputs`, paths of `ignore_changes` left out.

    The provider deletes before it creates, unless the name is one that it made up at random (`provider.go` of azure-native, 2026).
    """
    changed = tuple(path for path in changes(request) if not _same_place(request, path))
    replaced = tuple(path for path in changed if _replaces(row, parts, path))
    own_name = str(request.inputs.get(row.name_input, ""))
    automatic = row.automatic == "random" and own_name.startswith(request.name) and own_name != request.name
    return Difference(changed, replaced, bool(replaced) and not automatic)


def create_only_changes(row: ResourceType, parts: Parts, request: Request) -> tuple[str, ...]:
    """Return the changed paths that an update cannot bring about."""
    return tuple(path for path in changes(request) if not _same_place(request, path) and _replaces(row, parts, path))


def _same_place(request: Request, path: str) -> bool:
    """Tell whether a location is only written in another way."""
    return path == "location" and short_location(request.inputs.get(path)) == short_location(
        (request.old_inputs or {}).get(path)
    )


def _replaces(row: ResourceType, parts: Parts, path: str) -> bool:
    bare = ".".join(part.split("[", 1)[0] for part in path.split("."))
    if bare in (*row.parameters, "location"):
        return True
    fixed = row.create_only | parts.create_only
    # A whole object that came or went carries its create-only parts with it.
    return any(bare == only or bare.startswith(f"{only}.") or only.startswith(f"{bare}.") for only in fixed)
