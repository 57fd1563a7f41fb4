"""Tyk: what each pattern brings, what its charts are told, and that no secret and no default of a chart is among it."""

import json
from typing import Any

import pytest
from tyk_samples import (
    NO_DATABASE,
    PATTERNS,
    PUMPS,
    REMOTE,
    SECRET,
    WITH_GATEWAYS,
    jobs,
    leaves,
    plan_of,
    releases,
    sample,
    stack,
    told,
    tyk,
)

from apim_infra.planning.flows import flows
from apim_infra.planning.placement import hosts, hosts_elsewhere
from apim_infra.planning.validation import violations
from apim_infra.products.plans import Generated, JobPlan, ReleasePlan
from apim_infra.products.profile import Product, profile
from apim_infra.products.registry import exports, shapes
from apim_infra.products.tyk import organisation_id, redis_speaks_tls
from apim_infra.products.tyk_data import sinks
from apim_infra.settings.load import load_settings
from apim_infra.settings.tyk import TykPattern, TykSink
from apim_infra.sizing.capacity import planned_pods
from apim_infra.sizing.quota import gateway_quota

# -- every pattern ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cloud", ["aws", "azure"])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_is_refused_nothing_on_either_cloud(pattern: str, cloud: str) -> None:
    assert violations(sample(pattern, cloud)) == []


def test_every_pattern_has_a_sample() -> None:
    assert set(PATTERNS) == {str(pattern) for pattern in TykPattern}


RELEASES = {
    "minimal": ["gateway-default", "pump"],
    "high-availability": ["dashboard", "portal-payments", "portal-lending", "gateway-default", "pump"],
    "control-plane": ["dashboard", "portal-payments", "portal-lending", "mdcb", "gateway-default", "pump"],
    "data-plane": ["gateway-default", "pump"],
    "hybrid": ["gateway-default", "pump"],
    "cloud": [],
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_each_pattern_releases_in_which_order(pattern: str) -> None:
    plan = plan_of(sample(pattern))
    assert plan.problems() == []
    assert list(releases(sample(pattern))) == RELEASES[pattern]


def test_databases_come_first_then_the_dashboard_then_organisations_then_gateways() -> None:
    needs = {step.name: set(step.needs) for step in plan_of(sample("control-plane")).steps}
    assert needs["dashboard"] == {"tyk-databases"}
    assert needs["portal-payments"] == {"tyk-databases", "dashboard"}
    assert needs["tyk-organisation-payments"] == {"dashboard", "portal-payments"}
    assert needs["mdcb"] == {"tyk-organisation-payments", "tyk-organisation-lending"}
    assert needs["gateway-default"] == {"dashboard"}


@pytest.mark.parametrize("pattern", WITH_GATEWAYS)
def test_no_secret_is_a_value_of_a_chart_or_in_a_script(pattern: str) -> None:
    pumps = [{"name": "team", "sink": "splunk", "address": "splunk.example.com", "secret": SECRET}]
    plan = plan_of(tyk(pattern, pumps=pumps))
    secret = {str(SECRET), "the-password-of-redis", "the-password-of-all"}
    for step in plan.steps:
        assert isinstance(step, (ReleasePlan, JobPlan))
        shown: Any = step.values if isinstance(step, ReleasePlan) else (step.script, step.environment)
        for path, value in leaves(shown):
            assert not isinstance(value, Generated), path
            assert value not in secret, (step.name, path)
    kept = {value for each in plan.secrets for _, value in leaves(each.values)}
    assert {"the-password-of-redis", str(SECRET)} <= kept


DEFAULTS = {
    "CHANGEME",
    "12345",
    "123456",
    "tyk-default-tls-secret",
    "tyk-dashboard-login-details",
    "default@example.com",
}
"""What the charts say when they are told nothing."""


@pytest.mark.parametrize("pattern", WITH_GATEWAYS)
def test_no_default_of_a_chart_that_everybody_knows_is_left(pattern: str) -> None:
    settings = sample(pattern)
    names = {secret.name: set(secret.values) for secret in plan_of(settings).secrets}
    for release in releases(settings).values():
        assert DEFAULTS.isdisjoint(value for _, value in leaves(release.values) if isinstance(value, str))
        common = release.values["global"]
        if "secrets" in common:
            assert common["secrets"] == {"useSecretName": "tyk-api"}
        if "tls" in common and "useDefaultTykCertificate" in common["tls"]:
            assert common["tls"]["useDefaultTykCertificate"] is False
        if "adminUser" in common:
            keys = names[common["adminUser"]["useSecretName"]]
            assert keys == {"adminUserFirstName", "adminUserLastName", "adminUserEmail", "adminUserPassword"}


def test_every_secret_has_all_the_keys_that_its_charts_expect() -> None:
    secrets = {secret.name: set(secret.values) for secret in plan_of(sample("control-plane")).secrets}
    assert secrets["tyk-api"] == {"APISecret", "AdminSecret", "DashLicense"}
    assert secrets["tyk-redis"] == {"redisPass"}
    assert secrets["tyk-database"] == {"password", "pgConnectionString"}
    assert secrets["tyk-mdcb"] == {"MDCBLicense", "securitySecret"}
    assert secrets["tyk-portal-lending"] == {"password", "DevPortalDatabaseConnectionString", "DevPortalLicense"}
    remote = {secret.name: set(secret.values) for secret in plan_of(sample("data-plane")).secrets}
    assert remote["tyk-remote"] == {"orgId", "userApiKey", "groupID"}


@pytest.mark.parametrize("pattern", WITH_GATEWAYS)
def test_every_container_has_its_size_and_a_restricted_context_on_its_pool(pattern: str) -> None:
    parts = {"gateway": "gateway", "dashboard": "dashboard", "mdcb": "mdcb", "pump": "pump", "portal": ""}
    for name, release in releases(sample(pattern)).items():
        values: Any = release.values
        part = parts[name.partition("-")[0]]
        own = values[part] if part else values
        assert own["resources"].keys() == {"requests", "limits"}
        assert own["nodeSelector"] == {"apim.io/pool": release.pool}
        pod, container = own.get("podSecurityContext", own.get("securityContext")), own["containerSecurityContext"]
        assert pod["runAsNonRoot"]
        assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["allowPrivilegeEscalation"] is False
        assert container["capabilities"] == {"drop": ["ALL"]}
        assert own.get("service", {}).get("type", "ClusterIP") == "ClusterIP"
        if part == "gateway":
            assert own["initContainers"]["setupDirectories"]["resources"].keys() == {"requests", "limits"}
    pools = {name: release.pool for name, release in releases(sample(pattern)).items()}
    assert {pools[name] for name in pools if name in ("dashboard", "mdcb") or name.startswith("portal")} <= {
        "management"
    }
    assert pools["gateway-default"] == pools["pump"] == "user"


# -- Redis and PostgreSQL -------------------------------------------------------------------------------------------------------------------


def test_redis_is_reached_by_tls_that_is_verified_and_only_one_in_the_cluster_in_clear() -> None:
    for pattern in WITH_GATEWAYS:
        for release in releases(sample(pattern)).values():
            redis = release.values["global"].get("redis")
            if redis is not None:
                assert (redis["useSSL"], redis["sslInsecureSkipVerify"], redis["tlsMinVersion"]) == (True, False, "1.2")
                assert redis["passSecret"] == {"name": "tyk-redis", "keyName": "redisPass"}
                assert "pass" not in redis
    inside = stack("minimal", stores={**NO_DATABASE, "redis": {"mode": "in-cluster"}})
    assert not redis_speaks_tls(inside)
    assert releases(inside)["gateway-default"].values["global"]["redis"]["useSSL"] is False


@pytest.mark.parametrize(
    ("cloud", "authority", "mode"),
    [("aws", None, "require"), ("aws", "-----BEGIN", "verify-full"), ("azure", None, "verify-full")],
)
def test_postgresql_is_verified_where_its_authority_is_known(cloud: str, authority: str | None, mode: str) -> None:
    settings = tyk(on=cloud, database_authority=authority)
    secrets = {secret.name: secret.values for secret in plan_of(settings).secrets}
    address = secrets["tyk-database"]["pgConnectionString"]
    assert address.parts["mode"] == mode
    assert address.parts["password"] is secrets["tyk-database"]["password"]
    assert jobs(settings)["tyk-databases"].environment["PGSSLMODE"] == mode
    assert ("tyk-authorities" in secrets) is (authority is not None)


def test_dashboard_and_every_portal_have_databases_and_roles_of_their_own() -> None:
    job = jobs(sample("high-availability"))["tyk-databases"]
    assert job.environment["DATABASES"].split() == ["tyk", "tyk_portal_payments", "tyk_portal_lending"]
    assert job.secret_environment["PASSWORD_tyk_portal_lending"] == ("tyk-portal-lending", "password")
    secrets = {secret.name: secret.values for secret in plan_of(sample("high-availability")).secrets}
    kept = [secrets[name]["password"] for name in ("tyk-database", "tyk-portal-payments", "tyk-portal-lending")]
    assert len({id(password) for password in kept}) == 3
    users = {
        secrets[f"tyk-portal-{name}"]["DevPortalDatabaseConnectionString"].parts["user"]
        for name in ("payments", "lending")
    }
    assert users == {"tyk_portal_payments", "tyk_portal_lending"}
    assert "REVOKE CONNECT ON DATABASE" in job.script


# -- T1 to T3 ---------------------------------------------------------------------------------------------------------------------------------


def test_minimal_is_gateways_and_redis_alone() -> None:
    settings = stack("minimal", observability={"metrics": {"enabled": False}})
    assert list(releases(settings)) == ["gateway-default"]
    values = releases(settings)["gateway-default"].values
    assert values["gateway"]["useDashboardAppConfig"] == {"enabled": False}
    assert values["gateway"]["image"]["repository"] == "tykio/tyk-gateway"
    assert {"name": "definitions", "mountPath": "/mnt/tyk-gateway/apps", "readOnly": True} in values["gateway"][
        "extraVolumeMounts"
    ]
    assert [host.service for host in hosts(settings)] == ["gateway-svc-default"]


def test_high_availability_has_a_floor_of_gateways_an_autoscaler_and_a_budget() -> None:
    groups = [{"name": "default", "replicas": {"min": 3, "max": 9}, "cpu_percent": 70}]
    settings = stack(gateway_groups=groups)
    gateway = releases(settings)["gateway-default"].values["gateway"]
    assert gateway["autoscaling"] == {
        "enabled": True,
        "minReplicas": 3,
        "maxReplicas": 9,
        "averageCpuUtilization": 70,
    }
    assert gateway["pdb"] == {"enabled": True, "maxUnavailable": 1}
    # Kubernetes' own bounds: a quarter more, and of fewer than four gateways none less.
    assert gateway["strategy"] == {"type": "RollingUpdate"}
    (shape,) = [each for each in shapes(settings) if each.group == "default"]
    assert shape.most(1) == 9 + 3
    assert {each["topologyKey"] for each in gateway["topologySpreadConstraints"]} == {
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    }
    url = "https://dashboard-svc-tyk.user-namespace.svc:3000"
    assert gateway["useDashboardAppConfig"]["dashboardConnectionString"] == url


def test_a_gateway_goes_on_while_what_it_reads_from_is_away() -> None:
    gateway = releases(sample("data-plane"))["gateway-default"].values["gateway"]
    assert gateway["livenessProbe"].keys() >= {"tcpSocket"}
    assert gateway["readinessProbe"]["httpGet"]["scheme"] == "HTTPS"
    # The port of the administration is not that of the API calls.
    assert gateway["control"]["containerPort"] != gateway["containerPort"]


SHARDS = [
    {"name": "managing", "apis": ["/managing"], "exposure": "private", "tier": 3},
    {"name": "tier-1", "mode": "dedicated", "apis": ["/accounts"], "tags": ["tier-1", "dmz"], "tier": 1},
    {"name": "internal", "apis": ["/"], "tags": ["internal"], "exposure": "private", "tier": 3},
]


def test_a_group_loads_the_apis_with_its_tags_alone_and_has_the_priority_of_its_tier() -> None:
    settings = stack(gateway_groups=SHARDS)
    assert violations(settings) == []
    found = {name: release.values["gateway"] for name, release in releases(settings).items() if "gateway-" in name}
    assert found["gateway-tier-1"]["sharding"] == {"enabled": True, "tags": "tier-1,dmz"}
    assert found["gateway-internal"]["sharding"] == {"enabled": True, "tags": "internal"}
    assert found["gateway-managing"]["sharding"] == {"enabled": False, "tags": ""}
    assert found["gateway-tier-1"]["priorityClassName"] == "user-namespace-tier-1"
    services = {host.path: (host.service, host.load_balancer) for host in hosts(settings) if host.name == "api"}
    assert services["/accounts"] == ("gateway-svc-tier-1", "public")
    assert services["/"] == ("gateway-svc-internal", "internal")
    # The dashboard makes keys through gateways that know every API.
    dashboard = releases(settings)["dashboard"].values["dashboard"]
    assert dashboard["tykApiHost"] == "https://gateway-control-svc-managing.user-namespace.svc"


# -- T4: organisations --------------------------------------------------------------------------------------------------------------------------


def test_every_organisation_has_its_own_job_administrator_and_portal() -> None:
    settings = sample("high-availability")
    ids = {organisation_id(settings, each) for each in settings.tyk.organisations}
    assert len(ids) == 2
    assert all(len(each) == 24 and int(each, 16) for each in ids)
    for organisation in settings.tyk.organisations:
        job = jobs(settings)[f"tyk-organisation-{organisation.name}"]
        assert job.environment["ID"] == organisation_id(settings, organisation)
        assert job.secret_environment["PASSWORD"] == (f"tyk-administrator-{organisation.name}", "adminUserPassword")
        portal = releases(settings)[f"portal-{organisation.name}"].values
        assert portal["useSecretName"] == f"tyk-portal-{organisation.name}"
        assert portal["global"]["components"] == {"bootstrap": False}
        assert portal["database"] == {"dialect": "postgres"}
        certificate = json.loads(told(releases(settings)[f"portal-{organisation.name}"], "")["PORTAL_TLS_CERTIFICATES"])
        assert certificate[0]["Name"] == f"dev-portal-svc-{organisation.name}"
    where = {(host.name, host.load_balancer) for host in hosts(settings)}
    assert {("payments", "public"), ("payments", "internal"), ("lending", "internal")} <= where
    assert ("lending", "public") not in where


def test_ids_of_organisations_are_the_same_in_every_run_and_told_to_data_planes() -> None:
    settings = sample("control-plane")
    assert exports(settings) == {
        "tyk": {
            "organisations": {each.name: organisation_id(settings, each) for each in settings.tyk.organisations},
            "mdcb": "mdcb.example.com:443",
        }
    }
    assert exports(sample("data-plane")) == {}
    assert exports(load_settings({**_kong(), "product": "kong"}).settings) == {}


def _kong() -> dict[str, Any]:
    return {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "dev"}


# -- T5 and T7: control planes elsewhere -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", ["data-plane", "hybrid"])
def test_gateways_of_a_data_plane_keep_what_they_need_beside_them(pattern: str) -> None:
    release = releases(sample(pattern))["gateway-default"]
    plane, common = told(release, "gateway"), release.values["global"]
    assert common["remoteControlPlane"] == {
        "enabled": True,
        "connectionString": "mdcb.example.org:443",
        "useSecretName": "tyk-remote",
        "useSSL": True,
        "sslInsecureSkipVerify": False,
    }
    assert common["mdcbSynchronizer"] == {"enabled": True, "keySpaceSyncInterval": 10}
    assert plane["TYK_GW_SLAVEOPTIONS_ENABLERPCCACHE"] == "true"
    assert plane["TYK_GW_SLAVEOPTIONS_DISABLEKEYSPACESYNC"] == "false"
    assert int(plane["TYK_GW_SLAVEOPTIONS_CALLTIMEOUT"]) <= 10
    # Analytics wait beside the gateways too, and are dropped in the end so that calls go on.
    assert int(plane["TYK_GW_ANALYTICSCONFIG_STORAGEEXPIRATIONTIME"]) >= 3600
    assert "hybrid" in releases(sample(pattern))["pump"].values["pump"]["backend"]


def test_only_data_planes_are_told_of_a_control_plane() -> None:
    for pattern in ("minimal", "high-availability", "control-plane"):
        release = releases(sample(pattern))["gateway-default"]
        assert "remoteControlPlane" not in release.values["global"]
        assert not any("SLAVEOPTIONS" in name for name in told(release, "gateway"))


def test_the_synchroniser_can_be_left_out_on_both_sides() -> None:
    data = releases(tyk("data-plane", synchroniser=False))["gateway-default"].values["global"]
    control = releases(tyk("control-plane", synchroniser=False))["mdcb"].values["global"]
    assert data["mdcbSynchronizer"]["enabled"] is control["mdcbSynchronizer"]["enabled"] is False


def test_the_authority_of_a_control_plane_can_be_brought_along() -> None:
    settings = tyk("data-plane", remote={**REMOTE, "certificate_authority": "-----BEGIN CERTIFICATE-----"})
    (authorities,) = [each for each in plan_of(settings).secrets if each.name == "tyk-authorities"]
    assert authorities.values == {"remote.crt": "-----BEGIN CERTIFICATE-----"}
    gateway = releases(settings)["gateway-default"].values["gateway"]
    (volume,) = [each for each in gateway["extraVolumes"] if each["name"] == "authorities"]
    assert {"secret": {"name": "tyk-authorities"}} in volume["projected"]["sources"]
    (mount,) = [each["mountPath"] for each in gateway["extraVolumeMounts"] if each["name"] == "authorities"]
    assert told(releases(settings)["gateway-default"], "gateway")["SSL_CERT_DIR"].endswith(f":{mount}")


@pytest.mark.parametrize(("exposure", "balancers"), [("private", {"internal"}), ("public", {"internal", "public"})])
def test_mdcb_ends_tls_itself_behind_the_load_balancer_that_is_asked_for(exposure: str, balancers: set[str]) -> None:
    lists = {"public": {"source_cidrs": ["198.51.100.0/24"]}}
    settings = stack("control-plane", ingress=lists, tyk={"mdcb": {"exposure": exposure}})
    assert violations(settings) == []
    found = [host for host in hosts(settings) if host.name == "mdcb"]
    assert {host.load_balancer for host in found} == balancers
    assert all(host.passthrough and not host.tls and host.port == 9091 for host in found)
    mdcb = releases(settings)["mdcb"].values["mdcb"]
    assert mdcb["tls"]["useSSL"] is True
    assert mdcb["tls"]["secretName"] == "mdcb-tls"
    assert mdcb["service"] == {"type": "ClusterIP", "port": 9091}


def test_mdcb_is_told_nothing_that_its_chart_writes_where_yaml_does_not_allow_it() -> None:
    mdcb = releases(tyk("control-plane", database_authority="-----BEGIN"))["mdcb"].values
    assert mdcb["mdcb"].keys().isdisjoint({"extraVolumes", "extraVolumeMounts"})
    assert mdcb["global"]["redis"]["secretName"] == "tyk-authorities"
    assert mdcb["global"]["redis"]["certificatesMountPath"] == "/etc/platform-authorities"


def test_where_the_vendor_hosts_the_gateways_only_connection_and_names_are_left() -> None:
    settings = sample("cloud")
    plan = plan_of(settings)
    assert (plan.secrets, plan.steps, plan.certificates, shapes(settings)) == ((), (), (), ())
    (service,) = plan.services
    assert (service.name, service.port, service.selector) == ("orders", 8080, {"app.kubernetes.io/name": "orders"})
    (host,) = hosts(settings)
    assert (host.fqdn, host.namespace, host.load_balancer) == ("orders.example.com", "microservices", "public")
    assert hosts_elsewhere(settings) == {"api": "gw.example.net"}
    assert hosts_elsewhere(sample("minimal")) == {}


# -- T6: pumps --------------------------------------------------------------------------------------------------------------------------------------

TOLD = {
    "mongo": ("mongo", "MONGOURL"),
    "kafka": ("kafka", "BROKER"),
    "statsd": ("statsd", "ADDRESS"),
    "csv": ("csv", "CSVDIR"),
    "datadog": ("dogstatsd", "ADDRESS"),
    "elasticsearch": ("elasticsearch", "ELASTICSEARCHURL"),
    "splunk": ("splunk", "COLLECTORTOKEN"),
    "logzio": ("logzio", "TOKEN"),
}


def test_every_sink_has_a_sample_and_data() -> None:
    assert set(PUMPS) == {str(sink) for sink in TykSink} == set(map(str, sinks()))


@pytest.mark.parametrize("sink", TOLD)
def test_a_pump_sends_to_its_sink_by_tls_and_with_its_secret(sink: str) -> None:
    settings = tyk("minimal", pumps=[{"name": "team-a", "sink": sink, **PUMPS[sink]}])
    assert violations(settings) == []
    variables = told(releases(settings)["pump"], "pump")
    kind, field = TOLD[sink]
    assert variables["TYK_PMP_PUMPS_TEAMA_TYPE"] == kind
    assert f"TYK_PMP_PUMPS_TEAMA_META_{field}" in variables
    for name, value in variables.items():
        if "INSECURESKIPVERIFY" in name:
            assert value == "false"
        if name.endswith("USESSL"):
            assert value == "true"
    if sinks()[TykSink(sink)].secret and "secret" in PUMPS[sink]:
        from_secret = variables[f"TYK_PMP_PUMPS_TEAMA_META_{sinks()[TykSink(sink)].secret}"]
        assert from_secret == {"secretKeyRef": {"name": "tyk-pumps", "key": "team-a"}}


def test_sinks_that_the_chart_knows_are_told_by_its_values() -> None:
    settings = stack(
        "minimal",
        tyk={"pumps": [{"name": "store", "sink": "postgresql"}, {"name": "numbers", "sink": "prometheus"}]},
        stores={"gateway_postgresql": {"mode": "managed"}},
        observability={"metrics": {"enabled": False}},
    )
    assert violations(settings) == []
    pump = releases(settings)["pump"].values["pump"]
    assert pump["backend"] == ["prometheus", "postgres"]
    assert pump["prometheusPump"]["prometheusOperator"] == {"enabled": False}
    assert "tyk-databases" in jobs(settings)


def test_metrics_are_scraped_wherever_there_is_monitoring() -> None:
    for pattern in WITH_GATEWAYS:
        pump = releases(sample(pattern))["pump"].values["pump"]
        assert "prometheus" in pump["backend"]
        assert pump["prometheusPump"]["prometheusOperator"]["enabled"] is True


def test_a_team_gets_the_analytics_of_its_organisation_alone() -> None:
    pumps = [
        {"name": "payments", "organisation": "payments", "sink": "kafka", **PUMPS["kafka"]},
        {"name": "all", "sink": "logzio", **PUMPS["logzio"], "apis": ["a1", "b2"]},
    ]
    settings = tyk(pumps=pumps)
    variables = told(releases(settings)["pump"], "pump")
    own = organisation_id(settings, settings.tyk.organisations[0])
    assert variables["TYK_PMP_PUMPS_PAYMENTS_FILTERS_ORGSIDS"] == own
    assert variables["TYK_PMP_PUMPS_ALL_FILTERS_APIIDS"] == "a1,b2"
    assert "TYK_PMP_PUMPS_ALL_FILTERS_ORGSIDS" not in variables
    # One program takes records out of Redis: two would take them from each other.
    assert [name for name in releases(settings) if "pump" in name] == ["pump"]


@pytest.mark.parametrize(
    ("inside", "destination", "protocol", "sink", "port"),
    [
        (False, "internet", "tcp", "kafka", 9093),
        (True, "internal", "tcp", "elasticsearch", 9200),
        (True, "internal", "udp", "statsd", 8125),
        (False, "internet", "udp", "datadog", 8125),
    ],
)
def test_a_pump_opens_the_way_to_its_sink_and_no_other(
    inside: bool, destination: str, protocol: str, sink: str, port: int
) -> None:
    before = set(flows(sample("minimal")))
    after = set(flows(tyk("minimal", pumps=[{"name": "a", "sink": sink, **PUMPS[sink], "inside": inside}])))
    assert {
        (flow.source, flow.destination, flow.protocol, flow.port_from, flow.port_to) for flow in after - before
    } == {("gateway", destination, protocol, port, port)}
    assert before <= after


def test_gateways_reach_their_control_plane_where_it_is() -> None:
    for inside, destination in ((False, "internet"), (True, "internal")):
        settings = tyk("data-plane", remote={**REMOTE, "port": 9091, "inside": inside})
        ends = {flow.destination for flow in flows(settings) if (flow.source, flow.port_from) == ("gateway", 9091)}
        assert ends == {destination}


# -- sizes --------------------------------------------------------------------------------------------------------------------------------------------


def test_the_quota_counts_gateways_programs_pump_and_jobs() -> None:
    settings = stack("control-plane", gateway_groups=[{"name": "default", "replicas": {"min": 2, "max": 4}}])
    (group,) = settings.gateway_groups
    gateways = (4 + 1) * group.most_cpu_millicores
    dashboard, mdcb, portals = (2 + 2) * 500, (2 + 1) * 500, 2 * (1 + 1) * 500
    pump, work = (1 + 1) * 200, 3 * 50
    assert gateway_quota(settings).cpu_millicores == gateways + dashboard + mdcb + portals + pump + work
    planned = {pods.name: pods.count for pods in planned_pods(settings, "management")}
    assert (planned["tyk-databases"], planned["tyk-organisation-payments"]) == (1, 1)


@pytest.mark.parametrize("pattern", WITH_GATEWAYS)
def test_every_release_and_every_job_has_a_shape_on_its_pool(pattern: str) -> None:
    settings = sample(pattern)
    pools = {shape.release or shape.name: shape.pool for shape in shapes(settings)}
    assert pools == {step.name: step.pool for step in plan_of(settings).steps}


def test_the_profile_has_the_charts_own_names() -> None:
    product = profile(Product.TYK)
    assert product.release("dmz") == "gateway-dmz"
    assert product.service_name("dmz") == "gateway-svc-dmz"
    assert product.admin_url("dmz", "apim") == "https://gateway-control-svc-dmz.apim.svc:9696"
