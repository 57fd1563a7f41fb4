"""Stacks of Tyk in each of its patterns, and what their plans hold."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, cast

from apim_infra.planning.validation import violations
from apim_infra.products.plans import Access, Composed, JobPlan, PoolPlacement, ReleasePlan, StoreAccess
from apim_infra.products.registry import product_plan
from apim_infra.settings.load import load_settings
from apim_infra.settings.pools import POOLS
from apim_infra.settings.secret import Encrypted
from apim_infra.settings.stack import StackSettings

SECRET = Encrypted("a-secret-of-the-stack")
NO_DATABASE = {"gateway_postgresql": {"mode": "none"}}
ORGANISATIONS = [
    {"name": "payments", "administrator": "payments@example.com", "portal_host": "payments"},
    {"name": "lending", "administrator": "lending@example.com", "portal_host": "lending", "portal_public": False},
]
REMOTE = {"address": "mdcb.example.org", "organisation_id": "7d0f09f1b16061af82fad32a", "key": SECRET}
LICENCES = {"dashboard": SECRET, "portal": SECRET}
PATTERNS: Mapping[str, dict[str, Any]] = {
    "minimal": {"tyk": {"pattern": "minimal"}, "stores": NO_DATABASE},
    "high-availability": {"tyk": {"licences": LICENCES, "organisations": ORGANISATIONS}},
    "control-plane": {
        "tyk": {
            "pattern": "control-plane",
            "licences": {**LICENCES, "mdcb": SECRET},
            "organisations": ORGANISATIONS,
        }
    },
    "data-plane": {"tyk": {"pattern": "data-plane", "remote": REMOTE}, "stores": NO_DATABASE},
    "hybrid": {"tyk": {"pattern": "hybrid", "remote": REMOTE}, "stores": NO_DATABASE},
    "cloud": {
        "tyk": {
            "pattern": "cloud",
            "cloud": {"address": "gw.example.net", "upstreams": [{"host": "orders", "service": "orders"}]},
        },
        "gateway_groups": [],
        "stores": {**NO_DATABASE, "redis": {"mode": "none"}},
        "ingress": {"public": {"source_cidrs": ["198.51.100.0/24"]}},
    },
}
WITH_GATEWAYS = [name for name in PATTERNS if name != "cloud"]
PUMPS: Mapping[str, dict[str, Any]] = {
    "mongo": {"settings": {"collection": "calls"}, "secret": SECRET},
    "kafka": {"address": "kafka.example.com", "settings": {"topic": "calls"}},
    "statsd": {"address": "statsd.example.com", "settings": {"fields": "request_time"}},
    "csv": {},
    "datadog": {"address": "agent.example.com"},
    "elasticsearch": {"address": "search.example.com", "settings": {"index": "calls", "version": "7"}},
    "splunk": {"address": "splunk.example.com", "secret": SECRET},
    "logzio": {"address": "listener.example.com", "secret": SECRET},
    "prometheus": {},
    "postgresql": {},
}


def stack(pattern: str = "high-availability", cloud: str = "aws", **values: Any) -> StackSettings:
    given: dict[str, Any] = {
        "cloud": cloud,
        "region": "eu-west-1" if cloud == "aws" else "westeurope",
        "company_domain": "example.com",
        "tier": "stg",
        "size": "medium",
        "product": "tyk",
        **PATTERNS[pattern],
    }
    for name, value in values.items():
        given[name] = {**given.get(name, {}), **value} if isinstance(value, dict) else value
    return load_settings(given).settings


def tyk(pattern: str = "high-availability", on: str = "aws", **values: Any) -> StackSettings:
    """Return a stack with settings of Tyk laid over those of the pattern."""
    return stack(pattern, on, tyk=values)


def plan_of(settings: StackSettings):
    access = Access(
        stores={
            "redis": StoreAccess("redis.example.internal", 6379, "", "default", "the-password-of-redis"),
            "gateway_postgresql": StoreAccess("db.example.internal", 5432, "kong", "admin", "the-password-of-all"),
        },
        placements={pool: PoolPlacement({"apim.io/pool": pool}, []) for pool in POOLS},
        image_registry="registry.example.com",
    )
    plan = product_plan(settings, access)
    assert plan is not None
    return plan


def releases(settings: StackSettings) -> dict[str, ReleasePlan]:
    return {step.name: step for step in plan_of(settings).steps if isinstance(step, ReleasePlan)}


def jobs(settings: StackSettings) -> dict[str, JobPlan]:
    return {step.name: step for step in plan_of(settings).steps if isinstance(step, JobPlan)}


def told(release: ReleasePlan, part: str) -> dict[str, Any]:
    """Return the variables that a chart's program is told beside its values."""
    place = release.values[part] if part else release.values
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in place["extraEnvs"]}


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, item in cast("Mapping[str, Any]", value).items():
            yield from leaves(item, f"{path}.{key}")
    elif isinstance(value, (list, tuple)):
        for position, item in enumerate(cast("Sequence[Any]", value)):
            yield from leaves(item, f"{path}[{position}]")
    elif isinstance(value, Composed):
        yield from leaves(value.parts, path)
    else:
        yield path, value


def paths(settings: StackSettings) -> set[str]:
    return {each.path for each in violations(settings)}


@cache
def sample(pattern: str, cloud: str = "aws") -> StackSettings:
    return stack(pattern, cloud)
