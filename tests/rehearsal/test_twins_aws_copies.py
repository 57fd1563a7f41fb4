"""Copies in another region that AWS accepts and that never arrive, or that overwrite others: the twin warns."""

from typing import Any

import pytest
from aws_cases.case import Scene, Step
from aws_cases.given import KEY
from aws_cases.registry_backup import REPLICATION
from aws_cases.s3_given import BUCKET, TARGET, VERSIONS, replication, versions
from aws_cases.service_given import attached, changed, named, role

from apim_infra.rehearsal.twins.aws import tokens

HERE = {"rules": [{"destinations": [{"region": "eu-west-1", "registryId": "111122223333"}]}]}
COPIES = changed(REPLICATION, replicationConfiguration=HERE)
TEMPLATE = Step(
    "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate",
    "template",
    {"prefix": "apim", "appliedFors": ["REPLICATION"], "region": "eu-west-1"},
)
BUCKETS = (BUCKET, TARGET, VERSIONS, versions(TARGET))
REPLICATOR = role("replicator", "s3.amazonaws.com")
RIGHTS = attached(REPLICATOR, "AmazonS3FullAccess")
PRIMARY = changed(KEY, multiRegion=True)
ENCRYPTED = {"sseKmsEncryptedObjects": {"status": "Enabled"}}


def warned(step: Step, *given: Step) -> list[str]:
    scene = Scene()
    for each in given:
        scene.create(each)
    return [problem.code for problem in scene.create(step).warnings]


def by_role(**rule: Any) -> Step:
    """Return a replication by the role of the scene."""
    return changed(replication(**rule), role="${replicator.arn}")


def test_a_second_replication_of_images_overwrites_the_first_in_its_region_alone() -> None:
    assert warned(COPIES) == []
    assert warned(named(COPIES, "again"), COPIES) == ["SettingOverwritten"]
    back = {"rules": [{"destinations": [{"region": "eu-central-1", "registryId": "111122223333"}]}]}
    elsewhere = named(COPIES, "elsewhere", region="eu-west-1", replicationConfiguration=back)
    assert warned(elsewhere, COPIES) == []


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({}, []),
        ({"encryptionConfigurations": [{"encryptionType": "AES256"}]}, []),
        ({"encryptionConfigurations": [{"encryptionType": "KMS"}]}, ["InvalidParameterException"]),
        ({"resourceTags": {"apim:stack": "prd"}}, ["InvalidParameterException"]),
    ],
)
def test_a_template_with_tags_or_a_key_needs_a_role(inputs: dict[str, Any], expected: list[str]) -> None:
    assert warned(changed(TEMPLATE, **inputs)) == expected
    maker = role("maker", "ecr.amazonaws.com")
    assert warned(changed(TEMPLATE, **inputs, customRoleArn="${maker.arn}"), maker) == []


def test_objects_do_not_arrive_by_a_role_that_s3_cannot_take_or_that_may_nothing() -> None:
    assert warned(by_role(), *BUCKETS, REPLICATOR, *RIGHTS) == []
    assert warned(by_role(), *BUCKETS, REPLICATOR) == ["AccessDenied"]
    stranger = role("replicator", "ec2.amazonaws.com")
    assert warned(by_role(), *BUCKETS, stranger, *attached(stranger, "AmazonS3FullAccess")) == ["AccessDenied"]


def test_objects_do_not_arrive_under_a_key_of_another_region() -> None:
    abroad = Step(tokens.BUCKET, "abroad", {"bucket": "apim-abroad", "region": "eu-west-1"})
    far = changed(versions(abroad), region="eu-west-1")
    replica = Step(tokens.REPLICA_KEY, "replica", {"primaryKeyArn": "${key.arn}", "region": "eu-west-1"})
    given = (BUCKET, VERSIONS, abroad, far, PRIMARY, replica, REPLICATOR, *RIGHTS)

    def under(key: str) -> Step:
        destination = {"bucket": "${abroad.arn}", "encryptionConfiguration": {"replicaKmsKeyId": key}}
        return by_role(destination=destination, sourceSelectionCriteria=ENCRYPTED)

    assert warned(under("${replica.arn}"), *given) == []
    assert warned(under("${key.arn}"), *given) == ["KMS.NotFoundException"]
    assert warned(under("arn:aws:kms:eu-west-1:111122223333:alias/aws/s3"), *given) == []


def test_what_is_locked_is_copied_only_to_a_bucket_with_a_lock() -> None:
    locked, lock_there = changed(BUCKET, objectLockEnabled=True), changed(TARGET, objectLockEnabled=True)
    rest = (versions(TARGET), VERSIONS, REPLICATOR, *RIGHTS)
    assert warned(by_role(), locked, TARGET, *rest) == ["InvalidRequest"]
    assert warned(by_role(), locked, lock_there, *rest) == []
