"""Methods of a REST API: those that lead to the private load balancer, and those that answer the questions of browsers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.http_api import CorsArgs
from components.aws.rest_paths import RestPath

TIMEOUT_MILLISECONDS = 29000
"""How long the gateways may take, the most that a REST API waits under the default quota."""
OPTIONS = "OPTIONS"


@dataclass(frozen=True, slots=True)
class Gateways:
    """Where requests are forwarded to."""

    vpc_link_id: pulumi.Input[str]
    """VPC link into the network."""
    load_balancer_arn: pulumi.Input[str]
    """The load balancer."""
    server_name: str
    """Host that its certificate is for: SNI and Host of the requests."""


class Methods:
    """The methods of one resource: children of the component that makes the API."""

    def __init__(
        self,
        prefix: str,
        api: aws.apigateway.RestApi,
        resource_id: pulumi.Input[str],
        place: RestPath,
        parent: pulumi.ComponentResource,
    ) -> None:
        self._prefix = f"{prefix}-{place.label}"
        self._api = api
        self._resource_id = resource_id
        self._place = place
        self._child = pulumi.ResourceOptions(parent=parent)
        self.made: list[pulumi.Resource] = []
        """What must be there before the API is deployed."""

    def forward(self, method: str, gateways: Gateways, *, key_required: bool) -> None:
        """Send the requests of a method on, path and query as they are."""
        variables = self._place.variables
        name = f"{self._prefix}-{method.lower()}"
        made = aws.apigateway.Method(
            name,
            rest_api=self._api.id,
            resource_id=self._resource_id,
            http_method=method,
            authorization="NONE",  # the gateways behind it authorise
            api_key_required=key_required,
            request_parameters={f"method.request.path.{variable}": True for variable in variables},
            opts=self._child,
        )
        integration = aws.apigateway.Integration(
            f"{name}-gateways",
            rest_api=self._api.id,
            resource_id=self._resource_id,
            http_method=made.http_method,
            type="HTTP_PROXY",
            integration_http_method=method,
            uri=uri(gateways.server_name, self._place),
            connection_type="VPC_LINK",
            connection_id=gateways.vpc_link_id,
            integration_target=gateways.load_balancer_arn,
            request_parameters={
                f"integration.request.path.{variable}": f"method.request.path.{variable}" for variable in variables
            },
            timeout_milliseconds=TIMEOUT_MILLISECONDS,
            # The mapping is checked against the method's parameters.
            opts=pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=[made])),
        )
        self.made += [made, integration]

    def preflight(self, cors: CorsArgs) -> None:
        """Answer the question that a browser asks before a request to another origin; no key is asked for, since browsers send none with it."""
        name = f"{self._prefix}-preflight"
        method = aws.apigateway.Method(
            name,
            rest_api=self._api.id,
            resource_id=self._resource_id,
            http_method=OPTIONS,
            authorization="NONE",
            api_key_required=False,
            opts=self._child,
        )
        integration = aws.apigateway.Integration(
            f"{name}-mock",
            rest_api=self._api.id,
            resource_id=self._resource_id,
            http_method=method.http_method,
            type="MOCK",
            request_templates={"application/json": '{"statusCode":204}'},
            # All payloads are binary in this API, and a template needs text.
            content_handling="CONVERT_TO_TEXT",
            passthrough_behavior="WHEN_NO_MATCH",
            opts=self._child,
        )
        headers = preflight_headers(cors)
        response = aws.apigateway.MethodResponse(
            f"{name}-response",
            rest_api=self._api.id,
            resource_id=self._resource_id,
            http_method=method.http_method,
            status_code="204",
            response_parameters={f"method.response.header.{header}": True for header in headers},
            opts=self._child,
        )
        answer = aws.apigateway.IntegrationResponse(
            f"{name}-answer",
            rest_api=self._api.id,
            resource_id=self._resource_id,
            http_method=method.http_method,
            status_code=response.status_code,
            response_parameters={f"method.response.header.{header}": f"'{value}'" for header, value in headers.items()},
            response_templates={"application/json": origin_template(cors)},
            opts=pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=[integration])),
        )
        self.made += [method, integration, response, answer]


def uri(server_name: str, place: RestPath) -> str:
    """Return the address of a resource behind the API; the host is SNI and Host, the load balancer is named beside it."""
    return f"https://{server_name}{place.path.replace('+}', '}')}"


def one_origin(cors: CorsArgs) -> str | None:
    """Return the only origin that is allowed, `*` for every one, None when there are several."""
    origins = list(dict.fromkeys(cors["origins"]))
    return "*" if "*" in origins else origins[0] if len(origins) == 1 else None


def preflight_headers(cors: CorsArgs) -> Mapping[str, str]:
    """Return the headers of the answer that do not depend on the request."""
    headers = {
        "Access-Control-Allow-Methods": ",".join(cors["methods"]),
        "Access-Control-Allow-Headers": ",".join(cors["headers"]),
        "Access-Control-Max-Age": str(cors.get("max_age_seconds", 3600)),
    }
    if cors.get("credentials", False):
        headers["Access-Control-Allow-Credentials"] = "true"
    origin = one_origin(cors)
    return {**headers, "Access-Control-Allow-Origin": origin} if origin else {**headers, "Vary": "Origin"}


def origin_template(cors: CorsArgs) -> str:
    """Return the template of the answer: where several origins are allowed, it repeats the one that asks."""
    if one_origin(cors) is not None:
        return ""
    return _chosen(cors["origins"])


def _chosen(origins: Sequence[str]) -> str:
    return (
        '#set($origin = $input.params().header.get("Origin"))\n'
        '#if($origin == "")#set($origin = $input.params().header.get("origin"))#end\n'
        f"#if({json.dumps(list(origins))}.contains($origin))\n"
        '#set($context.responseOverride.header["Access-Control-Allow-Origin"] = $origin)\n'
        "#end"
    )
