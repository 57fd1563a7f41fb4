"""What is right today and will not stay so: settings that a rehearsal warns of."""

from collections.abc import Iterator

from apim_infra.findings import Finding, Severity
from apim_infra.planning.aks_rules import administrator_notices
from apim_infra.planning.azure_store_rules import restore_notices
from apim_infra.planning.entry_rules import entry_notices
from apim_infra.planning.group_rules import load_notices
from apim_infra.planning.managed_instance_rules import managed_instance_notices
from apim_infra.planning.versions import Engine, support_ending_soon, supported_versions
from apim_infra.settings.environment import Cloud
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode

SUPPORT_ENDS = "support-ends"
"""Name of the rule that warns of versions whose support ends soon."""


def notices(settings: StackSettings) -> list[Finding]:
    """Return a warning for everything that is right today and will not stay so, or that is left to do.

    That is a version whose support ends soon, a cluster that nobody administers, a certificate that clients do not trust by themselves.
    What is out of support already is refused before (`violations`).
    """
    ending = [
        _ending(settings, path, engine, version)
        for path, engine, version in _versions_in_use(settings)
        if support_ending_soon(settings.cloud, engine, version)
    ]
    return [
        *ending,
        *administrator_notices(settings),
        *entry_notices(settings),
        *restore_notices(settings),
        *managed_instance_notices(settings),
        *load_notices(settings),
    ]


def _versions_in_use(settings: StackSettings) -> Iterator[tuple[str, Engine, str]]:
    stores = settings.stores
    yield "cluster.version", "kubernetes", settings.cluster.version
    named: tuple[tuple[str, Engine, StoreMode, str], ...] = (
        (
            "mariadb",
            stores.mariadb.engine.value if settings.cloud is Cloud.AWS else "mariadb",
            stores.mariadb.mode,
            stores.mariadb.version,
        ),
        ("postgresql", "postgresql", stores.postgresql.mode, stores.postgresql.version),
        ("gateway_postgresql", "postgresql", stores.gateway_postgresql.mode, stores.gateway_postgresql.version),
        ("redis", "redis", stores.redis.mode, stores.redis.version),
    )
    for name, engine, mode, version in named:
        if mode is StoreMode.MANAGED:
            yield f"stores.{name}.version", engine, version


def _ending(settings: StackSettings, path: str, engine: Engine, version: str) -> Finding:
    end = support_ending_soon(settings.cloud, engine, version)
    newest = supported_versions(settings.cloud, engine)[-1]
    return Finding(
        Severity.WARNING,
        SUPPORT_ENDS,
        f"{path} = {version}: {settings.cloud} supports this version of {engine} until {end}",
        fix=f"plan the upgrade; the newest is {newest}",
    )
