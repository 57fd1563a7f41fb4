"""Wrong requests for Application Gateways, the rules of their subnets, and their firewalls."""

from dataclasses import replace
from typing import Any

from azure_cases.application_gateway_given import (
    GATEWAY,
    GROUNDS,
    GROUP,
    LISTENER,
    MANAGERS,
    NOBODY,
    PLAIN,
    POLICY,
    PROBE,
    REDIRECT,
    RIGHT,
    RULE,
    SECRET,
    SETTINGS,
    SUBNET,
    part,
    without,
)
from azure_cases.case import Case, Step
from azure_cases.given import ADDRESS, VAULT

SERVICE = "Application Gateway"
OWN = "BadRequest"
CAPACITY = "ApplicationGatewayV2SkuMustSpecifyEitherCapacityOrAutoscaleConfiguration"
BLOCKED = "ApplicationGatewaySubnetInboundTrafficBlockedByNetworkSecurityGroup"
SECRETS = "ApplicationGatewayKeyVaultSecretException"
FIREWALL = {"name": "WAF_v2", "tier": "WAF_v2", "capacity": 2}
SCALED = {"name": "Standard_v2", "tier": "Standard_v2"}
APART = Step(
    "network:SecurityRule",
    "managers",
    {
        **without(MANAGERS, "name"),
        "networkSecurityGroupName": "${entry_group.name}",
        "securityRuleName": "managers",
    },
)
MACHINE = Step(
    "network:NetworkInterface",
    "machine",
    {
        "networkInterfaceName": "machine",
        "ipConfigurations": [{"name": "own", "subnet": {"id": "${entry_subnet.id}"}, "primary": True}],
    },
)
UPLOADED = [{"name": "hosts", "data": "MIIK"}]
DATABASES = {"name": "own", "serviceName": "Microsoft.DBforMySQL/flexibleServers"}
BETTER_ADDRESS = replace(ADDRESS.but(publicIpAddressName="better"), name="better")
OPEN = (
    replace(GROUP.but(networkSecurityGroupName="open"), name="open_group"),
    Step(
        SUBNET.token,
        "open",
        {
            **SUBNET.inputs,
            "subnetName": "open",
            "addressPrefix": "10.0.10.0/24",
            "networkSecurityGroup": {"id": "${open_group.id}"},
        },
        ("entry_subnet",),
    ),
)
"""A subnet whose rules let the managers of gateways in."""
IN_THE_OPEN = [{"name": "subnet", "subnet": {"id": "${open.id}"}}]


def gateway(
    wrong: str, code: str, given: tuple[Step, ...] = GROUNDS, path: str = "", *, warning: bool = False, **inputs: Any
) -> Case:
    """Make a case of a wrong gateway."""
    return Case(SERVICE, wrong, GATEWAY.but(**inputs), code, GATEWAY, given, path=path, warning=warning)


def ground(wrong: str, code: str, given: tuple[Step, ...], path: str = "", **right: Any) -> Case:
    """Make a case of a gateway that is right on wrong ground, and right with other inputs."""
    step = replace(GATEWAY, after=())
    return Case(SERVICE, wrong, step, code, step.but(**right), given, path=path)


def instead(step: Step) -> tuple[Step, ...]:
    """Return what a gateway needs, with another step in the place of the one of its name."""
    return tuple(step if each.name == step.name else each for each in GROUNDS)


WHOLE = (
    gateway("neither fixed nor scaled capacity", CAPACITY, path="sku.capacity", sku=SCALED),
    gateway(
        "fixed and scaled capacity",
        CAPACITY,
        autoscaleConfiguration={"minCapacity": 2, "maxCapacity": 5},
    ),
    gateway(
        "fewest instances above the most",
        OWN,
        path="autoscaleConfiguration.minCapacity",
        warning=True,
        sku=SCALED,
        autoscaleConfiguration={"minCapacity": 6, "maxCapacity": 5},
    ),
    gateway(
        "more instances than a gateway has", OWN, path="sku.capacity", warning=True, sku={**SCALED, "capacity": 126}
    ),
    Case(
        SERVICE,
        "firewall tier without a policy",
        GATEWAY.but(sku=FIREWALL),
        "ApplicationGatewayFirewallNotConfiguredForSelectedSku",
        GATEWAY.but(sku=FIREWALL, firewallPolicy={"id": "${policy.id}"}),
        (*GROUNDS, POLICY),
        path="firewallPolicy",
    ),
    gateway(
        "policy of a firewall on a gateway without one",
        "ApplicationGatewayFirewallCannotBeEnabledForSelectedSku",
        (*GROUNDS, POLICY),
        firewallPolicy={"id": "${policy.id}"},
    ),
    gateway(
        "firewall settings on the gateway itself",
        "ApplicationGatewayWafConfigurationDeprecated",
        sku=FIREWALL,
        webApplicationFirewallConfiguration={
            "enabled": True,
            "firewallMode": "Prevention",
            "ruleSetType": "OWASP",
            "ruleSetVersion": "3.2",
        },
    ),
    gateway(
        "policy of TLS 1.0",
        "ApplicationGatewayDeprecatedTlsVersionUsedInSslPolicy",
        path="sslPolicy.policyName",
        sslPolicy={"policyType": "Predefined", "policyName": "AppGwSslPolicy20150501"},
    ),
    gateway(
        "own policy that begins at TLS 1.1",
        "ApplicationGatewayDeprecatedTlsVersionUsedInSslPolicy",
        path="sslPolicy.minProtocolVersion",
        sslPolicy={
            "policyType": "Custom",
            "minProtocolVersion": "TLSv1_1",
            "cipherSuites": ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"],
        },
    ),
    gateway("certificate of the vault without an identity", SECRETS, path="identity", identity=None),
    gateway(
        "certificate that is named as a certificate",
        SECRETS,
        path="sslCertificates[0].keyVaultSecretId",
        sslCertificates=[
            {"name": "hosts", "keyVaultSecretId": "https://vault-of-cases.vault.azure.net/certificates/hosts"}
        ],
    ),
    ground(
        "secret that does not exist",
        SECRETS,
        tuple(step for step in GROUNDS if step is not SECRET),
        sslCertificates=UPLOADED,
    ),
    ground(
        "identity without the right to read the secret",
        "ApplicationGatewayKeyVaultSecretAccessDenied",
        tuple(step for step in GROUNDS if step is not RIGHT),
        sslCertificates=UPLOADED,
    ),
    gateway(
        "certificate without anything",
        OWN,
        warning=True,
        path="sslCertificates[0]",
        sslCertificates=[{"name": "hosts"}],
    ),
    ground(
        "certificate that is kept as PEM",
        "ApplicationGatewaySslCertificateInvalidData",
        instead(SECRET.but(properties={"value": "MIIK", "contentType": "application/x-pem-file"})),
        "sslCertificates[0].keyVaultSecretId",
        sslCertificates=UPLOADED,
    ),
    ground(
        "vault that lets no trusted services in",
        "ApplicationGatewayKeyVaultSecretAccessDenied",
        instead(VAULT.but(properties__networkAcls={"bypass": "None", "defaultAction": "Deny"})),
        "sslCertificates[0].keyVaultSecretId",
        sslCertificates=UPLOADED,
    ),
    ground(
        "address of the SKU Basic",
        "ApplicationGatewayInvalidPublicIpSku",
        (*instead(ADDRESS.but(sku={"name": "Basic"})), BETTER_ADDRESS),
        "frontendIPConfigurations[0].publicIPAddress.id",
        frontendIPConfigurations=[{"name": "public", "publicIPAddress": {"id": "${better.id}"}}],
    ),
    gateway(
        "private frontend without a fixed address",
        "ApplicationGatewayFrontendIpPrivateIpAddressInvalidAllocationType",
        frontendIPConfigurations=[
            {"name": "public", "publicIPAddress": {"id": "${address.id}"}},
            {"name": "inside", "subnet": {"id": "${entry_subnet.id}"}, "privateIPAllocationMethod": "Dynamic"},
        ],
    ),
    gateway(
        "no public frontend",
        "ApplicationGatewayFeatureCannotBeEnabledForSelectedSku",
        warning=True,
        frontendIPConfigurations=[
            {
                "name": "public",
                "subnet": {"id": "${entry_subnet.id}"},
                "privateIPAddress": "10.0.9.10",
                "privateIPAllocationMethod": "Static",
            }
        ],
    ),
)

PARTS = (
    gateway(
        "two listeners of one name", "DuplicateResourceName", path="httpListeners", httpListeners=[LISTENER, LISTENER]
    ),
    gateway(
        "too many pools",
        "ApplicationGatewayBackendAddressPoolLimitReached",
        backendAddressPools=[{"name": "pool"}, *({"name": f"pool-{place}"} for place in range(100))],
    ),
    gateway(
        "listener for HTTPS without a certificate",
        "ApplicationGatewayHttpsListenerMustReferenceSslCert",
        path="httpListeners[0].sslCertificate",
        httpListeners=[without(LISTENER, "sslCertificate"), PLAIN],
    ),
    gateway(
        "listener for HTTP with a certificate",
        OWN,
        warning=True,
        path="httpListeners[1].sslCertificate",
        httpListeners=[LISTENER, {**PLAIN, "sslCertificate": part("sslCertificates", "hosts")}],
    ),
    gateway(
        "two listeners on one port without hosts",
        "ApplicationGatewayHttpListenersUsingSameFrontendPort",
        httpListeners=[LISTENER, PLAIN, {**PLAIN, "name": "more"}],
    ),
    gateway(
        "two listeners for one host",
        "ApplicationGatewayHttpListenersUsingSameFrontendPort",
        httpListeners=[LISTENER, {**LISTENER, "name": "more"}, PLAIN],
    ),
    gateway(
        "two names for one port",
        OWN,
        warning=True,
        path="frontendPorts",
        frontendPorts=[{"name": "https", "port": 443}, {"name": "http", "port": 443}],
    ),
    gateway(
        "rules without priorities",
        "ApplicationGatewayRequestRoutingRulePriorityCannotBeEmpty",
        path="requestRoutingRules[0].priority",
        requestRoutingRules=[without(RULE, "priority"), without(REDIRECT, "priority")],
    ),
    gateway(
        "some rules without a priority",
        "ApplicationGatewayRequestRoutingRulePartialPriorityDefined",
        path="requestRoutingRules[1].priority",
        requestRoutingRules=[RULE, without(REDIRECT, "priority")],
    ),
    gateway(
        "two rules of one priority",
        OWN,
        warning=True,
        path="requestRoutingRules",
        requestRoutingRules=[RULE, {**REDIRECT, "priority": 100}],
    ),
    gateway(
        "rule with a redirect and a backend",
        OWN,
        warning=True,
        path="requestRoutingRules[1].backendAddressPool",
        requestRoutingRules=[RULE, {**REDIRECT, "backendAddressPool": part("backendAddressPools", "pool")}],
    ),
    gateway(
        "rule that leads nowhere",
        OWN,
        warning=True,
        path="requestRoutingRules[0]",
        requestRoutingRules=[without(RULE, "backendAddressPool"), REDIRECT],
    ),
    gateway("listener without a rule", OWN, warning=True, path="httpListeners[1]", requestRoutingRules=[RULE]),
    gateway(
        "redirect to nothing",
        OWN,
        warning=True,
        path="redirectConfigurations[0]",
        redirectConfigurations=[{"name": "api", "redirectType": "Permanent"}],
    ),
    gateway(
        "probe without a host",
        OWN,
        warning=True,
        path="probes[0].host",
        probes=[without(PROBE, "pickHostNameFromBackendHttpSettings")],
    ),
    gateway(
        "probe that takes the host of settings without one",
        OWN,
        warning=True,
        path="probes[0].pickHostNameFromBackendHttpSettings",
        backendHttpSettingsCollection=[without(SETTINGS, "hostName")],
    ),
    gateway("rule of a listener that does not exist", "InvalidResourceReference", httpListeners=[LISTENER]),
)

PLACE = (
    Case(
        SERVICE,
        "subnet of machines",
        GATEWAY,
        "ApplicationGatewaySubnetCannotHaveOtherResources",
        None,
        (*GROUNDS, MACHINE),
        path="gatewayIPConfigurations[0].subnet.id",
        holders=("machine",),
    ),
    ground(
        "subnet delegated to databases",
        "ApplicationGatewaySubnetCannotHaveDelegations",
        (*instead(SUBNET.but(delegations=[DATABASES])), *OPEN),
        gatewayIPConfigurations=IN_THE_OPEN,
    ),
    Case(
        SERVICE,
        "subnet with fewer addresses than instances",
        GATEWAY.but(sku={**SCALED, "capacity": 4}),
        "SubnetIsFull",
        GATEWAY.but(sku={**SCALED, "capacity": 3}),
        instead(SUBNET.but(addressPrefix="10.0.9.0/29")),
        path="gatewayIPConfigurations[0].subnet.id",
    ),
    ground(
        "subnet whose rules shut its managers out",
        BLOCKED,
        (*instead(GROUP.but(securityRules=[NOBODY])), *OPEN),
        gatewayIPConfigurations=IN_THE_OPEN,
    ),
    ground(
        "subnet whose rules let its managers in to fewer ports",
        BLOCKED,
        (*instead(GROUP.but(securityRules=[{**MANAGERS, "destinationPortRange": "65200-65300"}, NOBODY])), *OPEN),
        gatewayIPConfigurations=IN_THE_OPEN,
    ),
    Case(
        SERVICE,
        "rules that shut the managers out while there is a gateway",
        GROUP.but(securityRules=[NOBODY]),
        BLOCKED,
        GROUP,
        (*GROUNDS, GATEWAY),
        "update",
        "securityRules",
    ),
    Case(
        SERVICE,
        "rule that lets the managers in goes before the gateway",
        APART,
        BLOCKED,
        None,
        (*(step for step in instead(GROUP.but(securityRules=[NOBODY]))[:2]), APART, *GROUNDS[2:], GATEWAY),
        "delete",
        holders=("gateway",),
    ),
    Case(
        SERVICE,
        "machine in the subnet of a gateway",
        MACHINE,
        "ApplicationGatewaySubnetCannotBeUsedByOtherResources",
        None,
        (*GROUNDS, GATEWAY),
        path="ipConfigurations[0].subnet.id",
        holders=("gateway",),
    ),
    Case(
        SERVICE,
        "address of a gateway that is still there",
        ADDRESS,
        "PublicIPAddressCannotBeDeleted",
        None,
        (*GROUNDS, GATEWAY),
        "delete",
        holders=("gateway",),
    ),
    Case(
        SERVICE,
        "policy of a firewall that is still there",
        POLICY,
        "WebApplicationFirewallPolicyInUse",
        None,
        (*GROUNDS, POLICY, GATEWAY.but(sku=FIREWALL, firewallPolicy={"id": "${policy.id}"})),
        "delete",
        holders=("gateway",),
    ),
)


def own_rule(name: str, **inputs: Any) -> dict[str, Any]:
    """Return a rule of a firewall's own."""
    return {
        "name": name,
        "priority": 10,
        "ruleType": "MatchRule",
        "action": "Block",
        "matchConditions": [
            {"matchVariables": [{"variableName": "RemoteAddr"}], "operator": "IPMatch", "matchValues": ["10.0.0.0/8"]}
        ],
        **inputs,
    }


FIREWALLS = tuple(
    Case("Web Application Firewall", wrong, POLICY.but(customRules=rules), OWN, POLICY, (), path=path, warning=True)
    for wrong, rules, path in (
        ("priority above 100", [own_rule("one", priority=101)], "customRules[0].priority"),
        ("two rules of one priority", [own_rule("one"), own_rule("two")], "customRules"),
        (
            "limit of requests without a limit",
            [own_rule("one", ruleType="RateLimitRule")],
            "customRules[0].rateLimitThreshold",
        ),
    )
)

CASES = (*WHOLE, *PARTS, *PLACE, *FIREWALLS)
