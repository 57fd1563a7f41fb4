"""What Tyk asks the platform to build, in the order in which it starts: databases, dashboard, MDCB and portals, organisations, gateways, pump."""

from collections.abc import Iterator
from typing import Any

from pydantic import SecretStr

from apim_infra.products import tyk_values as common
from apim_infra.products.plans import (
    Access,
    BudgetPlan,
    CertificatePlan,
    Generated,
    JobPlan,
    ProductPlan,
    ReleasePlan,
    SecretPlan,
    ServicePlan,
)
from apim_infra.products.profile import BACKEND_CERTIFICATE, Profile, Program, profile
from apim_infra.products.tyk import (
    ADMINISTRATION_SECRET,
    API_SECRET,
    AUTHORITY_SECRET,
    DASHBOARD,
    DATABASE,
    DATABASE_SECRET,
    MDCB,
    MDCB_SECRET,
    NAME,
    PUMP_SECRET,
    REDIS_SECRET,
    REMOTE_SECRET,
    administrator_secret,
    has_dashboard,
    has_database,
    has_gateways,
    has_pump,
    has_remote,
    portal_database,
    portal_name,
    portal_secret,
    portals,
    programs,
)
from apim_infra.products.tyk_data import releases
from apim_infra.products.tyk_gateway import gateway_values
from apim_infra.products.tyk_jobs import DATABASES_JOB, databases_job, organisation_job
from apim_infra.products.tyk_programs import dashboard_values, mdcb_values, portal_values
from apim_infra.products.tyk_pumps import pump_values
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.tyk import TykPattern

PUMP = "pump"
"""Release of the pump."""


def plan(settings: StackSettings, access: Access) -> ProductPlan:
    """Return everything that one deployment of Tyk asks for; where the vendor hosts it, services for what its gateways call."""
    if not has_gateways(settings):
        return ProductPlan(services=tuple(_services(settings)))
    product = profile(settings.product)
    return ProductPlan(
        secrets=tuple(_secrets(settings, access)),
        steps=tuple(_steps(product, settings, access)),
        certificates=(_certificate(product, settings),),
        budgets=tuple(_budgets(settings)),
    )


def _steps(product: Profile, settings: StackSettings, access: Access) -> Iterator[ReleasePlan | JobPlan]:
    before: tuple[str, ...] = ()
    if has_database(settings):
        yield databases_job(settings, access)
        before = (DATABASES_JOB,)
    there = {program.name: program for program in programs(settings)}
    if has_dashboard(settings):
        values = dashboard_values(product, settings, there[DASHBOARD], access)
        yield _release(DASHBOARD, "tyk-dashboard", values, there[DASHBOARD], before)
        for organisation in portals(settings):
            name = portal_name(organisation)
            values = portal_values(product, settings, there[name], organisation, access)
            yield _release(name, "tyk-dev-portal", values, there[name], (*before, DASHBOARD))
        before = (DASHBOARD,)
        jobs = [organisation_job(product, settings, each, before) for each in settings.tyk.organisations]
        yield from jobs
        if settings.tyk.pattern is TykPattern.CONTROL_PLANE:
            values = mdcb_values(product, settings, there[MDCB], access)
            yield _release(MDCB, "tyk-mdcb", values, there[MDCB], tuple(job.name for job in jobs))
    if product.chart is None:
        raise ValueError(f"the profile of {product.product} names no chart")
    for group in settings.gateway_groups:
        yield ReleasePlan(
            name=product.release(group.name),
            chart=product.chart,
            values=gateway_values(product, settings, group, access),
            pool="user",
            needs=before,
        )
    if has_pump(settings):
        values = pump_values(settings, access)
        yield ReleasePlan(PUMP, releases().chart("tyk-pump"), values, "user", needs=before)


def _services(settings: StackSettings) -> Iterator[ServicePlan]:
    ports = {each.service: each.port for each in settings.tyk.cloud.upstreams} if settings.tyk.cloud else {}
    for name, port in ports.items():
        yield ServicePlan(name, {"app.kubernetes.io/name": name}, port)


def _release(name: str, chart: str, values: dict[str, Any], program: Program, needs: tuple[str, ...]) -> ReleasePlan:
    return ReleasePlan(name=name, chart=releases().chart(chart), values=values, pool=program.pool, needs=needs)


def _certificate(product: Profile, settings: StackSettings) -> CertificatePlan:
    """Return the certificate of everything that speaks TLS inside of the cluster, by an authority of the deployment's own."""
    services = [program.service_name for program in programs(settings) if not program.passthrough]
    for group in settings.gateway_groups:
        services += [product.service_name(group.name), product.admin_service_name(group.name)]
    return CertificatePlan(
        BACKEND_CERTIFICATE, tuple(f"{service}.{settings.gateway.namespace}.svc" for service in services)
    )


def _budgets(settings: StackSettings) -> Iterator[BudgetPlan]:
    """Yield a disruption budget for everything that has more than one pod, and whose chart has none."""
    selectors = {DASHBOARD: {"app": f"dashboard-{NAME}"}, MDCB: {"app": f"mdcb-{NAME}"}}
    selectors |= {portal_name(each): {"app": each.name} for each in portals(settings)}
    for program in programs(settings):
        if program.replicas > 1:
            yield BudgetPlan(program.name, selectors[program.name])
    if has_pump(settings) and settings.tyk.pump_replicas > 1:
        yield BudgetPlan(PUMP, {"app": f"pump-{NAME}"})


def _secrets(settings: StackSettings, access: Access) -> Iterator[SecretPlan]:
    """Yield the secrets, each with every key that its charts expect."""
    tyk = settings.tyk
    api: dict[str, Any] = {"APISecret": Generated()}
    if has_dashboard(settings):
        api |= {"AdminSecret": Generated(), "DashLicense": _plain(tyk.licences.dashboard)}
    yield SecretPlan(API_SECRET, api)
    yield SecretPlan(REDIS_SECRET, {"redisPass": access.stores["redis"].password})
    if authorities := common.brought_authorities(settings):
        yield SecretPlan(AUTHORITY_SECRET, authorities)
    if has_database(settings):
        yield SecretPlan(ADMINISTRATION_SECRET, {"password": access.stores["gateway_postgresql"].password})
        yield SecretPlan(DATABASE_SECRET, _address(settings, access, "pgConnectionString", DATABASE))
    if has_remote(settings) and tyk.remote is not None:
        yield SecretPlan(
            REMOTE_SECRET,
            {
                "orgId": tyk.remote.organisation_id,
                "userApiKey": _plain(tyk.remote.key),
                "groupID": f"data-plane-{tyk.remote.group or settings.region}",
            },
        )
    if tyk.pattern is TykPattern.CONTROL_PLANE:
        yield SecretPlan(MDCB_SECRET, {"MDCBLicense": _plain(tyk.licences.mdcb), "securitySecret": Generated()})
    if sinks := {pump.name: _plain(pump.secret) for pump in tyk.pumps if pump.secret is not None}:
        yield SecretPlan(PUMP_SECRET, sinks)
    yield from _organisation_secrets(settings, access)


def _organisation_secrets(settings: StackSettings, access: Access) -> Iterator[SecretPlan]:
    if not has_dashboard(settings):
        return
    for organisation in settings.tyk.organisations:
        yield SecretPlan(
            administrator_secret(organisation),
            {
                # No word that is found elsewhere: what is kept in a secret is hidden wherever it shows.
                "adminUserFirstName": "First administrator",
                "adminUserLastName": f"of organisation {organisation.name}",
                "adminUserEmail": organisation.administrator,
                "adminUserPassword": Generated(),
            },
        )
    licence = {"DevPortalLicense": _plain(settings.tyk.licences.portal)}
    for organisation in portals(settings):
        address = _address(settings, access, "DevPortalDatabaseConnectionString", portal_database(organisation))
        yield SecretPlan(portal_secret(organisation), address | licence)


def _address(settings: StackSettings, access: Access, key: str, database: str) -> dict[str, Any]:
    """Return the password of a database's own role, and under `key` the address of the database with it."""
    password = Generated()
    return {
        "password": password,
        key: common.connection_string(settings, access, database=database, password=password),
    }


def _plain(secret: SecretStr | None) -> str:
    """Return a secret of the settings; rules have held that it is there where it is needed."""
    return secret.get_secret_value() if secret is not None else ""
