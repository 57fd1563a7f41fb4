"""The Kubernetes twin: the provider plugin and the API server behind it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from apim_infra.rehearsal.provider import (
    Checked,
    Created,
    Difference,
    Instance,
    Leftover,
    Problem,
    Properties,
    Request,
    Settled,
)
from apim_infra.rehearsal.twins.kubernetes import invokes, kubeconfig, quota
from apim_infra.rehearsal.twins.kubernetes.cluster import Cluster
from apim_infra.rehearsal.twins.kubernetes.data import load
from apim_infra.rehearsal.twins.kubernetes.helm import Helm
from apim_infra.rehearsal.twins.kubernetes.kinds import RELEASE, from_token, token
from apim_infra.rehearsal.twins.kubernetes.server import Server
from apim_infra.rehearsal.twins.kubernetes.settling import settle

DEFAULT_VERSION = "1.35"


class KubernetesTwin:
    """Twin of the `kubernetes` provider.

    `version` is the API server's (`1.35`); `charts` is the folder that relative chart paths start from (the working directory when None);
    `crds` a folder of published definitions against which custom resources are checked when nothing that is deployed holds their schema.
    Each provider resource has a cluster of its own. Raises ValueError for a version without published schemas.
    """

    package = "kubernetes"

    def __init__(
        self, seed: int = 0, *, version: str = DEFAULT_VERSION, charts: Path | None = None, crds: Path | None = None
    ) -> None:
        self._server = Server(seed, version, crds)
        self._helm = Helm(self._server, charts)
        self._clusters: dict[str, Cluster] = {}
        self._types = frozenset({RELEASE, *(token(kind) for kind in self._server.built_in.kinds())})

    # -- types ------------------------------------------------------------------------------------------------------------------------

    def types(self) -> frozenset[str]:
        """Return the types of built-in kinds, and of Helm releases."""
        return self._types

    def knows(self, type_: str) -> bool:
        """Tell whether a type token names a kind: every custom resource has one of its own."""
        return type_ == RELEASE or from_token(type_) is not None

    # -- provider ---------------------------------------------------------------------------------------------------------------------

    def check_config(self, instance: Instance) -> tuple[Problem, ...]:
        """Check that the kubeconfig can be read and names what it has."""
        return tuple(kubeconfig.check(instance.inputs))

    def check(self, request: Request) -> Checked:
        """Validate an object as provider and API server do before they look at the cluster; name it."""
        cluster = self._cluster(request.provider)
        if request.type == RELEASE:
            return self._helm.check(cluster, request)
        return self._server.check(cluster, request)

    def diff(self, request: Request) -> Difference:
        """Compare inputs; fields that the API server does not change make the provider replace the object."""
        if request.type == RELEASE:
            return self._helm.diff(request)
        return self._server.diff(request)

    def create(self, request: Request) -> Created:
        """Create an object or install a release."""
        cluster = self._cluster(request.provider)
        if request.type == RELEASE:
            return self._helm.install(cluster, request)
        return self._server.create(cluster, request)

    def read(self, request: Request) -> Created:
        """Read an object or a release by its id."""
        cluster = self._cluster(request.provider)
        if request.type == RELEASE:
            return self._helm.read(cluster, request)
        return self._server.read(cluster, request)

    def update(self, request: Request) -> Created:
        """Update an object or upgrade a release."""
        cluster = self._cluster(request.provider)
        if request.type == RELEASE:
            return self._helm.upgrade(cluster, request)
        return self._server.update(cluster, request)

    def delete(self, request: Request) -> None:
        """Delete an object, with what goes with it, or uninstall a release; one that is gone already is no fault."""
        cluster = self._cluster(request.provider)
        if request.type == RELEASE:
            self._helm.uninstall(cluster, request)
        else:
            self._server.delete(cluster, request)

    def invoke(self, token: str, arguments: Properties, provider: Instance) -> Properties:
        """Decode YAML (`kubernetes:yaml:decode`) or render a chart (`kubernetes:helm:template`)."""
        return invokes.answer(token, arguments, kubeconfig.default_namespace(provider.inputs), self._helm)

    def injected_failure(self, type_: str) -> Problem:
        """Return how creation of such an object typically fails."""
        kind = from_token(type_)
        facts: dict[str, Any] = load("failures.yaml")
        failure: dict[str, str] = facts["failures"].get(kind.key if kind else "", facts["failures"]["*"])
        return Problem(failure["code"], failure["message"], source=str(facts["source"]))

    # -- world ------------------------------------------------------------------------------------------------------------------------

    def settle(self) -> tuple[Settled, ...]:
        """Return what never comes true of what the API servers accepted."""
        return tuple(found for cluster in self._clusters.values() for found in settle(cluster, self._server))

    def quotas(self) -> tuple[quota.Remaining, ...]:
        """Return every line of every quota, with what is left of it."""
        return tuple(line for cluster in self._clusters.values() for line in quota.report(cluster))

    def leftovers(self) -> tuple[Leftover, ...]:
        """Return what still exists, objects of releases left out: they go with their release."""
        return tuple(found for cluster in self._clusters.values() for found in _left(cluster))

    def snapshot(self) -> object:
        """Return the clusters as they are now."""
        return {urn: cluster.copy() for urn, cluster in self._clusters.items()}

    def restore(self, snapshot: object) -> None:
        """Put the clusters back."""
        self._clusters = {urn: cluster.copy() for urn, cluster in cast(dict[str, Cluster], snapshot).items()}

    def _cluster(self, instance: Instance) -> Cluster:
        if instance.urn not in self._clusters:
            cloud, region = kubeconfig.cloud(instance.inputs)
            self._clusters[instance.urn] = Cluster(cloud, region)
        return self._clusters[instance.urn]


def _left(cluster: Cluster) -> Iterator[Leftover]:
    for stored in cluster.all():
        if not stored.release:
            identity = f"{stored.namespace}/{stored.name}" if stored.namespace else stored.name
            yield Leftover(token(stored.kind), identity, stored.urn)
    for release in cluster.releases.values():
        yield Leftover(RELEASE, release.id, release.urn)
