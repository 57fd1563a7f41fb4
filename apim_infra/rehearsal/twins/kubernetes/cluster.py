"""The objects of one cluster: what exists, what Helm releases stand for, what a new cluster holds already."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from apim_infra.rehearsal.twins.kubernetes.data import load
from apim_infra.rehearsal.twins.kubernetes.kinds import Kind
from apim_infra.rehearsal.twins.kubernetes.objects import Object, annotations_of
from apim_infra.rehearsal.twins.kubernetes.usage import Demand

_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


@dataclass(frozen=True, slots=True)
class Stored:
    """One object of the cluster; its manifest is never changed."""

    kind: Kind
    namespace: str
    """Empty for objects outside namespaces."""
    name: str
    manifest: Object
    urn: str
    release: str = ""
    """`namespace/name` of the Helm release that rendered it, empty for a resource of its own."""
    demand: Demand = field(default_factory=Demand)
    """What it takes from quotas, with the defaults that its namespace had when it came."""


@dataclass(frozen=True, slots=True)
class Release:
    """One Helm release."""

    namespace: str
    name: str
    chart: str
    urn: str
    rendered: bool
    """Whether its objects are known."""
    groups: frozenset[str] = frozenset()
    """API groups of custom resources that it brings without being rendered."""
    makes: frozenset[tuple[str, str]] = frozenset()
    """Kind (`networking.k8s.io/IngressClass`) and name of objects that it is known to make without being rendered."""
    controllers: frozenset[str] = frozenset()
    """Controllers of the Gateway API that it runs: `gateway.envoyproxy.io/gatewayclass-controller`."""
    names: frozenset[str] = frozenset()
    """Names that its values declare for objects, besides its own."""

    @property
    def id(self) -> str:
        """Return the provider's id of the release."""
        return f"{self.namespace}/{self.name}"


@dataclass(slots=True)
class Cluster:
    """The world behind one provider instance."""

    cloud: str = ""
    """`eks`, `aks`, or empty when the API server's address does not tell."""
    region: str = ""
    objects: dict[str, dict[tuple[str, str], Stored]] = field(default_factory=dict[str, dict[tuple[str, str], Stored]])
    """Group and kind to namespace and name to object."""
    releases: dict[tuple[str, str], Release] = field(default_factory=dict[tuple[str, str], Release])

    def copy(self) -> "Cluster":
        """Return a cluster that later changes of this one do not reach."""
        objects = {key: dict(stored) for key, stored in self.objects.items()}
        return Cluster(self.cloud, self.region, objects, dict(self.releases))

    def put(self, stored: Stored) -> None:
        """Store an object, in place of one of the same kind and name."""
        self.objects.setdefault(stored.kind.key, {})[stored.namespace, stored.name] = stored

    def get(self, key: str, namespace: str, name: str) -> Stored | None:
        """Return an object by group and kind (`apps/Deployment`), namespace and name."""
        return self.objects.get(key, {}).get((namespace, name))

    def remove(self, stored: Stored) -> None:
        """Remove an object; nothing happens when it is gone already."""
        self.objects.get(stored.kind.key, {}).pop((stored.namespace, stored.name), None)

    def of(self, key: str, namespace: str | None = None) -> Iterator[Stored]:
        """Iterate over the objects of a kind, of one namespace when it is given."""
        for stored in self.objects.get(key, {}).values():
            if namespace is None or stored.namespace == namespace:
                yield stored

    def all(self) -> Iterator[Stored]:
        """Iterate over every object."""
        for stored in self.objects.values():
            yield from stored.values()

    def exists(self, key: str, namespace: str, name: str) -> bool:
        """Tell whether an object is there, those of a new cluster included."""
        return self.get(key, namespace, name) is not None or self._built_in(key, namespace, name)

    def _built_in(self, key: str, namespace: str, name: str) -> bool:
        known = load("builtin.yaml")
        everywhere = {"/ServiceAccount": "service_accounts", "/ConfigMap": "config_maps"}
        outside_namespaces = {"/Namespace": "namespaces", "scheduling.k8s.io/PriorityClass": "priority_classes"}
        if key in everywhere:
            return name in known[everywhere[key]]
        if key in outside_namespaces:
            return name in known[outside_namespaces[key]]
        if key == "rbac.authorization.k8s.io/ClusterRole":
            return name in known["cluster_roles"] or name.startswith("system:")
        if key == "/Service":
            return f"{namespace}/{name}" in known["services"]
        cloud = known["clouds"].get(self.cloud, {})
        return (key == "storage.k8s.io/StorageClass" and name in cloud.get("storage_classes", ())) or (
            key == "networking.k8s.io/IngressClass" and name in cloud.get("ingress_classes", ())
        )

    def storage_classes_known(self) -> bool:
        """Tell whether the classes that the cluster came with are known."""
        return bool(self.cloud)

    def default_storage_class(self) -> str:
        """Return the class of claims that name none, empty when there is none."""
        for stored in self.of("storage.k8s.io/StorageClass"):
            if annotations_of(stored.manifest).get(_DEFAULT_CLASS) == "true":
                return stored.name
        cloud: dict[str, Any] = load("builtin.yaml")["clouds"].get(self.cloud, {})
        return str(cloud.get("default", ""))

    def cloud_groups(self) -> frozenset[str]:
        """Return the API groups of custom resources that the cloud's service installs."""
        cloud: dict[str, Any] = load("builtin.yaml")["clouds"].get(self.cloud, {})
        return frozenset(cloud.get("groups", ()))

    def may_come_from_release(self, key: str, namespace: str, name: str) -> str:
        """Return the release, not rendered, that may make an object of this kind and name; empty when none can.

        Charts name what they make after the release, by custom; others are declared by values, or known of a chart.
        """
        for release in self.releases.values():
            if release.rendered:
                continue
            stems = (release.name, *release.names)
            named = any(name == stem or name.startswith(f"{stem}-") for stem in stems)
            if (key, name) in release.makes or (release.namespace == namespace and named):
                return release.id
        return ""
