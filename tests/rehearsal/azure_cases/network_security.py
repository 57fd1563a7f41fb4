"""What Azure refuses of security groups, bastions, subnets of gateways, private endpoints and private zones."""

from typing import Any

from azure_cases.case import Case, Step
from azure_cases.given import ADDRESS, NETWORK, SECURITY_GROUP, SUBNET, VAULT
from azure_cases.network import MYSQL, MYSQL_LINK, MYSQL_SUBNET, MYSQL_ZONE, nic, subnet

GROUPS, BASTIONS, GATEWAYS, ENDPOINTS = "Security groups", "Bastion", "Application Gateway", "Private endpoint"


def rule(name: str = "https", priority: int | None = 100, **fields: Any) -> dict[str, Any]:
    """Return a rule that lets HTTPS in, with other fields; None takes one out."""
    found: dict[str, Any] = {
        "name": name,
        "direction": "Inbound",
        "access": "Allow",
        "priority": priority,
        "protocol": "Tcp",
        "sourcePortRange": "*",
        "sourceAddressPrefix": "Internet",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "443",
        **fields,
    }
    return {key: value for key, value in found.items() if value is not None}


def group(*rules: dict[str, Any]) -> Step:
    """Return a security group with rules."""
    return SECURITY_GROUP.but(securityRules=list(rules))


def out(name: str, priority: int, port: str, to: str) -> dict[str, Any]:
    """Return a rule that lets something out."""
    return rule(
        name,
        priority,
        direction="Outbound",
        sourceAddressPrefix="*",
        destinationAddressPrefix=to,
        destinationPortRange=port,
    )


FROM_MANAGER = rule("manager", 110, sourceAddressPrefix="GatewayManager")
TO_MACHINES = (out("ssh", 100, "22", "VirtualNetwork"), out("rdp", 110, "3389", "VirtualNetwork"))
TO_AZURE = out("azure", 120, "443", "AzureCloud")
WHOLE_GROUP = group(rule(), FROM_MANAGER, *TO_MACHINES, TO_AZURE)
DENIED = out("denied", 105, "*", "AzureCloud") | {"access": "Deny", "protocol": "*"}

BASTION_SUBNET = subnet("AzureBastionSubnet", "10.0.5.0/26")
GUARDED = BASTION_SUBNET.but(networkSecurityGroup={"id": "${nsg.id}"})
BASTION = Step(
    "network:BastionHost",
    "bastion",
    {
        "bastionHostName": "bastion",
        "sku": {"name": "Standard"},
        "ipConfigurations": [
            {
                "name": "one",
                "subnet": {"id": "${AzureBastionSubnet.id}"},
                "publicIPAddress": {"id": "${address.id}"},
            }
        ],
    },
)
ELSEWHERE = [{"name": "one", "subnet": {"id": "${subnet.id}"}, "publicIPAddress": {"id": "${address.id}"}}]

ENTRY = subnet("entry", "10.0.6.0/24")
NONE = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/group/providers/Microsoft.Network"


def gateway(name: str = "gateway", subnet: str = "entry", tier: str = "Standard_v2", capacity: int = 2) -> Step:
    """Return a gateway that answers HTTP."""
    own = f"{NONE}/applicationGateways/{name}"
    return Step(
        "network:ApplicationGateway",
        name,
        {
            "applicationGatewayName": name,
            "sku": {"name": "Standard_Medium" if tier == "Standard" else tier, "tier": tier, "capacity": capacity},
            "gatewayIPConfigurations": [{"name": "subnet", "subnet": {"id": f"${{{subnet}.id}}"}}],
            "frontendIPConfigurations": [{"name": "public", "publicIPAddress": {"id": "${address.id}"}}],
            "frontendPorts": [{"name": "http", "port": 80}],
            "backendAddressPools": [{"name": "nodes"}],
            "backendHttpSettingsCollection": [{"name": "plain", "port": 80, "protocol": "Http"}],
            "httpListeners": [
                {
                    "name": "listener",
                    "protocol": "Http",
                    "frontendIPConfiguration": {"id": f"{own}/frontendIPConfigurations/public"},
                    "frontendPort": {"id": f"{own}/frontendPorts/http"},
                }
            ],
            "requestRoutingRules": [
                {
                    "name": "all",
                    "ruleType": "Basic",
                    "priority": 100,
                    "httpListener": {"id": f"{own}/httpListeners/listener"},
                    "backendAddressPool": {"id": f"{own}/backendAddressPools/nodes"},
                    "backendHttpSettings": {"id": f"{own}/backendHttpSettingsCollection/plain"},
                }
            ],
        },
    )


ENDPOINT = Step(
    "network:PrivateEndpoint",
    "endpoint",
    {
        "privateEndpointName": "endpoint",
        "subnet": {"id": "${subnet.id}"},
        "privateLinkServiceConnections": [
            {"name": "vault", "privateLinkServiceId": "${vault.id}", "groupIds": ["vault"]}
        ],
    },
)
TO_SERVER = [{"name": "server", "privateLinkServiceId": "${server.id}", "groupIds": ["mysqlServer"]}]
RULE_ALONE = Step(
    "network:SecurityRule",
    "alone",
    {
        "networkSecurityGroupName": "${nsg.name}",
        "securityRuleName": "alone",
        **{key: value for key, value in rule(priority=100).items() if key != "name"},
    },
)

CASES = (
    Case(GROUPS, "priority below 100", group(rule(priority=99)), "SecurityRuleInvalidPriority", group(rule())),
    Case(GROUPS, "priority above 4096", group(rule(priority=4097)), "SecurityRuleInvalidPriority", group(rule())),
    Case(GROUPS, "rule without priority", group(rule(priority=None)), "SecurityRuleInvalidPriority", group(rule())),
    Case(
        GROUPS,
        "two rules of one priority",
        group(rule("one"), rule("two")),
        "SecurityRuleConflict",
        group(rule("one"), out("two", 100, "443", "Internet")),
        path="securityRules[1].priority",
    ),
    Case(
        GROUPS,
        "rule with the priority of one inside its group",
        RULE_ALONE,
        "SecurityRuleConflict",
        RULE_ALONE.but(priority=101),
        (group(rule()),),
        path="priority",
    ),
    Case(
        GROUPS,
        "two rules of one name",
        group(rule(), rule(priority=110)),
        "DuplicateResourceName",
        group(rule(), rule("other", 110)),
    ),
    Case(
        GROUPS,
        "port above 65535",
        group(rule(destinationPortRange="70000")),
        "SecurityRuleInvalidPortRange",
        group(rule(destinationPortRange="65535")),
        path="securityRules[0].destinationPortRange",
    ),
    Case(
        GROUPS,
        "range of ports backwards",
        group(rule(destinationPortRange="90-80")),
        "SecurityRuleInvalidPortRange",
        group(rule(destinationPortRange="80-90")),
    ),
    Case(
        GROUPS,
        "port that is a word",
        group(rule(destinationPortRange=None, destinationPortRanges=["443", "https"])),
        "SecurityRuleInvalidPortRange",
        group(rule(destinationPortRange=None, destinationPortRanges=["443", "8443-8445"])),
        path="securityRules[0].destinationPortRanges[1]",
    ),
    Case(
        GROUPS,
        "address prefix with bits of a host",
        group(rule(sourceAddressPrefix="10.0.0.1/24")),
        "SecurityRuleInvalidAddressPrefix",
        group(rule(sourceAddressPrefix="10.0.0.0/24")),
        path="securityRules[0].sourceAddressPrefix",
    ),
    Case(
        GROUPS,
        "address prefix that is none",
        group(rule(destinationAddressPrefix="10.0.0.0/40")),
        "SecurityRuleInvalidAddressPrefix",
        group(rule(destinationAddressPrefix="10.0.0.0/24")),
    ),
    Case(
        GROUPS,
        "addresses in both fields",
        group(rule(sourceAddressPrefixes=["10.0.0.0/24"])),
        "InvalidRequestFormat",
        group(rule(sourceAddressPrefix=None, sourceAddressPrefixes=["10.0.0.0/24"])),
    ),
    Case(
        GROUPS,
        "rule without addresses",
        group(rule(sourceAddressPrefix=None)),
        "InvalidRequestFormat",
        group(rule()),
        path="securityRules[0].sourceAddressPrefix",
    ),
    Case(
        GROUPS,
        "service tag in a list of ranges",
        group(rule(sourceAddressPrefix=None, sourceAddressPrefixes=["10.0.0.0/24", "Internet"])),
        "SecurityRuleParameterContainsUnsupportedValue",
        group(rule()),
        warning=True,
    ),
    Case(
        GROUPS,
        "description of more than 140 characters",
        group(rule(description="x" * 141)),
        "InvalidRequestFormat",
        group(rule(description="x" * 140)),
    ),
    Case(
        BASTIONS,
        "subnet smaller than /26",
        BASTION_SUBNET.but(addressPrefix="10.0.5.0/27"),
        "InvalidRequestFormat",
        BASTION_SUBNET,
        (NETWORK,),
        path="addressPrefix",
    ),
    Case(
        BASTIONS,
        "subnet of another name",
        BASTION.but(ipConfigurations=ELSEWHERE),
        "InvalidRequestFormat",
        BASTION,
        (NETWORK, SUBNET, subnet("AzureBastionSubnet", "10.0.5.0/26", ("subnet",)), ADDRESS),
        path="ipConfigurations[0].subnet.id",
    ),
    Case(
        BASTIONS,
        "address that is not of the standard kind",
        BASTION,
        "InvalidRequestFormat",
        BASTION.but(
            ipConfigurations=[{**BASTION.inputs["ipConfigurations"][0], "publicIPAddress": {"id": "${good.id}"}}]
        ),
        (
            NETWORK,
            BASTION_SUBNET,
            ADDRESS.but(sku__name="Basic"),
            Step("network:PublicIPAddress", "good", {**ADDRESS.inputs, "publicIpAddressName": "good"}),
        ),
        path="ipConfigurations[0].publicIPAddress.id",
    ),
    Case(
        BASTIONS,
        "interface in its subnet",
        nic("nic", subnet="AzureBastionSubnet"),
        "InvalidRequestFormat",
        nic("nic"),
        (NETWORK, SUBNET, subnet("AzureBastionSubnet", "10.0.5.0/26", ("subnet",))),
    ),
    Case(
        BASTIONS,
        "security group that keeps its manager out",
        GUARDED,
        "NetworkSecurityGroupNotCompliantForAzureBastionSubnet",
        BASTION_SUBNET,
        (NETWORK, group(rule(), *TO_MACHINES, TO_AZURE)),
        path="networkSecurityGroup",
    ),
    Case(
        BASTIONS,
        "security group that loses a rule that it needs",
        group(rule(), FROM_MANAGER, TO_AZURE),
        "NetworkSecurityGroupNotCompliantForAzureBastionSubnet",
        group(rule(), FROM_MANAGER, *TO_MACHINES, TO_AZURE, out("more", 130, "80", "Internet")),
        (NETWORK, WHOLE_GROUP, GUARDED),
        "update",
    ),
    Case(
        BASTIONS,
        "security group that denies what it needs",
        group(rule(), FROM_MANAGER, *TO_MACHINES, TO_AZURE, DENIED),
        "NetworkSecurityGroupNotCompliantForAzureBastionSubnet",
        group(rule(), FROM_MANAGER, *TO_MACHINES, TO_AZURE, {**DENIED, "priority": 4096}),
        (NETWORK, WHOLE_GROUP, GUARDED),
        "update",
    ),
    Case(
        GATEWAYS,
        "two generations in one subnet",
        gateway("old", tier="Standard"),
        "InvalidRequestFormat",
        gateway("young"),
        (NETWORK, ENTRY, ADDRESS, gateway()),
        path="gatewayIPConfigurations[0].subnet.id",
    ),
    Case(
        ENDPOINTS,
        "subnet that judges all its endpoints",
        ENDPOINT,
        "PrivateEndpointCannotBeCreatedInSubnetThatHasNetworkPoliciesEnabled",
        ENDPOINT.but(subnet={"id": "${open.id}"}),
        (
            NETWORK,
            SUBNET.but(privateEndpointNetworkPolicies="Enabled"),
            subnet("open", "10.0.7.0/24", ("subnet",), privateEndpointNetworkPolicies="NetworkSecurityGroupEnabled"),
            VAULT,
        ),
        warning=True,
    ),
    Case(
        ENDPOINTS,
        "part that its resource does not have",
        ENDPOINT.but(
            privateLinkServiceConnections=[
                {"name": "vault", "privateLinkServiceId": "${vault.id}", "groupIds": ["vaults"]}
            ]
        ),
        "InvalidRequestFormat",
        ENDPOINT,
        (NETWORK, SUBNET, VAULT),
        path="privateLinkServiceConnections[0].groupIds[0]",
    ),
    Case(
        ENDPOINTS,
        "server in a delegated subnet",
        ENDPOINT.but(privateLinkServiceConnections=TO_SERVER),
        "InvalidRequestFormat",
        ENDPOINT,
        (
            NETWORK,
            SUBNET,
            Step(MYSQL_SUBNET.token, MYSQL_SUBNET.name, MYSQL_SUBNET.inputs, ("subnet",)),
            MYSQL_ZONE,
            MYSQL_LINK,
            MYSQL,
            VAULT,
        ),
        path="privateLinkServiceConnections[0].privateLinkServiceId",
    ),
)
