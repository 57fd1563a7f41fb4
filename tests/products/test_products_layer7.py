"""Layer7: its plan, its chart's values, the shapes of its pods, and what is refused."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from apim_infra.planning.flows import Role, flows, network_flows, network_ranges
from apim_infra.planning.placement import hosts, namespaces
from apim_infra.planning.pod_flows import pod_flows
from apim_infra.planning.validation import violations
from apim_infra.products.plans import (
    Access,
    Composed,
    Generated,
    JobPlan,
    PoolPlacement,
    ProductPlan,
    ReleasePlan,
    SecretPlan,
    StatefulPlan,
    StoreAccess,
)
from apim_infra.products.profile import Product, profile
from apim_infra.products.registry import product_plan, programs, shapes
from apim_infra.settings.load import load_settings
from apim_infra.settings.secret import Encrypted
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import SettingsError
from apim_infra.sizing.quota import gateway_quota

LAYER7 = profile(Product.LAYER7)
CLOUDS = {"aws": "eu-west-1", "azure": "westeurope"}
PASSWORD, LICENCE, BROUGHT = "unique-store-password", "<license>unique</license>", "unique-brought-password"
STORE = StoreAccess(host="store", port=3306, database="apim", username="apim", password=PASSWORD)
ACCESS = Access(
    stores={"mariadb": STORE},
    placements={
        pool: PoolPlacement({"apim.io/pool": pool}, ({"key": pool, "operator": "Exists", "effect": "NoSchedule"},))
        for pool in ("management", "user", "monitoring")
    },
    image_registry="registry.example.com",
)
EXTERNAL = {"host": "mysql.example.com", "cidrs": ["192.0.2.0/24"], "port": 3307, "password": Encrypted(BROUGHT)}
SIZE = {"cpu_millicores": 1000, "cpu_limit_millicores": 2000, "memory_mib": 4096}
SHARED = {"name": "default", "apis": ["/"], **SIZE}
OWN = {"name": "partners", "apis": ["/partners"], "database": "own", **SIZE}


def stack(cloud: str = "aws", layer7: dict[str, Any] | None = None, **values: Any) -> StackSettings:
    given = {"cloud": cloud, "region": CLOUDS[cloud], "company_domain": "example.com", "tier": "stg", **values}
    own = {"accept_license": True, "license": Encrypted(LICENCE), **(layer7 or {})}
    return load_settings({"product": "layer7", **given, "layer7": own}).settings


def plan(settings: StackSettings) -> ProductPlan:
    found = product_plan(settings, ACCESS)
    assert found is not None
    assert found.problems() == []
    return found


def secrets(settings: StackSettings) -> dict[str, SecretPlan]:
    return {secret.name: secret for secret in plan(settings).secrets}


def releases(settings: StackSettings) -> dict[str, ReleasePlan]:
    return {step.name: step for step in plan(settings).steps if isinstance(step, ReleasePlan)}


def beside(settings: StackSettings) -> dict[str, StatefulPlan]:
    return {step.name: step for step in plan(settings).steps if isinstance(step, StatefulPlan)}


def databases(settings: StackSettings) -> JobPlan:
    (found,) = [step for step in plan(settings).steps if isinstance(step, JobPlan)]
    return found


def of(settings: StackSettings, *path: str, release: str = "ssg-default") -> Any:
    found: Any = releases(settings)[release].values
    for key in path:
        found = found[key]
    return found


def url(composed: Composed) -> str:
    return composed.template.format(**composed.parts)


def allowed(settings: StackSettings) -> set[tuple[str, str, int | None]]:
    return {(flow.source.value, flow.destination.value, flow.port_from) for flow in flows(settings)}


def refused(settings_of: Any) -> dict[str, str]:
    """Return path and rule of everything that is refused, by the models or by the rules between settings."""
    try:
        settings = settings_of()
    except SettingsError as error:
        return {violation.path: violation.rule for violation in error.violations}
    return {violation.path: violation.rule for violation in violations(settings)}


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("tier", ["dev", "stg", "prd"])
def test_a_licence_alone_makes_a_platform_that_is_refused_nothing(cloud: str, tier: str) -> None:
    assert violations(stack(cloud, tier=tier)) == []


# -- way in (L1) -----------------------------------------------------------------------------------------------------------------------------


def test_api_calls_come_by_the_ingress_and_are_encrypted_up_to_the_gateways() -> None:
    (route,) = hosts(stack())
    assert (route.service, route.port, route.tls, route.load_balancer) == ("ssg-default", 8443, True, "public")
    reached = {(source, port) for source, end, port in allowed(stack()) if end == "gateway"}
    assert reached == {("ingress-controller", 8443), ("control-plane", 9443), ("gateway", 2124), ("gateway", 8777)}


def test_gateways_show_the_ingress_a_certificate_of_an_authority_that_it_verifies() -> None:
    (keystore,) = plan(stack()).keystores
    assert keystore.secret == "backend-tls"
    assert keystore.hosts == ("ssg-default.user-namespace.svc", "ssg-default-management.user-namespace.svc")
    assert (keystore.keystore_key, keystore.password_key) == ("SSG_SSL_KEY", "SSG_SSL_KEY_PASS")
    assert of(stack(), "tls") == {"useSignedCertificates": True, "existingSecretName": keystore.keystore_secret}


def test_no_service_of_the_chart_is_reached_from_outside() -> None:
    values = releases(stack())["ssg-default"].values
    assert values["service"]["type"] == values["management"]["service"]["type"] == "ClusterIP"
    assert values["ingress"] == values["kubernetesGateway"] == {"enabled": False}
    assert [port["internal"] for port in values["management"]["service"]["ports"]] == [9443]


PORTS = [
    {"name": "mqtt", "port": 8883, "exposure": "public"},
    {"name": "sftp", "port": 2222, "group": "partners"},
]


def test_a_port_that_is_no_http_goes_past_the_ingress_to_the_gateways_of_its_group() -> None:
    with_ports = stack(layer7={"ports": PORTS}, gateway_groups=[SHARED, OWN])
    found = {port.name: port for port in plan(with_ports).ports}
    assert {name: (port.service, port.port, port.load_balancer) for name, port in found.items()} == {
        "mqtt": ("ssg-default", 8883, "public"),
        "sftp": ("ssg-partners", 2222, "internal"),
    }
    assert [port["external"] for port in of(with_ports, "service", "ports", release="ssg-partners")] == [8443, 2222]
    without = stack(gateway_groups=[SHARED, OWN])
    assert allowed(with_ports) - allowed(without) == {
        ("api-users", "public-load-balancer", 8883),
        ("public-load-balancer", "gateway", 8883),
        ("internal", "internal-load-balancer", 2222),
        ("internal-load-balancer", "gateway", 2222),
    }


@pytest.mark.parametrize(("cloud", "balancers"), [("aws", 0), ("azure", 2)])
def test_the_quota_lets_in_the_services_from_which_azure_makes_load_balancers(cloud: str, balancers: int) -> None:
    settings = stack(cloud, layer7={"ports": [*PORTS[:1], {"name": "sftp", "port": 2222}]})
    planned = {namespace.name: namespace.load_balancers for namespace in namespaces(settings)}
    assert planned["user-namespace"] == balancers
    # Of the ingress there is the public one alone: no host leads to the other.
    assert planned["ingress"] == (1 if balancers else 0)
    assert planned["microservices"] == 0


@pytest.mark.parametrize(
    ("port", "path", "rule"),
    [
        ({"name": "a", "port": 8777}, "port", "is taken by the gateways"),
        ({"name": "https", "port": 9000}, "name", "is the name of a port"),
        ({"name": "a", "port": 9000, "group": "none"}, "group", "must be the name of a gateway group"),
    ],
)
def test_a_port_that_cannot_be_is_refused(port: dict[str, Any], path: str, rule: str) -> None:
    found = refused(lambda: stack(layer7={"ports": [port]}))
    assert list(found) == [f"layer7.ports[0].{path}"]
    assert found[f"layer7.ports[0].{path}"].startswith(rule)


def test_ports_differ_from_each_other() -> None:
    twice = [{"name": "a", "port": 9000}, {"name": "a", "port": 9000}]
    assert set(refused(lambda: stack(layer7={"ports": twice}))) == {"layer7.ports[1].name", "layer7.ports[1].port"}


def test_a_public_port_needs_a_load_balancer_that_passes_it_on() -> None:
    ports = {"ports": PORTS[:1]}
    private = [{**SHARED, "exposure": "private"}]
    inside = refused(lambda: stack(layer7=ports, topology="internal-development", gateway_groups=private))
    assert "needs the public load balancer" in inside["layer7.ports[0].exposure"]
    behind = refused(lambda: stack("azure", layer7=ports, ingress={"application_gateway": {}}))
    assert "behind an Application Gateway" in behind["layer7.ports[0].exposure"]


# -- database (L2) ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cloud", "mode"), [("aws", "REQUIRED"), ("azure", "VERIFY_IDENTITY")])
def test_gateways_keep_their_configuration_in_the_clouds_mysql_by_tls(cloud: str, mode: str) -> None:
    settings = stack(cloud)
    assert (settings.stores.mariadb.version, settings.stores.postgresql.mode) == ("8.4", "none")
    assert url(of(settings, "database", "jdbcURL")) == f"jdbc:mysql://store:3306/ssg?sslMode={mode}"
    assert of(settings, "database", "create") is False
    assert ("gateway", "mariadb", 3306) in allowed(settings)


def test_rds_is_mysql_itself_since_the_vendor_takes_no_mariadb() -> None:
    assert stack().stores.mariadb.engine == "mysql"
    found = refused(lambda: stack(stores={"mariadb": {"engine": "mariadb", "version": "11.8"}}))
    assert found == {"stores.mariadb.engine": "must be mysql: layer7 takes no other engine"}


@pytest.mark.parametrize("product", ["layer7", "axway"])
def test_a_password_that_changes_by_itself_would_be_unknown_to_the_product(product: str) -> None:
    given = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "prd", "product": product}
    own = {"accept_license": True, "license": Encrypted(LICENCE)} if product == "layer7" else {}
    usual = {**given, **({"layer7": own} if own else {})}
    assert load_settings(usual).settings.stores.mariadb.password_rotation_days is None
    found = refused(lambda: load_settings({**usual, "stores": {"mariadb": {"password_rotation_days": 30}}}).settings)
    assert found.keys() == {"stores.mariadb.password_rotation_days"}


def test_mysql_has_versions_of_its_own() -> None:
    found = refused(lambda: stack(stores={"mariadb": {"version": "8.0"}}))
    assert "support of 8.0 ended on 2026-07-31" in found["stores.mariadb.version"]
    assert "mysql version" in found["stores.mariadb.version"]


def test_the_engine_is_for_aws_alone() -> None:
    found = refused(lambda: stack("azure", stores={"mariadb": {"engine": "mysql"}}))
    assert found == {"stores.mariadb.engine": "is for aws: azure has no such thing"}


def test_databases_and_users_are_made_before_the_gateways_and_no_password_is_in_a_script() -> None:
    settings = stack(gateway_groups=[SHARED, OWN], layer7={"token_service": True})
    job = databases(settings)
    made = [(job.environment[f"BASE_{number}"], job.environment[f"USER_{number}"]) for number in (1, 2, 3)]
    assert made == [("ssg", "ssg_owner"), ("ssg_partners", "ssg_partners_owner"), ("otk_db", "otk_db_owner")]
    assert job.environment["COUNT"] == "3"
    assert all(job.name in release.needs for release in releases(settings).values())
    known = secrets(settings)
    for variable, (secret, key) in job.secret_environment.items():
        assert key in known[secret].values, variable
    assert "GRANT" in job.script
    assert PASSWORD not in job.script + str(job.environment)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_mysql_in_the_cluster_is_for_tests(cloud: str) -> None:
    inside = {"stores": {"mariadb": {"mode": "in-cluster"}}}
    settings = stack(cloud, tier="dev", **inside)
    assert violations(settings) == []
    server = beside(settings)["mysql"]
    assert (server.labels, server.storage_gib) == ({"apim.io/role": "mariadb"}, settings.stores.mariadb.storage_gb)
    assert "--log-bin-trust-function-creators=ON" in server.arguments
    assert databases(settings).needs == ("mysql",)
    assert isinstance(secrets(settings)["layer7-database-administrator"].values["password"], Generated)
    assert url(of(settings, "database", "jdbcURL")).startswith("jdbc:mysql://mysql.user-namespace.svc:3306/ssg")
    # No operator of MariaDB comes along.
    assert ("mariadb", "cluster", 443) not in allowed(settings)
    assert any(shape.name == "mysql" for shape in shapes(settings))
    refusal = refused(lambda: stack(cloud, tier="prd", **inside))["stores.mariadb.mode"]
    assert "a store in the cluster is for tests" in refusal


def test_axway_has_no_mysql_of_its_own_in_the_cluster() -> None:
    given = {"cloud": "azure", "region": "westeurope", "company_domain": "example.com", "tier": "dev"}
    settings = load_settings({**given, "product": "axway", "stores": {"mariadb": {"mode": "in-cluster"}}}).settings
    found = {violation.path: violation.rule for violation in violations(settings)}
    assert "it would be MariaDB there, which axway does not take" in found["stores.mariadb.mode"]


def test_a_database_brought_along_is_used_as_it_is() -> None:
    settings = stack(layer7={"external_database": EXTERNAL}, stores={"mariadb": {"mode": "none"}})
    assert violations(settings) == []
    assert url(of(settings, "database", "jdbcURL")).endswith("mysql.example.com:3307/ssg?sslMode=VERIFY_IDENTITY")
    assert [type(step) for step in plan(settings).steps] == [ReleasePlan]
    values = secrets(settings)["ssg-default-credentials"].values
    assert (values["SSG_DATABASE_USER"], values["SSG_DATABASE_PASSWORD"]) == ("gateway", BROUGHT)
    assert ("gateway", "external-database", 3307) in allowed(settings)
    assert network_ranges(settings)[Role.EXTERNAL_DATABASE] == ("192.0.2.0/24",)
    assert any(flow.destination == "external-database" for flow in network_flows(settings))
    (policy,) = [flow for flow in pod_flows(settings) if flow.destination.role == "external-database"]
    assert policy.destination.ranges == ("192.0.2.0/24",)


def test_a_database_brought_along_is_the_only_one() -> None:
    beside_it = refused(lambda: stack(layer7={"external_database": EXTERNAL}))
    assert beside_it.keys() == {"stores.mariadb.mode"}
    groups = [SHARED, OWN]
    stores = {"mariadb": {"mode": "none"}}
    both = {"external_database": EXTERNAL, "token_service": True}
    found = refused(lambda: stack(layer7=both, stores=stores, gateway_groups=groups))
    assert found.keys() == {"layer7.token_service", "layer7.external_database"}
    assert refused(lambda: stack(stores=stores)).keys() == {"stores.mariadb.mode"}


# -- data grid (L3) --------------------------------------------------------------------------------------------------------------------------


def test_the_grid_is_inside_of_the_gateways_unless_asked_for() -> None:
    assert beside(stack()) == {}
    assert of(stack(), "hazelcast") == {"enabled": False, "legacy": {"enabled": False}, "external": False}
    assert "embeddedhazelcast" in of(stack(), "config", "systemProperties")


def test_a_grid_in_the_cluster_is_one_for_each_cluster_of_gateways() -> None:
    settings = stack(layer7={"data_grid": "in-cluster", "data_grid_members": 4}, gateway_groups=[SHARED, OWN])
    grids = beside(settings)
    assert {name: grid.replicas for name, grid in grids.items()} == {"data-grid": 4, "data-grid-partners": 4}
    for release, grid in (("ssg-default", "data-grid"), ("ssg-partners", "data-grid-partners")):
        assert of(settings, "hazelcast", "url", release=release) == f"{grid}.user-namespace.svc:5701"
        assert grid in releases(settings)[release].needs
        (configuration,) = grids[grid].files.values()
        assert f"service-dns: {grid}.user-namespace.svc" in configuration
    assert "externalhazelcast" in of(settings, "config", "systemProperties")
    ends = {("gateway", "control-plane", 5701), ("control-plane", "control-plane", 5701)}
    assert ends <= allowed(settings)
    assert not ({("gateway", "gateway", 8777)} & allowed(settings))


def test_a_grid_brought_along_is_for_one_cluster() -> None:
    brought = {"data_grid": "external", "external_data_grid": {"host": "grid.example.com", "cidrs": ["192.0.2.0/24"]}}
    settings = stack(layer7=brought)
    assert violations(settings) == []
    assert of(settings, "hazelcast", "url") == "grid.example.com:5701"
    assert ("gateway", "external-data-grid", 5701) in allowed(settings)
    assert refused(lambda: stack(layer7=brought, gateway_groups=[SHARED, OWN])).keys() == {"layer7.data_grid"}


def test_a_grid_needs_what_it_is_told_by() -> None:
    assert refused(lambda: stack(layer7={"data_grid": "external"})).keys() == {"layer7.external_data_grid"}
    assert refused(lambda: stack(layer7={"data_grid_members": 5})).keys() == {"layer7.data_grid_members"}


# -- metrics, logs and audits (L4) -----------------------------------------------------------------------------------------------------------


def test_audits_and_logs_leave_the_gateways_as_json_and_never_fill_their_database() -> None:
    told = of(stack(), "config", "javaArgs")
    for kind in ("message", "admin", "system"):
        assert f"-Dcom.l7tech.server.audit.{kind}.saveToInternal=false" in told
    assert "-Dcom.l7tech.server.audit.log.format=json" in told


def test_service_metrics_go_to_influxdb_and_are_shown_in_grafana() -> None:
    settings = stack(layer7={"metrics": "influxdb", "metrics_retention_days": 14})
    assert violations(settings) == []
    store = beside(settings)["influxdb"]
    assert (store.storage_gib, store.pool) == (20, "monitoring")
    assert any("DURATION 14d" in text for text in store.files.values())
    told = of(settings, "serviceMetrics")
    assert (told["external"], told["influxDbUrl"]) == (True, "http://influxdb.user-namespace.svc:8086")
    (shown,) = plan(settings).dashboards
    assert shown.source["url"] == told["influxDbUrl"]
    queries = [panel["targets"][0]["query"] for panel in shown.dashboards["layer7-services"]["panels"]]
    assert all('FROM "request"' in query for query in queries)
    assert any("isRoutingFailure" in query for query in queries)
    ends = {("gateway", "control-plane", 8086), ("monitoring", "control-plane", 8086)}
    assert ends == {end for end in allowed(settings) if end[2] == 8086}
    assert plan(stack()).dashboards == ()


def test_service_metrics_need_grafana() -> None:
    found = refused(lambda: stack(layer7={"metrics": "influxdb"}, observability={"metrics": {"enabled": False}}))
    assert found.keys() == {"layer7.metrics"}


# -- secure token service (L5) ---------------------------------------------------------------------------------------------------------------


def test_the_token_service_is_installed_on_the_first_group_with_a_database_of_its_own() -> None:
    settings = stack(layer7={"token_service": True}, gateway_groups=[SHARED, OWN])
    assert of(settings, "otk", "enabled", release="ssg-partners") is False
    toolkit = of(settings, "otk")
    assert url(toolkit["database"]["sql"]["jdbcURL"]) == "jdbc:mysql://store:3306/otk_db?sslMode=REQUIRED"
    assert toolkit["database"]["useDemoDb"] is False
    known = secrets(settings)[toolkit["database"]["existingSecretName"]].values
    assert known["OTK_DATABASE_PASSWORD"] is known["OTK_DATABASE_DDL_PASSWORD"]
    assert (toolkit["restmanHost"], toolkit["restmanPort"]) == ("ssg-default-management", 9443)
    assert of(settings, "management", "restman") == {"enabled": True}
    assert ("gateway", "gateway", 9443) in allowed(settings)
    hooks = {shape.name: shape.hook for shape in shapes(settings) if shape.hook}
    assert hooks == {"ssg-default-otk-db-upgrade": "pre-install", "ssg-default-otk-install": "post-install"}
    # A share of pods cannot be reckoned where Jobs carry the labels of the gateways.
    assert of(settings, "pdb") == {"create": True, "maxUnavailable": "", "minAvailable": 1}
    assert of(settings, "pdb", release="ssg-partners")["maxUnavailable"] == 1


# -- clusters (L6) ---------------------------------------------------------------------------------------------------------------------------


def test_groups_share_one_cluster_of_gateways_or_have_their_own() -> None:
    third = {**SHARED, "name": "mobile", "apis": ["/mobile"]}
    known = secrets(stack(gateway_groups=[SHARED, OWN, third]))
    default, partners, mobile = (known[f"ssg-{name}-credentials"].values for name in ("default", "partners", "mobile"))
    for key in ("SSG_CLUSTER_PASSWORD", "SSG_DATABASE_PASSWORD", "SSG_ADMIN_PASSWORD"):
        assert default[key] is mobile[key]
        assert default[key] is not partners[key]
    assert (default["SSG_DATABASE_USER"], partners["SSG_DATABASE_USER"]) == ("ssg_owner", "ssg_partners_owner")


# -- secrets, sizes and security -------------------------------------------------------------------------------------------------------------


def test_credentials_are_under_the_fixed_keys_and_no_secret_is_a_value_of_the_chart() -> None:
    settings = stack(layer7={"token_service": True})
    assert secrets(settings)["ssg-default-credentials"].values.keys() == {
        *("SSG_ADMIN_USERNAME", "SSG_ADMIN_PASSWORD", "SSG_CLUSTER_PASSWORD"),
        *("SSG_DATABASE_USER", "SSG_DATABASE_PASSWORD"),
    }
    assert secrets(settings)["layer7-license"].values == {"license": LICENCE}
    text = json.dumps(releases(settings)["ssg-default"].values, default=str)
    assert PASSWORD not in text
    assert LICENCE not in text
    # What the chart has by default is known to everybody.
    values = releases(settings)["ssg-default"].values
    assert values["clusterPassword"] == values["database"]["password"] == values["management"]["password"] == ""
    assert values["otk"]["database"]["password"] == ""


def test_the_licence_is_accepted_explicitly_and_given() -> None:
    found = refused(lambda: stack(layer7={"accept_license": False, "license": None}))
    assert found.keys() == {"layer7.accept_license", "layer7.license"}


def test_the_settings_are_for_this_product_alone() -> None:
    given = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "dev"}
    settings = load_settings({**given, "layer7": {"metrics": "influxdb"}}).settings
    (found,) = violations(settings)
    assert (found.path, found.value) == ("layer7", "metrics")


def test_every_container_has_requests_and_limits_and_the_heap_stays_below() -> None:
    settings = stack()
    values = releases(settings)["ssg-default"].values
    assert values["resources"] == {
        "requests": {"cpu": "1000m", "memory": "4096Mi"},
        "limits": {"cpu": "2000m", "memory": "4096Mi"},
    }
    assert values["config"]["maxHeapSize"] == values["config"]["heapSize"] == "2048m"
    tagger = values["pmtagger"]
    assert tagger["resources"]["requests"] == tagger["resources"]["limits"] == {"cpu": "100m", "memory": "64Mi"}
    assert tagger["nodeSelector"] == {"apim.io/pool": "management"}
    for part in (values, tagger):
        assert part["podSecurityContext"]["runAsNonRoot"] is True
        assert part["containerSecurityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_gateways_are_spread_scaled_rolled_and_ended_without_loss() -> None:
    values = releases(stack(gateway_groups=[{**SHARED, "replicas": {"min": 3, "max": 6}}]))["ssg-default"].values
    assert (values["autoscaling"]["hpa"]["minReplicas"], values["autoscaling"]["hpa"]["maxReplicas"]) == (3, 6)
    assert values["replicas"] == 6  # what an upgrade sets anew: never the fewest under load
    assert values["pdb"] == {"create": True, "maxUnavailable": 1, "minAvailable": ""}
    assert values["updateStrategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert len(values["topologySpreadConstraints"]) == 2
    assert values["preStopScript"]["timeoutSeconds"] < values["terminationGracePeriodSeconds"]
    assert values["startupProbe"]["enabled"]
    assert values["restartOnConfigChange"]["enabled"]
    alone = releases(stack(gateway_groups=[{**SHARED, "replicas": {"min": 1, "max": 2}}]))["ssg-default"].values
    assert alone["pdb"] == {"create": False}


def test_the_quota_holds_all_that_runs_at_once() -> None:
    settings = stack(layer7={"data_grid": "in-cluster", "metrics": "influxdb", "token_service": True})
    small, large = gateway_quota(stack()), gateway_quota(settings)
    grid, influx, jobs = 3 * 500, 500, 2 * 250
    assert large.cpu_millicores - small.cpu_millicores == grid + influx + jobs
    assert large.storage_gb - small.storage_gb == 20
    assert large.pods - small.pods == 3 + 1 + 2


def test_programs_are_those_that_are_asked_for() -> None:
    assert [program.name for program in programs(stack(layer7={"metrics": "influxdb"}))] == ["influxdb"]
    assert programs(stack()) == ()
    assert LAYER7.admin_service_name("default") == "ssg-default-management"


def test_a_second_deployment_is_refused() -> None:
    private = {"domain": "private.example.com"}
    assert "private_deployment" in refused(lambda: stack(private_deployment=private))


def test_the_script_makes_each_database_by_statements_that_come_by_standard_input(tmp_path: Path) -> None:
    server, seen = tmp_path / "mysql", tmp_path / "seen"
    server.write_text(f'#!/bin/sh\necho "arguments: $*" >> {seen}\ncat >> {seen}\n', encoding="utf-8")
    server.chmod(0o755)
    job = databases(stack(gateway_groups=[SHARED, OWN]))
    known = {name: url(value) if isinstance(value, Composed) else value for name, value in job.environment.items()}
    given = {**known, **dict.fromkeys(job.secret_environment, "unique"), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    for _ in range(2):  # the second time as the first
        ran = subprocess.run(
            ["/bin/sh", "-euc", job.script], env=given, check=True, capture_output=True, text=True, timeout=30
        )
        assert ran.stdout.splitlines() == ["database ssg is ready", "database ssg_partners is ready"]
        assert ran.stderr == ""
    told = seen.read_text(encoding="utf-8")
    assert "CREATE DATABASE IF NOT EXISTS `ssg_partners` CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci;" in told
    assert "GRANT ALL PRIVILEGES ON `ssg`.* TO 'ssg_owner'@'%';" in told
    assert all("unique" not in line for line in told.splitlines() if line.startswith("arguments"))
    assert "--ssl-mode=REQUIRED" in told
