"""What helm renders for an upgrade of a release, where that can be another thing than it rendered for the installation.

A chart that makes a password or a certificate each time it is rendered gives a running platform another one with each upgrade, unless it looks up the
one that is there.
"""

import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from apim_infra.cluster.apply import Key, key_of, spoken
from apim_infra.cluster.charts import Expanded
from apim_infra.cluster.mirror import Object

HOOKS = frozenset({"pre-install", "post-install"})
"""Phases of what runs once, around an installation or an upgrade: it is meant to differ."""
_TEMPLATES = (".yaml", ".yml", ".tpl")
_CHANGEABLE = re.compile(
    rb"\{\{[^}]*\b(?:Release\.(?:IsInstall|IsUpgrade|Revision)|lookup|rand(?:AlphaNum|Alpha|Numeric|Ascii|Bytes|Int)|shuffle"
    rb"|gen(?:CA|SelfSignedCert|SignedCert|PrivateKey)(?:WithKey)?|uuidv4|now|bcrypt|htpasswd|encryptAES)\b"
)
"""Words of a template that can make one rendering differ from another (helm's functions and sprig's, own knowledge of 2026-11)."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """How the rendering of an upgrade differs from that of the installation."""

    changed: Mapping[Key, Object]
    """Objects that say something else, in the namespace that they name."""
    more: tuple[str, ...]
    """Objects that the upgrade brings, in words."""
    less: tuple[str, ...]
    """Objects that it drops, in words."""


def can_differ(chart: Path) -> bool:
    """Tell whether a chart, a folder or a package, has a template that can render in another way the next time."""
    return any(_CHANGEABLE.search(content) for content in _templates(chart))


def upgrade(before: Expanded, after: Expanded) -> Upgrade:
    """Compare two renderings of a release, without its hooks."""
    old, new = _objects(before), _objects(after)
    return Upgrade(
        changed={key: manifest for key, manifest in new.items() if key in old and old[key] != manifest},
        more=tuple(sorted(spoken(manifest) for key, manifest in new.items() if key not in old)),
        less=tuple(sorted(spoken(manifest) for key, manifest in old.items() if key not in new)),
    )


def _objects(expanded: Expanded) -> dict[Key, Object]:
    return {key_of(each.manifest): each.manifest for each in expanded.objects if each.phase not in HOOKS}


def _templates(chart: Path) -> Iterator[bytes]:
    if chart.is_dir():
        for path in chart.rglob("*"):
            if path.name.endswith(".tgz"):
                yield from _templates(path)
            elif path.name.endswith(_TEMPLATES) and path.is_file():
                yield path.read_bytes()
        return
    with tarfile.open(chart) as package:
        for member in package:
            content = package.extractfile(member) if member.name.endswith(_TEMPLATES) else None
            if content is not None:
                yield content.read()
