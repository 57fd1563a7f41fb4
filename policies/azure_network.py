"""Rules of network and cluster on Azure: nothing administrative open to the world, no machine with a public address, everything recorded."""

from collections.abc import Iterable, Iterator
from typing import Any

from pulumi_policy import PolicyResource, ResourceValidationArgs

from policies.network import GUARDED_PORTS
from policies.rule import group, is_everywhere, items, resource_rule, stack_rule

SECURITY_GROUP = "azure-native:network:NetworkSecurityGroup"
INTERFACE = "azure-native:network:NetworkInterface"
GATEWAY = "azure-native:network:ApplicationGateway"
CLUSTER = "azure-native:containerservice:ManagedCluster"
SETTING = "azure-native:monitor:DiagnosticSetting"
RECORDED = frozenset(
    {
        "azure-native:keyvault:Vault",
        "azure-native:containerservice:ManagedCluster",
        "azure-native:containerregistry:Registry",
        "azure-native:dbformysql:Server",
        "azure-native:dbforpostgresql:Server",
        "azure-native:network:ApplicationGateway",
        "azure-native:network:NetworkSecurityGroup",
        "azure-native:dataprotection:BackupVault",
        "azure-native:recoveryservices:Vault",
    }
)
"""Types whose logs an investigation would ask for."""

ANYWHERE = frozenset({"*", "internet", "any"})
"""Sources of a security rule that are the whole internet, as Azure writes them."""


def _from_anywhere(rule: Any) -> bool:
    sources = [rule.get("sourceAddressPrefix"), *items(rule, "sourceAddressPrefixes")]
    return any(_everywhere(str(source)) for source in sources if source)


def _everywhere(source: str) -> bool:
    if source.lower() in ANYWHERE:
        return True
    return "/" in source and is_everywhere(source)


def _holds(ports: str, port: int) -> bool:
    if ports == "*":
        return True
    first, _, last = ports.partition("-")
    return int(first) <= port <= int(last or first)


def _nothing_guarded_open(args: ResourceValidationArgs) -> Iterator[str]:
    for rule in items(args.props, "securityRules"):
        if rule.get("access") != "Allow" or rule.get("direction") != "Inbound" or not _from_anywhere(rule):
            continue
        ranges = [rule.get("destinationPortRange"), *items(rule, "destinationPortRanges")]
        for port, service in GUARDED_PORTS.items():
            if any(_holds(str(ports), port) for ports in ranges if ports):
                yield f"rule {rule.get('name')}: port {port} ({service}) is open to the whole internet"


def _no_address(args: ResourceValidationArgs) -> Iterator[str]:
    for index, configuration in enumerate(items(args.props, "ipConfigurations")):
        # The address may be known only once it is there; that one is named is known before.
        if "publicIPAddress" in list(configuration) and configuration["publicIPAddress"] is not None:
            yield f"ipConfigurations[{index}] has a public address: machines are reached by Bastion or from inside"


def _https_alone(args: ResourceValidationArgs) -> Iterator[str]:
    plain = {
        listener.get("name") for listener in items(args.props, "httpListeners") if listener.get("protocol") == "Http"
    }
    for rule in items(args.props, "requestRoutingRules"):
        listener = str(group(rule, "httpListener").get("id", "")).rpartition("/")[2]
        if listener in plain and "redirectConfiguration" not in list(rule):
            yield f"rule {rule.get('name')} serves the listener {listener} without TLS: it must redirect"
    for settings in items(args.props, "backendHttpSettingsCollection"):
        if settings.get("protocol") == "Http":
            yield f"backendHttpSettingsCollection {settings.get('name')} speaks to its backends without TLS"


def _cluster_guarded(args: ResourceValidationArgs) -> Iterator[str]:
    props = args.props
    access = group(props, "apiServerAccessProfile")
    ranges = items(access, "authorizedIPRanges")
    if not access.get("enablePrivateCluster") and (not ranges or any(is_everywhere(cidr) for cidr in ranges)):
        yield f"the Kubernetes API is public and open to {', '.join(ranges) or 'everybody'}"
    if not props.get("disableLocalAccounts"):
        yield "disableLocalAccounts is not true: a certificate that nobody can take back opens the cluster"
    if not group(props, "aadProfile").get("enableAzureRBAC"):
        yield "aadProfile.enableAzureRBAC is not true: rights are not those of Entra"
    if not group(props, "networkProfile").get("networkPolicy"):
        yield "networkProfile.networkPolicy is not set: network policies have no effect"


def _logs_sent(resources: list[PolicyResource]) -> Iterable[tuple[PolicyResource, str]]:
    told = {
        source.urn
        for setting in resources
        if setting.resource_type == SETTING
        for source in setting.property_dependencies.get("resourceUri", ())
    }
    for resource in resources:
        if resource.resource_type in RECORDED and resource.urn not in told:
            yield resource, "no diagnostic setting sends the logs of this resource anywhere"


AZURE_NETWORK_POLICIES = (
    resource_rule(
        "azure-security-group-guarded",
        "Administration, databases and the kubelet are never open to the whole internet.",
        (SECURITY_GROUP,),
        _nothing_guarded_open,
        fix="Name the source: a subnet, an application security group, or the ranges that need it.",
    ),
    resource_rule(
        "azure-machine-unreachable",
        "No machine has a public address.",
        (INTERFACE,),
        _no_address,
        fix="Take the address off, and use Bastion.",
    ),
    resource_rule(
        "azure-entry-encrypted",
        "An Application Gateway serves HTTPS alone, and speaks HTTPS to its backends.",
        (GATEWAY,),
        _https_alone,
        fix="Redirect plain listeners, and set the protocol of backend settings to Https.",
    ),
    resource_rule(
        "azure-cluster-guarded",
        "The Kubernetes API is private or for named ranges, opened by Entra alone, and network policies hold.",
        (CLUSTER,),
        _cluster_guarded,
        fix="Set enablePrivateCluster or authorizedIPRanges, disableLocalAccounts, enableAzureRBAC and networkPolicy.",
    ),
    stack_rule(
        "azure-logs-sent",
        "Vaults, servers, clusters, registries and gateways send their logs to a workspace.",
        _logs_sent,
        fix="Give the resource a diagnostic setting.",
    ),
)
