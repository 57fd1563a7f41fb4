"""Checks of public hosts from outside, each with an alarm."""

from collections.abc import Iterator, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.tags import Tags, named
from components.common import refuse

METRICS_REGION = "us-east-1"
"""Where Route 53 keeps its metrics, and so where alarms on them must be (Route 53 developer guide, monitoring health checks, 2026)."""

MOST_FAILURES = 10


class HealthChecksArgs(TypedDict):
    """Arguments of `HealthChecks`."""

    hosts: Sequence[str]
    """Full names of the hosts, such as `api.example.com`."""
    path: NotRequired[str]
    """Path that must answer over HTTPS with a status below 400; default `/`."""
    interval_seconds: NotRequired[int]
    """Time between two checks from one place, 10 or 30 seconds; fixed at creation; default 30."""
    failures: NotRequired[int]
    """Checks in a row that must fail before a host counts as down, 1 to 10; default 3."""
    topic_arn: NotRequired[pulumi.Input[str]]
    """SNS topic in us-east-1 that hears of a host that is down, and of its return; one is made for `email` by default."""
    email: NotRequired[Sequence[str]]
    """Addresses that hear of it once they have confirmed it; not beside topic_arn; none by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: HealthChecksArgs) -> Iterator[tuple[str, str]]:
    if not args["hosts"]:
        yield "hosts", "there is nothing to check: name hosts"
    if len(set(args["hosts"])) < len(args["hosts"]):
        yield "hosts", f"each host may occur once, there are {', '.join(args['hosts'])}"
    if not args.get("path", "/").startswith("/"):
        yield "path", f"'{args.get('path')}' must begin with /"
    if args.get("interval_seconds", 30) not in (10, 30):
        yield "interval_seconds", f"{args.get('interval_seconds')} is no interval of Route 53: use 10 or 30"
    if "topic_arn" in args and args.get("email"):
        yield "email", "the topic that is given has its own subscribers: subscribe the addresses to it, or leave it out"
    if not 1 <= args.get("failures", 3) <= MOST_FAILURES:
        yield "failures", f"{args.get('failures')} must lie between 1 and {MOST_FAILURES}"


class HealthChecks(pulumi.ComponentResource):
    """A health check of Route 53 for each host, and an alarm of CloudWatch that goes off while the host is down."""

    ids: pulumi.Output[dict[str, str]]
    """Host to identifier of its check, for records that follow it."""

    def __init__(self, name: str, args: HealthChecksArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:HealthChecks", name, {**args}, opts)
        refuse(name, _problems(args))
        child = pulumi.ResourceOptions(parent=self)
        self.topic = self._topic(name, args) if args.get("email") else None
        topic = args.get("topic_arn") if self.topic is None else self.topic.arn
        actions = [] if topic is None else [topic]
        self.checks = {
            host: aws.route53.HealthCheck(
                f"{name}-{host}",
                type="HTTPS",
                fqdn=host,
                port=443,
                resource_path=args.get("path", "/"),
                enable_sni=True,
                request_interval=args.get("interval_seconds", 30),
                failure_threshold=args.get("failures", 3),
                tags=named(args.get("tags"), host),
                opts=child,
            )
            for host in args["hosts"]
        }
        self.alarms = {
            host: aws.cloudwatch.MetricAlarm(
                f"{name}-{host}-down",
                region=METRICS_REGION,
                alarm_description=f"{host} does not answer from outside",
                namespace="AWS/Route53",
                metric_name="HealthCheckStatus",
                dimensions={"HealthCheckId": check.id},
                statistic="Minimum",
                period=60,
                evaluation_periods=1,
                comparison_operator="LessThanThreshold",
                threshold=1,
                treat_missing_data="breaching",
                alarm_actions=actions,
                ok_actions=actions,
                tags=args.get("tags"),
                opts=child,
            )
            for host, check in self.checks.items()
        }
        self.ids = pulumi.Output.all(**{host: check.id for host, check in self.checks.items()})
        self.register_outputs({"ids": self.ids})

    def _topic(self, name: str, args: HealthChecksArgs) -> aws.sns.Topic:
        """Make a topic beside the alarms. It has no key: messages name a host and its state, and a key would be one more in us-east-1."""
        child = pulumi.ResourceOptions(parent=self)
        topic = aws.sns.Topic(f"{name}-topic", region=METRICS_REGION, tags=args.get("tags"), opts=child)
        for address in args.get("email", ()):
            aws.sns.TopicSubscription(
                f"{name}-mail-{address.replace('@', '-at-')}",
                region=METRICS_REGION,
                topic=topic.arn,
                protocol="email",
                endpoint=address,
                opts=child,
            )
        return topic
