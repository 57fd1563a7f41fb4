"""Secrets, their values, policies and rotation."""

from aws_cases.case import Case, Step

from apim_infra.rehearsal.twins.aws import tokens

CASES = (
    Case(
        "Secrets Manager",
        "name with a space",
        Step(tokens.SECRET, "wrong", {"name": "data base"}),
        "ValidationException",
        path="name",
    ),
)
