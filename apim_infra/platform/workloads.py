"""The control plane and the gateways, from the settings, the sizing table and the product's profile."""

from collections.abc import Mapping, Sequence

import pulumi

from apim_infra.planning.placement import node_selector, tolerations
from apim_infra.platform.cloud import CloudPlatform
from apim_infra.platform.gateway_groups import OwnDatabase, build_databases, build_shares, build_sidecar
from apim_infra.platform.naming import Naming
from apim_infra.platform.places import placement
from apim_infra.platform.product_releases import access, build_product
from apim_infra.platform.programs import build_programs
from apim_infra.platform.secret_sync import source_of
from apim_infra.products.groups import group_labels
from apim_infra.products.kong import GatewayDatabase, GatewayPlacement, values
from apim_infra.products.profile import Chart, profile
from apim_infra.products.registry import product_plan
from apim_infra.settings.gateway import GatewayGroup
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.replicas import replicas
from apim_infra.sizing.table import control_plane_deployments
from components.kubernetes.apim_release import ApimRelease, ApimStore, ApimWorkload
from components.kubernetes.credentials import PASSWORD_KEY, DatabaseCredentials
from components.kubernetes.gateway import Gateway, GatewayArgs
from components.outputs import Endpoint

STORE_USERS: Mapping[str, tuple[str, ...]] = {
    "mariadb": ("gateway-manager", "policy-manager", "analysis-manager", "developer-portal-backend", "bff"),
    "postgresql": ("tenant-manager",),
    "redis": ("tenant-manager", "bff", "developer-portal-backend"),
}
"""Store to the workloads of the control plane that use it: the tenant manager keeps identities in PostgreSQL, the rest of the control plane its
data in MariaDB, and whoever has sessions keeps them in memory (the platform's description on Kubernetes, its persistent stores)."""


def build_control_plane(
    settings: StackSettings, naming: Naming, cloud: CloudPlatform, options: pulumi.ResourceOptions
) -> ApimRelease:
    """Release the control plane by the project's own chart."""
    workloads: list[ApimWorkload] = [
        {
            "name": workload.name,
            "replicas": replicas(settings, workload),
            "cpu_millicores": workload.cpu_millicores,
            "memory_mib": workload.memory_mib,
            "storage_gib": workload.storage_gb,
        }
        for workload in control_plane_deployments()
    ]
    stores: list[ApimStore] = [
        {"name": name, "credentials": _credentials(cloud.stores[name]), "workloads": list(users)}
        for name, users in STORE_USERS.items()
        if name in cloud.stores
    ]
    return ApimRelease(
        naming.name("apim"),
        {
            "namespace": settings.control_plane.namespace,
            "placement": placement(settings, "management"),
            "image_registry": cloud.image_registry,
            "image_tag": settings.control_plane.image_tag,
            "workloads": workloads,
            "stores": stores,
            "environment": _addresses(settings),
        },
        options,
    )


def build_gateways(
    settings: StackSettings, naming: Naming, cloud: CloudPlatform, options: pulumi.ResourceOptions
) -> list[str]:
    """Release every gateway group by the product's chart, or run its programs where it has none; return the names of the releases."""
    product = profile(settings.product)
    options = _after(options, build_shares(settings, naming, options))
    plan = product_plan(settings, access(settings, cloud))
    if plan is not None:
        return build_product(settings, naming, plan, options, cloud)
    if product.chart is None:
        return build_programs(settings, naming, cloud, options)
    databases = build_databases(settings, naming, product, cloud.stores["gateway_postgresql"], options)
    releases: list[str] = []
    for group in settings.gateway_groups:
        if group.sidecar is not None:
            build_sidecar(settings, naming, group, group.sidecar, options)
        else:
            own = databases.get(group.name)
            ready = _after(options, [own.job] if own else [])
            Gateway(naming.name(f"gateway-{group.name}"), _gateway(settings, cloud, group, product.chart, own), ready)
        releases.append(product.release(group.name))
    return releases


def _after(options: pulumi.ResourceOptions, needed: Sequence[pulumi.Resource]) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=list(needed))) if needed else options


def _gateway(
    settings: StackSettings, cloud: CloudPlatform, group: GatewayGroup, chart: Chart, own: OwnDatabase | None
) -> GatewayArgs:
    product = profile(settings.product)
    release = product.release(group.name)
    database = cloud.stores["gateway_postgresql"]
    secret = own.secret if own else f"{release}-database"
    place = GatewayPlacement(
        node_selector("user"), [toleration.to_json() for toleration in tolerations(settings, "user")]
    )
    args: GatewayArgs = {
        "release": release,
        "namespace": settings.gateway.namespace,
        "placement": placement(settings, "user"),
        "values": values(
            product,
            settings,
            group,
            GatewayDatabase(
                host=database["host"],
                port=database["port"],
                name=own.name if own else database["database"],
                user=own.name if own else database["username"],
                secret_name=secret,
                secret_key=PASSWORD_KEY,
            ),
            place,
        ),
        "chart": {"chart": chart.name, "repository": chart.repository, "version": chart.version},
        "admin_url": product.admin_url(group.name, settings.gateway.namespace),
        "plugins": [{"id": plugin.id, "name": plugin.name, "config": plugin.config} for plugin in product.plugins],
        "job_labels": group_labels(group),
    }
    if own:
        return args
    args = {**args, "database_password": database["password"], "database_secret": secret}
    source = source_of(database)
    return args if source is None else {**args, "database_source": source}


def _addresses(settings: StackSettings) -> dict[str, pulumi.Input[str]]:
    """Return the addresses at which people reach the platform, and those of its gateways' administration, as the programs are told them."""
    internal, public, product = (
        settings.ingress.internal.hosts,
        settings.ingress.public.hosts,
        profile(settings.product),
    )
    labels = {
        "CONSOLE_URL": internal.console,
        "TENANT_CONSOLE_URL": internal.tenant,
        "DEVELOPER_PORTAL_ADMIN_URL": internal.developers,
        "AUTH_URL": internal.auth,
        "API_URL": public.api,
        # Without a public side the portal for API users is the one that there is.
        "DEVELOPER_PORTAL_URL": public.developers if settings.ingress.public.enabled else internal.developers,
    }
    gateways = [
        product.admin_url(group.name, settings.gateway.namespace)
        for group in settings.gateway_groups
        if group.sidecar is None
    ]
    return {
        **{name: f"https://{label}.{settings.company_domain}" for name, label in labels.items()},
        "GATEWAY_ADMIN_URLS": ",".join(gateways),
    }


def _credentials(endpoint: Endpoint) -> DatabaseCredentials:
    credentials: DatabaseCredentials = {
        "host": endpoint["host"],
        "port": endpoint["port"],
        "database": endpoint["database"],
        "username": endpoint["username"],
        "password": endpoint["password"],
    }
    source = source_of(endpoint)
    return credentials if source is None else {**credentials, "source": source}
