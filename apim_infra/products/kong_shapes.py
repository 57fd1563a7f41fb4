"""The shape of Kong's pods: a Deployment for each gateway group, and the Jobs around it."""

from apim_infra.products.profile import GROUP_LABEL, ContainerSize, Profile, profile
from apim_infra.products.shapes import ContainerShape, Resources, WorkloadShape
from apim_infra.settings.gateway import GatewayGroup
from apim_infra.settings.stack import StackSettings


def shapes(settings: StackSettings) -> tuple[WorkloadShape, ...]:
    """Return the workloads of every gateway group; the migrations run before and after, one at a time."""
    product = profile(settings.product)
    return tuple(shape for group in settings.gateway_groups for shape in _group(product, group))


def _group(product: Profile, group: GatewayGroup) -> tuple[WorkloadShape, ...]:
    release = product.release(group.name)
    proxy = ContainerShape(
        "proxy",
        Resources(group.cpu_millicores, group.memory_mib),
        Resources(group.most_cpu_millicores, group.most_memory_mib),
        tuple(port.port for port in product.ports),
        ("liveness", "readiness"),
    )
    before = tuple(_container(name, product.init_container) for name in ("clear-stale-pid", "wait-for-db"))
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
    )
    jobs = tuple(
        WorkloadShape(
            name=f"{release}-{job.name}",
            kind="Job",
            release=release,
            pool="user",
            containers=(_container(job.name, ContainerSize(job.cpu_millicores, job.memory_mib)),),
            hook="post-upgrade",
            group=group.name,
        )
        for job in product.jobs
    )
    return gateways, *jobs


def _container(name: str, size: ContainerSize) -> ContainerShape:
    resources = Resources(size.cpu_millicores, size.memory_mib)
    return ContainerShape(name, resources, resources)
