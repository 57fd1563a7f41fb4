"""AKS: who a cluster is, what it may do, how its users log in, and what guards it."""

from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.containerservice import CLUSTER, LISTED, OWN, PRIVATE, facts, number
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.table import Reference
from apim_infra.rehearsal.twins.cloud.values import is_list, is_mapping
from apim_infra.rehearsal.twins.cloud.world import Thing

IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
ASSIGNMENT = "azure-native:authorization:RoleAssignment"
VAULT = "azure-native:keyvault:Vault"

IDENTITIES = "AKS documentation, managed identities (2026-08); answers of AKS in public reports (2025)"
KMS = "AKS documentation, KMS etcd encryption (2026-08)"
ENTRA = "AKS documentation, Entra integration and local accounts (2026-08)"

OWNER, CONTRIBUTOR = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "b24988ac-6180-42a0-ab88-20f7382dd24c"
OPERATOR, DNS_CONTRIBUTOR = "f1a07417-d97a-45cb-824c-7a7467783830", "b12aa53e-6015-4669-85d0-8515ebb3ae7f"
NETWORK_CONTRIBUTOR, VAULT_CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7", "f25e0fa2-a7c8-4377-a976-54943a77a395"
CRYPTO_USER, CRYPTO_OFFICER = "12338af0-0e69-4776-bea7-57ae8d297424", "14b46e9e-c2b7-41b4-b07b-48a6ebf60603"
ADMINISTRATOR = "00482a5a-887f-4fb3-b363-3b7fe8e74483"
ANYTHING = (OWNER, CONTRIBUTOR)


def _own_identity(context: Context) -> Thing | None:
    """Return the user-assigned identity of a cluster's control plane; None for the cluster's own, and for one that is brought along."""
    given = context.value("identity.userAssignedIdentities")
    named = list(given) if is_list(given) or is_mapping(given) else []
    found = context.find(named[0]) if named else None
    return None if found is None or found.assumed else found


def _holds(context: Context, principal: Any, scope: str, roles: tuple[str, ...]) -> bool:
    """Tell whether an identity has one of the roles at a scope or above it."""
    wanted = ids.key(scope)
    for assignment in context.all(ASSIGNMENT):
        at = ids.key(str(assignment.inputs.get("scope", "")))
        role = ids.name_of(str(assignment.inputs.get("roleDefinitionId", ""))).lower()
        covers = wanted == at or wanted.startswith(f"{at}/")
        if assignment.inputs.get("principalId") == principal and covers and role in roles:
            return True
    return False


def _identity(context: Context) -> Iterator[Problem]:
    """Yield what is wrong between the identity of the control plane and that of the nodes."""
    kubelet = context.value("identityProfile.kubeletidentity.resourceId")
    kind = str(context.value("identity.type", "None"))
    if kind == "None" and not context.value("servicePrincipalProfile.clientId"):
        message = "The cluster has neither an identity nor a service principal."
        yield context.problem(
            "InvalidParameter", message, "identity", "give it a managed identity", f"{IDENTITIES}; code: {OWN}"
        )
    if isinstance(kubelet, str) and kind != "UserAssigned":
        yield context.problem(
            "CustomKubeletIdentityOnlySupportedOnUserAssignedMSICluster",
            "Custom kubelet identity is only supported on a cluster with a user-assigned managed identity.",
            "identityProfile.kubeletidentity.resourceId",
            "give the control plane a user-assigned identity too",
            f"{IDENTITIES}; {LISTED}",
        )
    identity = _own_identity(context)
    if identity is None or not isinstance(kubelet, str) or context.find(kubelet) is None:
        return
    if not _holds(context, identity["principalId"], kubelet, (OPERATOR, *ANYTHING)):
        yield context.problem(
            "CustomKubeletIdentityMissingPermissionError",
            "The cluster using user-assigned managed identity must be granted 'Managed Identity Operator' role to assign kubelet identity.",
            "identityProfile.kubeletidentity.resourceId",
            "assign the role first, and let the cluster depend on it",
            IDENTITIES,
        )


def _network_rights(context: Context) -> Iterator[Problem]:
    """Yield subnets that the control plane may not join."""
    identity = _own_identity(context)
    if identity is None:
        return
    path = "apiServerAccessProfile.subnetId"
    named = [*context.at("agentPoolProfiles[*].vnetSubnetID"), *((path, id_) for id_ in context.get(path))]
    for place, subnet in named:
        if not isinstance(subnet, str) or context.find(subnet) is None:
            continue
        if not _holds(context, identity["principalId"], subnet, (NETWORK_CONTRIBUTOR, *ANYTHING)):
            yield context.problem(
                "LinkedAuthorizationFailed",
                f"The identity {identity.id} does not have permission to perform action "
                f"'Microsoft.Network/virtualNetworks/subnets/join/action' on the linked scope {subnet}.",
                place,
                "make it Network Contributor of the network first, and let the cluster depend on the assignment",
                "AKS documentation, error LinkedAuthorizationFailed and custom virtual networks (2026-08)",
            )


def _zone_rights(context: Context) -> Iterator[Problem]:
    zone, path = context.value("apiServerAccessProfile.privateDNSZone"), "apiServerAccessProfile.privateDNSZone"
    if not isinstance(zone, str) or not ids.looks_like_id(zone):
        return
    if str(context.value("identity.type", "")) == "SystemAssigned":
        message = (
            "A custom private DNS zone needs a user-assigned identity, which has rights before there is a cluster."
        )
        code = "SystemAssignedIdentityNotSupportedForCustomPrivateDNSZone"
        yield context.problem(code, message, path, source=f"{PRIVATE}; code: {LISTED}")
    identity = _own_identity(context)
    if identity is None or context.find(zone) is None:
        return
    if not _holds(context, identity["principalId"], zone, (DNS_CONTRIBUTOR, *ANYTHING)):
        message = f"Service principal or user assigned identity must be given permission to read and write to custom private dns zone {zone}."
        hint = "make it Private DNS Zone Contributor of the zone first"
        source = "AKS documentation, error CustomPrivateDNSZoneMissingPermissionError (2026-08)"
        yield context.problem("CustomPrivateDNSZoneMissingPermissionError", message, path, hint, source)


def _secrets_key(context: Context) -> Iterator[Problem]:
    """Yield what is wrong with the key of Kubernetes secrets."""
    path = "securityProfile.azureKeyVaultKms"
    if not context.value(f"{path}.enabled"):
        return
    key_id, access = str(context.value(f"{path}.keyId", "")), context.value(f"{path}.keyVaultNetworkAccess", "Public")
    if key_id and len(key_id.removeprefix("https://").rstrip("/").split("/")) != 4:
        message = f"The key id {key_id} must have the version of the key."
        yield context.problem("InvalidParameter", message, f"{path}.keyId", source=f"{KMS}; code: {OWN}")
    if str(context.value("identity.type", "")) == "SystemAssigned":
        message = "KMS etcd encryption does not work with a system-assigned managed identity."
        yield context.problem("InvalidParameter", message, path, "use a user-assigned identity", f"{KMS}; code: {OWN}")
    vault_id = context.value(f"{path}.keyVaultResourceId")
    if access == "Private" and vault_id is None:
        message = "keyVaultResourceId is needed where keyVaultNetworkAccess is Private."
        source = "REST reference of managed clusters, 2025-09-01; code: " + OWN
        yield context.problem("InvalidParameter", message, f"{path}.keyVaultResourceId", source=source)
    if access == "Private" and not context.value("apiServerAccessProfile.enableVnetIntegration"):
        message = "A private key vault needs API server VNet integration."
        hint = "give the API server a subnet, or the vault a public address"
        yield context.problem("InvalidParameter", message, f"{path}.keyVaultNetworkAccess", hint, f"{KMS}; code: {OWN}")
    identity = _own_identity(context)
    if identity is None or not isinstance(vault_id, str) or context.find(vault_id) is None:
        return
    key = f"{vault_id}/keys/{key_id.rstrip('/').split('/')[-2]}" if key_id.count("/") > 1 else vault_id
    users, linkers = (CRYPTO_USER, CRYPTO_OFFICER, ADMINISTRATOR), (VAULT_CONTRIBUTOR, *ANYTHING)
    for scope, roles, role in ((key, users, "Key Vault Crypto User"), (vault_id, linkers, "Key Vault Contributor")):
        if not _holds(context, identity["principalId"], scope, roles):
            message = f"The identity {identity.id} must have the role {role} for {scope}."
            hint = "assign the role first, and let the cluster depend on it"
            yield context.problem("LinkedAuthorizationFailed", message, path, hint, f"{KMS}; code: {OWN}")


def _users(context: Context) -> Iterator[Problem]:
    """Yield what is wrong with how users log in."""
    managed, local = context.value("aadProfile.managed"), context.value("disableLocalAccounts")
    if local and not managed:
        message = "Local accounts cannot be disabled on a cluster without Entra integration."
        yield context.problem(
            "BadRequest", message, "disableLocalAccounts", "set aadProfile.managed", f"{ENTRA}; code: {OWN}"
        )
    if managed and context.value("enableRBAC") is False:
        message = "RBAC must be enabled for Entra integration."
        yield context.problem(
            "RBACNotEnabledForAAD", message, "enableRBAC", "set it to true", f"{ENTRA}; code: {LISTED}"
        )
    for place, group in context.at("aadProfile.adminGroupObjectIDs[*]"):
        if isinstance(group, str) and not ids.GUID.fullmatch(group):
            message = f"The admin group object id {group} is no GUID."
            hint = "use the object id of a group of Entra"
            yield context.problem("InvalidAdminGroupObjectID", message, place, hint, f"{ENTRA}; code: {LISTED}")
    before = (context.old or {}).get("oidcIssuerProfile")
    if is_mapping(before) and before.get("enabled") and context.value("oidcIssuerProfile.enabled") is not True:
        message = "The OIDC issuer cannot be disabled once it is enabled."
        source = f"AKS documentation, OIDC issuer (2026-08); code: {LISTED}"
        yield context.problem("OIDCIssuerCannotBeDisabled", message, "oidcIssuerProfile.enabled", source=source)
    if context.value("securityProfile.workloadIdentity.enabled") and not context.value("oidcIssuerProfile.enabled"):
        message = "Workload identity requires the OIDC issuer."
        path = "securityProfile.workloadIdentity.enabled"
        source = f"AKS documentation, workload identity (2026-08); code: {OWN}"
        yield context.problem("BadRequest", message, path, "set oidcIssuerProfile.enabled", source)


def _guards(context: Context) -> Iterator[Problem]:
    """Yield what is wrong with what watches a cluster."""
    path = "securityProfile.imageCleaner.intervalHours"
    hours, (least, most) = number(context.value(path)), facts()["image_cleaner_hours"]
    if hours is not None and not least <= hours <= most:
        message = f"Image cleaner interval hours {hours} must be {least} to {most}."
        source = f"AKS documentation, image cleaner (2026-08); code: {OWN}"
        yield context.problem("InvalidParameter", message, path, source=source)
    path = "addonProfiles.omsagent"
    known = context.value(path)
    if (
        is_mapping(known)
        and known.get("enabled")
        and "logAnalyticsWorkspaceResourceID" not in (known.get("config") or {})
    ):
        message = "The add-on omsagent needs logAnalyticsWorkspaceResourceID."
        yield context.problem("LogAnalyticsWorkspaceNotSet", message, f"{path}.config", source=LISTED)
    path = "securityProfile.defender"
    if context.value(f"{path}.securityMonitoring.enabled") and "logAnalyticsWorkspaceResourceId" not in (
        context.value(path) or {}
    ):
        message = "Defender needs logAnalyticsWorkspaceResourceId."
        code = "LogAnalyticsWorkspaceNotSetForAzureDefender"
        yield context.problem(code, message, f"{path}.logAnalyticsWorkspaceResourceId", source=LISTED)


RULES = {CLUSTER: (_identity, _network_rights, _zone_rights, _secrets_key, _users, _guards)}
REFERENCES = {
    CLUSTER: (
        Reference("identity.userAssignedIdentities[*]", IDENTITY, source=IDENTITIES),
        Reference("securityProfile.azureKeyVaultKms.keyVaultResourceId", VAULT, source=KMS),
    ),
}
