"""Wrong requests to the container registry and AWS Backup."""

import json
from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import KEY, Aws
from aws_cases.registry_given import MISSING_KEY, MISSING_SECRET, NOT_FOUND, REQUEST, SECRET
from aws_cases.service_given import changed, named, policy_for, role, without

ECR = "InvalidParameterException"
BACKUP = "InvalidParameterValueException"
REPOSITORY = Step(tokens.REPOSITORY, "repository", {"name": "apim/gateway"})
RULE = {
    "rulePriority": 1,
    "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14},
    "action": {"type": "expire"},
}
LIFECYCLE = Step("aws:ecr/lifecyclePolicy:LifecyclePolicy", "lifecycle", {"repository": "${repository.name}"})
CACHE_RULE = Step(
    "aws:ecr/pullThroughCacheRule:PullThroughCacheRule",
    "cache",
    {"ecrRepositoryPrefix": "quay", "upstreamRegistryUrl": "quay.io"},
)
REPLICATION = Step("aws:ecr/replicationConfiguration:ReplicationConfiguration", "replication")
VAULT = Step(tokens.BACKUP_VAULT, "vault", {"name": "vault"})
DAILY = {
    "ruleName": "daily",
    "targetVaultName": "${vault.name}",
    "schedule": "cron(0 3 * * ? *)",
    "lifecycle": {"deleteAfter": 35},
}
PLAN = Step(tokens.BACKUP_PLAN, "plan", {"name": "plan", "rules": [DAILY]})
BACKUP_ROLE = role("backups", "backup.amazonaws.com")
SELECTION = Step(
    "aws:backup/selection:Selection",
    "selection",
    {
        "name": "databases",
        "planId": "${plan.id}",
        "iamRoleArn": "${backups.arn}",
        "resources": ["arn:aws:rds:*:*:db:*"],
    },
)
LOCK = Step(
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration",
    "lock",
    {"backupVaultName": "${vault.name}", "minRetentionDays": 7},
)


def lifecycle(wrong: str, *rules: dict[str, Any]) -> Case:
    """Make a case of a wrong lifecycle policy."""
    return Case("ECR", wrong, changed(LIFECYCLE, policy=json.dumps({"rules": rules})), ECR, (REPOSITORY,))


def selecting(**selection: Any) -> dict[str, Any]:
    """Return a lifecycle rule with another selection."""
    return {**RULE, "selection": {**RULE["selection"], **selection}}


def plan(wrong: str, **rule: Any) -> Case:
    """Make a case of a backup plan with a wrong rule."""
    return Case("Backup", wrong, changed(PLAN, rules=[{**DAILY, **rule}]), BACKUP, (VAULT,))


def moto_repository_twice(aws: Aws) -> None:
    """Make one repository twice in moto."""
    for _ in range(2):
        aws("ecr").create_repository(repositoryName="apim/gateway")


def moto_vault_twice(aws: Aws) -> None:
    """Make one vault twice in moto."""
    for _ in range(2):
        aws("backup").create_backup_vault(BackupVaultName="vault")


REGISTRY_CASES = (
    Case(
        "ECR",
        "name of a repository in capitals",
        changed(REPOSITORY, name="APIM/gateway"),
        ECR,
        moto=lambda aws: aws("ecr").create_repository(repositoryName="APIM/gateway"),
    ),
    Case(
        "ECR",
        "repository of a name that is taken",
        named(REPOSITORY, "again"),
        "RepositoryAlreadyExistsException",
        (REPOSITORY,),
        moto=moto_repository_twice,
    ),
    Case(
        "ECR",
        "unknown mutability of tags",
        changed(REPOSITORY, imageTagMutability="FROZEN"),
        ECR,
        moto=lambda aws: aws("ecr").create_repository(repositoryName="apim/gateway", imageTagMutability="FROZEN"),
    ),
    Case(
        "ECR",
        "exclusions without their mutability",
        changed(REPOSITORY, imageTagMutabilityExclusionFilters=[{"filter": "dev*", "filterType": "WILDCARD"}]),
        ECR,
    ),
    Case(
        "ECR",
        "images encrypted with a key that does not exist",
        changed(REPOSITORY, encryptionConfigurations=[{"encryptionType": "KMS", "kmsKey": MISSING_KEY}]),
        "KmsException",
    ),
    Case(
        "ECR",
        "key without encryption by KMS",
        changed(REPOSITORY, encryptionConfigurations=[{"encryptionType": "AES256", "kmsKey": "${key.arn}"}]),
        ECR,
        (KEY,),
    ),
    Case(
        "ECR",
        "lifecycle of a repository that does not exist",
        changed(LIFECYCLE, repository="missing", policy=json.dumps({"rules": [RULE]})),
        "RepositoryNotFoundException",
        moto=lambda aws: aws("ecr").put_lifecycle_policy(
            repositoryName="missing", lifecyclePolicyText=json.dumps({"rules": [RULE]})
        ),
    ),
    Case("ECR", "lifecycle that is no JSON", changed(LIFECYCLE, policy="expire"), ECR, (REPOSITORY,)),
    lifecycle("lifecycle without rules"),
    lifecycle("lifecycle with one priority twice", RULE, RULE),
    lifecycle("lifecycle of tagged images without a tag", selecting(tagStatus="tagged")),
    lifecycle("lifecycle with an unknown count", selecting(countType="sinceBirth")),
    lifecycle("lifecycle with a count of zero", selecting(countNumber=0)),
    Case(
        "ECR",
        "policy of a repository that does not exist",
        Step(
            "aws:ecr/repositoryPolicy:RepositoryPolicy",
            "policy",
            {"repository": "missing", "policy": policy_for("codebuild.amazonaws.com", "ecr:BatchGetImage")},
        ),
        "RepositoryNotFoundException",
    ),
    Case(
        "ECR",
        "repository policy without a principal",
        Step(
            "aws:ecr/repositoryPolicy:RepositoryPolicy",
            "policy",
            {
                "repository": "${repository.name}",
                "policy": json.dumps({"Statement": [{"Effect": "Allow", "Action": "ecr:*"}]}),
            },
        ),
        ECR,
        (REPOSITORY,),
    ),
    Case(
        "ECR",
        "cache of a registry that ECR cannot follow",
        changed(CACHE_RULE, upstreamRegistryUrl="registry.example.com"),
        "UnsupportedUpstreamRegistryException",
    ),
    Case(
        "ECR",
        "cache of Docker Hub without credentials",
        changed(CACHE_RULE, upstreamRegistryUrl="registry-1.docker.io"),
        ECR,
    ),
    Case(
        "ECR",
        "cache with credentials that do not exist",
        changed(CACHE_RULE, upstreamRegistryUrl="ghcr.io", credentialArn=MISSING_SECRET),
        "SecretNotFoundException",
    ),
    Case(
        "ECR",
        "cache with credentials of another name",
        changed(CACHE_RULE, upstreamRegistryUrl="ghcr.io", credentialArn="${secret.arn}"),
        ECR,
        (SECRET,),
    ),
    Case(
        "ECR",
        "cache of a prefix that is taken",
        named(CACHE_RULE, "again"),
        "PullThroughCacheRuleAlreadyExistsException",
        (CACHE_RULE,),
    ),
    Case(
        "ECR",
        "images replicated into their own region",
        changed(
            REPLICATION,
            replicationConfiguration={
                "rules": [{"destinations": [{"region": "eu-central-1", "registryId": "111122223333"}]}]
            },
        ),
        ECR,
    ),
    Case(
        "ECR",
        "images replicated into a region that does not exist",
        changed(
            REPLICATION,
            replicationConfiguration={
                "rules": [{"destinations": [{"region": "eu-central-9", "registryId": "111122223333"}]}]
            },
        ),
        ECR,
    ),
)
BACKUP_CASES = (
    Case("Backup", "name of a vault with a space", changed(VAULT, name="my vault"), BACKUP),
    Case(
        "Backup",
        "vault of a name that is taken",
        named(VAULT, "again"),
        "AlreadyExistsException",
        (VAULT,),
        moto=moto_vault_twice,
    ),
    Case("Backup", "vault with a key that does not exist", changed(VAULT, kmsKeyArn=MISSING_KEY), BACKUP),
    plan("plan into a vault that does not exist", targetVaultName="missing"),
    plan("recovery points deleted too early after cold storage", lifecycle={"coldStorageAfter": 30, "deleteAfter": 60}),
    plan("continuous backup kept for too long", enableContinuousBackup=True, lifecycle={"deleteAfter": 90}),
    plan("schedule of a plan in another form", schedule="daily"),
    plan("start window of ten minutes", startWindow=10),
    plan("completion before the start window ends", startWindow=120, completionWindow=120),
    plan(
        "copy to a vault that does not exist",
        copyActions=[{"destinationVaultArn": "arn:aws:backup:eu-west-1:111122223333:backup-vault:missing"}],
    ),
    plan("name of a rule with a space", ruleName="every day"),
    Case("Backup", "two rules of one name", changed(PLAN, rules=[DAILY, DAILY]), BACKUP, (VAULT,)),
    Case(
        "Backup",
        "selection of a plan that does not exist",
        changed(SELECTION, planId="missing"),
        BACKUP,
        (BACKUP_ROLE,),
    ),
    Case("Backup", "selection of nothing", without(SELECTION, "resources"), BACKUP, (VAULT, PLAN, BACKUP_ROLE)),
    Case(
        "Backup",
        "selection of something that is no ARN",
        changed(SELECTION, resources=["databases"]),
        BACKUP,
        (VAULT, PLAN, BACKUP_ROLE),
    ),
    Case(
        "Backup",
        "role of backups that does not exist",
        changed(SELECTION, iamRoleArn="arn:aws:iam::111122223333:role/missing"),
        BACKUP,
        (VAULT, PLAN),
    ),
    Case(
        "Backup",
        "role that does not trust AWS Backup",
        SELECTION,
        BACKUP,
        (VAULT, PLAN, role("backups", "ec2.amazonaws.com")),
    ),
    Case("Backup", "lock of a vault that does not exist", changed(LOCK, backupVaultName="missing"), NOT_FOUND),
    Case("Backup", "lock whose most is below its least", changed(LOCK, maxRetentionDays=1), BACKUP, (VAULT,)),
    Case("Backup", "lock that can be changed for one day", changed(LOCK, changeableForDays=1), BACKUP, (VAULT,)),
    Case(
        "Backup", "deletion of a plan with selections", PLAN, REQUEST, (VAULT, PLAN, BACKUP_ROLE, SELECTION), "delete"
    ),
)

CASES = (*REGISTRY_CASES, *BACKUP_CASES)
