"""Rules between settings: one broken setting, one violation that names path, value, rule and fix."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from apim_infra.planning.validation import violations
from apim_infra.settings.load import load_settings
from apim_infra.settings.secret import Encrypted
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import Violation


def stack(**values: Any) -> StackSettings:
    given = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "prd", **values}
    return load_settings(given).settings


def azure(**values: Any) -> StackSettings:
    return stack(**{"cloud": "azure", "region": "westeurope", **values})


@dataclass(frozen=True)
class Case:
    path: str
    value: str | int | float | bool | None
    rule: str
    fix: str
    values: dict[str, Any] = field(default_factory=dict[str, Any])


def pool(name: str, **values: Any) -> dict[str, Any]:
    return {"cluster": {"pools": {name: values}}}


def group(**values: Any) -> dict[str, Any]:
    return {"gateway_groups": [{"name": "default", **values}]}


USER = {"username": "apim", "access_token": Encrypted("token")}
CACHED = {"source": "pull-through-cache", "docker_hub": USER, "github": USER}


CASES = {
    "unknown region": Case("region", "eu-wst-1", "must be a region of aws", "eu-west-1", {"region": "eu-wst-1"}),
    "unknown recovery region": Case(
        "recovery.region",
        "eu-centrl-1",
        "must be a region of aws",
        "eu-central-1",
        {"recovery": {"region": "eu-centrl-1"}},
    ),
    "more zones than the region has": Case(
        "network.zones", 4, "must be at most 3: eu-west-1 has 3 zones", "use 3", {"network": {"zones": 4}}
    ),
    "more zones than a cluster can use": Case(
        "network.zones",
        6,
        "must be at most 5: us-east-1 has 6 zones, of which a cluster can use 5",
        "use 5",
        {"region": "us-east-1", "network": {"zones": 6}},
    ),
    "range overlaps the services": Case(
        "network.cidr",
        "172.20.0.0/16",
        "must not overlap network.service_cidr (172.20.0.0/16)",
        "move one",
        {"network": {"cidr": "172.20.0.0/16"}},
    ),
    "range too small": Case(
        "network.cidr",
        "10.1.16.0/22",
        "is too small: /19 is the smallest that fits",
        "use 10.1.0.0/19",
        {"network": {"cidr": "10.1.16.0/22"}},
    ),
    "no range is large enough": Case(
        "network.cidr",
        "10.0.0.0/16",
        "is too small, as every allowed range is",
        "lower the max",
        pool("user", size="m7i.4xlarge", max=450),
    ),
    "no way to the cloud's services": Case(
        "network.interface_endpoints",
        "ecr.api, sts",
        "must reach autoscaling, ec2, ecr.dkr",
        "or set network.nat to single",
        {"tier": "dev", "network": {"nat": "none", "interface_endpoints": ["ecr.api", "sts"]}, "images": CACHED},
    ),
    "no way to the images": Case(
        "network.gateway_endpoints",
        "",
        "must reach s3",
        "add s3",
        {
            "tier": "dev",
            "network": {
                "nat": "none",
                "gateway_endpoints": [],
                "interface_endpoints": [
                    *("autoscaling", "ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth"),
                    *("elasticloadbalancing", "logs", "sts"),
                ],
            },
            "images": CACHED,
        },
    ),
    "unsupported Kubernetes": Case(
        "cluster.version", "1.31", "must be a Kubernetes version", "1.36", {"cluster": {"version": "1.31"}}
    ),
    "unknown size of a pool": Case(
        "cluster.pools.user.size",
        "m7.large",
        "must be a size in the aws catalogue",
        "m7i.large",
        pool("user", size="m7.large"),
    ),
    "management pool too small": Case(
        "cluster.pools.management.max",
        3,
        "is too small for the sizing table",
        "raise cluster.pools.management.max to 9",
        pool("management", max=3),
    ),
    "user pool too small": Case(
        "cluster.pools.user.max",
        2,
        "is too small for the sizing table",
        "raise cluster.pools.user.max to 5",
        pool("user", min=1, max=2),
    ),
    "monitoring pool too small": Case(
        "cluster.pools.monitoring.max",
        1,
        "is too small for the sizing table",
        "raise cluster.pools.monitoring.max to 2",
        pool("monitoring", min=1, max=1),
    ),
    "a pod larger than a node": Case(
        "cluster.pools.user.size",
        "m7i.large",
        "is too small for the sizing table: gateway-default asks for 4000 millicores",
        "choose a larger size",
        group(cpu_millicores=4000),
    ),
    "unknown workload": Case(
        "sizing.workload_replicas.gateway-manger",
        2,
        "must be a Deployment of the sizing table",
        "gateway-manager",
        {"sizing": {"workload_replicas": {"gateway-manger": 2}}},
    ),
    "replicas of a store": Case(
        "sizing.workload_replicas.mariadb-slave",
        2,
        "is a store",
        "stores.*.replicas",
        {"sizing": {"workload_replicas": {"mariadb-slave": 2}}},
    ),
    "reserved namespace": Case(
        "gateway.namespace",
        "apim",
        "must not be a namespace that is taken",
        "choose another",
        {"gateway": {"namespace": "apim"}},
    ),
    "ingress controller without cookies": Case(
        "ingress.controller",
        "traefik",
        "keeps no user with one pod, as anm, api-manager of axway need it",
        "use envoy-gateway",
        {"product": "axway", "ingress": {"controller": "traefik"}},
    ),
    "control plane without database": Case(
        "stores.mariadb.mode", "none", "must not be none", "use managed", {"stores": {"mariadb": {"mode": "none"}}}
    ),
    "store in the cluster of production": Case(
        "stores.redis.mode",
        "in-cluster",
        "must not be in-cluster in tier prd",
        "use managed",
        {"stores": {"redis": {"mode": "in-cluster"}}},
    ),
    "store on machines not built": Case(
        "stores.redis.mode",
        "self-managed",
        "is not available yet",
        "use managed or in-cluster or none",
        {"stores": {"redis": {"mode": "self-managed"}}},
    ),
    "unknown size of a database": Case(
        "stores.postgresql.size",
        "db.t4g.medum",
        "must be a size for databases",
        "db.t4g.medium",
        {"stores": {"postgresql": {"size": "db.t4g.medum"}}},
    ),
    "unknown size of the in-memory store": Case(
        "stores.redis.size",
        "t4g.small",
        "must be a size for caches",
        "cache.t4g.small",
        {"stores": {"redis": {"size": "t4g.small"}}},
    ),
    "unsupported engine": Case(
        "stores.mariadb.version",
        "10.5",
        "must be a mariadb version",
        "11.8",
        {"stores": {"mariadb": {"version": "10.5"}}},
    ),
    "unsupported in-memory store": Case(
        "stores.redis.version", "6.2", "must be a redis version", "8.1", {"stores": {"redis": {"version": "6.2"}}}
    ),
    "gateway without its database": Case(
        "stores.gateway_postgresql.mode",
        "none",
        "must not be none: kong needs this store",
        "use managed",
        {"stores": {"gateway_postgresql": {"mode": "none"}}},
    ),
    "other copies than the managed service keeps": Case(
        "stores.cassandra.replication_factor",
        2,
        "must be 3: Amazon Keyspaces always keeps as many copies",
        "use 3",
        {"stores": {"cassandra": {"mode": "managed", "replication_factor": 2}}},
    ),
    "public group in a private topology": Case(
        "gateway_groups[0].exposure",
        "public",
        "must be private: topology internal-development has no public access point",
        "use private",
        {"topology": "internal-development", "gateway_groups": [{"name": "default"}]},
    ),
    "public group without load balancer": Case(
        "gateway_groups[0].exposure",
        "public",
        "needs the public load balancer",
        "ingress.public.enabled",
        {"ingress": {"public": {"enabled": False}}},
    ),
    "private group without load balancer": Case(
        "gateway_groups[0].exposure",
        "private",
        "needs the internal load balancer",
        "ingress.internal.enabled",
        {"ingress": {"internal": {"enabled": False}}, **group(exposure="private")},
    ),
    "group tags without a meaning": Case(
        "gateway_groups[0].tags", "mobile", "have no effect on kong", "remove the tags", group(tags=["mobile"])
    ),
    "group name too long": Case(
        "gateway_groups[0].name",
        "a" * 31,
        "must not be longer than 30 characters",
        "shorten it",
        {"gateway_groups": [{"name": "a" * 31}]},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_rule_names_path_value_rule_and_fix(name: str) -> None:
    case = CASES[name]
    found = [each for each in violations(stack(**case.values)) if (each.path, each.value) == (case.path, case.value)]
    assert [each.rule.startswith(case.rule) for each in found] == [True], found
    assert case.fix in found[0].fix


@pytest.mark.parametrize("name", [name for name in CASES if name not in {"public group in a private topology"}])
def test_one_broken_setting_is_one_violation(name: str) -> None:
    assert len(violations(stack(**CASES[name].values))) == 1


@pytest.mark.parametrize("cloud", ["aws", "azure"])
@pytest.mark.parametrize("tier", ["dev", "stg", "prd"])
@pytest.mark.parametrize("size", ["small", "medium", "large"])
def test_the_defaults_of_every_tier_and_size_are_clean(cloud: str, tier: str, size: str) -> None:
    make = stack if cloud == "aws" else azure
    assert violations(make(tier=tier, size=size)) == []


def test_all_violations_come_at_once() -> None:
    found = violations(
        stack(
            region="eu-wst-1",
            cluster={"version": "1.20", "pools": {"user": {"size": "huge"}, "management": {"max": 2}}},
            stores={"mariadb": {"mode": "none"}},
        )
    )
    assert [each.path for each in found] == [
        "region",
        "cluster.version",
        "cluster.pools.user.size",
        "cluster.pools.management.max",
        "stores.mariadb.mode",
    ]


EXISTING = {"id": "vpc-1", "private_subnet_ids": ["a", "b", "c"], "data_subnet_ids": ["d", "e", "f"]}


def test_an_existing_network_is_not_planned() -> None:
    existing = {**EXISTING, "public_subnet_ids": ["g", "h", "i"]}
    assert not violations(stack(network={"cidr": "10.0.0.0/24", "nat": "none", "existing": existing}))


def test_an_existing_network_brings_subnets_for_the_public_load_balancer() -> None:
    found = violations(stack(network={"existing": EXISTING}))
    assert [each.path for each in found] == ["network.existing.public_subnet_ids"]
    assert not violations(
        stack(
            network={"existing": EXISTING},
            ingress={"public": {"enabled": False}},
            gateway_groups=[{"name": "a", "exposure": "private"}],
        )
    )


def test_an_existing_cluster_needs_the_network_that_it_lies_in() -> None:
    found = violations(stack(cluster={"existing": {"name": "company"}}))
    assert [each.path for each in found] == ["cluster.existing.name"]


def test_azure_knows_its_own_names() -> None:
    paths = [each.path for each in violations(azure(**pool("user", size="m7i.large")))]
    assert paths == ["cluster.pools.user.size"]
    assert [each.path for each in violations(azure(region="eu-west-1"))] == ["region"]


def test_a_violation_is_readable_as_one_sentence() -> None:
    found = violations(stack(network={"zones": 4}))[0]
    assert found == Violation(
        "network.zones",
        4,
        "must be at most 3: eu-west-1 has 3 zones",
        "use 3 or fewer zones, or a region with more",
    )
