"""Rules of pull-through caches and of the templates for their repositories, beside those of `ecr_registry`."""

import re
from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import repeated
from apim_infra.rehearsal.twins.cloud.values import is_mapping

INVALID = "InvalidParameterException"
MODEL = "ECR API model, botocore 1.44.5"
UPSTREAM_PREFIX = r"ROOT|(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*"
LONGEST_DESCRIPTION = 256
SECRET_VERSION = "aws:secretsmanager/secretVersion:SecretVersion"  # noqa: S105  a type token, no secret
MOST_TAGS = 50
"""Tags of a repository (ECR API reference)."""


def cache_prefixes(context: Context) -> Iterator[Problem]:
    """Hold both prefixes of a cache rule to their lengths and characters."""
    prefix = context.value("ecrRepositoryPrefix", "")
    if len(str(prefix)) == 1:
        message = "Invalid parameter at 'ecrRepositoryPrefix' failed to satisfy constraint: 'must have length greater than or equal to 2'"
        yield context.problem(INVALID, message, "ecrRepositoryPrefix", "Use 2 to 30 characters.", MODEL)
    upstream = context.value("upstreamRepositoryPrefix")
    if upstream is not None and not re.fullmatch(UPSTREAM_PREFIX, str(upstream)):
        message = f"Invalid parameter at 'upstreamRepositoryPrefix' failed to satisfy constraint: {upstream}"
        yield context.problem(INVALID, message, "upstreamRepositoryPrefix", "Write it as a repository's name.", MODEL)


def cache_credential(context: Context) -> Iterator[Problem]:
    """Hold the login of a cache rule to a secret of this region that has a value."""
    arn = context.value("credentialArn")
    if not isinstance(arn, str):
        return
    parts = arn.split(":")
    if len(parts) < 7 or parts[2] != "secretsmanager":
        message = f"Invalid parameter at 'credentialArn' failed to satisfy constraint: {arn}"
        yield context.problem(INVALID, message, "credentialArn", "Give the ARN of a secret.", MODEL)
        return
    secret = context.find(tokens.SECRET, arn, "arn")
    if secret is None or secret.assumed:
        return
    if not any(version["secretId"] in (secret.id, arn, secret["name"]) for version in context.all(SECRET_VERSION)):
        message = "The secret specified in the pull through cache rule has no value that could be read"
        hint = "Make the secret's value first: {username, accessToken}."
        yield context.problem("UnableToAccessSecretException", message, "credentialArn", hint, MODEL)


def template_inputs(context: Context) -> Iterator[Problem]:
    """Hold a template to its events, its description and its tags."""
    events = context.get("appliedFors[*]")
    if context.inputs.get("appliedFors") == []:
        message = "Invalid parameter at 'appliedFor': a template applies to at least one event"
        yield context.problem(INVALID, message, "appliedFors", "Name PULL_THROUGH_CACHE or REPLICATION.", MODEL)
    for event in repeated(events):
        message = f"Invalid parameter at 'appliedFor': {event} is given twice"
        yield context.problem(INVALID, message, "appliedFors", "Name each event once.", MODEL)
    if len(str(context.value("description", ""))) > LONGEST_DESCRIPTION:
        message = "Invalid parameter at 'description' failed to satisfy constraint: 'must have length less than or equal to 256'"
        yield context.problem(INVALID, message, "description", "Shorten it.", MODEL)
    tags = context.value("resourceTags")
    if is_mapping(tags):
        reserved = [key for key in tags if str(key).lower().startswith("aws:")]
        if reserved:
            message = f"Tag keys starting with 'aws:' are reserved for system use: {', '.join(reserved)}"
            yield context.problem("InvalidTagParameterException", message, "resourceTags", "Rename the tag.", MODEL)
        if len(tags) > MOST_TAGS:
            message = f"The list of tags on the repository is over the limit. The maximum number of tags is {MOST_TAGS}"
            yield context.problem("TooManyTagsException", message, "resourceTags", "Give fewer tags.", MODEL)
