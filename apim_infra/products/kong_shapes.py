"""The shape of Kong's pods: a Deployment for each gateway group, and the Jobs around it."""

from dataclasses import replace

from apim_infra.products.groups import own_database, priority_class, proxy_port
from apim_infra.products.profile import GROUP_LABEL, ContainerSize, Profile, profile
from apim_infra.products.shapes import ContainerShape, Resources, Turn, WorkloadShape
from apim_infra.settings.gateway import GatewayGroup, Sidecar
from apim_infra.settings.stack import StackSettings


def shapes(settings: StackSettings) -> tuple[WorkloadShape, ...]:
    """Return the workloads of every gateway group; the migrations run before and after, one at a time."""
    product = profile(settings.product)
    return tuple(
        shape
        for group in settings.gateway_groups
        for shape in (
            _group(settings, product, group)
            if group.sidecar is None
            else (_sidecar(settings, product, group, group.sidecar),)
        )
    )


def _proxy(product: Profile, group: GatewayGroup, ports: tuple[str, ...]) -> ContainerShape:
    numbers = {port.name: port.port for port in product.ports} | {"proxy": proxy_port(product, group)}
    return ContainerShape(
        "proxy",
        Resources(group.cpu_millicores, group.memory_mib),
        Resources(group.most_cpu_millicores, group.most_memory_mib),
        tuple(numbers[name] for name in ports),
        ("liveness", "readiness"),
    )


def _sidecar(settings: StackSettings, product: Profile, group: GatewayGroup, service: Sidecar) -> WorkloadShape:
    """Return the pods in which a service and its gateway run together; the gateway has no administration API."""
    name = product.release(group.name)
    size = Resources(service.cpu_millicores, service.memory_mib)
    return WorkloadShape(
        name=name,
        kind="Deployment",
        release="",
        pool="user",
        containers=(
            ContainerShape("service", size, size, (service.port,), ("liveness", "readiness")),
            _proxy(product, group, ("proxy", "status")),
        ),
        minimum=group.replicas.min,
        maximum=group.replicas.max,
        selector={GROUP_LABEL: group.name},
        group=group.name,
        beside_services=True,
        priority_class=priority_class(settings, group) or "",
    )


def _group(settings: StackSettings, product: Profile, group: GatewayGroup) -> tuple[WorkloadShape, ...]:
    release = product.release(group.name)
    proxy = _proxy(product, group, tuple(port.name for port in product.ports))
    # The chart gives the proxy's own size to the container that waits for the database.
    waits = ContainerShape("wait-for-db", proxy.requests, proxy.limits)
    before = (_container("clear-stale-pid", product.init_container), waits)
    gateways = WorkloadShape(
        name=release,
        kind="Deployment",
        release=release,
        pool="user",
        containers=(proxy,),
        init_containers=before,
        minimum=group.replicas.min,
        maximum=group.replicas.max,
        selector={"app": release, GROUP_LABEL: group.name},
        group=group.name,
        priority_class=priority_class(settings, group) or "",
    )
    jobs = tuple(
        _migrations(release, group, size)
        if job.name == "migrations"
        else _job(f"{release}-{job.name}", group, job.name, size)
        for job in product.jobs
        for size in [ContainerSize(job.cpu_millicores, job.memory_mib)]
        if job.name != "database" or own_database(product, group)
    )
    return gateways, *jobs


def _migrations(release: str, group: GatewayGroup, size: ContainerSize) -> WorkloadShape:
    """Return the chart's Jobs that bring the database to a new version, of which one runs at a time."""
    turns = (
        Turn(f"{release}-pre-upgrade-migrations", "kong-upgrade-migrations", "pre-upgrade"),
        Turn(f"{release}-post-upgrade-migrations", "kong-post-upgrade-migrations", "post-upgrade"),
    )
    first = _job(f"{release}-init-migrations", group, "kong-migrations", size)
    return replace(first, release=release, turns=turns)


def _job(name: str, group: GatewayGroup, container: str, size: ContainerSize) -> WorkloadShape:
    """Return a Job of the platform."""
    return WorkloadShape(
        name=name, kind="Job", release="", pool="user", containers=(_container(container, size),), group=group.name
    )


def _container(name: str, size: ContainerSize) -> ContainerShape:
    resources = Resources(size.cpu_millicores, size.memory_mib)
    return ContainerShape(name, resources, resources)
