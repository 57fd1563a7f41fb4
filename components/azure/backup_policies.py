"""Policies and instances of a Backup vault: what is backed up, when, and for how long it is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, cast

import pulumi
import pulumi_azure_native as azure
import yaml

from components.azure.role_assignment import assign

FIRST_DAY = "2026-01-04"
"""First day of every schedule, a Sunday: what is weekly happens on that day of the week."""

DEFAULT_RULE = "Default"
"""Name of the retention rule that holds for every backup (REST reference of Azure Backup, 2026)."""


@cache
def plan_data() -> Mapping[str, Any]:
    """Return `backup_plan.yaml`."""
    text = files("components.azure").joinpath("backup_plan.yaml").read_text("utf-8")
    return cast("Mapping[str, Any]", yaml.safe_load(text))


@dataclass(frozen=True, slots=True)
class PlanGround:
    """What policies and instances of one vault have in common."""

    resource_group_name: pulumi.Input[str]
    resource_group_id: pulumi.Input[str]
    subscription_id: pulumi.Input[str]
    location: pulumi.Input[str]
    vault_name: pulumi.Input[str]
    principal_id: pulumi.Input[str]
    """Identity of the vault."""
    daily_at: str
    """When backups begin, as hours and minutes in UTC."""
    retention_days: int
    tags: Mapping[str, pulumi.Input[str]] | None
    options: pulumi.ResourceOptions

    def role(
        self, name: str, role: str, scope: pulumi.Input[str], principal_id: pulumi.Input[str] | None = None
    ) -> pulumi.Resource:
        """Give a role at a scope; to the vault, where nobody else is named."""
        return assign(
            name,
            role=role,
            principal_id=self.principal_id if principal_id is None else principal_id,
            scope=scope,
            subscription_id=self.subscription_id,
            opts=self.options,
        )


@dataclass(frozen=True, slots=True)
class Source:
    """One thing that is backed up."""

    kind: str
    """A kind of `backup_plan.yaml`."""
    id: pulumi.Input[str]


def policy(name: str, kind: str, ground: PlanGround) -> azure.dataprotection.BackupPolicy:
    """Make the policy of a kind of data source, of the interval that the kind has."""
    row = plan_data()["kinds"][kind]
    store = azure.dataprotection.DataStoreInfoBaseArgs(data_store_type=row["store"], object_type="DataStoreInfoBase")
    backup = azure.dataprotection.AzureBackupRuleArgs(
        name="Backup",
        object_type="AzureBackupRule",
        backup_parameters=azure.dataprotection.AzureBackupParamsArgs(
            backup_type=row["backup"], object_type="AzureBackupParams"
        ),
        data_store=store,
        trigger=azure.dataprotection.ScheduleBasedTriggerContextArgs(
            object_type="ScheduleBasedTriggerContext",
            schedule=azure.dataprotection.BackupScheduleArgs(
                repeating_time_intervals=[f"R/{FIRST_DAY}T{ground.daily_at}:00+00:00/{row['interval']}"],
                time_zone="UTC",
            ),
            tagging_criteria=[
                azure.dataprotection.TaggingCriteriaArgs(
                    is_default=True,
                    tagging_priority=99,
                    tag_info=azure.dataprotection.RetentionTagArgs(tag_name=DEFAULT_RULE),
                )
            ],
        ),
    )
    kept = azure.dataprotection.AzureRetentionRuleArgs(
        name=DEFAULT_RULE,
        object_type="AzureRetentionRule",
        is_default=True,
        lifecycles=[
            azure.dataprotection.SourceLifeCycleArgs(
                delete_after=azure.dataprotection.AbsoluteDeleteOptionArgs(
                    duration=f"P{ground.retention_days}D", object_type="AbsoluteDeleteOption"
                ),
                source_data_store=store,
            )
        ],
    )
    return azure.dataprotection.BackupPolicy(
        name,
        resource_group_name=ground.resource_group_name,
        vault_name=ground.vault_name,
        properties=azure.dataprotection.BackupPolicyArgs(
            datasource_types=[row["datasource"]], object_type="BackupPolicy", policy_rules=[backup, kept]
        ),
        opts=ground.options,
    )


def vault_roles(name: str, source: Source, ground: PlanGround) -> list[pulumi.Resource]:
    """Give the vault the roles at one data source, and at the places that only it uses."""
    scopes: dict[str, pulumi.Input[str]] = {"resource": source.id}
    return [
        ground.role(f"{name}-{_word(role)}", role, scopes[where])
        for role, where in plan_data()["kinds"][source.kind]["roles"].items()
        if where in scopes
    ]


def shared_roles(
    name: str, kind: str, ground: PlanGround, snapshots_id: pulumi.Input[str] | None = None
) -> list[pulumi.Resource]:
    """Give the vault the roles that every data source of a kind needs once."""
    scopes = {"group": ground.resource_group_id, "snapshots": snapshots_id}
    return [
        ground.role(f"{name}-{_word(role)}", role, scope)
        for role, where in plan_data()["kinds"][kind]["roles"].items()
        if (scope := scopes.get(where)) is not None
    ]


def instance(
    name: str,
    source: Source,
    ground: PlanGround,
    chosen: azure.dataprotection.BackupPolicy,
    *,
    needs: Sequence[pulumi.Resource],
    parameters: azure.dataprotection.PolicyParametersArgs | None = None,
) -> azure.dataprotection.BackupInstance:
    """Back one data source up by a policy, once the vault has its roles."""
    row = plan_data()["kinds"][source.kind]
    last = pulumi.Output.from_input(source.id).apply(lambda id_: id_.rpartition("/")[2])
    # A set names the resource that the data source is a part of: a cluster is its own, and an account has its blobs.
    whole = source.kind in ("cluster", "blobs")
    return azure.dataprotection.BackupInstance(
        name,
        resource_group_name=ground.resource_group_name,
        vault_name=ground.vault_name,
        tags=ground.tags,
        properties=azure.dataprotection.BackupInstanceArgs(
            object_type="BackupInstance",
            friendly_name=last,
            data_source_info=azure.dataprotection.DatasourceArgs(
                object_type="Datasource",
                datasource_type=row["datasource"],
                resource_id=source.id,
                resource_location=ground.location,
                resource_name=last,
                resource_type=row["resource"],
                resource_uri=source.id,
            ),
            data_source_set_info=(
                azure.dataprotection.DatasourceSetArgs(
                    object_type="DatasourceSet",
                    datasource_type=row["datasource"],
                    resource_id=source.id,
                    resource_location=ground.location,
                    resource_name=last,
                    resource_type=row["resource"],
                    resource_uri=source.id,
                )
                if whole
                else None
            ),
            policy_info=azure.dataprotection.PolicyInfoArgs(policy_id=chosen.id, policy_parameters=parameters),
        ),
        opts=pulumi.ResourceOptions.merge(ground.options, pulumi.ResourceOptions(depends_on=list(needs))),
    )


def snapshot_store(snapshots_id: pulumi.Input[str]) -> list[azure.dataprotection.AzureOperationalStoreParametersArgs]:
    """Say in which resource group snapshots are kept."""
    return [
        azure.dataprotection.AzureOperationalStoreParametersArgs(
            object_type="AzureOperationalStoreParameters",
            data_store_type="OperationalStore",
            resource_group_id=snapshots_id,
        )
    ]


def _word(role: str) -> str:
    """Return a role's name as a part of a resource's."""
    return role.lower().replace(" ", "-")
