"""Private zones of Azure's services: in the network, their usual names lead to addresses inside of it."""

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import NotRequired, TypedDict, cast

import pulumi
import pulumi_azure_native as azure
import yaml

from components.azure.tags import Tags
from components.common import refuse


def _zones(kind: str) -> Mapping[str, str]:
    data = yaml.safe_load(files("components.azure").joinpath("private_dns.yaml").read_text("utf-8"))
    return cast("Mapping[str, str]", data[kind])


ENDPOINT_ZONES: Mapping[str, str] = _zones("endpoints")
"""Short name of a service to the zone of its private endpoints."""

DELEGATED_ZONES: Mapping[str, str] = _zones("delegated")
"""Short name of a database service to the name below which lie the zones of servers in delegated subnets."""


class PrivateZonesArgs(TypedDict):
    """Arguments of `PrivateZones`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the zones."""
    network_id: pulumi.Input[str]
    """Network that sees the zones; it may see one zone of each name."""
    services: Sequence[str]
    """Services that are reached by private endpoints, by the short names of `private_dns.yaml`."""
    delegated: NotRequired[Mapping[str, str]]
    """Database services (`mysql`, `postgresql`) in delegated subnets, to the label of their own zone, such as the stack's name; none by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: PrivateZonesArgs) -> Iterator[tuple[str, str]]:
    delegated = args.get("delegated", {})
    for service in args["services"]:
        if service not in ENDPOINT_ZONES:
            yield "services", f"'{service}' has no zone: one of {', '.join(ENDPOINT_ZONES)}"
        elif service in delegated:
            yield "services", f"'{service}' is in a delegated subnet or has a private endpoint, not both: leave one out"
    for service in delegated:
        if service not in DELEGATED_ZONES:
            yield "delegated", f"'{service}' has no delegated subnets: one of {', '.join(DELEGATED_ZONES)}"


class PrivateZones(pulumi.ComponentResource):
    """A private zone for each service, and the network's link to it."""

    ids: Mapping[str, pulumi.Output[str]]
    """Service to its zone, known once the network sees it: what writes names there, or needs them, comes after."""

    def __init__(self, name: str, args: PrivateZonesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:PrivateZones", name, {**args}, opts)
        refuse(name, _problems(args))
        tags, child = args.get("tags"), pulumi.ResourceOptions(parent=self)
        names = {service: ENDPOINT_ZONES[service] for service in args["services"]}
        for service, label in args.get("delegated", {}).items():
            names[service] = f"{label}.{DELEGATED_ZONES[service]}"
        self.zones = {
            service: azure.privatedns.PrivateZone(
                f"{name}-{service}",
                resource_group_name=args["resource_group_name"],
                private_zone_name=zone,
                location="global",
                tags=tags,
                opts=child,
            )
            for service, zone in names.items()
        }
        self.links = {
            service: azure.privatedns.VirtualNetworkLink(
                f"{name}-{service}-link",
                resource_group_name=args["resource_group_name"],
                private_zone_name=zone.name,
                location="global",
                virtual_network=azure.privatedns.SubResourceArgs(id=args["network_id"]),
                registration_enabled=False,
                tags=tags,
                opts=child,
            )
            for service, zone in self.zones.items()
        }
        self.ids = {
            service: pulumi.Output.all(zone.id, self.links[service].id).apply(lambda ids: ids[0])
            for service, zone in self.zones.items()
        }
        self.register_outputs({"ids": self.ids})
