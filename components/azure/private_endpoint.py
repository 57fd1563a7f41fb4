"""Private endpoints: a service of Azure with an address in a subnet of the network, under its usual name."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.tags import Tags


class PrivateEndpointArgs(TypedDict):
    """Where the private endpoint of a resource stands, and which zones hold its names."""

    subnet_id: pulumi.Input[str]
    """Subnet in which the endpoint has its addresses; not a delegated one."""
    zone_ids: Sequence[pulumi.Input[str]]
    """Private DNS zones of the service (`privatelink...`), in which the endpoint keeps its own names; empty where names are kept elsewhere."""


def private_endpoint(
    name: str,
    *,
    resource_group_name: pulumi.Input[str],
    location: pulumi.Input[str],
    resource_id: pulumi.Input[str],
    group_id: str,
    args: PrivateEndpointArgs,
    tags: Tags | None = None,
    opts: pulumi.ResourceOptions | None = None,
) -> azure.network.PrivateEndpoint:
    """Make a private endpoint of one resource, and its names in the zones of the service.

    `group_id` is the part of the resource that is meant, such as `mysqlServer`, `vault`, `registry`, `blob` or `file`. The resource's
    owner and the network's are the same here, so the connection needs no approval. `opts` are those of both resources.
    """
    endpoint = azure.network.PrivateEndpoint(
        name,
        resource_group_name=resource_group_name,
        location=location,
        subnet=azure.network.SubnetArgs(id=args["subnet_id"]),
        private_link_service_connections=[
            azure.network.PrivateLinkServiceConnectionArgs(
                name=group_id, private_link_service_id=resource_id, group_ids=[group_id]
            )
        ],
        # Named, since the name that Azure gives by itself has nothing of the endpoint's in it.
        custom_network_interface_name=f"{name}-interface",
        tags=tags,
        opts=opts,
    )
    if args["zone_ids"]:
        azure.network.PrivateDnsZoneGroup(
            f"{name}-names",
            resource_group_name=resource_group_name,
            private_endpoint_name=endpoint.name,
            private_dns_zone_group_name="default",
            private_dns_zone_configs=[
                azure.network.PrivateDnsZoneConfigArgs(name=_configuration(position), private_dns_zone_id=zone_id)
                for position, zone_id in enumerate(args["zone_ids"])
            ],
            opts=opts,
        )
    return endpoint


def _configuration(position: int) -> str:
    """Return the name of a zone's entry, unique in its group."""
    return f"zone-{position}"
