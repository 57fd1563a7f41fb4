"""Deterministic stand-ins for what a cloud makes up: the same seed and the same key always give the same value."""

from collections.abc import Sequence
from hashlib import shake_256
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """A stream of bytes that depends on nothing but its key.

    Not for secrets: whoever knows the key knows every value.
    """

    def __init__(self, *key: object) -> None:
        self._key = "\x1f".join(str(part) for part in key).encode()
        self._drawn = 0

    def draw(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        data = shake_256(self._key + self._drawn.to_bytes(4, "big")).digest(count)
        self._drawn += 1
        return data

    def hexadecimal(self, digits: int) -> str:
        """Return the next `digits` hexadecimal digits, lower case."""
        return self.draw((digits + 1) // 2).hex()[:digits]

    def below(self, bound: int) -> int:
        """Return the next whole number from 0 to `bound - 1`."""
        return int.from_bytes(self.draw(16), "big") % bound

    def choice(self, options: Sequence[T]) -> T:
        """Return one of `options`, which must not be empty."""
        return options[self.below(len(options))]

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """Return `options` in another order (Fisher-Yates)."""
        result = list(options)
        for last in range(len(result) - 1, 0, -1):
            other = self.below(last + 1)
            result[last], result[other] = result[other], result[last]
        return result
