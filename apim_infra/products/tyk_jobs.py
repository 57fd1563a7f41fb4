"""Jobs of Tyk: databases with their roles before everything, organisations with their administrators after the dashboard.

They take the place of the chart's own hook, whose service account has a name that two releases in one namespace fight for, and which gives up after one try.
"""

from importlib.resources import files

from apim_infra.products import tyk_values as common
from apim_infra.products.plans import Access, JobPlan
from apim_infra.products.profile import BACKEND_CERTIFICATE, ROLE_LABEL, Profile
from apim_infra.products.tyk import (
    ADMINISTRATION_SECRET,
    API_SECRET,
    DATABASE,
    DATABASE_SECRET,
    PORTAL,
    administrator_secret,
    organisation_id,
    portal_database,
    portal_name,
    portal_secret,
    portal_service,
    portals,
)
from apim_infra.products.tyk_gateway import dashboard_url
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.tyk import TykOrganisation, TykPattern

DATABASES_JOB = "tyk-databases"
CLIENT_USER = 100
"""User of the image of curl."""


def databases_job(settings: StackSettings, access: Access) -> JobPlan:
    """Return the Job that makes a database with a role of its own for the dashboard, and one for each portal."""
    store = access.stores["gateway_postgresql"]
    passwords = {DATABASE: (DATABASE_SECRET, "password")}
    passwords |= {portal_database(each): (portal_secret(each), "password") for each in portals(settings)}
    return JobPlan(
        name=DATABASES_JOB,
        image=common.reference("postgresql-client"),
        script=_script("tyk_databases.sh"),
        pool="management",
        environment={
            "DATABASES": " ".join(passwords),
            "PGHOST": store.host,
            "PGPORT": common.text(store.port),
            "PGUSER": store.username,
            "PGDATABASE": store.database,
            "PGSSLMODE": common.database_tls(settings),
            "AUTHORITY": settings.tyk.database_authority or "",
        },
        secret_environment={
            "PGPASSWORD": (ADMINISTRATION_SECRET, "password"),
            **{f"PASSWORD_{name}": place for name, place in passwords.items()},
        },
        labels={ROLE_LABEL: "control-plane"},
    )


def organisation_job(
    product: Profile, settings: StackSettings, organisation: TykOrganisation, needs: tuple[str, ...]
) -> JobPlan:
    """Return the Job that makes one organisation, its administrator, and the first administrator of its portal."""
    secret = administrator_secret(organisation)
    port = product.program_port(f"{PORTAL}.portal")
    portal = f"https://{portal_service(organisation)}.{settings.gateway.namespace}.svc:{port}"
    return JobPlan(
        name=organisation_job_name(organisation),
        image=common.reference("http-client"),
        script=_script("tyk_organisation.sh"),
        pool="management",
        environment={
            "DASHBOARD": dashboard_url(product, settings),
            "PORTAL": portal if organisation.portal_host else "",
            "ID": organisation_id(settings, organisation),
            "NAME": organisation.name,
            "HYBRID": "true" if settings.tyk.pattern is TykPattern.CONTROL_PLANE else "false",
        },
        secret_environment={
            "ADMIN_SECRET": (API_SECRET, "AdminSecret"),
            "EMAIL": (secret, "adminUserEmail"),
            "PASSWORD": (secret, "adminUserPassword"),
            "AUTHORITY": (BACKEND_CERTIFICATE, "ca.crt"),
        },
        needs=(*needs, *((portal_name(organisation),) if organisation.portal_host else ())),
        labels={ROLE_LABEL: "control-plane"},
        user=CLIENT_USER,
    )


def organisation_job_name(organisation: TykOrganisation) -> str:
    """Return the name that an organisation's Job begins with."""
    return f"tyk-organisation-{organisation.name}"


def _script(name: str) -> str:
    return files("apim_infra.products").joinpath(name).read_text(encoding="utf-8")
