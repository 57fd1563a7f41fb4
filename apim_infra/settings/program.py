"""Settings in the running program, where Pulumi hands over its configuration decrypted; and the way back."""

import json
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple, cast

from apim_infra.settings.load import Complete, Resolved, load_settings
from apim_infra.settings.secret import Encrypted
from apim_infra.settings.stack_file import own_key, structured


def from_program(config: Mapping[str, str], secret_keys: Collection[str], complete: Complete | None = None) -> Resolved:
    """Resolve the settings of the running program, and `complete` them.

    `config` is Pulumi's configuration: full keys (`apim:network`) and texts, groups and lists as JSON. `secret_keys`
    are the full keys that hold an encrypted value somewhere. Keys of other namespaces are ignored. Raises
    SettingsError; a secret setting whose key is not among `secret_keys` is refused: it lies in clear in the stack file.
    """
    encrypted = {own_key(key) for key in secret_keys}
    values: dict[str, Any] = {}
    for key, text in config.items():
        name = own_key(key)
        if name is None:
            continue
        value = structured(name, text)
        values[name] = _encrypted(value) if name in encrypted else value
    return load_settings(values) if complete is None else load_settings(values, complete=complete)


class ProgramConfig(NamedTuple):
    """Configuration as Pulumi's engine hands it to a program."""

    values: dict[str, str]
    """Texts by full key; groups and lists as JSON."""
    secret_keys: frozenset[str]
    """Full keys whose value holds something encrypted."""


def to_program(config: Mapping[str, Any]) -> ProgramConfig:
    """Return configuration by full key, as read from a stack file, in the form in which a program receives it."""
    values = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    return ProgramConfig(values, frozenset(key for key, value in config.items() if _holds_encrypted(value)))


def _encrypted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _encrypted(item) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_encrypted(item) for item in cast("list[Any]", value)]
    return Encrypted(value) if isinstance(value, str) else value


def _holds_encrypted(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_holds_encrypted(item) for item in cast("Mapping[str, Any]", value).values())
    if isinstance(value, list):
        return any(_holds_encrypted(item) for item in cast("list[Any]", value))
    return isinstance(value, Encrypted)
