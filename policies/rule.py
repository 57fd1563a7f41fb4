"""How a rule is written: a function over properties that yields what is wrong."""

from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_network
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

Properties = Mapping[str, Any]
ResourceRule = Callable[[ResourceValidationArgs], Iterable[str]]
"""Looks at one resource and yields messages; only called for the types that the rule names."""
StackRule = Callable[[list[PolicyResource]], Iterable[tuple[PolicyResource, str]]]
"""Looks at all resources together and yields the resource at fault with a message."""


def resource_rule(
    name: str,
    description: str,
    types: Iterable[str],
    rule: ResourceRule,
    *,
    fix: str,
    severity: Severity = Severity.HIGH,
    level: EnforcementLevel = EnforcementLevel.MANDATORY,
) -> ResourceValidationPolicy:
    """Make a policy over single resources of the given types."""
    wanted = frozenset(types)

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if args.resource_type not in wanted:
            args.not_applicable(f"{name} is about other types")
        for message in rule(args):
            report(message, None)

    return ResourceValidationPolicy(
        name, description, validate=validate, enforcement_level=level, severity=severity, remediation_steps=fix
    )


def stack_rule(
    name: str,
    description: str,
    rule: StackRule,
    *,
    fix: str,
    severity: Severity = Severity.HIGH,
    level: EnforcementLevel = EnforcementLevel.MANDATORY,
) -> StackValidationPolicy:
    """Make a policy over the whole stack."""

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for resource, message in rule(args.resources):
            report(message, resource.urn)

    return StackValidationPolicy(
        name, description, validate=validate, enforcement_level=level, severity=severity, remediation_steps=fix
    )


def companions(resources: list[PolicyResource], type_: str, bucket: PolicyResource) -> list[PolicyResource]:
    """Return the resources of a type that configure a bucket: they depend on it through their input `bucket`."""
    return [
        other
        for other in resources
        if other.resource_type == type_
        and any(owner.urn == bucket.urn for owner in other.property_dependencies.get("bucket", ()))
    ]


def items(properties: Properties, key: str) -> list[Any]:
    """Return the elements of a list property, none when it is not set."""
    return list(properties.get(key) or ())


def group(properties: Properties, key: str) -> Properties:
    """Return a nested group of properties, empty when it is not set."""
    return properties.get(key) or {}


SHORTEST_PREFIX = 8
"""Ranges with a shorter prefix hold whole parts of the internet: no organisation has more than a /8."""


def is_everywhere(cidr: str) -> bool:
    """Tell whether a range is the whole internet, or so large a part of it that it comes to the same."""
    return ip_network(cidr, strict=False).prefixlen < SHORTEST_PREFIX
