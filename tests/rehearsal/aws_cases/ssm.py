"""Parameters."""

from aws_cases.case import Case, Step

from apim_infra.rehearsal.twins.aws import tokens

CASES = (
    Case(
        "SSM",
        "parameter of an unknown type",
        Step("aws:ssm/parameter:Parameter", "wrong", {"name": "version", "type": "Text", "value": "1"}),
        "ValidationException",
        path="type",
    ),
)
