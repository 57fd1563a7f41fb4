"""Rows of AWS Backup: vaults, their locks, policies and notifications."""

from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import grants, kms_key, resource_policy
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType

SOURCE = "AWS Backup API model, botocore 1.44.5"
INVALID = "InvalidParameterValueException"
EVENTS = (
    "BACKUP_JOB_STARTED", "BACKUP_JOB_COMPLETED", "BACKUP_JOB_SUCCESSFUL", "BACKUP_JOB_FAILED", "BACKUP_JOB_EXPIRED", "RESTORE_JOB_STARTED",
    "RESTORE_JOB_COMPLETED", "RESTORE_JOB_SUCCESSFUL", "RESTORE_JOB_FAILED", "COPY_JOB_STARTED", "COPY_JOB_SUCCESSFUL", "COPY_JOB_FAILED",
    "RECOVERY_POINT_MODIFIED", "BACKUP_PLAN_CREATED", "BACKUP_PLAN_MODIFIED", "S3_BACKUP_OBJECT_FAILED", "S3_RESTORE_OBJECT_FAILED",
    "CONTINUOUS_BACKUP_INTERRUPTED", "RECOVERY_POINT_INDEX_COMPLETED", "RECOVERY_POINT_INDEX_DELETED", "RECOVERY_POINT_INDEXING_FAILED",
    "EKS_RESTORE_OBJECT_FAILED", "EKS_RESTORE_OBJECT_SKIPPED", "EKS_BACKUP_OBJECT_FAILED", "EKS_RESTORE_MODIFICATION_SUCCESS",
    "EKS_RESTORE_MODIFICATION_FAILED", "ACCESS_POINT_AVAILABLE", "ACCESS_POINT_CREATION_FAILED", "ACCESS_POINT_DELETED",
    "ACCESS_POINT_DELETION_FAILED", "ACCESS_POINT_EXPIRED", "ACCESS_POINT_DISASSOCIATED",
)  # fmt: skip

VAULT = ResourceType(
    token=tokens.BACKUP_VAULT,
    kind="backup vault",
    identifier="{name}",
    arn="arn:aws:backup:{region}:{account}:backup-vault:{name}",
    name=Name("name", pattern=r"[a-zA-Z0-9_-]{2,50}", longest=50, code=INVALID, taken_code="AlreadyExistsException"),
    create_only=frozenset({"name", "kmsKeyArn"}),
    defaults={"forceDestroy": False},
    value_code=INVALID,
    rules=(kms_key("kmsKeyArn", INVALID, "The KMS key {value} does not exist or cannot be used"),),
    outputs=lambda context: {
        "recoveryPoints": 0,
        "kmsKeyArn": context.value("kmsKeyArn", f"arn:aws:kms:{context.region}:{context.account}:alias/aws/backup"),
    },
    not_verified=(
        "whether backup vaults hold recovery points: AWS deletes none that does, unless they are emptied first",
    ),
    quota=Quota(100, ("region",), "LimitExceededException"),
    source=SOURCE,
)

VAULT_LOCK_TOKEN = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"  # noqa: S105  a type token, no secret
OF_VAULT = Reference(
    "backupVaultName",
    tokens.BACKUP_VAULT,
    "ResourceNotFoundException",
    by="name",
    message="Backup vault {value} does not exist.",
)


def _lock(context: Context) -> Iterator[Problem]:
    low, high = context.value("minRetentionDays", 1), context.value("maxRetentionDays")
    if high is not None and high < low:
        message = f"MaxRetentionDays {high} must be greater than or equal to MinRetentionDays {low}"
        yield context.problem(INVALID, message, "maxRetentionDays", "Raise it.")


VAULT_LOCK = ResourceType(
    token=VAULT_LOCK_TOKEN,
    kind="vault lock",
    identifier="{backupVaultName}",
    references=(OF_VAULT,),
    create_only=frozenset({"backupVaultName", "changeableForDays", "minRetentionDays", "maxRetentionDays"}),
    ranges={"changeableForDays": (3, 36500), "minRetentionDays": (1, 36500), "maxRetentionDays": (1, 36500)},
    value_code=INVALID,
    rules=(_lock,),
    outputs=lambda context: {"backupVaultArn": _vault_arn(context)},
    source=SOURCE,
)


def _vault_arn(context: Context) -> str:
    return f"arn:aws:backup:{context.region}:{context.account}:backup-vault:{context.value('backupVaultName')}"


VAULT_POLICY = ResourceType(
    token="aws:backup/vaultPolicy:VaultPolicy",  # noqa: S106  a type token, no secret
    kind="vault policy",
    identifier="{backupVaultName}",
    references=(OF_VAULT,),
    create_only=frozenset({"backupVaultName"}),
    value_code=INVALID,
    rules=(resource_policy("policy", INVALID),),
    outputs=lambda context: {"backupVaultArn": _vault_arn(context)},
    source=SOURCE,
)


def _may_publish(context: Context) -> Iterator[Problem]:
    """Warn of a topic whose policy does not let AWS Backup publish: the request is accepted, and nobody hears of anything."""
    topic = context.find(tokens.TOPIC, context.value("snsTopicArn"), "arn")
    if topic is None or topic.assumed:
        return
    documents = [topic.inputs.get("policy")]
    documents += [
        policy.inputs.get("policy")
        for policy in context.world.all("aws:sns/topicPolicy:TopicPolicy", context.region)
        if policy.inputs.get("arn") == topic["arn"]
    ]
    if not any(grants(document, "backup.amazonaws.com") for document in documents if document):
        message = f"the policy of the topic {topic['name']} does not let backup.amazonaws.com publish"
        yield context.warning("AuthorizationError", message, "snsTopicArn", "Allow sns:Publish to that service.")


VAULT_NOTIFICATIONS = ResourceType(
    token="aws:backup/vaultNotifications:VaultNotifications",  # noqa: S106  a type token, no secret
    kind="vault notifications",
    identifier="{backupVaultName}",
    references=(
        OF_VAULT,
        Reference("snsTopicArn", tokens.TOPIC, INVALID, by="arn", message="SNS topic {value} does not exist"),
    ),
    create_only=frozenset({"backupVaultName", "snsTopicArn", "backupVaultEvents"}),
    enums={"backupVaultEvents[*]": EVENTS},
    value_code=INVALID,
    rules=(_may_publish,),
    outputs=lambda context: {"backupVaultArn": _vault_arn(context)},
    source=SOURCE,
)

ROWS = (VAULT, VAULT_LOCK, VAULT_POLICY, VAULT_NOTIFICATIONS)
