"""Wrong requests to Azure Storage: accounts, blobs, files."""

from collections.abc import Mapping
from typing import Any

from azure_cases.case import Case, Step
from azure_cases.given import LINK, NETWORK, STORAGE, SUBNET, ZONE

ACCOUNTS, BLOBS, FILES, ENDPOINTS = "Storage accounts", "Blob storage", "Azure Files", "Private endpoints"

PREMIUM = Step(
    "storage:StorageAccount",
    "account",
    {"accountName": "filesofcases", "kind": "FileStorage", "sku": {"name": "Premium_ZRS"}},
)
RULES = {"defaultAction": "Deny", "ipRules": [{"iPAddressOrRange": "198.51.100.0/30", "action": "Allow"}]}
SERVICE = Step(
    "storage:BlobServiceProperties",
    "service",
    {"accountName": "${account.name}", "blobServicesName": "default", "isVersioningEnabled": True},
)
CONTAINER = Step("storage:BlobContainer", "container", {"accountName": "${account.name}", "containerName": "logs"})
SHARE = Step("storage:FileShare", "share", {"accountName": "${account.name}", "shareName": "events", "shareQuota": 100})
COOL = {"tierToCool": {"daysAfterModificationGreaterThan": 30}}


def rule(
    name: str = "forget",
    types: tuple[str, ...] = ("blockBlob",),
    prefixes: tuple[str, ...] = ("logs/",),
    base: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a rule of a lifecycle; `base` is what is done with a blob, deletion after a year by default."""
    actions = {"baseBlob": {"delete": {"daysAfterModificationGreaterThan": 365}} if base is None else base}
    filters = {"blobTypes": list(types), "prefixMatch": list(prefixes)}
    return {"name": name, "enabled": True, "type": "Lifecycle", "definition": {"filters": filters, "actions": actions}}


def policy(*rules: dict[str, Any]) -> Step:
    """Return a lifecycle."""
    return Step(
        "storage:ManagementPolicy",
        "policy",
        {"accountName": "${account.name}", "managementPolicyName": "default", "policy": {"rules": list(rules)}},
    )


def endpoint(*groups: str) -> Step:
    """Return a private endpoint of parts of the account."""
    connection = {"name": "account", "privateLinkServiceId": "${account.id}", "groupIds": list(groups)}
    return Step(
        "network:PrivateEndpoint",
        "endpoint",
        {
            "privateEndpointName": "endpoint",
            "subnet": {"id": "${subnet.id}"},
            "privateLinkServiceConnections": [connection],
        },
    )


NAMES = Step(
    "network:PrivateDnsZoneGroup",
    "names",
    {
        "privateEndpointName": "${endpoint.name}",
        "privateDnsZoneGroupName": "default",
        "privateDnsZoneConfigs": [{"name": "zone", "privateDnsZoneId": "${zone.id}"}],
    },
)

CASES = (
    Case(
        ACCOUNTS,
        "name with a hyphen",
        STORAGE.but(accountName="account-of-cases"),
        "AccountNameInvalid",
        STORAGE,
        path="accountName",
    ),
    Case(
        ACCOUNTS,
        "name with a capital letter",
        STORAGE.but(accountName="accountOfCases"),
        "AccountNameInvalid",
        STORAGE,
        path="accountName",
    ),
    Case(
        ACCOUNTS,
        "files on standard storage of the first version",
        PREMIUM.but(sku={"name": "Standard_LRS"}),
        "InvalidValuesForRequestParameters",
        PREMIUM,
        path="sku.name",
    ),
    Case(
        ACCOUNTS,
        "blobs and files on premium storage in three zones",
        STORAGE.but(sku={"name": "Premium_ZRS"}),
        "InvalidValuesForRequestParameters",
        STORAGE,
        path="sku.name",
    ),
    Case(
        ACCOUNTS,
        "block blobs on standard storage",
        STORAGE.but(kind="BlockBlobStorage"),
        "InvalidValuesForRequestParameters",
        STORAGE.but(kind="BlockBlobStorage", sku={"name": "Premium_LRS"}),
        path="sku.name",
    ),
    Case(
        ACCOUNTS,
        "single address with a prefix in the firewall",
        STORAGE.but(networkRuleSet={**RULES, "ipRules": [{"iPAddressOrRange": "198.51.100.7/32"}]}),
        "InvalidValuesForRequestParameters",
        STORAGE.but(networkRuleSet={**RULES, "ipRules": [{"iPAddressOrRange": "198.51.100.7"}]}),
    ),
    Case(
        ACCOUNTS,
        "private range in the firewall",
        STORAGE.but(networkRuleSet={**RULES, "ipRules": [{"iPAddressOrRange": "10.0.0.0/16"}]}),
        "InvalidValuesForRequestParameters",
        STORAGE.but(networkRuleSet=RULES),
    ),
    Case(
        ACCOUNTS,
        "range off its boundary in the firewall",
        STORAGE.but(networkRuleSet={**RULES, "ipRules": [{"iPAddressOrRange": "198.51.100.1/24"}]}),
        "InvalidValuesForRequestParameters",
        STORAGE.but(networkRuleSet=RULES),
    ),
    Case(
        ACCOUNTS,
        "subnet without a service endpoint in the firewall",
        STORAGE.but(
            networkRuleSet={
                "defaultAction": "Deny",
                "virtualNetworkRules": [{"virtualNetworkResourceId": "${subnet.id}"}],
            }
        ),
        "NetworkAclsValidationFailure",
        STORAGE,
        given=(NETWORK, SUBNET),
    ),
    Case(
        ACCOUNTS,
        "TLS 1.0",
        STORAGE.but(minimumTlsVersion="TLS1_0"),
        "InvalidRequestPropertyValue",
        STORAGE.but(minimumTlsVersion="TLS1_2"),
        path="minimumTlsVersion",
    ),
    Case(
        ACCOUNTS,
        "change of the kind",
        STORAGE.but(kind="BlobStorage", sku={"name": "Standard_LRS"}),
        "AccountPropertyCannotBeUpdated",
        STORAGE.but(tags={"a": "b"}),
        given=(STORAGE,),
        operation="update",
        path="kind",
    ),
    Case(
        ACCOUNTS,
        "change from standard to premium",
        STORAGE.but(sku={"name": "Premium_LRS"}),
        "AccountPropertyCannotBeUpdated",
        STORAGE.but(sku={"name": "Standard_LRS"}),
        given=(STORAGE,),
        operation="update",
        path="sku.name",
    ),
    Case(
        BLOBS,
        "versions in a hierarchical namespace",
        SERVICE,
        "FeatureNotSupportedForAccount",
        SERVICE.but(isVersioningEnabled=False),
        given=(STORAGE.but(isHnsEnabled=True),),
        path="isVersioningEnabled",
    ),
    Case(
        BLOBS,
        "soft deletion without days",
        SERVICE.but(deleteRetentionPolicy={"enabled": True}),
        "InvalidRequestPropertyValue",
        SERVICE.but(deleteRetentionPolicy={"enabled": True, "days": 7}),
        given=(STORAGE,),
        path="deleteRetentionPolicy.days",
    ),
    Case(
        BLOBS,
        "soft deletion for two years",
        SERVICE.but(deleteRetentionPolicy={"enabled": True, "days": 730}),
        "InvalidValuesForRequestParameters",
        SERVICE.but(deleteRetentionPolicy={"enabled": True, "days": 365}),
        given=(STORAGE,),
        path="deleteRetentionPolicy.days",
    ),
    Case(
        BLOBS,
        "restore to a point in time without versions",
        SERVICE.but(isVersioningEnabled=False, restorePolicy={"enabled": True, "days": 6}),
        "InvalidRequestPropertyValue",
        SERVICE.but(
            restorePolicy={"enabled": True, "days": 6},
            changeFeed={"enabled": True},
            deleteRetentionPolicy={"enabled": True, "days": 7},
        ),
        given=(STORAGE,),
        path="restorePolicy",
    ),
    Case(BLOBS, "blobs in an account of files", CONTAINER, "FeatureNotSupportedForAccount", SHARE, given=(PREMIUM,)),
    Case(
        BLOBS,
        "container with two hyphens in a row",
        CONTAINER.but(containerName="my--logs"),
        "InvalidResourceName",
        CONTAINER,
        given=(STORAGE,),
        path="containerName",
    ),
    Case(
        BLOBS,
        "public container in a private account",
        CONTAINER.but(publicAccess="Blob"),
        "PublicAccessNotPermitted",
        CONTAINER,
        given=(STORAGE.but(allowBlobPublicAccess=False),),
        path="publicAccess",
    ),
    Case(
        BLOBS,
        "two rules of one name",
        policy(rule(), rule()),
        "InvalidRequestPropertyValue",
        policy(rule(), rule("other")),
        given=(STORAGE,),
    ),
    Case(
        BLOBS,
        "rule without an action",
        policy(rule(base={})),
        "InvalidRequestPropertyValue",
        policy(rule()),
        given=(STORAGE,),
    ),
    Case(
        BLOBS,
        "append blobs moved to cheaper storage",
        policy(rule(types=("blockBlob", "appendBlob"), base=COOL)),
        "InvalidRequestPropertyValue",
        policy(rule(base=COOL)),
        given=(STORAGE,),
    ),
    Case(
        BLOBS,
        "eleven prefixes in a rule",
        policy(rule(prefixes=tuple(f"logs/{n}" for n in range(11)))),
        "InvalidRequestPropertyValue",
        policy(rule()),
        given=(STORAGE,),
    ),
    Case(
        BLOBS,
        "deletion before the move to cheaper storage",
        policy(rule(base={**COOL, "delete": {"daysAfterModificationGreaterThan": 7}})),
        "InvalidRequestPropertyValue",
        policy(rule(base={**COOL, "delete": {"daysAfterModificationGreaterThan": 70}})),
        given=(STORAGE,),
    ),
    Case(
        FILES,
        "premium share of 50 GiB",
        SHARE.but(shareQuota=50),
        "InvalidHeaderValue",
        SHARE,
        given=(PREMIUM,),
        path="shareQuota",
    ),
    Case(
        FILES,
        "NFS on standard storage",
        SHARE.but(enabledProtocols="NFS"),
        "InvalidHeaderValue",
        SHARE,
        given=(STORAGE,),
        path="enabledProtocols",
    ),
    Case(
        FILES,
        "root squash of an SMB share",
        SHARE.but(rootSquash="RootSquash"),
        "InvalidHeaderValue",
        SHARE.but(rootSquash="RootSquash", enabledProtocols="NFS"),
        given=(PREMIUM,),
        path="rootSquash",
    ),
    Case(
        FILES,
        "hot tier on premium storage",
        SHARE.but(accessTier="Hot"),
        "InvalidHeaderValue",
        SHARE.but(accessTier="Premium"),
        given=(PREMIUM,),
        warning=True,
        path="accessTier",
    ),
    Case(
        FILES,
        "share with a capital letter",
        SHARE.but(shareName="Events"),
        "InvalidResourceName",
        SHARE,
        given=(PREMIUM,),
        path="shareName",
    ),
    Case(
        ENDPOINTS,
        "part that a storage account does not have",
        endpoint("blobs"),
        "BadRequest",
        endpoint("blob"),
        given=(NETWORK, SUBNET, STORAGE),
    ),
    Case(
        ENDPOINTS,
        "two parts in one endpoint",
        endpoint("blob", "file"),
        "BadRequest",
        endpoint("blob"),
        given=(NETWORK, SUBNET, STORAGE),
    ),
    Case(
        ENDPOINTS,
        "blobs of an account of files",
        endpoint("blob"),
        "BadRequest",
        endpoint("file"),
        given=(NETWORK, SUBNET, PREMIUM),
    ),
    Case(
        ENDPOINTS,
        "names in the zone of another service",
        NAMES,
        "InvalidPrivateDnsZone",
        LINK,
        given=(NETWORK, SUBNET, STORAGE, ZONE, endpoint("blob")),
        warning=True,
    ),
)
