"""The cloud's own front end as REST APIs: with usage plans and a firewall, which HTTP APIs do not have."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from apim_infra.platform.aws_foundation import Foundation
from apim_infra.platform.naming import Naming
from apim_infra.settings.edge import UnlistedPaths
from apim_infra.settings.stack import StackSettings
from components.aws.rest_api import ApiLogging, RestApi, RestApiArgs
from components.aws.usage_plans import UsagePlanArgs, UsagePlans

if TYPE_CHECKING:
    from apim_infra.platform.aws_front_end import Way
    from components.aws.web_firewall import WebFirewall, WebFirewallArgs

API = "api"
"""Role of the host of the APIs among the public hosts: documents, keys and cross-origin requests concern it alone."""


@dataclass(frozen=True, slots=True)
class RestFrontEnd:
    """What REST APIs offer to the rest of the platform."""

    apis: Mapping[str, pulumi.Output[str]]
    """Role of the host to the identifier of its API."""
    log_groups: Mapping[str, pulumi.Output[str]]
    """Role of the host to the log group of its access logs."""
    metric_names: Mapping[str, pulumi.Output[str]]
    """Role of the host to the name by which CloudWatch measures its API."""
    api_keys: Mapping[str, pulumi.Output[str]]
    """Client to the value of its key, a secret; empty unless the settings ask for them."""


def build_rest_front_end(settings: StackSettings, naming: Naming, foundation: Foundation, way: "Way") -> RestFrontEnd:
    """Build a REST API for each public host, usage plans for the host of the APIs, and a firewall before all of them."""
    logging = ApiLogging(
        naming.name("api-logging"),
        {"manage_role": settings.edge.manage_log_role, "tags": naming.tags},
        foundation.options,
    )
    options = pulumi.ResourceOptions.merge(foundation.options, pulumi.ResourceOptions(depends_on=[logging.account]))
    apis = {
        role: RestApi(naming.name(f"{role}-rest-api"), _api(settings, naming, foundation, way, role), options)
        for role in way.domains
    }
    plans = _usage_plans(settings, naming, foundation, apis)
    _firewall(settings, naming, foundation, apis)
    return RestFrontEnd(
        {role: api.api_id for role, api in apis.items()},
        {role: api.log_group_name for role, api in apis.items()},
        {role: api.api.name for role, api in apis.items()},
        plans.key_values if plans is not None and settings.edge.export_api_keys else {},
    )


def _api(settings: StackSettings, naming: Naming, foundation: Foundation, way: "Way", role: str) -> RestApiArgs:
    edge = settings.edge
    args: RestApiArgs = {
        "load_balancer_arn": way.balancer.arn,
        "vpc_link_id": way.link.link_id,
        "server_name": way.hosts[role],
        "domain_name": way.domains[role].domain,
        "rate": edge.throttling.rate,
        "burst": edge.throttling.burst,
        "log_retention_days": edge.access_log_retention_days,
        "key_arn": foundation.keys.logs_key_arn,
        "tags": naming.tags,
    }
    # What an HTTP API was before a plan or a firewall was asked for.
    args["former_mapping"] = mapping_urn(naming.name(f"{role}-http-api"), "apim:aws:HttpApi")
    if role == API:
        args["operations"] = [
            {"api": operation.api, "method": operation.method, "path": operation.path} for operation in way.operations
        ]
        args["forward_unlisted"] = edge.unlisted_paths is UnlistedPaths.FORWARD
        args["key_required"] = bool(edge.usage_plans)
        if edge.cors is not None:
            args["cors"] = {
                "origins": edge.cors.origins,
                "methods": edge.cors.methods,
                "headers": edge.cors.headers,
                "credentials": edge.cors.credentials,
                "max_age_seconds": edge.cors.max_age_seconds,
            }
    return args


def mapping_urn(api: str, type_: str) -> pulumi.Output[str]:
    """Return the URN of the mapping that a component of that name and type makes."""
    return pulumi.create_urn(f"{api}-mapping", "aws:apigatewayv2/apiMapping:ApiMapping", pulumi.create_urn(api, type_))


def _usage_plans(
    settings: StackSettings, naming: Naming, foundation: Foundation, apis: Mapping[str, RestApi]
) -> UsagePlans | None:
    plans: list[UsagePlanArgs] = []
    for plan in settings.edge.usage_plans:
        limits: UsagePlanArgs = {"name": plan.name, "keys": plan.keys, "rate": plan.rate, "burst": plan.burst}
        if plan.quota is not None:
            limits["quota"], limits["period"] = plan.quota, str(plan.period)
        plans.append(limits)
    if not plans or API not in apis:
        return None
    stage = apis[API]
    return UsagePlans(
        naming.name("usage-plans"),
        {"stages": [{"api_id": stage.api_id, "stage": stage.stage_name}], "plans": plans, "tags": naming.tags},
        foundation.options,
    )


def _firewall(
    settings: StackSettings, naming: Naming, foundation: Foundation, apis: Mapping[str, RestApi]
) -> "WebFirewall | None":
    firewall = settings.edge.firewall
    if firewall is None:
        return None
    from components.aws.web_firewall import WebFirewall  # noqa: PLC0415  # its SDK types take 25 MB, and few stacks have one

    args: WebFirewallArgs = {
        "resources": {role: api.stage_arn for role, api in apis.items()},
        "managed_rules": firewall.managed_rules,
        "blocked_countries": firewall.blocked_countries,
        "blocked_cidrs": firewall.blocked_cidrs,
        "count_only": firewall.count_only,
        "log_retention_days": settings.edge.access_log_retention_days,
        "key_arn": foundation.keys.logs_key_arn,
        "tags": naming.tags,
    }
    if firewall.rate_limit is not None:
        args["rate_limit"] = firewall.rate_limit
    return WebFirewall(naming.name("firewall"), args, foundation.options)
