"""The API server: what it accepts, what it refuses, what it keeps."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from apim_infra.rehearsal.provider import Checked, Created, Difference, Problem, RejectedError, Request
from apim_infra.rehearsal.twins.chance import Chance
from apim_infra.rehearsal.twins.kubernetes import admission, custom_fields, difference, kubeconfig, naming, quota
from apim_infra.rehearsal.twins.kubernetes.cluster import Cluster, Stored
from apim_infra.rehearsal.twins.kubernetes.custom import CustomKinds, Served, no_match
from apim_infra.rehearsal.twins.kubernetes.demand import demand
from apim_infra.rehearsal.twins.kubernetes.faults import required
from apim_infra.rehearsal.twins.kubernetes.kinds import Kind, built_in, from_manifest, from_token
from apim_infra.rehearsal.twins.kubernetes.objects import (
    Object,
    annotations_of,
    labels_of,
    metadata,
    name_of,
    pod_spec,
    pod_template,
)
from apim_infra.rehearsal.twins.kubernetes.outputs import outputs
from apim_infra.rehearsal.twins.kubernetes.removal import remove
from apim_infra.rehearsal.twins.kubernetes.rules import check_name, check_object
from apim_infra.rehearsal.twins.kubernetes.schema import hidden
from apim_infra.rehearsal.values import has_unknown

_SOURCE = "Kubernetes API server"
_SECRET_OUTPUTS = {"/Secret": frozenset({"data", "stringData"})}


def fail(code: str, message: str, path: str = "", hint: str = "") -> RejectedError:
    """Return the refusal of a request for one reason."""
    return RejectedError([Problem(code, message, path, hint, _SOURCE)])


class Server:
    """Answers requests about objects; the objects are in the cluster that comes with each request."""

    def __init__(self, seed: int, version: str, crds: Path | None) -> None:
        self.seed = seed
        self.built_in = built_in(version)
        self.custom = CustomKinds(crds)

    # -- requests of the provider -----------------------------------------------------------------------------------------------------

    def check(self, cluster: Cluster, request: Request) -> Checked:
        """Validate an object without looking at what the cluster holds."""
        kind = _kind(request)
        manifest = naming.with_type(kind, naming.without_nulls(dict(request.inputs)))
        problems = list(_type_faults(kind, manifest))
        if naming.metadata_hidden(manifest):
            return Checked(manifest, tuple(problems))
        manifest = manifest if patches(kind) else naming.named(self.seed, request, manifest)
        inside = self.namespaced(cluster, kind)
        manifest = naming.placed(manifest, kubeconfig.default_namespace(request.provider.inputs) if inside else "")
        if not problems:
            problems += self.faults(kind, manifest)
        return Checked(manifest, tuple(problems))

    def diff(self, request: Request) -> Difference:
        """Compare two states of an object."""
        kind, old = _kind(request), request.old_inputs or {}
        return difference.compare(kind, old, request.inputs, request.ignore_changes, request.provider.inputs)

    def create(self, cluster: Cluster, request: Request) -> Created:
        """Create an object. Raises RejectedError."""
        kind = _kind(request)
        if patches(kind):
            return _patched(request)
        stored, problems, unverified = self.admit(cluster, kind, revealed(dict(request.inputs)), request.urn)
        upserts = str(request.provider.inputs.get("upsertExistingObjects", "")).lower() == "true"
        if cluster.exists(kind.key, stored.namespace, stored.name) and not upserts:
            problems.insert(0, _already_exists(stored))
        return self._store(cluster, request, stored, problems, unverified)

    def update(self, cluster: Cluster, request: Request) -> Created:
        """Update an object in place. Raises RejectedError."""
        kind = _kind(request)
        if patches(kind):
            return _patched(request)
        manifest = revealed(dict(request.inputs))
        stored, problems, unverified = self.admit(cluster, kind, manifest, request.urn)
        if cluster.get(kind.key, stored.namespace, stored.name) is None:
            raise fail("NotFound", f'{kind.resource} "{stored.name}" not found')
        problems += self._worded(kind, stored.name, difference.update_faults(kind, request.old_inputs or {}, manifest))
        return self._store(cluster, request, stored, problems, unverified, generation=2)

    def read(self, cluster: Cluster, request: Request) -> Created:
        """Read an object by id. Raises RejectedError when there is none."""
        kind = _kind(request)
        namespace, _, name = request.id.rpartition("/")
        if self.namespaced(cluster, kind):
            namespace = namespace or "default"
        stored = cluster.get(kind.key, namespace, name)
        if stored is None and cluster.exists(kind.key, namespace, name):
            meta = {"name": name, **({"namespace": namespace} if namespace else {})}
            stored = Stored(kind, namespace, name, naming.with_type(kind, {"metadata": meta}), "")
        if stored is None:
            raise fail("NotFound", f'{kind.resource} "{name}" not found', "id", "see kubectl get for what there is")
        return self._answer(cluster, request, stored, (), ())

    def delete(self, cluster: Cluster, request: Request) -> None:
        """Delete an object and what goes with it."""
        kind = _kind(request)
        if not patches(kind):
            namespace, _, name = request.id.rpartition("/")
            stored = cluster.get(kind.key, namespace, name)
            if stored is not None:
                remove(cluster, stored)

    # -- what Helm releases use as well -----------------------------------------------------------------------------------------------

    def namespaced(self, cluster: Cluster, kind: Kind) -> bool:
        """Tell whether objects of a kind live in a namespace."""
        return self.built_in.namespaced(kind) if kind.built_in else self.custom.namespaced(cluster, kind)

    def faults(self, kind: Kind, manifest: Object) -> list[Problem]:
        """Return what is wrong with an object in itself, in the API server's words."""
        if patches(kind):
            return [] if name_of(manifest) else [required("metadata.name", "patch resources need it")]
        found = list(check_name(kind.key, manifest))
        if self.built_in.serves(kind):
            self.built_in.check(kind)(manifest, "", found)
            if not any(not problem.warning for problem in found) and not has_unknown(manifest):
                found += check_object(kind.key, revealed(dict(manifest)))
        else:
            self.built_in.metadata(manifest.get("metadata", {}), "metadata", found)
        return list(self._worded(kind, name_of(manifest), found))

    def admit(
        self, cluster: Cluster, kind: Kind, manifest: Object, urn: str, release: str = ""
    ) -> tuple[Stored, list[Problem], list[str]]:
        """Return the object to store, why the cluster refuses it, and what could not be checked."""
        unverified: list[str] = []
        problems: list[Problem] = []
        served = self._served(cluster, kind)
        if isinstance(served, Problem):
            problems.append(served)
        elif served.check is not None:
            served.check(manifest, "", problems)
        elif not kind.built_in:
            problems += custom_fields.check(self.built_in, kind, manifest)
        if isinstance(served, Served) and served.unverified:
            unverified.append(served.unverified)
        namespace = str(metadata(manifest).get("namespace", "")) if self.namespaced(cluster, kind) else ""
        stored = Stored(kind, namespace, name_of(manifest), manifest, urn, release)
        stored = replace(stored, demand=demand(stored, list(cluster.of("/LimitRange", namespace))))
        if namespace and not cluster.exists("/Namespace", "", namespace):
            message, hint = f'namespaces "{namespace}" not found', "create the namespace first, and depend on it"
            problems.append(Problem("NotFound", message, "metadata.namespace", hint, _SOURCE))
        else:
            problems += _pod_security(cluster, stored)
            problems += quota.admit(cluster, stored)
        problems = list(self._worded(kind, stored.name, problems))
        return stored, problems, [*unverified, *([stored.demand.unknown] if stored.demand.unknown else [])]

    def _served(self, cluster: Cluster, kind: Kind) -> Served | Problem:
        if self.built_in.serves(kind):
            return Served(self.built_in.namespaced(kind))
        if kind.built_in:
            versions = sorted(k.api_version for k in self.built_in.kinds() if k.key == kind.key)
            return no_match(kind, iter(versions))
        return self.custom.find(cluster, kind)

    @staticmethod
    def _worded(kind: Kind, name: str, problems: Iterable[Problem]) -> Iterator[Problem]:
        """Give messages the beginning that the API server gives them."""
        for problem in problems:
            if problem.code == "Invalid":
                yield replace(problem, message=f'{kind.qualified} "{name}" is invalid: {problem.message}')
            elif problem.code == "BadRequest":
                start = f'{kind.name} in version "{kind.version}" cannot be handled as a {kind.name}'
                yield replace(problem, message=f"{start}: {problem.message}")
            else:
                yield problem

    # -- the end of a request ---------------------------------------------------------------------------------------------------------

    def _store(
        self,
        cluster: Cluster,
        request: Request,
        stored: Stored,
        problems: list[Problem],
        unverified: list[str],
        *,
        generation: int = 1,
    ) -> Created:
        if any(not problem.warning for problem in problems):
            raise RejectedError(problems)
        cluster.put(stored)
        return self._answer(cluster, request, stored, problems, unverified, generation=generation)

    def _answer(
        self,
        cluster: Cluster,
        request: Request,
        stored: Stored,
        warnings: Iterable[Problem],
        unverified: Iterable[str],
        *,
        generation: int = 1,
    ) -> Created:
        chance = Chance(self.seed, request.provider.urn, stored.kind.key, stored.namespace, stored.name)
        return Created(
            id=f"{stored.namespace}/{stored.name}" if stored.namespace else stored.name,
            outputs=outputs(cluster, stored, chance, generation),
            secret_outputs=_SECRET_OUTPUTS.get(stored.kind.key, frozenset()),
            warnings=tuple(warnings),
            not_verified=tuple(unverified),
        )


def _kind(request: Request) -> Kind:
    kind = from_token(request.type)
    if kind is None:
        raise fail("CheckFailure", f"{request.type} is no type of a Kubernetes object")
    return kind


def patches(kind: Kind) -> bool:
    """Tell whether a kind is the provider's own form of server-side apply (`ConfigMapPatch`)."""
    return kind.built_in and kind.name.endswith("Patch")


def revealed(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return an object with a text in place of each value that is masked as a secret."""
    return {key: _revealed(value) for key, value in manifest.items()}


def _revealed(value: Any) -> Any:
    if isinstance(value, dict):
        fields = cast(dict[str, Any], value)
        return "" if hidden(fields) else revealed(fields)
    return [_revealed(item) for item in cast(list[Any], value)] if isinstance(value, list) else value


def _patched(request: Request) -> Created:
    namespace, name = metadata(request.inputs).get("namespace"), name_of(request.inputs)
    what = f"patch of {name}: what it patches is left as it is"
    return Created(f"{namespace}/{name}" if namespace else name, dict(request.inputs), not_verified=(what,))


def _already_exists(stored: Stored) -> Problem:
    message = f'{stored.kind.resource} "{stored.name}" already exists'
    return Problem("AlreadyExists", message, "metadata.name", "give it another name, or import it", _SOURCE)


def _type_faults(kind: Kind, manifest: Object) -> Iterator[Problem]:
    if kind.built_in and kind.name.endswith("List"):
        message = "list resources exist for compatibility with YAML manifests and cannot be created directly"
        yield Problem("CheckFailure", message, "kind", "use the type of the items", _SOURCE)
    own = from_manifest(manifest)
    if own != kind and not patches(kind) and not any(hidden(manifest.get(word)) for word in ("apiVersion", "kind")):
        message = f"the object says {own.api_version} {own.name}, its type {kind.api_version} {kind.name}"
        yield Problem("BadRequest", message, "kind", "leave apiVersion and kind to the type", _SOURCE)


def _pod_security(cluster: Cluster, stored: Stored) -> Iterator[Problem]:
    template = pod_template(stored.kind.key, stored.manifest)
    spec = pod_spec(stored.kind.key, stored.manifest)
    namespace = cluster.get("/Namespace", "", stored.namespace)
    if template is None or spec is None or namespace is None:
        return
    level = labels_of(namespace.manifest).get(admission.ENFORCE, "privileged")
    found = list(admission.violations(level, annotations_of(template.value), spec))
    if found:
        yield admission.refusal(level, f"{stored.kind.name} {stored.namespace}/{stored.name}", found)
        return
    level = labels_of(namespace.manifest).get(admission.WARN, "privileged")
    found = list(admission.violations(level, annotations_of(template.value), spec))
    if found:
        refused = admission.refusal(level, f"{stored.kind.name} {stored.namespace}/{stored.name}", found)
        message = refused.message.replace("pods are forbidden: violates", "would violate")
        yield replace(refused, message=message, warning=True)
