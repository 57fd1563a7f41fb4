"""Facts of a deployment of Tyk: what its pattern brings, the names of its objects, and its programs."""

import hashlib
from dataclasses import replace

from apim_infra.products.profile import Program, profile
from apim_infra.settings.environment import Product
from apim_infra.settings.gateway import Exposure, GatewayGroup
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode
from apim_infra.settings.tyk import TykOrganisation, TykPattern, TykSink

DASHBOARD, MDCB, PORTAL = "dashboard", "mdcb", "portal"

NAME = "tyk"
"""What the charts of the dashboard, of MDCB and of the pump call their objects: `dashboard-tyk`, `mdcb-tyk`, `pump-tyk`."""

API_SECRET = "tyk-api"  # noqa: S105 - the name of a secret
"""Keys: `APISecret` (administration of the gateways), and with a dashboard `AdminSecret` and `DashLicense`."""
REDIS_SECRET = "tyk-redis"  # noqa: S105 - the name of a secret
"""Key: `redisPass`."""
DATABASE_SECRET = "tyk-database"  # noqa: S105 - the name of a secret
"""Keys: `pgConnectionString`, `password`."""
ADMINISTRATION_SECRET = "tyk-database-administration"  # noqa: S105 - the name of a secret
"""Key: `password` of the user who makes databases and roles."""
REMOTE_SECRET = "tyk-remote"  # noqa: S105 - the name of a secret
"""Keys: `orgId`, `userApiKey`, `groupID`."""
MDCB_SECRET = "tyk-mdcb"  # noqa: S105 - the name of a secret
"""Keys: `MDCBLicense`, `securitySecret`."""
PUMP_SECRET = "tyk-pumps"  # noqa: S105 - the name of a secret
"""One key for each pump with a secret, its name."""
AUTHORITY_SECRET = "tyk-authorities"  # noqa: S105 - the name of a secret
"""Certificates of authorities, keys `database.crt` and `remote.crt`, which are not secret but are mounted like those that are."""

DATABASE = "tyk"
"""Database and role of dashboard, MDCB and pumps."""

WITH_DASHBOARD = (TykPattern.HIGH_AVAILABILITY, TykPattern.CONTROL_PLANE)
"""Patterns in which this platform runs the dashboard."""

REMOTE = (TykPattern.DATA_PLANE, TykPattern.HYBRID)
"""Patterns whose gateways are managed from elsewhere."""


def has_dashboard(settings: StackSettings) -> bool:
    """Tell whether this deployment runs the dashboard."""
    return settings.tyk.pattern in WITH_DASHBOARD


def has_remote(settings: StackSettings) -> bool:
    """Tell whether the gateways are managed by a control plane elsewhere."""
    return settings.tyk.pattern in REMOTE


def has_gateways(settings: StackSettings) -> bool:
    """Tell whether this deployment runs gateways: not where the vendor does."""
    return settings.tyk.pattern is not TykPattern.CLOUD


def has_database(settings: StackSettings) -> bool:
    """Tell whether something is kept in PostgreSQL: what the dashboard holds, or analytics."""
    return has_dashboard(settings) or any(pump.sink is TykSink.POSTGRESQL for pump in settings.tyk.pumps)


def has_endpoint(settings: StackSettings) -> bool:
    """Tell whether there is an endpoint of metrics for Prometheus."""
    asked = any(pump.sink is TykSink.PROMETHEUS for pump in settings.tyk.pumps)
    return has_gateways(settings) and (asked or settings.observability.metrics.enabled)


def has_pump(settings: StackSettings) -> bool:
    """Tell whether analytics are sent anywhere at all."""
    if not has_gateways(settings):
        return False
    return has_endpoint(settings) or has_remote(settings) or has_database(settings) or bool(settings.tyk.pumps)


def redis_speaks_tls(settings: StackSettings) -> bool:
    """Tell whether Redis takes TLS alone: one in the cluster speaks none, and stays inside of its namespace."""
    return settings.stores.redis.mode is not StoreMode.IN_CLUSTER


def organisation_id(settings: StackSettings, organisation: TykOrganisation) -> str:
    """Return the id of an organisation, 24 hexadecimal digits: the same in every run, so that data planes elsewhere can be told of it."""
    return hashlib.sha256(f"{settings.company_domain}/{organisation.name}".encode()).hexdigest()[:24]


def portal_name(organisation: TykOrganisation) -> str:
    """Return the name of an organisation's portal: of its release and of its Deployment."""
    return f"{PORTAL}-{organisation.name}"


def portal_service(organisation: TykOrganisation) -> str:
    """Return the name that the chart gives to the service of an organisation's portal."""
    return f"dev-portal-svc-{organisation.name}"


def portal_database(organisation: TykOrganisation) -> str:
    """Return the name of the database of an organisation's portal, and of the role that owns it. Names of databases have no hyphens."""
    return f"tyk_portal_{organisation.name}".replace("-", "_")


def administrator_secret(organisation: TykOrganisation) -> str:
    """Return the secret of an organisation's first administrator, with the keys that the charts expect."""
    return f"tyk-administrator-{organisation.name}"


def portal_secret(organisation: TykOrganisation) -> str:
    """Return the secret of an organisation's portal: `DevPortalLicense`, `DevPortalDatabaseConnectionString` and `password`."""
    return f"tyk-portal-{organisation.name}"


def portals(settings: StackSettings) -> tuple[TykOrganisation, ...]:
    """Return the organisations that have a portal."""
    return tuple(each for each in settings.tyk.organisations if has_dashboard(settings) and each.portal_host)


def managing_group(settings: StackSettings) -> GatewayGroup:
    """Return the group through whose gateways the dashboard makes keys: one that knows every API, so one without tags."""
    groups = settings.gateway_groups
    return next((group for group in groups if not group.tags), groups[0])


def programs(settings: StackSettings) -> tuple[Program, ...]:
    """Return the programs beside the gateways: dashboard, MDCB, and the portal of each organisation, with their hosts."""
    kinds = {program.name: program for program in profile(Product.TYK).programs}
    tyk = settings.tyk
    found: list[Program] = []
    if has_dashboard(settings):
        found.append(replace(kinds[DASHBOARD], host=tyk.dashboard_host, replicas=tyk.dashboard_replicas))
    if tyk.pattern is TykPattern.CONTROL_PLANE:
        public = tyk.mdcb.exposure is Exposure.PUBLIC
        found.append(replace(kinds[MDCB], host=tyk.mdcb.host, replicas=tyk.mdcb.replicas, public=public))
    found += [
        replace(
            kinds[PORTAL],
            name=portal_name(organisation),
            host=organisation.portal_host or "",
            replicas=tyk.portal_replicas,
            public=organisation.portal_public,
            service=portal_service(organisation),
        )
        for organisation in portals(settings)
    ]
    return tuple(found)


def fqdn(settings: StackSettings, host: str) -> str:
    """Return a host's full name."""
    return f"{host}.{settings.company_domain}"


def exports(settings: StackSettings) -> dict[str, object]:
    """Return what a stack tells those who set up data planes elsewhere: the id of each organisation, and the address of MDCB; nothing without a dashboard."""
    if not has_dashboard(settings):
        return {}
    told: dict[str, object] = {
        "organisations": {each.name: organisation_id(settings, each) for each in settings.tyk.organisations}
    }
    if settings.tyk.pattern is TykPattern.CONTROL_PLANE:
        told["mdcb"] = f"{fqdn(settings, settings.tyk.mdcb.host)}:443"
    return {"tyk": told}
