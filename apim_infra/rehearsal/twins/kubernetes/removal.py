"""What goes when an object is deleted, and what stays although nobody asked for it."""

from apim_infra.rehearsal.twins.kubernetes.cluster import Cluster, Stored
from apim_infra.rehearsal.twins.kubernetes.custom import DEFINITION
from apim_infra.rehearsal.twins.kubernetes.kinds import Kind
from apim_infra.rehearsal.twins.kubernetes.objects import items, name_of, part

_CLAIM = Kind("", "v1", "PersistentVolumeClaim")


def remove(cluster: Cluster, stored: Stored) -> None:
    """Delete an object: a namespace takes everything in it along, a definition every object of its kind.

    A StatefulSet leaves its claims behind unless it is told otherwise; they go with their namespace.
    """
    cluster.remove(stored)
    if stored.kind.key == "/Namespace":
        for other in [other for other in cluster.all() if other.namespace == stored.name]:
            cluster.remove(other)
    elif stored.kind.key == DEFINITION:
        spec = part(stored.manifest, "spec")
        for other in list(cluster.of(f"{spec.get('group')}/{part(spec, 'names').get('kind')}")):
            cluster.remove(other)
    elif stored.kind.key == "apps/StatefulSet":
        for claim in _kept_claims(stored):
            cluster.put(claim)


def _kept_claims(stored: Stored) -> list[Stored]:
    spec = part(stored.manifest, "spec")
    if part(spec, "persistentVolumeClaimRetentionPolicy").get("whenDeleted") == "Delete":
        return []
    return [
        Stored(_CLAIM, stored.namespace, f"{name_of(claim.value)}-{stored.name}-{index}", claim.value, stored.urn)
        for claim in items(spec, "volumeClaimTemplates", "spec")
        for index in range(int(spec.get("replicas", 1)))
    ]
