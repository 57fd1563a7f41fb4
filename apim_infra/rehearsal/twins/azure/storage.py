"""Storage accounts: kind and redundancy, firewall, and what an account can be changed to."""

from collections.abc import Iterator, Mapping

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.firewalls import private_or_wrong, without_service_endpoint
from apim_infra.rehearsal.twins.azure.table import Reference
from apim_infra.rehearsal.twins.cloud.paths import values_at

ACCOUNT = "azure-native:storage:StorageAccount"
KINDS = "Azure Storage, storage account overview, 2024; azurerm provider issues 8089, 2020, and 4842, 2019"
FIREWALL = "Azure Storage, network security, 2024; messages in public deployment logs"
TLS = "Azure Storage, minimum version of TLS, 2025: TLS 1.0 and 1.1 ended in February 2026"
CHANGES = "Storage account properties that cannot be updated, Storage REST API 2024-01-01"
PROVISIONED = frozenset(
    {"StandardV2_LRS", "StandardV2_ZRS", "StandardV2_GRS", "StandardV2_GZRS", "PremiumV2_LRS", "PremiumV2_ZRS"}
)
STANDARD = frozenset(
    {"Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_RAGRS", "Standard_GZRS", "Standard_RAGZRS"}
)
SKUS: Mapping[str, frozenset[str]] = {
    "FileStorage": frozenset({"Premium_LRS", "Premium_ZRS"}) | PROVISIONED,
    "BlockBlobStorage": frozenset({"Premium_LRS", "Premium_ZRS"}),
    "StorageV2": STANDARD | {"Premium_LRS"},
    "Storage": frozenset({"Standard_LRS", "Standard_GRS", "Standard_RAGRS", "Premium_LRS"}),
    "BlobStorage": frozenset({"Standard_LRS", "Standard_GRS", "Standard_RAGRS"}),
}
"""Kind of account to what it can be kept as."""
MOST_RULES = 400
"""Most rules of a kind in the firewall of an account."""


def named(choices: Mapping[str, frozenset[str]], name: object) -> str:
    """Return a kind as the table writes it: case does not count."""
    return next((known for known in choices if known.lower() == str(name).lower()), "")


def _sku(context: Context) -> Iterator[Problem]:
    kind, sku = named(SKUS, context.value("kind")), context.value("sku.name")
    allowed = SKUS.get(kind)
    if allowed is None or not isinstance(sku, str) or sku.lower() in {name.lower() for name in allowed}:
        return
    if sku.lower() in {name.lower() for names in SKUS.values() for name in names}:
        yield context.problem(
            "InvalidValuesForRequestParameters",
            "Values for request parameters are invalid: kind, sku.",
            "sku.name",
            f"{kind} takes {', '.join(sorted(allowed))}",
            KINDS,
        )


def _firewall(context: Context) -> Iterator[Problem]:
    for part in ("ipRules", "virtualNetworkRules"):
        count = len(context.get(f"networkRuleSet.{part}[*]"))
        if count > MOST_RULES:
            message = f"Values for request parameters are invalid: networkAcls.{part} has {count} rules, {MOST_RULES} are the most."
            yield context.problem(
                "InvalidValuesForRequestParameters", message, f"networkRuleSet.{part}", "join ranges", FIREWALL
            )
    for path, text in context.at("networkRuleSet.ipRules[*].iPAddressOrRange"):
        fault = private_or_wrong(text, smallest=30)
        if fault:
            message = f"Values for request parameters are invalid: networkAcls.ipRule[*].value ('{text}'): {fault}."
            yield context.problem("InvalidValuesForRequestParameters", message, path, fault, FIREWALL)
    for path, subnet in context.at("networkRuleSet.virtualNetworkRules[*].virtualNetworkResourceId"):
        if without_service_endpoint(context, subnet, "Microsoft.Storage"):
            message = (
                "Validation of network acls failure: SubnetsHaveNoServiceEndpointsConfigured:Subnets "
                f"{ids.name_of(subnet)} of virtual network {ids.parent_of(subnet)} do not have ServiceEndpoints for "
                "Microsoft.Storage resources configured."
            )
            hint = "give the subnet the service endpoint Microsoft.Storage first, or use a private endpoint"
            yield context.problem("NetworkAclsValidationFailure", message, path, hint, FIREWALL)


def _tls(context: Context) -> Iterator[Problem]:
    version = context.value("minimumTlsVersion")
    if version in ("TLS1_0", "TLS1_1"):
        message = (
            f"Storage takes no connections of {version} since February 2026: accounts are made with TLS1_2 or later."
        )
        yield context.problem("InvalidRequestPropertyValue", message, "minimumTlsVersion", "write TLS1_2", TLS)


def _changes(context: Context) -> Iterator[Problem]:
    old = context.old
    if old is None:
        return
    before = {name: next((value for _, value in values_at(old, name)), None) for name in ("kind", "sku.name")}
    kind = context.value("kind")
    if before["kind"] not in (None, UNKNOWN, kind) and not (
        before["kind"] in ("Storage", "BlobStorage") and kind == "StorageV2"
    ):
        message = (
            f"The property 'kind' was specified in the input, but it cannot be updated from {before['kind']} to {kind}."
        )
        yield context.problem("AccountPropertyCannotBeUpdated", message, "kind", "make another account", CHANGES)
    tier = str(before["sku.name"]).partition("_")[0]
    wanted = str(context.value("sku.name")).partition("_")[0]
    if before["sku.name"] not in (None, UNKNOWN) and tier != wanted:
        message = f"The account stays {tier}: it cannot be changed to {wanted}."
        yield context.problem("AccountPropertyCannotBeUpdated", message, "sku.name", "make another account", CHANGES)


RULES = {ACCOUNT: (_sku, _firewall, _tls, _changes)}
REFERENCES = {
    ACCOUNT: (
        Reference("networkRuleSet.virtualNetworkRules[*].virtualNetworkResourceId", "azure-native:network:Subnet"),
    )
}
