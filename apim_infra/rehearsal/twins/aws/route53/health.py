"""Health checks."""

import ipaddress
from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import located
from apim_infra.rehearsal.twins.aws.table import Quota, Reference, ResourceType

SOURCE = "Route 53 API model, botocore 1.44.5"
INVALID = "InvalidInput"
HEALTH_CHECK_TOKEN = "aws:route53/healthCheck:HealthCheck"  # noqa: S105  a type token, no secret
ENDPOINT = ("HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP")
MATCHING = ("HTTP_STR_MATCH", "HTTPS_STR_MATCH")


def _endpoint(context: Context) -> Iterator[Problem]:
    kind = context.value("type")
    if kind not in ENDPOINT:
        return
    if context.value("fqdn") is None and context.value("ipAddress") is None:
        message = "Invalid parameter: An IP address or a fully qualified domain name must be specified"
        yield context.problem(INVALID, message, "fqdn", "Set fqdn or ipAddress.")
    if kind == "TCP" and context.value("port") is None:
        yield context.problem(INVALID, "Invalid parameter: Port must be specified for TCP health checks", "port")
    if kind in MATCHING and not context.value("searchString"):
        message = "Invalid parameter: SearchString must be specified"
        yield context.problem(INVALID, message, "searchString", "Set searchString.")
    if kind not in MATCHING and context.value("searchString"):
        message = f"Invalid parameter: SearchString cannot be specified for {kind}"
        yield context.problem(INVALID, message, "searchString", "Leave it out.")
    if context.value("requestInterval") is None:
        message = "request_interval must be set for a health check of an endpoint"
        yield context.problem(INVALID, message, "requestInterval", "Set 10 or 30.", "own knowledge")
    elif context.value("requestInterval") not in (10, 30):
        message = f"Invalid parameter: RequestInterval {context.value('requestInterval')} must be 10 or 30"
        yield context.problem(INVALID, message, "requestInterval", "Set 10 or 30.")
    for place, address in located(context, "ipAddress"):
        if _reserved(str(address)):
            message = f"Invalid parameter: {address} is a private or reserved address"
            yield context.problem(INVALID, message, place, "Health checkers come from the internet.")


def _reserved(address: str) -> bool:
    try:
        return not ipaddress.ip_address(address).is_global
    except ValueError:
        return True


def _others(context: Context) -> Iterator[Problem]:
    kind = context.value("type")
    if kind == "CALCULATED" and not context.value("childHealthchecks"):
        message = "Invalid parameter: ChildHealthChecks must be specified"
        yield context.problem(INVALID, message, "childHealthchecks", "Name health checks.")
    if kind == "CLOUDWATCH_METRIC" and not (
        context.value("cloudwatchAlarmName") and context.value("cloudwatchAlarmRegion")
    ):
        message = "Invalid parameter: AlarmIdentifier must be specified"
        yield context.problem(INVALID, message, "cloudwatchAlarmName", "Set cloudwatchAlarmName and its region.")
    path = context.value("resourcePath")
    if path is not None and kind == "TCP":
        message = "Invalid parameter: ResourcePath cannot be specified for TCP"
        yield context.problem(INVALID, message, "resourcePath", "Leave it out.")
    regions = context.get("regions[*]")
    if regions and len(regions) < 3:
        message = "Invalid parameter: Regions must have at least 3 elements"
        yield context.problem(INVALID, message, "regions", "Name three regions or none.")


HEALTH_CHECK = ResourceType(
    token=HEALTH_CHECK_TOKEN,
    kind="health check",
    identifier="{uuid}",
    arn="arn:aws:route53:::healthcheck/{id}",
    references=(
        Reference(
            "childHealthchecks[*]",
            HEALTH_CHECK_TOKEN,
            INVALID,
            message="Invalid parameter: the child health check {value} does not exist",
            holds=True,
            held_code="HealthCheckInUse",
        ),
    ),
    create_only=frozenset({"type", "requestInterval", "measureLatency", "referenceName"}),
    ranges={"port": (1, 65535), "failureThreshold": (1, 10)},
    value_code=INVALID,
    missing_code=INVALID,
    cloudformation="AWS::Route53::HealthCheck",
    renamed={
        "type": "HealthCheckConfig.Type",
        "regions": "HealthCheckConfig.Regions",
        "fqdn": "HealthCheckConfig.FullyQualifiedDomainName",
        "resourcePath": "HealthCheckConfig.ResourcePath",
        "searchString": "HealthCheckConfig.SearchString",
        "insufficientDataHealthStatus": "HealthCheckConfig.InsufficientDataHealthStatus",
        "cloudwatchAlarmRegion": "HealthCheckConfig.AlarmIdentifier.Region",
        "ipAddress": "HealthCheckConfig.IPAddress",
    },
    rules=(_endpoint, _others),
    quota=Quota(200, ("account",), "TooManyHealthChecks"),
    regional=False,
    source=SOURCE,
)
