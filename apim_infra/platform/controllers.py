"""The platform's controllers: load balancer targets, node scaling, certificates and the ingress."""

from dataclasses import dataclass

import pulumi

from apim_infra.planning.placement import Host, LoadBalancerName, host_names, hosts
from apim_infra.platform.cloud import CloudPlatform
from apim_infra.platform.naming import Naming
from apim_infra.platform.places import placement
from apim_infra.settings.cluster import POOL_LABEL
from apim_infra.settings.environment import Cloud
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.namespaces import INGRESS_NAMESPACE, PLATFORM_NAMESPACE
from apim_infra.sizing.pools import most_nodes
from components.kubernetes.autoscaler import ClusterAutoscaler
from components.kubernetes.certificates import Certificates, CertificatesArgs, HostCertificate
from components.kubernetes.ingress import Ingress
from components.kubernetes.ingress_specs import IngressGateway, IngressHost
from components.kubernetes.load_balancer_controller import LoadBalancerController


@dataclass(frozen=True, slots=True)
class Controllers:
    """What the controllers offer to the outside."""

    hosts: dict[str, list[str]]
    """Full host names of each load balancer."""


def build_controllers(
    settings: StackSettings, naming: Naming, cloud: CloudPlatform, options: pulumi.ResourceOptions
) -> Controllers:
    """Build every controller that the settings need."""
    needed: list[pulumi.Resource] = []
    management = placement(settings, "management")
    if settings.cloud is Cloud.AWS:
        needed.append(
            LoadBalancerController(
                naming.name("load-balancer-controller"),
                {
                    "namespace": PLATFORM_NAMESPACE,
                    "cluster_name": cloud.cluster_name,
                    "vpc_id": cloud.network_id,
                    "region": settings.region,
                    "placement": management,
                },
                options,
            )
        )
        ClusterAutoscaler(
            naming.name("autoscaler"),
            {
                "namespace": PLATFORM_NAMESPACE,
                "cluster_name": cloud.cluster_name,
                "region": settings.region,
                "placement": management,
                "balancing_label": POOL_LABEL,
                "maximum_nodes": most_nodes(settings),
            },
            options,
        )
    gateways: list[LoadBalancerName] = [name for name in ("internal", "public") if host_names(settings, name)]
    needed.append(Certificates(naming.name("certificates"), _certificates(settings, cloud, gateways), options))
    Ingress(
        naming.name("ingress"),
        {
            "namespace": INGRESS_NAMESPACE,
            "placement": placement(settings, "user"),
            "controller_placement": management,
            "gateways": [_gateway(settings, cloud, name) for name in gateways],
            "replicas": settings.ingress.replicas,
            "metrics": settings.observability.metrics.enabled,
        },
        pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=needed)),
    )
    return Controllers({name: list(host_names(settings, name)) for name in gateways})


def _certificates(settings: StackSettings, cloud: CloudPlatform, gateways: list[LoadBalancerName]) -> CertificatesArgs:
    certificates: list[HostCertificate] = [
        {"namespace": INGRESS_NAMESPACE, "secret": _secret(name), "hosts": list(host_names(settings, name))}
        for name in gateways
    ]
    args: CertificatesArgs = {
        "namespace": PLATFORM_NAMESPACE,
        "placement": placement(settings, "management"),
        "certificates": certificates,
    }
    if settings.observability.alerts.email:
        args["email"] = settings.observability.alerts.email[0]
    if cloud.dns_challenge is not None:
        args["route53"] = cloud.dns_challenge
    else:
        args["private_authority"] = True
    return args


def _gateway(settings: StackSettings, cloud: CloudPlatform, name: LoadBalancerName) -> IngressGateway:
    routes: dict[str, list[Host]] = {}
    for host in hosts(settings):
        if host.load_balancer == name:
            routes.setdefault(host.fqdn, []).append(host)
    return {
        "name": name,
        "hosts": [_host(fqdn, of_host, _secret(name)) for fqdn, of_host in routes.items()],
        "target_groups": cloud.target_groups.get(name, []),
    }


def _host(fqdn: str, routes: list[Host], certificate: str) -> IngressHost:
    return {
        "host": fqdn,
        "certificate": certificate,
        "routes": [
            {"path": route.path, "namespace": route.namespace, "service": route.service, "port": route.port}
            for route in routes
        ],
    }


def _secret(gateway: LoadBalancerName) -> str:
    return f"{gateway}-tls"
