"""A REST API of API Gateway before a private load balancer, and the account's role for the logs of REST APIs."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.http_api import CorsArgs, OperationArgs, route_problems
from components.aws.iam_policies import service_trust
from components.aws.rest_methods import (
    OPTIONS,
    TIMEOUT_MILLISECONDS,
    Gateways,
    Methods,
    one_origin,
    origin_template,
    preflight_headers,
    uri,
)
from components.aws.rest_paths import RestPath, rest_paths
from components.aws.tags import Tags
from components.common import after, refuse

ACCESS_LOG: Mapping[str, str] = {
    "time": "$context.requestTime",
    "request_id": "$context.requestId",
    "host": "$context.domainName",
    "client": "$context.identity.sourceIp",
    "client_certificate": "$context.identity.clientCert.subjectDN",
    "client_key": "$context.identity.apiKeyId",
    "user_agent": "$context.identity.userAgent",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "route": "$context.resourcePath",
    "protocol": "$context.protocol",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "milliseconds": "$context.responseLatency",
    "gateway_status": "$context.integration.status",
    "gateway_milliseconds": "$context.integration.latency",
    "gateway_error": "$context.integrationErrorMessage",
    "error": "$context.error.message",
    "firewall": "$context.waf.status",
}
"""What a record of one request says, by its field (API Gateway developer guide, variables for access logging of REST APIs); a key's identifier is
no secret, its value is."""
STAGE = "live"
"""Name of the only stage; clients do not see it, since the domain name leads to it."""
LOGS_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"


class ApiLoggingArgs(TypedDict):
    """Arguments of `ApiLogging`."""

    manage_role: NotRequired[bool]
    """Whether the account's role is set here; false where another stack of the account and region sets it; default true."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


class ApiLogging(pulumi.ComponentResource):
    """The role by which API Gateway writes the logs of REST APIs: AWS has one for each account and region, and no logs without it."""

    def __init__(self, name: str, args: ApiLoggingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:ApiLogging", name, {**args}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.role: aws.iam.Role | None = None
        self.rights: aws.iam.RolePolicyAttachment | None = None
        if args.get("manage_role", True):
            self.role = aws.iam.Role(
                f"{name}-role",
                assume_role_policy=service_trust("apigateway.amazonaws.com"),
                description="Writes the logs of REST APIs to CloudWatch",
                tags=args.get("tags"),
                opts=child,
            )
            self.rights = aws.iam.RolePolicyAttachment(
                f"{name}-write", role=self.role.name, policy_arn=LOGS_POLICY, opts=child
            )
            self.account = aws.apigateway.Account(
                f"{name}-account",
                cloudwatch_role_arn=self.role.arn,
                # API Gateway tries the role when it is set.
                opts=pulumi.ResourceOptions(parent=self, depends_on=[self.rights]),
            )
        else:
            self.account = aws.apigateway.Account.get(f"{name}-account", "api-gateway-account", child)
        self.register_outputs({})


class RestApiArgs(TypedDict):
    """Arguments of `RestApi`."""

    load_balancer_arn: pulumi.Input[str]
    """The private load balancer, application or network."""
    vpc_link_id: pulumi.Input[str]
    """VPC link (V2) into the load balancer's network."""
    server_name: str
    """Host that the gateways serve: API Gateway checks their certificate for it, by an authority that the public trusts, and sends it as SNI and as Host."""
    domain_name: pulumi.Input[str]
    """Domain name of API Gateway to which the API is mapped as a whole; there is no other way in."""
    former_mapping: NotRequired[pulumi.Input[str]]
    """URN of the mapping by which the domain name led to another API until now: it is led here in place, since a domain name has one at a time."""
    operations: NotRequired[Sequence[OperationArgs]]
    """Operations that have a resource and a method of their own; none by default."""
    forward_unlisted: NotRequired[bool]
    """Whether what no operation describes is forwarded too, instead of answered with 404; default true."""
    cors: NotRequired[CorsArgs]
    """Cross-origin requests: the API answers what browsers ask first; what is behind it must name the origin in its own answers, which pass as they
    are. Left to what is behind it as a whole by default."""
    key_required: NotRequired[bool]
    """Whether clients must send a key of a usage plan (header `x-api-key`); default false."""
    rate: NotRequired[int]
    """Steady rate above which requests are answered with 429, in requests per second; the account's quota by default."""
    burst: NotRequired[int]
    """Requests that may come at once; the account's quota by default."""
    tracing: NotRequired[bool]
    """Whether requests are traced by X-Ray; default false."""
    log_retention_days: NotRequired[pulumi.Input[int]]
    """How long access logs are kept, in days, one of CloudWatch's periods; default 90."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of the access logs, which must allow CloudWatch Logs; CloudWatch's own key by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


class RestApi(pulumi.ComponentResource):
    """A regional REST API that forwards to a private load balancer over TLS, with limits, access logs and one stage.

    It is reached by its domain name alone, since the address that AWS gives every API is switched off. Each path has a resource of its own, so
    that another document adds its own. What clients meet is the deployment, a picture of all of them: it is the one thing that every change
    replaces (AWS changes no deployment), and it is made before the stage moves over to it.
    """

    api_id: pulumi.Output[str]
    """Identifier of the API, a dimension of its metrics."""
    stage_arn: pulumi.Output[str]
    """ARN of the stage, for a firewall."""
    stage_name: pulumi.Output[str]
    """Name of the stage, for usage plans."""
    log_group_name: pulumi.Output[str]
    """Log group of the access logs."""

    def __init__(self, name: str, args: RestApiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:RestApi", name, {**args}, opts)
        unlisted = args.get("forward_unlisted", True)
        refuse(name, route_problems(args.get("operations", ()), args.get("cors"), forward_unlisted=unlisted))
        self._prefix = name
        child = pulumi.ResourceOptions(parent=self)
        tags = args.get("tags")
        self.api = aws.apigateway.RestApi(
            f"{name}-api",
            description=f"Front end of {args['server_name']}",
            endpoint_configuration=aws.apigateway.RestApiEndpointConfigurationArgs(types="REGIONAL"),
            disable_execute_api_endpoint=True,
            # Otherwise API Gateway takes every body for text in UTF-8.
            binary_media_types=["*/*"],
            tags=tags,
            opts=child,
        )
        self.paths = rest_paths(args.get("operations", ()), forward_unlisted=unlisted)
        self.resources: dict[str, aws.apigateway.Resource] = {}
        deployed = self._methods(args)
        self.responses = self._responses(args)
        self.deployment = aws.apigateway.Deployment(
            f"{name}-deployment",
            rest_api=self.api.id,
            triggers={"contents": self._contents(args)},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*deployed, *self.responses.values()]),
        )
        self.log_group = aws.cloudwatch.LogGroup(
            f"{name}-access",
            retention_in_days=args.get("log_retention_days", 90),
            kms_key_id=args.get("key_arn"),
            tags=tags,
            opts=child,
        )
        self.stage = aws.apigateway.Stage(
            f"{name}-stage",
            rest_api=self.api.id,
            deployment=self.deployment.id,
            stage_name=STAGE,
            access_log_settings=aws.apigateway.StageAccessLogSettingsArgs(
                destination_arn=self.log_group.arn, format=json.dumps(ACCESS_LOG, separators=(",", ":"))
            ),
            xray_tracing_enabled=args.get("tracing", False),
            tags=tags,
            opts=after(self, opts),  # the account's role for logs is there first
        )
        self.settings = aws.apigateway.MethodSettings(
            f"{name}-limits",
            rest_api=self.api.id,
            stage_name=self.stage.stage_name,
            method_path="*/*",
            settings=aws.apigateway.MethodSettingsSettingsArgs(
                metrics_enabled=True,
                throttling_rate_limit=args.get("rate"),
                throttling_burst_limit=args.get("burst"),
            ),
            opts=child,
        )
        self.mapping = aws.apigatewayv2.ApiMapping(
            f"{name}-mapping",
            api_id=self.api.id,
            domain_name=args["domain_name"],
            stage=self.stage.stage_name,
            opts=pulumi.ResourceOptions(
                parent=self, aliases=[args["former_mapping"]] if "former_mapping" in args else None
            ),
        )
        self.api_id = self.api.id
        self.stage_arn = self.stage.arn
        self.stage_name = self.stage.stage_name
        self.log_group_name = self.log_group.name
        self.register_outputs(
            {
                "api_id": self.api_id,
                "stage_arn": self.stage_arn,
                "stage_name": self.stage_name,
                "log_group_name": self.log_group_name,
            }
        )

    def _methods(self, args: RestApiArgs) -> list[pulumi.Resource]:
        """Make resources and methods, and return what a deployment must wait for."""
        gateways = Gateways(
            args["vpc_link_id"],
            args["load_balancer_arn"],
            args["server_name"],
        )
        cors, made = args.get("cors"), list[pulumi.Resource]()
        for place in self.paths.values():
            methods = Methods(self._prefix, self.api, self._resource_id(place), place, self)
            # With cors its questions are answered here, whatever a document says of OPTIONS.
            for method in place.methods:
                if cors is None or method != OPTIONS:
                    methods.forward(method, gateways, key_required=args.get("key_required", False))
            if cors is not None and place.methods:
                methods.preflight(cors)
            made += methods.made
        return made

    def _resource_id(self, place: RestPath) -> pulumi.Input[str]:
        if not place.part:
            return self.api.root_resource_id
        parent = self.resources.get(place.parent)
        self.resources[place.key] = aws.apigateway.Resource(
            f"{self._prefix}-{place.label}",
            rest_api=self.api.id,
            parent_id=self.api.root_resource_id if parent is None else parent.id,
            path_part=place.part,
            opts=pulumi.ResourceOptions(
                parent=self,
                # A variable gets another name in place; one that becomes greedy cannot keep what was below it.
                replace_on_changes=["pathPart"] if place.greedy else None,
                delete_before_replace=True if place.greedy else None,
            ),
        )
        return self.resources[place.key].id

    def _responses(self, args: RestApiArgs) -> dict[str, aws.apigateway.Response]:
        """Make the answers that API Gateway gives by itself, where its own would be wrong."""
        answers: dict[str, dict[str, Any]] = {}
        if not args.get("forward_unlisted", True):
            # API Gateway's own answer for a path that it does not know is 403.
            answers["MISSING_AUTHENTICATION_TOKEN"] = {
                "status_code": "404",
                "response_templates": {"application/json": '{"message":"Not Found"}'},
            }
        cors = args.get("cors")
        origin = one_origin(cors) if cors is not None else None
        if origin is not None:
            header = {"gatewayresponse.header.Access-Control-Allow-Origin": f"'{origin}'"}
            for kind in ("DEFAULT_4XX", "DEFAULT_5XX", *answers):
                answers[kind] = {**answers.get(kind, {}), "response_parameters": header}
        return {
            kind: aws.apigateway.Response(
                f"{self._prefix}-{kind.lower().replace('_', '-')}",
                rest_api_id=self.api.id,
                response_type=kind,
                **answer,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for kind, answer in answers.items()
        }

    def _contents(self, args: RestApiArgs) -> pulumi.Output[str]:
        """Return a digest of all that is deployed: when it changes, and only then, the API is deployed anew."""
        cors = args.get("cors")
        contents = {
            "paths": {place.path: [*place.methods, uri(args["server_name"], place)] for place in self.paths.values()},
            "timeout": TIMEOUT_MILLISECONDS,
            "key_required": args.get("key_required", False),
            "preflight": None if cors is None else [preflight_headers(cors), origin_template(cors)],
            "responses": sorted(self.responses),
            "vpc_link_id": args["vpc_link_id"],
            "load_balancer_arn": args["load_balancer_arn"],
        }
        return pulumi.Output.json_dumps(contents, sort_keys=True).apply(
            lambda text: hashlib.sha256(text.encode()).hexdigest()
        )
