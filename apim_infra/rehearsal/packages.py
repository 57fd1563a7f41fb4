"""Which twin stands for which Pulumi package; a twin is made when its package is first used."""

import threading
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module

from apim_infra.rehearsal.provider import Provider

TWINS: dict[str, tuple[str, str]] = {
    "aws": ("apim_infra.rehearsal.twins.aws.twin", "AwsTwin"),
    "kubernetes": ("apim_infra.rehearsal.twins.kubernetes.twin", "KubernetesTwin"),
    "random": ("apim_infra.rehearsal.twins.random", "RandomTwin"),
}
"""Package to module and class; a class is called with the seed."""


class Packages(Mapping[str, Provider]):
    """The twins of one rehearsal, each with its own world."""

    def __init__(self, makers: Mapping[str, Callable[[], Provider]]) -> None:
        self._makers = dict(makers)
        self._made: dict[str, Provider] = {}
        self._lock = threading.RLock()

    def __getitem__(self, package: str) -> Provider:
        with self._lock:
            if package not in self._made:
                self._made[package] = self._makers[package]()
            return self._made[package]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    def used(self) -> dict[str, Provider]:
        """Return the twins that were used so far."""
        with self._lock:
            return dict(self._made)


def packages(seed: int = 0) -> Packages:
    """Return a twin for every package that can be rehearsed."""

    def maker(module: str, name: str) -> Callable[[], Provider]:
        return lambda: getattr(import_module(module), name)(seed)

    return Packages({package: maker(*place) for package, place in TWINS.items()})
