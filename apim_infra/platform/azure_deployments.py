"""What each APIM deployment of a stack has for itself on Azure: stores, load balancers and DNS."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from apim_infra.platform.azure_edge import build_dns, build_load_balancers
from apim_infra.platform.azure_foundation import Foundation
from apim_infra.platform.azure_stores import Stores, build_stores
from apim_infra.platform.naming import Naming
from apim_infra.settings.deployments import Deployment, deployments
from apim_infra.settings.stack import StackSettings
from components.azure.dns import Dns
from components.azure.load_balancer import LoadBalancer


@dataclass(frozen=True, slots=True)
class OwnParts:
    """What one deployment has for itself."""

    deployment: Deployment
    stores: Stores
    balancers: Mapping[str, LoadBalancer]
    """Its load balancers, `internal` and `public`."""
    dns: Dns

    @property
    def exports(self) -> Mapping[str, pulumi.Input[object]]:
        """What the stack exports of a deployment beside the first."""
        return {
            "load_balancers": {kind: balancer.address for kind, balancer in self.balancers.items()},
            "private_zone_id": self.dns.private_zone_id or "",
            "backups": self.stores.backups,
        }


def build_own_parts(settings: StackSettings, naming: Naming, foundation: Foundation) -> tuple[OwnParts, ...]:
    """Build what each deployment has for itself, that of the first deployment first."""
    built: list[OwnParts] = []
    for deployment in deployments(settings):
        own, names, ground = deployment.settings, naming.of(deployment), foundation.of(deployment)
        stores = build_stores(own, names, ground)
        balancers = build_load_balancers(own, names, ground)
        built.append(OwnParts(deployment, stores, balancers, build_dns(own, names, ground, balancers)))
    return tuple(built)
