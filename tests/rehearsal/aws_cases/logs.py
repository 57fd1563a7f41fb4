"""Log groups, their policies and filters."""

from aws_cases.case import Case, Step

from apim_infra.rehearsal.twins.aws import tokens

CASES = (
    Case(
        "CloudWatch Logs",
        "retention that is not offered",
        Step(tokens.LOG_GROUP, "wrong", {"name": "group", "retentionInDays": 31}),
        "InvalidParameterException",
        path="retentionInDays",
    ),
)
