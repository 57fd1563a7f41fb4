"""A simulated provisioner: it makes volumes for claims as the cloud's drivers would, and takes them away again.

Binding itself is the real control plane's: this only makes PersistentVolumes. A disk lies in the zone of the node that the scheduler chose.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Literal

from pydantic import ConfigDict

from apim_infra.cluster.api import Api, reference
from apim_infra.cluster.mirror import Mirror, Object
from apim_infra.cluster.nodes import ZONE_LABEL
from apim_infra.cluster.refusals import Refused
from apim_infra.packaged import packaged_data
from apim_infra.rehearsal.twins.kubernetes.objects import part
from apim_infra.settings.environment import Cloud

MANAGER = "simulated-provisioner"
SELECTED_NODE = "volume.kubernetes.io/selected-node"
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class _Provisioner:
    access: frozenset[str]
    zone_label: str = ""
    """Label of the zone in which its volumes lie; empty when they are reached from everywhere."""
    zoneless: dict[str, str] = field(default_factory=dict[str, str])
    """Parameter to the end of its values that make a volume reachable from every zone."""

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Class:
    name: str
    provisioner: str
    binding: Literal["WaitForFirstConsumer", "Immediate"]
    default: bool

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Storage:
    source: str
    date: date
    provisioners: dict[str, _Provisioner]
    classes: tuple[_Class, ...]

    __pydantic_config__ = _STRICT


@cache
def _table() -> dict[Cloud, _Storage]:
    return packaged_data("apim_infra.cluster", "storage.yaml", dict[Cloud, _Storage])


def classes(cloud: Cloud) -> list[Object]:
    """Return the storage classes that a cluster of the cloud has before the platform comes."""
    return [
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {
                "name": row.name,
                **({"annotations": {DEFAULT_CLASS: "true"}} if row.default else {}),
            },
            "provisioner": row.provisioner,
            "reclaimPolicy": "Delete",
            "volumeBindingMode": row.binding,
            "allowVolumeExpansion": True,
        }
        for row in _table()[cloud].classes
    ]


class Provisioner:
    """Makes volumes for the claims that it finds in a mirror."""

    def __init__(self, cloud: Cloud, api: Api, mirror: Mirror) -> None:
        self._drivers = _table()[cloud].provisioners
        self._cloud = cloud
        self._api = api
        self._mirror = mirror
        self._lock = threading.Lock()
        self._made: set[str] = set()
        self._refused: dict[tuple[str, str], str] = {}

    def step(self) -> None:
        """Make what is asked for and take away what is released."""
        for claim in self._mirror.all("PersistentVolumeClaim"):
            if claim.get("status", {}).get("phase") == "Pending" and claim["metadata"]["uid"] not in self._made:
                self._consider(claim)
        for volume in self._mirror.all("PersistentVolume"):
            mine = part(volume, "metadata", "annotations").get(PROVISIONED_BY) in self._drivers
            gone = volume.get("status", {}).get("phase") == "Released"
            if mine and gone and volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
                self._remove(volume)

    def why(self, claim: Object) -> str:
        """Return why a claim is not bound."""
        metadata, spec = claim["metadata"], claim.get("spec", {})
        refused = self._refused.get((metadata["namespace"], metadata["name"]))
        if refused:
            return refused
        name = spec.get("storageClassName")
        if not name:
            volume = spec.get("volumeName")
            return f"volume {volume} is not there" if volume else "it names no storage class, and there is no default"
        kind = self._mirror.find("StorageClass", "", name)
        if kind is None:
            return f'storage class "{name}" is not there'
        if kind["provisioner"] not in self._drivers:
            return f'nothing on {self._cloud} makes volumes of class "{name}" ({kind["provisioner"]})'
        return "no pod that uses it has been placed" if kind.get("volumeBindingMode") == "WaitForFirstConsumer" else ""

    def _consider(self, claim: Object) -> None:
        metadata, spec = claim["metadata"], claim["spec"]
        kind = self._mirror.find("StorageClass", "", spec.get("storageClassName") or "")
        driver = self._drivers.get(kind["provisioner"]) if kind else None
        if kind is None or driver is None or spec.get("volumeName"):
            return
        wrong = sorted(set(spec["accessModes"]) - driver.access)
        if wrong:
            self._refused[(metadata["namespace"], metadata["name"])] = (
                f"{kind['provisioner']} makes no {', '.join(wrong)} volumes"
            )
            return
        chosen = part(claim, "metadata", "annotations").get(SELECTED_NODE, "")
        if kind.get("volumeBindingMode") == "WaitForFirstConsumer" and not chosen:
            return
        with self._lock:
            self._made.add(metadata["uid"])
        self._api.create(self._volume(claim, kind, driver, chosen), manager=MANAGER)

    def _volume(self, claim: Object, kind: Object, driver: _Provisioner, chosen: str) -> Object:
        metadata, spec = claim["metadata"], claim["spec"]
        name = f"pvc-{metadata['uid']}"
        volume: Object = {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": name, "annotations": {PROVISIONED_BY: kind["provisioner"]}},
            "spec": {
                "capacity": {"storage": spec["resources"]["requests"]["storage"]},
                "accessModes": spec["accessModes"],
                "volumeMode": spec.get("volumeMode", "Filesystem"),
                "persistentVolumeReclaimPolicy": kind.get("reclaimPolicy", "Delete"),
                "storageClassName": kind["metadata"]["name"],
                "csi": {"driver": kind["provisioner"], "volumeHandle": name},
                "claimRef": {
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "uid": metadata["uid"],
                    "name": metadata["name"],
                    "namespace": metadata["namespace"],
                },
            },
        }
        zone = self._zone(kind, driver, chosen)
        if zone:
            term = {"key": driver.zone_label, "operator": "In", "values": [zone]}
            volume["spec"]["nodeAffinity"] = {"required": {"nodeSelectorTerms": [{"matchExpressions": [term]}]}}
        return volume

    def _zone(self, kind: Object, driver: _Provisioner, chosen: str) -> str:
        """Return the zone to which a volume is bound, empty for none."""
        parameters: Mapping[str, str] = kind.get("parameters") or {}
        everywhere = any(parameters.get(name, "").endswith(end) for name, end in driver.zoneless.items())
        if not driver.zone_label or everywhere:
            return ""
        node = self._mirror.find("Node", "", chosen)
        if node is not None:
            return node["metadata"]["labels"].get(ZONE_LABEL, "")
        zones = sorted({each["metadata"]["labels"].get(ZONE_LABEL, "") for each in self._mirror.all("Node")})
        return zones[0] if zones else ""

    def _remove(self, volume: Object) -> None:
        try:
            self._api.delete(reference("v1", "PersistentVolume", volume["metadata"]["name"]))
        except Refused as refused:
            if not refused.missing:
                raise
