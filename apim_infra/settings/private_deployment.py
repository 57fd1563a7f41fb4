"""Settings of a second, private APIM deployment beside the first one, on the same platform."""

from collections.abc import Iterable

from pydantic import Field

from apim_infra.settings.base import BrokenRule, Settings
from apim_infra.settings.checks import Cidr, DnsLabel, Domain
from apim_infra.settings.gateway import Exposure, GatewayGroup, group_rules
from apim_infra.settings.recovery import Restore


class PrivateDeployment(Settings):
    """A second APIM deployment that is reached from inside only.

    It has its own control plane, gateways, stores, namespaces with quotas and policies, load balancer, private zone and certificates, sized like
    those of the first one.
    """

    domain: Domain
    """Domain under which its hosts live, in a private zone of its own; not that of the first deployment."""
    namespace: DnsLabel = "apim-private"
    """Namespace of its control plane."""
    gateway_namespace: DnsLabel = "user-namespace-private"
    """Namespace of its gateways."""
    microservices_namespace: DnsLabel = "microservices-private"
    """Namespace of the services behind its APIs."""
    gateway_groups: list[GatewayGroup] = Field(default=[GatewayGroup(name="default", exposure=Exposure.PRIVATE)])
    """Its gateways and the APIs that they serve; each has the exposure `private`."""
    source_cidrs: list[Cidr] = Field(default=["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"], min_length=1)
    """Ranges that may reach it."""

    restore: Restore | None = None
    """Set on a rebuilt stack only: what its stores are restored from."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold its gateways to the inside and apart, and its namespaces apart."""
        yield from group_rules(self.gateway_groups)
        for position, group in enumerate(self.gateway_groups):
            if group.exposure is not Exposure.PRIVATE:
                yield BrokenRule(
                    f"gateway_groups[{position}].exposure",
                    "must be private: this deployment has no public access point",
                    "set it to private, or move the group to gateway_groups of the stack",
                )
        named = {"namespace": self.namespace, "gateway_namespace": self.gateway_namespace}
        for field, name in named.items():
            if name == self.microservices_namespace or (field == "gateway_namespace" and name == self.namespace):
                yield BrokenRule(field, "must differ from its other namespaces", "give each its own name")
