"""WSO2 API Manager: its profile, its plan, the shapes of its pods, and what is refused."""

from typing import Any

import pytest

from apim_infra.planning.flows import Role, flows
from apim_infra.planning.placement import hosts
from apim_infra.planning.pod_flows import pod_flows
from apim_infra.planning.validation import violations
from apim_infra.products.plans import Access, Generated, JobPlan, PoolPlacement, ProductPlan, ReleasePlan, StoreAccess
from apim_infra.products.profile import Product, profile
from apim_infra.products.registry import product_plan, shapes
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.quota import gateway_quota

WSO2 = profile(Product.WSO2)
CLOUDS = {"aws": "eu-west-1", "azure": "westeurope"}
STORE = StoreAccess(host="store", port=5432, database="postgres", username="owner", password="unique-store-password")
ACCESS = Access(
    stores={"postgresql": STORE, "redis": StoreAccess("counters", 6379, "", "default", "unique-counters-password")},
    placements={pool: PoolPlacement({"apim.io/pool": pool}, ()) for pool in ("management", "user", "monitoring")},
    image_registry="registry.example.com",
)
SIZE = {"cpu_millicores": 2000, "cpu_limit_millicores": 3000, "memory_mib": 2048, "memory_limit_mib": 3072}
APART = {"traffic_manager": True, "key_manager": True}


def stack(cloud: str = "aws", **values: Any) -> StackSettings:
    given = {"cloud": cloud, "region": CLOUDS[cloud], "company_domain": "example.com", "tier": "stg", **values}
    return load_settings({"product": "wso2", **given}).settings


def plan(settings: StackSettings) -> ProductPlan:
    found = product_plan(settings, ACCESS)
    assert found is not None
    assert found.problems() == []
    return found


def releases(settings: StackSettings) -> dict[str, ReleasePlan]:
    return {step.name: step for step in plan(settings).steps if isinstance(step, ReleasePlan)}


def of(settings: StackSettings, release: str, *path: str) -> Any:
    found: Any = releases(settings)[release].values
    for key in path:
        found = found[key]
    return found


def configurations(settings: StackSettings, release: str) -> dict[str, Any]:
    return of(settings, release, "wso2", "apim", "configurations")


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("tier", ["dev", "stg", "prd"])
def test_the_product_alone_makes_a_platform_that_is_refused_nothing(cloud: str, tier: str) -> None:
    assert violations(stack(cloud, tier=tier)) == []


# -- planes (W1) -----------------------------------------------------------------------------------------------------------------------------


def test_one_program_is_control_and_management_plane_unless_they_are_split() -> None:
    assert list(releases(stack())) == ["wso2-acp", "gateway-default"]
    apart = releases(stack(wso2=APART))
    assert list(apart) == ["wso2-acp", "wso2-tm", "wso2-km", "gateway-default"]
    assert {name: step.chart.name for name, step in apart.items()} == {
        "wso2-acp": "wso2am-acp",
        "wso2-tm": "wso2am-tm",
        "wso2-km": "wso2am-km",
        "gateway-default": "wso2am-universal-gw",
    }
    assert {step.chart.version for step in apart.values()} == {"4.7.0-1"}
    assert {name: step.pool for name, step in apart.items() if step.pool != "management"} == {"gateway-default": "user"}


def test_everything_waits_for_the_databases_and_gateways_for_every_program() -> None:
    found = releases(stack(wso2=APART))
    assert all("wso2-databases" in step.needs for name, step in found.items() if name.startswith("wso2-"))
    assert found["gateway-default"].needs == ("wso2-acp", "wso2-tm", "wso2-km")


def test_gateways_ask_whoever_throttles_and_issues_tokens() -> None:
    together, apart = configurations(stack(), "gateway-default"), configurations(stack(wso2=APART), "gateway-default")
    assert together["throttling"] == {
        "serviceUrl": "wso2-acp-service",
        "urls": ["wso2-acp-1-service", "wso2-acp-2-service"],
    }
    assert apart["throttling"] == {"serviceUrl": "wso2-tm-service", "urls": ["wso2-tm-1-service", "wso2-tm-2-service"]}
    assert (together["km"]["serviceUrl"], apart["km"]["serviceUrl"]) == ("wso2-acp-service", "wso2-km-service")
    assert together["eventhub"] == apart["eventhub"]


def test_without_high_availability_every_program_runs_once_and_has_no_budget() -> None:
    once = stack(wso2={**APART, "high_availability": False})
    assert configurations(once, "gateway-default")["throttling"]["urls"] == ["wso2-tm-1-service"]
    assert [
        of(once, name, "wso2", "deployment", "highAvailability") for name in ("wso2-acp", "wso2-tm", "wso2-km")
    ] == [False] * 3
    assert [budget.name for budget in plan(once).budgets] == ["gateway-default"]
    assert [budget.name for budget in plan(stack(wso2=APART)).budgets] == [
        "wso2-acp",
        "wso2-tm",
        "wso2-km",
        "gateway-default",
    ]


def test_the_administrator_has_the_name_of_the_settings() -> None:
    named = configurations(stack(wso2={"administrator": "somebody-else"}), "wso2-acp")
    assert (named["adminUsername"], configurations(stack(), "wso2-acp")["adminUsername"]) == (
        "somebody-else",
        "apim-administrator",
    )


# -- one host, a path for each group (W2), groups (W3) and modes (W4) ------------------------------------------------------------------------

GROUPS = [
    {"name": "food", "apis": ["/delivery", "/pizza"], **SIZE},
    {"name": "sms", "mode": "dedicated", "apis": ["/sms"], "exposure": "private", **SIZE},
]


def test_every_group_has_a_release_routes_and_an_environment_in_the_publisher() -> None:
    settings = stack(gateway_groups=GROUPS)
    assert [name for name in releases(settings) if name.startswith("gateway-")] == ["gateway-food", "gateway-sms"]
    routes = {(host.load_balancer, host.fqdn, host.path): host for host in hosts(settings) if host.name == "api"}
    assert {key: (host.service, host.port, host.tls) for key, host in routes.items()} == {
        ("public", "api.example.com", "/delivery"): ("gateway-food-service", 8243, True),
        ("public", "api.example.com", "/pizza"): ("gateway-food-service", 8243, True),
        ("internal", "api.example.com", "/sms"): ("gateway-sms-service", 8243, True),
    }
    environments = configurations(settings, "wso2-acp")["gateway"]["environments"]
    assert [(each["name"], each["serviceName"]) for each in environments] == [
        ("food", "gateway-food-service"),
        ("sms", "gateway-sms-service"),
    ]
    labels = {
        group: configurations(settings, f"gateway-{group}")["syncRuntimeArtifacts"]["gateway"]["labels"]
        for group in ("food", "sms")
    }
    assert labels == {"food": ["food"], "sms": ["sms"]}


def test_a_sidecar_is_refused() -> None:
    group = {"name": "orders", "mode": "sidecar", "sidecar": {"image": "registry.example.com/orders:1.0", "port": 8080}}
    found = [each for each in violations(stack(gateway_groups=[{**group, **SIZE}])) if each.path.endswith(".mode")]
    assert [(each.value, each.fix) for each in found] == [("sidecar", "use shared, dedicated")]
    assert "Java server" in found[0].rule


@pytest.mark.parametrize(
    ("version", "kind"), [("4.7.0.12", "tag"), (f"sha256:{'ab' * 32}", "digest")], ids=["tag", "digest"]
)
def test_one_group_may_run_another_image(version: str, kind: str) -> None:
    groups = [
        {"name": "first", "apis": ["/a"], "image_tag": version, **SIZE},
        {"name": "others", "apis": ["/b"], **SIZE},
    ]
    settings = stack(gateway_groups=groups)
    assert violations(settings) == []
    image = of(settings, "gateway-first", "wso2", "deployment", "image")
    assert (image[kind], of(settings, "gateway-others", "wso2", "deployment", "image")["tag"]) == (version, "4.7.0")


def test_consoles_are_inside_and_in_public_only_what_api_users_need() -> None:
    routes = hosts(stack())
    inside = {(host.fqdn, host.path, host.sticky) for host in routes if host.load_balancer == "internal"}
    assert inside == {("wso2.example.com", "/", True)}
    public = {host.path for host in routes if host.load_balancer == "public" and host.name == "wso2"}
    assert {"/devportal", "/oauth2"} <= public
    assert not [path for path in public if path in ("/", "/publisher", "/admin", "/carbon", "/api", "/api/am")]


def test_a_key_manager_has_a_host_of_its_own() -> None:
    names = {host.fqdn for host in hosts(stack(wso2={"key_manager": True}))} - {host.fqdn for host in hosts(stack())}
    assert names == {"keys.example.com"}


# -- the autoscaler (W5) and sizes -----------------------------------------------------------------------------------------------------------


def test_gateways_scale_by_cpu_alone_between_the_bounds_of_their_group() -> None:
    group = {"name": "food", "replicas": {"min": 3, "max": 7}, "cpu_percent": 60, **SIZE}
    deployment = of(stack(gateway_groups=[group]), "gateway-food", "wso2", "deployment")
    assert (deployment["minReplicas"], deployment["maxReplicas"]) == (3, 7)
    assert deployment["replicas"] == 7, "an upgrade sets the number anew, and must not take gateways away under load"
    assert deployment["cpuUtilizationPercentage"] == 60
    # Memory decides nothing: a pod at its limit, half above its request, is far from it.
    assert deployment["memoryUtilizationPercentage"] >= 100 * 3072 / 2048 * 7


def test_heaps_are_below_requests() -> None:
    settings = stack(wso2=APART)
    for name in releases(settings):
        resources = of(settings, name, "wso2", "deployment", "resources")
        heap = int(resources["jvm"]["memory"]["xmx"].removesuffix("m"))
        assert heap < int(resources["requests"]["memory"].removesuffix("Mi")), name
        assert (resources["requests"]["cpu"], resources["limits"]["cpu"]) == ("2000m", "3000m")


def test_shapes_are_what_the_charts_make() -> None:
    found = {shape.name: shape for shape in shapes(stack(wso2=APART)) if shape.kind == "Deployment"}
    assert list(found) == [
        "wso2-acp-deployment-1",
        "wso2-acp-deployment-2",
        "wso2-tm-deployment-1",
        "wso2-tm-deployment-2",
        "wso2-km-deployment",
        "gateway-default-deployment",
    ]
    assert {name: shape.most(1) - shape.maximum for name, shape in found.items() if "acp" in name} == {
        "wso2-acp-deployment-1": 0,
        "wso2-acp-deployment-2": 0,
    }, "the control plane's chart ends a node before it starts it anew"
    assert found["wso2-km-deployment"].maximum == 2
    assert {(shape.requests.cpu_millicores, shape.requests.memory_mib) for shape in found.values()} == {(2000, 2048)}


def test_the_quota_counts_every_program() -> None:
    together, apart = gateway_quota(stack()), gateway_quota(stack(wso2={"traffic_manager": True}))
    # Two nodes, one more of each while it rolls out, at their limits.
    assert (apart.pods - together.pods, apart.memory_mib - together.memory_mib) == (4, 4 * 3072)


# -- secrets, certificates, accounts ---------------------------------------------------------------------------------------------------------


def test_no_secret_is_a_value_of_a_chart() -> None:
    settings = stack(wso2={**APART, "distributed_throttling": True}, stores={"redis": {"mode": "managed"}})
    found = plan(settings)
    text = repr(found.steps)
    assert "unique-store-password" not in text
    assert "unique-counters-password" not in text
    (secret,) = found.secrets
    assert isinstance(secret.values["encryption-key"], Generated)
    assert secret.values["encryption-key"].hexadecimal
    assert len({id(value) for value in secret.values.values()}) == len(secret.values)


def test_gateways_know_no_password_of_a_database() -> None:
    settings = stack()
    assert "apimDBPasswordKey" in configurations(settings, "wso2-acp")["existingSecret"]
    given = configurations(settings, "gateway-default")
    assert not [key for key in given["existingSecret"] if "DB" in key]
    assert "databases" not in given


def test_tokens_are_signed_by_a_key_of_their_own_that_all_have() -> None:
    settings = stack(wso2=APART)
    shown, signing = plan(settings).certificates
    assert (shown.secret, signing.secret, signing.rsa, signing.lasting) == ("backend-tls", "wso2-signing", True, True)
    for name in releases(settings):
        assert of(settings, name, "kubernetes", "extraVolumes")[0]["secret"] == {"secretName": "wso2-signing"}
        assert 'file_name = "wso2-signing.jks"' in configurations(settings, name)["extraConfigs"]


def test_the_certificate_names_every_service_by_both_its_names() -> None:
    settings = stack(wso2=APART, gateway_groups=GROUPS)
    names = plan(settings).certificates[0].hosts
    for service in (
        "wso2-acp-service",
        "wso2-acp-2-service",
        "wso2-tm-1-service",
        "wso2-km-service",
        "gateway-sms-service",
    ):
        assert {service, f"{service}.{settings.gateway.namespace}.svc"} <= set(names)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_pod_gets_a_token_and_no_chart_makes_routes(cloud: str) -> None:
    settings = stack(cloud, wso2=APART)
    for name in releases(settings):
        values = releases(settings)[name].values
        assert values[cloud] == {
            "enabled": True,
            "serviceAccountName": "default",
            "automountServiceAccountToken": False,
        }
        assert values["kubernetes"]["gatewayAPI"] == {"enabled": False}
        assert all(not ingress["enabled"] for ingress in values["kubernetes"]["ingress"].values())


def test_images_come_from_the_platforms_registry_in_the_tag_of_the_settings() -> None:
    image = of(stack(gateway={"image_tag": "4.7.0.12"}), "gateway-default", "wso2", "deployment", "image")
    assert image == {
        "registry": "registry.example.com",
        "repository": "wso2am-universal-gw",
        "tag": "4.7.0.12",
        "imagePullPolicy": "IfNotPresent",
    }


def test_counters_are_shared_by_redis_with_a_password_from_the_secret() -> None:
    settings = stack(
        wso2={"traffic_manager": True, "distributed_throttling": True}, stores={"redis": {"mode": "managed"}}
    )
    assert violations(settings) == []
    shared = configurations(settings, "wso2-tm")
    assert shared["distributedThrottling"]["keyvalueStore"]["password"] == "$env{WSO2_APIM_DB_PASSWORD}"
    assert shared["distributedThrottling"]["keyvalueStore"]["ssl"] is True
    assert shared["existingSecret"]["apimDBPasswordKey"] == "counters-password"
    assert configurations(settings, "gateway-default")["distributedThrottling"] == {"enable": True}
    assert "distributedThrottling" not in configurations(stack(wso2={"traffic_manager": True}), "wso2-tm")


# -- flows -----------------------------------------------------------------------------------------------------------------------------------


def test_who_reaches_the_control_plane() -> None:
    found = {(flow.source, flow.port_from) for flow in flows(stack()) if flow.destination is Role.CONTROL_PLANE}
    events = {9443, 9711, 9611, 5672}
    assert found == {
        (Role.INGRESS_CONTROLLER, 9443),
        *((Role.GATEWAY, port) for port in events),
        *((Role.CONTROL_PLANE, port) for port in events),
    }


def test_policies_find_pods_by_the_only_label_that_the_charts_give_them() -> None:
    settings = stack(wso2={"key_manager": True}, gateway_groups=GROUPS)
    ends = {end.role: end for flow in pod_flows(settings) for end in (flow.source, flow.destination)}
    assert ends["gateway"].one_of == (("deployment", ("gateway-food", "gateway-sms")),)
    assert ends["control-plane"].one_of == (("deployment", ("wso2-acp", "wso2-km", "wso2-databases")),)
    (job,) = [step for step in plan(settings).steps if isinstance(step, JobPlan)]
    assert job.labels == {"deployment": "wso2-databases"}
    for shape in shapes(settings):
        role = "gateway" if shape.group else "control-plane"
        assert shape.selector["deployment"] in ends[role].one_of[0][1]
