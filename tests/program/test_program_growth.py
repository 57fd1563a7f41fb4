"""A platform that grows while it runs: the same world, a second run, and nothing replaced or taken away."""

from collections.abc import Sequence

import pytest
from program_support import in_cluster, of_type, record_stack

from apim_infra.rehearsal.graph import Graph
from apim_infra.rehearsal.packages import packages
from apim_infra.rehearsal.state import Operation
from apim_infra.rehearsal.testing import Recording

pytestmark = pytest.mark.slow

GROWING = {Operation.SAME, Operation.CREATE, Operation.UPDATE, Operation.READ}
"""What may be done with the resources of a platform that grows."""

NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
GROUPS = (
    '{"name":"default","replicas":{"min":3,"max":12}}',
    '{"name":"partners","mode":"dedicated","apis":["/partners"],"replicas":{"min":2,"max":6}}',
    '{"name":"internal","exposure":"private","replicas":{"min":2,"max":4}}',
)
"""The gateway groups of prd."""

FOUR_ZONES = ("region=ap-northeast-2", "network.cidr=10.64.0.0/16")
"""A region with four zones, which the region of prd has not."""


def grown(stack: str, *overrides: str, first: Sequence[str] = ()) -> tuple[Recording, Recording]:
    """Deploy a stack, then once more with settings laid over it, to the same world."""
    worlds = packages()
    before = record_stack(stack, *first, providers=worlds)
    assert before.errors == []
    after = record_stack(stack, *first, *overrides, before=before, providers=worlds)
    assert after.errors == []
    return before, after


def names(recording: Recording, operation: Operation) -> set[str]:
    """Return the names, without the stack's prefix, of custom resources that an operation was done to."""
    prefix = f"apim-{recording.graph.stack}-"
    custom = {resource.urn for resource in recording.graph.custom()}
    return {
        step.urn.rpartition("::")[2].removeprefix(prefix)
        for step in recording.steps
        if step.operation is operation and step.urn in custom
    }


def operations(recording: Recording) -> set[Operation]:
    return {step.operation for step in recording.steps}


def zones_of_nodes(graph: Graph, pool: str) -> list[str]:
    zones = {subnet.id: subnet.inputs["availabilityZone"] for subnet in of_type(graph, "aws:ec2/subnet:Subnet")}
    groups = [group for group in of_type(graph, NODE_GROUP) if group.inputs["labels"]["apim.io/pool"] == pool]
    return [zones[group.inputs["subnetIds"][0]] for group in groups]


@pytest.mark.parametrize("zones", [2, 3])
def test_another_zone_replaces_nothing(zones: int) -> None:
    before, after = grown("prd", f"network.zones={zones + 1}", first=(*FOUR_ZONES, f"network.zones={zones}"))
    assert operations(after) <= GROWING
    made = names(after, Operation.CREATE)
    for pool in ("management", "user", "monitoring"):
        old, new = zones_of_nodes(before.graph, pool), zones_of_nodes(after.graph, pool)
        assert (len(old), new[:-1]) == (zones, old)
        assert f"{pool}-{new[-1]}" in made
    subnets = [
        {s.id: s.inputs["cidrBlock"] for s in of_type(r.graph, "aws:ec2/subnet:Subnet")} for r in (before, after)
    ]
    assert subnets[0].items() <= subnets[1].items()
    assert len(subnets[1]) == len(subnets[0]) + 3
    # Stores and load balancers come to the new zone in place.
    changed = names(after, Operation.UPDATE)
    assert {"mariadb-subnets", "redis-subnets", "public-nlb", "internal-nlb"} <= changed


def test_another_gateway_group_replaces_nothing() -> None:
    groups = ",".join((*GROUPS, '{"name":"batch","mode":"dedicated","apis":["/batch"]}'))
    _, after = grown("prd", f"gateway_groups=[{groups}]", first=("cluster.pools.user.max=14",))
    assert operations(after) <= GROWING
    made = names(after, Operation.CREATE)
    assert made
    assert {name for name in made if not name.startswith(("gateway-batch-", "ingress-"))} == {
        "flows-admin-of-batch-ingress"
    }


@pytest.mark.parametrize(
    "settings",
    [
        [f"gateway_groups=[{','.join(GROUPS)}]".replace('["/partners"]', '["/resellers"]')],
        ["ingress.public.hosts.api=open", "ingress.internal.hosts.console=management"],
    ],
    ids=["a path", "hosts"],
)
def test_another_path_or_host_replaces_nothing(settings: list[str]) -> None:
    """A host under another name is another record and another route; load balancers, certificates, gateways and stores stay."""
    _, after = grown("prd", *settings)
    assert Operation.REPLACE not in operations(after)
    gone = {step.urn.rpartition("::")[2] for step in after.steps if step.operation is Operation.DELETE}
    assert {name for name in gone if "-dns-" not in name and "-ingress-" not in name} == set()
    assert any(step.operation in (Operation.CREATE, Operation.UPDATE) for step in after.steps)


def test_larger_pools_and_stores_replace_nothing() -> None:
    _, after = grown(
        "prd",
        "cluster.pools.user.max=15",
        "cluster.pools.management.max=9",
        "stores.mariadb.replicas=3",
        "stores.mariadb.storage_gb=200",
        "stores.redis.size=cache.m7g.xlarge",
        "ingress.replicas=4",
        "sizing.replicas=3",
    )
    assert operations(after) <= GROWING
    bounds = {name for name in names(after, Operation.UPDATE) if name.startswith(("user-eu", "management-eu"))}
    assert len(bounds) == 6
    assert "mariadb-replica-3" in names(after, Operation.CREATE)


def test_a_recovery_region_adds_copies_and_replaces_nothing() -> None:
    before, after = grown("dev", "recovery.region=eu-central-1")
    assert operations(after) <= GROWING
    assert names(after, Operation.UPDATE) == set()
    assert names(after, Operation.CREATE) == {
        "recovery-keys-stores",
        "backups-mariadb",
        "backups-postgresql",
        "backups-gateway_postgresql",
    }
    assert {resource.urn for resource in in_cluster(after.graph)} == {r.urn for r in in_cluster(before.graph)}
