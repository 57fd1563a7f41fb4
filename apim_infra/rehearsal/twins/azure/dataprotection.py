"""Backup vaults of Azure Backup: redundancy, locks, and what an instance of a data source needs."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context, short_location
from apim_infra.rehearsal.twins.azure.table import Reference
from apim_infra.rehearsal.twins.cloud.values import data_file, is_mapping, listed
from apim_infra.rehearsal.twins.cloud.world import Thing

VAULT = "azure-native:dataprotection:BackupVault"
POLICY = "azure-native:dataprotection:BackupPolicy"
INSTANCE = "azure-native:dataprotection:BackupInstance"
ASSIGNMENT = "azure-native:authorization:RoleAssignment"
BINDING = "azure-native:containerservice:TrustedAccessRoleBinding"
EXTENSION = "azure-native:kubernetesconfiguration:Extension"

INVALID = "BMSUserErrorInvalidInput"
"""What Azure Backup answers to input that it does not take, of whatever kind."""
INVALID_SEEN = (
    "Azure Backup documentation (2026); code from the live tests of Azure's MCP server (github.com/microsoft/mcp, 2026)"
)
LOCKS = "Azure Backup, immutable vaults (2026)"
REDUNDANCY = "Azure Backup, create a Backup vault (2026)"
ROLES = (
    "Azure Backup, troubleshooting of blob backup (2024); manifests of the Azure CLI's data-protection extension (2026)"
)
CONTRIBUTORS = ("Owner", "Contributor")
"""Roles that may do whatever a narrower one may."""


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, Mapping[str, Any]]:
    """Return what each kind of data source asks for, by its type in lower case."""
    table = data_file("apim_infra.rehearsal.twins.azure", "dataprotection.yaml")
    return {name.lower(): row for name, row in table["kinds"].items()}


@lru_cache(maxsize=1)
def _guids() -> Mapping[str, str]:
    table = data_file("apim_infra.rehearsal.twins.azure", "roles.yaml")
    return {str(guid).lower(): name for name, guid in table["roles"].items()}


def _storage(context: Context) -> Iterator[Problem]:
    settings = context.at("properties.storageSettings[*]")
    if not settings:
        yield context.problem(
            INVALID,
            "A vault says how redundant its storage is.",
            "properties.storageSettings",
            "add {datastoreType: VaultStore, type: ZoneRedundant}",
            INVALID_SEEN,
        )
    across = context.value("properties.featureSettings.crossRegionRestoreSettings.state")
    types = {setting.get("type") for _, setting in settings if is_mapping(setting)}
    if across == "Enabled" and types and "GeoRedundant" not in types and UNKNOWN not in types:
        yield context.problem(
            INVALID,
            "Cross region restore needs a vault of redundancy GeoRedundant.",
            "properties.featureSettings.crossRegionRestoreSettings.state",
            "make the vault GeoRedundant, or leave it out",
            "Azure Backup, cross region restore (2026)",
        )
    days = context.value("properties.securitySettings.softDeleteSettings.retentionDurationInDays")
    if isinstance(days, int | float) and not 14 <= days <= 180:
        yield context.problem(
            INVALID,
            f"Soft delete keeps backups for 14 to 180 days, not {days:g}.",
            "properties.securitySettings.softDeleteSettings.retentionDurationInDays",
            source="Azure Backup, enhanced soft delete (2026)",
        )


def _before(context: Context, *path: str) -> Any:
    value: Any = context.old
    for part in path:
        value = value.get(part) if is_mapping(value) else None
    return value


def _one_way(context: Context) -> Iterator[Problem]:
    """Refuse what a vault never takes back."""
    if context.old is None:
        return
    security = ("properties", "securitySettings")
    locked = _before(context, *security, "immutabilitySettings", "state") == "Locked"
    state = context.value("properties.securitySettings.immutabilitySettings.state")
    if locked and state != "Locked":
        yield context.problem(
            INVALID,
            "Immutability of the vault is locked: it cannot be switched off any more.",
            "properties.securitySettings.immutabilitySettings.state",
            "leave it Locked",
            LOCKS,
        )
    for_ever = _before(context, *security, "softDeleteSettings", "state") == "AlwaysOn"
    if for_ever and context.value("properties.securitySettings.softDeleteSettings.state") != "AlwaysOn":
        yield context.problem(
            INVALID,
            "Soft delete of the vault is AlwaysOn: it cannot be changed any more.",
            "properties.securitySettings.softDeleteSettings.state",
            "leave it AlwaysOn",
            INVALID_SEEN,
        )
    across = ("properties", "featureSettings", "crossRegionRestoreSettings", "state")
    if _before(context, *across) == "Enabled" and context.value(".".join(across)) != "Enabled":
        yield context.problem(
            INVALID,
            "Cross region restore cannot be switched off once it is on.",
            ".".join(across),
            "leave it Enabled",
            "Azure Backup, cross region restore (2026)",
        )
    if _redundancies(context.old) and _redundancies(context.old) != _redundancies(context.inputs):
        yield context.problem(
            INVALID,
            "The redundancy of a vault cannot be changed.",
            "properties.storageSettings",
            "make another vault",
            REDUNDANCY,
        )


def _redundancies(inputs: Mapping[str, Any]) -> list[Any]:
    properties = inputs.get("properties")
    settings = properties.get("storageSettings") if is_mapping(properties) else None
    return [setting.get("type") for setting in listed(settings) if is_mapping(setting)]


def _source(context: Context) -> tuple[str, Mapping[str, Any] | None]:
    type_ = str(context.value("properties.dataSourceInfo.datasourceType", ""))
    return type_, kinds().get(type_.lower())


def _policy_fits(context: Context) -> Iterator[Problem]:
    type_, row = _source(context)
    policy = context.find(context.value("properties.policyInfo.policyId"))
    path = "properties.policyInfo.policyId"
    if policy is not None and not policy.assumed:
        if ids.key(ids.parent_of(policy.id)) != ids.key(ids.parent_of(context.id)):
            yield context.problem(
                INVALID, "The policy is one of another vault.", path, "use a policy of this vault", INVALID_SEEN
            )
        types = [str(name).lower() for name in listed(_of(policy, "properties", "datasourceTypes"))]
        if types and type_ and type_.lower() not in types:
            yield context.problem(
                INVALID,
                f"The policy is for {', '.join(types)}, not for {type_}.",
                path,
                "use a policy of the data source's own kind",
                INVALID_SEEN,
            )
    if type_ and row is None:
        yield context.warning(
            INVALID,
            f"'{type_}' is no data source that is known of here.",
            "properties.dataSourceInfo.datasourceType",
            source="own knowledge",
        )
    for name in row["parameters"] if row else ():
        parameters = context.value("properties.policyInfo.policyParameters", {})
        if not (is_mapping(parameters) and parameters.get(name)):
            yield context.problem(
                INVALID,
                f"An instance of {type_} needs {name}.",
                f"properties.policyInfo.policyParameters.{name}",
                "say where snapshots go" if name == "dataStoreParametersList" else "say what of it is backed up",
                "manifests of the Azure CLI's data-protection extension (2026)",
            )


def _of(thing: Thing, *path: str) -> Any:
    value: Any = thing.inputs
    for part in path:
        value = value.get(part) if is_mapping(value) else None
    return value


def _same_region(context: Context) -> Iterator[Problem]:
    vault, source = context.parent(), context.find(context.value("properties.dataSourceInfo.resourceID"))
    if vault is None or source is None or vault.assumed or source.assumed:
        return
    here, there = (short_location(thing.outputs.get("location")) for thing in (vault, source))
    if here and there and here != there:
        yield context.problem(
            INVALID,
            f"The data source is in {there}, the vault in {here}.",
            "properties.dataSourceInfo.resourceID",
            "use a vault of the data source's region",
            "Azure Backup, support matrices of disks, AKS and blobs (2026)",
        )


def _permitted(context: Context) -> Iterator[Problem]:
    """Hold the identity of the vault to the roles that the data source asks for."""
    _, row = _source(context)
    vault, source_id = context.parent(), context.value("properties.dataSourceInfo.resourceID")
    if row is None or vault is None or vault.assumed or not isinstance(source_id, str):
        return
    identity = vault.outputs.get("identity")
    principal = identity.get("principalId") if is_mapping(identity) else None
    if not principal:
        yield context.problem(
            "UserErrorMissingRequiredPermissions",
            "The vault has no identity that could be given permissions.",
            "vaultName",
            "give the vault a system-assigned identity",
            ROLES,
        )
        return
    snapshots = context.value("properties.policyInfo.policyParameters.dataStoreParametersList[0].resourceGroupId")
    group = ids.parent_of(source_id)
    while group and not ids.GROUP.fullmatch(group):
        group = ids.parent_of(group)
    scopes = {"source": source_id, "group": group, "snapshots": snapshots}
    for role, where in row["roles"].items():
        scope = scopes[where]
        if isinstance(scope, str) and not _has_role(context, str(principal), role, scope):
            yield context.problem(
                "UserErrorMissingRequiredPermissions",
                f"Appropriate permissions to perform the operation is missing: the vault is not '{role}' at {scope}.",
                "properties.dataSourceInfo.resourceID",
                f"give the vault's identity the role '{role}' there first, and let the instance depend on it",
                ROLES,
            )


def _has_role(context: Context, principal: str, role: str, scope: str) -> bool:
    holders = {ids.key(scope), *(ids.key(above) for above in ids.ancestors(scope))}
    for assignment in context.all(ASSIGNMENT):
        name = _guids().get(ids.name_of(str(assignment.inputs.get("roleDefinitionId", ""))).lower())
        same = str(assignment.inputs.get("principalId", "")).lower() == principal.lower()
        if same and name in (role, *CONTRIBUTORS) and ids.key(str(assignment.inputs.get("scope", ""))) in holders:
            return True
    return False


def _into_cluster(context: Context) -> Iterator[Problem]:
    """Hold an instance of a cluster to what must be in it: the extension, and trusted access for the vault."""
    type_, _ = _source(context)
    cluster = context.find(context.value("properties.dataSourceInfo.resourceID"))
    vault = context.parent()
    if type_.lower() != "microsoft.containerservice/managedclusters" or cluster is None or vault is None:
        return
    if cluster.assumed:
        return
    bindings = context.inside(BINDING, cluster.id)
    if not any(ids.key(str(each.inputs.get("sourceResourceId", ""))) == ids.key(vault.id) for each in bindings):
        yield context.warning(
            "UserErrorTrustedAccessGatewayReturnedForbidden",
            "Trusted access is not there between the cluster and the vault.",
            "properties.dataSourceInfo.resourceID",
            "make a TrustedAccessRoleBinding of the vault first",
            "Azure Backup, prerequisites of AKS backup (2026); code by own knowledge",
        )
    extensions = context.inside(EXTENSION, cluster.id)
    if not any(
        str(each.inputs.get("extensionType", "")).lower() == "microsoft.dataprotection.kubernetes"
        for each in extensions
    ):
        yield context.warning(
            "UserErrorKubernetesBackupExtensionNotFound",
            "The backup extension is not installed in the cluster.",
            "properties.dataSourceInfo.resourceID",
            "install the extension microsoft.dataprotection.kubernetes first",
            "Azure Backup, prerequisites of AKS backup (2026); code by own knowledge",
        )


def _extension(context: Context) -> Mapping[str, Any]:
    """Return the identity that AKS makes for each extension."""
    identity = {"principalId": context.guid("extension"), "tenantId": context.tenant, "type": "SystemAssigned"}
    return {"aksAssignedIdentity": identity, "currentVersion": context.value("version", "1.0.0")}


OUTPUTS = {EXTENSION: _extension}
RULES = {VAULT: (_storage, _one_way), INSTANCE: (_policy_fits, _same_region, _permitted, _into_cluster)}
NOT_VERIFIED = {INSTANCE: ("whether there are backups already, which a locked vault keeps until their time",)}
REFERENCES = {
    INSTANCE: (
        Reference("properties.policyInfo.policyId", POLICY, INVALID),
        Reference(
            "properties.policyInfo.policyParameters.dataStoreParametersList[*].resourceGroupId",
            "azure-native:resources:ResourceGroup",
            INVALID,
        ),
    )
}
