"""Workloads of the monitoring and logging operators: Prometheus, Alertmanager, Elasticsearch, Kibana, OpenSearch."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from apim_infra.cluster.operator_data import Object, name_of, namespace_of, of_kind, overlaid, part, table
from apim_infra.cluster.stand_in_objects import Claim, Manifest, Pods, budget, container, secret, service, workload

_PLACE = ("nodeSelector", "tolerations", "affinity", "topologySpreadConstraints", "priorityClassName")
_RELOADER_ARGUMENT = re.compile(r"--config-reloader-(cpu|memory)-(request|limit)=(\S+)")


def _place(spec: Object) -> Manifest:
    return {key: spec[key] for key in _PLACE if spec.get(key)}


# -- Prometheus operator --------------------------------------------------------------------------------------------------------------


def prometheus(custom: Object, others: Sequence[Object]) -> Iterator[Manifest]:
    """Return the StatefulSet of a Prometheus."""
    own = container("prometheus", part(custom, "spec", "resources"), [9090], ["startup", "liveness", "readiness"])
    yield from _monitored(custom, others, "prometheus", own, part(custom, "spec", "storage"))


def alertmanager(custom: Object, others: Sequence[Object]) -> Iterator[Manifest]:
    """Return the StatefulSet of an Alertmanager."""
    own = container("alertmanager", part(custom, "spec", "resources"), [9093, 9094], ["liveness", "readiness"])
    yield from _monitored(custom, others, "alertmanager", own, part(custom, "spec", "storage"))


def _monitored(
    custom: Object, others: Sequence[Object], program: str, own: Manifest, storage: Mapping[str, Any]
) -> Iterator[Manifest]:
    name, spec = name_of(custom), part(custom, "spec")
    claim = part(storage, "volumeClaimTemplate", "spec")
    size, storage_class = part(claim, "resources", "requests").get("storage"), str(claim.get("storageClassName") or "")
    reloader = _reloader(others)
    replicas = int(spec.get("replicas", 1))
    pods = Pods(
        name=f"{program}-{name}",
        namespace=namespace_of(custom),
        kind="StatefulSet",
        selector={
            "app.kubernetes.io/name": program,
            "app.kubernetes.io/instance": name,
            "app.kubernetes.io/managed-by": "prometheus-operator",
            "operator.prometheus.io/name": name,
            program: name,
        },
        labels=_texts(part(spec, "podMetadata", "labels")),
        spec={
            **_place(spec),
            "initContainers": [container("init-config-reloader", reloader, [], [])],
            "containers": [own, container("config-reloader", reloader, [8080], [])],
        },
        replicas=replicas,
        maximum=replicas,
        claims=[Claim(f"{program}-{name}-db", "", str(size), storage_class)] if size else [],
    )
    yield from workload(pods)


def _reloader(others: Sequence[Object]) -> Mapping[str, Any]:
    """Return the size that the operator gives to configuration reloaders: its arguments say it."""
    for each in of_kind(others, "Deployment"):
        for own in cast(list[Object], part(each, "spec", "template", "spec").get("containers") or ()):
            found = [_RELOADER_ARGUMENT.fullmatch(str(argument)) for argument in own.get("args") or ()]
            sizes: dict[str, dict[str, str]] = {}
            for match in filter(None, found):
                sizes.setdefault(f"{match[2]}s", {})[match[1]] = match[3]
            if sizes:
                return sizes
    return table().sizes["config-reloader"]


def _texts(labels: Object) -> dict[str, str]:
    return {key: str(value) for key, value in labels.items()}


# -- ECK ------------------------------------------------------------------------------------------------------------------------------


def elasticsearch(custom: Object, others: Sequence[Object]) -> Iterator[Manifest]:
    """Return the StatefulSets of an Elasticsearch, its service, its budget, and the secrets that other pods read."""
    del others
    name, namespace = name_of(custom), namespace_of(custom)
    own = {"common.k8s.elastic.co/type": "elasticsearch", "elasticsearch.k8s.elastic.co/cluster-name": name}
    count = 0
    for nodes in cast(list[Object], part(custom, "spec").get("nodeSets") or ()):
        count += int(nodes.get("count", 0))
        yield from workload(_nodes(name, namespace, own, nodes))
    yield service(f"{name}-es-http", namespace, own, [9200])
    yield from budget(
        Pods(f"{name}-es-default", namespace, "StatefulSet", own, {}), {"minAvailable": max(count - 1, 0)}
    )
    yield secret(f"{name}-es-http-certs-public", namespace, ("tls.crt", "ca.crt"))
    yield secret(f"{name}-es-elastic-user", namespace, ("elastic",))


def _nodes(name: str, namespace: str, labels: Mapping[str, str], nodes: Object) -> Pods:
    whole = f"{name}-es-{nodes['name']}"
    template = part(nodes, "podTemplate")
    base: Manifest = {
        "initContainers": [container("elastic-internal-init-filesystem", table().sizes["elastic-init"], [], [])],
        "containers": [container("elasticsearch", {}, [9200, 9300], ["readiness"])],
    }
    claims = [
        Claim(
            str(each["metadata"]["name"]),
            "",
            str(part(each, "spec", "resources", "requests").get("storage")),
            str(part(each, "spec").get("storageClassName") or ""),
        )
        for each in cast(list[Object], nodes.get("volumeClaimTemplates") or ())
    ]
    replicas = int(nodes.get("count", 0))
    return Pods(
        name=whole,
        namespace=namespace,
        kind="StatefulSet",
        selector={**labels, "elasticsearch.k8s.elastic.co/statefulset-name": whole},
        labels=_texts(part(template, "metadata", "labels")),
        spec=overlaid(base, part(template, "spec")),
        replicas=replicas,
        maximum=replicas,
        claims=claims,
    )


def kibana(custom: Object, others: Sequence[Object]) -> Iterator[Manifest]:
    """Return the Deployment of a Kibana and its service."""
    del others
    name, namespace, spec = name_of(custom), namespace_of(custom), part(custom, "spec")
    labels = {"common.k8s.elastic.co/type": "kibana", "kibana.k8s.elastic.co/name": name}
    base: Manifest = {
        "initContainers": [container("elastic-internal-init", table().sizes["elastic-init"], [], [])],
        "containers": [container("kibana", {}, [5601], ["readiness"])],
    }
    replicas = int(spec.get("count", 0))
    pods = Pods(
        name=f"{name}-kb",
        namespace=namespace,
        kind="Deployment",
        selector=labels,
        labels=_texts(part(spec, "podTemplate", "metadata", "labels")),
        spec=overlaid(base, part(spec, "podTemplate", "spec")),
        replicas=replicas,
        maximum=replicas,
    )
    yield from workload(pods)
    yield service(f"{name}-kb-http", namespace, labels, [5601])


# -- OpenSearch operator --------------------------------------------------------------------------------------------------------------


def opensearch(custom: Object, others: Sequence[Object]) -> Iterator[Manifest]:
    """Return the StatefulSets of an OpenSearch cluster's node pools, its dashboards and its service."""
    del others
    name, namespace, spec = name_of(custom), namespace_of(custom), part(custom, "spec")
    cluster = {"opster.io/opensearch-cluster": name}
    for nodes in cast(list[Object], spec.get("nodePools") or ()):
        component, replicas = str(nodes["component"]), int(nodes.get("replicas", 1))
        stored = part(nodes, "persistence", "pvc")
        size = str(nodes.get("diskSize") or "30Gi")
        yield from workload(
            Pods(
                name=f"{name}-{component}",
                namespace=namespace,
                kind="StatefulSet",
                selector={**cluster, "opster.io/opensearch-nodepool": component},
                labels=_texts(part(nodes, "labels")),
                spec={**_place(nodes), "containers": [_search(part(nodes, "resources"))]},
                replicas=replicas,
                maximum=replicas,
                claims=[Claim("data", "", size, str(stored.get("storageClass") or ""))],
            )
        )
    yield service(str(part(spec, "general").get("serviceName") or name), namespace, cluster, [9200])
    boards = part(spec, "dashboards")
    if boards.get("enable"):
        labels = {"opensearch.cluster.dashboards": name}
        replicas = int(boards.get("replicas", 1))
        program = container("dashboards", part(boards, "resources"), [5601], ["startup", "liveness", "readiness"])
        yield from workload(
            Pods(
                name=f"{name}-dashboards",
                namespace=namespace,
                kind="Deployment",
                selector=labels,
                labels=_texts(part(boards, "labels")),
                spec={**_place(boards), "containers": [program]},
                replicas=replicas,
                maximum=replicas,
            )
        )
        yield service(f"{name}-dashboards", namespace, labels, [5601])


def _search(resources: Mapping[str, Any]) -> Manifest:
    return container("opensearch", resources, [9200, 9300], ["startup", "liveness", "readiness"])
