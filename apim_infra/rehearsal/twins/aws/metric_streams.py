"""The row of CloudWatch's metric streams."""

from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import CREATED_AT, located, repeated, role_exists, seen
from apim_infra.rehearsal.twins.aws.table import Name, ResourceType

SOURCE = "CloudWatch API model, botocore 1.44.5"
VALUE = "InvalidParameterValue"
SERVICE = "streams.metrics.cloudwatch.amazonaws.com"
FILTERS = ("includeFilters", "excludeFilters")
MOST_FILTERS = 1000


def _stream(context: Context) -> Iterator[Problem]:
    for place, arn in located(context, "firehoseArn"):
        if ":firehose:" not in str(arn):
            message = f"The parameter FirehoseArn is not the ARN of a delivery stream: {arn}"
            yield context.problem(VALUE, message, place, "Give the arn output of a delivery stream.")
        elif f":firehose:{context.region}:" not in str(arn):
            message = f"The delivery stream must be in {context.region}: {arn}"
            yield context.problem(VALUE, message, place, "Use a delivery stream of the metric stream's own region.")


def _filters(context: Context) -> Iterator[Problem]:
    for key in FILTERS:
        filters = located(context, f"{key}[*]")
        if len(filters) > MOST_FILTERS:
            message = f"{key} can have {MOST_FILTERS} elements at most"
            yield context.problem(VALUE, message, key, "Leave metric names out to take whole namespaces.")
        for place, entry in filters:
            if str(entry.get("namespace", "")).startswith(":"):
                message = "The namespace must not begin with a colon"
                yield context.problem(VALUE, message, f"{place}.namespace", "Write it as AWS/RDS.")
        for namespace in repeated([entry.get("namespace") for _, entry in filters]):
            message = f"The namespace {namespace} is named by two filters"
            yield context.problem(VALUE, message, key, "Put the metric names into one filter.")


def _statistics(context: Context) -> Iterator[Problem]:
    """Check the additional statistics: of JSON streams they may be more than percentiles (API reference)."""
    percentiles_only = str(context.value("outputFormat", "")).startswith("opentelemetry")
    for place, statistic in located(context, "statisticsConfigurations[*].additionalStatistics[*]"):
        if percentiles_only and not str(statistic).startswith("p"):
            message = (
                f"The statistic {statistic} is not supported for the output format {context.value('outputFormat')}"
            )
            yield context.problem(VALUE, message, place, "Use percentiles such as p99, or the output format json.")


METRIC_STREAM = ResourceType(
    token="aws:cloudwatch/metricStream:MetricStream",  # noqa: S106  a type token, no secret
    kind="metric stream",
    identifier="{name}",
    arn="arn:aws:cloudwatch:{region}:{account}:metric-stream/{name}",
    # Putting a stream of a name that is there changes that stream.
    name=Name("name", pattern=r"[-_A-Za-z0-9]+", longest=255, code=VALUE, unique=None),
    create_only=frozenset({"name"}),
    enums={"outputFormat": ("json", "opentelemetry0.7", "opentelemetry1.0")},
    conflicts=(("includeFilters", "excludeFilters"),),
    value_code=VALUE,
    rules=(
        _stream,
        seen("firehoseArn", tokens.DELIVERY_STREAM, VALUE, "delivery stream", "firehose"),
        _filters,
        _statistics,
        role_exists("roleArn", VALUE, SERVICE),
    ),
    outputs=lambda _: {"state": "running", "creationDate": CREATED_AT, "lastUpdateDate": CREATED_AT},
    source=SOURCE,
)

ROWS = (METRIC_STREAM,)
