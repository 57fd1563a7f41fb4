"""S3: clean requests pass, and their outputs are what programs read."""

import json
import re

import pytest
from aws_cases.case import Scene, Step
from aws_cases.given import KEY, ROLE
from aws_cases.s3_given import (
    ABROAD,
    BUCKET,
    OPEN_TOPIC,
    TARGET,
    VERSIONS,
    encryption,
    event,
    lifecycle,
    policy,
    replication,
    setting,
    versions,
)
from aws_cases.service_given import changed, named
from hypothesis import given
from hypothesis import strategies as st

from apim_infra.rehearsal.provider import RejectedError
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.s3.bucket import name_faults
from apim_infra.rehearsal.twins.aws.s3.policy import is_public

OBJECT = named(setting("BucketObjectv2", key="first", content="line"), "object")
OPENED = named(setting("BucketPublicAccessBlock", blockPublicPolicy=False), "opened")
OWNED = named(setting("BucketOwnershipControls", rule={"objectOwnership": "BucketOwnerPreferred"}), "owned")
CLEAN = {
    "a name with dots": (changed(BUCKET, bucket="logs.example.com"),),
    "object lock": (changed(BUCKET, objectLockEnabled=True),),
    "the account's own namespace": (
        Step(
            tokens.BUCKET,
            "own",
            {"bucket": "apim-111122223333-eu-central-1-an", "bucketNamespace": "account-regional"},
        ),
    ),
    "versions": (BUCKET, VERSIONS),
    "versions suspended": (BUCKET, versions(BUCKET, "Suspended")),
    "AES-256": (BUCKET, encryption(sseAlgorithm="AES256")),
    "a key": (BUCKET, KEY, encryption(sseAlgorithm="aws:kms", kmsMasterKeyId="${key.arn}")),
    "AWS's own key": (BUCKET, encryption(sseAlgorithm="aws:kms", kmsMasterKeyId="alias/aws/s3")),
    "a key of another account": (
        BUCKET,
        encryption(sseAlgorithm="aws:kms", kmsMasterKeyId="arn:aws:kms:eu-central-1:444455556666:key/one"),
    ),
    "no public access": (
        BUCKET,
        setting("BucketPublicAccessBlock", blockPublicAcls=True, blockPublicPolicy=True, restrictPublicBuckets=True),
    ),
    "ownership": (BUCKET, OWNED),
    "an ACL where the ownership allows it": (BUCKET, OWNED, setting("BucketAcl", acl="log-delivery-write")),
    "access logs": (BUCKET, TARGET, setting("BucketLogging", targetBucket="${target.bucket}", targetPrefix="s3/")),
    "retention": (
        BUCKET,
        VERSIONS,
        setting("BucketObjectLockConfiguration", rule={"defaultRetention": {"mode": "COMPLIANCE", "years": 1}}),
    ),
    "cross-origin requests": (
        BUCKET,
        setting("BucketCorsConfiguration", corsRules=[{"allowedMethods": ["GET"], "allowedOrigins": ["https://*"]}]),
    ),
    "acceleration": (BUCKET, setting("BucketAccelerateConfiguration", status="Enabled")),
    "payment": (BUCKET, setting("BucketRequestPaymentConfiguration", payer="Requester")),
    "a policy": (BUCKET, setting("BucketPolicy", policy=policy())),
    "a policy for a role": (BUCKET, ROLE, setting("BucketPolicy", policy=policy(Principal={"AWS": "${role.arn}"}))),
    "a policy that denies everyone": (
        BUCKET,
        setting(
            "BucketPolicy",
            policy=policy(
                Effect="Deny",
                Principal="*",
                Action="s3:*",
                Resource=["${bucket.arn}", "${bucket.arn}/*"],
                Condition={"Bool": {"aws:SecureTransport": "false"}},
            ),
        ),
    ),
    "a public policy where the block is lifted": (
        BUCKET,
        OPENED,
        setting("BucketPolicy", policy=policy(Principal="*")),
    ),
    "a lifecycle through the classes": (
        BUCKET,
        lifecycle(
            transitions=[
                {"days": 30, "storageClass": "STANDARD_IA"},
                {"days": 90, "storageClass": "GLACIER"},
                {"days": 180, "storageClass": "DEEP_ARCHIVE"},
            ],
            expiration={"days": 365},
            noncurrentVersionExpiration={"noncurrentDays": 30},
            abortIncompleteMultipartUpload={"daysAfterInitiation": 7},
        ),
    ),
    "a lifecycle by date and tag": (
        BUCKET,
        lifecycle(
            filter={"and": {"prefix": "alb/", "tags": {"kept": "no"}}}, expiration={"date": "2030-01-01T00:00:00Z"}
        ),
    ),
    "replication": (BUCKET, TARGET, VERSIONS, versions(TARGET), replication()),
    "events of two kinds": (
        BUCKET,
        OPEN_TOPIC,
        setting("BucketNotification", topics=[event(), event("s3:ObjectRemoved:*")]),
    ),
    "events of two folders": (
        BUCKET,
        OPEN_TOPIC,
        setting("BucketNotification", topics=[{**event(), "filterPrefix": name} for name in ("alb/", "nlb/")]),
    ),
    "an object": (BUCKET, OBJECT),
    "a block for the account": (
        Step("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock", "account", {"blockPublicPolicy": True}),
    ),
}


def scene_of(*steps: Step) -> Scene:
    scene = Scene()
    for step in steps:
        assert scene.create(step).warnings == (), step.name
    return scene


@pytest.mark.parametrize("steps", CLEAN.values(), ids=CLEAN)
def test_clean_requests_pass(steps: tuple[Step, ...]) -> None:
    scene_of(*steps)


def test_a_bucket_answers_with_its_addresses() -> None:
    made = scene_of(BUCKET).made["bucket"][1]
    assert made.id == "apim-logs"
    assert made.outputs["arn"] == "arn:aws:s3:::apim-logs"
    assert made.outputs["bucketDomainName"] == "apim-logs.s3.amazonaws.com"
    assert made.outputs["bucketRegionalDomainName"] == "apim-logs.s3.eu-central-1.amazonaws.com"
    assert made.outputs["hostedZoneId"] == "Z21DNDUVLTQW6Q"
    assert made.outputs["region"] == made.outputs["bucketRegion"] == "eu-central-1"
    assert made.outputs["forceDestroy"] is False


def test_a_bucket_elsewhere_answers_with_its_own_region() -> None:
    made = scene_of(ABROAD).made["abroad"][1]
    assert made.outputs["bucketRegionalDomainName"] == "apim-abroad.s3.eu-west-1.amazonaws.com"
    assert made.outputs["hostedZoneId"] == "Z1BKCTXD74EZPE"


def test_an_automatic_name_is_in_lower_case() -> None:
    name = scene_of(Step(tokens.BUCKET, "Apim-Logs", {})).made["Apim-Logs"][1].id
    assert re.fullmatch(r"apim-logs-[0-9a-f]{7}", name)


def test_a_prefix_makes_a_name() -> None:
    name = scene_of(Step(tokens.BUCKET, "logs", {"bucketPrefix": "apim-"})).made["logs"][1].id
    assert re.fullmatch(r"apim-\d{26}", name)


def test_a_setting_is_known_by_its_bucket() -> None:
    made = scene_of(BUCKET, VERSIONS, OBJECT).made
    assert made["versions_of_bucket"][1].id == "apim-logs"
    assert made["object"][1].outputs["arn"] == "arn:aws:s3:::apim-logs/first"
    assert made["object"][1].outputs["versionId"]


def test_a_bucket_with_settings_is_deleted_and_its_name_is_free_again() -> None:
    scene = scene_of(BUCKET, VERSIONS)
    scene.delete("bucket")
    scene.create(BUCKET)


def test_a_bucket_is_emptied_where_the_program_says_so() -> None:
    scene = scene_of(changed(BUCKET, forceDestroy=True), OBJECT)
    scene.delete("bucket")
    assert "bucket" not in scene.made


def test_versions_cannot_be_forgotten() -> None:
    scene = scene_of(BUCKET, VERSIONS)
    with pytest.raises(RejectedError, match="cannot be updated from 'Enabled' to 'Disabled'"):
        scene.update(changed(VERSIONS, versioningConfiguration={"status": "Disabled"}))


def test_a_second_setting_of_one_kind_is_warned_of() -> None:
    scene = scene_of(BUCKET, VERSIONS)
    again = scene.create(named(VERSIONS, "again"))
    assert [warning.code for warning in again.warnings] == ["SettingOverwritten"]


def test_a_key_that_does_not_exist_is_warned_of() -> None:
    scene = scene_of(BUCKET)
    step = encryption(sseAlgorithm="aws:kms", kmsMasterKeyId="arn:aws:kms:eu-central-1:111122223333:key/one")
    assert [warning.code for warning in scene.create(step).warnings] == ["KMS.NotFoundException"]


def test_the_block_of_the_account_holds_for_its_buckets() -> None:
    account = Step("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock", "account", {"blockPublicPolicy": True})
    scene = scene_of(account, BUCKET, OPENED)
    with pytest.raises(RejectedError, match="BlockPublicPolicy"):
        scene.create(setting("BucketPolicy", policy=policy(Principal="*")))


def test_all_violations_are_told_at_once() -> None:
    with pytest.raises(RejectedError) as refused:
        scene_of(BUCKET).create(
            setting(
                "BucketLifecycleConfiguration",
                rules=[{"id": "a", "status": "Enabled"}, {"id": "a", "status": "Enabled"}],
            )
        )
    assert sorted(problem.path for problem in refused.value.problems) == ["rules", "rules[0]", "rules[1]"]


PUBLIC = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}


@pytest.mark.parametrize(
    ("changes", "public"),
    [
        ({}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Effect": "Deny"}, False),
        ({"Principal": {"Service": "logging.s3.amazonaws.com"}}, False),
        ({"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-apim"}}}, False),
        ({"Condition": {"StringLike": {"aws:PrincipalOrgID": "*"}}}, True),
        ({"Condition": {"StringEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}}}, False),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, False),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}}, True),
        ({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, True),
    ],
)
def test_public_is_what_s3_calls_public(changes: dict[str, object], public: bool) -> None:
    assert is_public(json.loads(json.dumps({**PUBLIC, **changes}))) is public


@given(
    st.from_regex(r"[a-z0-9][a-z0-9-]{1,50}[a-z0-9]", fullmatch=True).filter(
        lambda name: not name.startswith(("xn--", "sthree-", "amzn-s3-demo-"))
    )
)
def test_plain_names_have_no_fault(name: str) -> None:
    assert [fault for fault in name_faults(name) if "reserved" not in fault] == []


@given(st.text(max_size=70))
def test_a_name_without_fault_is_one_that_dns_takes(name: str) -> None:
    if not list(name_faults(name)):
        assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9-]+)*", name) or ".-" in name or "-." in name
