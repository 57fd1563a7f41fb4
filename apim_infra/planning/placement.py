"""Placement: namespaces, the pool of each, node selectors and tolerations, and which service each host leads to."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data
from apim_infra.products.groups import group_namespace, service_port
from apim_infra.products.profile import Profile, profile
from apim_infra.products.registry import programs
from apim_infra.settings.cluster import POOL_LABEL
from apim_infra.settings.deployments import deployments
from apim_infra.settings.environment import Cloud, Product
from apim_infra.settings.gateway import Exposure
from apim_infra.settings.pools import PoolName
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.capacity import pool_settings
from apim_infra.sizing.namespaces import INGRESS_NAMESPACE
from apim_infra.sizing.quota import Quota, namespace_quotas

LoadBalancerName = Literal["internal", "public"]
"""The load balancer for administrators, and the one for API users."""

_CONTROL_PLANE, _GATEWAY, _MICROSERVICES = "control-plane", "gateway", "microservices"
"""Rows that stand for the namespaces of a deployment, whose names are settings."""

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class PlannedNamespace:
    """One namespace that the platform makes."""

    name: str
    pool: PoolName
    """Pool of its pods; of namespace `ingress`, the pool of the proxies (the controller runs on `management`)."""
    pod_security: Literal["restricted", "privileged"]
    """Pod Security Standard that the namespace enforces."""
    quota: Quota
    load_balancers: int = 0
    """Services of type LoadBalancer that may stand in it: none where load balancers are the stack's own."""


@dataclass(frozen=True, slots=True)
class Toleration:
    """What lets a pod run on tainted nodes, in Kubernetes' words."""

    key: str
    operator: Literal["Equal", "Exists"]
    value: str
    """Empty when the operator is `Exists`."""
    effect: str

    def to_json(self) -> dict[str, str]:
        """Return the toleration as a pod carries it."""
        named = {"value": self.value} if self.operator == "Equal" else {}
        return {"key": self.key, "operator": self.operator, **named, "effect": self.effect}


@dataclass(frozen=True, slots=True)
class Host:
    """One route: a host and path of one load balancer, and the service that answers."""

    name: str
    """Label of the host, the setting's value such as `apim-admin`."""
    fqdn: str
    """Full name under the company domain."""
    load_balancer: LoadBalancerName
    path: str
    """Prefix of the paths that are routed."""
    service: str
    namespace: str
    """Namespace of the service."""
    port: int
    """Port of the service."""
    sticky: bool = False
    """Whether a user stays with one pod."""
    tls: bool = False
    """Whether the service speaks TLS."""
    passthrough: bool = False
    """Whether the service ends TLS itself, under the name of the host: connections are passed on unopened."""


@dataclass(frozen=True, slots=True)
class _Namespace:
    pool: PoolName
    pod_security: Literal["restricted", "privileged"]

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Ports:
    service_port: int
    container_port: int

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Route:
    host: Literal["console", "tenant", "developers", "auth"]
    path: str
    service: str

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Placement:
    source: str
    date: date
    namespaces: dict[str, _Namespace]
    control_plane: _Ports
    internal_hosts: tuple[_Route, ...]
    public_hosts: tuple[_Route, ...]

    __pydantic_config__ = _STRICT


@cache
def _placement() -> _Placement:
    return packaged_data("apim_infra.planning", "placement.yaml", _Placement)


def namespaces(settings: StackSettings) -> tuple[PlannedNamespace, ...]:
    """Return every namespace that the platform makes, with its quota, sorted by name.

    Raises `ProductUnavailableError` when the product is not built yet, `UnknownSizeError` when a pool's size is unknown.
    """
    table = _placement().namespaces
    stands_for: dict[str, str] = {}
    for deployment in deployments(settings):
        own = deployment.settings
        if profile(own.product).control_plane:
            stands_for[own.control_plane.namespace] = _CONTROL_PLANE
        stands_for[own.gateway.namespace] = _GATEWAY
        stands_for[own.gateway.microservices_namespace] = _MICROSERVICES
    planned: list[PlannedNamespace] = []
    for name, quota in sorted(namespace_quotas(settings).items()):
        row = table[stands_for.get(name, name)]
        balancers = _load_balancers(settings, name)
        planned.append(
            PlannedNamespace(
                name=name, pool=row.pool, pod_security=row.pod_security, quota=quota, load_balancers=balancers
            )
        )
    return tuple(planned)


def _load_balancers(settings: StackSettings, namespace: str) -> int:
    """Return how many services a namespace has from which the cluster makes load balancers, on Azure: of the ingress, and of ports past it."""
    if settings.cloud is not Cloud.AZURE:
        return 0
    count = 0
    for deployment in deployments(settings):
        own = deployment.settings
        if namespace == INGRESS_NAMESPACE:
            count += sum(1 for name in ("internal", "public") if host_names(own, name))
        if namespace == own.gateway.namespace and own.product is Product.LAYER7:
            count += len(own.layer7.ports)
    return count


def node_selector(pool: PoolName) -> dict[str, str]:
    """Return the node selector of pods that run on a pool."""
    return {POOL_LABEL: pool}


def tolerations(settings: StackSettings, pool: PoolName) -> tuple[Toleration, ...]:
    """Return what lets pods run on a pool: one toleration for each taint of its nodes."""
    return tuple(
        Toleration(
            key=taint.key,
            operator="Equal" if taint.value else "Exists",
            value=taint.value,
            effect=taint.effect.value,
        )
        for taint in pool_settings(settings, pool).taints
    )


def control_plane_port() -> int:
    """Return the port on which every program of the control plane listens in its container."""
    return _placement().control_plane.container_port


def control_plane_service_port() -> int:
    """Return the port of the services of the control plane's programs."""
    return _placement().control_plane.service_port


def hosts(settings: StackSettings) -> tuple[Host, ...]:
    """Return the routes of both load balancers, those that are built, in the order internal, public.

    The public API host leads to the groups exposed in public; groups exposed in private answer to the same name on the
    internal load balancer, where the private zone points. Raises `ProductUnavailableError` when the product is not built.
    """
    product = profile(settings.product)
    if not product.control_plane:
        return tuple(_product_routes(settings, product))
    routes: list[Host] = []
    if settings.ingress.internal.enabled:
        names = settings.ingress.internal.hosts.model_dump()
        routes += [
            _control_plane_route(settings, names[row.host], "internal", row) for row in _placement().internal_hosts
        ]
        routes += _gateway_routes(settings, Exposure.PRIVATE, "internal")
    if settings.ingress.public.enabled:
        routes += _gateway_routes(settings, Exposure.PUBLIC, "public")
        names = settings.ingress.public.hosts.model_dump()
        routes += [_control_plane_route(settings, names[row.host], "public", row) for row in _placement().public_hosts]
    return tuple(routes)


def _product_routes(settings: StackSettings, product: Profile) -> Iterator[Host]:
    """Yield the routes of a product that manages itself: its consoles inside, its gateways where they are exposed."""
    if settings.ingress.internal.enabled:
        yield from _programs(settings, product, "internal")
        yield from _gateway_routes(settings, Exposure.PRIVATE, "internal")
    if settings.ingress.public.enabled:
        yield from _gateway_routes(settings, Exposure.PUBLIC, "public")
        yield from _programs(settings, product, "public")
        yield from _upstreams(settings)


def _programs(settings: StackSettings, product: Profile, load_balancer: LoadBalancerName) -> Iterator[Host]:
    """Yield the routes of the product's own programs: all of them inside, in public those that are for API users."""
    for program in programs(settings):
        paths = ("/",) if load_balancer == "internal" else program.public_paths if program.public else ()
        for path in paths if program.host else ():
            yield Host(
                name=program.host,
                fqdn=f"{program.host}.{settings.company_domain}",
                load_balancer=load_balancer,
                path=path,
                service=program.service_name,
                namespace=settings.gateway.namespace,
                port=program.ports[0].port,
                sticky=program.sticky,
                tls=product.backend_tls and not program.passthrough,
                passthrough=program.passthrough,
            )


def _upstreams(settings: StackSettings) -> Iterator[Host]:
    """Yield the routes of services behind gateways that the vendor of the product hosts."""
    for upstream in settings.tyk.cloud.upstreams if settings.tyk.cloud else ():
        yield Host(
            name=upstream.host,
            fqdn=f"{upstream.host}.{settings.company_domain}",
            load_balancer="public",
            path=upstream.path,
            service=upstream.service,
            namespace=settings.gateway.microservices_namespace,
            port=upstream.port,
        )


def hosts_elsewhere(settings: StackSettings) -> dict[str, str]:
    """Return the hosts that stand for names elsewhere, by their labels: that of the APIs where the vendor of the product hosts the gateways."""
    cloud = settings.tyk.cloud
    return {settings.ingress.public.hosts.api: cloud.address} if cloud else {}


def host_names(settings: StackSettings, load_balancer: LoadBalancerName) -> tuple[str, ...]:
    """Return the full host names of one load balancer, each once: what its certificate and its DNS records name."""
    return tuple(dict.fromkeys(host.fqdn for host in hosts(settings) if host.load_balancer == load_balancer))


def _control_plane_route(settings: StackSettings, name: str, load_balancer: LoadBalancerName, row: _Route) -> Host:
    return Host(
        name=name,
        fqdn=f"{name}.{settings.company_domain}",
        load_balancer=load_balancer,
        path=row.path,
        service=row.service,
        namespace=settings.control_plane.namespace,
        port=_placement().control_plane.service_port,
    )


def _gateway_routes(settings: StackSettings, exposure: Exposure, load_balancer: LoadBalancerName) -> list[Host]:
    product = profile(settings.product)
    name = settings.ingress.public.hosts.api
    return [
        Host(
            name=name,
            fqdn=f"{name}.{settings.company_domain}",
            load_balancer=load_balancer,
            path=path,
            # A service that has its gateways in its own pods is reached by the name of the group alone.
            service=product.release(group.name) if group.sidecar else product.service_name(group.name),
            namespace=group_namespace(settings, group),
            port=service_port(product, group),
            tls=product.backend_tls,
        )
        for group in settings.gateway_groups
        if group.exposure is exposure
        for path in group.apis
    ]
