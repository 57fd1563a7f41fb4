"""What each APIM deployment of a stack has for itself on Azure: stores, load balancers and DNS."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from apim_infra.planning.placement import LoadBalancerName
from apim_infra.platform.azure_edge import (
    build_application_gateway,
    build_dns,
    build_load_balancers,
    ingress_services,
)
from apim_infra.platform.azure_foundation import Foundation
from apim_infra.platform.azure_stores import Stores, build_stores
from apim_infra.platform.naming import Naming
from apim_infra.settings.deployments import Deployment, deployments
from apim_infra.settings.stack import StackSettings
from components.azure.application_gateway import ApplicationGateway
from components.azure.dns import Dns
from components.azure.load_balancer import LoadBalancer
from components.kubernetes.ingress_specs import LoadBalancerService


@dataclass(frozen=True, slots=True)
class OwnParts:
    """What one deployment has for itself."""

    deployment: Deployment
    stores: Stores
    balancers: Mapping[LoadBalancerName, LoadBalancer]
    """Its load balancers, `internal` and `public`."""
    services: Mapping[str, LoadBalancerService]
    """What the services of the ingress say to get the addresses of these."""
    gateway: ApplicationGateway | None
    """Its Application Gateway before the public one, if there is one."""
    dns: Dns

    @property
    def addresses(self) -> Mapping[str, pulumi.Output[str]]:
        """Addresses that clients reach, of the internal and of the public way in."""
        entrances: Mapping[str, LoadBalancer | ApplicationGateway] = {**self.balancers}
        if self.gateway is not None:
            entrances = {**entrances, "public": self.gateway}
        return {kind: entrance.address for kind, entrance in entrances.items()}

    @property
    def exports(self) -> Mapping[str, pulumi.Input[object]]:
        """What the stack exports of a deployment beside the first."""
        return {
            "load_balancers": self.addresses,
            "private_zone_id": self.dns.private_zone_id or "",
            "backups": self.stores.backups,
        }


def build_own_parts(settings: StackSettings, naming: Naming, foundation: Foundation) -> tuple[OwnParts, ...]:
    """Build what each deployment has for itself, that of the first deployment first."""
    built: list[OwnParts] = []
    for place, deployment in enumerate(deployments(settings)):
        own, names, ground = deployment.settings, naming.of(deployment), foundation.of(deployment)
        stores = build_stores(own, names, ground)
        balancers = build_load_balancers(own, names, ground, place)
        services = ingress_services(own, ground, balancers)
        gateway = build_application_gateway(own, names, ground, balancers)
        dns = build_dns(own, names, ground, balancers, gateway)
        built.append(OwnParts(deployment, stores, balancers, services, gateway, dns))
    return tuple(built)
