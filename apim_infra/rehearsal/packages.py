"""Which twin stands for which Pulumi package; a twin is made when its package is first used."""

import threading
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from apim_infra.rehearsal.provider import Provider

TWINS: dict[str, tuple[str, str]] = {
    "aws": ("apim_infra.rehearsal.twins.aws.twin", "AwsTwin"),
    "azure-native": ("apim_infra.rehearsal.twins.azure.twin", "AzureTwin"),
    "kubernetes": ("apim_infra.rehearsal.twins.kubernetes.twin", "KubernetesTwin"),
    "random": ("apim_infra.rehearsal.twins.random", "RandomTwin"),
    "tls": ("apim_infra.rehearsal.twins.tls", "TlsTwin"),
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


def packages(seed: int = 0, directory: Path | None = None) -> Packages:
    """Return a twin for every package that can be rehearsed.

    `directory` is the folder of the program, from which relative paths of charts start; the working directory when None.
    """
    own: dict[str, dict[str, Any]] = {"kubernetes": {"charts": directory}}

    def maker(package: str, module: str, name: str) -> Callable[[], Provider]:
        return lambda: getattr(import_module(module), name)(seed, **own.get(package, {}))

    return Packages({package: maker(package, *place) for package, place in TWINS.items()})
