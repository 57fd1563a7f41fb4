"""Alarms of the cloud on Azure, from the settings and what was built."""

from collections.abc import Iterator

from apim_infra.platform.azure_backups import BackupParts
from apim_infra.platform.azure_deployments import OwnParts
from apim_infra.platform.azure_foundation import Foundation
from apim_infra.platform.naming import Naming, shortened
from apim_infra.settings.stack import StackSettings
from components.azure.alarms import LONGEST_SHORT_NAME, Alarms
from components.azure.application_gateway import ApplicationGateway
from components.azure.watched import Watched, watched


def build_alarms(
    settings: StackSettings,
    naming: Naming,
    foundation: Foundation,
    parts: BackupParts,
    gateway: ApplicationGateway | None,
) -> Alarms | None:
    """Build the alarms, if they are asked for."""
    alerts = settings.observability.alerts
    if not alerts.cloud_alarms:
        return None
    return Alarms(
        naming.name("alarms"),
        {
            "resource_group_name": foundation.resource_group_name,
            "resource_group_id": foundation.resource_group_id,
            "subscription_id": foundation.subscription_id,
            "watched": [*watched_parts(foundation, parts, gateway)],
            "short_name": shortened(naming.prefix, LONGEST_SHORT_NAME),
            "email": alerts.email,
            "tags": naming.tags,
        },
        foundation.options,
    )


def watched_parts(foundation: Foundation, parts: BackupParts, gateway: ApplicationGateway | None) -> Iterator[Watched]:
    """Yield the parts that the cloud measures, those that users notice first."""
    if gateway is not None:
        yield watched("application-gateway", "application-gateway", gateway.gateway.id)
    for own in parts.deployments:
        for name, balancer in own.balancers.items():
            if balancer.address_id is not None:
                yield watched(own.deployment.own(f"{name}-address"), "address", balancer.address_id)
        yield from _stores(own)
    yield watched("cluster", "cluster", parts.cluster.id)
    for name, machine in parts.machines().items():
        yield watched(name, "machine", machine["id"])
    yield watched("log-storage", "storage", parts.logs.id)
    if parts.files is not None:
        yield watched("files", "storage", parts.files.storage.id)
    yield watched("keys", "vault", foundation.keys.vault_id)
    if foundation.network.nat_gateway_id is not None:
        yield watched("nat", "nat", foundation.network.nat_gateway_id)


def _stores(own: OwnParts) -> Iterator[Watched]:
    for name, database in own.stores.databases.items():
        kind = "postgresql" if "postgresql" in name else "mysql"
        servers = [database.server, *database.replicas]
        for number, server in enumerate(servers):
            part = own.deployment.own(name.replace("_", "-"))
            yield watched(f"{part}-replica-{number}" if number else part, kind, server.id)
    if own.stores.redis is not None:
        yield watched(own.deployment.own("redis"), "redis", own.stores.redis.cluster.id)
