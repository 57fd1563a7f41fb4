"""Whether the nodes that a deployment asks its cloud for are those that the rehearsal plays: the one come from the graph, the others from the settings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from apim_infra.cluster.nodes import SYSTEM, NodePool, node_pools
from apim_infra.cluster.report import FIRST_WORDS
from apim_infra.findings import Finding, Severity
from apim_infra.rehearsal.state import ResourceState, StackState
from apim_infra.rehearsal.twins.kubernetes.objects import part
from apim_infra.rehearsal.values import plain
from apim_infra.settings.cluster import POOL_LABEL
from apim_infra.settings.environment import Cloud
from apim_infra.settings.stack import StackSettings

NODE_GROUP, SUBNET = "aws:eks/nodeGroup:NodeGroup", "aws:ec2/subnet:Subnet"
AGENT_POOL, MANAGED_CLUSTER = "azure-native:containerservice:AgentPool", "azure-native:containerservice:ManagedCluster"
_EFFECTS = {"NO_SCHEDULE": "NoSchedule", "PREFER_NO_SCHEDULE": "PreferNoSchedule", "NO_EXECUTE": "NoExecute"}
"""Effects of taints in the words of EKS."""
_FIX = "ask the cloud for what the settings of the pool say: capacity and placement are rehearsed on such nodes"

Key = tuple[str, str]
"""Pool, and zone where each zone has a group of its own."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group of equal nodes."""

    facts: Mapping[str, Any]
    """What is compared, by its name in a finding."""
    urn: str = ""
    source: str = ""


def differences(settings: StackSettings, state: StackState) -> list[Finding]:
    """Return an error for each way in which the groups of nodes of a deployment differ from the nodes that are played.

    Compared are size, smallest and largest number of nodes, zones, labels and taints, and the name where the settings give one. Raises as
    `nodes.node_pools` does.
    """
    played = dict(_played(settings))
    resources = [each for each in state.resources.values() if each.custom and each.exists]
    asked = list(_of_eks(resources, settings) if settings.cloud is Cloud.AWS else _of_aks(resources))
    return list(_compared(played, asked))


def _compared(played: Mapping[Key, Group], asked: Sequence[tuple[Key, Group]]) -> Iterator[Finding]:
    met: set[Key] = set()
    for key, group in asked:
        if key in met or key not in played:
            why = "another group is for the same" if key in met else "the settings have no such pool there"
            yield _error(f"{_spoken(key)}: {why}", group)
            continue
        met.add(key)
        for name, wanted in played[key].facts.items():
            given = group.facts.get(name)
            if given != wanted:
                yield _error(f"{_spoken(key)}: {name} {given!r} is asked of the cloud, {wanted!r} is played", group)
    for key in sorted(played.keys() - met):
        yield _error(f"{_spoken(key)}: the deployment asks the cloud for no such nodes", Group({}))


def _error(message: str, group: Group) -> Finding:
    return Finding(Severity.ERROR, f"{FIRST_WORDS}nodes-differ", message, group.urn, group.source, _FIX)


def _spoken(key: Key) -> str:
    pool, zone = key
    return f"nodes of pool {pool} in {zone}" if zone else f"nodes of pool {pool}"


# -- what is played ---------------------------------------------------------------------------------------------------------------------


def _played(settings: StackSettings) -> Iterator[tuple[Key, Group]]:
    for pool in node_pools(settings):
        common: dict[str, Any] = {
            "size": pool.size.name,
            "labels": dict(pool.asked_labels),
            "taints": sorted(f"{each['key']}={each.get('value', '')}:{each['effect']}" for each in pool.asked_taints),
        }
        if settings.cloud is Cloud.AZURE:
            yield (pool.name, ""), Group({**common, **_spanning(settings, pool)})
            continue
        for zone, minimum in zip(pool.zones, pool.minimum, strict=True):
            yield (pool.name, zone), Group({**common, "minimum": minimum, "maximum": pool.zone_maximum})


def _spanning(settings: StackSettings, pool: NodePool) -> dict[str, Any]:
    """Return the facts of a pool that spans the zones."""
    zones = [zone.removeprefix(f"{settings.region}-") for zone in pool.zones]
    named = {"name": pool.cloud_name} if pool.cloud_name else {}
    return {"minimum": sum(pool.minimum), "maximum": pool.maximum, "zones": zones, **named}


# -- what is asked for ------------------------------------------------------------------------------------------------------------------


def _of_eks(resources: list[ResourceState], settings: StackSettings) -> Iterator[tuple[Key, Group]]:
    zones = {each.id: str(_inputs(each).get("availabilityZone", "")) for each in resources if each.type == SUBNET}
    known = [zone for pool in node_pools(settings)[:1] for zone in pool.zones]
    for resource in resources:
        if resource.type != NODE_GROUP:
            continue
        given = _inputs(resource)
        subnets = cast(list[str], given.get("subnetIds") or [])
        labels, scaling = part(given, "labels"), part(given, "scalingConfig")
        # A subnet that was there before the deployment is not in its graph: the group is named after its zone.
        by_name = next((zone for zone in known if resource.name.endswith(zone)), "")
        places = sorted({zones.get(subnet) or by_name for subnet in subnets})
        facts = {
            "size": ", ".join(given.get("instanceTypes") or ()),
            "minimum": scaling.get("minSize"),
            "maximum": scaling.get("maxSize"),
            "labels": labels,
            "taints": sorted(
                f"{each['key']}={each.get('value') or ''}:{_EFFECTS.get(each['effect'], each['effect'])}"
                for each in given.get("taints") or ()
            ),
        }
        yield (str(labels.get(POOL_LABEL, "")), ", ".join(places)), Group(facts, resource.urn, resource.source)


def _of_aks(resources: list[ResourceState]) -> Iterator[tuple[Key, Group]]:
    for resource in resources:
        given = _inputs(resource)
        if resource.type == AGENT_POOL:
            pools = [{**given, "name": given.get("agentPoolName")}]
        elif resource.type == MANAGED_CLUSTER:
            pools = cast(list[dict[str, Any]], given.get("agentPoolProfiles") or [])
        else:
            continue
        for pool in pools:
            labels = part(pool, "nodeLabels")
            own = SYSTEM if str(pool.get("mode")).lower() == SYSTEM else ""
            facts = {
                "name": pool.get("name"),
                "size": pool.get("vmSize"),
                "minimum": pool.get("minCount"),
                "maximum": pool.get("maxCount"),
                "zones": sorted(pool.get("availabilityZones") or ()),
                "labels": labels,
                "taints": sorted(pool.get("nodeTaints") or ()),
            }
            yield (str(labels.get(POOL_LABEL, own)), ""), Group(facts, resource.urn, resource.source)


def _inputs(resource: ResourceState) -> dict[str, Any]:
    return cast(dict[str, Any], plain(resource.checked))
