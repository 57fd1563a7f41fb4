"""The shape of WSO2's pods: the programs that the settings ask for, the gateways of each group, and the Job with the databases."""

from apim_infra.products.profile import ContainerSize, Profile, Program, profile
from apim_infra.products.shapes import ContainerShape, Probe, Resources, WorkloadShape
from apim_infra.products.wso2 import programs
from apim_infra.products.wso2_databases import JOB
from apim_infra.products.wso2_values import CONTROL_PLANE, KEY_MANAGER, POD_LABEL
from apim_infra.settings.gateway import GatewayGroup
from apim_infra.settings.stack import StackSettings

_CONTAINERS = {
    CONTROL_PLANE: "wso2am-control-plane",
    KEY_MANAGER: "wso2am-km",
}
"""Program to the name of its container in its chart."""
_JOB_SIZE = Resources(50, 128)
"""Size of a Job that runs a script (components/kubernetes/script_job.py)."""
_PROBES: tuple[Probe, ...] = ("startup", "liveness", "readiness")


def shapes(settings: StackSettings) -> tuple[WorkloadShape, ...]:
    """Return the Job, the programs, then the gateways of every group."""
    product = profile(settings.product)
    script = ContainerShape("script", _JOB_SIZE, _JOB_SIZE)
    files = ContainerShape("files", _JOB_SIZE, _JOB_SIZE)
    job = WorkloadShape(JOB, "Job", "", "management", (script,), (files,), selector={POD_LABEL: JOB})
    running = (shape for program in programs(settings) for shape in _program(settings, program))
    return (job, *running, *(_group(product, group) for group in settings.gateway_groups))


def _program(settings: StackSettings, program: Program) -> tuple[WorkloadShape, ...]:
    """Return a Deployment for each node, since each has an address of its own; the key manager's are alike."""
    probes = _PROBES[1:] if program.name == KEY_MANAGER else _PROBES
    container = ContainerShape(
        _CONTAINERS.get(program.name, "wso2am-traffic-manager"),
        _resources(program.requests),
        _resources(program.limits),
        tuple(port.port for port in program.ports),
        probes,
    )
    count = program.replicas if settings.wso2.high_availability else 1
    numbers = ("",) if program.name == KEY_MANAGER else tuple(f"-{number}" for number in range(1, count + 1))
    pods = count if program.name == KEY_MANAGER else 1
    return tuple(
        WorkloadShape(
            name=f"{program.name}-deployment{number}",
            kind="Deployment",
            release=program.name,
            pool=program.pool,
            containers=(container,),
            minimum=pods,
            maximum=pods,
            selector={POD_LABEL: program.name, **({"node": f"{program.name}{number}"} if number else {})},
            recreated=program.name == CONTROL_PLANE,
        )
        for number in numbers
    )


def _group(product: Profile, group: GatewayGroup) -> WorkloadShape:
    release = product.release(group.name)
    gateway = ContainerShape(
        "wso2am-gateway",
        Resources(group.cpu_millicores, group.memory_mib),
        Resources(group.most_cpu_millicores, group.most_memory_mib),
        tuple(port.port for port in product.ports),
        _PROBES,
    )
    return WorkloadShape(
        name=f"{release}-deployment",
        kind="Deployment",
        release=release,
        pool="user",
        containers=(gateway,),
        minimum=group.replicas.min,
        maximum=group.replicas.max,
        selector={POD_LABEL: release},
        group=group.name,
    )


def _resources(size: ContainerSize) -> Resources:
    return Resources(size.cpu_millicores, size.memory_mib)
