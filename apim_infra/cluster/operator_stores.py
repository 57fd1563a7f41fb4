"""Stores that operators run in the cluster: PostgreSQL, MariaDB, Cassandra."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apim_infra.cluster.operator_data import Object, name_of, namespace_of, overlaid, part
from apim_infra.cluster.stand_in_objects import Claim, Manifest, Pods, budget, container, secret, service, workload

_PLACE = ("nodeSelector", "tolerations", "affinity", "topologySpreadConstraints", "priorityClassName")


def _place(spec: Object) -> Manifest:
    return {key: spec[key] for key in _PLACE if spec.get(key)}


def _texts(labels: Object) -> dict[str, str]:
    return {key: str(value) for key, value in labels.items()}


def postgresql(custom: Object, others: Sequence[Object]) -> Iterator[Manifest]:
    """Return what CloudNativePG makes of a Cluster; its pods, one by one in truth, as those of a StatefulSet."""
    del others
    name, namespace, spec = name_of(custom), namespace_of(custom), part(custom, "spec")
    resources, instances = part(spec, "resources"), int(spec.get("instances", 1))
    affinity, storage = part(spec, "affinity"), part(spec, "storage")
    labels = {"cnpg.io/cluster": name, "cnpg.io/podRole": "instance"}
    pods = Pods(
        name=name,
        namespace=namespace,
        kind="StatefulSet",
        selector=labels,
        labels=_texts(part(spec, "inheritedMetadata", "labels")),
        spec={
            **{key: affinity[key] for key in ("nodeSelector", "tolerations") if affinity.get(key)},
            **({"priorityClassName": spec["priorityClassName"]} if spec.get("priorityClassName") else {}),
            "initContainers": [container("bootstrap-controller", resources, [], [])],
            "containers": [container("postgres", resources, [5432, 9187, 8000], ["startup", "liveness", "readiness"])],
        },
        replicas=instances,
        maximum=instances,
        claims=[Claim("pgdata", "", str(storage.get("size")), str(storage.get("storageClass") or ""))],
    )
    yield from workload(pods)
    if spec.get("enablePDB", True):
        # A lone instance is the primary, whose budget lets nobody take it away.
        yield from budget(pods, {"maxUnavailable": 1} if instances > 1 else {"minAvailable": 1})
    for purpose in ("rw", "ro", "r"):
        yield service(f"{name}-{purpose}", namespace, labels, [5432])
    for purpose in ("ca", "server", "replication"):
        yield secret(f"{name}-{purpose}", namespace, ("tls.crt", "tls.key", "ca.crt"))


def mariadb(custom: Object, others: Sequence[Object]) -> Iterator[Manifest]:
    """Return what mariadb-operator makes of a MariaDB."""
    del others
    name, namespace, spec = name_of(custom), namespace_of(custom), part(custom, "spec")
    replicas, storage = int(spec.get("replicas", 1)), part(spec, "storage")
    labels = {"app.kubernetes.io/name": "mariadb", "app.kubernetes.io/instance": name}
    replication = part(spec, "replication")
    containers = [container("mariadb", part(spec, "resources"), [3306], ["startup", "liveness", "readiness"])]
    before: list[Manifest] = []
    if replication.get("enabled"):
        containers.append(container("agent", part(replication, "agent", "resources"), [5555, 5566], ["liveness"]))
        before.append(container("init", part(replication, "initContainer", "resources"), [], []))
    pods = Pods(
        name=name,
        namespace=namespace,
        kind="StatefulSet",
        selector=labels,
        labels=_texts(part(spec, "podMetadata", "labels")),
        spec={**_place(spec), "initContainers": before, "containers": containers},
        replicas=replicas,
        maximum=replicas,
        claims=[Claim("storage", "", str(storage.get("size")), str(storage.get("storageClassName") or ""))],
    )
    yield from workload(pods)
    if replicas > 1 or spec.get("podDisruptionBudget"):
        yield from budget(pods, spec.get("podDisruptionBudget") or {"maxUnavailable": "50%"})
    for purpose in ("", "-internal", *(("-primary", "-secondary") if replication.get("enabled") else ())):
        yield service(f"{name}{purpose}", namespace, labels, [3306])


def cassandra(custom: Object, others: Sequence[Object]) -> Iterator[Manifest]:
    """Return what cass-operator makes of a CassandraDatacenter: a StatefulSet for each rack."""
    del others
    name, namespace, spec = name_of(custom), namespace_of(custom), part(custom, "spec")
    cluster = str(spec.get("clusterName") or name)
    labels = {"cassandra.datastax.com/cluster": cluster, "cassandra.datastax.com/datacenter": name}
    racks = [str(rack["name"]) for rack in spec.get("racks") or ()] or ["default"]
    size = int(spec.get("size", 1))
    for index, rack in enumerate(racks):
        replicas = size // len(racks) + (index < size % len(racks))
        yield from workload(
            _rack(
                f"{cluster}-{name}-{rack}-sts",
                namespace,
                {**labels, "cassandra.datastax.com/rack": rack},
                spec,
                replicas,
            )
        )
    yield from budget(Pods(f"{name}-pdb", namespace, "StatefulSet", labels, {}), {"minAvailable": size - 1})
    for purpose in ("service", "all-pods-service"):
        yield service(f"{cluster}-{name}-{purpose}", namespace, labels, [9042, 8080])
    if not spec.get("superuserSecretName"):
        yield secret(f"{cluster}-superuser", namespace, ("username", "password"))


def _rack(name: str, namespace: str, labels: Mapping[str, str], spec: Object, replicas: int) -> Pods:
    config = part(spec, "configBuilderResources")
    base: dict[str, Any] = {
        **_place(spec),
        "initContainers": [container("server-config-init", config, [], [])],
        "containers": [
            container("cassandra", part(spec, "resources"), [9042, 7000, 8080, 9000], ["liveness", "readiness"])
        ],
    }
    if not spec.get("disableSystemLoggerSidecar"):
        base["containers"].append(container("server-system-logger", part(spec, "systemLoggerResources"), [], []))
    if not spec.get("allowMultipleNodesPerWorker"):
        other = {"labelSelector": {"matchLabels": dict(labels)}, "topologyKey": "kubernetes.io/hostname"}
        base["affinity"] = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [other]}}
    pod = overlaid(base, part(spec, "podTemplateSpec", "spec"))
    for before in pod["initContainers"]:
        before.setdefault("image", "stand-in.invalid/server-config-init:1")
        before.setdefault("resources", dict(config))
    claim = part(spec, "storageConfig", "cassandraDataVolumeClaimSpec")
    volume = Claim(
        "server-data",
        "",
        str(part(claim, "resources", "requests").get("storage")),
        str(claim.get("storageClassName") or ""),
    )
    return Pods(
        name=name,
        namespace=namespace,
        kind="StatefulSet",
        selector=labels,
        labels=_texts(part(spec, "additionalLabels")),
        spec=pod,
        replicas=replicas,
        maximum=replicas,
        claims=[volume],
    )
