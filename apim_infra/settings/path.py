"""Setting paths in Pulumi's own spelling: `cluster.pools.user.min`, `gateway_groups[0].name`, `tags["cost.centre"]`."""

import re
from collections.abc import Sequence

Path = tuple[str | int, ...]
"""A setting path as its segments: keys as text, positions in lists as numbers."""

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SEGMENT = re.compile(
    r'(?P<dot>^|\.)(?P<key>[^.\[\]"=\s]+)|\[(?P<index>\d+)\]|(?:^|\.)?\["(?P<quoted>(?:[^"\\]|\\.)*)"\]'
)


def parse(text: str) -> Path:
    """Split a path into its segments; raises ValueError when it is not spelt as Pulumi spells paths."""
    segments: list[str | int] = []
    position = 0
    while position < len(text):
        found = _SEGMENT.match(text, position)
        if found is None:
            raise ValueError(f"{text!r} is not a setting path")
        if found["index"] is not None:
            segments.append(int(found["index"]))
        elif found["quoted"] is not None:
            segments.append(re.sub(r"\\(.)", r"\1", found["quoted"]))
        else:
            segments.append(found["key"])
        position = found.end()
    if not segments or isinstance(segments[0], int):
        raise ValueError(f"{text!r} is not a setting path")
    return tuple(segments)


def render(path: Sequence[str | int]) -> str:
    """Write the segments as a path that `parse` reads back."""
    text = ""
    for segment in path:
        if isinstance(segment, int):
            text += f"[{segment}]"
        elif _PLAIN_KEY.fullmatch(segment):
            text += f".{segment}" if text else segment
        else:
            escaped = segment.replace("\\", "\\\\").replace('"', '\\"')
            text += f'["{escaped}"]'
    return text
