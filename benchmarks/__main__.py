"""Prints the figures; `python -m benchmarks speed` prints one group of them."""

import sys
from collections.abc import Callable

from benchmarks import groups, growth, memory, mutations, size, speed

GROUPS: dict[str, Callable[[], bool]] = {
    "size": size.report,
    "speed": speed.report,
    "memory": memory.report,
    "growth": growth.report,
    "groups": groups.report,
    "mutations": mutations.report,
}
"""Name to function; each prints its figures and tells whether they are within their bounds."""


def main(names: list[str]) -> int:
    """Print the wanted groups, all by default; return 1 when a figure is out of its bound, 2 for a group that does not exist."""
    unknown = [name for name in names if name not in GROUPS]
    if unknown:
        sys.stderr.write(f"no such group: {', '.join(unknown)}; groups are {', '.join(GROUPS)}\n")
        return 2
    held = [GROUPS[name]() for name in names or GROUPS]
    return 0 if all(held) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
