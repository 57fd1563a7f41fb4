"""Words about the stores by which rows of the matrix of flows are chosen: where each runs, and who uses Cassandra."""

from collections.abc import Mapping

from apim_infra.products.profile import profile
from apim_infra.settings.environment import Cloud
from apim_infra.settings.rotation import rotated_stores
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode

KEYSPACES_ENDPOINT = "cassandra"
"""Short name of the interface endpoint of Amazon Keyspaces."""


def store_facts(settings: StackSettings) -> Mapping[str, bool]:
    """Return each word and whether it holds.

    `<store>` where there is one, and `<store>-in-cluster` or `<store>-managed`; on AWS, `<store>-rotation` and `rotation` where passwords change by
    themselves, and `keyspaces`, `keyspaces-endpoint` or `no-keyspaces-endpoint` for the managed service; `store-webhooks` where the webhooks of
    operators have no way in yet; `gateway-cassandra` or `service-cassandra` for the one who uses Apache Cassandra, which the managed service of Azure
    is too; `cassandra-nodes` for a ring on machines, `cassandra-packages` for one that fetches its packages. Raises `ProductUnavailableError`.
    """
    stores = settings.stores
    modes = {
        "mariadb": stores.mariadb.mode,
        "postgresql": stores.postgresql.mode,
        "gateway-postgresql": stores.gateway_postgresql.mode,
        "redis": stores.redis.mode,
        "cassandra": stores.cassandra.mode,
    }
    inside = {f"{name}-in-cluster": mode is StoreMode.IN_CLUSTER for name, mode in modes.items()}
    # The rows are those of an operator.
    inside["mariadb-in-cluster"] &= not profile(settings.product).brings_database
    for_services = "cassandra" in profile(settings.product).service_stores
    on_aws = settings.cloud is Cloud.AWS
    managed = on_aws and stores.cassandra.mode is StoreMode.MANAGED
    ring = stores.cassandra.mode is not StoreMode.NONE and not managed
    endpoint = KEYSPACES_ENDPOINT in settings.network.interface_endpoints
    rotated = rotated_stores(settings)
    outside = {f"{name}-managed": mode is StoreMode.MANAGED for name, mode in modes.items()}
    return {
        **{name: mode is not StoreMode.NONE for name, mode in modes.items()},
        **inside,
        **outside,
        "rotation": bool(rotated),
        **{f"{name}-rotation": name.replace("-", "_") in rotated for name in modes},
        # On AWS the port is open for the load balancer controller already.
        "store-webhooks": any(inside.values()) and settings.cloud is not Cloud.AWS,
        "gateway-cassandra": ring and not for_services,
        "service-cassandra": ring and for_services,
        "cassandra-nodes": stores.cassandra.mode is StoreMode.SELF_MANAGED,
        "cassandra-packages": stores.cassandra.mode is StoreMode.SELF_MANAGED and stores.cassandra.image_id is None,
        "keyspaces": managed,
        "keyspaces-endpoint": managed and endpoint,
        "no-keyspaces-endpoint": managed and not endpoint,
    }
