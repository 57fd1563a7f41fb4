"""Stack files as Pulumi writes and reads them: `Pulumi.<stack>.yaml`, its namespaces and its encrypted values."""

import json
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, cast

import yaml

from apim_infra.settings.fields import node_at
from apim_infra.settings.secret import PLACEHOLDER, Encrypted
from apim_infra.settings.violations import SettingsError, Violation

PROJECT = "apim"
"""Name of the Pulumi project, the namespace of its settings."""

PULUMI_KEYS = ("config", "encryptedkey", "encryptionsalt", "environment", "secretsprovider")
"""Top-level keys of a stack file, as Pulumi 3.272 reads them."""


@dataclass(frozen=True, slots=True)
class StackFile:
    """The content of one stack file."""

    settings: Mapping[str, Any]
    """Settings of the project by their top-level key, without namespace; encrypted values are placeholders."""
    violations: tuple[Violation, ...]
    """What is wrong with the file beside its settings."""


class _Reader(yaml.SafeLoader):
    """Reads YAML 1.2 scalars, as Pulumi does: `on` and `yes` are text, dates are text; refuses a key given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys: set[str] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                continue
            if key_node.value in keys:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key_node.value!r} is given twice", key_node.start_mark
                )
            keys.add(key_node.value)
        return super().construct_mapping(node, deep=deep)


_SCALARS = {
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?(0|[1-9][0-9]*)",
    "float": r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+[eE][-+]?[0-9]+|[0-9]+\.[0-9]*[eE][-+]?[0-9]+)",
    "null": r"~|null|Null|NULL|",
    "merge": r"<<",
}
_Reader.yaml_implicit_resolvers = {}
for _kind, _pattern in _SCALARS.items():
    # The types for PyYAML leave this method's arguments open.
    _Reader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(rf"^(?:{_pattern})$"), None)  # pyright: ignore[reportUnknownMemberType]


def read_stack_file(path: FilePath) -> StackFile:
    """Read a stack file; raises SettingsError when it cannot be read or is no YAML mapping."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _unreadable(path, None, f"cannot be read: {error.strerror}", "name a stack file that exists") from error
    except UnicodeDecodeError as error:
        raise _unreadable(path, None, "must be text in UTF-8", "save the file in UTF-8") from error
    return parse_stack_file(content, path)


def parse_stack_file(content: str, path: FilePath) -> StackFile:
    """Parse the text of a stack file; raises SettingsError when it is no YAML mapping."""
    try:
        document: Any = yaml.load(content, Loader=_Reader)  # noqa: S506  # a safe loader with YAML 1.2 scalars
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""
        raise _unreadable(path, None, f"is no YAML{place}: {error.problem}", "correct the line") from error
    except yaml.YAMLError as error:
        raise _unreadable(path, None, "is no YAML: it holds characters that YAML forbids", "save it as text") from error
    if document is None:
        document = {}
    if not isinstance(document, dict):
        raise _unreadable(path, None, "must be a map with the key config", "begin it with `config:`")
    violations: list[Violation] = []
    top = cast("dict[Any, Any]", document)
    for key in top:
        if key not in PULUMI_KEYS:
            fix = f"remove it, or indent it below config as {PROJECT}:{key}; keys here are {', '.join(PULUMI_KEYS)}"
            violations.append(Violation(f"{path.name}: {key}", None, "is not a key of a stack file", fix))
    config = top.get("config")
    if config is None:
        config = {}
    if not isinstance(config, dict):
        raise _unreadable(
            path, "config", "must be a map of settings", f"write `{PROJECT}:cloud: aws` and so on below it"
        )
    settings: dict[str, Any] = {}
    for key, value in cast("dict[Any, Any]", config).items():
        name = own_key(str(key))
        if name is None:
            continue
        if name in settings:
            violations.append(Violation(name, None, "is given twice", f"keep one of {key} and {PROJECT}:{name}"))
        settings[name] = structured(name, _with_placeholders(value))
    return StackFile(settings, tuple(violations))


def _unreadable(path: FilePath, key: str | None, rule: str, fix: str) -> SettingsError:
    place = str(path) if key is None else f"{path.name}: {key}"
    return SettingsError([Violation(place, None, rule, fix)])


def own_key(key: str) -> str | None:
    """Return a configuration key without the project's namespace, or None when it belongs to another namespace.

    `apim:network`, the long form `apim:config:network` and the bare `network` are the same key to Pulumi.
    """
    if ":" not in key:
        return key
    namespace, _, name = key.partition(":")
    return name.removeprefix("config:") if namespace == PROJECT else None


def _with_placeholders(value: Any) -> Any:
    if isinstance(value, dict):
        mapping = cast("dict[Any, Any]", value)
        if mapping.keys() == {"secure"} and isinstance(mapping["secure"], str):
            return PLACEHOLDER
        return {str(key): _with_placeholders(item) for key, item in mapping.items()}
    if isinstance(value, list):
        return [_with_placeholders(item) for item in cast("list[Any]", value)]
    return value


def structured(name: str, value: Any) -> Any:
    """Return a top-level value with its structure: without `--path`, `pulumi config set` keeps groups as JSON text."""
    node = node_at((name,))
    if node is None or not isinstance(value, str) or isinstance(value, Encrypted):
        return value
    if node.annotation is str or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
