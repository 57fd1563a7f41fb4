"""The shape of Tyk's pods: gateways of each group, dashboard, MDCB, portals, pump, and the Jobs around them."""

from collections.abc import Iterator

from apim_infra.products.groups import priority_class, proxy_port
from apim_infra.products.profile import ContainerSize, Profile, Program, profile
from apim_infra.products.shapes import ContainerShape, Resources, WorkloadShape
from apim_infra.products.tyk import (
    DASHBOARD,
    MDCB,
    NAME,
    has_dashboard,
    has_database,
    has_gateways,
    has_pump,
    programs,
)
from apim_infra.products.tyk_data import releases
from apim_infra.products.tyk_jobs import DATABASES_JOB, organisation_job_name
from apim_infra.products.tyk_plan import PUMP
from apim_infra.products.tyk_pumps import METRICS_PORT
from apim_infra.settings.gateway import GatewayGroup
from apim_infra.settings.stack import StackSettings


def shapes(settings: StackSettings) -> tuple[WorkloadShape, ...]:
    """Return every workload that one deployment of Tyk brings; none where the vendor hosts it."""
    if not has_gateways(settings):
        return ()
    product = profile(settings.product)
    return (
        *(_group(product, settings, group) for group in settings.gateway_groups),
        *(_program(program) for program in programs(settings)),
        *_pump(settings),
        *_jobs(settings),
    )


def _group(product: Profile, settings: StackSettings, group: GatewayGroup) -> WorkloadShape:
    name = product.release(group.name)
    setup = _resources(product.init_container)
    return WorkloadShape(
        name=name,
        kind="Deployment",
        release=name,
        pool="user",
        containers=(
            ContainerShape(
                "gateway-tyk-gateway",
                Resources(group.cpu_millicores, group.memory_mib),
                Resources(group.most_cpu_millicores, group.most_memory_mib),
                (proxy_port(product, group), product.port("admin-tls")),
                ("startup", "liveness", "readiness"),
            ),
        ),
        init_containers=(ContainerShape("setup-directories", setup, setup),),
        minimum=group.replicas.min,
        maximum=group.replicas.max,
        selector={"app": name, "release": name},
        group=group.name,
        priority_class=priority_class(settings, group) or "",
        own_surge=_quarter(group.replicas.max),
    )


def _program(program: Program) -> WorkloadShape:
    names = {DASHBOARD: "dashboard-tyk-dashboard", MDCB: "mdcb-tyk-mdcb"}
    selectors = {
        DASHBOARD: {"app": f"dashboard-{NAME}", "release": DASHBOARD},
        MDCB: {"app.kubernetes.io/name": "tyk-mdcb", "app.kubernetes.io/instance": MDCB},
    }
    own = program.name in names
    organisation = program.name.partition("-")[2]
    container = ContainerShape(
        names.get(program.name, "dev-portal-tyk-dev-portal"),
        _resources(program.requests),
        _resources(program.limits),
        tuple(port.port for port in program.ports),
        ("liveness", "readiness"),
    )
    return WorkloadShape(
        name=f"{program.name}-{NAME}" if own else program.name,
        kind="Deployment",
        release=program.name,
        pool=program.pool,
        containers=(container,),
        minimum=program.replicas,
        maximum=program.replicas,
        selector=selectors.get(program.name, {"app": organisation, "release": program.name}),
        own_surge=releases().dashboard_surge if program.name == DASHBOARD else _quarter(program.replicas),
    )


def _pump(settings: StackSettings) -> Iterator[WorkloadShape]:
    if not has_pump(settings):
        return
    size, count = _resources(releases().pump), settings.tyk.pump_replicas
    yield WorkloadShape(
        name=f"pump-{NAME}",
        kind="Deployment",
        release=PUMP,
        pool="user",
        containers=(ContainerShape("pump-tyk-pump", size, size, (METRICS_PORT,), ("liveness", "readiness")),),
        minimum=count,
        maximum=count,
        selector={"app": f"pump-{NAME}", "release": PUMP},
        own_surge=_quarter(count),
    )


def _jobs(settings: StackSettings) -> Iterator[WorkloadShape]:
    names = [DATABASES_JOB] if has_database(settings) else []
    if has_dashboard(settings):
        names += [organisation_job_name(each) for each in settings.tyk.organisations]
    size = _resources(releases().job)
    for name in names:
        script = ContainerShape("script", size, size)
        yield WorkloadShape(name=name, kind="Job", release="", pool="management", containers=(script,))


def _quarter(replicas: int) -> int:
    """Return how many pods more Kubernetes makes by itself while a Deployment rolls out: a quarter, rounded up."""
    return -(-replicas // 4)


def _resources(size: ContainerSize) -> Resources:
    return Resources(size.cpu_millicores, size.memory_mib)
