"""Names of repositories and lifecycles beside those of `registry_backup`."""

import json
from typing import Any

from aws_cases.case import Case, Step
from aws_cases.given import KEY
from aws_cases.registry_backup import ECR, LIFECYCLE, REPOSITORY, RULE, lifecycle, selecting
from aws_cases.service_given import changed

TEMPLATE = Step(
    "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate",
    "template",
    {"prefix": "quay", "appliedFors": ["PULL_THROUGH_CACHE"]},
)
SCANNING = Step(
    "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration", "scanning", {"scanType": "BASIC"}
)


def repository(
    wrong: str, path: str, code: str = ECR, given: tuple[Step, ...] = (), moto: Any = None, **inputs: Any
) -> Case:
    """Make a case of a wrong repository."""
    return Case("ECR", wrong, changed(REPOSITORY, **inputs), code, given, path=path, moto=moto)


CASES = (
    repository("repository name of one character", "name", name="a"),
    repository("repository name of 257 characters", "name", name="a" * 257),
    repository(
        "repository name that ends in a slash",
        "name",
        name="apim/",
        moto=lambda aws: aws("ecr").create_repository(repositoryName="apim/"),
    ),
    repository("repository name with two dots in a row", "name", name="apim..gateway"),
    repository(
        "unknown encryption of images",
        "encryptionConfigurations[0].encryptionType",
        encryptionConfigurations=[{"encryptionType": "AES128"}],
    ),
    repository(
        "images encrypted with a key for signatures",
        "encryptionConfigurations[0].kmsKey",
        "KmsException",
        (changed(KEY, customerMasterKeySpec="RSA_2048", keyUsage="SIGN_VERIFY"),),
        encryptionConfigurations=[{"encryptionType": "KMS", "kmsKey": "${key.arn}"}],
    ),
    repository(
        "mutability with exclusions but none given",
        "imageTagMutabilityExclusionFilters",
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
    ),
    lifecycle("lifecycle of untagged images with a tag", selecting(tagPrefixList=["dev"])),
    lifecycle(
        "lifecycle since the push without a unit", {**RULE, "selection": {**RULE["selection"], "countUnit": None}}
    ),
    lifecycle("lifecycle with an unknown status of tags", selecting(tagStatus="latest")),
    lifecycle("lifecycle with an unknown action", {**RULE, "action": {"type": "delete"}}),
    lifecycle("lifecycle with a priority of zero", {**RULE, "rulePriority": 0}),
    lifecycle(
        "lifecycle of any tag before another rule",
        {**selecting(tagStatus="any"), "rulePriority": 1},
        {**RULE, "rulePriority": 2},
    ),
    Case("ECR", "lifecycle that is a list", changed(LIFECYCLE, policy=json.dumps(["rules"])), ECR, (REPOSITORY,)),
    Case("ECR", "unknown type of scan", changed(SCANNING, scanType="DEEP"), ECR, path="scanType"),
    Case("ECR", "template for an unknown event", changed(TEMPLATE, appliedFors=["PULL"]), ECR, path="appliedFors[0]"),
)
