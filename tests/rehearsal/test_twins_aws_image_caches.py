"""Pull-through caches and endpoints: wrong requests are refused with AWS's code, clean ones pass."""

import pytest
from aws_cases.case import Case, Scene, Step, refusals
from aws_cases.ecr import TEMPLATE
from aws_cases.endpoints import ENDPOINT
from aws_cases.given import SUBNET, VPC
from aws_cases.given import TABLE as ROUTES
from aws_cases.image_caches import CASES, GATEWAY, HUB, INTERFACE, S3, SECRET, VALUE, ZONE
from aws_cases.registry_backup import CACHE_RULE
from aws_cases.service_given import changed, named

from apim_infra.rehearsal.twins.aws import tokens


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.wrong)
def test_wrong_requests_are_refused_with_the_code_of_aws(case: Case) -> None:
    problems = [problem for problem in refusals(case) if not problem.warning]
    assert case.code in {problem.code for problem in problems}, problems
    assert case.path in {problem.path for problem in problems if problem.code == case.code}


@pytest.mark.parametrize(
    "steps",
    [
        (CACHE_RULE,),
        (changed(CACHE_RULE, ecrRepositoryPrefix="apim-dev/quay", upstreamRepositoryPrefix="jetstack"),),
        (SECRET, VALUE, HUB),
        (changed(TEMPLATE, appliedFors=["PULL_THROUGH_CACHE", "REPLICATION"], description="a" * 256),),
        (VPC, SUBNET, changed(ZONE, name="ecr.eu-central-1.amazonaws.com"), ENDPOINT),
        (VPC, SUBNET, changed(ZONE, vpcs=[]), ENDPOINT),
        (
            VPC,
            SUBNET,
            ROUTES,
            GATEWAY,
            Step(
                tokens.VPC_ENDPOINT,
                "interface",
                {
                    **INTERFACE,
                    "serviceName": S3,
                    "privateDnsEnabled": True,
                    "dnsOptions": {"privateDnsOnlyForInboundResolverEndpoint": True},
                },
            ),
        ),
        (VPC, ROUTES, GATEWAY, named(GATEWAY, "dynamodb", serviceName="com.amazonaws.eu-central-1.dynamodb")),
    ],
    ids=lambda steps: steps[-1].name,
)
def test_clean_requests_pass(steps: tuple[Step, ...]) -> None:
    scene = Scene()
    for step in steps:
        scene.create(step)
    assert set(scene.made) == {step.name for step in steps}
