"""A web application firewall before REST APIs or application load balancers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.tags import Tags
from components.common import refuse

REDACTED_HEADERS = ("authorization", "cookie", "x-api-key")
"""Request headers whose values stay out of the log: they let whoever reads it act as the client."""
WINDOW_SECONDS = 300
"""Time over which requests of one address are counted, in seconds."""


class WebFirewallArgs(TypedDict):
    """Arguments of `WebFirewall`."""

    resources: Mapping[str, pulumi.Input[str]]
    """What is protected: a short name to the ARN of a stage of a REST API, or of an application load balancer."""
    managed_rules: NotRequired[Sequence[str]]
    """Groups of rules that AWS keeps, in the order of their evaluation; none by default."""
    rate_limit: NotRequired[int]
    """Requests of one address in five minutes above which it is blocked, 10 to 2,000,000,000; no limit by default."""
    blocked_countries: NotRequired[Sequence[str]]
    """Countries whose requests are blocked, two capital letters each (ISO 3166); none by default."""
    blocked_cidrs: NotRequired[Sequence[str]]
    """IPv4 ranges whose requests are blocked; none by default."""
    count_only: NotRequired[bool]
    """Whether matches of the managed rules are counted instead of blocked; default false."""
    log_retention_days: NotRequired[pulumi.Input[int]]
    """How long the log of requests is kept, in days, one of CloudWatch's periods; default 90."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of the log, which must allow CloudWatch Logs; CloudWatch's own key by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: WebFirewallArgs) -> Iterator[tuple[str, str]]:
    rules = ("managed_rules", "rate_limit", "blocked_countries", "blocked_cidrs")
    if not any(args.get(rule) for rule in rules):
        yield "managed_rules", f"a firewall without rules lets everything through: give one of {', '.join(rules)}"
    for path in ("managed_rules", "blocked_countries", "blocked_cidrs"):
        given = list(args.get(path, ()))
        for value in dict.fromkeys(value for value in given if given.count(value) > 1):
            yield path, f"'{value}' occurs twice: name it once"


class WebFirewall(pulumi.ComponentResource):
    """A web ACL that lets through what no rule stops: blocked ranges and countries, then the rate limit, then the groups that AWS keeps.

    What is cheap to tell comes first. Requests are logged without the headers that carry credentials.
    """

    arn: pulumi.Output[str]
    """ARN of the web ACL."""
    log_group_name: pulumi.Output[str]
    """Log group of the requests."""

    def __init__(self, name: str, args: WebFirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:WebFirewall", name, {**args}, opts)
        refuse(name, _problems(args))
        child = pulumi.ResourceOptions(parent=self)
        tags = args.get("tags")
        self.ranges: aws.wafv2.IpSet | None = None
        cidrs = args.get("blocked_cidrs", ())
        if cidrs:
            self.ranges = aws.wafv2.IpSet(
                f"{name}-ranges",
                scope="REGIONAL",
                ip_address_version="IPV4",
                addresses=list(cidrs),
                tags=tags,
                opts=child,
            )
        self.acl = aws.wafv2.WebAcl(
            f"{name}-acl",
            scope="REGIONAL",
            default_action=aws.wafv2.WebAclDefaultActionArgs(allow=aws.wafv2.WebAclDefaultActionAllowArgs()),
            rules=[
                aws.wafv2.WebAclRuleArgs(
                    name=rule,
                    priority=priority,
                    statement=statement,
                    action=None if group else _block(),
                    override_action=_override(args) if group else None,
                    visibility_config=_rule_metrics(f"{name}-{rule}"),
                )
                for priority, (rule, statement, group) in enumerate(self._statements(args))
            ],
            visibility_config=aws.wafv2.WebAclVisibilityConfigArgs(
                cloudwatch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
            ),
            tags=tags,
            opts=child,
        )
        self.log_group = aws.cloudwatch.LogGroup(
            f"{name}-log",
            name=f"aws-waf-logs-{name}",  # the firewall writes to no group of another beginning
            retention_in_days=args.get("log_retention_days", 90),
            kms_key_id=args.get("key_arn"),
            tags=tags,
            opts=child,
        )
        self.logging = aws.wafv2.WebAclLoggingConfiguration(
            f"{name}-logging",
            resource_arn=self.acl.arn,
            log_destination_configs=[self.log_group.arn],
            redacted_fields=[
                aws.wafv2.WebAclLoggingConfigurationRedactedFieldArgs(
                    single_header=aws.wafv2.WebAclLoggingConfigurationRedactedFieldSingleHeaderArgs(name=header)
                )
                for header in REDACTED_HEADERS
            ],
            opts=child,
        )
        self.associations = {
            resource: aws.wafv2.WebAclAssociation(
                f"{name}-{resource}",
                web_acl_arn=self.acl.arn,
                resource_arn=arn,
                # A resource has one web ACL at a time.
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
            )
            for resource, arn in args["resources"].items()
        }
        self.arn = self.acl.arn
        self.log_group_name = self.log_group.name
        self.register_outputs({"arn": self.arn, "log_group_name": self.log_group_name})

    def _statements(self, args: WebFirewallArgs) -> Iterator[tuple[str, aws.wafv2.WebAclRuleStatementArgs, bool]]:
        """Yield name and statement of each rule in order, and whether it is a group with actions of its own."""
        if self.ranges is not None:
            reference = aws.wafv2.WebAclRuleStatementIpSetReferenceStatementArgs(arn=self.ranges.arn)
            yield "blocked-ranges", aws.wafv2.WebAclRuleStatementArgs(ip_set_reference_statement=reference), False
        countries = args.get("blocked_countries", ())
        if countries:
            match = aws.wafv2.WebAclRuleStatementGeoMatchStatementArgs(country_codes=list(countries))
            yield "blocked-countries", aws.wafv2.WebAclRuleStatementArgs(geo_match_statement=match), False
        limit = args.get("rate_limit")
        if limit is not None:
            rate = aws.wafv2.WebAclRuleStatementRateBasedStatementArgs(
                limit=limit, aggregate_key_type="IP", evaluation_window_sec=WINDOW_SECONDS
            )
            yield "rate-limit", aws.wafv2.WebAclRuleStatementArgs(rate_based_statement=rate), False
        for group in args.get("managed_rules", ()):
            kept = aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementArgs(name=group, vendor_name="AWS")
            yield group, aws.wafv2.WebAclRuleStatementArgs(managed_rule_group_statement=kept), True


def _block() -> aws.wafv2.WebAclRuleActionArgs:
    return aws.wafv2.WebAclRuleActionArgs(block=aws.wafv2.WebAclRuleActionBlockArgs())


def _override(args: WebFirewallArgs) -> aws.wafv2.WebAclRuleOverrideActionArgs:
    if args.get("count_only", False):
        return aws.wafv2.WebAclRuleOverrideActionArgs(count=aws.wafv2.WebAclRuleOverrideActionCountArgs())
    return aws.wafv2.WebAclRuleOverrideActionArgs(none=aws.wafv2.WebAclRuleOverrideActionNoneArgs())


def _rule_metrics(name: str) -> aws.wafv2.WebAclRuleVisibilityConfigArgs:
    # Samples show whole requests in the console, credentials included.
    return aws.wafv2.WebAclRuleVisibilityConfigArgs(
        cloudwatch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )
