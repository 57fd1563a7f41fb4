"""ECR: clean requests pass, and their outputs are what programs read."""

import json

import pytest
from aws_cases.case import Scene, Step
from aws_cases.ecr import SCANNING, TEMPLATE
from aws_cases.given import KEY
from aws_cases.registry_backup import CACHE_RULE, LIFECYCLE, REPLICATION, REPOSITORY, RULE, selecting
from aws_cases.service_given import changed, policy_for
from hypothesis import given
from hypothesis import strategies as st

from apim_infra.rehearsal.provider import Request
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.ecr import lifecycle_faults

PATTERN = {"filter": "dev*", "filterType": "WILDCARD"}
DESTINATIONS = {"rules": [{"destinations": [{"region": "eu-west-1", "registryId": "111122223333"}]}]}
CREDENTIALS = Step(tokens.SECRET, "credentials", {"name": "ecr-pullthroughcache/hub"})
TOKEN = Step(
    "aws:secretsmanager/secretVersion:SecretVersion",
    "token",
    {"secretId": "${credentials.id}", "secretString": '{"username":"apim","accessToken":"token"}'},
)
KEPT = {
    "rulePriority": 2,
    "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 30},
    "action": {"type": "expire"},
}
TAGGED = {**selecting(tagStatus="tagged", tagPatternList=["v*"]), "rulePriority": 1}


def scene_of(*steps: Step) -> Scene:
    scene = Scene()
    for step in steps:
        scene.create(step)
    return scene


@pytest.mark.parametrize(
    "steps",
    [
        (changed(REPOSITORY, name="a__b/c-d.e/f1"),),
        (
            changed(
                REPOSITORY,
                imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
                imageTagMutabilityExclusionFilters=[PATTERN],
            ),
        ),
        (KEY, changed(REPOSITORY, encryptionConfigurations=[{"encryptionType": "KMS", "kmsKey": "${key.arn}"}])),
        (REPOSITORY, changed(LIFECYCLE, policy=json.dumps({"rules": [RULE, KEPT]}))),
        (REPOSITORY, changed(LIFECYCLE, policy=json.dumps({"rules": [TAGGED, KEPT]}))),
        (
            REPOSITORY,
            Step(
                "aws:ecr/repositoryPolicy:RepositoryPolicy",
                "policy",
                {
                    "repository": "${repository.name}",
                    "policy": policy_for("codebuild.amazonaws.com", "ecr:GetDownloadUrlForLayer"),
                },
            ),
        ),
        (CACHE_RULE,),
        (
            CREDENTIALS,
            TOKEN,
            changed(
                CACHE_RULE,
                ecrRepositoryPrefix="hub",
                upstreamRegistryUrl="registry-1.docker.io",
                credentialArn="${credentials.arn}",
            ),
        ),
        (changed(REPLICATION, replicationConfiguration=DESTINATIONS),),
        (SCANNING,),
        (TEMPLATE,),
    ],
)
def test_clean_requests_pass(steps: tuple[Step, ...]) -> None:
    assert set(scene_of(*steps).made) == {step.name for step in steps}


def test_a_repository_answers_with_its_address() -> None:
    made = scene_of(REPOSITORY).made["repository"][1]
    assert made.outputs["repositoryUrl"] == "111122223333.dkr.ecr.eu-central-1.amazonaws.com/apim/gateway"
    assert made.outputs["registryId"] == "111122223333"
    assert made.outputs["arn"] == "arn:aws:ecr:eu-central-1:111122223333:repository/apim/gateway"
    assert made.id == made.outputs["name"] == "apim/gateway"


def test_another_lifecycle_replaces_the_old_one_after_its_deletion() -> None:
    scene = scene_of(REPOSITORY, changed(LIFECYCLE, policy=json.dumps({"rules": [RULE]})))
    before, made = scene.made["lifecycle"]
    inputs = {**before.inputs, "policy": json.dumps({"rules": [KEPT]})}
    found = scene.twin.diff(
        Request(
            urn=before.urn,
            type=before.type,
            name=before.name,
            inputs=inputs,
            provider=before.provider,
            id=made.id,
            old_inputs=before.inputs,
            old_outputs=made.outputs,
        )
    )
    assert found.replaced_by == ("policy",)
    assert found.delete_before_replace


@given(st.integers(min_value=1, max_value=1000), st.integers(min_value=1, max_value=1000))
def test_whole_counts_have_no_fault(days: int, images: int) -> None:
    kept = {**KEPT, "selection": {**KEPT["selection"], "countNumber": images}}
    assert lifecycle_faults({"rules": [selecting(countNumber=days), kept]}) == []


@given(st.integers(max_value=0))
def test_counts_below_one_are_faults(count: int) -> None:
    assert lifecycle_faults({"rules": [selecting(countNumber=count)]})
