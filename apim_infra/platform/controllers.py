"""The platform's controllers: load balancer targets, node scaling, certificates and the ingress."""

from dataclasses import dataclass

import pulumi

from apim_infra.planning.edge_rules import api_type
from apim_infra.planning.flows import Role
from apim_infra.planning.placement import Host, LoadBalancerName, host_names, hosts
from apim_infra.platform.cloud import CloudPlatform
from apim_infra.platform.naming import Naming
from apim_infra.platform.node_reboots import reboots
from apim_infra.platform.places import placement
from apim_infra.products.profile import BACKEND_CERTIFICATE
from apim_infra.products.registry import programs
from apim_infra.settings.cluster import POOL_LABEL
from apim_infra.settings.deployments import Deployment, deployments
from apim_infra.settings.edge import ApiType
from apim_infra.settings.environment import Cloud, Topology
from apim_infra.settings.ingress import IngressController
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.addons import reboots_nodes
from apim_infra.sizing.namespaces import INGRESS_NAMESPACE, PLATFORM_NAMESPACE
from apim_infra.sizing.pools import most_nodes
from components.kubernetes.autoscaler import ClusterAutoscaler
from components.kubernetes.certificates import Certificates, CertificatesArgs, HostCertificate
from components.kubernetes.ingress import Ingress
from components.kubernetes.ingress_specs import IngressCors, IngressGateway, IngressHost, IngressRoute
from components.kubernetes.kured import Kured
from components.kubernetes.load_balancer_controller import LoadBalancerController
from components.kubernetes.private_certificates import PrivateCertificates
from components.kubernetes.traefik import TraefikIngress


@dataclass(frozen=True, slots=True)
class Controllers:
    """What the controllers offer to the outside."""

    hosts: dict[str, list[str]]
    """Full host names of each load balancer."""
    certificates: pulumi.Resource
    """The certificate manager, which everything waits for that asks for certificates."""


def build_scaling(
    settings: StackSettings, naming: Naming, cloud: CloudPlatform, options: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """Build what adds nodes, before everything that may need more than the smallest number; nothing where the cloud does it itself."""
    if settings.cloud is not Cloud.AWS:
        return []
    return [
        ClusterAutoscaler(
            naming.name("autoscaler"),
            {
                "namespace": PLATFORM_NAMESPACE,
                "cluster_name": cloud.cluster_name,
                "region": settings.region,
                "placement": placement(settings, "management"),
                "balancing_label": POOL_LABEL,
                "maximum_nodes": most_nodes(settings),
            },
            options,
        )
    ]


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
    if reboots_nodes(settings):
        Kured(naming.name("kured"), reboots(settings.cluster.upgrades.node_window), options)
    first, *others = entrances = [
        _Entrances(deployment, cloud.of(deployment), load_balancers(deployment.settings))
        for deployment in deployments(settings)
    ]
    certificates = Certificates(naming.name("certificates"), _certificates(settings, cloud, first), options)
    needed.append(certificates)
    for other in others:
        PrivateCertificates(
            naming.of(other.deployment).name("certificates"),
            {
                "authority": naming.of(other.deployment).prefix,
                "namespace": PLATFORM_NAMESPACE,
                "certificates": other.certificates,
            },
            pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[certificates])),
        )
    ingress = TraefikIngress if settings.ingress.controller is IngressController.TRAEFIK else Ingress
    ingress(
        naming.name("ingress"),
        {
            "namespace": INGRESS_NAMESPACE,
            "placement": placement(settings, "user"),
            "controller_placement": management,
            "gateways": [gateway for each in entrances for gateway in each.gateways],
            "replicas": settings.ingress.replicas,
            "metrics": settings.observability.metrics.enabled,
        },
        pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=needed)),
    )
    return Controllers({name: names for each in entrances for name, names in each.hosts.items()}, certificates)


def load_balancers(settings: StackSettings) -> list[LoadBalancerName]:
    """Return the load balancers of one deployment that lead to something."""
    return [name for name in ("internal", "public") if host_names(settings, name)]


def _certificates(settings: StackSettings, cloud: CloudPlatform, entrances: "_Entrances") -> CertificatesArgs:
    args: CertificatesArgs = {
        "namespace": PLATFORM_NAMESPACE,
        "placement": placement(settings, "management"),
        "certificates": entrances.certificates,
    }
    if settings.observability.alerts.email:
        args["email"] = settings.observability.alerts.email[0]
    challenge = cloud.dns_challenge
    if challenge is None:
        args["private_authority"] = True
    elif "zone_id" in challenge:
        args["route53"] = challenge
    else:
        args["azure_dns"] = challenge
    return args


@dataclass(frozen=True, slots=True)
class _Entrances:
    """The ways into one deployment: its hosts, and a gateway with proxies of its own behind each load balancer."""

    deployment: Deployment
    cloud: CloudPlatform
    load_balancers: list[LoadBalancerName]

    @property
    def hosts(self) -> dict[str, list[str]]:
        """Full host names of each of its gateways."""
        own = self.deployment
        return {own.own(name): list(host_names(own.settings, name)) for name in self.load_balancers}

    @property
    def certificates(self) -> list[HostCertificate]:
        """A certificate for the hosts of each of its gateways, and one for each program that ends TLS itself."""
        own = self.deployment.settings
        of_gateways: list[HostCertificate] = [
            {"namespace": INGRESS_NAMESPACE, "secret": _secret(name), "hosts": names}
            for name, names in self.hosts.items()
        ]
        of_programs: list[HostCertificate] = [
            {
                "namespace": own.gateway.namespace,
                "secret": f"{program.name}-tls",
                "hosts": [f"{program.host}.{own.company_domain}"],
            }
            for program in programs(own)
            if program.passthrough
        ]
        return of_gateways + of_programs

    @property
    def gateways(self) -> list[IngressGateway]:
        """Its gateways. Proxies of a deployment beside the first have a role of their own, by which policies tell them apart."""
        gateways: list[IngressGateway] = []
        for name in self.load_balancers:
            own_name, routes = self.deployment.own(name), dict[str, list[Host]]()
            for host in hosts(self.deployment.settings):
                if host.load_balancer == name:
                    routes.setdefault(host.fqdn, []).append(host)
            gateway: IngressGateway = {
                "name": own_name,
                "hosts": [
                    _host(fqdn, of_host, _secret(own_name), self._cors(fqdn, name)) for fqdn, of_host in routes.items()
                ],
                "target_groups": self.cloud.target_groups.get(name, []),
            }
            if name in self.cloud.load_balancers:
                gateway["load_balancer"] = self.cloud.load_balancers[name]
            if self.deployment.prefix:
                gateway["role"] = self.deployment.own(Role.INGRESS_CONTROLLER)
            gateways.append(gateway)
        return gateways

    def _cors(self, fqdn: str, load_balancer: LoadBalancerName) -> IngressCors | None:
        """Return what the host of the APIs says to browsers behind REST APIs, which pass answers on as they are."""
        settings = self.deployment.settings
        cors, host = settings.edge.cors, f"{settings.ingress.public.hosts.api}.{settings.company_domain}"
        behind = settings.topology is Topology.INTEGRATED_CLOUD and load_balancer == "public" and fqdn == host
        if cors is None or not behind or api_type(settings) is not ApiType.REST:
            return None
        return {
            "origins": cors.origins,
            "methods": cors.methods,
            "headers": cors.headers,
            "credentials": cors.credentials,
            "max_age_seconds": cors.max_age_seconds,
        }


def _host(fqdn: str, routes: list[Host], certificate: str, cors: IngressCors | None) -> IngressHost:
    host: IngressHost = {"host": fqdn, "certificate": certificate, "routes": [_route(route) for route in routes]}
    if any(route.sticky for route in routes):
        host["sticky"] = True
    if any(route.passthrough for route in routes):
        host["passthrough"] = True
    if cors is not None:
        host["cors"] = cors
    return host


def _route(host: Host) -> IngressRoute:
    route: IngressRoute = {
        "path": host.path,
        "namespace": host.namespace,
        "service": host.service,
        "port": host.port,
    }
    if host.tls:
        route["tls_secret"] = BACKEND_CERTIFICATE
    return route


def _secret(gateway: str) -> str:
    return f"{gateway}-tls"
