"""Settings of the cloud's own front end, an API gateway before the platform's load balancer (topology `integrated-cloud`)."""

from collections.abc import Iterable
from enum import StrEnum

from pydantic import Field

from apim_infra.settings.base import BrokenRule, Settings, Text
from apim_infra.settings.checks import Cidr, CountryCode, DnsLabel, RoutePath, WebOrigin


class ApiType(StrEnum):
    """Kind of API Gateway."""

    HTTP = "http"
    REST = "rest"


class QuotaPeriod(StrEnum):
    """Period of a usage plan's quota."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


class UnlistedPaths(StrEnum):
    """What happens to a request whose path is in none of the documents."""

    FORWARD = "forward"
    REFUSE = "refuse"


class Throttling(Settings):
    """Limits of the whole front end; a request above them is answered with 429."""

    rate: int = Field(default=1000, ge=1, le=10000)
    """Steady rate, in requests per second."""
    burst: int = Field(default=2000, ge=1, le=5000)
    """Requests that may come at once."""


class Cors(Settings):
    """Cross-origin requests that browsers may make, answered by the front end."""

    origins: list[WebOrigin]
    """Origins that are allowed, such as `https://app.example.com`, or `*` for every one."""
    methods: list[Text] = Field(default=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    """Methods that are allowed."""
    headers: list[Text] = Field(default=["authorization", "content-type"])
    """Request headers that are allowed."""
    credentials: bool = False
    """Whether cookies and authorization headers are sent along; not with the origin `*`."""
    max_age_seconds: int = Field(default=3600, ge=0, le=86400)
    """How long browsers remember the answer, in seconds."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold credentials to named origins: browsers refuse both together."""
        if not self.origins:
            yield BrokenRule("origins", "must name at least one origin", "list origins, or remove cors")
        if self.credentials and "*" in self.origins:
            yield BrokenRule("origins", "must be named when credentials are sent", "list the origins instead of *")


class MutualTls(Settings):
    """Certificates that clients must show to the host of the APIs; readers of the developer portal need none."""

    truststore: Text
    """File of the certificate authorities that are trusted (PEM), relative to the project."""


class UsagePlan(Settings):
    """Clients with keys of their own and limits of their own."""

    name: DnsLabel
    """Name of the plan."""
    keys: list[DnsLabel] = Field(default=[])
    """Clients of the plan; each gets an API key of this name."""
    rate: int = Field(default=100, ge=1, le=10000)
    """Steady rate of each client, in requests per second."""
    burst: int = Field(default=200, ge=1, le=5000)
    """Requests of each client that may come at once."""
    quota: int | None = Field(default=None, ge=1, le=2147483647)
    """Requests of each client in a period; no quota when absent."""
    period: QuotaPeriod = QuotaPeriod.DAY
    """Period of the quota."""


class WebFirewall(Settings):
    """A web application firewall before the front end."""

    managed_rules: list[Text] = Field(
        default=[
            "AWSManagedRulesCommonRuleSet",
            "AWSManagedRulesKnownBadInputsRuleSet",
            "AWSManagedRulesAmazonIpReputationList",
        ]
    )
    """Rule groups that the cloud keeps, in the order of their evaluation."""
    rate_limit: int | None = Field(default=2000, ge=10, le=2000000000)
    """Requests of one address in five minutes, above which it is blocked; no limit when absent."""
    blocked_countries: list[CountryCode] = Field(default=[])
    """Countries whose requests are blocked, by their two letters (ISO 3166)."""
    blocked_cidrs: list[Cidr] = Field(default=[])
    """Ranges whose requests are blocked."""
    count_only: bool = False
    """Whether matches of the managed rules are counted instead of blocked, to try them out."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold a firewall to a rule that it can apply, and each rule to one mention."""
        if not (self.managed_rules or self.rate_limit or self.blocked_countries or self.blocked_cidrs):
            yield BrokenRule(
                "managed_rules", "must name a group where nothing else is blocked", "name one, or remove the firewall"
            )
        for name in ("managed_rules", "blocked_countries", "blocked_cidrs"):
            values: list[str] = getattr(self, name)
            for position, value in enumerate(values):
                if value in values[:position]:
                    yield BrokenRule(
                        f"{name}[{position}]", f"must differ from {name}[{values.index(value)}]", "remove it"
                    )


class ApiDocument(Settings):
    """An OpenAPI document whose operations are registered as an API of the front end."""

    name: DnsLabel
    """Name of the API."""
    file: Text
    """The document (OpenAPI 3.0 or 3.1, YAML or JSON), relative to the project."""
    base_path: RoutePath = "/"
    """Path before those of the document; a gateway group must serve it."""


class EdgeSettings(Settings):
    """The front end of the topology `integrated-cloud`: API Gateway with a private way to the load balancer of API users."""

    api_type: ApiType | None = None
    """`http`, or `rest` where mutual TLS, usage plans or a firewall are asked for; chosen by itself when absent."""
    throttling: Throttling = Throttling()
    """Limits of the whole front end."""
    cors: Cors | None = None
    """Cross-origin requests to the host of the APIs; left to the gateways when absent. REST APIs answer what browsers ask first, and the ingress
    controller behind them names the origin in the answers that they pass on."""
    mutual_tls: MutualTls | None = None
    """Certificates that clients must show; none when absent."""
    usage_plans: list[UsagePlan] = Field(default=[])
    """Clients with keys of their own; none by default, and then no key is asked for."""
    firewall: WebFirewall | None = None
    """A web application firewall; none when absent."""
    documents: list[ApiDocument] = Field(default=[])
    """OpenAPI documents that are registered."""
    unlisted_paths: UnlistedPaths = UnlistedPaths.FORWARD
    """What happens to a path that is in no document: `forward` to the gateways, or `refuse` with 404."""
    access_log_retention_days: int = Field(default=90, ge=1, le=3653)
    """How long access logs are kept, in days."""
    certificate_arn: str | None = None
    """An existing certificate (ARN) for the hosts; one is made and proven in the public zone when absent."""
    manage_log_role: bool = True
    """Whether the stack sets the role by which API Gateway writes the logs of REST APIs; AWS has one for an account and region, so switch it off where
    another stack sets it."""
    export_api_keys: bool = False
    """Whether the stack exports the values of API keys, as secrets; otherwise they are read in API Gateway itself."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold plans, their keys and documents to different names."""
        yield from _different("usage_plans", [plan.name for plan in self.usage_plans])
        yield from _different("documents", [document.name for document in self.documents])
        if self.export_api_keys and not self.usage_plans:
            yield BrokenRule("export_api_keys", "has no effect without usage_plans", "remove it, or add a usage plan")
        taken: dict[str, str] = {}
        for position, plan in enumerate(self.usage_plans):
            for index, key in enumerate(plan.keys):
                path = f"usage_plans[{position}].keys[{index}]"
                if key in taken:
                    yield BrokenRule(path, f"must differ from {taken[key]}", "give each client one key in one plan")
                taken.setdefault(key, path)


def _different(path: str, names: list[str]) -> Iterable[BrokenRule]:
    for position, name in enumerate(names):
        if name in names[:position]:
            first = names.index(name)
            yield BrokenRule(f"{path}[{position}].name", f"must differ from {path}[{first}].name", "rename one of them")
