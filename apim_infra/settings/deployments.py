"""The APIM deployments of a stack, each as settings of its own, so that whatever plans or builds one deployment builds any of them."""

from dataclasses import dataclass
from typing import Any

from apim_infra.settings.edge import EdgeSettings
from apim_infra.settings.environment import PRIVATE_TOPOLOGIES, Topology
from apim_infra.settings.ingress import Dns
from apim_infra.settings.private_deployment import PrivateDeployment
from apim_infra.settings.stack import StackSettings

PRIVATE = "private"
"""Prefix of everything that belongs to the second, private deployment."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """One APIM deployment of a stack."""

    prefix: str
    """What the names of its own parts begin with; empty for the first deployment."""
    settings: StackSettings
    """The stack's settings as if there were this deployment alone."""

    def own(self, part: str) -> str:
        """Return the name of one of its own parts, such as `private-mariadb`."""
        return f"{self.prefix}-{part}" if self.prefix else part


def deployments(settings: StackSettings) -> tuple[Deployment, ...]:
    """Return the deployments of a stack, the first one first."""
    private = settings.private_deployment
    if private is None:
        return (Deployment("", settings),)
    first = Deployment("", settings.model_copy(update={"private_deployment": None}))
    return first, Deployment(PRIVATE, _private(first.settings, private))


def _private(settings: StackSettings, private: PrivateDeployment) -> StackSettings:
    """Return the settings of the private deployment: what the stack says of sizes and stores, and what it says of itself.

    What can be there only once, or belongs to the first deployment's access points, is left out: brought zones, checks from outside, the cloud's
    front end, and what the first deployment's stores are restored from.
    """
    ingress, gateway = settings.ingress, settings.gateway
    private_already = settings.topology in PRIVATE_TOPOLOGIES
    changed: dict[str, Any] = {
        "topology": settings.topology if private_already else Topology.INTERNAL_DEVELOPMENT,
        "company_domain": private.domain,
        "gateway_groups": private.gateway_groups,
        "control_plane": settings.control_plane.model_copy(update={"namespace": private.namespace}),
        "gateway": gateway.model_copy(
            update={
                "namespace": private.gateway_namespace,
                "microservices_namespace": private.microservices_namespace,
            }
        ),
        "ingress": ingress.model_copy(
            update={
                "public": ingress.public.model_copy(update={"enabled": False}),
                "internal": ingress.internal.model_copy(update={"enabled": True, "source_cidrs": private.source_cidrs}),
                "dns": Dns(),
            }
        ),
        "edge": EdgeSettings(),
        "recovery": settings.recovery.model_copy(update={"restore": private.restore}),
    }
    return settings.model_copy(update=changed)
