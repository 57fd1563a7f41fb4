"""Private endpoints."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.network import SERVERS
from apim_infra.rehearsal.twins.azure.network_subnets import ENDPOINT, generic, places_of
from apim_infra.rehearsal.twins.cloud.paths import values_at
from apim_infra.rehearsal.twins.cloud.values import data_file, is_mapping

CONNECTIONS = ("privateLinkServiceConnections[*]", "manualPrivateLinkServiceConnections[*]")

PARTS_PAGE = "azure-docs, private-link/private-endpoint-overview (2024)"
INJECTED = "azure-docs, mysql/flexible-server/concepts-networking-private-link (2023-05)"


@lru_cache(maxsize=1)
def _parts() -> Mapping[str, Any]:
    return data_file("apim_infra.rehearsal.twins.azure", "network_private.yaml")["parts"]


def _policies(context: Context) -> Iterator[Problem]:
    """Warn where a subnet judges all traffic to endpoints: some clouds refuse endpoints there."""
    for path, subnet in places_of(context):
        if str(subnet.inputs.get("privateEndpointNetworkPolicies", "")).lower() == "enabled":
            yield context.warning(
                "PrivateEndpointCannotBeCreatedInSubnetThatHasNetworkPoliciesEnabled",
                f"Private endpoint {context.id} cannot be created in a subnet {ids.name_of(subnet.id)} since it has private endpoint "
                "network policies enabled.",
                path,
                "set privateEndpointNetworkPolicies to NetworkSecurityGroupEnabled or Disabled",
                "error texts of public deployments, 2024, of late from Azure Government alone",
            )


def _targets(context: Context) -> Iterator[Problem]:
    """Check that an endpoint is for a part that its resource has, and that a server is not in a subnet of its own."""
    for where in CONNECTIONS:
        for path, connection in context.at(where):
            if not is_mapping(connection):
                continue
            target = connection.get("privateLinkServiceId")
            if isinstance(target, str) and ids.looks_like_id(target):
                yield from _part(context, path, target, connection)
                yield from _injected(context, path, target)


def _part(context: Context, path: str, target: str, connection: Mapping[str, Any]) -> Iterator[Problem]:
    parts = _parts().get(ids.type_of(target).lower())
    if not parts:
        return
    for place, group in values_at(connection, "groupIds[*]"):
        if group not in parts:
            message = f"{ids.type_of(target)} has no part '{group}' for private endpoints: {', '.join(parts)}."
            yield generic(context, message, f"{path}.{place}", f"use {parts[0]}", PARTS_PAGE)
    if not connection.get("groupIds"):
        message = f"The connection to {ids.name_of(target)} names no part of it."
        yield generic(context, message, f"{path}.groupIds", f"use {', '.join(parts)}", PARTS_PAGE)


def _injected(context: Context, path: str, target: str) -> Iterator[Problem]:
    server = context.find(target)
    if server is None or server.type not in SERVERS:
        return
    where = SERVERS[server.type][1]
    if any(value for _, value in values_at(server.inputs, where)):
        message = f"{ids.name_of(target)} is in a delegated subnet: such a server has no private endpoints."
        hint = "leave the endpoint out, or make the server without a delegated subnet"
        yield generic(context, message, f"{path}.privateLinkServiceId", hint, INJECTED)


RULES = {ENDPOINT: (_policies, _targets)}
