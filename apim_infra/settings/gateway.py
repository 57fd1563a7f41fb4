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
    """CPU request of one gateway pod, in millicores; its limit too, unless that is set."""
    cpu_limit_millicores: int | None = Field(default=None, ge=50, le=32000)
    """CPU limit of one gateway pod, in millicores; the request when absent."""
    memory_mib: int = Field(default=1024, ge=128, le=131072)
    """Memory request of one gateway pod, in MiB; its limit too, unless that is set."""
    memory_limit_mib: int | None = Field(default=None, ge=128, le=131072)
    """Memory limit of one gateway pod, in MiB; the request when absent."""

    @property
    def most_cpu_millicores(self) -> int:
        """CPU limit of one gateway pod, in millicores."""
        return self.cpu_limit_millicores or self.cpu_millicores

    @property
    def most_memory_mib(self) -> int:
        """Memory limit of one gateway pod, in MiB."""
        return self.memory_limit_mib or self.memory_mib

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold limits above requests."""
        for name in ("cpu", "memory"):
            request = self.cpu_millicores if name == "cpu" else self.memory_mib
            most = self.most_cpu_millicores if name == "cpu" else self.most_memory_mib
            if most < request:
                field = "cpu_limit_millicores" if name == "cpu" else "memory_limit_mib"
                yield BrokenRule(field, f"must not be below the request ({request})", f"raise it to {request} or more")


class GatewaySettings(Settings):
    """The gateway product's own settings."""

    image_tag: ImageTag | None = None
    """Image tag of the gateway; the product profile's when absent. `latest` is refused."""
    namespace: DnsLabel = "user-namespace"
    """Namespace of the gateways."""
    microservices_namespace: DnsLabel = "microservices"
    """Namespace of the services behind the gateways, which their own teams fill."""


def group_rules(groups: list[GatewayGroup]) -> Iterable[BrokenRule]:
    """Yield what is wrong between the gateway groups of one deployment: names and routes that are there twice."""
    if not groups:
        yield BrokenRule("gateway_groups", "must name at least one group", "add a group, such as {name: default}")
    names: dict[str, int] = {}
    routes: dict[tuple[str, str], str] = {}
    for position, group in enumerate(groups):
        if group.name in names:
            yield BrokenRule(
                f"gateway_groups[{position}].name",
                f"must differ from gateway_groups[{names[group.name]}].name",
                "give each group its own name",
            )
        names.setdefault(group.name, position)
        for api, path in enumerate(group.apis):
            place = f"gateway_groups[{position}].apis[{api}]"
            taken = routes.setdefault((group.exposure, path), place)
            if taken != place:
                yield BrokenRule(
                    place,
                    f"is routed already by {taken} on the {group.exposure} load balancer",
                    "route each path to one group, or change the exposure of one of them",
                )
