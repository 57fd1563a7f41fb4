"""Rules between the cluster, its pools and the replica policy; `capacity_rules` says whether everything fits."""

from collections.abc import Iterator
from difflib import get_close_matches

from apim_infra.planning.aks_rules import aks_violations
from apim_infra.planning.availability import what_is_built
from apim_infra.planning.network_rules import nearest
from apim_infra.planning.placement import hosts
from apim_infra.planning.versions import is_supported, supported_versions
from apim_infra.products.profile import available_products
from apim_infra.settings.environment import Cloud
from apim_infra.settings.ingress import IngressController
from apim_infra.settings.pools import POOLS, PoolName
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import Violation
from apim_infra.sizing.capacity import pool_settings
from apim_infra.sizing.catalogue import UnknownSizeError, node_size
from apim_infra.sizing.table import control_plane_deployments, sizing_table


def cluster_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield what is wrong with the cluster and with what is to run on it."""
    yield from _controller(settings)
    yield from _version(settings)
    for pool in POOLS:
        yield from _pool(settings, pool)
    yield from _workloads(settings)
    if settings.cloud is Cloud.AZURE:
        yield from aks_violations(settings)


def _controller(settings: StackSettings) -> Iterator[Violation]:
    built = what_is_built().ingress_controllers
    controller = settings.ingress.controller
    if controller not in built:
        yield Violation("ingress.controller", controller.value, "is not available yet", f"use {', '.join(built)}")
    if controller is IngressController.TRAEFIK:
        yield from _what_traefik_lacks(settings)


def _what_traefik_lacks(settings: StackSettings) -> Iterator[Violation]:
    """Yield what Traefik does not do for routes of the Gateway API: cookies that keep a user with a pod, and answers to cross-origin requests."""
    routes = hosts(settings) if settings.product in available_products() else ()
    sticky = sorted({host.name for host in routes if host.sticky})
    lacks = {
        f"keeps no user with one pod, as {', '.join(sticky)} of {settings.product} need it": bool(sticky),
        "answers no cross-origin requests, as edge.cors asks for": settings.edge.cors is not None,
    }
    for rule, asked in lacks.items():
        if asked:
            yield Violation(
                "ingress.controller", IngressController.TRAEFIK.value, rule, f"use {IngressController.ENVOY_GATEWAY}"
            )


def _version(settings: StackSettings) -> Iterator[Violation]:
    version = settings.cluster.version
    if not is_supported(settings.cloud, "kubernetes", version):
        supported = supported_versions(settings.cloud, "kubernetes")
        yield Violation(
            "cluster.version",
            version,
            f"must be a Kubernetes version that {settings.cloud} and the platform support",
            f"use {', '.join(supported)}",
        )


def _pool(settings: StackSettings, pool: PoolName) -> Iterator[Violation]:
    nodes = pool_settings(settings, pool)
    path = f"cluster.pools.{pool}"
    try:
        node_size(settings.cloud, nodes.size)
    except UnknownSizeError as error:
        yield Violation(
            f"{path}.size", nodes.size, f"must be a size in the {settings.cloud} catalogue", nearest(error.nearest)
        )


def _workloads(settings: StackSettings) -> Iterator[Violation]:
    deployments = [row.name for row in control_plane_deployments()]
    stores = [row.name for row in sizing_table().workloads if row.name not in deployments]
    for name, count in settings.sizing.workload_replicas.items():
        path = f"sizing.workload_replicas.{name}"
        if name in stores:
            yield Violation(
                path, count, "is a store, whose replicas its own settings say", "remove it and set stores.*.replicas"
            )
        elif name not in deployments:
            close = tuple(get_close_matches(name, deployments, n=3, cutoff=0.4)) or tuple(deployments)
            yield Violation(path, count, "must be a Deployment of the sizing table", nearest(close))
