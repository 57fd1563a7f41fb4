"""A network load balancer in front of the ingress controller."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.tags import Tags
from components.common import refuse


class ListenerArgs(TypedDict):
    """One port of the load balancer."""

    name: str
    """Short name of the port, such as `https`."""
    port: int
    """Port that clients connect to."""
    target_port: NotRequired[int]
    """Port of pods for targets that are registered without one; the client's port by default. Checks ask the port that a pod is registered with."""


DEFAULT_LISTENERS: Sequence[ListenerArgs] = ({"name": "https", "port": 443}, {"name": "http", "port": 80})
"""HTTPS, and HTTP for the redirect to it; both end at the ingress controller."""


class LoadBalancerArgs(TypedDict):
    """Arguments of `LoadBalancer`."""

    vpc_id: pulumi.Input[str]
    """The network."""
    internal: bool
    """Whether it has private addresses only."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Subnets, one per zone: private ones for an internal load balancer, public ones for one that faces the internet."""
    security_group_ids: Sequence[pulumi.Input[str]]
    """Security groups; at least one, because none can be added later."""
    listeners: NotRequired[Sequence[ListenerArgs]]
    """Ports; HTTPS on 443 and HTTP on 80 by default."""
    preserve_client_ip: NotRequired[pulumi.Input[bool]]
    """Whether pods see the client's address; then a pod cannot reach itself through the load balancer; default false."""
    deregistration_delay: NotRequired[pulumi.Input[int]]
    """How long open connections of a leaving pod are served, in seconds; default 60."""
    deletion_protection: NotRequired[bool]
    """Whether it refuses to be deleted, in AWS and in Pulumi; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


LONGEST_NAME = 32
"""Longest name of a load balancer or target group (API reference of Elastic Load Balancing)."""


def _short(name: str, *fixed: object) -> str | None:
    """Return a name for what has too long a name for the provider to add to it, otherwise None.

    What is `fixed` at creation is part of it, so that a replacement has another name and can be made first.
    """
    if len(name) + len("-1234567") <= LONGEST_NAME:
        return None
    digest = hashlib.sha256(repr((name, *fixed)).encode()).hexdigest()[:7]
    return f"{name[: LONGEST_NAME - 8].rstrip('-')}-{digest}"


def _problems(args: LoadBalancerArgs) -> Iterator[tuple[str, str]]:
    if not args["security_group_ids"]:
        yield (
            "security_group_ids",
            "a network load balancer made without a security group can never have one: give at least one",
        )
    if len(args["subnet_ids"]) < 2:
        yield "subnet_ids", "a load balancer in one zone fails with it: give subnets in two zones or more"
    listeners = args.get("listeners", DEFAULT_LISTENERS)
    for path in ("name", "port"):
        values = [listener[path] for listener in listeners]
        if len(set(values)) < len(values):
            yield "listeners", f"each {path} may occur once, there are {', '.join(map(str, values))}"


class LoadBalancer(pulumi.ComponentResource):
    """A network load balancer with a target group of pods for each port.

    Load balancer and target groups live and die with this project; the AWS Load Balancer Controller only registers the ingress controller's pods
    through a TargetGroupBinding. So the DNS name is known before the cluster is, and nothing is left behind when the cluster goes first. TLS ends
    at the ingress controller, and listeners therefore speak TCP (and have no access logs, which exist for TLS listeners only).
    """

    arn: pulumi.Output[str]
    """ARN of the load balancer."""
    dns_name: pulumi.Output[str]
    """DNS name of the load balancer, for alias records."""
    zone_id: pulumi.Output[str]
    """Hosted zone of that DNS name, for alias records."""
    target_group_arns: Mapping[str, pulumi.Output[str]]
    """Name of the port to ARN of its target group, for TargetGroupBindings."""
    listener_arns: Mapping[str, pulumi.Output[str]]
    """Name of the port to ARN of its listener, for private integrations."""

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:LoadBalancer", name, {**args}, opts)
        refuse(name, _problems(args))
        protection = args.get("deletion_protection", False)
        tags = args.get("tags")
        self.load_balancer = aws.lb.LoadBalancer(
            f"{name}-nlb",
            name=_short(f"{name}-nlb", args["internal"]),
            load_balancer_type="network",
            internal=args["internal"],
            subnets=args["subnet_ids"],
            security_groups=args["security_group_ids"],
            ip_address_type="ipv4",
            enable_cross_zone_load_balancing=True,  # off by default, and then a zone without pods answers nothing
            enable_deletion_protection=protection,
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self, protect=protection or None),
        )
        listeners = args.get("listeners", DEFAULT_LISTENERS)
        self.target_groups = {
            listener["name"]: aws.lb.TargetGroup(
                f"{name}-{listener['name']}",
                name=_short(f"{name}-{listener['name']}", listener.get("target_port", listener["port"])),
                vpc_id=args["vpc_id"],
                target_type="ip",
                protocol="TCP",
                port=listener.get("target_port", listener["port"]),
                preserve_client_ip=pulumi.Output.from_input(args.get("preserve_client_ip", False)).apply(
                    lambda on: str(on).lower()
                ),
                deregistration_delay=args.get("deregistration_delay", 60),
                connection_termination=True,
                health_check=aws.lb.TargetGroupHealthCheckArgs(
                    protocol="TCP", port="traffic-port", interval=10, healthy_threshold=2, unhealthy_threshold=2
                ),
                tags=tags,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for listener in listeners
        }
        self.listeners = {
            listener["name"]: aws.lb.Listener(
                f"{name}-{listener['name']}-listener",
                load_balancer_arn=self.load_balancer.arn,
                port=listener["port"],
                protocol="TCP",
                default_actions=[
                    aws.lb.ListenerDefaultActionArgs(
                        type="forward", target_group_arn=self.target_groups[listener["name"]].arn
                    )
                ],
                tags=tags,
                # A port takes one listener at a time.
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
            )
            for listener in listeners
        }
        self.arn = self.load_balancer.arn
        self.dns_name = self.load_balancer.dns_name
        self.zone_id = self.load_balancer.zone_id
        self.target_group_arns = {port: group.arn for port, group in self.target_groups.items()}
        self.listener_arns = {port: listener.arn for port, listener in self.listeners.items()}
        self.register_outputs(
            {
                "arn": self.arn,
                "dns_name": self.dns_name,
                "zone_id": self.zone_id,
                "target_group_arns": self.target_group_arns,
                "listener_arns": self.listener_arns,
            }
        )
