"""The cloud's own front end on AWS: API Gateway, with a private way to the load balancer of API users."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from apim_infra.planning.api_documents import Operation, operations
from apim_infra.planning.edge_rules import api_type
from apim_infra.planning.flows import Role
from apim_infra.planning.placement import hosts
from apim_infra.platform.aws_foundation import Foundation
from apim_infra.platform.aws_rest_front_end import build_rest_front_end, mapping_urn
from apim_infra.platform.configuration import project_directory
from apim_infra.platform.naming import Naming
from apim_infra.settings.edge import ApiType, UnlistedPaths
from apim_infra.settings.environment import Tier, Topology
from apim_infra.settings.stack import StackSettings
from components.aws.dns import Dns
from components.aws.front_end_domain import FrontEndDomain, FrontEndDomainArgs
from components.aws.http_api import CorsArgs, HttpApi, HttpApiArgs
from components.aws.load_balancer import LoadBalancer
from components.aws.truststore import Truststore
from components.aws.vpc_link import VpcLink

API = "api"
"""Role of the host of the APIs among the public hosts; the other ones serve web pages."""


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """What the front end offers to the rest of the platform."""

    apis: Mapping[str, pulumi.Output[str]]
    """Role of the host to the identifier of its API."""
    log_groups: Mapping[str, pulumi.Output[str]]
    """Role of the host to the log group of its access logs."""
    metric_names: Mapping[str, pulumi.Output[str]] = field(default_factory=dict[str, pulumi.Output[str]])
    """Role of the host to the name by which CloudWatch measures a REST API; none for HTTP APIs, which it measures by their identifiers."""
    api_keys: Mapping[str, pulumi.Output[str]] = field(default_factory=dict[str, pulumi.Output[str]])
    """Client to the value of its key, a secret; empty unless the settings ask for them."""

    @property
    def exports(self) -> dict[str, pulumi.Input[object]]:
        """What the stack exports of the front end."""
        keys: dict[str, pulumi.Input[object]] = {"api_keys": dict(self.api_keys)} if self.api_keys else {}
        return {"front_end_apis": dict(self.apis), **keys}


@dataclass(frozen=True, slots=True)
class Way:
    """What the APIs stand on, whatever their kind."""

    balancer: LoadBalancer
    """The load balancer behind them."""
    link: VpcLink
    """The way to it."""
    domains: Mapping[str, FrontEndDomain]
    """Role of the host to its domain name, to which its API is mapped."""
    hosts: Mapping[str, str]
    """Role of the host to its full name."""
    operations: Sequence[Operation]
    """Operations of the documents, for the host of the APIs."""


def public_roles(settings: StackSettings) -> dict[str, str]:
    """Return the public hosts that lead anywhere: their role in the settings to their full name."""
    labels = {host.name for host in hosts(settings) if host.load_balancer == "public"}
    return {
        role: f"{label}.{settings.company_domain}"
        for role, label in settings.ingress.public.hosts.model_dump().items()
        if label in labels
    }


def build_front_end(
    settings: StackSettings,
    naming: Naming,
    foundation: Foundation,
    balancers: Mapping[str, LoadBalancer],
    dns: Dns,
) -> FrontEnd | None:
    """Build VPC link, certificates, domain names, records, and an API for each public host; nothing in a topology without a front end."""
    if settings.topology is not Topology.INTEGRATED_CLOUD:
        return None
    link = VpcLink(
        naming.name("vpc-link"),
        {
            "subnet_ids": list(foundation.private_subnet_ids),
            "security_group_ids": [foundation.security_group_ids[Role.VPC_LINK]],
            "tags": naming.tags,
        },
        foundation.options,
    )
    domains = _domains(settings, naming, foundation, dns)
    way = Way(balancers["public"], link, domains, public_roles(settings), operations(settings, project_directory()))
    if api_type(settings) is ApiType.REST:
        rest = build_rest_front_end(settings, naming, foundation, way)
        return FrontEnd(rest.apis, rest.log_groups, rest.metric_names, rest.api_keys)
    return _http(settings, naming, foundation, way)


def _domains(settings: StackSettings, naming: Naming, foundation: Foundation, dns: Dns) -> Mapping[str, FrontEndDomain]:
    truststore = _truststore(settings, naming, foundation)
    # A private group answers to the host of the APIs on the internal load balancer: its record stays.
    internal = {host.fqdn for host in hosts(settings) if host.load_balancer == "internal"}
    made: dict[str, FrontEndDomain] = {}
    for role, host in public_roles(settings).items():
        args: FrontEndDomainArgs = {
            "host": host,
            "overwrite_records": dns.public_zone is None or dns.private_zone is None,
            "tags": naming.tags,
        }
        if dns.public_zone_id is not None:
            args["public_zone_id"] = dns.public_zone_id
        if dns.private_zone_id is not None and host not in internal:
            args["private_zone_id"] = dns.private_zone_id
        if settings.edge.certificate_arn is not None:
            args["certificate_arn"] = settings.edge.certificate_arn
        if truststore is not None and role == API:
            args["truststore"] = {"uri": truststore.uri, "version": truststore.version}
        made[role] = FrontEndDomain(naming.name(f"front-end-{role}"), args, foundation.options)
    return made


def _truststore(settings: StackSettings, naming: Naming, foundation: Foundation) -> Truststore | None:
    mutual_tls = settings.edge.mutual_tls
    if mutual_tls is None:
        return None
    return Truststore(
        naming.name("truststore"),
        {
            "certificates": (project_directory() / mutual_tls.truststore).read_text(encoding="ascii"),
            "empty_on_delete": settings.tier is Tier.DEV or not settings.deletion_protection,
            "tags": naming.tags,
        },
        foundation.options,
    )


def _http(settings: StackSettings, naming: Naming, foundation: Foundation, way: Way) -> FrontEnd:
    edge = settings.edge
    made: dict[str, HttpApi] = {}
    for role, domain in way.domains.items():
        args: HttpApiArgs = {
            "listener_arn": way.balancer.listener_arns["https"],
            "vpc_link_id": way.link.link_id,
            "server_name": way.hosts[role],
            "domain_name": domain.domain,
            # What a REST API was while a plan or a firewall was asked for.
            "former_mapping": mapping_urn(naming.name(f"{role}-rest-api"), "apim:aws:RestApi"),
            "rate": edge.throttling.rate,
            "burst": edge.throttling.burst,
            "log_retention_days": edge.access_log_retention_days,
            "key_arn": foundation.keys.logs_key_arn,
            "tags": naming.tags,
        }
        if role == API:
            args["operations"] = [
                {"api": operation.api, "method": operation.method, "path": operation.path}
                for operation in way.operations
            ]
            args["forward_unlisted"] = edge.unlisted_paths is UnlistedPaths.FORWARD
            cors = _cors(settings)
            if cors is not None:
                args["cors"] = cors
        made[role] = HttpApi(naming.name(f"{role}-http-api"), args, foundation.options)
    return FrontEnd(
        {role: api.api_id for role, api in made.items()}, {role: api.log_group_name for role, api in made.items()}
    )


def _cors(settings: StackSettings) -> CorsArgs | None:
    cors = settings.edge.cors
    if cors is None:
        return None
    return {
        "origins": cors.origins,
        "methods": cors.methods,
        "headers": cors.headers,
        "credentials": cors.credentials,
        "max_age_seconds": cors.max_age_seconds,
    }
