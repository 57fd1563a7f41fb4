"""Parts of quotas that gateway groups have for themselves, and pools that follow from a load."""

from pathlib import Path
from typing import Any

import pytest

from apim_infra.environment import load_environment
from apim_infra.products.registry import shapes
from apim_infra.settings.layers import Origin
from apim_infra.settings.load import Resolved, load_settings
from apim_infra.settings.program import from_program, to_program
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.group_shares import Share, shares
from apim_infra.sizing.load import POOL_MAXIMUM, derivations, with_room_for_load
from apim_infra.sizing.quota import NOTHING, gateway_quota, namespace_quotas, shapes_sum

BASE: dict[str, Any] = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "prd"}
SIDECAR = {"mode": "sidecar", "sidecar": {"image": "shop/orders:1.4.2", "port": 8080}}


def stack(*groups: dict[str, Any], **given: Any) -> StackSettings:
    return resolved(*groups, **given).settings


def resolved(*groups: dict[str, Any], **given: Any) -> Resolved:
    named = [{"name": f"g{number}", "apis": [f"/{number}"], **group} for number, group in enumerate(groups)]
    return load_settings({**BASE, **given, "gateway_groups": named})


def test_nothing_is_parted_where_no_group_asks() -> None:
    assert shares(stack({}, {})) == ()


def test_groups_of_a_tier_share_a_part_and_one_may_have_its_own() -> None:
    found = shares(stack({"tier": 1}, {"tier": 1}, {"tier": 2}, {"tier": 2, "quota_share": True}))
    assert [(share.name, share.groups, share.priority) for share in found] == [
        ("user-namespace-tier-1", ("g0", "g1"), -1),
        ("user-namespace-tier-2", ("g2",), -2),
        ("user-namespace-group-g3", ("g3",), -2),
    ]


def test_a_part_is_the_group_at_its_largest_while_it_rolls_out() -> None:
    (share,) = shares(stack({"quota_share": True, "replicas": {"min": 2, "max": 5}, "cpu_millicores": 700}))
    assert (share.quota.pods, share.quota.cpu_millicores, share.priority) == (6, 6 * 700, 0)


@pytest.mark.parametrize(
    "groups",
    [
        [{"tier": 1}, {"tier": 2}, {"tier": 3, "quota_share": True}],
        [{"quota_share": True}, {}, {"database": "own"}],
        [{"tier": 1, "cpu_limit_millicores": 900}, {"tier": 1, **SIDECAR}, {"tier": 4, "quota_share": True, **SIDECAR}],
    ],
)
def test_the_parts_and_the_rest_are_the_quota_of_their_namespaces(groups: list[dict[str, Any]]) -> None:
    asked = stack(*groups)
    parts = [share for share in shares(asked) if share.namespace == asked.gateway.namespace]
    rest = shapes_sum(asked, (shape for shape in shapes(asked) if not shape.priority_class))
    assert sum((share.quota for share in parts), rest) == gateway_quota(asked)


def test_sidecars_have_their_part_in_the_namespace_of_the_services() -> None:
    roomy = {"cluster": {"pools": {"user": {"max": 12}}}}
    asked, without = stack({}, {**SIDECAR, "quota_share": True}, **roomy), stack({})
    (share,) = shares(asked)
    assert (share.namespace, share.groups) == ("microservices", ("g1",))
    assert share.quota.cpu_millicores == 5 * (500 + 250)
    assert gateway_quota(asked) == gateway_quota(without)
    services = namespace_quotas(asked)["microservices"]
    # What is planned for them is theirs, whatever other services leave of the pool.
    full = namespace_quotas(
        stack({}, {**SIDECAR, "quota_share": True}, cluster={"pools": {"user": {"min": 1, "max": 1}}})
    )
    assert full["microservices"].cpu_millicores == share.quota.cpu_millicores < services.cpu_millicores


def test_a_database_of_its_own_takes_a_job_more() -> None:
    more, less = gateway_quota(stack({"database": "own"})), gateway_quota(stack({}))
    assert (more.pods - less.pods, more.cpu_millicores - less.cpu_millicores) == (1, 50)
    assert less != NOTHING


def test_priorities_stay_above_what_the_autoscaler_makes_room_for() -> None:
    found: tuple[Share, ...] = shares(stack(*({"tier": tier} for tier in (1, 2, 3, 4))))
    assert [share.priority for share in found] == [-1, -2, -3, -4]  # pods below -10 get no new node


# -- load --------------------------------------------------------------------------------------------------------------------------------------------

LOAD = {"cpu_millicores": 2000, "memory_mib": 2048, "load": {"requests_per_second": 9000}}
LARGE_NODES: dict[str, Any] = {"cluster": {"pools": {"user": {"size": "m7i.xlarge"}}}}


def test_a_pool_grows_with_the_load_unless_somebody_says_its_size() -> None:
    asked = resolved(LOAD, **LARGE_NODES)
    made = with_room_for_load(asked)
    assert made.settings.cluster.pools.user.max > asked.settings.cluster.pools.user.max
    assert made.origins[POOL_MAXIMUM] is Origin.LOAD
    given = resolved(LOAD, cluster={"pools": {"user": {"size": "m7i.xlarge", "max": 9}}})
    assert with_room_for_load(given).settings.cluster.pools.user.max == 9


def test_without_a_load_nothing_is_derived() -> None:
    asked = resolved({})
    assert with_room_for_load(asked) is asked
    assert list(derivations(asked.settings)) == []


def test_a_pool_is_never_made_smaller() -> None:
    small = {"cpu_millicores": 500, "load": {"requests_per_second": 10}}
    made = with_room_for_load(resolved(small, size="large"))
    assert made.settings.cluster.pools.user.max == resolved({}, size="large").settings.cluster.pools.user.max


def test_derived_replicas_say_where_they_come_from() -> None:
    made = with_room_for_load(resolved(LOAD, {}, **LARGE_NODES))
    assert made.origins["gateway_groups[0].replicas.max"] is Origin.LOAD
    assert made.origins["gateway_groups[1].replicas.max"] is Origin.DEFAULT
    ((path, value, reason),) = derivations(made.settings)
    assert path == "gateway_groups[0].replicas"
    assert value == f"2 to {made.settings.gateway_groups[0].replicas.max}"
    assert "9000 requests a second" in reason


def test_the_program_derives_what_the_command_line_shows() -> None:
    environment = load_environment("kong-on-aws", directory=Path(__file__).resolve().parents[2])
    values, secret_keys = to_program(environment.config)
    assert environment.origins[POOL_MAXIMUM] is Origin.LOAD
    assert from_program(values, secret_keys, with_room_for_load).settings == environment.settings
    assert from_program(values, secret_keys).settings != environment.settings
