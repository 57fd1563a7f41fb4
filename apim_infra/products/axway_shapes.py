"""The shape of Axway's pods: its own programs, and the gateways of each group. The platform makes them, no chart does."""

from apim_infra.products.groups import priority_class, proxy_port
from apim_infra.products.profile import GROUP_LABEL, ContainerSize, Profile, profile
from apim_infra.products.shapes import ContainerShape, Resources, WorkloadShape
from apim_infra.settings.gateway import GatewayGroup
from apim_infra.settings.stack import StackSettings


def shapes(settings: StackSettings) -> tuple[WorkloadShape, ...]:
    """Return the programs, then the gateways of every group."""
    product = profile(settings.product)
    programs = (
        WorkloadShape(
            name=program.name,
            kind="Deployment",
            release="",
            pool=program.pool,
            containers=(
                ContainerShape(
                    program.name,
                    _resources(program.requests),
                    _resources(program.limits),
                    tuple(port.port for port in program.ports),
                    ("startup", "liveness", "readiness"),
                ),
            ),
            minimum=program.replicas,
            maximum=program.replicas,
        )
        for program in product.programs
    )
    return (*programs, *(_group(settings, product, group) for group in settings.gateway_groups))


def _group(settings: StackSettings, product: Profile, group: GatewayGroup) -> WorkloadShape:
    name, own = product.release(group.name), {"proxy": proxy_port(product, group)}
    gateway = ContainerShape(
        name,
        Resources(group.cpu_millicores, group.memory_mib),
        Resources(group.most_cpu_millicores, group.most_memory_mib),
        tuple(own.get(port.name, port.port) for port in product.ports),
        ("startup", "liveness", "readiness"),
    )
    return WorkloadShape(
        name=name,
        kind="Deployment",
        release="",
        pool="user",
        containers=(gateway,),
        minimum=group.replicas.min,
        maximum=group.replicas.max,
        selector={GROUP_LABEL: group.name},
        group=group.name,
        priority_class=priority_class(settings, group) or "",
    )


def _resources(size: ContainerSize) -> Resources:
    return Resources(size.cpu_millicores, size.memory_mib)
