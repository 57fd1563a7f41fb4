"""Wrong requests for load balancers and public addresses."""

from typing import Any

from azure_cases.case import Case, Step
from azure_cases.given import ADDRESS, NAT, NETWORK, SUBNET

SERVICE = "Load balancer"
BALANCER_ID = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/group/providers/Microsoft.Network/loadBalancers/front"


def part(kind: str, name: str) -> dict[str, str]:
    """Return how one part of the load balancer names another."""
    return {"id": f"{BALANCER_ID}/{kind}/{name}"}


RULE: dict[str, Any] = {
    "name": "https",
    "protocol": "Tcp",
    "frontendPort": 443,
    "backendPort": 443,
    "frontendIPConfiguration": part("frontendIPConfigurations", "front"),
    "backendAddressPool": part("backendAddressPools", "pool"),
}
BALANCER = Step(
    "network:LoadBalancer",
    "front",
    {
        "loadBalancerName": "front",
        "sku": {"name": "Standard"},
        "frontendIPConfigurations": [{"name": "front", "publicIPAddress": {"id": "${address.id}"}}],
        "backendAddressPools": [{"name": "pool"}],
        "loadBalancingRules": [RULE],
    },
)
INSIDE = BALANCER.but(frontendIPConfigurations=[{"name": "front", "subnet": {"id": "${subnet.id}"}}])


def balancer(
    wrong: str, code: str, given: tuple[Step, ...] = (ADDRESS,), path: str = "", *, warning: bool = False, **inputs: Any
) -> Case:
    """Make a case of a wrong load balancer."""
    return Case(SERVICE, wrong, BALANCER.but(**inputs), code, BALANCER, given, path=path, warning=warning)


CASES = (
    Case(
        SERVICE,
        "Standard with an address of the SKU Basic",
        BALANCER,
        "PublicIPAndLBSkuDoNotMatch",
        INSIDE,
        (ADDRESS.but(sku={"name": "Basic"}), NETWORK, SUBNET),
        path="frontendIPConfigurations[0].publicIPAddress.id",
    ),
    Case(
        SERVICE,
        "Basic with an address of the SKU Standard",
        BALANCER.but(sku={"name": "Basic"}),
        "PublicIPAndLBSkuDoNotMatch",
        BALANCER,
        (ADDRESS,),
    ),
    Case(
        SERVICE,
        "SKU Basic",
        BALANCER.but(sku={"name": "Basic"}),
        "BadRequest",
        INSIDE,
        (ADDRESS.but(sku={"name": "Basic"}), NETWORK, SUBNET),
        path="sku.name",
        warning=True,
    ),
    Case(
        "NAT gateway",
        "address of the SKU Basic",
        NAT,
        "InvalidRequestFormat",
        NAT.but(publicIpAddresses=None),
        (ADDRESS.but(sku={"name": "Basic"}),),
        path="publicIpAddresses[0].id",
        warning=True,
    ),
    balancer(
        "two rules to one port of one pool",
        "RulesUseSameBackendPortProtocolAndPool",
        path="loadBalancingRules[1]",
        loadBalancingRules=[RULE, {**RULE, "name": "more", "frontendPort": 8443}],
    ),
    balancer(
        "two rules of one name",
        "DuplicateResourceName",
        path="loadBalancingRules",
        loadBalancingRules=[RULE, {**RULE, "frontendPort": 80, "backendPort": 80}],
    ),
    balancer(
        "rules without a frontend",
        "LoadBalancerWithoutFrontendIPCantHaveChildResources",
        path="frontendIPConfigurations",
        frontendIPConfigurations=[],
    ),
    balancer(
        "frontend at a public and a private address",
        "BadRequest",
        (ADDRESS, NETWORK, SUBNET),
        "frontendIPConfigurations[0]",
        warning=True,
        frontendIPConfigurations=[
            {"name": "front", "publicIPAddress": {"id": "${address.id}"}, "subnet": {"id": "${subnet.id}"}}
        ],
    ),
    balancer(
        "rule to a pool that does not exist",
        "InvalidResourceReference",
        loadBalancingRules=[{**RULE, "backendAddressPool": part("backendAddressPools", "none")}],
    ),
    Case(
        "Public address",
        "Standard with dynamic allocation",
        ADDRESS.but(publicIPAllocationMethod="Dynamic"),
        "StandardSkuPublicIPAddressesMustBeStatic",
        ADDRESS,
        path="publicIPAllocationMethod",
    ),
    Case(
        "Public address",
        "SKU Basic",
        ADDRESS.but(sku={"name": "Basic"}),
        "BadRequest",
        ADDRESS,
        path="sku.name",
        warning=True,
    ),
)
