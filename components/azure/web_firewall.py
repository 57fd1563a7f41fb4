"""A web application firewall before an Application Gateway."""

from collections.abc import Iterator, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.tags import Tags
from components.common import refuse

MANAGED_RULES = ("Microsoft_DefaultRuleSet/2.1", "Microsoft_BotManagerRuleSet/1.1")
"""Sets of rules that Microsoft keeps, with their versions (Web Application Firewall documentation, DRS and bot manager rule sets, 2025)."""
SCRUBBED_HEADERS = ("authorization", "cookie", "x-api-key")
"""Request headers whose values stay out of the log: they let whoever reads it act as the client."""


class WebFirewallArgs(TypedDict):
    """Arguments of `WebFirewall`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the policy."""
    location: pulumi.Input[str]
    """Region, that of the gateway."""
    managed_rules: NotRequired[Sequence[str]]
    """Sets of rules that Microsoft keeps, each as `type/version`; `MANAGED_RULES` by default."""
    rate_limit: NotRequired[int]
    """Requests of one address in five minutes above which it is blocked; no limit by default."""
    blocked_countries: NotRequired[Sequence[str]]
    """Countries whose requests are blocked, two capital letters each (ISO 3166); none by default."""
    blocked_cidrs: NotRequired[Sequence[str]]
    """IPv4 ranges whose requests are blocked; none by default."""
    count_only: NotRequired[bool]
    """Whether matches are told instead of blocked (mode Detection); default false."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: WebFirewallArgs) -> Iterator[tuple[str, str]]:
    given = args.get("managed_rules", MANAGED_RULES)
    if not given:
        yield "managed_rules", "a policy needs one set of rules at least: leave it out for the default"
    for rules in given:
        if rules.count("/") != 1 or not all(rules.split("/")):
            yield "managed_rules", f"'{rules}' names no version: write it like {MANAGED_RULES[0]}"
    for path in ("managed_rules", "blocked_countries", "blocked_cidrs"):
        values = list(args.get(path, ()))
        for value in dict.fromkeys(value for value in values if values.count(value) > 1):
            yield path, f"'{value}' occurs twice: name it once"


class WebFirewall(pulumi.ComponentResource):
    """A policy that lets through what no rule stops: blocked ranges and countries, then the rate limit, then the sets that Microsoft keeps.

    What is cheap to tell comes first. Its log is the gateway's, without the headers that carry credentials.
    """

    id: pulumi.Output[str]
    """Resource id of the policy."""

    def __init__(self, name: str, args: WebFirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:WebFirewall", name, {**args}, opts)
        refuse(name, _problems(args))
        sets = [rules.split("/") for rules in args.get("managed_rules", MANAGED_RULES)]
        self.policy = azure.network.WebApplicationFirewallPolicy(
            f"{name}-policy",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            custom_rules=list(_custom_rules(args)),
            managed_rules=azure.network.ManagedRulesDefinitionArgs(
                managed_rule_sets=[
                    azure.network.ManagedRuleSetArgs(rule_set_type=type_, rule_set_version=version)
                    for type_, version in sets
                ]
            ),
            policy_settings=azure.network.PolicySettingsArgs(
                state="Enabled",
                mode="Detection" if args.get("count_only", False) else "Prevention",
                request_body_check=True,
                log_scrubbing=azure.network.PolicySettingsLogScrubbingArgs(
                    state="Enabled",
                    scrubbing_rules=[
                        azure.network.WebApplicationFirewallScrubbingRulesArgs(
                            match_variable="RequestHeaderNames",
                            selector_match_operator="Equals",
                            selector=header,
                            state="Enabled",
                        )
                        for header in SCRUBBED_HEADERS
                    ],
                ),
            ),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = self.policy.id
        self.register_outputs({"id": self.id})


def _custom_rules(args: WebFirewallArgs) -> Iterator[azure.network.WebApplicationFirewallCustomRuleArgs]:
    """Yield the platform's own rules, in the order of their evaluation."""
    if args.get("blocked_cidrs"):
        yield _rule("BlockedRanges", 10, [_address("IPMatch", args.get("blocked_cidrs", ()))])
    if args.get("blocked_countries"):
        yield _rule("BlockedCountries", 20, [_address("GeoMatch", args.get("blocked_countries", ()))])
    if "rate_limit" in args:
        yield azure.network.WebApplicationFirewallCustomRuleArgs(
            name="RateLimit",
            priority=30,
            rule_type="RateLimitRule",
            rate_limit_duration="FiveMins",
            rate_limit_threshold=args["rate_limit"],
            group_by_user_session=[
                azure.network.GroupByUserSessionArgs(
                    group_by_variables=[azure.network.GroupByVariableArgs(variable_name="ClientAddr")]
                )
            ],
            # Every address but one that nobody has: a rule needs a condition.
            match_conditions=[_address("IPMatch", ["255.255.255.255/32"], negated=True)],
            action="Block",
        )


def _rule(
    name: str, priority: int, conditions: list[azure.network.MatchConditionArgs]
) -> azure.network.WebApplicationFirewallCustomRuleArgs:
    return azure.network.WebApplicationFirewallCustomRuleArgs(
        name=name, priority=priority, rule_type="MatchRule", match_conditions=conditions, action="Block"
    )


def _address(operator: str, values: Sequence[str], *, negated: bool = False) -> azure.network.MatchConditionArgs:
    """Return the condition that the client's address matches, or that it does not."""
    return azure.network.MatchConditionArgs(
        match_variables=[azure.network.MatchVariableArgs(variable_name="RemoteAddr")],
        operator=operator,
        match_values=list(values),
        negation_conditon=negated,
    )
