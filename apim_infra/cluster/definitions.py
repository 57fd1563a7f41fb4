"""Custom resource definitions from folders: those of add-ons whose charts are not at hand."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import yaml

from apim_infra.cluster.chart_shapes import value_at
from apim_infra.rehearsal.twins.kubernetes.data import parse_all

KIND = "CustomResourceDefinition"
_NEEDED = ("metadata.name", "spec.group", "spec.names.kind", "spec.versions")
_ENDINGS = ("*.yaml", "*.yml", "*.json")


class DefinitionsError(Exception):
    """A folder of definitions that cannot be used; the message names it and says what to do."""


def load(folders: Iterable[Path]) -> list[dict[str, Any]]:
    """Return the definitions in the files of folders, each with any number of YAML documents; other objects are left out.

    A definition that several files hold is taken from the first, in the order of folders and names. Raises DefinitionsError.
    """
    found: dict[str, dict[str, Any]] = {}
    for folder in folders:
        if not folder.is_dir():
            raise DefinitionsError(f"{folder} is no folder: give one with files of custom resource definitions")
        before = len(found)
        there = False
        for file in sorted(path for ending in _ENDINGS for path in folder.rglob(ending)):
            for definition in _of_file(file):
                there = True
                found.setdefault(str(definition["metadata"]["name"]), definition)
        if not there and len(found) == before:
            raise DefinitionsError(f"{folder} holds no custom resource definition: give the folder of their YAML files")
    return list(found.values())


def _of_file(file: Path) -> Iterator[dict[str, Any]]:
    try:
        documents = parse_all(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DefinitionsError(f"{file} cannot be read: {' '.join(str(error).split())}") from error
    for document in documents:
        if isinstance(document, dict) and cast(dict[str, Any], document).get("kind") == KIND:
            definition = cast(dict[str, Any], document)
            missing = next((path for path in _NEEDED if value_at(definition, path) in (None, "", [])), "")
            if missing:
                name = value_at(definition, _NEEDED[0])
                raise DefinitionsError(f"{file}: {KIND}{f' {name}' if name else ''} has no {missing}")
            yield definition


def served(definitions: Iterable[dict[str, Any]]) -> set[str]:
    """Return what definitions make the API server serve, as helm names it: `GROUP/VERSION` and `GROUP/VERSION/KIND`."""
    found: set[str] = set()
    for definition in definitions:
        spec: dict[str, Any] = definition["spec"]
        for version in spec["versions"]:
            if version.get("served", True):
                group = f"{spec['group']}/{version['name']}"
                found |= {group, f"{group}/{spec['names']['kind']}"}
    return found
