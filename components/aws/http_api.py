"""An HTTP API of API Gateway before a private load balancer."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.tags import Tags
from components.common import refuse

ACCESS_LOG: Mapping[str, str] = {
    "time": "$context.requestTime",
    "request_id": "$context.requestId",
    "host": "$context.domainName",
    "client": "$context.identity.sourceIp",
    "client_certificate": "$context.identity.clientCert.subjectDN",
    "user_agent": "$context.identity.userAgent",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "route": "$context.routeKey",
    "protocol": "$context.protocol",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "milliseconds": "$context.responseLatency",
    "gateway_status": "$context.integration.status",
    "gateway_milliseconds": "$context.integration.latency",
    "gateway_error": "$context.integrationErrorMessage",
    "error": "$context.error.message",
}
"""What a record of one request says, by its field (API Gateway developer guide, logging variables of HTTP APIs)."""

TIMEOUT_MILLISECONDS = 30000
"""How long the gateways may take, the most that an HTTP API waits."""


class OperationArgs(TypedDict):
    """An operation that clients may call."""

    api: str
    """Name of the document that it comes from."""
    method: str
    """In capitals, such as `GET`."""
    path: str
    """Path with variables in braces, such as `/orders/{id}`."""


class CorsArgs(TypedDict):
    """Cross-origin requests that browsers may make."""

    origins: Sequence[str]
    """Origins, or `*` for every one."""
    methods: Sequence[str]
    """Methods."""
    headers: Sequence[str]
    """Request headers."""
    credentials: NotRequired[bool]
    """Whether cookies and authorization headers are sent along; default false."""
    max_age_seconds: NotRequired[int]
    """How long browsers remember the answer, in seconds; default 3600."""


class HttpApiArgs(TypedDict):
    """Arguments of `HttpApi`."""

    listener_arn: pulumi.Input[str]
    """Listener of the load balancer, where TLS is spoken."""
    vpc_link_id: pulumi.Input[str]
    """VPC link into the load balancer's network."""
    server_name: str
    """Host that the gateways serve: API Gateway checks their certificate for it, and sends it as SNI and as Host."""
    domain_name: pulumi.Input[str]
    """Domain name of API Gateway to which the API is mapped as a whole; there is no other way in."""
    former_mapping: NotRequired[pulumi.Input[str]]
    """URN of the mapping by which the domain name led to another API until now: it is led here in place, since a domain name has one at a time."""
    operations: NotRequired[Sequence[OperationArgs]]
    """Operations that have a route of their own; none by default."""
    forward_unlisted: NotRequired[bool]
    """Whether paths without a route of their own are forwarded too, instead of answered with 404; default true."""
    cors: NotRequired[CorsArgs]
    """Cross-origin requests, answered by the API; left to the gateways by default."""
    rate: NotRequired[int]
    """Steady rate above which requests are answered with 429, in requests per second; the account's quota by default."""
    burst: NotRequired[int]
    """Requests that may come at once; the account's quota by default."""
    log_retention_days: NotRequired[pulumi.Input[int]]
    """How long access logs are kept, in days, one of CloudWatch's periods; default 90."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of the access logs, which must allow CloudWatch Logs; CloudWatch's own key by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def route_problems(
    operations: Sequence[OperationArgs], cors: CorsArgs | None, *, forward_unlisted: bool
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with what an API answers, HTTP API or REST API."""
    if not operations and not forward_unlisted:
        yield "operations", "the API would refuse every request: give operations, or set forward_unlisted"
    keys = [route_key(operation) for operation in operations]
    for key in dict.fromkeys(key for key in keys if keys.count(key) > 1):
        yield "operations", f"{key} occurs twice: give each method and path once"
    if cors is not None and cors.get("credentials", False) and "*" in cors["origins"]:
        yield "cors.origins", "browsers refuse credentials for every origin: list the origins, or leave credentials out"


def route_key(operation: OperationArgs) -> str:
    """Return the key by which API Gateway finds the route of an operation."""
    return f"{operation['method']} {operation['path']}"


class ApiRoutesArgs(TypedDict):
    """Arguments of `ApiRoutes`."""

    api_id: pulumi.Input[str]
    """The HTTP API."""
    target: pulumi.Input[str]
    """What the routes lead to, `integrations/` and the identifier of an integration."""
    operations: Sequence[OperationArgs]
    """Operations of the document."""


class ApiRoutes(pulumi.ComponentResource):
    """The routes of one document."""

    def __init__(self, name: str, args: ApiRoutesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:ApiRoutes", name, {**args}, opts)
        self.routes = {
            route_key(operation): aws.apigatewayv2.Route(
                f"{name}-{route_label(route_key(operation))}",
                api_id=args["api_id"],
                route_key=route_key(operation),
                target=args["target"],
                opts=pulumi.ResourceOptions(parent=self),
            )
            for operation in args["operations"]
        }
        self.register_outputs({})


def route_label(key: str) -> str:
    """Return what a route is called by its key: readable, and different for keys that differ in signs alone."""
    words = re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-")
    return f"{words}-{hashlib.sha256(key.encode()).hexdigest()[:6]}"


class HttpApi(pulumi.ComponentResource):
    """An HTTP API that forwards to a private load balancer over TLS, with routes, limits and access logs.

    It is reached by its domain name alone, since the address that AWS gives every API is switched off. Each document's routes are a group of
    their own: a change of a document changes its own routes only.
    """

    api_id: pulumi.Output[str]
    """Identifier of the API, a dimension of its metrics."""
    log_group_name: pulumi.Output[str]
    """Log group of the access logs."""

    def __init__(self, name: str, args: HttpApiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:HttpApi", name, {**args}, opts)
        refuse(
            name,
            route_problems(
                args.get("operations", ()), args.get("cors"), forward_unlisted=args.get("forward_unlisted", True)
            ),
        )
        child = pulumi.ResourceOptions(parent=self)
        tags = args.get("tags")
        self.api = aws.apigatewayv2.Api(
            f"{name}-api",
            protocol_type="HTTP",
            description=f"Front end of {args['server_name']}",
            disable_execute_api_endpoint=True,
            cors_configuration=_cors(args),
            tags=tags,
            opts=child,
        )
        self.integration = aws.apigatewayv2.Integration(
            f"{name}-gateways",
            api_id=self.api.id,
            integration_type="HTTP_PROXY",
            integration_method="ANY",
            integration_uri=args["listener_arn"],
            connection_type="VPC_LINK",
            connection_id=args["vpc_link_id"],
            payload_format_version="1.0",
            timeout_milliseconds=TIMEOUT_MILLISECONDS,
            tls_config=aws.apigatewayv2.IntegrationTlsConfigArgs(server_name_to_verify=args["server_name"]),
            # The gateways find host and route by it; without the mapping they would see the load balancer's name.
            request_parameters={"overwrite:header.host": args["server_name"]},
            opts=child,
        )
        target = pulumi.Output.concat("integrations/", self.integration.id)
        self.documents = self._documents(name, args.get("operations", ()), target)
        self.unlisted = (
            aws.apigatewayv2.Route(
                f"{name}-unlisted", api_id=self.api.id, route_key="$default", target=target, opts=child
            )
            if args.get("forward_unlisted", True)
            else None
        )
        self.log_group = aws.cloudwatch.LogGroup(
            f"{name}-access",
            retention_in_days=args.get("log_retention_days", 90),
            kms_key_id=args.get("key_arn"),
            tags=tags,
            opts=child,
        )
        self.stage = aws.apigatewayv2.Stage(
            f"{name}-stage",
            api_id=self.api.id,
            name="$default",
            auto_deploy=True,
            access_log_settings=aws.apigatewayv2.StageAccessLogSettingsArgs(
                destination_arn=self.log_group.arn, format=json.dumps(ACCESS_LOG, separators=(",", ":"))
            ),
            default_route_settings=aws.apigatewayv2.StageDefaultRouteSettingsArgs(
                throttling_rate_limit=args.get("rate"), throttling_burst_limit=args.get("burst")
            ),
            tags=tags,
            opts=child,
        )
        self.mapping = aws.apigatewayv2.ApiMapping(
            f"{name}-mapping",
            api_id=self.api.id,
            domain_name=args["domain_name"],
            stage=self.stage.name,
            opts=pulumi.ResourceOptions(
                parent=self, aliases=[args["former_mapping"]] if "former_mapping" in args else None
            ),
        )
        self.api_id = self.api.id
        self.log_group_name = self.log_group.name
        self.register_outputs({"api_id": self.api_id, "log_group_name": self.log_group_name})

    def _documents(
        self, name: str, operations: Sequence[OperationArgs], target: pulumi.Output[str]
    ) -> dict[str, ApiRoutes]:
        """Make the routes of each document."""
        documents: dict[str, list[OperationArgs]] = {}
        for operation in operations:
            documents.setdefault(operation["api"], []).append(operation)
        return {
            document: ApiRoutes(
                f"{name}-{document}",
                {"api_id": self.api.id, "target": target, "operations": described},
                pulumi.ResourceOptions(parent=self),
            )
            for document, described in documents.items()
        }


def _cors(args: HttpApiArgs) -> aws.apigatewayv2.ApiCorsConfigurationArgs | None:
    cors = args.get("cors")
    if cors is None:
        return None
    return aws.apigatewayv2.ApiCorsConfigurationArgs(
        allow_origins=list(cors["origins"]),
        allow_methods=list(cors["methods"]),
        allow_headers=list(cors["headers"]),
        allow_credentials=cors.get("credentials", False),
        max_age=cors.get("max_age_seconds", 3600),
    )
