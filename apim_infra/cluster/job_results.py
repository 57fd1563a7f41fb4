"""What Jobs write into the cluster when they run: here nothing runs in their pods, so that the rehearsal does it in their place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, cast

from pydantic import ConfigDict

from apim_infra.cluster.mirror import Object
from apim_infra.packaged import packaged_data

_STRICT = ConfigDict(extra="forbid")
_NAMED = re.compile(r"--secret-name[= ](\S+)")


@dataclass(frozen=True, slots=True)
class _Row:
    command: str
    """Pattern of a container's image, command and arguments."""
    secrets: dict[str, list[str]]
    """Name to keys."""

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Table:
    source: str
    date: date
    results: tuple[_Row, ...]

    __pydantic_config__ = _STRICT


@cache
def _table() -> _Table:
    return packaged_data("apim_infra.cluster", "job_results.yaml", _Table)


def written_by(job: Object) -> list[Object]:
    """Return the secrets that a Job writes into its own namespace; their values say that they are none."""
    found: list[Object] = []
    for container in _containers(job):
        words = " ".join([str(container.get("image", "")), *_texts(container, "command"), *_texts(container, "args")])
        row = next((row for row in _table().results if re.search(row.command, words)), None)
        named = _NAMED.search(words)
        for name, keys in row.secrets.items() if row else ():
            if "{secret}" not in name or named:
                found.append(_secret(name.replace("{secret}", named[1] if named else ""), keys, job))
    return found


def _containers(job: Object) -> list[Mapping[str, Any]]:
    spec = job.get("spec", {}).get("template", {}).get("spec", {})
    return cast(list[Mapping[str, Any]], spec.get("containers") or [])


def _texts(container: Mapping[str, Any], word: str) -> list[str]:
    return [str(each) for each in container.get(word) or ()]


def _secret(name: str, keys: list[str], job: Object) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": job["metadata"]["namespace"]},
        "stringData": dict.fromkeys(keys, "rehearsed"),
    }
