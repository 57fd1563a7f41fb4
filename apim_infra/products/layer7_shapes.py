"""The shape of Layer7's pods: a Deployment of gateways for each group with its tagger, and what runs beside them."""

from collections.abc import Iterator

from apim_infra.products.groups import group_labels
from apim_infra.products.layer7_parts import (
    SERVER,
    clusters,
    has_grid,
    has_server,
    has_token_service,
    listen_ports,
    parts,
)
from apim_infra.products.layer7_plan import DATABASES, METRICS
from apim_infra.products.profile import ContainerSize, Profile, profile
from apim_infra.products.shapes import ContainerShape, Hook, Probe, Resources, WorkloadShape
from apim_infra.settings.gateway import GatewayGroup
from apim_infra.settings.layer7 import ServiceMetrics
from apim_infra.settings.pools import PoolName
from apim_infra.settings.stack import StackSettings

SCRIPT = ContainerSize(cpu_millicores=50, memory_mib=128)
"""Size of a Job with a script."""

_PROBES: tuple[Probe, ...] = ("startup", "liveness", "readiness")


def shapes(settings: StackSettings) -> tuple[WorkloadShape, ...]:
    """Return the workloads of every gateway group, the Jobs around them, and what runs beside."""
    product = profile(settings.product)
    groups = (shape for group in settings.gateway_groups for shape in _group(product, settings, group))
    return (*groups, *_beside(product, settings))


def _group(product: Profile, settings: StackSettings, group: GatewayGroup) -> Iterator[WorkloadShape]:
    release = product.release(group.name)
    extra = tuple(port.port for port in listen_ports(settings.layer7, settings.gateway_groups, group))
    gateway = ContainerShape(
        "gateway",
        Resources(group.cpu_millicores, group.memory_mib),
        Resources(group.most_cpu_millicores, group.most_memory_mib),
        (product.port("proxy"), *extra, product.port("admin-tls")),
        _PROBES,
    )
    yield WorkloadShape(
        name=release,
        kind="Deployment",
        release=release,
        pool="user",
        containers=(gateway,),
        minimum=group.replicas.min,
        maximum=group.replicas.max,
        selector={"app": release, **group_labels(group)},
        group=group.name,
    )
    yield WorkloadShape(
        name=f"{release}-pm-tagger",
        kind="Deployment",
        release=release,
        pool="management",
        containers=(_container("gateway-pm-tagger", parts().pm_tagger),),
        selector={"app": f"{release}-pm-tagger"},
        group=group.name,
    )
    if has_token_service(settings, group):
        hooks: dict[str, Hook] = {"otk-db-upgrade": "pre-install", "otk-install": "post-install"}
        for job in product.jobs:
            size = ContainerSize(job.cpu_millicores, job.memory_mib)
            yield WorkloadShape(
                name=f"{release}-{job.name}",
                kind="Job",
                release=release,
                pool="user",
                containers=(_container(job.name, size),),
                selector={"app": release, "release": release},
                hook=hooks[job.name],
                group=group.name,
            )


def _beside(product: Profile, settings: StackSettings) -> Iterator[WorkloadShape]:
    if settings.layer7.external_database is None:
        yield WorkloadShape(
            name=DATABASES, kind="Job", release="", pool="user", containers=(_container("script", SCRIPT),)
        )
    if has_server(settings):
        storage = settings.stores.mariadb.storage_gb
        yield _stateful(SERVER, parts().database_server, "user", storage_gib=storage)
    named = {program.name: program for program in product.programs}
    if has_grid(settings):
        for cluster in clusters(settings):
            yield _stateful(
                cluster.part("data-grid"),
                named["data-grid"].limits,
                named["data-grid"].pool,
                replicas=settings.layer7.data_grid_members,
            )
    if settings.layer7.metrics is ServiceMetrics.INFLUXDB:
        program = named[METRICS]
        yield _stateful(METRICS, program.limits, program.pool, storage_gib=settings.layer7.metrics_storage_gb)


def _stateful(
    name: str, size: ContainerSize, pool: PoolName, *, replicas: int = 1, storage_gib: int = 0
) -> WorkloadShape:
    container = _container(name, size)
    return WorkloadShape(
        name=name,
        kind="StatefulSet",
        release="",
        pool=pool,
        containers=(ContainerShape(name, container.requests, container.limits, (), _PROBES),),
        minimum=replicas,
        maximum=replicas,
        storage_gib=storage_gib,
        selector={"app.kubernetes.io/name": name},
    )


def _container(name: str, size: ContainerSize) -> ContainerShape:
    sized = Resources(size.cpu_millicores, size.memory_mib)
    return ContainerShape(name, sized, sized)
