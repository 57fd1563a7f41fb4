"""Nodes as the stack plans them: size, zone, labels, taints, and what is allocatable.

Daemon sets are real pods here, so nodes offer what the size leaves before them (`sizing.catalogue.allocatable`).
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import cycle, islice
from typing import Any

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data
from apim_infra.planning.regions import region
from apim_infra.settings.cluster import POOL_LABEL, CapacityType, Pool
from apim_infra.settings.environment import Cloud
from apim_infra.settings.pools import POOLS
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.catalogue import NodeSize, allocatable, node_size
from apim_infra.sizing.pools import zone_maximum, zone_minimums

SYSTEM = "system"
"""The pool of the cluster's own services (Azure)."""
SIMULATED = "kwok.x-k8s.io/node"
"""Annotation of nodes that kwok plays."""
ZONE_LABEL = "topology.kubernetes.io/zone"
_ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}
_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class _CloudNodes:
    source: str
    date: date
    labels: dict[str, str]
    capacity: dict[CapacityType, str]
    spot_taints: list[dict[str, str]]
    system_taints: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class NodePool:
    """One pool and how its nodes are spread."""

    name: str
    size: NodeSize
    zones: tuple[str, ...]
    """Zones in the words of the label, first zone first."""
    minimum: tuple[int, ...]
    """Smallest number of nodes of each zone."""
    zone_maximum: int
    """Largest number of nodes of each zone."""
    maximum: int
    """Number of nodes that pods may count on: the pool's `max`."""
    labels: Mapping[str, str]
    """Labels of every node; `{zone}` stands for its zone."""
    taints: tuple[Mapping[str, str], ...]
    asked_labels: Mapping[str, str] = field(default_factory=dict[str, str])
    """Those of the labels that the cloud is asked for; all others it sets by itself."""
    asked_taints: tuple[Mapping[str, str], ...] = ()
    """Those of the taints that the cloud is asked for."""
    cloud_name: str = ""
    """Name that the cloud is asked for; empty where it is made up."""

    def at_minimum(self) -> tuple[int, ...]:
        """Return the nodes of each zone when nothing asks for more."""
        return self.minimum

    def at_maximum(self) -> tuple[int, ...]:
        """Return the nodes of each zone at the pool's `max`, dealt out evenly."""
        places = list(islice(cycle(range(len(self.zones))), self.maximum))
        return tuple(places.count(position) for position in range(len(self.zones)))

    def node(self, zone: int, number: int, version: str) -> dict[str, Any]:
        """Return the `number`-th node of a zone, with the kubelet's `version`."""
        name = f"{self.name}-{self.zones[zone]}-{number}"
        labels = {key: value.replace("{zone}", self.zones[zone]) for key, value in self.labels.items()}
        labels["kubernetes.io/hostname"] = name
        room = allocatable(self.size)
        given = {"cpu": str(self.size.vcpu), "memory": f"{self.size.memory_mib}Mi", "pods": str(room.pods)}
        left = {"cpu": f"{room.cpu_millicores}m", "memory": f"{room.memory_mib}Mi", "pods": str(room.pods)}
        disk = {"ephemeral-storage": "40Gi"}
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": labels, "annotations": {SIMULATED: "fake"}},
            "spec": {"providerID": f"kwok://{name}", "taints": [dict(taint) for taint in self.taints]},
            "status": {
                "capacity": {**given, **disk},
                "allocatable": {**left, **disk},
                "addresses": [{"type": "InternalIP", "address": _address(name)}, {"type": "Hostname", "address": name}],
                "nodeInfo": {
                    "architecture": _ARCHITECTURES[self.size.architecture],
                    "operatingSystem": "linux",
                    "kubeletVersion": f"v{version}",
                    "kubeProxyVersion": "",
                    "containerRuntimeVersion": "",
                    "kernelVersion": "",
                    "osImage": "",
                    "bootID": "",
                    "machineID": "",
                    "systemUUID": "",
                },
                "phase": "Running",
            },
        }


def node_pools(settings: StackSettings) -> tuple[NodePool, ...]:
    """Return the pools of a stack; on Azure that of the cluster's own services too.

    Raises `UnknownSizeError` or `UnknownRegionError` for what is not in the data.
    """
    pools = settings.cluster.pools
    named: dict[str, Pool] = dict(zip(POOLS, (pools.management, pools.user, pools.monitoring), strict=True))
    found = [_pool(settings, name, pool) for name, pool in named.items()]
    if settings.cloud is Cloud.AZURE and settings.cluster.existing is None:
        system = settings.cluster.system_pool
        found.append(_pool(settings, SYSTEM, Pool(size=system.size, min=system.min, max=system.max)))
    return tuple(found)


def nodes(settings: StackSettings, version: str, *, at_maximum: bool = False) -> list[dict[str, Any]]:
    """Return every node of a stack, its pools at their minimum or at their maximum; `version` is the kubelets' (`1.35.4`)."""
    return [
        pool.node(zone, number, version)
        for pool in node_pools(settings)
        for zone, count in enumerate(pool.at_maximum() if at_maximum else pool.at_minimum())
        for number in range(1, count + 1)
    ]


@cache
def _table() -> dict[Cloud, _CloudNodes]:
    return packaged_data("apim_infra.cluster", "nodes.yaml", dict[Cloud, _CloudNodes])


def _pool(settings: StackSettings, name: str, pool: Pool) -> NodePool:
    size, zones, own = node_size(settings.cloud, pool.size), _zones(settings), _table()[settings.cloud]
    grouped = settings.cloud is Cloud.AWS
    taints = [{"key": taint.key, "value": taint.value, "effect": str(taint.effect)} for taint in pool.taints]
    taints += own.system_taints if name == SYSTEM else []
    by_itself = own.spot_taints if pool.capacity is CapacityType.SPOT else []
    asked = {**({} if name == SYSTEM else {POOL_LABEL: name}), **pool.labels}
    words = {
        "{pool}": pool.name or name,
        "{capacity}": own.capacity[pool.capacity],
        "{mode}": "system" if name == SYSTEM else "user",
    }
    labels = {
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": _ARCHITECTURES[size.architecture],
        "node.kubernetes.io/instance-type": size.name,
        "topology.kubernetes.io/region": settings.region,
        ZONE_LABEL: "{zone}",
        **{key: filled for key, value in own.labels.items() if (filled := _filled(value, words))},
        **asked,
    }
    return NodePool(
        name=name,
        size=size,
        zones=zones,
        minimum=zone_minimums(pool, len(zones)),
        zone_maximum=zone_maximum(pool, len(zones)) if grouped else pool.max,
        maximum=pool.max,
        labels=labels,
        taints=(*taints, *by_itself),
        asked_labels=asked,
        asked_taints=tuple(taints),
        cloud_name=SYSTEM if name == SYSTEM else pool.name or "",
    )


def _zones(settings: StackSettings) -> tuple[str, ...]:
    names = region(settings.cloud, settings.region).zones[: settings.network.zones]
    return names if settings.cloud is Cloud.AWS else tuple(f"{settings.region}-{name}" for name in names)


def _address(name: str) -> str:
    """Return an address of the range for tests of devices (RFC 2544), the same for the same node."""
    number = zlib.crc32(name.encode())
    return f"198.18.{number >> 8 & 255}.{number & 255}"


def _filled(text: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(word, value)
    return text
