"""Programs with what clients reach on Azure: load balancers, an Application Gateway, zones and certificates, with what they need around them."""

from typing import Any

import pulumi
import pulumi_azure_native as azure
from azure_stack import LOCATION, SUBSCRIPTION, TAGS, TENANT

from components.azure.application_gateway import ApplicationGateway
from components.azure.certificates import GatewayCertificate
from components.azure.dns import Dns
from components.azure.load_balancer import LoadBalancer
from components.azure.web_firewall import WebFirewall

HOSTS = ("api.example.com", "developers.example.com")
MANAGERS: dict[str, Any] = {
    "name": "managers",
    "priority": 100,
    "direction": "Inbound",
    "access": "Allow",
    "protocol": "Tcp",
    "source_address_prefix": "GatewayManager",
    "source_port_range": "*",
    "destination_address_prefix": "*",
    "destination_port_range": "65200-65535",
}


def _given(args: Any) -> Any:
    """Return arguments without those that are None."""
    return {key: value for key, value in args.items() if value is not None}


def group() -> Any:
    """Make the resource group; return what every component is given."""
    made = azure.resources.ResourceGroup("group", location=LOCATION)
    return {"resource_group_name": made.name, "location": LOCATION, "tags": TAGS}, made


class Around:
    """Resource group, network with a subnet for a gateway, and a vault."""

    def __init__(self) -> None:
        self.common, made = group()
        self.group_id = made.id
        inside: Any = {"resource_group_name": made.name}
        self.rules = azure.network.NetworkSecurityGroup(
            "entry-rules", security_rules=[azure.network.SecurityRuleArgs(**MANAGERS)], **inside
        )
        self.network = azure.network.VirtualNetwork(
            "vnet", address_space=azure.network.AddressSpaceArgs(address_prefixes=["10.0.0.0/16"]), **inside
        )
        self.subnet = azure.network.Subnet(
            "entry",
            virtual_network_name=self.network.name,
            subnet_name="entry",
            address_prefix="10.0.9.0/24",
            network_security_group=azure.network.NetworkSecurityGroupArgs(id=self.rules.id),
            default_outbound_access=False,
            **inside,
        )
        self.vault = azure.keyvault.Vault(
            "vault",
            vault_name="vault-of-the-edge",
            properties=azure.keyvault.VaultPropertiesArgs(
                tenant_id=TENANT,
                sku=azure.keyvault.SkuArgs(family="A", name=azure.keyvault.SkuName.STANDARD),
                enable_rbac_authorization=True,
            ),
            **inside,
        )

    def secret(self) -> pulumi.Output[str | None]:
        """Make the secret of a certificate that is brought along, and return its URL."""
        made = azure.keyvault.Secret(
            "brought",
            resource_group_name=self.common["resource_group_name"],
            vault_name=self.vault.name,
            secret_name="hosts",
            properties=azure.keyvault.SecretPropertiesArgs(value="MIIK", content_type="application/x-pkcs12"),
        )
        return made.properties.apply(lambda properties: properties.secret_uri)


def certificate(around: Around, **changes: Any) -> GatewayCertificate:
    """Make the gateway's certificate in the vault."""
    args: Any = {
        **around.common,
        "subscription_id": SUBSCRIPTION,
        "vault_id": around.vault.id,
        "vault_name": around.vault.name,
        "hosts": HOSTS,
        **changes,
    }
    return GatewayCertificate("certificate", _given(args))


def gateway(*, firewall: bool = False, **changes: Any) -> ApplicationGateway:
    """Make a gateway for two hosts, one of them a user interface; with a firewall if it is wanted."""
    around = Around()
    made = certificate(around, hosts=None, vault_name=None, secret_id=around.secret().apply(lambda url: url or ""))
    if firewall:
        changes |= {"firewall": True, "firewall_policy_id": WebFirewall("firewall", around.common).id}
    args: Any = {
        **around.common,
        "resource_group_id": around.group_id,
        "subnet_id": around.subnet.id,
        "sites": [
            {"host": HOSTS[0], "certificate": "hosts"},
            {"host": HOSTS[1], "certificate": "hosts", "sticky": True},
        ],
        "certificates": {"hosts": made.secret_id},
        "identity_id": made.identity_id,
        "backend_addresses": ["10.0.1.254"],
        "capacity": 2,
        "zones": ("1", "2", "3"),
        **changes,
    }
    needed = pulumi.ResourceOptions(depends_on=[around.rules, made])
    return ApplicationGateway("gateway", args, needed)


def web_firewall(**changes: Any) -> WebFirewall:
    """Make a firewall with the sets of rules that Microsoft keeps."""
    common, _ = group()
    args: Any = {**common, **changes}
    return WebFirewall("firewall", args)


def load_balancer(**changes: Any) -> LoadBalancer:
    """Make the address of a public load balancer."""
    common, _ = group()
    args: Any = {**common, "internal": False, "zones": ("1", "2", "3"), **changes}
    return LoadBalancer("public", args)


def internal_load_balancer(**changes: Any) -> LoadBalancer:
    """Make the address of an internal load balancer."""
    common, _ = group()
    args: Any = {**common, "internal": True, "address": "10.0.1.254", "subnet_name": "nodes", **changes}
    return LoadBalancer("internal", args)


def dns(**changes: Any) -> Dns:
    """Make a public and a private zone with a host each."""
    around = Around()
    address = azure.network.PublicIPAddress(
        "address",
        resource_group_name=around.common["resource_group_name"],
        sku=azure.network.PublicIPAddressSkuArgs(name="Standard"),
        public_ip_allocation_method="Static",
    )
    args: Any = {
        "resource_group_name": around.common["resource_group_name"],
        "domain": "example.com",
        "public": True,
        "network_id": around.network.id,
        "public_hosts": [
            {"host": "api", "target": address.ip_address.apply(lambda known: known or ""), "target_id": address.id}
        ],
        "private_hosts": [{"host": "apim-admin", "target": "10.0.1.254"}],
        "tags": TAGS,
        **changes,
    }
    return Dns("dns", _given(args))
