"""The row of Slack channels of Amazon Q Developer in chat applications (until 2025 AWS Chatbot, whose API it keeps)."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import located, role_exists, seen, unique_by
from apim_infra.rehearsal.twins.aws.table import Name, ResourceType

SOURCE = "AWS Chatbot API model, botocore 1.44.5"
INVALID = "InvalidParameterException"
SERVICE = "chatbot.amazonaws.com"


def _topics(context: Context) -> Iterator[Problem]:
    for place, arn in located(context, "snsTopicArns[*]"):
        if not str(arn).startswith("arn:") or ":sns:" not in str(arn):
            message = f"Invalid SNS topic ARN: {arn}"
            yield context.problem(INVALID, message, place, "Give the arn output of a topic.")
        elif str(arn).endswith(".fifo"):
            message = f"FIFO topics are not supported: {arn}"
            yield context.problem(INVALID, message, place, "Use a standard topic.", "own knowledge, 2026-11")


def _outputs(context: Context) -> Mapping[str, Any]:
    arn = f"arn:aws:chatbot::{context.account}:chat-configuration/slack-channel/{context.name}"
    return {
        "chatConfigurationArn": arn,
        "slackTeamName": f"workspace {context.value('slackTeamId')}",
        "slackChannelName": f"channel {context.value('slackChannelId')}",
        "loggingLevel": context.value("loggingLevel", "NONE"),
        "guardrailPolicyArns": context.value("guardrailPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"]),
        "snsTopicArns": context.value("snsTopicArns", []),
        "userAuthorizationRequired": context.value("userAuthorizationRequired", False),
    }


SLACK_CHANNEL = ResourceType(
    token="aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration",  # noqa: S106  a type token, no secret
    kind="Slack channel configuration",
    identifier="{chatConfigurationArn}",
    name=Name(
        "configurationName",
        pattern=r"[A-Za-z0-9_-]+",
        longest=128,
        code=INVALID,
        unique=("account",),
        taken_code="ConflictException",
        automatic=False,
    ),
    create_only=frozenset({"configurationName", "slackTeamId"}),
    enums={"loggingLevel": ("ERROR", "INFO", "NONE")},
    patterns={
        "slackTeamId": r"[0-9A-Z]{1,255}",
        "slackChannelId": r"[A-Za-z0-9]{1,255}",
        "guardrailPolicyArns[*]": r"(?!.*/aws-service-role/.*)arn:aws:iam:.*",
    },
    value_code=INVALID,
    rules=(
        _topics,
        seen("snsTopicArns[*]", tokens.TOPIC, INVALID, "SNS topic", "sns"),
        role_exists("iamRoleArn", INVALID, SERVICE),
        unique_by(
            ("slackTeamId", "slackChannelId"),
            "ConflictException",
            "The channel {slackChannelId} of the workspace {slackTeamId} has a configuration already",
        ),
    ),
    outputs=_outputs,
    not_verified=("whether the Slack workspace was authorised, once and by hand, in the console of the account",),
    source=SOURCE,
)

ROWS = (SLACK_CHANNEL,)
