"""The recorded graph: what a program registered, what is needed before what needs it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from apim_infra.findings import Finding, Severity

VERSION = 1


@dataclass(frozen=True, slots=True)
class Resource:
    """One registered resource. Secrets are `{"secret": true}` and nothing else."""

    urn: str
    type: str
    name: str
    parent: str
    custom: bool
    provider: str
    """`urn::id` of the provider resource, empty for components."""
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    dependencies: list[str]
    property_dependencies: dict[str, list[str]]
    protect: bool
    aliases: list[Any]
    ignore_changes: list[str]
    deleted_with: str
    source: str
    id: str = ""
    external: bool = False
    """Read or imported by its id, not created: it was there before the stack."""


@dataclass(slots=True)
class Graph:
    """A stack as recorded."""

    stack: str
    seed: int = 0
    """Seed of the ids and random values in it."""
    resources: list[Resource] = field(default_factory=list[Resource])
    exports: dict[str, Any] = field(default_factory=dict[str, Any])
    findings: list[Finding] = field(default_factory=list[Finding])

    def custom(self) -> Iterator[Resource]:
        """Iterate over resources that a provider keeps (no components, no stack)."""
        return (resource for resource in self.resources if resource.custom)

    def to_json(self) -> dict[str, Any]:
        """Return the documented form (`docs/graph.md`)."""
        return {
            "version": VERSION,
            "stack": self.stack,
            "seed": self.seed,
            "resources": [
                {
                    "urn": r.urn,
                    "type": r.type,
                    "name": r.name,
                    "parent": r.parent,
                    "custom": r.custom,
                    "id": r.id,
                    "external": r.external,
                    "provider": r.provider,
                    "inputs": r.inputs,
                    "outputs": r.outputs,
                    "dependencies": r.dependencies,
                    "propertyDependencies": r.property_dependencies,
                    "protect": r.protect,
                    "aliases": r.aliases,
                    "ignoreChanges": r.ignore_changes,
                    "deletedWith": r.deleted_with,
                    "source": r.source,
                }
                for r in self.resources
            ],
            "exports": self.exports,
            "findings": [finding.to_json() for finding in self.findings],
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Graph":
        """Read the documented form back. The caller validates `document` against the schema first."""
        return cls(
            stack=document["stack"],
            seed=document.get("seed", 0),
            resources=[
                Resource(
                    urn=r["urn"],
                    type=r["type"],
                    name=r["name"],
                    parent=r["parent"],
                    custom=r["custom"],
                    id=r.get("id", ""),
                    external=r.get("external", False),
                    provider=r["provider"],
                    inputs=r["inputs"],
                    outputs=r["outputs"],
                    dependencies=r["dependencies"],
                    property_dependencies=r["propertyDependencies"],
                    protect=r["protect"],
                    aliases=r["aliases"],
                    ignore_changes=r["ignoreChanges"],
                    deleted_with=r["deletedWith"],
                    source=r["source"],
                )
                for r in document["resources"]
            ],
            exports=document["exports"],
            findings=[Finding(**{**f, "severity": Severity(f["severity"])}) for f in document["findings"]],
        )
