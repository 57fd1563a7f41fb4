"""What a program registers: one resource with its options, as the engine holds it after inheritance and transforms."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from pulumi.runtime.proto import alias_pb2, resource_pb2, source_pb2

from apim_infra.rehearsal import protocol, wire

FOREIGN_FOLDERS = frozenset({"site-packages", "dist-packages", ".venv", "venv"})
"""Folders inside a program's own folder whose files are not the user's code."""

HOOK_KINDS = (
    "before_create",
    "after_create",
    "before_update",
    "after_update",
    "before_delete",
    "after_delete",
    "on_error",
)

IGNORED_FIELDS: dict[str, str] = {
    "acceptSecrets": "answers always keep secrets; every SDK that can be rehearsed accepts them",
    "acceptResources": "answers hold no resource references: twins answer with ids",
    "accepts_byte_string": "answers hold no byte strings",
    "aliasSpecs": "only told by old Node.js SDKs",
    "hideDiffs": "changes what the CLI prints, not what is deployed",
    "packageRef": "a parameterised package has no twin, so its types are unknown by name",
    "parentStackTraceHandle": "only sent by remote component providers",
    "pluginChecksums": "no plugin is downloaded",
    "snippetId": "only sent for programs made of snippets",
    "supportsPartialValues": "every SDK that can be rehearsed sends it as true",
    "supportsResultReporting": "every SDK that can be rehearsed sends it as true",
}
"""Fields of RegisterResourceRequest that a rehearsal does not use, with the reason; a contract test holds the list against the SDK."""


@dataclass(slots=True)
class Registration:
    """One resource as a program asks for it."""

    type: str
    name: str
    parent: str
    custom: bool
    remote: bool = False
    inputs: dict[str, Any] = field(default_factory=dict[str, Any])
    dependencies: list[str] = field(default_factory=list[str])
    property_dependencies: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    provider: str = ""
    """`urn::id` of the provider resource; empty for the default provider and for components."""
    providers: dict[str, str] = field(default_factory=dict[str, str])
    version: str = ""
    plugin_download_url: str = ""
    protect: bool | None = None
    retain_on_delete: bool | None = None
    deleted_with: str = ""
    aliases: list[Any] = field(default_factory=list[Any])
    ignore_changes: list[str] = field(default_factory=list[str])
    replace_on_changes: list[str] = field(default_factory=list[str])
    replace_with: list[str] = field(default_factory=list[str])
    replacement_trigger: Any = None
    delete_before_replace: bool | None = None
    additional_secret_outputs: list[str] = field(default_factory=list[str])
    import_id: str = ""
    custom_timeouts: dict[str, str] = field(default_factory=dict[str, str])
    environment: dict[str, str] = field(default_factory=dict[str, str])
    """Environment variables that a provider resource reads under another name."""
    hooks: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    state_migrations: int = 0
    source: str = ""
    """`file:line` of the user's code, relative to the program's folder."""


def parse(request: resource_pb2.RegisterResourceRequest, program: Path) -> Registration:
    """Read a request; transforms and what is inherited from the parent come later."""
    return Registration(
        type=request.type,
        name=request.name,
        parent=request.parent,
        custom=request.custom,
        remote=request.remote,
        inputs=wire.from_struct(request.object),
        dependencies=sorted(request.dependencies),
        property_dependencies={key: sorted(item.urns) for key, item in request.propertyDependencies.items()},
        provider=request.provider,
        providers=dict(request.providers),
        version=request.version,
        plugin_download_url=request.pluginDownloadURL,
        protect=request.protect if request.HasField("protect") else None,
        retain_on_delete=request.retainOnDelete if request.HasField("retainOnDelete") else None,
        deleted_with=request.deletedWith,
        aliases=[*request.aliasURNs, *aliases_of(protocol.aliases(request))],
        ignore_changes=list(request.ignoreChanges),
        replace_on_changes=list(request.replaceOnChanges),
        replace_with=list(request.replace_with),
        replacement_trigger=(
            wire.from_value(request.replacement_trigger) if request.HasField("replacement_trigger") else None
        ),
        delete_before_replace=(
            request.deleteBeforeReplace if request.deleteBeforeReplaceDefined or request.deleteBeforeReplace else None
        ),
        additional_secret_outputs=list(request.additionalSecretOutputs),
        import_id=request.importId,
        custom_timeouts=timeouts_of(request.customTimeouts),
        environment=dict(request.envVarMappings),
        hooks=hooks_of(request.hooks),
        state_migrations=protocol.state_migrations(request),
        source=source_of(protocol.positions(request), program),
    )


def aliases_of(aliases: Iterable[alias_pb2.Alias]) -> list[Any]:
    """Return aliases as URNs or, where only parts are given, as objects with those parts."""
    found: list[Any] = []
    for alias in aliases:
        if alias.HasField("urn"):
            found.append(alias.urn)
            continue
        spec = alias.spec
        parts: dict[str, Any] = {
            "name": spec.name,
            "type": spec.type,
            "stack": spec.stack,
            "project": spec.project,
            "parentUrn": spec.parentUrn,
            "noParent": spec.noParent,
        }
        found.append({key: value for key, value in parts.items() if value})
    return found


def timeouts_of(timeouts: resource_pb2.RegisterResourceRequest.CustomTimeouts) -> dict[str, str]:
    """Return the time-outs that are set, such as `{"create": "30m"}`."""
    given = {
        "create": timeouts.create,
        "update": timeouts.update,
        "delete": timeouts.delete,
        "read": timeouts.read,
    }
    return {key: value for key, value in given.items() if value}


def hooks_of(binding: resource_pb2.RegisterResourceRequest.ResourceHooksBinding) -> dict[str, list[str]]:
    """Return the names of the hooks of each kind that has any."""
    given = {kind: list(getattr(binding, kind)) for kind in HOOK_KINDS}
    return {kind: names for kind, names in given.items() if names}


def source_of(positions: Iterable[source_pb2.SourcePosition], program: Path) -> str:
    """Return `file:line` of the innermost call in the user's own code, relative to the program's folder."""
    for position in positions:
        if not position.uri:
            continue
        file = Path(unquote(urlparse(position.uri).path))
        if not file.is_relative_to(program):
            continue
        inside = file.relative_to(program)
        if FOREIGN_FOLDERS.isdisjoint(inside.parts[:-1]):
            return f"{inside.as_posix()}:{position.line}"
    return ""
