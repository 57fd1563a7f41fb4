"""Settings of the gateway product and of its groups."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from apim_infra.settings.base import BrokenRule, Settings, Text, refusal
from apim_infra.settings.checks import DnsLabel, ImageTag
from apim_infra.settings.gateway_load import MOST_GATEWAYS, Gateways, GroupLoad, gateways_of

MOST_GROUPS = 100
"""Largest number of gateway groups of a deployment."""

_VERSION = r"(?!latest$)[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|sha256:[0-9a-f]{64}"


def _image_version(value: str) -> str:
    if re.fullmatch(_VERSION, value) is None:
        raise refusal(
            "must be an image tag other than `latest`, or a digest (sha256: and 64 hexadecimal digits): what runs must not change unseen",
            "name a released version, such as 3.9.1",
        )
    return value


ImageVersion = Annotated[
    Text,
    AfterValidator(_image_version),
    Field(json_schema_extra={"pattern": f"^({_VERSION})$", "examples": ["3.9.1"]}),
]
"""A tag of a container image, never `latest`, or the digest of an image."""


_API_PATH = r"(?!.*(//|/\.{1,2}(/|$)|%2[fF]))/([-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*"


def _api_path(value: str) -> str:
    if re.fullmatch(_API_PATH, value) is None:
        raise refusal(
            "must be a path that starts with `/`, of the characters of a URL's path, without `//`, `/./`, `/../` and `%2f`",
            "write it like /orders",
        )
    return value


ApiPath = Annotated[
    str, AfterValidator(_api_path), Field(json_schema_extra={"pattern": f"^{_API_PATH}$", "examples": ["/orders"]})
]
"""Prefix of the paths of an API, as a route of the Gateway API takes it (its definition of HTTPRoute, 1.6)."""


class Exposure(StrEnum):
    """Which load balancer reaches a gateway group."""

    PUBLIC = "public"
    PRIVATE = "private"


class GroupMode(StrEnum):
    """How APIs share gateways."""

    SHARED = "shared"
    DEDICATED = "dedicated"
    SIDECAR = "sidecar"


class GroupDatabase(StrEnum):
    """Where the gateways of a group keep their configuration."""

    SHARED = "shared"
    """With the other groups of the deployment."""
    OWN = "own"
    """In a database of the group's own, with a user of its own, on the same server."""


class Replicas(Settings):
    """Bounds of an autoscaler."""

    min: int = Field(default=2, ge=1, le=MOST_GATEWAYS)
    """Smallest number of gateway pods."""
    max: int = Field(default=4, ge=1, le=MOST_GATEWAYS)
    """Largest number of gateway pods."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold the bounds in order."""
        if self.min > self.max:
            yield BrokenRule("min", f"must not be above max ({self.max})", f"lower min or raise max to {self.min}")


class Sidecar(Settings):
    """The service beside whose pods the gateways of a group run, in mode `sidecar`: each of its pods has a gateway of its own."""

    image: Text = Field(min_length=1, pattern=r"^[^\s@:]+(:\d+/[^\s@:]+)?(:[\w.-]+|@sha256:[0-9a-f]{64})$")
    """Image of the service with its tag or digest, such as `registry.example.com/shop/orders:1.4.2`; `latest` is refused."""
    port: int = Field(ge=1024, le=65535)
    """Port on which the service listens; the gateway reaches it inside of the pod."""
    cpu_millicores: int = Field(default=250, ge=50, le=32000)
    """CPU request and limit of the service in one pod, in millicores."""
    memory_mib: int = Field(default=256, ge=64, le=131072)
    """Memory request and limit of the service in one pod, in MiB."""
    user: int = Field(default=1000, ge=1, le=4294967294)
    """User that the service runs as; never root."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Refuse an image that changes unseen."""
        if self.image.endswith(":latest"):
            yield BrokenRule("image", "must not be `latest`: what runs would change unseen", "name a released version")


def _replicas(values: dict[str, Any]) -> Replicas:
    """Return the replicas that the load takes, the library's own without one."""
    load = values.get("load")
    if not isinstance(load, GroupLoad) or not {"cpu_percent", "cpu_millicores"} <= values.keys():
        return Replicas()
    limit = values.get("cpu_limit_millicores") or values["cpu_millicores"]
    wanted = gateways_of(load, cpu_percent=values["cpu_percent"], cpu_millicores=limit)
    return Replicas(min=min(wanted.minimum, MOST_GATEWAYS), max=min(wanted.maximum, MOST_GATEWAYS))


class GatewayGroup(Settings):
    """Gateways of one kind and the APIs that they serve."""

    name: DnsLabel
    """Name of the group: lower-case letters, digits and hyphens."""
    mode: GroupMode = GroupMode.SHARED
    """How APIs share the gateways of the group."""
    apis: list[ApiPath] = Field(default=["/"], min_length=1)
    """Paths that are routed to the group."""
    tags: list[Text] = Field(default=[])
    """Tags by which gateways choose their APIs."""
    exposure: Exposure = Exposure.PUBLIC
    """Which load balancer reaches the group."""
    tier: int | None = Field(default=None, ge=1, le=4)
    """Importance, 1 the highest: when room is short, gateways of a tier go before those of lower ones, and each tier has its part of the quota."""
    quota_share: bool = False
    """Whether the group has a part of the namespace's quota for itself: room for its largest number of gateways, which it cannot exceed."""
    image_tag: ImageVersion | None = None
    """Image tag of the group's gateways, or a digest; `gateway.image_tag` when absent. The same tag moves from environment to environment."""
    port: int | None = Field(default=None, ge=1024, le=65535)
    """Port on which the group's gateways take API calls; the product's own when absent."""
    database: GroupDatabase = GroupDatabase.SHARED
    """Where its gateways keep their configuration."""
    sidecar: Sidecar | None = None
    """The service beside whose pods its gateways run, in mode `sidecar`."""
    load: GroupLoad | None = None
    """Load from which the replicas are derived; none when absent."""
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
    replicas: Replicas = Field(default_factory=_replicas)
    """Bounds of the autoscaler; derived from `load` where that is given and they are not."""

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
        yield from self._mode_rules()
        yield from self._load_rules()

    def _mode_rules(self) -> Iterable[BrokenRule]:
        if self.mode is GroupMode.DEDICATED and len(self.apis) != 1:
            yield BrokenRule(
                "apis",
                f"must be exactly one in mode dedicated, not {len(self.apis)}: its gateways serve one API",
                "give each API a group of its own, or use mode shared",
            )
        if self.mode is GroupMode.SIDECAR and self.sidecar is None:
            yield BrokenRule(
                "sidecar", "must name the service of mode sidecar", "give its image and port, or use another mode"
            )
        if self.mode is not GroupMode.SIDECAR and self.sidecar is not None:
            yield BrokenRule("sidecar", f"has no meaning in mode {self.mode}", "leave it out, or set mode to sidecar")

    def needed(self) -> Gateways | None:
        """Return the gateways that the load takes; None without one."""
        if self.load is None:
            return None
        return gateways_of(self.load, cpu_percent=self.cpu_percent, cpu_millicores=self.most_cpu_millicores)

    def _load_rules(self) -> Iterable[BrokenRule]:
        needed = self.needed()
        if needed is None or self.replicas.max >= needed.maximum:
            return
        if needed.maximum > MOST_GATEWAYS:
            yield BrokenRule(
                "load.requests_per_second",
                f"takes {needed.maximum} gateways of {self.most_cpu_millicores} millicores, more than {MOST_GATEWAYS}",
                "raise cpu_limit_millicores, or divide the APIs among several groups",
            )
        else:
            yield BrokenRule(
                "replicas.max",
                f"must not be below the {needed.maximum} gateways that load takes",
                f"raise it to {needed.maximum}, leave replicas out, or lower the load",
            )


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
    if len(groups) > MOST_GROUPS:
        yield BrokenRule(
            "gateway_groups",
            f"must be at most {MOST_GROUPS} groups, not {len(groups)}",
            "put APIs together, or give some of them a stack of their own",
        )
    yield from _tier_rules(groups)
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
            taken = routes.setdefault((group.exposure, path.rstrip("/")), place)
            if taken != place:
                yield BrokenRule(
                    place,
                    f"is routed already by {taken} on the {group.exposure} load balancer",
                    "route each path to one group, or change the exposure of one of them",
                )


def _tier_rules(groups: list[GatewayGroup]) -> Iterable[BrokenRule]:
    """Hold all groups to tiers, or none: a pod without a class goes before every pod of a tier."""
    if any(group.tier is not None for group in groups):
        for position, group in enumerate(groups):
            if group.tier is None:
                yield BrokenRule(
                    f"gateway_groups[{position}].tier",
                    "must be given, since other groups have one: without a tier its gateways would go before all of theirs",
                    "give it a tier from 1 (highest) to 4",
                )
