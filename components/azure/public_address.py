"""Static public addresses."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.diagnostics import DiagnosticsArgs, diagnose
from components.azure.tags import Tags


class PublicAddressArgs(TypedDict):
    """What a public address is made of."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the address."""
    location: pulumi.Input[str]
    """Region."""
    zones: NotRequired[Sequence[str]]
    """Zones of the address, such as `1`, `2` and `3`; all three make it redundant; no zone by default."""
    public_ip_prefix_id: NotRequired[pulumi.Input[str]]
    """Prefix that the address is taken from; any address by default."""
    diagnostics: NotRequired[DiagnosticsArgs]
    """Where attacks on the address and its metrics are recorded; nowhere by default."""
    tags: NotRequired[Tags]
    """Tags of the address."""


def public_address(name: str, args: PublicAddressArgs, opts: pulumi.ResourceOptions) -> azure.network.PublicIPAddress:
    """Make a static IPv4 address of the Standard tier, as load balancers, NAT gateways and application gateways of v2 need it."""
    address = azure.network.PublicIPAddress(
        name,
        resource_group_name=args["resource_group_name"],
        location=args["location"],
        sku=azure.network.PublicIPAddressSkuArgs(name="Standard", tier="Regional"),
        public_ip_allocation_method="Static",
        public_ip_address_version="IPv4",
        public_ip_prefix=(
            azure.network.SubResourceArgs(id=args["public_ip_prefix_id"]) if "public_ip_prefix_id" in args else None
        ),
        zones=list(args.get("zones", ())) or None,
        tags=args.get("tags"),
        opts=opts,
    )
    if "diagnostics" in args:
        diagnose(name, address.id, args["diagnostics"], opts=pulumi.ResourceOptions(parent=opts.parent))
    return address
