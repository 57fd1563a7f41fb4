"""Kinds of the API server: type tokens of the SDK, groups, versions, scope, and the built-in kinds' compiled schemas."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from apim_infra.rehearsal.twins.kubernetes.data import load
from apim_infra.rehearsal.twins.kubernetes.schema import Check, Compiler, quantity_check

RELEASE = "kubernetes:helm.sh/v3:Release"
_TOKEN = re.compile(r"kubernetes:(?:([a-z0-9.-]+)/)?(v\d+(?:(?:alpha|beta)\d+)?):([A-Z]\w*)")
_PREFIXES = (
    "io.k8s.apimachinery.pkg.api.resource.",
    "io.k8s.api.",
    "io.k8s.apimachinery.pkg.apis.",
    "io.k8s.apiextensions-apiserver.pkg.apis.",
)
_WORDS = {
    "enum": "enum",
    "minimum": "minimum",
    "maximum": "maximum",
    "minimum_length": "minLength",
    "maximum_length": "maxLength",
    "minimum_items": "minItems",
    "format": "x-format",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind in one version; the core group is the empty text."""

    group: str
    version: str
    name: str

    @property
    def api_version(self) -> str:
        """Return what manifests carry as `apiVersion`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def key(self) -> str:
        """Return group and kind, which stay the same over versions: `apps/Deployment`, `/Service`."""
        return f"{self.group}/{self.name}"

    @property
    def resource(self) -> str:
        """Return the plural name that URLs and messages use: `deployments.apps`."""
        return f"{plural(self.name)}.{self.group}" if self.group else plural(self.name)

    @property
    def qualified(self) -> str:
        """Return the kind as messages name it: `Deployment.apps`."""
        return f"{self.name}.{self.group}" if self.group else self.name

    @property
    def built_in(self) -> bool:
        """Tell whether the group belongs to Kubernetes itself."""
        return (self.group or "core") in load("kinds.yaml")["groups"]


def plural(name: str) -> str:
    """Return the plural of a kind in lower case, as the API server forms it."""
    known: dict[str, str] = load("kinds.yaml")["plurals"]
    lower = name.lower()
    if name in known:
        return known[name]
    if lower.endswith(("s", "x", "ch", "sh")):
        return lower + "es"
    if lower.endswith("y") and lower[-2] not in "aeiou":
        return lower[:-1] + "ies"
    return lower + "s"


@cache
def from_token(token: str) -> Kind | None:
    """Return the kind of a type token, None for a token of another form.

    `kubernetes:core/v1:Namespace` and `kubernetes:v1:Namespace` name the same kind.
    """
    match = _TOKEN.fullmatch(token)
    if not match:
        return None
    group, version, name = match.groups()
    return Kind("" if group in {None, "core"} else group, version, name)


def from_manifest(manifest: Mapping[str, Any]) -> Kind:
    """Return the kind of a manifest that has `apiVersion` and `kind`."""
    group, _, version = str(manifest.get("apiVersion", "")).rpartition("/")
    return Kind(group, version, str(manifest.get("kind", "")))


def token(kind: Kind) -> str:
    """Return the SDK's type token of a kind."""
    return f"kubernetes:{kind.group or 'core'}/{kind.version}:{kind.name}"


class BuiltIn:
    """The built-in kinds of one version of Kubernetes. Raises ValueError for a version without published schemas."""

    def __init__(self, version: str) -> None:
        folder = resources.files("kubernetes_validate").joinpath("kubernetes-json-schema")
        file = folder.joinpath(f"v{version}.0-local-strict", "_definitions.json")
        if not file.is_file():
            raise ValueError(f"no Kubernetes {version} schemas; there are: {', '.join(schema_versions())}")
        definitions = _constrained(json.loads(file.read_text(encoding="utf-8"))["$defs"])
        self.version = version
        self._compiler = Compiler(definitions, {"Quantity": quantity_check})
        self._names = {
            Kind(entry["group"], entry["version"], entry["kind"]): name
            for name, node in definitions.items()
            for entry in node.get("x-kubernetes-group-version-kind", ())
        }
        self._long = {_short(name): name for name in definitions}
        self._cluster_scoped = frozenset[str](load("kinds.yaml")["cluster_scoped"])

    def kinds(self) -> frozenset[Kind]:
        """Return every kind that this version serves."""
        return frozenset(self._names)

    def serves(self, kind: Kind) -> bool:
        """Tell whether this version serves the kind."""
        return kind in self._names

    def namespaced(self, kind: Kind) -> bool:
        """Tell whether objects of the built-in kind live in a namespace."""
        return kind.key not in self._cluster_scoped

    @property
    def metadata(self) -> Check:
        """Return the compiled schema of every object's metadata."""
        return self.definition("meta.v1.ObjectMeta")

    def definition(self, short: str) -> Check:
        """Return the compiled schema of a type by its short name: `core.v1.Toleration`, `Quantity`."""
        return self._compiler.definition(self._long[short])

    def check(self, kind: Kind) -> Check:
        """Return the compiled schema of a kind that is served."""
        return self._compiler.definition(self._names[kind])


def schema_versions() -> list[str]:
    """Return the versions of Kubernetes whose schemas are installed, oldest first: `1.35`."""
    folder = resources.files("kubernetes_validate").joinpath("kubernetes-json-schema")
    names = (re.fullmatch(r"v1\.(\d+)\.0-local-strict", entry.name) for entry in folder.iterdir())
    return [f"1.{minor}" for minor in sorted(int(match[1]) for match in names if match)]


@cache
def built_in(version: str) -> BuiltIn:
    """Return the built-in kinds of a version; compiled schemas are shared by every twin of the process."""
    return BuiltIn(version)


def _short(name: str) -> str:
    return next((name[len(prefix) :] for prefix in _PREFIXES if name.startswith(prefix)), name)


def _constrained(definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the definitions with the rules of `constraints.yaml` written into them."""
    rules: dict[str, Any] = load("constraints.yaml")["definitions"]
    return {
        name: _merged(node, rules[_short(name)]) if _short(name) in rules else node
        for name, node in definitions.items()
    }


def _merged(node: dict[str, Any], rules: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = dict(node["properties"])
    for field, rule in rules.items():
        if field != "required" and field in properties:  # a field may be newer than the version
            properties[field] = _merged_field(properties[field], rule)
    required = sorted({*node.get("required", ()), *rules.get("required", ())})
    return {**node, "properties": properties, "required": required}


def _merged_field(node: dict[str, Any], rule: dict[str, Any]) -> dict[str, Any]:
    merged = {**node, **{_WORDS[word]: value for word, value in rule.items() if word in _WORDS}}
    if "items" in node:
        item = {"enum": rule.get("item_enum"), "x-format": rule.get("item_format")}
        merged["items"] = {**node["items"], **{word: value for word, value in item.items() if value is not None}}
    return merged
