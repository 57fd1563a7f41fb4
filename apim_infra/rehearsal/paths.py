"""Property paths such as `vpcConfig.subnetIds[0]`, `tags["a.b"]`, `rules[*].port`, and Kubernetes' `data[username]`."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

_PART = re.compile(r"""\.?([^.\[\]]+)|\[(\d+|\*)\]|\["((?:[^"\\]|\\.)*)"\]|\[([^\]"]+)\]""")

Path = tuple[str | int, ...]
"""Keys and indexes; `*` stands for every one."""


def parse(text: str) -> Path:
    """Read a path; what is no path is taken as one key."""
    parts: list[str | int] = []
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        if match is None:
            return (text,)
        key, index, quoted, bare = match.groups()
        if key is not None or bare is not None:
            parts.append(key or bare)
        elif quoted is not None:
            parts.append(quoted.replace('\\"', '"'))
        else:
            parts.append("*" if index == "*" else int(index))
        position = match.end()
    return tuple(parts)


def covers(selector: str, path: str) -> bool:
    """Tell whether a selector names a path, something above it or something below it."""
    return all(s in ("*", p) for s, p in zip(parse(selector), parse(path), strict=False))


def keep_old(new: Mapping[str, Any], old: Mapping[str, Any], ignored: Iterable[str]) -> dict[str, Any]:
    """Return new inputs with the old values at ignored paths, as `ignoreChanges` asks."""
    result: Any = dict(new)
    for selector in ignored:
        result = _keep(result, dict(old), parse(selector))
    return cast(dict[str, Any], result)


_ABSENT = object()


def _get(value: Any, key: str | int) -> Any:
    if isinstance(value, dict):
        return cast(dict[Any, Any], value).get(key, _ABSENT)
    if isinstance(value, list) and isinstance(key, int):
        items = cast(list[Any], value)
        return items[key] if key < len(items) else _ABSENT
    return _ABSENT


def _keep(new: Any, old: Any, path: Path) -> Any:
    if not path:
        return old
    head, rest = path[0], path[1:]
    if head == "*":
        for key in _keys(new, old):
            new = _keep(new, old, (key, *rest))
        return new
    kept = _keep(_get(new, head), _get(old, head), rest)
    return _set(new, head, kept)


def _keys(new: Any, old: Any) -> list[str | int]:
    if isinstance(new, dict):
        names = cast(dict[str, Any], new)
        return [
            *names,
            *(key for key in cast(dict[str, Any], old if isinstance(old, dict) else {}) if key not in names),
        ]
    if isinstance(new, list):
        return list(range(len(cast(list[Any], new))))
    return []


def _set(value: Any, key: str | int, item: Any) -> Any:
    if isinstance(value, dict):
        copy = dict(cast(dict[Any, Any], value))
        copy.pop(key, None) if item is _ABSENT else copy.update({key: item})
        return copy
    if isinstance(value, list) and isinstance(key, int) and item is not _ABSENT:
        before = cast(list[Any], value)
        return [item if place == key else old for place, old in enumerate(before)]
    return cast(Any, value)


def changed(old: Any, new: Any, path: str = "") -> list[str]:
    """Return the paths at which two values differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        before, after = cast(dict[str, Any], old), cast(dict[str, Any], new)
        found: list[str] = []
        for key in sorted(before.keys() | after.keys()):
            below = f"{path}.{key}" if path else key
            if key not in before or key not in after:
                found.append(below)
            else:
                found.extend(changed(before[key], after[key], below))
        return found
    if isinstance(old, list) and isinstance(new, list) and len(cast(list[Any], old)) == len(cast(list[Any], new)):
        pairs = enumerate(zip(cast(list[Any], old), cast(list[Any], new), strict=True))
        return [found for index, (b, a) in pairs for found in changed(b, a, f"{path}[{index}]")]
    return [] if old == new else [path]
