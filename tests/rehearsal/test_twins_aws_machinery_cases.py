"""Every wrong request of `aws_cases` is refused with AWS's own code; where moto refuses it too, both codes agree."""

import re

import boto3
import pytest
from aws_cases import all_cases
from aws_cases.case import REGION, Case, refusals
from botocore.exceptions import ClientError
from moto import mock_aws

CASES = all_cases()


def identified(case: Case) -> str:
    """Name a test by what it shows."""
    return re.sub(r"[^a-zA-Z0-9]+", "-", f"{case.service} {case.wrong}")


def test_every_kind_of_wrong_request_is_told_once() -> None:
    told = [(case.service, case.wrong) for case in CASES]
    assert len(told) == len(set(told))


@pytest.mark.parametrize("case", CASES, ids=identified)
def test_the_twin_refuses_with_the_code_of_aws(case: Case) -> None:
    problems = refusals(case)
    assert case.code in [problem.code for problem in problems], problems
    answer = next(problem for problem in problems if problem.code == case.code)
    assert answer.message
    assert answer.source
    if case.path:
        assert case.path in [problem.path for problem in problems if problem.code == case.code]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("case", [case for case in CASES if case.moto], ids=identified)
def test_moto_refuses_with_the_same_code(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert case.moto
    with mock_aws(config={"iam": {"load_aws_managed_policies": False}}), pytest.raises(ClientError) as refused:
        case.moto(lambda service: boto3.client(service, region_name=REGION))
    assert refused.value.response["Error"]["Code"] == case.code
