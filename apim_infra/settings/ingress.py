"""Settings of the load balancers, their hosts, and DNS."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

from pydantic import Field

from apim_infra.settings.base import BrokenRule, Settings, Text
from apim_infra.settings.checks import Cidr, DnsLabel, RoutePath


class IngressController(StrEnum):
    """The Gateway API controller where TLS ends."""

    ENVOY_GATEWAY = "envoy-gateway"
    TRAEFIK = "traefik"


class InternalHosts(Settings):
    """Host labels of the internal load balancer, each under the company domain."""

    console: DnsLabel = "apim-admin"
    """API management console."""
    tenant: DnsLabel = "tenant-admin"
    """Tenant manager (IAM) console."""
    developers: DnsLabel = "developers-admin"
    """Developer portal for administrators."""
    auth: DnsLabel = "auth-admin"
    """Authentication console."""


class PublicHosts(Settings):
    """Host labels of the internet-facing load balancer, each under the company domain."""

    api: DnsLabel = "api"
    """Open APIs, routed to the gateways."""
    developers: DnsLabel = "developers"
    """Public developer portal."""


class InternalLoadBalancer(Settings):
    """The load balancer for administrators."""

    enabled: bool = True
    """Whether it is built."""
    hosts: InternalHosts = InternalHosts()
    """Its hosts."""
    source_cidrs: list[Cidr] = Field(default=["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"])
    """Ranges that may reach it."""


class PublicLoadBalancer(Settings):
    """The load balancer for API users."""

    enabled: bool = True
    """Whether it is built."""
    hosts: PublicHosts = PublicHosts()
    """Its hosts."""
    source_cidrs: list[Cidr] = Field(default=["0.0.0.0/0"])
    """Ranges that may reach it."""


class FirewallMode(StrEnum):
    """What a web application firewall does with a match."""

    PREVENTION = "prevention"
    DETECTION = "detection"


class ApplicationGateway(Settings):
    """Azure Application Gateway before the ingress controller, for the hosts of API users."""

    firewall: bool = True
    """Whether it is a web application firewall too."""
    firewall_mode: FirewallMode = FirewallMode.PREVENTION
    """Whether matches are blocked, or only told."""
    capacity: int = Field(default=2, ge=1, le=125)
    """Instances, or the fewest of them where it scales by itself."""
    max_capacity: int | None = Field(default=None, ge=2, le=125)
    """Most instances; it does not scale by itself when absent."""
    http2: bool = False
    """Whether clients may use HTTP/2."""
    certificate_secret_id: Text | None = None
    """Key Vault secret with the certificate of the hosts (its URL), which is brought along; one of the platform's own authority when absent."""
    certificate_vault_id: Text | None = None
    """Resource id of the vault of that secret, in the stack's subscription: the gateway's identity is given the right to read it."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold the bounds of scaling in order, and a certificate that is brought along to its vault."""
        if (self.certificate_secret_id is None) != (self.certificate_vault_id is None):
            missing = "vault" if self.certificate_vault_id is None else "secret"
            yield BrokenRule(
                f"certificate_{missing}_id",
                "belongs to a certificate that is brought along, with its other half",
                "give both certificate_secret_id and certificate_vault_id, or neither",
            )
        if self.max_capacity is not None and self.max_capacity < self.capacity:
            yield BrokenRule("capacity", f"must not be above max_capacity ({self.max_capacity})", "lower it")


class HealthChecks(Settings):
    """Checks of the public hosts from outside, and an alarm when one fails."""

    enabled: bool = False
    """Whether the public hosts are checked; one that asks clients for certificates (`edge.mutual_tls`) is left out, since checkers have none."""
    path: RoutePath = "/"
    """Path that must answer with a status below 400."""
    interval_seconds: Literal[10, 30] = 30
    """Time between two checks from one place, in seconds."""
    failures: int = Field(default=3, ge=1, le=10)
    """Checks in a row that must fail before a host counts as down."""


class Dns(Settings):
    """DNS zones."""

    public_zone_id: str | None = None
    """An existing public zone of the company domain; built when absent."""
    private_zone_id: str | None = None
    """An existing private zone of the company domain; built when absent."""
    health_checks: HealthChecks = HealthChecks()
    """Checks of the public hosts from outside."""


class IngressSettings(Settings):
    """Load balancers, ingress controller and DNS."""

    controller: IngressController = IngressController.ENVOY_GATEWAY
    """The Gateway API controller."""
    replicas: int = Field(default=2, ge=1, le=20)
    """Replicas of the controller's data plane for each load balancer."""
    internal: InternalLoadBalancer = InternalLoadBalancer()
    """The load balancer for administrators."""
    public: PublicLoadBalancer = PublicLoadBalancer()
    """The load balancer for API users."""
    application_gateway: ApplicationGateway | None = None
    """Azure Application Gateway before the ingress controller; the cloud's plain load balancer when absent."""
    dns: Dns = Dns()
    """DNS zones."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold the hosts of both load balancers apart, and each load balancer to somebody who may reach it."""
        first: dict[str, str] = {}
        for balancer, hosts in (("internal", self.internal.hosts), ("public", self.public.hosts)):
            for role, label in hosts:
                path = f"{balancer}.hosts.{role}"
                if label in first:
                    yield BrokenRule(path, f"must differ from {first[label]}", "give each host its own label")
                first.setdefault(label, path)
        for name, load_balancer in (("internal", self.internal), ("public", self.public)):
            if load_balancer.enabled and not load_balancer.source_cidrs:
                yield BrokenRule(
                    f"{name}.source_cidrs",
                    "must name who may reach the load balancer",
                    f"list ranges, or set ingress.{name}.enabled to false",
                )
