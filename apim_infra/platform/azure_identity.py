"""Key vault, registry, storage and the identities of pipelines on Azure, from the settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from apim_infra.planning.service_rules import Service, has_endpoint
from apim_infra.platform.azure_ground import Ground
from apim_infra.platform.azure_network import NetworkParts
from apim_infra.platform.naming import Naming
from apim_infra.settings.deployments import deployments
from apim_infra.settings.environment import Tier
from apim_infra.settings.pipelines import PipelineIdentity as Pipeline
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode
from apim_infra.sizing.files import share_gib
from apim_infra.sizing.table import control_plane_deployments
from components.azure.encryption import EncryptionKeys, EncryptionKeysArgs
from components.azure.files import FileShares, FileSharesArgs
from components.azure.identities import FederatedCredentialArgs, GrantArgs, PipelineIdentity
from components.azure.registry import Registry, RegistryArgs
from components.azure.storage import LogStorage, LogStorageArgs
from components.azure.storage_lifecycle import ContainerArgs
from components.kubernetes.file_share import FileShareSource
from components.kubernetes.log_collector import BlobArchive

if TYPE_CHECKING:
    from apim_infra.platform.azure_cluster import AnyCluster
    from apim_infra.platform.azure_foundation import Foundation

CLUSTER_BACKUPS, SNAPSHOTS = "cluster-backups", "cassandra-snapshots"
"""Containers of the log storage beside that of logs: objects of the cluster, which its backup keeps there, and snapshots of Cassandra."""

EVENTS = "events"
"""Share that gateways write events to."""

THROWAWAY_DAYS, KEPT_DAYS = 7, 90
"""How long a deleted vault can be brought back: the shortest that Azure has where stacks come and go, else the longest."""


@dataclass(frozen=True, slots=True)
class FileParts:
    """The file share of the gateways."""

    storage: FileShares
    source: FileShareSource
    """What the cluster is given to mount it."""


@dataclass(frozen=True, slots=True)
class PipelineReach:
    """What the pipelines work with."""

    cluster: "AnyCluster"
    registry: Registry
    logs: LogStorage


def build_encryption(settings: StackSettings, naming: Naming, ground: Ground, network: NetworkParts) -> EncryptionKeys:
    """Build the vault with its keys."""
    args: EncryptionKeysArgs = {
        "resource_group_name": ground.resource_group_name,
        "location": ground.location,
        "subscription_id": ground.subscription_id,
        "tenant_id": ground.tenant_id,
        "existing": _existing_keys(settings),
        "hardware": settings.encryption.hardware_keys,
        "deletion_window_days": THROWAWAY_DAYS if settings.tier is Tier.DEV else KEPT_DAYS,
        "diagnostics": ground.diagnostics,
        "deletion_protection": settings.deletion_protection,
        "tags": naming.tags,
    }
    if has_endpoint(settings, Service.VAULT):
        zone = network.private_zone_ids.get(Service.VAULT)
        args["private_endpoint"] = {
            "subnet_id": network.subnet_ids["data"],
            "zone_ids": [] if zone is None else [zone],
        }
    return EncryptionKeys(naming.name("keys"), args, ground.options)


def build_registry(
    settings: StackSettings, naming: Naming, foundation: "Foundation", cluster: "AnyCluster"
) -> Registry:
    """Build the one registry of the stack, from which the nodes of the cluster pull."""
    args: RegistryArgs = {
        "resource_group_name": foundation.resource_group_name,
        "location": foundation.location,
        "subscription_id": foundation.subscription_id,
        "repositories": [workload.name for workload in control_plane_deployments()],
        "prefix": naming.prefix,
        "pulled_by": {"nodes": cluster.kubelet_principal_id},
        "allowed_ranges": settings.pipelines.source_cidrs,
        "diagnostics": foundation.diagnostics,
        "deletion_protection": settings.deletion_protection,
        "tags": naming.tags,
    }
    if settings.recovery.region is not None and settings.recovery.copies.images:
        args["replica_regions"] = [settings.recovery.region]
    if has_endpoint(settings, Service.REGISTRY):
        args["private_endpoint"] = foundation.private_endpoint(Service.REGISTRY)
    return Registry(naming.name("registry"), args, foundation.options)


def build_log_storage(settings: StackSettings, naming: Naming, foundation: "Foundation") -> LogStorage:
    """Build the storage of logs, of what backs the cluster up, and of snapshots of Cassandra."""
    args: LogStorageArgs = {
        "resource_group_name": foundation.resource_group_name,
        "location": foundation.location,
        "subscription_id": foundation.subscription_id,
        "containers": _containers(settings),
        "multi_zone": settings.tier is not Tier.DEV,
        "geo_redundant": settings.recovery.region is not None and settings.recovery.copies.logs,
        "key": foundation.keys.logs_key,
        "shared_key": settings.observability.logs.archive,
        "diagnostics": foundation.diagnostics,
        "deletion_protection": settings.deletion_protection,
        "tags": naming.tags,
    }
    if has_endpoint(settings, Service.BLOB):
        args["private_endpoint"] = foundation.private_endpoint(Service.BLOB)
    return LogStorage(naming.name("storage"), args, foundation.options)


def log_archive(settings: StackSettings, logs: LogStorage) -> BlobArchive | None:
    """Return where the gateways' logs are kept; None without an archive."""
    if logs.account_key is None:
        return None
    return {
        "account": logs.name,
        "container": logs.containers["logs"].name,
        "key": logs.account_key,
        "gateway_namespaces": [each.settings.gateway.namespace for each in deployments(settings)],
    }


def _containers(settings: StackSettings) -> Mapping[str, ContainerArgs]:
    containers: dict[str, ContainerArgs] = {}
    if settings.backup.enabled:
        containers[CLUSTER_BACKUPS] = {}  # what backs the cluster up forgets by itself
    rings = [each.settings.stores.cassandra for each in deployments(settings)]
    kept = [ring.backup_retention_days for ring in rings if ring.mode is StoreMode.SELF_MANAGED]
    if any(kept):
        containers[SNAPSHOTS] = {"retention_days": max(kept)}
    return containers


def build_files(settings: StackSettings, naming: Naming, foundation: "Foundation") -> FileParts | None:
    """Build the file share of the gateways; None without one."""
    files = settings.stores.files
    if files.mode is not StoreMode.MANAGED:
        return None
    size = share_gib(settings)
    args: FileSharesArgs = {
        "resource_group_name": foundation.resource_group_name,
        "location": foundation.location,
        "subscription_id": foundation.subscription_id,
        "shares": {EVENTS: size},
        "protocol": str(files.protocol),
        "multi_zone": files.multi_zone,
        "key": foundation.keys.stores_key,
        # Files are reached in the network alone, whatever else is.
        "private_endpoint": foundation.private_endpoint(Service.FILE),
        "diagnostics": foundation.diagnostics,
        "deletion_protection": files.deletion_protection,
        "tags": naming.tags,
    }
    storage = FileShares(naming.name("files"), args, foundation.options)
    source: FileShareSource = {
        "account_name": storage.name,
        "share_name": storage.share_names[EVENTS],
        "resource_group_name": foundation.resource_group_name,
        "size_gib": size,
        "protocol": str(files.protocol),
    }
    if storage.account_key is not None:
        source["account_key"] = storage.account_key
    return FileParts(storage, source)


def build_identities(
    settings: StackSettings, naming: Naming, foundation: "Foundation", reach: PipelineReach
) -> Mapping[str, pulumi.Input[object]]:
    """Build the two identities of the pipelines, each with the least roles that it works with; return what the stack exports of them."""
    pipelines = settings.pipelines
    cluster, registry, logs = reach.cluster, reach.registry, reach.logs
    push: dict[str, GrantArgs] = {"push": {"role": "AcrPush", "scope": registry.id}}
    run: dict[str, GrantArgs] = {
        "login": {"role": "Azure Kubernetes Service Cluster User Role", "scope": cluster.id},
        "administer": {"role": "Azure Kubernetes Service RBAC Cluster Admin", "scope": cluster.id},
        "pull": {"role": "AcrPull", "scope": registry.id},
        "network": {"role": "Network Contributor", "scope": foundation.network_id},
        "storage": {"role": "Storage Blob Data Contributor", "scope": logs.id},
        "identities": {"role": "Managed Identity Operator", "scope": foundation.resource_group_id},
    }
    built = {
        name: PipelineIdentity(
            naming.name(f"{name}-identity"),
            {
                "resource_group_name": foundation.resource_group_name,
                "location": foundation.location,
                "subscription_id": foundation.subscription_id,
                "grants": grants,
                "credentials": _credentials(pipeline),
                "tags": naming.tags,
            },
            foundation.options,
        )
        for name, grants, pipeline in (("build", push, pipelines.build), ("run", run, pipelines.run))
    }
    return {
        "pipelines": {
            "tenant_id": foundation.tenant_id,
            "subscription_id": foundation.subscription_id,
            **{f"{name}_client_id": identity.client_id for name, identity in built.items()},
        },
        "registry": registry.name,
    }


def _credentials(pipeline: Pipeline | None) -> list[FederatedCredentialArgs]:
    return [] if pipeline is None else [{"issuer": pipeline.issuer, "subject": pipeline.subject}]


def _existing_keys(settings: StackSettings) -> Mapping[str, str]:
    """Return the keys that are brought along: purpose to resource id."""
    keys = settings.encryption
    named = {"cluster": keys.cluster_key_arn, "stores": keys.stores_key_arn, "logs": keys.logs_key_arn}
    return {purpose: id_ for purpose, id_ in named.items() if id_ is not None}
