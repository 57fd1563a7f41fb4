"""A plan of Azure Backup for disks, PostgreSQL servers, blobs and the cluster."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.backup_cluster import ClusterBackup, protect_cluster
from components.azure.backup_policies import (
    PlanGround,
    Source,
    instance,
    plan_data,
    policy,
    shared_roles,
    snapshot_store,
    vault_roles,
)
from components.azure.tags import Tags
from components.common import refuse

LONGEST_SNAPSHOT_DAYS = 360
"""How long snapshots of disks and clusters can be kept (Azure Backup documentation, support matrices of disks and AKS, 2026)."""


class BlobSource(TypedDict):
    """Blobs of a storage account."""

    account_id: pulumi.Input[str]
    """The account."""
    containers: Sequence[pulumi.Input[str]]
    """Containers that are backed up."""


class BackupPlanArgs(TypedDict):
    """Arguments of `BackupPlan`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the vault and of what it backs up."""
    resource_group_id: pulumi.Input[str]
    """Its identifier."""
    subscription_id: pulumi.Input[str]
    """Subscription of everything here."""
    location: pulumi.Input[str]
    """Region of everything here."""
    vault_name: pulumi.Input[str]
    """Vault that keeps the backups."""
    vault_id: pulumi.Input[str]
    """Its identifier."""
    vault_principal_id: pulumi.Input[str]
    """Identity of the vault, which is given the roles that it needs."""
    daily_at: NotRequired[str]
    """When backups begin, in UTC; default `05:00`. Those of PostgreSQL servers are taken on Sundays, which is as often as Azure takes them."""
    retention_days: NotRequired[int]
    """How long backups are kept, 1 to 360 days; default 35."""
    disks: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Managed disks by a short name; none by default."""
    postgresql: NotRequired[Mapping[str, pulumi.Input[str]]]
    """PostgreSQL flexible servers by a short name; none by default."""
    blobs: NotRequired[Mapping[str, BlobSource]]
    """Blobs by a short name of their account; none by default."""
    cluster: NotRequired[ClusterBackup]
    """The cluster with its volumes; not backed up by default."""
    tags: NotRequired[Tags]
    """Tags of every resource that takes them."""


def _problems(args: BackupPlanArgs) -> Iterator[tuple[str, str]]:
    if not 1 <= (days := args.get("retention_days", 35)) <= LONGEST_SNAPSHOT_DAYS:
        yield "retention_days", f"{days} days: 1 to {LONGEST_SNAPSHOT_DAYS} are allowed"
    if not any(args.get(kind) for kind in ("disks", "postgresql", "blobs", "cluster")):
        yield "disks", "nothing is backed up: give disks, postgresql, blobs or a cluster, or leave the plan out"
    for name, source in args.get("blobs", {}).items():
        if not source["containers"]:
            yield f"blobs.{name}.containers", "no container: name those that are backed up"


class BackupPlan(pulumi.ComponentResource):
    """A policy for each kind of data source that there is, the roles of the vault, and an instance for each data source.

    Snapshots of disks and of the cluster's volumes are kept in a resource group of their own, `snapshots`: who takes them must be able to do
    anything there.
    """

    def __init__(self, name: str, args: BackupPlanArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:BackupPlan", name, {}, opts)
        refuse(name, _problems(args))
        self._ground = PlanGround(
            resource_group_name=args["resource_group_name"],
            resource_group_id=args["resource_group_id"],
            subscription_id=args["subscription_id"],
            location=args["location"],
            vault_name=args["vault_name"],
            principal_id=args["vault_principal_id"],
            daily_at=args.get("daily_at", "05:00"),
            retention_days=args.get("retention_days", 35),
            tags=args.get("tags"),
            options=pulumi.ResourceOptions(parent=self),
        )
        self.snapshots = self._snapshots(name, args)
        self.policies: dict[str, azure.dataprotection.BackupPolicy] = {}
        self._shared: dict[str, list[pulumi.Resource]] = {}
        self.instances: dict[str, azure.dataprotection.BackupInstance] = {}
        for key, disk in args.get("disks", {}).items():
            self._add(name, key, Source("disk", disk))
        for key, server in args.get("postgresql", {}).items():
            self._add(name, key, Source("postgresql", server))
        for key, blobs in args.get("blobs", {}).items():
            self._add(name, key, Source("blobs", blobs["account_id"]), blobs["containers"])
        if "cluster" in args and self.snapshots is not None:
            chosen, _ = self._policy(name, "cluster")
            self.cluster = protect_cluster(
                f"{name}-cluster",
                self._ground,
                args["cluster"],
                chosen,
                vault_id=args["vault_id"],
                snapshots=self.snapshots,
            )
            self.instances["cluster"] = self.cluster.instance
        self.register_outputs({})

    def _snapshots(self, name: str, args: BackupPlanArgs) -> azure.resources.ResourceGroup | None:
        if not (args.get("disks") or args.get("cluster")):
            return None
        return azure.resources.ResourceGroup(
            f"{name}-snapshots", location=args["location"], tags=args.get("tags"), opts=self._ground.options
        )

    def _policy(self, name: str, kind: str) -> tuple[azure.dataprotection.BackupPolicy, list[pulumi.Resource]]:
        """Return the policy of a kind, and the roles that its data sources share."""
        if kind not in self.policies:
            self.policies[kind] = policy(f"{name}-{kind}", kind, self._ground)
            snapshots_id = self.snapshots.id if self.snapshots else None
            self._shared[kind] = shared_roles(f"{name}-{kind}", kind, self._ground, snapshots_id)
        return self.policies[kind], self._shared[kind]

    def _add(self, name: str, key: str, source: Source, containers: Sequence[pulumi.Input[str]] = ()) -> None:
        chosen, shared = self._policy(name, source.kind)
        roles = vault_roles(f"{name}-{key}", source, self._ground)
        parameters: azure.dataprotection.PolicyParametersArgs | None = None
        if plan_data()["kinds"][source.kind]["store"] == "OperationalStore" and self.snapshots is not None:
            parameters = azure.dataprotection.PolicyParametersArgs(
                data_store_parameters_list=snapshot_store(self.snapshots.id)
            )
        if containers:
            parameters = azure.dataprotection.PolicyParametersArgs(
                backup_datasource_parameters_list=[
                    azure.dataprotection.BlobBackupDatasourceParametersArgs(
                        object_type="BlobBackupDatasourceParameters", containers_list=list(containers)
                    )
                ]
            )
        self.instances[key] = instance(
            f"{name}-{key}", source, self._ground, chosen, needs=[*roles, *shared], parameters=parameters
        )
