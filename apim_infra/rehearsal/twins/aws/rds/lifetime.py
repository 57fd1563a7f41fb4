"""Windows, backups, replicas and the end of RDS instances."""

import re
from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.rds.engines import COMBINATION, VALUE, source_of
from apim_infra.rehearsal.twins.aws.service_rules import before, find_role, grants
from apim_infra.rehearsal.twins.cloud.world import Thing

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIME = r"([01]\d|2[0-3]):([0-5]\d)"
DAILY = re.compile(f"{TIME}-{TIME}")
WEEKLY = re.compile(f"({'|'.join(DAYS)}):{TIME}-({'|'.join(DAYS)}):{TIME}", re.IGNORECASE)
DAY = 24 * 60
WEEK = 7 * DAY
NO_BACKUPS = (
    "Automated backups are not enabled for this database instance. To enable automated backups, use ModifyDBInstance "
    "to set the backup retention period to a non-zero value."
)


def daily(window: Any) -> tuple[int, int] | None:
    """Return beginning and length of a daily window in minutes, None when it is none."""
    match = DAILY.fullmatch(str(window))
    if not match:
        return None
    start, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    return start, (end - start) % DAY


def weekly(window: Any) -> tuple[int, int] | None:
    """Return beginning and length of a weekly window in minutes since Monday, None when it is none."""
    match = WEEKLY.fullmatch(str(window))
    if not match:
        return None
    start = DAYS.index(match[1].lower()) * DAY + int(match[2]) * 60 + int(match[3])
    end = DAYS.index(match[4].lower()) * DAY + int(match[5]) * 60 + int(match[6])
    return start, (end - start) % WEEK


def windows(
    context: Context, daily_path: str, weekly_path: str, *, shortest: int = 30, backups: str = "backup"
) -> Iterator[Problem]:
    """Check a daily and a weekly window: form, `shortest` minutes at least, and no overlap; `backups` is the service's word for the daily one."""
    given = ((daily_path, daily, "hh24:mi-hh24:mi"), (weekly_path, weekly, "ddd:hh24:mi-ddd:hh24:mi"))
    found: list[tuple[int, int]] = []
    for path, read, form in given:
        text = context.value(path)
        if text is None:
            continue
        window = read(text)
        if window is None:
            message = f"{path} '{text}' must satisfy the format of \"{form}\"."
            yield context.problem("CheckFailure", message, path, f"Write it as {form}.", "AWS provider")
        elif window[1] < shortest:
            yield context.problem(VALUE, f"{path} '{text}' must be at least {shortest} minutes.", path)
        else:
            found.append(window)
    if len(found) == 2 and _overlap(found[0], found[1]):
        message = f"The {backups} window and maintenance window must not overlap."
        yield context.problem(VALUE, message, daily_path, "Move one of the windows.")


def _overlap(every_day: tuple[int, int], every_week: tuple[int, int]) -> bool:
    start, length = every_week
    for day in range(-1, 8):
        other = day * DAY + every_day[0]
        if other < start + length and start < other + every_day[1]:
            return True
    return False


def check_windows(context: Context) -> Iterator[Problem]:
    """Check backup and maintenance window."""
    yield from windows(context, "backupWindow", "maintenanceWindow")


def check_monitoring(context: Context) -> Iterator[Problem]:
    """Check enhanced monitoring: its interval, its role."""
    interval, role = context.value("monitoringInterval", 0), context.value("monitoringRoleArn")
    allowed = facts("rds")["monitoring_intervals"]
    if interval not in allowed:
        message = f"Invalid monitoring interval {interval}. Valid values are: {allowed}"
        yield context.problem(VALUE, message, "monitoringInterval")
    elif interval and role is None:
        message = "A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0."
        yield context.problem(
            COMBINATION, message, "monitoringRoleArn", "Give a role for monitoring.rds.amazonaws.com."
        )
    if role is not None:
        thing = find_role(context, role)
        if thing is None or not (
            thing.assumed or grants(thing.inputs.get("assumeRolePolicy"), "monitoring.rds.amazonaws.com")
        ):
            message = (
                "IAM role ARN value is invalid or does not include the required permissions for: ENHANCED_MONITORING"
            )
            hint = "Let the role trust monitoring.rds.amazonaws.com."
            yield context.problem(VALUE, message, "monitoringRoleArn", hint)


def check_insights(context: Context) -> Iterator[Problem]:
    """Check that what belongs to Performance Insights goes with it."""
    enabled = context.value("performanceInsightsEnabled", False)
    for key in ("performanceInsightsKmsKeyId", "performanceInsightsRetentionPeriod"):
        if context.value(key) and not enabled:
            message = f"{key} can only be given when performanceInsightsEnabled is true"
            yield context.problem(COMBINATION, message, key, "Set performanceInsightsEnabled.")
    last = next(iter(before(context, "performanceInsightsKmsKeyId")), None)
    key = context.value("performanceInsightsKmsKeyId")
    if enabled and last and key and last != key:
        message = "You can't change the KMS key of Performance Insights of an existing DB instance"
        hint = "Keep the key."
        yield context.problem(
            COMBINATION, message, "performanceInsightsKmsKeyId", hint, "RDS user guide, 2026; own knowledge of the code"
        )
    long_kept = enabled and context.value("performanceInsightsRetentionPeriod", 7) >= 465
    if context.value("databaseInsightsMode") == "advanced" and not long_kept:
        message = (
            "To enable the Advanced mode of Database Insights, modify your instance to enable Performance Insights "
            "and set its retention to at least 465 days."
        )
        yield context.problem(COMBINATION, message, "databaseInsightsMode", source="own knowledge")


def backups_off(source: Thing) -> bool:
    """Tell whether an instance keeps no automated backups."""
    return not source.assumed and not source["backupRetentionPeriod"]


def check_replica(context: Context) -> Iterator[Problem]:
    """Check a read replica against its source."""
    reference = context.value("replicateSourceDb")
    if not reference:
        return
    source, path = source_of(context), "replicateSourceDb"
    if source is None:
        message = f"DBInstance {reference} not found."
        hint = "Name the identifier of an instance of this region, or the ARN of one of another."
        yield context.problem("DBInstanceNotFound", message, path, hint)
        return
    if backups_off(source):
        hint = "Set backupRetentionPeriod of the source to 1 or more."
        yield context.problem("InvalidDBInstanceState", NO_BACKUPS, path, hint)
    if source.inputs.get("manageMasterUserPassword"):
        message = (
            f"Creating read replicas for source instance with engine {source['engine']} where "
            "ManageMasterUserPassword is enabled is not supported."
        )
        hint = "Give the source a password of its own (a random one, kept in Secrets Manager)."
        guide = "RDS user guide, Secrets Manager integration, limitations, 2026; terraform-aws-rds issue 532"
        yield context.problem(VALUE, message, path, hint, guide)
    if context.value("manageMasterUserPassword"):
        message = "ManageMasterUserPassword isn't supported for read replica"
        yield context.problem(VALUE, message, "manageMasterUserPassword", "A replica has its source's password.")
    elif source["engine"] == "postgres" and context.value("password") is not None:
        message = (
            "Cannot change master user password on an RDS postgres Read Replica because it uses physical replication."
        )
        yield context.problem(COMBINATION, message, "password", "Leave it out.", "terraform-aws-rds issue 526")
    yield from _replica_of(context, source)


def _replica_of(context: Context, source: Thing) -> Iterator[Problem]:
    """Check what depends on the regions of replica and source, and how many there are."""
    if source.region != context.region and source["storageEncrypted"] and context.value("kmsKeyId") is None:
        message = (
            f"Cannot create a cross region replica of the encrypted instance {source['identifier']} without KmsKeyId"
        )
        yield context.problem("KMSKeyNotAccessibleFault", message, "kmsKeyId", f"Give a key of {context.region}.")
    own = {source["identifier"], source["arn"]}
    replicas = [
        r
        for r in context.world.all(tokens.DATABASE)
        if r.inputs.get("replicateSourceDb") in own and r.urn != context.urn
    ]
    if len(replicas) >= facts("rds")["replicas_of_one_source"]:
        message = f"The instance {source['identifier']} has {len(replicas)} read replicas already"
        yield context.problem("InstanceQuotaExceeded", message, "replicateSourceDb", source="own knowledge")


def check_backups_of_source(context: Context) -> Iterator[Problem]:
    """Check that backups stay on while replicas follow."""
    names = {context.value("identifier"), context.outputs.get("arn")}
    if context.old is None or context.value("backupRetentionPeriod", 0):
        return
    if any(replica.inputs.get("replicateSourceDb") in names for replica in context.all(tokens.DATABASE)):
        message = "Backups of an instance with read replicas cannot be switched off"
        yield context.problem(COMBINATION, message, "backupRetentionPeriod", "Keep 1 day or more.", "RDS API model")


def protected(context: Context) -> Iterator[Problem]:
    """Refuse deletion while protection is on."""
    if context.value("deletionProtection", False):
        message = "Cannot delete protected DB Instance, please disable deletion protection and try again."
        yield context.problem(COMBINATION, message, "deletionProtection", "Set it to false in a deployment before.")


def final_snapshot(context: Context) -> Iterator[Problem]:
    """Refuse deletion without a decision about a last snapshot, or with the name of one that exists."""
    if context.value("skipFinalSnapshot", False) or context.value("replicateSourceDb"):
        return
    name = context.value("finalSnapshotIdentifier")
    if not name:
        message = "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
        hint = "Set finalSnapshotIdentifier or skipFinalSnapshot before destroying."
        yield context.problem(COMBINATION, message, "finalSnapshotIdentifier", hint)
    elif context.find(tokens.DATABASE_SNAPSHOT, name, "dbSnapshotIdentifier") or context.find(FINAL, name):
        message = f"Cannot create the snapshot because a snapshot with the identifier {name} already exists."
        yield context.problem("DBSnapshotAlreadyExists", message, "finalSnapshotIdentifier", "Choose another name.")


FINAL = f"{tokens.DATABASE_SNAPSHOT}#final"


def last_snapshot(context: Context) -> Iterator[Thing]:
    """Make the snapshot that deletion leaves."""
    name = context.value("finalSnapshotIdentifier")
    if name and not context.value("skipFinalSnapshot", False) and not context.value("replicateSourceDb"):
        yield Thing(FINAL, str(name), "", context.region, {}, {"dbSnapshotIdentifier": name}, assumed=True)
