"""What Layer7 asks the platform to build: secrets, databases with their users, a data grid and InfluxDB where wanted, and a release for each gateway group."""

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from apim_infra.products.groups import group_labels
from apim_infra.products.layer7 import METRICS_DATABASE, credentials, database_server, values
from apim_infra.products.layer7_dashboard import dashboard
from apim_infra.products.layer7_parts import (
    ADMINISTRATOR,
    KEYSTORE,
    LICENSE,
    SERVER,
    TOKEN_DATABASE,
    TOKEN_SERVICE,
    TOKEN_USER,
    Cluster,
    clusters,
    has_grid,
    has_server,
    hosts_of_certificate,
    listen_ports,
    parts,
)
from apim_infra.products.plans import (
    Access,
    Composed,
    DashboardPlan,
    Generated,
    JobPlan,
    KeystorePlan,
    PortPlan,
    ProductPlan,
    ReleasePlan,
    SecretPlan,
    StatefulPlan,
)
from apim_infra.products.profile import BACKEND_CERTIFICATE, ROLE_LABEL, Profile, Program, profile
from apim_infra.settings.gateway import Exposure
from apim_infra.settings.layer7 import ServiceMetrics
from apim_infra.settings.stack import StackSettings

DATABASES = "layer7-databases"
"""Job that makes databases and users."""

METRICS = "influxdb"
"""Program that keeps service metrics."""

SOURCE = "layer7-influxdb"
"""Identifier of the source of data in Grafana."""

GATEWAYS_ADMINISTRATOR = "ssg_administrator"
"""Who administers the gateways by Policy Manager; the password is made and kept in the secret of each group."""


def plan(settings: StackSettings, access: Access) -> ProductPlan:
    """Return everything that Layer7 asks for, in one deployment."""
    product, clustered = profile(settings.product), clusters(settings)
    passwords = {cluster.database: _password(settings) for cluster in clustered}
    secrets = [SecretPlan(LICENSE, {"license": _license(settings)})]
    for cluster in clustered:
        secrets += _credentials(product, settings, cluster, passwords[cluster.database])
    made: list[JobPlan | StatefulPlan] = []
    if settings.layer7.external_database is None:
        secrets.append(SecretPlan(ADMINISTRATOR, {"password": database_server(settings, access).password}))
        if settings.layer7.token_service:
            secrets.append(_token_credentials())
        if has_server(settings):
            made.append(_server(settings))
        made.append(_databases(product, settings, access, clustered))
    made += _beside(product, settings, clustered)
    before = tuple(step.name for step in made)
    releases = [
        ReleasePlan(
            product.release(group.name),
            _chart(product),
            values(product, settings, access, cluster, group),
            "user",
            needs=before,
        )
        for cluster in clustered
        for group in cluster.groups
    ]
    return ProductPlan(
        secrets=tuple(secrets),
        steps=(*made, *releases),
        keystores=(
            KeystorePlan(
                BACKEND_CERTIFICATE,
                hosts_of_certificate(product, settings),
                KEYSTORE,
                "SSG_SSL_KEY",
                "SSG_SSL_KEY_PASS",
            ),
        ),
        ports=tuple(_ports(product, settings)),
        dashboards=tuple(_dashboards(product, settings)),
    )


def programs(settings: StackSettings) -> tuple[Program, ...]:
    """Return the programs of the profile that the settings ask for."""
    wanted = {"data-grid": has_grid(settings), METRICS: settings.layer7.metrics is ServiceMetrics.INFLUXDB}
    return tuple(program for program in profile(settings.product).programs if wanted[program.name])


def _chart(product: Profile):
    if product.chart is None:
        raise ValueError(f"product {product.product} has no chart")
    return product.chart


def _license(settings: StackSettings) -> str:
    given = settings.layer7.license
    return given.get_secret_value() if given else ""


def _password(settings: StackSettings) -> Any:
    """Return the password of a cluster's database: the one that is brought along, or one that is made."""
    brought = settings.layer7.external_database
    return brought.password.get_secret_value() if brought else Generated()


def _credentials(product: Profile, settings: StackSettings, cluster: Cluster, password: Any) -> Iterator[SecretPlan]:
    """Yield the secret of each group; groups of one cluster have the same passwords."""
    brought, own, administrator = settings.layer7.external_database, Generated(), Generated()
    for group in cluster.groups:
        known = {
            "SSG_ADMIN_USERNAME": GATEWAYS_ADMINISTRATOR,
            "SSG_ADMIN_PASSWORD": administrator,
            "SSG_CLUSTER_PASSWORD": own,
            "SSG_DATABASE_USER": brought.username if brought else cluster.user,
            "SSG_DATABASE_PASSWORD": password,
        }
        yield SecretPlan(credentials(product, group.name), known)


def _token_credentials() -> SecretPlan:
    password = Generated()
    known = {"OTK_DATABASE_USERNAME": TOKEN_USER, "OTK_DATABASE_PASSWORD": password}
    return SecretPlan(
        TOKEN_SERVICE, {**known, "OTK_DATABASE_DDL_USERNAME": TOKEN_USER, "OTK_DATABASE_DDL_PASSWORD": password}
    )


@cache
def _script() -> str:
    return files("apim_infra.products").joinpath("layer7_databases.sh").read_text("utf-8")


def _databases(product: Profile, settings: StackSettings, access: Access, clustered: Sequence[Cluster]) -> JobPlan:
    """Return the Job that makes the databases and their users; tables are made by the gateways themselves."""
    store, kind = database_server(settings, access), parts().database
    wanted = [
        (cluster.database, cluster.user, (credentials(product, cluster.groups[0].name), "SSG_DATABASE_PASSWORD"))
        for cluster in clustered
    ]
    if settings.layer7.token_service:
        wanted.append((TOKEN_DATABASE, TOKEN_USER, (TOKEN_SERVICE, "OTK_DATABASE_PASSWORD")))
    named: dict[str, Any] = {}
    for number, (database, user, _) in enumerate(wanted, 1):
        named |= {f"BASE_{number}": database, f"USER_{number}": user}
    return JobPlan(
        DATABASES,
        parts().images.database.reference,
        _script(),
        "user",
        environment={
            "HOST": store.host,
            "PORT": Composed("{port}", {"port": store.port}),
            "ADMINISTRATOR": store.username,
            "CHARSET": kind.charset,
            "COLLATION": kind.collation,
            "COUNT": str(len(wanted)),
            **named,
        },
        secret_environment={
            "ADMINISTRATOR_PASSWORD": (ADMINISTRATOR, "password"),
            **{f"PASSWORD_{number}": source for number, (_, _, source) in enumerate(wanted, 1)},
        },
        labels={ROLE_LABEL: "gateway"},
        needs=(SERVER,) if has_server(settings) else (),
        user=999,
    )


def _server(settings: StackSettings) -> StatefulPlan:
    """Return MySQL beside the gateways: one pod without a standby or backups, for tests alone."""
    size = parts().database_server
    return StatefulPlan(
        SERVER,
        parts().images.database.reference,
        "user",
        {"mysql": 3306},
        size.cpu_millicores,
        size.memory_mib,
        {ROLE_LABEL: "mariadb"},
        storage_gib=settings.stores.mariadb.storage_gb,
        folder="/data",
        scratch=("/tmp", "/var/run/mysqld", "/var/lib/mysql-files"),  # noqa: S108 - volumes of the pod's own
        secret_environment={"MYSQL_ROOT_PASSWORD": (ADMINISTRATOR, "password")},
        arguments=(
            # A folder of its own in the volume, whose root has one of the file system's.
            "--datadir=/data/mysql",
            "--require-secure-transport=ON",
            *(f"--{name.replace('_', '-')}=ON" for name in profile(settings.product).database_switches),
        ),
        user=999,
    )


def _beside(product: Profile, settings: StackSettings, clustered: Sequence[Cluster]) -> Iterator[StatefulPlan]:
    """Yield the data grid of each cluster, and InfluxDB.

    Neither is installed by its chart: Hazelcast's names no seccomp profile and InfluxDB's no security context of its container, which the
    restricted Pod Security Standard asks for.
    """
    if has_grid(settings):
        yield from (_grid(product, settings, cluster) for cluster in clustered)
    if settings.layer7.metrics is ServiceMetrics.INFLUXDB:
        yield _metrics(product, settings)


def _program(product: Profile, name: str) -> Program:
    return next(program for program in product.programs if program.name == name)


def _grid(product: Profile, settings: StackSettings, cluster: Cluster) -> StatefulPlan:
    program, name = _program(product, "data-grid"), cluster.part("data-grid")
    port = program.ports[0].port
    return StatefulPlan(
        name,
        parts().images.data_grid.reference,
        program.pool,
        {"members": port},
        program.limits.cpu_millicores,
        program.limits.memory_mib,
        {ROLE_LABEL: "control-plane"},
        replicas=settings.layer7.data_grid_members,
        environment={
            "JAVA_OPTS": f"-Xms{program.heap_mib}m -Xmx{program.heap_mib}m -Dhazelcast.config=/data/hazelcast/hazelcast.yaml"
        },
        files={"/data/hazelcast/hazelcast.yaml": _hazelcast(f"{name}.{settings.gateway.namespace}.svc", port)},
        ready_path="/hazelcast/health/ready",
        user=65534,
    )


def _hazelcast(service: str, port: int) -> str:
    """Return the members' configuration: they find each other by the names of their service, so that they need no right in the cluster."""
    lines = (
        "hazelcast:",
        "  network:",
        f"    port: {{port: {port}, auto-increment: false}}",
        "    join:",
        "      multicast: {enabled: false}",
        f"      kubernetes: {{enabled: true, service-dns: {service}}}",
        "    rest-api: {enabled: true, endpoint-groups: {HEALTH_CHECK: {enabled: true}}}",
        "  jet: {enabled: false}",
    )
    return "\n".join(lines) + "\n"


def _metrics(product: Profile, settings: StackSettings) -> StatefulPlan:
    program = _program(product, METRICS)
    return StatefulPlan(
        METRICS,
        parts().images.metrics.reference,
        program.pool,
        {port.name: port.port for port in program.ports},
        program.limits.cpu_millicores,
        program.limits.memory_mib,
        {ROLE_LABEL: "control-plane"},
        storage_gib=settings.layer7.metrics_storage_gb,
        folder="/var/lib/influxdb",
        environment={
            "INFLUXDB_DB": METRICS_DATABASE,
            "INFLUXDB_REPORTING_DISABLED": "true",
            "INFLUXDB_META_RETENTION_AUTOCREATE": "true",
            # What it keeps at most is told by the policy that the first script of the image makes.
            "INFLUXDB_MONITOR_STORE_ENABLED": "false",
        },
        files={
            "/docker-entrypoint-initdb.d/retention.iql": (
                f'ALTER RETENTION POLICY "autogen" ON "{METRICS_DATABASE}" DURATION {settings.layer7.metrics_retention_days}d SHARD DURATION 1d DEFAULT\n'
            )
        },
        ready_path="/ping",
        user=1000,
    )


def _ports(product: Profile, settings: StackSettings) -> Iterator[PortPlan]:
    """Yield the ports beside that of the APIs, to which load balancers lead past the ingress."""
    for group in settings.gateway_groups:
        for port in listen_ports(settings.layer7, settings.gateway_groups, group):
            balancer = "public" if port.exposure is Exposure.PUBLIC else "internal"
            selector = {"app": product.release(group.name), **group_labels(group)}
            yield PortPlan(port.name, port.port, product.service_name(group.name), selector, balancer)


def _dashboards(product: Profile, settings: StackSettings) -> Iterator[DashboardPlan]:
    if settings.layer7.metrics is not ServiceMetrics.INFLUXDB:
        return
    address = f"http://{METRICS}.{settings.gateway.namespace}.svc:{product.program_port(f'{METRICS}.http')}"
    source = {
        "name": "Layer7 service metrics",
        "uid": SOURCE,
        "type": "influxdb",
        "access": "proxy",
        "url": address,
        "database": METRICS_DATABASE,
        "jsonData": {"dbName": METRICS_DATABASE, "httpMode": "GET"},
        "editable": False,
    }
    yield DashboardPlan("layer7", source, {"layer7-services": dashboard(SOURCE)})
