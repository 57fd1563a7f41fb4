"""Topics and queues."""

from aws_cases.case import Case, Step

from apim_infra.rehearsal.twins.aws import tokens

CASES = (
    Case(
        "SNS",
        "topic name with a dot",
        Step(tokens.TOPIC, "wrong", {"name": "alarms.dev"}),
        "InvalidParameter",
        path="name",
    ),
)
