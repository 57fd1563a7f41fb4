"""Wrong requests to Container Registry."""

from azure_cases.case import Case, Step
from azure_cases.given import NETWORK, SUBNET, VAULT

SERVICE = "Container Registry"

REGISTRY = Step(
    "containerregistry:Registry", "registry", {"registryName": "registryofcases", "sku": {"name": "Premium"}}
)
BASIC = REGISTRY.but(sku={"name": "Basic"})
PREMIUM = Step(REGISTRY.token, "premium", {"registryName": "premiumofcases", "sku": {"name": "Premium"}})
"""What is asked of another registry than the one that cannot have it."""
SOFT = REGISTRY.but(policies={"softDeletePolicy": {"status": "enabled", "retentionDays": 7}})
REPLICATION = Step(
    "containerregistry:Replication",
    "replication",
    {"registryName": "${registry.name}", "replicationName": "northeurope", "location": "northeurope"},
)
CONNECTION = {"name": "registry", "privateLinkServiceId": "${registry.id}", "groupIds": ["registry"]}
ENDPOINT = Step(
    "network:PrivateEndpoint",
    "endpoint",
    {
        "privateEndpointName": "endpoint",
        "subnet": {"id": "${subnet.id}"},
        "privateLinkServiceConnections": [CONNECTION],
    },
)
CLOSED = REGISTRY.but(publicNetworkAccess="Disabled", policies={"exportPolicy": {"status": "disabled"}})

CASES = (
    Case(
        SERVICE,
        "name with a hyphen",
        REGISTRY.but(registryName="registry-of-cases"),
        "InvalidResourceName",
        REGISTRY,
        path="registryName",
    ),
    Case(
        SERVICE,
        "public access off in Basic",
        BASIC.but(publicNetworkAccess="Disabled"),
        "DisablingPublicNetworkAccessNotSupported",
        REGISTRY.but(publicNetworkAccess="Disabled"),
        path="publicNetworkAccess",
    ),
    Case(
        SERVICE,
        "firewall in Standard",
        REGISTRY.but(sku={"name": "Standard"}, networkRuleSet={"defaultAction": "Deny"}),
        "NetworkRuleNotSupported",
        REGISTRY.but(networkRuleSet={"defaultAction": "Deny"}),
        path="networkRuleSet",
    ),
    Case(
        SERVICE,
        "retention in Basic",
        BASIC.but(policies={"retentionPolicy": {"status": "enabled", "days": 7}}),
        "PolicyNotSupported",
        REGISTRY.but(policies={"retentionPolicy": {"status": "enabled", "days": 7}}),
        path="policies.retentionPolicy",
    ),
    Case(
        SERVICE,
        "endpoints for data in Basic",
        BASIC.but(dataEndpointEnabled=True),
        "DataEndpointNotSupported",
        REGISTRY.but(dataEndpointEnabled=True),
        path="dataEndpointEnabled",
    ),
    Case(
        SERVICE,
        "anonymous pull in Basic",
        BASIC.but(anonymousPullEnabled=True),
        "AnonymousPullNotSupported",
        BASIC,
        path="anonymousPullEnabled",
    ),
    Case(
        SERVICE,
        "untagged images kept for two years",
        REGISTRY.but(policies={"retentionPolicy": {"status": "enabled", "days": 730}}),
        "InvalidParameter",
        REGISTRY.but(policies={"retentionPolicy": {"status": "enabled", "days": 365}}),
        path="policies.retentionPolicy.days",
    ),
    Case(
        SERVICE,
        "deleted images kept for half a year",
        REGISTRY.but(policies={"softDeletePolicy": {"status": "enabled", "retentionDays": 180}}),
        "InvalidParameter",
        SOFT,
        path="policies.softDeletePolicy.retentionDays",
    ),
    Case(
        SERVICE,
        "retention and soft deletion together",
        SOFT.but(policies__retentionPolicy={"status": "enabled", "days": 7}),
        "InvalidParameter",
        SOFT.but(policies__retentionPolicy={"status": "disabled", "days": 7}),
        path="policies.softDeletePolicy",
    ),
    Case(
        SERVICE,
        "exports off with a public address",
        CLOSED.but(publicNetworkAccess="Enabled"),
        "InvalidParameter",
        CLOSED,
        path="policies.exportPolicy.status",
    ),
    Case(
        SERVICE,
        "private range in the firewall",
        REGISTRY.but(networkRuleSet={"defaultAction": "Deny", "ipRules": [{"iPAddressOrRange": "192.168.0.0/24"}]}),
        "InvalidParameter",
        REGISTRY.but(networkRuleSet={"defaultAction": "Deny", "ipRules": [{"iPAddressOrRange": "198.51.100.7"}]}),
        path="networkRuleSet.ipRules[0].iPAddressOrRange",
    ),
    Case(
        SERVICE,
        "copy of a registry in Basic",
        REPLICATION,
        "ReplicationNotSupported",
        PREMIUM,
        given=(BASIC,),
    ),
    Case(
        SERVICE,
        "copy of a registry with soft deletion",
        REPLICATION,
        "InvalidParameter",
        PREMIUM,
        given=(SOFT,),
    ),
    Case(
        SERVICE,
        "soft deletion in a registry with a copy",
        SOFT,
        "InvalidParameter",
        given=(REGISTRY, REPLICATION),
        operation="update",
        holders=("replication",),
        path="policies.softDeletePolicy",
    ),
    Case(
        SERVICE,
        "copy in the registry's own region",
        REPLICATION.but(location="westeurope", replicationName="westeurope"),
        "InvalidParameter",
        REPLICATION,
        given=(REGISTRY,),
        warning=True,
    ),
    Case(
        SERVICE,
        "key of the customer in Standard",
        REGISTRY.but(
            sku={"name": "Standard"},
            encryption={
                "status": "enabled",
                "keyVaultProperties": {"keyIdentifier": "https://a.vault.azure.net/keys/b"},
            },
        ),
        "EncryptionNotSupported",
        REGISTRY,
    ),
    Case(
        SERVICE,
        "key of a vault without purge protection",
        REGISTRY.but(
            encryption={
                "status": "enabled",
                "keyVaultProperties": {"keyIdentifier": "https://vault-of-cases.vault.azure.net/keys/b"},
            }
        ),
        "BadRequest",
        REGISTRY,
        given=(VAULT,),
    ),
    Case(
        "Private endpoints",
        "endpoint of a registry in Basic",
        ENDPOINT,
        "PrivateEndpointNotSupported",
        PREMIUM,
        given=(NETWORK, SUBNET, BASIC),
    ),
    Case(
        "Private endpoints",
        "part that a registry does not have",
        ENDPOINT.but(privateLinkServiceConnections=[{**CONNECTION, "groupIds": ["acr"]}]),
        "BadRequest",
        ENDPOINT,
        given=(NETWORK, SUBNET, REGISTRY),
    ),
)
