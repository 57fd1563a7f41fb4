"""Objects that the API server accepts, and wrong requests: the declarative table of `kubernetes_cases.yaml`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import kubernetes_support as support
import yaml

_DATA = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
_SHORT = {"container/": "spec/template/spec/containers/0/", "pod/": "spec/template/spec/"}

OBJECTS: dict[str, str] = {
    **_DATA["objects"],
    "Deployment": support.DEPLOYMENT,
    "Secret": support.SECRET,
    "Service": support.SERVICE,
}
"""Name to YAML text."""


@dataclass(frozen=True)
class Case:
    """One wrong request: what is wrong, of which object, what is set and left out, and the answer."""

    what: str
    of: str
    code: str
    words: str
    set: dict[str, Any] = field(default_factory=dict)
    drop: tuple[str, ...] = ()

    @property
    def request(self) -> dict[str, Any]:
        """The wrong object."""
        changes = [*self.set.items(), *((path, None) for path in self.drop)]
        return support.changed(OBJECTS[self.of], *((_long(path), value) for path, value in changes))

    @property
    def type(self) -> str:
        """Type token of the object that was meant, when the wrong one says something else."""
        return support.token_of(support.manifest(OBJECTS[self.of])) if "kind" in self.set else ""


def _long(path: str) -> str:
    start = next((short for short in _SHORT if path.startswith(short)), "")
    return _SHORT.get(start, "") + path.removeprefix(start)


CASES = [
    *(Case(**row) for row in _DATA["cases"]),
    Case("name too long", "Deployment", "Invalid", "no more than 253", {"metadata/name": "a" * 254}),
    Case("configuration of a megabyte", "ConfigMap", "Invalid", "Too long", {"data/mode": "x" * (1024 * 1024 + 1)}),
]
