"""Property values as the engine sees them: plain Python values, secrets, references to resources, outputs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from apim_infra.rehearsal.provider import UNKNOWN

MASK: dict[str, Any] = {"secret": True}
"""What stands for a secret in a graph."""

SHORTEST_SECRET, SHORTEST_WORD = 6, 8
"""Characters; a shorter secret, or a shorter one of letters or digits alone (`admin`, `5432`), is not looked for in other texts, which hold such words
by chance. Where it stands it is masked all the same."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret value; the value itself holds no further secret."""

    value: Any

    def __repr__(self) -> str:
        return "Secret([secret])"


@dataclass(frozen=True, slots=True)
class Reference:
    """A resource that is passed as a value."""

    urn: str
    id: Any = None
    """None for a component, `UNKNOWN` when the id is not known yet."""
    version: str = ""


@dataclass(frozen=True, slots=True)
class OutputValue:
    """A value with the resources that it depends on; only transforms and remote components see it."""

    value: Any
    known: bool
    secret: bool
    dependencies: tuple[str, ...] = ()


def plain(value: Any) -> Any:
    """Return a value as a provider that accepts neither secrets nor references gets it."""
    if isinstance(value, str):  # first, since most values are texts
        return value
    if isinstance(value, dict):
        return {key: plain(item) for key, item in cast(dict[str, Any], value).items()}
    if isinstance(value, list):
        return [plain(item) for item in cast(list[Any], value)]
    if isinstance(value, Reference):
        return value.urn if value.id is None else value.id or UNKNOWN
    if isinstance(value, OutputValue) and not value.known:
        return UNKNOWN
    return plain(value.value) if isinstance(value, Secret | OutputValue) else value


def masked(value: Any) -> Any:
    """Return a value as a graph shows it: every secret is `{"secret": true}`."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return {key: masked(item) for key, item in cast(dict[str, Any], value).items()}
    if isinstance(value, list):
        return [masked(item) for item in cast(list[Any], value)]
    if isinstance(value, Secret):
        return dict(MASK)
    return plain(value)


def downgraded(value: Any) -> Any:
    """Turn output values into plain values, secrets and unknowns, as the engine does before a provider sees them."""
    if isinstance(value, dict):
        return {key: downgraded(item) for key, item in cast(dict[str, Any], value).items()}
    if isinstance(value, list):
        return [downgraded(item) for item in cast(list[Any], value)]
    if isinstance(value, OutputValue):
        inner = downgraded(value.value) if value.known else UNKNOWN
        return secret(inner) if value.secret else inner
    if isinstance(value, Secret):
        return secret(downgraded(value.value))
    return value


def secret(value: Any) -> Secret:
    """Wrap a value as a secret; what is inside is unwrapped first."""
    return Secret(plain(value))


def children(value: Any) -> Iterable[Any]:
    """Return the values directly inside a value."""
    if isinstance(value, dict):
        return cast(dict[str, Any], value).values()
    if isinstance(value, list):
        return cast(list[Any], value)
    if isinstance(value, Secret | OutputValue):
        return (value.value,)
    if isinstance(value, Reference) and value.id is not None:
        return (value.id,)
    return ()


def within(value: Any) -> Iterator[Any]:
    """Iterate over a value and all that is inside, in no order."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        yield item
        if not isinstance(item, str):
            waiting.extend(children(item))


def has_secret(value: Any) -> bool:
    """Tell whether a secret is anywhere inside."""
    return any(isinstance(item, Secret) or (isinstance(item, OutputValue) and item.secret) for item in within(value))


def has_unknown(value: Any) -> bool:
    """Tell whether an unknown value is anywhere inside."""
    return UNKNOWN in within(value)


def unknown_paths(value: Any, path: str = "") -> Iterator[str]:
    """Iterate over the property paths of unknown values."""
    if isinstance(value, dict):
        for key, item in cast(dict[str, Any], value).items():
            yield from unknown_paths(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(cast(list[Any], value)):
            yield from unknown_paths(item, f"{path}[{index}]")
    elif value == UNKNOWN:
        yield path
    else:
        for item in children(value):
            yield from unknown_paths(item, path)


def dependencies_of(value: Any) -> set[str]:
    """Return the URNs that output values inside depend on."""
    found = set(value.dependencies) if isinstance(value, OutputValue) else set[str]()
    for item in children(value):
        found |= dependencies_of(item)
    return found


def worth_hiding(text: str) -> bool:
    """Tell whether a secret is looked for in other texts."""
    return text != UNKNOWN and len(text) >= (SHORTEST_WORD if text.isalpha() or text.isdigit() else SHORTEST_SECRET)


def secret_texts(value: Any, *, inside: bool = False) -> Iterator[str]:
    """Iterate over texts inside secrets, so that they can be kept out of messages."""
    if inside:
        yield from (item for item in within(value) if isinstance(item, str) and worth_hiding(item))
        return
    for item in within(value):
        if isinstance(item, Secret) or (isinstance(item, OutputValue) and item.secret):
            yield from secret_texts(item.value, inside=True)


def with_secrets_of(outputs: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Mark outputs secret where the input of the same key was, as the engine does for a provider that does not keep secrets itself."""
    result = dict(outputs)
    for key, given in inputs.items():
        if key not in result:
            continue
        have = result[key]
        if isinstance(have, dict) and isinstance(given, dict):
            result[key] = with_secrets_of(cast(dict[str, Any], have), cast(dict[str, Any], given))
        elif not isinstance(have, Secret) and has_secret(given):
            result[key] = secret(have)
    return result


def with_texts_hidden(value: Any, texts: frozenset[str]) -> Any:
    """Mark every text secret that holds one of the secret `texts`."""
    everything = "\0".join(item for item in within(value) if isinstance(item, str))
    there = [text for text in texts if text in everything]
    return _with_hidden(value, there) if there else value


def _with_hidden(value: Any, texts: Sequence[str]) -> Any:
    if isinstance(value, str):
        return Secret(value) if any(text in value for text in texts) else value
    if isinstance(value, dict):
        return {key: _with_hidden(item, texts) for key, item in cast(dict[str, Any], value).items()}
    if isinstance(value, list):
        return [_with_hidden(item, texts) for item in cast(list[Any], value)]
    return value
