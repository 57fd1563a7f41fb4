"""Words that hold of a stack, by which rows of the matrix of flows are chosen."""

from apim_infra.planning.azure_facts import azure_facts
from apim_infra.planning.export_destinations import search_domain
from apim_infra.planning.layer7_facts import layer7_facts
from apim_infra.planning.store_facts import store_facts
from apim_infra.planning.tyk_facts import tyk_facts
from apim_infra.products.profile import profile
from apim_infra.settings.cluster import ServiceMesh
from apim_infra.settings.environment import Cloud, Topology
from apim_infra.settings.gateway import GroupMode
from apim_infra.settings.network import NatMode
from apim_infra.settings.stack import StackSettings


def flow_facts(settings: StackSettings) -> frozenset[str]:
    """Return the words that hold: those below, the names of cloud, product and controller, and those of the modules of facts for stores, Azure and products.

    Raises `ProductUnavailableError` when the product is not built yet.
    """
    network, ingress, observability = settings.network, settings.ingress, settings.observability
    nat = network.nat is not NatMode.NONE
    facts = {
        "aws": settings.cloud is Cloud.AWS,
        "public": ingress.public.enabled,
        "internal": ingress.internal.enabled,
        "front-end": settings.topology is Topology.INTEGRATED_CLOUD,
        "no-front-end": settings.topology is not Topology.INTEGRATED_CLOUD,
        ingress.controller.value: True,
        settings.product.value: True,
        "platform-control-plane": profile(settings.product).control_plane,
        "sidecars": any(group.mode is GroupMode.SIDECAR for group in settings.gateway_groups),
        "mesh": settings.cluster.mesh is not ServiceMesh.NONE,
        "nat": nat,
        "no-nat": not nat,
        "gateway-endpoints": settings.cloud is Cloud.AWS and bool(network.gateway_endpoints),
        "interface-endpoints": bool(network.interface_endpoints),
        "metrics": observability.metrics.enabled,
        "pushgateway": observability.metrics.pushgateway,
        "logs": observability.logs.enabled,
        "cloud-exports": observability.exporters.any_logs or observability.exporters.any_metrics,
        "metric-exports": observability.exporters.any_metrics,
        "log-search": search_domain(settings) is not None,
        "slack": observability.alerts.slack_webhook is not None,
        "email": bool(observability.alerts.email),
        **store_facts(settings),
        **azure_facts(settings),
        **layer7_facts(settings),
        **tyk_facts(settings),
    }
    return frozenset(fact for fact, holds in facts.items() if holds)
