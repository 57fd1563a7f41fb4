"""Where an instance is restored from: automated backups of its own region, and what such a restore takes from them."""

import re
from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.rds.engines import COMBINATION, VALUE
from apim_infra.rehearsal.twins.aws.service_rules import located

SOURCE = "RDS API reference, RestoreDBInstanceToPointInTime, 2026"
BACKUPS = "restoreToPointInTime.sourceDbInstanceAutomatedBackupsArn"
AUTOMATED_BACKUPS = re.compile(r"arn:aws:rds:(?P<region>[a-z0-9-]+):\d{12}:auto-backup:ab-[a-z0-9]+")


def check_restore(context: Context) -> Iterator[Problem]:
    """Check form and region of the backups that an instance is restored from, and that no time and the latest are both asked for."""
    if context.old is not None:
        return
    for place, arn in located(context, BACKUPS):
        found = AUTOMATED_BACKUPS.fullmatch(str(arn))
        if found is None:
            message = f"The parameter SourceDBInstanceAutomatedBackupsArn is not valid: {arn}"
            hint = "Give the ARN of automated backups: arn:aws:rds:REGION:ACCOUNT:auto-backup:ab-..."
            yield context.problem(VALUE, message, place, hint, SOURCE)
        elif found["region"] != context.region:
            message = f"DBInstanceAutomatedBackup {arn} is not in {context.region}"
            hint = f"Restore in {found['region']}, or replicate the backups to {context.region} before."
            yield context.problem("DBInstanceAutomatedBackupNotFound", message, place, hint, SOURCE)
    for place, _ in located(context, "restoreToPointInTime.restoreTime"):
        if context.value("restoreToPointInTime.useLatestRestorableTime", False):
            message = "RestoreTime and UseLatestRestorableTime cannot be given together"
            yield context.problem(COMBINATION, message, place, "Give one of the two.", SOURCE)
