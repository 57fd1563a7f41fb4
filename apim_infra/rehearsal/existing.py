"""What the cloud has already before a program is rehearsed: networks, keys and clusters that are brought along, described in a file.

`Existing.<stack>.yaml` beside the stack file is read by itself; another file is named with `--existing`. What is not described there but read by
its id is taken to exist, and then nothing is known of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast, runtime_checkable

from apim_infra.rehearsal.provider import Problem, Properties, Provider
from apim_infra.settings.stack_file import read_document
from apim_infra.settings.violations import SettingsError, Violation

KEYS = frozenset({"type", "id", "region", "properties"})


@dataclass(frozen=True, slots=True)
class ExistingResource:
    """One resource that no program made."""

    type: str
    """Type token, such as `aws:ec2/vpc:Vpc` or `azure-native:network:VirtualNetwork`."""
    id: str
    """Identifier that the cloud shows (on Azure its ARM id); what the program reads it by."""
    region: str
    properties: Properties
    """What is known of it, in the provider's own names (camelCase)."""
    place: str
    """Where it is described, for messages: `Existing.prd.yaml: resources[0]`."""


@runtime_checkable
class Furnished(Protocol):
    """A twin whose world can hold what no program made."""

    def furnish(self, type_: str, id_: str, region: str, properties: Properties) -> tuple[Problem, ...]:
        """Put a resource into the world; return what is wrong with its description, and then it is not put there."""
        ...


def existing_file(stack_file: Path, stack: str) -> Path | None:
    """Return the description that belongs to a stack file, None when there is none."""
    path = stack_file.with_name(f"Existing.{stack}.yaml")
    return path if path.is_file() else None


def read_existing(path: Path) -> tuple[ExistingResource, ...]:
    """Read a description. Raises SettingsError with everything that is wrong with its form."""
    document = read_document(path)
    wrong: list[Violation] = []
    region, entries = document.get("region"), document.get("resources")
    if not isinstance(region, str):
        wrong.append(
            Violation(
                f"{path.name}: region", region, "must name the region of the resources", "write region: eu-west-1"
            )
        )
    unknown = sorted(set(document) - {"region", "resources"})
    wrong.extend(
        Violation(f"{path.name}: {key}", None, "is no key of this file", "use region and resources") for key in unknown
    )
    if not isinstance(entries, list):
        wrong.append(
            Violation(f"{path.name}: resources", None, "must be a list of resources", "write type, id and properties")
        )
        raise SettingsError(wrong)
    found: list[ExistingResource] = []
    for position, entry in enumerate(cast("list[Any]", entries)):
        place = f"{path.name}: resources[{position}]"
        problems = list(_problems(place, entry))
        wrong.extend(problems)
        if not problems and isinstance(region, str):
            found.append(
                ExistingResource(
                    entry["type"], entry["id"], entry.get("region", region), entry.get("properties", {}), place
                )
            )
    if wrong:
        raise SettingsError(wrong)
    return tuple(found)


def _problems(place: str, entry: Any) -> Iterator[Violation]:
    if not isinstance(entry, Mapping):
        yield Violation(place, entry, "must be a resource", "write type, id and properties")
        return
    given = cast("Mapping[str, Any]", entry)
    for key in ("type", "id"):
        if not isinstance(given.get(key), str) or not given[key]:
            yield Violation(f"{place}.{key}", given.get(key), "is required, as text", f"write {key}: ...")
    if not isinstance(given.get("properties", {}), Mapping):
        yield Violation(f"{place}.properties", None, "must be a map", "write what is known, such as cidrBlock: ...")
    for key in sorted(set(given) - KEYS):
        yield Violation(f"{place}.{key}", None, "is no key of a resource", f"use {', '.join(sorted(KEYS))}")


def furnish(existing: tuple[ExistingResource, ...], twins: Mapping[str, Provider]) -> None:
    """Put everything into the worlds of the twins. Raises SettingsError with every description that is wrong."""
    wrong: list[Violation] = []
    for resource in existing:
        package = resource.type.split(":", 1)[0]
        twin = twins.get(package)
        if not isinstance(twin, Furnished):
            wrong.append(
                Violation(
                    f"{resource.place}.type",
                    resource.type,
                    "is of no cloud that is rehearsed",
                    "use aws:... or azure-native:...",
                )
            )
            continue
        wrong.extend(
            Violation(
                f"{resource.place}.{problem.path}",
                resource.id if problem.path == "id" else None,
                problem.message,
                problem.hint,
            )
            for problem in twin.furnish(resource.type, resource.id, resource.region, resource.properties)
        )
    if wrong:
        raise SettingsError(wrong)
