"""Load balancers and public addresses: which go together, and rules that do not get into each other's way."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.table import Reference
from apim_infra.rehearsal.twins.cloud.values import is_mapping, listed

BALANCER = "azure-native:network:LoadBalancer"
ADDRESS = "azure-native:network:PublicIPAddress"
NAT = "azure-native:network:NatGateway"
ADDRESSES = {BALANCER: "frontendIPConfigurations[*].publicIPAddress.id", NAT: "publicIpAddresses[*].id"}
PREFIX = "azure-native:network:PublicIPPrefix"
SUBNET = "azure-native:network:Subnet"
LOGS = "Logs of Microsoft.Network in public reports of Azure's documentation, Terraform modules and AKS (2016 to 2025)"
RETIRED = "Azure updates: Basic load balancers and addresses end on 30 September 2025; azure-aks-docs (2026)"
BASIC = "Basic"
CHILDREN = ("loadBalancingRules", "inboundNatRules", "outboundRules")
PARTS = (*CHILDREN, "frontendIPConfigurations", "backendAddressPools", "probes")


def _sku(inputs: Any) -> str:
    sku = inputs.get("sku")
    return str(sku.get("name") or BASIC) if is_mapping(sku) else BASIC


def _tiers(context: Context) -> Iterator[Problem]:
    """Hold a load balancer or a NAT gateway to addresses of its own SKU."""
    own = "Standard" if context.row.token == NAT else _sku(context.inputs)
    for path, arm_id in context.at(ADDRESSES[context.row.token]):
        address = context.find(arm_id)
        if (
            address is None
            or address.type != ADDRESS
            or address.assumed
            or (own == BASIC) == (_sku(address.inputs) == BASIC)
        ):
            continue
        told = f"{own} sku {context.row.kind} {context.id} cannot reference {_sku(address.inputs)} sku publicIP {address.id}."
        hint = "take the SKU Standard for both"
        if context.row.token == BALANCER:
            yield context.problem("PublicIPAndLBSkuDoNotMatch", told, path, hint, LOGS)
        else:
            yield context.warning("InvalidRequestFormat", told, path, hint, "own knowledge")


def _names(context: Context) -> Iterator[Problem]:
    for kind in PARTS:
        parts = [part for part in listed(context.inputs.get(kind)) if is_mapping(part)]
        names = Counter(str(part.get("name")).lower() for part in parts)
        for name in (name for name, count in names.items() if count > 1):
            yield context.problem(
                "DuplicateResourceName",
                f"Resource {context.id} has two child resources with the same name ({name}).",
                kind,
                "give each a name of its own",
                "Logs of Microsoft.Network in public reports of migration tools (2018) and of the Azure cloud controller (2026)",
            )


def _frontends(context: Context) -> Iterator[Problem]:
    children = [kind for kind in CHILDREN if context.value(kind)]
    if children and not context.value("frontendIPConfigurations"):
        yield context.problem(
            "LoadBalancerWithoutFrontendIPCantHaveChildResources",
            f"Load balancer {context.id} does not have a frontend IP configuration, and has {', '.join(children)}.",
            "frontendIPConfigurations",
            source=LOGS,
        )
    for path, frontend in context.at("frontendIPConfigurations[*]"):
        ends = [
            end for end in ("publicIPAddress", "publicIPPrefix", "subnet") if is_mapping(frontend) and frontend.get(end)
        ]
        if len(ends) != 1:
            yield context.warning(
                "BadRequest",
                f"A frontend is at a public address, a prefix or in a subnet; it has {' and '.join(ends) or 'none of them'}.",
                path,
                source="own knowledge",
            )


def _rules(context: Context) -> Iterator[Problem]:
    """Two rules without floating IP must not send to one port of one pool."""
    seen: dict[tuple[str, str, Any], str] = {}
    for path, rule in context.at("loadBalancingRules[*]"):
        if not is_mapping(rule) or rule.get("enableFloatingIP"):
            continue
        protocol, port = str(rule.get("protocol")), rule.get("backendPort")
        pools = [rule.get("backendAddressPool"), *listed(rule.get("backendAddressPools"))]
        for pool in (str(each.get("id")) for each in pools if is_mapping(each)):
            place = (ids.key(pool), protocol, port)
            if place in seen:
                yield context.problem(
                    "RulesUseSameBackendPortProtocolAndPool",
                    f"Load balancing rules {seen[place]} and {rule.get('name')} with floating IP disabled use the same protocol {protocol} "
                    f"and backend port {port}, and must not be used with the same backend address pool {pool}.",
                    path,
                    "send each to another port, or to another pool",
                    LOGS,
                )
            seen[place] = str(rule.get("name"))


def _retired(context: Context) -> Iterator[Problem]:
    if _sku(context.inputs) == BASIC and context.old is None:
        yield context.warning(
            "BadRequest",
            f"{context.row.arm_type} of the SKU Basic can no longer be made.",
            "sku.name",
            "take Standard",
            RETIRED,
        )


def _static(context: Context) -> Iterator[Problem]:
    if _sku(context.inputs) != BASIC and context.value("publicIPAllocationMethod") != "Static":
        yield context.problem(
            "StandardSkuPublicIPAddressesMustBeStatic",
            f"Standard sku publicIp {context.id} must have AllocationMethod set to Static.",
            "publicIPAllocationMethod",
            source="Logs of Microsoft.Network in public reports of azure-docs (2019) and of the azure-native provider (2022)",
        )


RULES = {BALANCER: (_tiers, _names, _frontends, _rules, _retired), NAT: (_tiers,), ADDRESS: (_static, _retired)}
REFERENCES = {
    BALANCER: (
        Reference("frontendIPConfigurations[*].publicIPAddress.id", ADDRESS),
        Reference("frontendIPConfigurations[*].subnet.id", SUBNET),
    ),
    ADDRESS: (Reference("publicIPPrefix.id", PREFIX),),
}
