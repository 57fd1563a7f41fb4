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

    config: Mapping[str, Any]
    """Everything below `config:` by its full key (`apim:network`, `aws:region`); encrypted values are placeholders."""
    violations: tuple[Violation, ...]
    """What is wrong with the file itself."""

    @property
    def settings(self) -> dict[str, Any]:
        """The project's own settings by their top-level key, without namespace."""
        own = {key.removeprefix(f"{PROJECT}:"): value for key, value in self.config.items() if own_key(key) is not None}
        return {name: structured(name, value) for name, value in own.items()}


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


def read_stack_file(path: FilePath, project: str = PROJECT) -> StackFile:
    """Read a stack file of a Pulumi project; raises SettingsError when it cannot be read or is no YAML mapping."""
    return parse_stack_file(_text_of(path), path, project)


def read_document(path: FilePath) -> dict[Any, Any]:
    """Return a stack file as it stands, ciphertexts included; raises SettingsError when it cannot be read or is no YAML mapping."""
    return _parse_yaml(_text_of(path), path)


def _text_of(path: FilePath) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {error.strerror}", "name a stack file that exists") from error
    except UnicodeDecodeError as error:
        raise _unreadable(path, "must be text in UTF-8", "save the file in UTF-8") from error


def parse_stack_file(content: str, path: FilePath, project: str = PROJECT) -> StackFile:
    """Parse the text of a stack file; raises SettingsError when it is no YAML mapping."""
    document = _parse_yaml(content, path)
    violations = [
        Violation(
            f"{path.name}: {key}",
            None,
            "is not a key of a stack file",
            f"remove it, or indent it below config as {project}:{key}; keys here are {', '.join(PULUMI_KEYS)}",
        )
        for key in document
        if key not in PULUMI_KEYS
    ]
    raw = document.get("config")
    if raw is not None and not isinstance(raw, dict):
        raise _unreadable(path, "must have a map below config", f"write `{project}:<setting>: <value>` below it")
    config: dict[str, Any] = {}
    for key, value in cast("dict[Any, Any]", raw or {}).items():
        full = full_key(str(key), project)
        if full in config:
            violations.append(Violation(full, None, "is given twice, in two spellings", "keep one of them"))
        try:
            config[full] = _with_placeholders(value)
        except RecursionError as error:
            raise _unreadable(path, f"refers to itself below {full}", "write the value out") from error
    return StackFile(config, tuple(violations))


def load_yaml(content: str) -> Any:
    """Return what a text says in YAML 1.2, of which JSON is a part; raises YAMLError, ValueError or RecursionError."""
    return yaml.load(content, Loader=_Reader)  # noqa: S506  # a safe loader with YAML 1.2 scalars


def _parse_yaml(content: str, path: FilePath) -> dict[Any, Any]:
    try:
        document: Any = load_yaml(content)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""
        raise _unreadable(path, f"is no YAML{place}: {error.problem}", "correct the line") from error
    except yaml.YAMLError as error:
        raise _unreadable(path, "is no YAML: it holds characters that YAML forbids", "save it as text") from error
    except ValueError as error:
        raise _unreadable(path, "holds a number that is too long to be one", "write it in quotes") from error
    except RecursionError as error:
        raise _unreadable(path, "is nested too deeply", "flatten it") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise _unreadable(path, "must be a map with the key config", "begin it with `config:`")
    return cast("dict[Any, Any]", document)


def _unreadable(path: FilePath, rule: str, fix: str) -> SettingsError:
    return SettingsError([Violation(str(path), None, rule, fix)])


def full_key(key: str, project: str = PROJECT) -> str:
    """Return a configuration key in its one full spelling.

    `network`, `apim:network` and the long form `apim:config:network` are the same key to Pulumi.
    """
    namespace, separator, name = key.partition(":")
    return f"{namespace}:{name.removeprefix('config:')}" if separator else f"{project}:{key}"


def own_key(key: str) -> str | None:
    """Return a configuration key without the project's namespace, or None when it belongs to another namespace."""
    namespace, _, name = full_key(key).partition(":")
    return name if namespace == PROJECT else None


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
