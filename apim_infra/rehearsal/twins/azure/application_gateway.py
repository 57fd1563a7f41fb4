"""Application Gateway v2 as a whole: tier and capacity, firewall, TLS, certificates, frontends."""

import re
from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.table import Reference
from apim_infra.rehearsal.twins.cloud.values import is_mapping, listed
from apim_infra.rehearsal.twins.cloud.world import Thing

GATEWAY = "azure-native:network:ApplicationGateway"
ADDRESS = "azure-native:network:PublicIPAddress"
POLICY = "azure-native:network:WebApplicationFirewallPolicy"
VAULT = "azure-native:keyvault:Vault"
SECRET = "azure-native:keyvault:Secret"  # noqa: S105 - the name of a type
ASSIGNMENT = "azure-native:authorization:RoleAssignment"

LOGS = "Logs of Microsoft.Network in public reports of the Terraform provider, the Azure CLI and AVM modules (2019 to 2026)"
KEY_VAULT = (
    "azure-docs, application-gateway/key-vault-certs (2021), and logs of Microsoft.Network in public reports (2019)"
)
OWN = "own knowledge"
MOST_INSTANCES = 125
PFX = "application/x-pkcs12"
OLD_POLICIES = ("AppGwSslPolicy20150501", "AppGwSslPolicy20170401")
OLD_VERSIONS = ("TLSv1_0", "TLSv1_1")
READS_SECRETS = {
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "Key Vault Secrets Officer",
    "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba": "Key Vault Certificate User",
    "00482a5a-887f-4fb3-b363-3b7fe8e74483": "Key Vault Administrator",
}
"""Built-in roles that read the value of a secret (Microsoft Learn, Azure built-in roles, 2026)."""
_SECRET_URL = re.compile(r"https://(?P<vault>[^./]+)\.[^/]+/secrets/(?P<name>[^/]+)(/[^/]*)?", re.IGNORECASE)


def tier_of(context: Context) -> str:
    """Return the tier of a gateway, `Standard_v2` for instance."""
    return str(context.value("sku.tier") or context.value("sku.name") or "")


def instances_of(context: Context) -> int:
    """Return the most instances that a gateway may have."""
    most = context.value("autoscaleConfiguration.maxCapacity") or context.value("sku.capacity")
    return int(most) if isinstance(most, int | float) else 0


def _capacity(context: Context) -> Iterator[Problem]:
    if not tier_of(context).lower().endswith("_v2"):
        return
    fixed, scaled = context.value("sku.capacity"), context.value("autoscaleConfiguration")
    if (fixed is None) == (scaled is None):
        yield context.problem(
            "ApplicationGatewayV2SkuMustSpecifyEitherCapacityOrAutoscaleConfiguration",
            f"Application Gateway {context.id} with the selected SKU must specify either Capacity or AutoscaleConfiguration.",
            "sku.capacity",
            "give sku.capacity or autoscaleConfiguration, not both",
            LOGS,
        )
    least, most = (
        context.value("autoscaleConfiguration.minCapacity"),
        context.value("autoscaleConfiguration.maxCapacity"),
    )
    if isinstance(least, int | float) and isinstance(most, int | float) and least > most:
        yield context.warning(
            "BadRequest",
            f"The minimum capacity ({least:g}) is above the maximum capacity ({most:g}).",
            "autoscaleConfiguration.minCapacity",
            source=OWN,
        )
    if instances_of(context) > MOST_INSTANCES:
        yield context.warning(
            "BadRequest",
            f"A gateway has {MOST_INSTANCES} instances at most, not {instances_of(context)}.",
            "sku.capacity" if fixed is not None else "autoscaleConfiguration.maxCapacity",
            source="Azure subscription limits, Application Gateway (2025); the code is own knowledge",
        )


def _firewall(context: Context) -> Iterator[Problem]:
    inline, policy = context.value("webApplicationFirewallConfiguration"), context.value("firewallPolicy")
    if inline is not None:
        yield context.problem(
            "ApplicationGatewayWafConfigurationDeprecated",
            "Direct WAF configuration on Application Gateway has been retired.",
            "webApplicationFirewallConfiguration",
            "make a WebApplicationFirewallPolicy and name it as firewallPolicy",
            LOGS,
        )
    tier = tier_of(context).lower()
    if tier == "waf_v2" and inline is None and policy is None:
        yield context.problem(
            "ApplicationGatewayFirewallNotConfiguredForSelectedSku",
            f"Application Gateway {context.id} with the selected SKU tier WAF_v2 must have a valid WAF policy or configuration",
            "firewallPolicy",
            "name a WebApplicationFirewallPolicy, or take the tier Standard_v2",
            LOGS,
        )
    if tier == "standard_v2" and policy is not None:
        yield context.problem(
            "ApplicationGatewayFirewallCannotBeEnabledForSelectedSku",
            f"Application Gateway {context.id} does not support WebApplicationFirewall with the selected SKU tier Standard_v2",
            "firewallPolicy",
            "take the tier WAF_v2, or leave the policy out",
            LOGS,
        )


def _tls(context: Context) -> Iterator[Problem]:
    for policy in ("sslPolicy", *(path for path, _ in context.at("sslProfiles[*].sslPolicy"))):
        name, version = context.value(f"{policy}.policyName"), context.value(f"{policy}.minProtocolVersion")
        if name in OLD_POLICIES or version in OLD_VERSIONS:
            yield context.problem(
                "ApplicationGatewayDeprecatedTlsVersionUsedInSslPolicy",
                f"The TLS policy {name or version} for Application Gateway {context.id} is using a deprecated TLS version.",
                f"{policy}.{'policyName' if name in OLD_POLICIES else 'minProtocolVersion'}",
                "take AppGwSslPolicy20220101",
                LOGS,
            )


def _certificates(context: Context) -> Iterator[Problem]:
    for kind in ("sslCertificates", "trustedRootCertificates"):
        for path, certificate in context.at(f"{kind}[*]"):
            if not is_mapping(certificate):
                continue
            secret = certificate.get("keyVaultSecretId")
            if "data" not in certificate and "keyVaultSecretId" not in certificate:
                yield context.warning(
                    "BadRequest",
                    "Data or KeyVaultSecretId must be specified for the certificate.",
                    path,
                    source=OWN,
                )
            elif isinstance(secret, str):
                yield from _secret(context, f"{path}.keyVaultSecretId", secret)


def _secret(context: Context, path: str, url: str) -> Iterator[Problem]:
    match = _SECRET_URL.fullmatch(url)
    if match is None:
        yield context.problem(
            "ApplicationGatewayKeyVaultSecretException",
            f"SecretId '{url}' is invalid. Reason: The specified Key Vault URI doesn't properly reference a secret.",
            path,
            "write it like https://<vault>.vault.azure.net/secrets/<name>",
            KEY_VAULT,
        )
        return
    vault = next((each for each in context.all(VAULT) if ids.name_of(each.id).lower() == match["vault"].lower()), None)
    identities = _identities(context)
    if not identities:
        yield context.problem(
            "ApplicationGatewayKeyVaultSecretException",
            f"No identity is assigned to Application Gateway {context.id}, which reads '{url}'.",
            "identity",
            "give it a user-assigned identity with the role Key Vault Secrets User at the vault",
            KEY_VAULT,
        )
    if vault is None or vault.assumed:
        return
    yield from _kept(context, path, vault, match["name"])
    closed = _closed(vault)
    if closed:
        yield context.problem(
            "ApplicationGatewayKeyVaultSecretAccessDenied",
            f"Access denied for KeyVault Secret '{url}' for Application Gateway '{context.id}': the vault's firewall does not let it in.",
            path,
            "let trusted services of Azure in: networkAcls.bypass AzureServices",
            KEY_VAULT,
        )
    if identities and not closed and not any(_may_read(context, vault, identity) for identity in identities):
        yield context.problem(
            "ApplicationGatewayKeyVaultSecretAccessDenied",
            f"Access denied for KeyVault Secret '{url}' for Application Gateway '{context.id}'. Make sure that Identity assigned to "
            "Application Gateway has access to the KeyVault associated with secret.",
            "identity",
            "give its identity the role Key Vault Secrets User at the vault, and let the gateway depend on that",
            KEY_VAULT,
        )


def _kept(context: Context, path: str, vault: Thing, name: str) -> Iterator[Problem]:
    """Check that a vault has a secret of that name, and that it is a certificate with its key in the one form that gateways take."""
    secret = next(
        (each for each in context.all(SECRET) if ids.key(each.id) == ids.key(f"{vault.id}/secrets/{name}")), None
    )
    if secret is None:
        yield context.problem(
            "ApplicationGatewayKeyVaultSecretException",
            f"The KeyVault Secret '{name}' does not exist in {vault.id}.",
            path,
            "make the secret first, and let the gateway depend on it",
            KEY_VAULT,
        )
        return
    properties: Any = secret.inputs.get("properties")
    kind = properties.get("contentType") if is_mapping(properties) else None
    if isinstance(kind, str) and kind.lower() != PFX:
        yield context.problem(
            "ApplicationGatewaySslCertificateInvalidData",
            f"Data or Password for certificate {path} is invalid: the secret is {kind}, and gateways take {PFX} alone.",
            path,
            "keep it as PKCS #12 (PFX) in base64, without a password",
            "azure-docs, application-gateway/key-vault-certs (2021); code in a public report of mspnp/aks-baseline-multi-region (2021)",
        )


def _closed(vault: Thing) -> bool:
    """Tell whether the firewall of a vault shuts trusted services of Azure out."""
    properties: Any = vault.inputs.get("properties")
    rules = properties.get("networkAcls") if is_mapping(properties) else None
    if not is_mapping(rules) or rules.get("bypass") != "None":
        return False
    return rules.get("defaultAction") == "Deny" or properties.get("publicNetworkAccess", "").lower() == "disabled"


def _identities(context: Context) -> list[str]:
    """Return the ids of the gateway's identities."""
    assigned = context.value("identity.userAssignedIdentities")
    named = list(assigned) if is_mapping(assigned) else listed(assigned)
    return [each for each in named if isinstance(each, str)]


def _may_read(context: Context, vault: Thing, identity_id: str) -> bool:
    """Tell whether an identity has a role that reads secrets at the vault or above; where that cannot be known, it has."""
    properties: Any = vault.inputs.get("properties")
    identity = context.find(identity_id)
    if (
        identity is None
        or identity.assumed
        or not is_mapping(properties)
        or not properties.get("enableRbacAuthorization")
    ):
        return True
    principal, own = identity["principalId"], ids.key(vault.id)
    for assignment in context.world.all(ASSIGNMENT):
        scope = ids.key(str(assignment.inputs.get("scope", "")))
        role = ids.name_of(str(assignment.inputs.get("roleDefinitionId", ""))).lower()
        above = own == scope or own.startswith(f"{scope}/")
        if assignment.inputs.get("principalId") == principal and above and role in READS_SECRETS:
            return True
    return False


def _frontends(context: Context) -> Iterator[Problem]:
    if not tier_of(context).lower().endswith("_v2"):
        return
    public = context.at("frontendIPConfigurations[*].publicIPAddress.id")
    if context.value("frontendIPConfigurations") and not context.get("frontendIPConfigurations[*].publicIPAddress"):
        yield context.warning(
            "ApplicationGatewayFeatureCannotBeEnabledForSelectedSku",
            f"Application Gateway {context.id} does not support Application Gateway without Public IP for the selected SKU tier "
            f"{tier_of(context)}.",
            "frontendIPConfigurations",
            "give it a public frontend; without one the subscription must have network isolation for gateways",
            LOGS,
        )
    for path, arm_id in public:
        address = context.find(arm_id)
        if address is not None and address.type == ADDRESS and not address.assumed and not _standard(address):
            yield context.problem(
                "ApplicationGatewayInvalidPublicIpSku",
                f"Application gateway {context.id} with SKU {tier_of(context)} can only reference public ip with Standard SKU.",
                path,
                "take the SKU Standard and static allocation for the address",
                LOGS,
            )
    for path, frontend in context.at("frontendIPConfigurations[*]"):
        if is_mapping(frontend) and frontend.get("subnet") and frontend.get("privateIPAllocationMethod") != "Static":
            yield context.problem(
                "ApplicationGatewayFrontendIpPrivateIpAddressInvalidAllocationType",
                f"FrontendIpConfiguration {frontend.get('name')} of Application Gateway with SKU tier {tier_of(context)} can only use "
                "PrivateIPAddress with IpAllocationMethod as Static.",
                f"{path}.privateIPAllocationMethod",
                "give a fixed privateIPAddress with the allocation Static",
                LOGS,
            )


def _standard(address: Thing) -> bool:
    sku: Any = address.inputs.get("sku")
    return is_mapping(sku) and sku.get("name") in ("Standard", "StandardV2")


RULES = {GATEWAY: (_capacity, _firewall, _tls, _certificates, _frontends)}
REFERENCES = {
    GATEWAY: (
        Reference("frontendIPConfigurations[*].publicIPAddress.id", ADDRESS),
        Reference("gatewayIPConfigurations[*].subnet.id", "azure-native:network:Subnet"),
        Reference("firewallPolicy.id", POLICY),
    )
}
