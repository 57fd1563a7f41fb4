"""A private way from API Gateway into the network."""

from collections.abc import Iterator, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.tags import Tags
from components.common import refuse


class VpcLinkArgs(TypedDict):
    """Arguments of `VpcLink`."""

    subnet_ids: Sequence[pulumi.Input[str]]
    """Private subnets, one per zone, in which the link gets an address each; another list replaces the link."""
    security_group_ids: Sequence[pulumi.Input[str]]
    """Security groups of its addresses; another list replaces the link."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: VpcLinkArgs) -> Iterator[tuple[str, str]]:
    if len(args["subnet_ids"]) < 2:
        yield "subnet_ids", "a link in one zone fails with it: give subnets in two zones or more"
    if not args["security_group_ids"]:
        yield "security_group_ids", "the network's default group would decide who is reached: give at least one"


class VpcLink(pulumi.ComponentResource):
    """A VPC link (V2): HTTP APIs and REST APIs reach load balancers of the network through it.

    AWS cannot change its subnets and groups, so a new link is made first and APIs move over before the old one goes.
    """

    link_id: pulumi.Output[str]
    """Identifier, for integrations."""

    def __init__(self, name: str, args: VpcLinkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:VpcLink", name, {**args}, opts)
        refuse(name, _problems(args))
        self.link = aws.apigatewayv2.VpcLink(
            f"{name}-link",
            subnet_ids=args["subnet_ids"],
            security_group_ids=args["security_group_ids"],
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.link_id = self.link.id
        self.register_outputs({"link_id": self.link_id})
