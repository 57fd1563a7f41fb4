"""Helm values of a Kong gateway group."""

from collections.abc import Iterator
from typing import Any

import pytest

from apim_infra.products.kong import GatewayDatabase, GatewayPlacement, values
from apim_infra.products.profile import profile
from apim_infra.settings.environment import Product
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings

KONG = profile(Product.KONG)
DATABASE = GatewayDatabase(
    host="db.internal", port=5432, name="kong", user="kong", secret_name="gateway-database", secret_key="password"
)
TOLERATION = {"key": "apim.io/pool", "operator": "Equal", "value": "user", "effect": "NoSchedule"}
PLACEMENT = GatewayPlacement(node_selector={"apim.io/pool": "user"}, tolerations=[TOLERATION])


def stack(**given: Any) -> StackSettings:
    base = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "prd", **given}
    return load_settings(base).settings


def made(database: GatewayDatabase = DATABASE, **given: Any) -> dict[str, Any]:
    asked = stack(**given)
    return values(KONG, asked, asked.gateway_groups[0], database, PLACEMENT)


def group(**given: Any) -> dict[str, Any]:
    return {"gateway_groups": [{"name": "default", **given}]}


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{position}]")
    else:
        yield path, value


def test_nothing_is_reached_from_outside_of_the_cluster() -> None:
    found = made()
    types = {path: value for path, value in leaves(found) if path in {".proxy.type", ".admin.type"}}
    assert types == {".proxy.type": "ClusterIP", ".admin.type": "ClusterIP"}
    for service in ("manager", "portal", "portalapi", "udpProxy", "cluster", "clustertelemetry", "ingressController"):
        assert found[service] == {"enabled": False}
    assert found["postgresql"] == {"enabled": False}


def test_the_admin_api_speaks_tls_only() -> None:
    admin = made()["admin"]
    assert admin["http"] == {"enabled": False}
    assert (admin["tls"]["containerPort"], admin["tls"]["servicePort"]) == (8444, 8444)


def test_every_container_has_requests_equal_to_its_limits() -> None:
    found = made(**group(cpu_millicores=1500, memory_mib=3000))
    gateway = {"cpu": "1500m", "memory": "3000Mi"}
    assert found["resources"] == {"requests": gateway, "limits": gateway}
    for container in (found["initContainerResources"], found["migrations"]["resources"]):
        assert container["requests"] == container["limits"] != {}
    job = KONG.job("migrations")
    assert found["migrations"]["resources"]["requests"] == {
        "cpu": f"{job.cpu_millicores}m",
        "memory": f"{job.memory_mib}Mi",
    }


def test_the_password_is_only_named() -> None:
    environment = made()["env"]
    assert environment["pg_password"] == {
        "valueFrom": {"secretKeyRef": {"name": "gateway-database", "key": "password"}}
    }
    assert (environment["database"], environment["pg_host"], environment["pg_port"]) == (
        "postgres",
        "db.internal",
        5432,
    )
    assert environment["pg_ssl"] == environment["pg_ssl_required"] == "on"


def test_values_that_are_known_later_are_passed_on_untouched() -> None:
    later = object()
    environment = made(GatewayDatabase(later, later, later, later, later, "password"))["env"]
    assert environment["pg_host"] is environment["pg_port"] is environment["pg_user"] is later
    assert environment["pg_password"]["valueFrom"]["secretKeyRef"]["name"] is later


@pytest.mark.parametrize(("tag", "expected"), [(None, KONG.image.tag), ("3.9.1", "3.9.1")])
def test_the_image_is_pinned(tag: str | None, expected: str) -> None:
    image = made(gateway={"image_tag": tag})["image"]
    assert image == {"repository": "kong", "tag": expected}
    assert expected[0].isdigit()


def test_the_autoscaler_keeps_to_the_groups_bounds() -> None:
    found = made(**group(replicas={"min": 3, "max": 9}, cpu_percent=60))["autoscaling"]
    assert (found["enabled"], found["minReplicas"], found["maxReplicas"]) == (True, 3, 9)
    assert found["metrics"][0]["resource"]["target"] == {"type": "Utilization", "averageUtilization": 60}


def test_a_single_gateway_has_no_disruption_budget() -> None:
    assert made(**group(replicas={"min": 2, "max": 2}))["podDisruptionBudget"] == {"enabled": True, "maxUnavailable": 1}
    assert made(**group(replicas={"min": 1, "max": 2}))["podDisruptionBudget"] == {"enabled": False}


@pytest.mark.parametrize(("surge", "unavailable"), [(0, 1), (1, 0), (3, 0)])
def test_a_new_version_rolls_out_within_the_quotas_surge(surge: int, unavailable: int) -> None:
    rolling = made(sizing={"surge": surge})["updateStrategy"]["rollingUpdate"]
    assert rolling == {"maxSurge": surge, "maxUnavailable": unavailable}


def test_pods_stay_on_their_pool_and_spread() -> None:
    found = made()
    assert (found["nodeSelector"], found["tolerations"]) == ({"apim.io/pool": "user"}, [TOLERATION])
    spread = found["topologySpreadConstraints"]
    assert {each["topologyKey"] for each in spread} == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
    # The chart labels its pods `app: <fullname>`.
    assert {each["labelSelector"]["matchLabels"]["app"] for each in spread} == {found["fullnameOverride"]}
    assert found["fullnameOverride"] == "gateway-default"


def test_pods_carry_the_role_that_network_policies_ask_for() -> None:
    assert made()["extraLabels"] == {
        "apim.io/role": "gateway",
        "apim.io/gateway-group": "default",
        "apim.io/exposure": "public",
    }


def test_pods_meet_the_restricted_standard() -> None:
    found = made()
    container = found["containerSecurityContext"]
    assert container["runAsNonRoot"]
    assert container["readOnlyRootFilesystem"]
    assert not container["allowPrivilegeEscalation"]
    assert container["capabilities"] == {"drop": ["ALL"]}
    assert container["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not found["deployment"]["serviceAccount"]["automountServiceAccountToken"]


def test_metrics_are_collected_where_there_are_metrics() -> None:
    assert made()["serviceMonitor"]["enabled"]
    assert not made(observability={"metrics": {"enabled": False}})["serviceMonitor"]["enabled"]


@pytest.mark.parametrize(("millicores", "workers"), [(500, "1"), (1000, "1"), (3500, "3")])
def test_workers_follow_the_cores(millicores: int, workers: str) -> None:
    assert made(**group(cpu_millicores=millicores))["env"]["nginx_worker_processes"] == workers
