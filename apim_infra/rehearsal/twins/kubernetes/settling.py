"""What does not come true of what the API server accepted: references into nothing, services without pods, rollouts without room."""

from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem, Settled
from apim_infra.rehearsal.twins.kubernetes import gateway_api, quota
from apim_infra.rehearsal.twins.kubernetes.cluster import Cluster, Stored
from apim_infra.rehearsal.twins.kubernetes.data import load
from apim_infra.rehearsal.twins.kubernetes.faults import nearest
from apim_infra.rehearsal.twins.kubernetes.objects import (
    annotations_of,
    containers,
    has_pods,
    items,
    labels_of,
    part,
    pod_spec,
    pod_template,
    selects,
)
from apim_infra.rehearsal.twins.kubernetes.references import References
from apim_infra.rehearsal.twins.kubernetes.server import Server

_SYSTEM_NAMESPACES = frozenset({"kube-system", "kube-public", "kube-node-lease"})
"""Namespaces with pods of the cluster's own, which are not known."""
_SKIP_AWAIT = "pulumi.com/skipAwait"


def settle(cluster: Cluster, server: Server) -> Iterator[Settled]:
    """Find what a deployment leaves waiting for ever in a cluster."""
    yield from References(server.built_in, server.custom).settle(cluster)
    for stored, problem in quota.settle(cluster):
        yield Settled(stored.urn, (problem,))
    yield from gateway_api.settle(cluster)
    for service in cluster.of("/Service"):
        yield from _selection(cluster, service, part(service.manifest, "spec").get("selector"))
    for budget in cluster.of("policy/PodDisruptionBudget"):
        yield from _protection(cluster, budget)
    for claim in cluster.of("/PersistentVolumeClaim"):
        yield from _class(cluster, claim)
    for class_ in cluster.of("storage.k8s.io/StorageClass"):
        yield from _provisioner(cluster, class_)


def _pods(cluster: Cluster, namespace: str) -> Iterator[Stored]:
    """Iterate over the workloads of a namespace."""
    for stored in cluster.all():
        if stored.namespace == namespace and has_pods(stored.kind.key):
            yield stored


def _template_labels(stored: Stored) -> dict[str, str]:
    template = pod_template(stored.kind.key, stored.manifest)
    return labels_of(template.value) if template else {}


def _makers(cluster: Cluster, namespace: str) -> list[str]:
    """Return what may make pods in a namespace that are not known: releases not rendered, custom resources."""
    releases = [r.id for r in cluster.releases.values() if not r.rendered and r.namespace == namespace]
    custom = [
        f"{stored.kind.name} {stored.name}"
        for stored in cluster.all()
        if stored.namespace == namespace and not stored.kind.built_in
    ]
    return releases or custom


def _selection(cluster: Cluster, service: Stored, selector: dict[str, str] | None) -> Iterator[Settled]:
    if not selector or service.namespace in _SYSTEM_NAMESPACES:
        return
    chosen = [s for s in _pods(cluster, service.namespace) if selects({"matchLabels": selector}, _template_labels(s))]
    if chosen:
        yield from _target_ports(service, chosen)
        return
    makers = _makers(cluster, service.namespace)
    if makers:
        yield Settled(
            service.urn, not_verified=(f"pods behind Service {service.name}: they may come from {makers[0]}",)
        )
        return
    # Pulumi waits for pods behind a Service; Helm does not.
    waits = not service.release and annotations_of(service.manifest).get(_SKIP_AWAIT) != "true"
    message = (
        f"Service {service.namespace}/{service.name} does not target any Pods: "
        "field '.spec.selector' may not match labels on any Pods"
    )
    hint = "give the selector the labels of the pods, or annotate the Service with pulumi.com/skipAwait"
    problem = Problem("NoEndpoints", message, "spec.selector", hint, "pulumi-kubernetes, await of Services", not waits)
    yield Settled(service.urn, (problem,))


def _target_ports(service: Stored, chosen: list[Stored]) -> Iterator[Settled]:
    """Find ports of a Service that name a port which no pod has."""
    names = {
        str(port.get("name"))
        for stored in chosen
        if (spec := pod_spec(stored.kind.key, stored.manifest))
        for container in containers(spec)
        for port in container.value.get("ports") or ()
    }
    for port in items(part(service.manifest, "spec"), "ports", "spec"):
        target = port.value.get("targetPort")
        if isinstance(target, str) and target not in names:
            message = f'Service {service.namespace}/{service.name}: no pod has a port named "{target}"'
            hint = nearest(target, names)
            problem = Problem("NoEndpoints", message, f"{port.path}.targetPort", hint, "Kubernetes, Services")
            yield Settled(service.urn, (problem,))


def _protection(cluster: Cluster, budget: Stored) -> Iterator[Settled]:
    selector = part(budget.manifest, "spec", "selector")
    if not selector or any(selects(selector, _template_labels(s)) for s in _pods(cluster, budget.namespace)):
        return
    if _makers(cluster, budget.namespace):
        what = f"pods of PodDisruptionBudget {budget.name}: they may come from a release or a custom resource"
        yield Settled(budget.urn, not_verified=(what,))
        return
    message = f"PodDisruptionBudget {budget.namespace}/{budget.name} selects no workload: it protects nothing"
    hint = "give the selector the labels of the pods"
    yield Settled(budget.urn, (Problem("NoPods", message, "spec.selector", hint, "Kubernetes", warning=True),))


def _class(cluster: Cluster, claim: Stored) -> Iterator[Settled]:
    spec = part(claim.manifest, "spec")
    named = spec.get("storageClassName") is not None or spec.get("volumeName")
    if named or not cluster.storage_classes_known() or cluster.default_storage_class():
        return
    message = f"PersistentVolumeClaim {claim.namespace}/{claim.name}: no persistent volumes available for this claim and no storage class is set"
    hint = "name a storageClassName, or annotate a StorageClass as the default"
    yield Settled(claim.urn, (Problem("FailedBinding", message, "spec.storageClassName", hint, "Kubernetes"),))


def _provisioner(cluster: Cluster, class_: Stored) -> Iterator[Settled]:
    name, known = str(class_.manifest.get("provisioner")), load("builtin.yaml")["provisioners"]
    if name in known or cluster.get("storage.k8s.io/CSIDriver", "", name):
        return
    unrendered = [release.id for release in cluster.releases.values() if not release.rendered]
    if unrendered and nearest(name, known).startswith(
        "known"
    ):  # a driver of its own, which one of the releases may bring
        yield Settled(
            class_.urn, not_verified=(f"driver {name} of StorageClass {class_.name}: a release may bring it",)
        )
        return
    message = f"StorageClass {class_.name}: no driver of the name {name}: volumes of the class are never provisioned"
    hint = nearest(name, known)
    yield Settled(class_.urn, (Problem("ProvisioningFailed", message, "provisioner", hint, "Kubernetes"),))
