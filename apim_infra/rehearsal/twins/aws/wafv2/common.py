"""What the rows of the firewall share."""

from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws.context import Context

SOURCE = "WAFv2 API model, botocore 1.44.5"
GUIDE = "AWS WAF developer guide, 2026"
INVALID = "WAFInvalidParameterException"
DUPLICATE = "WAFDuplicateItemException"
MISSING = "WAFNonexistentItemException"
HELD = "WAFAssociatedItemException"
LIMIT = "WAFLimitsExceededException"
NAME = r"[\w\-]{1,128}"
DESCRIPTION = r"[\w+=:#@/\-,\.][\w+=:#@/\-,\.\s]+[\w+=:#@/\-,\.]"
METRIC = r"[\w#:\.\-/]{1,255}"
RESERVED_METRICS = ("All", "Default_Action")
SCOPES = ("REGIONAL", "CLOUDFRONT")

IP_SET = "aws:wafv2/ipSet:IpSet"
WEB_ACL = "aws:wafv2/webAcl:WebAcl"
ASSOCIATION = "aws:wafv2/webAclAssociation:WebAclAssociation"
LOGGING = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"


def invalid(context: Context, reason: str, field: str, place: str, hint: str) -> Problem:
    """Make a problem in the words of the firewall."""
    message = f"Error reason: {reason}, field: {field}, parameter: {place}"
    return context.problem(INVALID, message, place, hint)


def scope(context: Context) -> Iterator[Problem]:
    """Check that what is for CloudFront is made in its region."""
    if context.value("scope") == "CLOUDFRONT" and context.region != "us-east-1":
        reason = "The scope is not valid."
        hint = "Use REGIONAL, or the region us-east-1 for CloudFront."
        yield invalid(context, reason, "SCOPE_VALUE", "scope", hint)


def arn_of(context: Context, kind: str) -> str:
    """Return the ARN of something of the firewall."""
    place: Any = "global" if context.value("scope") == "CLOUDFRONT" else "regional"
    return f"arn:aws:wafv2:{context.region}:{context.account}:{place}/{kind}/{context.name}/{context.id}"
