"""What must be stable of a load balancer that the cluster makes from a service: its address, and what the service says to get it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.diagnostics import DiagnosticsArgs
from components.azure.public_address import public_address
from components.azure.tags import Tags
from components.common import refuse

ANNOTATION = "service.beta.kubernetes.io/azure"
"""What the annotations begin with that the cluster's cloud controller reads (cloud-provider-azure, load balancer annotations, 2026)."""


class LoadBalancerArgs(TypedDict):
    """Arguments of `LoadBalancer`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the public address."""
    location: pulumi.Input[str]
    """Region."""
    internal: bool
    """Whether it has a private address only."""
    address: NotRequired[pulumi.Input[str]]
    """Private address of an internal load balancer: a free one of its subnet that nothing else is given."""
    subnet_name: NotRequired[pulumi.Input[str]]
    """Name of the subnet of that address, in the cluster's network."""
    zones: NotRequired[Sequence[str]]
    """Zones of a public address, such as `1`, `2` and `3`; all three make it redundant; no zone by default."""
    public_ip_prefix_id: NotRequired[pulumi.Input[str]]
    """Prefix that the public address is taken from; any address by default."""
    diagnostics: NotRequired[DiagnosticsArgs]
    """Where attacks on the public address and its metrics are recorded; nowhere by default."""
    deletion_protection: NotRequired[bool]
    """Whether the public address refuses to be deleted, in Azure and in Pulumi: a new one would have to be made known again; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: LoadBalancerArgs) -> Iterator[tuple[str, str]]:
    for path in ("address", "subnet_name"):
        if args["internal"] and path not in args:
            yield path, "an internal load balancer has a fixed address in a subnet: give address and subnet_name"
        if not args["internal"] and path in args:
            yield path, "a public load balancer has no private address: leave it out, or set internal"
    for path in ("zones", "public_ip_prefix_id"):
        if args["internal"] and path in args:
            yield path, "belongs to a public address, and an internal load balancer has none: leave it out"


class LoadBalancer(pulumi.ComponentResource):
    """The fixed address of one of the cluster's load balancers.

    On AKS the cluster's cloud controller owns the load balancers: each service of type LoadBalancer adds a frontend, its rules and its probe. So
    only the address lives here: it is known before the cluster is, and outlives it. `annotations` are what the service must carry to get it.
    TLS ends at the ingress controller.
    """

    address: pulumi.Output[str]
    """The address, public or private."""
    address_id: pulumi.Output[str] | None
    """Resource of a public address, for alias records; None for an internal load balancer."""
    annotations: Mapping[str, pulumi.Output[str]]
    """Annotations of the service that gets the address."""
    locked: Mapping[str, pulumi.Output[str]]
    """What `Locks` must hold, by name; nothing unless it is protected."""

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:LoadBalancer", name, {**args}, opts)
        refuse(name, _problems(args))
        self.public_ip: azure.network.PublicIPAddress | None = None
        self.address_id = None
        self.locked = {}
        if "address" in args and "subnet_name" in args:
            self.address = pulumi.Output.from_input(args["address"])
            said = {
                "load-balancer-internal": "true",
                "load-balancer-internal-subnet": args["subnet_name"],
                "load-balancer-ipv4": args["address"],
            }
        else:
            protection = args.get("deletion_protection", False)
            self.public_ip = public_address(
                f"{name}-address", args, pulumi.ResourceOptions(parent=self, protect=protection or None)
            )
            self.locked = {name: self.public_ip.id} if protection else {}
            self.address_id = self.public_ip.id
            self.address = self.public_ip.ip_address.apply(lambda address: address or "")
            said = {
                "load-balancer-internal": "false",
                "pip-name": self.public_ip.name,
                "load-balancer-resource-group": args["resource_group_name"],
            }
        self.annotations = {f"{ANNOTATION}-{key}": pulumi.Output.from_input(value) for key, value in said.items()}
        self.register_outputs({"address": self.address, "address_id": self.address_id, "annotations": self.annotations})
