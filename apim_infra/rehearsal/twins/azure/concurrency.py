"""Writes that Azure does not take at the same time: those to one virtual network."""

from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context

WRITERS = ("azure-native:network:Subnet", "azure-native:network:VirtualNetworkPeering")
"""Types whose creation locks the virtual network that they are in."""


def check_order(context: Context) -> Iterator[Problem]:
    """Yield a problem for a sibling that nothing keeps from being written at the same time."""
    if context.row.token not in WRITERS or context.request.needs is None:
        return
    world = context.world
    for token in WRITERS:
        for other in context.siblings(token):
            if other.assumed or other.urn not in world.needs or other.urn == context.urn:
                continue
            if not (world.reaches(context.urn, other.urn) or world.reaches(other.urn, context.urn)):
                network = ids.name_of(ids.parent_of(context.id))
                yield context.problem(
                    "AnotherOperationInProgress",
                    f"Another operation on this or dependent resource is in progress: '{context.name}' and "
                    f"'{ids.name_of(other.id)}' are written to the virtual network '{network}' at the same time.",
                    hint=f"let it depend on '{other.urn.rsplit('::', 1)[-1]}', so that one is written after the other",
                )
                return


RULES = dict.fromkeys(WRITERS, check_order)
