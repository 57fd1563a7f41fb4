"""The replica policy: how many pods of each workload run."""

from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import Store, StoreMode
from apim_infra.sizing.table import Workload


def replicas(settings: StackSettings, workload: Workload) -> int:
    """Return how many pods of the workload run when nothing is being rolled out.

    A Deployment has `sizing.workload_replicas[name]`, or `sizing.replicas`; by default one with a volume runs once: the volume is of one node, so that
    a second pod would have to fit on the same and would be lost with it. A store takes pods only where its mode is
    `in-cluster`: one primary and as many replicas as its own setting says. A managed store, or none, takes no pod.
    """
    if workload.kind == "Deployment":
        usual = 1 if workload.storage_gb else settings.sizing.replicas
        return settings.sizing.workload_replicas.get(workload.name, usual)
    stores = settings.stores
    pods = {
        "mariadb-master": _in_cluster(stores.mariadb, 1),
        "mariadb-slave": _in_cluster(stores.mariadb, stores.mariadb.replicas),
        "tenant-manager-postgresql": _in_cluster(stores.postgresql, 1 + stores.postgresql.replicas),
        "gateway-postgresql": _in_cluster(stores.gateway_postgresql, 1 + stores.gateway_postgresql.replicas),
        "redis": _in_cluster(stores.redis, 1 + stores.redis.replicas),
        "cassandra": _in_cluster(stores.cassandra, stores.cassandra.nodes),
    }
    return pods[workload.name]


def _in_cluster(store: Store, pods: int) -> int:
    return pods if store.mode is StoreMode.IN_CLUSTER else 0
