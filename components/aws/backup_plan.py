"""A daily plan of AWS Backup for everything that carries its tags."""

from collections.abc import Iterator, Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.iam_policies import service_trust
from components.aws.tags import Tags
from components.common import refuse

POLICIES: Mapping[str, str] = {
    "backups": "service-role/AWSBackupServiceRolePolicyForBackup",
    "buckets": "AWSBackupServiceRolePolicyForS3Backup",
}
"""AWS's own policies of the role that takes backups and copies them, buckets apart (AWS Backup developer guide, managed policies, 2026)."""

RESOURCES = ("arn:aws:ec2:*:*:volume/*", "arn:aws:rds:*:*:db:*", "arn:aws:s3:::*")
"""Volumes, databases and buckets. Named by type, they are backed up whatever the account has opted in to; by tags alone an opt-in for each service would be
needed (AWS Backup developer guide, service opt-in, 2026)."""

LONGEST_RETENTION_DAYS = 36500
"""A hundred years (API model of AWS Backup)."""


class BackupPlanArgs(TypedDict):
    """Arguments of `BackupPlan`."""

    vault_name: pulumi.Input[str]
    """Vault that keeps the backups."""
    account_id: pulumi.Input[str]
    """Account on whose behalf alone AWS Backup may take the role."""
    selected_by: Mapping[str, pulumi.Input[str]]
    """Tags that a volume, database or bucket must carry, all of them, to be backed up."""
    schedule: NotRequired[str]
    """When backups begin, in UTC; default `cron(0 5 ? * * *)`, clear of the databases' own windows, in which AWS Backup cannot begin."""
    start_window_minutes: NotRequired[int]
    """How late a backup may begin, 60 minutes or more; default 60."""
    completion_window_minutes: NotRequired[int]
    """How long after its beginning a backup may take, 60 minutes or more than the start window; default 480."""
    retention_days: NotRequired[int]
    """How long backups are kept; default 35."""
    copy_vault_arn: NotRequired[pulumi.Input[str]]
    """Vault, in another region, that each backup is copied to; no copies by default."""
    copy_retention_days: NotRequired[int]
    """How long copies are kept; default as the backups."""
    tags: NotRequired[Tags]
    """Tags of every resource that takes them."""


def _problems(args: BackupPlanArgs) -> Iterator[tuple[str, str]]:
    for path in ("retention_days", "copy_retention_days"):
        if not 1 <= (days := args.get(path, 35)) <= LONGEST_RETENTION_DAYS:
            yield path, f"{days} days: 1 to {LONGEST_RETENTION_DAYS} are allowed"
    start = args.get("start_window_minutes", 60)
    if start < 60:
        yield "start_window_minutes", f"{start} minutes: must be 60 or more"
    if args.get("completion_window_minutes", 480) < start + 60:
        yield "completion_window_minutes", f"must be {start + 60} or more, an hour more than the start window"
    if not args["selected_by"]:
        yield "selected_by", "no tag: a plan without one would back up everything of the account"


class BackupPlan(pulumi.ComponentResource):
    """A plan with one daily rule, the role that carries it out, and the selection of what it is for.

    Snapshots, no continuous backups: for a database AWS Backup would take over the window and retention of its automatic backups, which are
    continuous already.
    """

    arn: pulumi.Output[str]
    """ARN of the plan."""

    def __init__(self, name: str, args: BackupPlanArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:BackupPlan", name, {**args}, opts)
        refuse(name, _problems(args))
        child = pulumi.ResourceOptions(parent=self)
        self.role = aws.iam.Role(
            f"{name}-role",
            description=f"Backups of {name}",
            assume_role_policy=service_trust("backup.amazonaws.com", args["account_id"]),
            tags=args.get("tags"),
            opts=child,
        )
        self.rights = {
            purpose: aws.iam.RolePolicyAttachment(
                f"{name}-{purpose}", role=self.role.name, policy_arn=f"arn:aws:iam::aws:policy/{policy}", opts=child
            )
            for purpose, policy in POLICIES.items()
        }
        self.plan = aws.backup.Plan(
            f"{name}-plan",
            rules=[_rule(args)],
            tags=args.get("tags"),
            opts=child,
        )
        self.selection = aws.backup.Selection(
            f"{name}-selection",
            plan_id=self.plan.id,
            iam_role_arn=self.role.arn,
            resources=list(RESOURCES),
            # Tags under `conditions` must all be there; under `selection_tags` one would do.
            conditions=[
                aws.backup.SelectionConditionArgs(
                    string_equals=[
                        aws.backup.SelectionConditionStringEqualArgs(key=f"aws:ResourceTag/{key}", value=value)
                        for key, value in args["selected_by"].items()
                    ]
                )
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(self.rights.values())),
        )
        self.arn = self.plan.arn
        self.register_outputs({"arn": self.arn})


def _rule(args: BackupPlanArgs) -> aws.backup.PlanRuleArgs:
    kept = args.get("retention_days", 35)
    copies = None
    if "copy_vault_arn" in args:
        copied = aws.backup.PlanRuleCopyActionLifecycleArgs(delete_after=args.get("copy_retention_days", kept))
        copies = [
            aws.backup.PlanRuleCopyActionArgs(destination_vault_arn=args["copy_vault_arn"], lifecycle=copied),
        ]
    return aws.backup.PlanRuleArgs(
        rule_name="daily",
        target_vault_name=args["vault_name"],
        schedule=args.get("schedule", "cron(0 5 ? * * *)"),
        start_window=args.get("start_window_minutes", 60),
        completion_window=args.get("completion_window_minutes", 480),
        lifecycle=aws.backup.PlanRuleLifecycleArgs(delete_after=kept),
        copy_actions=copies,
    )
