"""Every stack file and every example has room for what it plans, and no pool has more than it needs to be proven."""

from functools import cache
from pathlib import Path

import pytest

from apim_infra.environment import Environment, load_environment
from apim_infra.planning.capacity_rules import NO_ROOM, capacity_findings
from apim_infra.settings.load import load_settings
from apim_infra.sizing.capacity import least_maxima, outcomes, pool_plans, survived

ROOT = Path(__file__).parents[2]
STACKS = sorted(
    path.name.removeprefix("Pulumi.").removesuffix(".yaml")
    for pattern in ("Pulumi.*.yaml", "examples/*/Pulumi.*.yaml")
    for path in ROOT.glob(pattern)
)


@cache
def loaded(stack: str, *overrides: str) -> Environment:
    return load_environment(stack, directory=ROOT, overrides=overrides, capacity=False)


@cache
def least(stack: str) -> dict[str, int | None]:
    return {str(pool): needed for pool, needed in least_maxima(loaded(stack).settings).items()}


def failing(stack: str, *overrides: str) -> set[str]:
    """Return the settings that the proof says must be raised."""
    settings = loaded(stack, *overrides).settings
    found = [case for plan in pool_plans(settings) for case in outcomes(plan, survived(settings))]
    errors = [each for each in capacity_findings(settings, found) if each.severity == "error"]
    assert {each.rule for each in errors} <= {NO_ROOM}
    return {each.fix.partition(":")[0] for each in errors}


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_has_room(stack: str) -> None:
    assert failing(stack) == set()


@pytest.mark.slow
@pytest.mark.parametrize("stack", STACKS)
def test_a_pool_with_one_node_less_than_it_needs_has_none(stack: str) -> None:
    for pool, needed in least(stack).items():
        assert needed is not None
        path = f"cluster.pools.{pool}.max"
        if needed > 1:
            assert path in failing(stack, f"{path}={needed - 1}", f"cluster.pools.{pool}.min=0"), f"{path}={needed - 1}"
        assert path not in failing(stack, f"{path}={needed}", f"cluster.pools.{pool}.min=0"), f"{path}={needed}"


@pytest.mark.parametrize("cloud", ["aws", "azure"])
@pytest.mark.parametrize("tier", ["dev", "stg", "prd"])
@pytest.mark.parametrize("size", ["small", "medium", "large"])
def test_the_defaults_of_every_tier_and_size_have_room(cloud: str, tier: str, size: str) -> None:
    region = {"aws": "eu-west-1", "azure": "westeurope"}[cloud]
    given = {"cloud": cloud, "region": region, "company_domain": "example.com", "tier": tier, "size": size}
    settings = load_settings(given).settings
    found = [case for plan in pool_plans(settings) for case in outcomes(plan, survived(settings))]
    assert [case for case in found if not case.fits] == []
