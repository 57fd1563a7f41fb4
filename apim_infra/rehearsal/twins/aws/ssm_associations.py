"""Rows of Systems Manager's State Manager: documents that are run on instances, and waited for."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.ec2.interfaces import subnet_of_instance
from apim_infra.rehearsal.twins.aws.table import Reference, ResourceType
from apim_infra.rehearsal.twins.aws.ways_out import way_out
from apim_infra.rehearsal.twins.cloud.world import Thing

SOURCE = "Systems Manager API model, botocore 1.44.5; Systems Manager user guide, State Manager, 2026"
DOCUMENT = "aws:ssm/document:Document"
PARAMETERS: Mapping[str, frozenset[str]] = {
    "AWS-RunShellScript": frozenset({"commands", "workingDirectory", "executionTimeout"}),
    "AWS-RunPowerShellScript": frozenset({"commands", "workingDirectory", "executionTimeout"}),
}
"""Parameters of AWS's own documents that run commands."""
SCHEDULE = re.compile(r"cron\((\S+ ){5}\S+\)|rate\(\d+ (minute|hour|day)s?\)|at\(.+\)")
SERVICES = ("ssm", "ssmmessages")
"""Endpoints without which the agent of an instance without a way out is never heard of (Systems Manager user guide, VPC endpoints)."""
MOST_TARGETS = 5


def _document(context: Context) -> Iterator[Problem]:
    name = context.value("name")
    if name and not re.match(r"AWS[A-Za-z]*-|Amazon|arn:", str(name)) and not context.find(DOCUMENT, name, "name"):
        yield context.problem(
            "InvalidDocument", f"Document with name {name} does not exist.", "name", "name one that exists"
        )
    allowed = PARAMETERS.get(str(name))
    given: Mapping[str, Any] = context.inputs.get("parameters") or {}
    if allowed is None:
        return
    for key in sorted(given.keys() - allowed):
        message = f"Parameter {key} not defined in document {name}"
        yield context.problem("InvalidParameters", message, f"parameters.{key}", f"it has {', '.join(sorted(allowed))}")
    if not given.get("commands"):
        yield context.problem(
            "InvalidParameters", "Parameter commands requires a value", "parameters.commands", "give it"
        )


def _schedule(context: Context) -> Iterator[Problem]:
    for schedule in context.get("scheduleExpression"):
        if not SCHEDULE.fullmatch(str(schedule)):
            message = f"Invalid schedule expression: {schedule}"
            yield context.problem("InvalidSchedule", message, "scheduleExpression", "write cron(0 3 ? * SUN *)")


def _targets(context: Context) -> Iterator[Problem]:
    targets = context.get("targets[*]")
    if len(targets) > MOST_TARGETS:
        yield context.problem("InvalidTarget", f"At most {MOST_TARGETS} targets are allowed", "targets", "name fewer")
    for index, target in enumerate(targets):
        if target.get("key") == "InstanceIds":
            for place, value in enumerate(target.get("values") or ()):
                yield from _instance(context, value, f"targets[{index}].values[{place}]")


def _instance(context: Context, value: Any, path: str) -> Iterator[Problem]:
    if value in (UNKNOWN, "*"):
        return
    instance = context.find(tokens.INSTANCE, value)
    if instance is None:
        message = f"Instances [[{value}]] not in a valid state for account {context.account}"
        yield context.problem("InvalidInstanceId", message, path, "name one that runs")
    elif context.value("waitForSuccessTimeoutSeconds"):
        yield from _reached(context, instance, path)


def _reached(context: Context, instance: Thing, path: str) -> Iterator[Problem]:
    """Yield why an instance that is waited for will never report."""
    if not instance.inputs.get("iamInstanceProfile"):
        message = f"timeout while waiting for the association's success: {instance.id} has no instance profile, so its agent may not register"
        yield context.problem("Pending", message, path, "give the instance a role with AmazonSSMManagedInstanceCore")
    inner = Context(
        context.request, context.row, context.world, context.region, context.provider_region, instance.inputs
    )
    subnet = subnet_of_instance(inner)
    if subnet is None or way_out(context, subnet) != "none":
        return
    names = {
        str(endpoint["serviceName"]).removeprefix(f"com.amazonaws.{context.region}.")
        for endpoint in context.world.all(tokens.VPC_ENDPOINT, context.region)
        if endpoint["vpcId"] == subnet["vpcId"]
    }
    if missing := [service for service in SERVICES if service not in names]:
        message = f"timeout while waiting for the association's success: {subnet.id} has no way to {', '.join(missing)}"
        yield context.problem(
            "Pending", message, path, f"route it to a NAT gateway, or make endpoints of {', '.join(missing)}"
        )


def _outputs(context: Context) -> Mapping[str, Any]:
    return {
        "associationId": context.id,
        "arn": f"arn:aws:ssm:{context.region}:{context.account}:association/{context.id}",
        "documentVersion": context.value("documentVersion", "$DEFAULT"),
    }


ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        token="aws:ssm/association:Association",  # noqa: S106  a type token, no secret
        kind="association",
        identifier="{uuid}",
        references=(
            Reference(
                "outputLocation.s3BucketName", (tokens.BUCKET, tokens.BUCKET_V2), "InvalidOutputLocation", by="bucket"
            ),
        ),
        create_only=frozenset({"name"}),
        required=("name",),
        enums={
            "complianceSeverity": ("CRITICAL", "HIGH", "MEDIUM", "LOW", "UNSPECIFIED"),
            "syncCompliance": ("AUTO", "MANUAL"),
        },
        patterns={
            "associationName": r"[a-zA-Z0-9_\-.]{3,128}",
            "maxErrors": r"([1-9][0-9]*|[0]|[1-9][0-9]%|[0-9]%|100%)",
            "maxConcurrency": r"([1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%)",
        },
        value_code="ValidationException",
        missing_code="ValidationException",
        rules=(_document, _schedule, _targets),
        outputs=_outputs,
        not_verified=("whether the commands of an association succeed",),
        source=SOURCE,
    ),
)
