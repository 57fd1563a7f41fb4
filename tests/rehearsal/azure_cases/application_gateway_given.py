"""What the cases of Application Gateways start from: a gateway that is right, and all that it stands on."""

from typing import Any

from azure_cases.case import Step
from azure_cases.given import ADDRESS, IDENTITY, NETWORK, VAULT

GATEWAY_ID = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/group/providers/Microsoft.Network/applicationGateways/entry"
READER = (
    "/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/"
    "4633458b-17de-408a-b874-0445c86b69e6"
)
MANAGERS: dict[str, Any] = {
    "name": "managers",
    "priority": 100,
    "direction": "Inbound",
    "access": "Allow",
    "protocol": "Tcp",
    "sourceAddressPrefix": "GatewayManager",
    "sourcePortRange": "*",
    "destinationAddressPrefix": "*",
    "destinationPortRange": "65200-65535",
}
NOBODY: dict[str, Any] = {
    **MANAGERS,
    "name": "nobody",
    "priority": 4096,
    "access": "Deny",
    "protocol": "*",
    "sourceAddressPrefix": "*",
    "destinationPortRange": "*",
}
GROUP = Step(
    "network:NetworkSecurityGroup",
    "entry_group",
    {"networkSecurityGroupName": "entry", "securityRules": [MANAGERS, NOBODY]},
)
SUBNET = Step(
    "network:Subnet",
    "entry_subnet",
    {
        "virtualNetworkName": "${vnet.name}",
        "subnetName": "entry",
        "addressPrefix": "10.0.9.0/24",
        "networkSecurityGroup": {"id": "${entry_group.id}"},
        "privateEndpointNetworkPolicies": "Disabled",
    },
)
POLICY = Step(
    "network:WebApplicationFirewallPolicy",
    "policy",
    {
        "policyName": "policy",
        "managedRules": {"managedRuleSets": [{"ruleSetType": "Microsoft_DefaultRuleSet", "ruleSetVersion": "2.1"}]},
    },
)
SECRET = Step(
    "keyvault:Secret",
    "secret",
    {
        "vaultName": "${vault.name}",
        "secretName": "hosts",
        "properties": {"value": "MIIK", "contentType": "application/x-pkcs12"},
    },
)
RIGHT = Step(
    "authorization:RoleAssignment",
    "right",
    {
        "scope": "${vault.id}",
        "principalId": "${identity.principalId}",
        "principalType": "ServicePrincipal",
        "roleDefinitionId": READER,
    },
)
GROUNDS = (NETWORK, GROUP, SUBNET, ADDRESS, IDENTITY, VAULT, SECRET, RIGHT)
"""All that a gateway needs."""


def part(kind: str, name: str) -> dict[str, str]:
    """Return how one part of the gateway names another."""
    return {"id": f"{GATEWAY_ID}/{kind}/{name}"}


LISTENER: dict[str, Any] = {
    "name": "api",
    "frontendIPConfiguration": part("frontendIPConfigurations", "public"),
    "frontendPort": part("frontendPorts", "https"),
    "protocol": "Https",
    "hostNames": ["api.example.com"],
    "sslCertificate": part("sslCertificates", "hosts"),
}
PLAIN: dict[str, Any] = {
    "name": "plain",
    "frontendIPConfiguration": part("frontendIPConfigurations", "public"),
    "frontendPort": part("frontendPorts", "http"),
    "protocol": "Http",
}
RULE: dict[str, Any] = {
    "name": "api",
    "ruleType": "Basic",
    "priority": 100,
    "httpListener": part("httpListeners", "api"),
    "backendAddressPool": part("backendAddressPools", "pool"),
    "backendHttpSettings": part("backendHttpSettingsCollection", "api"),
}
REDIRECT: dict[str, Any] = {
    "name": "plain",
    "ruleType": "Basic",
    "priority": 200,
    "httpListener": part("httpListeners", "plain"),
    "redirectConfiguration": part("redirectConfigurations", "api"),
}
PROBE: dict[str, Any] = {
    "name": "api",
    "protocol": "Https",
    "path": "/",
    "interval": 10,
    "timeout": 10,
    "unhealthyThreshold": 3,
    "pickHostNameFromBackendHttpSettings": True,
}
SETTINGS: dict[str, Any] = {
    "name": "api",
    "protocol": "Https",
    "port": 443,
    "hostName": "api.example.com",
    "probe": part("probes", "api"),
}
GATEWAY = Step(
    "network:ApplicationGateway",
    "gateway",
    {
        "applicationGatewayName": "entry",
        "sku": {"name": "Standard_v2", "tier": "Standard_v2", "capacity": 2},
        "identity": {"type": "UserAssigned", "userAssignedIdentities": ["${identity.id}"]},
        "gatewayIPConfigurations": [{"name": "subnet", "subnet": {"id": "${entry_subnet.id}"}}],
        "frontendIPConfigurations": [{"name": "public", "publicIPAddress": {"id": "${address.id}"}}],
        "frontendPorts": [{"name": "https", "port": 443}, {"name": "http", "port": 80}],
        "sslPolicy": {"policyType": "Predefined", "policyName": "AppGwSslPolicy20220101"},
        "sslCertificates": [
            {"name": "hosts", "keyVaultSecretId": "https://vault-of-cases.vault.azure.net/secrets/hosts"}
        ],
        "backendAddressPools": [{"name": "pool", "backendAddresses": [{"ipAddress": "10.0.0.254"}]}],
        "backendHttpSettingsCollection": [SETTINGS],
        "probes": [PROBE],
        "httpListeners": [LISTENER, PLAIN],
        "redirectConfigurations": [
            {"name": "api", "redirectType": "Permanent", "targetListener": part("httpListeners", "api")}
        ],
        "requestRoutingRules": [RULE, REDIRECT],
    },
    after=("right", "secret"),
)


def without(given: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Return a part without some of its inputs."""
    return {key: value for key, value in given.items() if key not in keys}
