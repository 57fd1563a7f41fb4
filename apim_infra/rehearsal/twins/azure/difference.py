"""What changed between two sets of inputs, and whether the provider replaces the resource for it."""

from collections.abc import Iterator

from apim_infra.rehearsal.provider import Difference, Problem, Request
from apim_infra.rehearsal.twins.azure.context import Context, short_location
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


def check_fixed(context: Context, parts: Parts) -> Iterator[Problem]:
    """Yield what an update cannot change: the engine replaces the resource for it, and only who goes around it comes here."""
    request = context.request
    for path in changes(request):
        if _same_place(request, path) or not _replaces(context.row, parts, path):
            continue
        if path == "location":
            message = (
                f"The resource '{context.name}' already exists in location '{(context.old or {}).get('location')}'. A resource with the "
                f"same name cannot be created in location '{context.inputs.get('location')}'."
            )
            yield context.problem("InvalidResourceLocation", message, path, "replace the resource")
        else:
            message = f"Changing property '{path}' is not allowed."
            yield context.problem("PropertyChangeNotAllowed", message, path, "replace the resource")


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
