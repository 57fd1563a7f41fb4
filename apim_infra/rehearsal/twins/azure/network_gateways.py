"""Bastions, which have their subnet for themselves, and gateways of two generations."""

from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.network_subnets import (
    BALANCER,
    BASTION,
    BASTION_SUBNET,
    CLUSTER,
    ENDPOINT,
    GATEWAY,
    INTERFACE,
    POOL,
    SUBNET,
    generic,
    places_of,
    residents,
)
from apim_infra.rehearsal.twins.cloud.paths import values_at
from apim_infra.rehearsal.twins.cloud.world import Thing

BASTION_PREFIX = 26
BASTION_PAGE = "azure-docs, bastion/configuration-settings (2021-10)"
GATEWAY_PAGE = "azure-docs, application-gateway/configuration-infrastructure (2021)"


def _bastion_subnet(context: Context) -> Iterator[Problem]:
    """Check that the subnet of a bastion is large enough and nobody else's."""
    if context.name != BASTION_SUBNET:
        return
    for path in ("addressPrefix", "addressPrefixes[*]"):
        for place, text in context.at(path):
            length = str(text).rpartition("/")[2]
            if length.isdigit() and int(length) > BASTION_PREFIX:
                message = (
                    f"Subnet {BASTION_SUBNET} has prefix {text}: a bastion needs /{BASTION_PREFIX} or a larger one."
                )
                yield generic(context, message, place, f"make it /{BASTION_PREFIX}", BASTION_PAGE)


def _bastion(context: Context) -> Iterator[Problem]:
    """Check where a bastion stands, and its public address."""
    for path, subnet in places_of(context):
        if ids.name_of(subnet.id) != BASTION_SUBNET:
            message = (
                f"Bastion {context.name} must be in a subnet called {BASTION_SUBNET}, not {ids.name_of(subnet.id)}."
            )
            yield generic(context, message, path, f"name subnet {BASTION_SUBNET}", BASTION_PAGE)
        for resident in residents(context, subnet):
            message = f"Subnet {ids.name_of(subnet.id)} holds {resident.thing.id}: a bastion has its subnet for itself."
            yield generic(context, message, path, "move the other out", BASTION_PAGE)
            break
    for path, arm_id in context.at("ipConfigurations[*].publicIPAddress.id"):
        yield from _bastion_address(context, path, context.find(arm_id))


def _bastion_address(context: Context, path: str, address: Thing | None) -> Iterator[Problem]:
    if address is None or address.assumed:
        return
    for where, wanted in (("sku.name", "Standard"), ("publicIPAllocationMethod", "Static")):
        given = next((str(value) for _, value in values_at(address.inputs, where)), "")
        if given.lower() != wanted.lower():
            message = f"The public address of bastion {context.name} must be {wanted}; {where} of {ids.name_of(address.id)} is {given or 'not set'}."
            yield generic(context, message, path, "make an address that is Standard and Static", BASTION_PAGE)


def _bastion_alone(context: Context) -> Iterator[Problem]:
    """Check that nothing else enters the subnet of a bastion."""
    for path, subnet in places_of(context):
        if ids.name_of(subnet.id) == BASTION_SUBNET:
            message = f"Subnet {BASTION_SUBNET} is for bastions alone: {context.row.arm_type} cannot be in it."
            yield generic(context, message, path, "name another subnet", BASTION_PAGE)


def _one_generation(context: Context) -> Iterator[Problem]:
    """Check that gateways of the first and the second generation are not in one subnet."""
    own = _generation(context.inputs)
    for path, subnet in places_of(context):
        for resident in residents(context, subnet):
            if resident.thing.type == GATEWAY and own and _generation(resident.thing.inputs) not in ("", own):
                message = f"Gateways of v1 and v2 are not in one subnet: {ids.name_of(resident.thing.id)} is of the other generation."
                yield generic(context, message, path, "give each generation a subnet", GATEWAY_PAGE)
                break


def _generation(inputs: object) -> str:
    tier = next((str(value) for _, value in values_at(inputs, "sku.tier")), "")
    return "" if not tier else "v2" if tier.lower().endswith("_v2") else "v1"


RULES = {
    SUBNET: (_bastion_subnet,),
    BASTION: (_bastion,),
    GATEWAY: (_bastion_alone, _one_generation),
    INTERFACE: (_bastion_alone,),
    BALANCER: (_bastion_alone,),
    ENDPOINT: (_bastion_alone,),
    POOL: (_bastion_alone,),
    CLUSTER: (_bastion_alone,),
}
