"""Settings of the gateway product and of its groups."""

from collections.abc import Iterable
from enum import StrEnum

from pydantic import Field

from apim_infra.settings.base import BrokenRule, Settings, Text
from apim_infra.settings.checks import DnsLabel, ImageTag, RoutePath


class Exposure(StrEnum):
    """Which load balancer reaches a gateway group."""

    PUBLIC = "public"
    PRIVATE = "private"


class GroupMode(StrEnum):
    """How APIs share gateways."""

    SHARED = "shared"
    DEDICATED = "dedicated"
    SIDECAR = "sidecar"


class Replicas(Settings):
    """Bounds of an autoscaler."""

    min: int = Field(default=2, ge=1, le=100)
    """Smallest number of gateway pods."""
    max: int = Field(default=4, ge=1, le=100)
    """Largest number of gateway pods."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold the bounds in order."""
        if self.min > self.max:
            yield BrokenRule("min", f"must not be above max ({self.max})", f"lower min or raise max to {self.min}")


class GatewayGroup(Settings):
    """Gateways of one kind and the APIs that they serve."""

    name: DnsLabel
    """Name of the group: lower-case letters, digits and hyphens."""
    mode: GroupMode = GroupMode.SHARED
    """How APIs share the gateways of the group."""
    apis: list[RoutePath] = Field(default=["/"])
    """Paths that are routed to the group."""
    tags: list[Text] = Field(default=[])
    """Tags by which gateways choose their APIs."""
    exposure: Exposure = Exposure.PUBLIC
    """Which load balancer reaches the group."""
    replicas: Replicas = Replicas()
    """Bounds of the autoscaler."""
    cpu_percent: int = Field(default=75, ge=10, le=95)
    """Mean CPU use that the autoscaler aims at, in per cent of the request."""
    cpu_millicores: int = Field(default=500, ge=50, le=32000)
    """CPU request and limit of one gateway pod, in millicores."""
    memory_mib: int = Field(default=1024, ge=128, le=131072)
    """Memory request and limit of one gateway pod, in MiB."""


class GatewaySettings(Settings):
    """The gateway product's own settings."""

    image_tag: ImageTag | None = None
    """Image tag of the gateway; the product profile's when absent. `latest` is refused."""
    namespace: DnsLabel = "user-namespace"
    """Namespace of the gateways."""
