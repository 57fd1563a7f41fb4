"""Rules of WSO2 API Manager: what its charts cannot do, and settings that would have no effect."""

from collections.abc import Iterator

from apim_infra.products.wso2_values import heap_mib
from apim_infra.settings.cluster import ServiceMesh, TaintEffect
from apim_infra.settings.environment import Product
from apim_infra.settings.pools import PoolName
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode
from apim_infra.settings.violations import Violation
from apim_infra.settings.wso2 import Wso2Settings
from apim_infra.sizing.capacity import pool_settings

SMALLEST_HEAP_MIB = 1024
"""Below this a universal gateway does not start well: it begins with 2 GiB as its charts set it; half of that is own knowledge."""
_POOLS: tuple[PoolName, ...] = ("management", "user")


def wso2_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield what WSO2 API Manager cannot do with these settings, and its settings beside another product."""
    if settings.product is not Product.WSO2:
        yield from _elsewhere(settings)
        return
    yield from _places(settings)
    yield from _stores(settings)
    for position, group in enumerate(settings.gateway_groups):
        if heap_mib(group) < SMALLEST_HEAP_MIB:
            yield Violation(
                f"gateway_groups[{position}].memory_mib",
                group.memory_mib,
                f"must leave a heap of {SMALLEST_HEAP_MIB} MiB, three quarters of it: a universal gateway is a Java server",
                f"set it to {-(-SMALLEST_HEAP_MIB * 4 // 3)} or more; 2048 is the chart's own",
            )


def _elsewhere(settings: StackSettings) -> Iterator[Violation]:
    default = Wso2Settings()
    for name in Wso2Settings.model_fields:
        value = getattr(settings.wso2, name)
        if value != getattr(default, name):
            yield Violation(
                f"wso2.{name}",
                value,
                f"is for product wso2, not {settings.product}",
                "remove it, or change the product",
            )


def _places(settings: StackSettings) -> Iterator[Violation]:
    for pool in _POOLS:
        for position, taint in enumerate(pool_settings(settings, pool).taints):
            if taint.effect is not TaintEffect.PREFER_NO_SCHEDULE:
                yield Violation(
                    f"cluster.pools.{pool}.taints[{position}]",
                    taint.key,
                    "must not be there: WSO2's charts have no tolerations, so that no pod of the product could run on the pool",
                    f"remove it, or give it effect {TaintEffect.PREFER_NO_SCHEDULE}",
                )
    if settings.cluster.mesh is not ServiceMesh.NONE:
        yield Violation(
            "cluster.mesh",
            settings.cluster.mesh.value,
            "must be none: WSO2's charts label pods by their release alone, and rules of the mesh choose pods by one label of a role",
            "use none: programs and gateways speak TLS among themselves already",
        )


def _stores(settings: StackSettings) -> Iterator[Violation]:
    own, stores = settings.wso2, settings.stores
    if stores.postgresql.mode is StoreMode.IN_CLUSTER:
        yield Violation(
            "stores.postgresql.mode",
            stores.postgresql.mode.value,
            "must be managed: WSO2 needs two databases, and the account of a store in the cluster may make none",
            "use managed",
        )
    if stores.postgresql.password_rotation_days is not None:
        yield Violation(
            "stores.postgresql.password_rotation_days",
            stores.postgresql.password_rotation_days,
            "must not be set: WSO2's programs log in as owners of their databases, whose passwords are the platform's own",
            "leave it out",
        )
    redis = stores.redis.mode is not StoreMode.NONE
    if own.distributed_throttling and not own.traffic_manager:
        yield Violation(
            "wso2.distributed_throttling",
            True,
            "needs traffic managers of their own: the control plane's chart takes no TLS to Redis, and no password but in clear",
            "set wso2.traffic_manager to true",
        )
    if own.distributed_throttling and not redis:
        yield Violation(
            "wso2.distributed_throttling",
            True,
            "needs the Redis store, where traffic managers share their counters",
            "set stores.redis.mode to managed",
        )
    if redis and not own.distributed_throttling:
        yield Violation(
            "stores.redis.mode",
            stores.redis.mode.value,
            "must be none: WSO2 uses it for distributed throttling alone, which is off",
            "use none, or set wso2.distributed_throttling to true",
        )
