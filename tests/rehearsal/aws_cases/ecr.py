"""Repositories and their policies."""

from aws_cases.case import Case, Step

from apim_infra.rehearsal.twins.aws import tokens

CASES = (
    Case(
        "ECR",
        "repository name in upper case",
        Step(tokens.REPOSITORY, "wrong", {"name": "Apim"}),
        "InvalidParameterException",
        path="name",
    ),
)
