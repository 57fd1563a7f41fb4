"""Wrong requests to the web application firewall."""

from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.apigateway_given import STAGED
from aws_cases.case import Case, Step
from aws_cases.elbv2_given import WITH_NLB
from aws_cases.service_given import changed, named, without

SERVICE = "WAF"
INVALID = "WAFInvalidParameterException"
MISSING = "WAFNonexistentItemException"
DUPLICATE = "WAFDuplicateItemException"
HELD = "WAFAssociatedItemException"
LIMIT = "WAFLimitsExceededException"
ABSENT = "arn:aws:wafv2:eu-central-1:111122223333:regional/webacl/missing/11111111-2222-3333-4444-555555555555"


def seen(metric: str) -> dict[str, Any]:
    """Return what a rule or web ACL shows of itself."""
    return {"cloudwatchMetricsEnabled": True, "metricName": metric, "sampledRequestsEnabled": False}


def managed(name: str, priority: int = 0, /, **rule: Any) -> dict[str, Any]:
    """Return a rule with a group that AWS keeps."""
    statement = {"managedRuleGroupStatement": {"name": name, "vendorName": "AWS"}}
    return {
        "name": name,
        "priority": priority,
        "overrideAction": {"none": {}},
        "statement": statement,
        "visibilityConfig": seen(name),
        **rule,
    }


def own(name: str, priority: int = 0, /, statement: Any = None, **rule: Any) -> dict[str, Any]:
    """Return a rule of one's own that blocks."""
    return {
        "name": name,
        "priority": priority,
        "action": {"block": {}},
        "statement": statement or {"geoMatchStatement": {"countryCodes": ["KP"]}},
        "visibilityConfig": seen(name),
        **rule,
    }


COMMON = "AWSManagedRulesCommonRuleSet"
IP_SET = Step(
    "aws:wafv2/ipSet:IpSet",
    "ranges",
    {"name": "ranges", "scope": "REGIONAL", "ipAddressVersion": "IPV4", "addresses": ["192.0.2.0/24"]},
)
ACL = Step(
    "aws:wafv2/webAcl:WebAcl",
    "acl",
    {
        "name": "acl",
        "scope": "REGIONAL",
        "defaultAction": {"allow": {}},
        "visibilityConfig": seen("acl"),
        "rules": [managed(COMMON)],
    },
)
ASSOCIATION = Step(
    "aws:wafv2/webAclAssociation:WebAclAssociation",
    "association",
    {"webAclArn": "${acl.arn}", "resourceArn": "${stage.arn}"},
)
LOGS = Step(tokens.LOG_GROUP, "logs", {"name": "aws-waf-logs-edge"})
LOGGING = Step(
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    "logging",
    {
        "resourceArn": "${acl.arn}",
        "logDestinationConfigs": ["${logs.arn}"],
        "redactedFields": [{"singleHeader": {"name": "authorization"}}],
    },
)
BY_SET = own("ranges", statement={"ipSetReferenceStatement": {"arn": "${ranges.arn}"}})


def acl(wrong: str, code: str = INVALID, path: str = "", given: tuple[Step, ...] = (), **inputs: Any) -> Case:
    """Make a case of a wrong web ACL."""
    return Case(SERVICE, wrong, changed(ACL, **inputs), code, given, path=path)


def rules(wrong: str, *given: Any, code: str = INVALID, path: str = "") -> Case:
    """Make a case of a web ACL with wrong rules."""
    return acl(wrong, code, path, rules=list(given))


def rate(wrong: str, path: str, **statement: Any) -> Case:
    """Make a case of a wrong rate limit."""
    wrong_rate = {"rateBasedStatement": {"limit": 2000, "aggregateKeyType": "IP", **statement}}
    return rules(wrong, own("rate", statement=wrong_rate), path=f"rules[0].statement.rateBasedStatement.{path}")


def addresses(wrong: str, *ranges: str, code: str = INVALID) -> Case:
    """Make a case of a set of wrong addresses."""
    return Case(SERVICE, wrong, changed(IP_SET, addresses=list(ranges)), code)


def protects(wrong: str, arn: str, given: tuple[Step, ...] = STAGED, code: str = INVALID) -> Case:
    """Make a case of a web ACL before something that cannot have it."""
    return Case(SERVICE, wrong, changed(ASSOCIATION, resourceArn=arn), code, (*given, ACL), path="resourceArn")


def logs(wrong: str, code: str = INVALID, given: tuple[Step, ...] = (ACL, LOGS), **inputs: Any) -> Case:
    """Make a case of a wrong log."""
    return Case(SERVICE, wrong, changed(LOGGING, **inputs), code, given)


CASES = (
    acl("name of a web ACL with a dot", path="name", name="api.edge"),
    acl("web ACL for CloudFront in another region", path="scope", scope="CLOUDFRONT"),
    acl("scope that does not exist", path="scope", scope="GLOBAL"),
    acl("web ACL of a name that is taken", DUPLICATE, given=(named(ACL, "first"),)),
    acl("web ACL without a default action", path="defaultAction", defaultAction={}),
    acl("two default actions", path="defaultAction", defaultAction={"allow": {}, "block": {}}),
    acl("metric of a reserved name", path="visibilityConfig.metricName", visibilityConfig=seen("Default_Action")),
    acl("description of one character", path="description", description="x"),
    rules("two rules of one priority", managed(COMMON), own("countries"), path="rules"),
    rules("two rules of one name", own("countries"), own("countries", 1), code=DUPLICATE, path="rules"),
    rules("name of a rule with a space", own("blocked countries"), path="rules[0].name"),
    rules("group of rules with an action", managed(COMMON, overrideAction=None, action={"block": {}})),
    rules("rule of one's own with an override", own("countries", action=None, overrideAction={"none": {}})),
    rules("rule without an action", own("countries", action=None), path="rules[0].action"),
    rules("rule with two actions", own("countries", action={"block": {}, "count": {}}), path="rules[0].action"),
    rules(
        "rule without a statement", own("countries", statement={"geoMatchStatement": None}), path="rules[0].statement"
    ),
    rules("group of rules that does not exist", managed("AWSManagedRulesEverything"), code=MISSING),
    rules("country in small letters", own("countries", statement={"geoMatchStatement": {"countryCodes": ["kp"]}})),
    rules("no country", own("countries", statement={"geoMatchStatement": {"countryCodes": []}})),
    rules("priority below nothing", own("countries", -1), path="rules[0].priority"),
    rules(
        "rules of more capacity than there is",
        *(managed(COMMON, number, name=f"common{number}") for number in range(8)),
        code=LIMIT,
        path="rules",
    ),
    rules(
        "set of addresses that does not exist", own("ranges", statement={"ipSetReferenceStatement": {"arn": ABSENT}})
    ),
    rate("rate limit of five requests", "limit", limit=5),
    rate("rate limit above two billion", "limit", limit=2_000_000_001),
    rate("window of a minute and a half", "evaluationWindowSec", evaluationWindowSec=90),
    rate("rate by a header that is not named", "forwardedIpConfig", aggregateKeyType="FORWARDED_IP"),
    rate("rate of all requests together", "scopeDownStatement", aggregateKeyType="CONSTANT"),
    rate("rate by something that does not exist", "aggregateKeyType", aggregateKeyType="SESSION"),
    addresses("address that is no range", "192.0.2.1"),
    addresses("range of everything", "0.0.0.0/0"),
    addresses("IPv6 range in a set of IPv4", "2001:db8::/32"),
    addresses("range of a name", "example.com/24"),
    addresses("more than 10,000 ranges", *(f"10.{n // 250}.{n % 250}.0/24" for n in range(10001)), code=LIMIT),
    Case(SERVICE, "version of addresses that does not exist", changed(IP_SET, ipAddressVersion="IPV5"), INVALID),
    Case(SERVICE, "IP set of a name that is taken", named(IP_SET, "again"), DUPLICATE, (IP_SET,)),
    Case(
        SERVICE,
        "deletion of an IP set that a rule names",
        IP_SET,
        HELD,
        (IP_SET, changed(ACL, rules=[BY_SET])),
        operation="delete",
    ),
    protects("web ACL before an HTTP API", "arn:aws:apigateway:eu-central-1::/apis/abc/stages/$default"),
    protects("web ACL before a network load balancer", "${nlb.arn}", WITH_NLB),
    protects("web ACL before a REST API instead of its stage", "${api.arn}"),
    protects("web ACL before something of another region", "arn:aws:apigateway:eu-west-1::/restapis/abc/stages/live"),
    protects("stage that does not exist", "arn:aws:apigateway:eu-central-1::/restapis/abc/stages/live", code=MISSING),
    Case(
        SERVICE,
        "web ACL that does not exist before a stage",
        changed(ASSOCIATION, webAclArn=ABSENT),
        MISSING,
        STAGED,
        moto=lambda aws: aws("wafv2").associate_web_acl(
            WebACLArn=ABSENT, ResourceArn="arn:aws:apigateway:eu-central-1::/restapis/abcdef1234/stages/live"
        ),
    ),
    rules("watch over logins without their page", managed("AWSManagedRulesATPRuleSet")),
    Case(
        SERVICE,
        "second web ACL before a stage",
        changed(ASSOCIATION, webAclArn="${second.arn}"),
        HELD,
        (*STAGED, ACL, named(ACL, "second", name="second"), named(ASSOCIATION, "first")),
    ),
    Case(SERVICE, "deletion of a web ACL before a stage", ACL, HELD, (*STAGED, ACL, ASSOCIATION), operation="delete"),
    logs("log group of another name", given=(ACL, changed(LOGS, name="/apim/waf"))),
    logs(
        "log group of the firewall that does not exist",
        MISSING,
        logDestinationConfigs=["arn:aws:logs:eu-central-1:111122223333:log-group:aws-waf-logs-missing"],
    ),
    logs("log of a web ACL that does not exist", MISSING, resourceArn=ABSENT),
    logs("two destinations of a log", logDestinationConfigs=["${logs.arn}", "arn:aws:s3:::aws-waf-logs-x"]),
    logs(
        "destination that takes no logs", logDestinationConfigs=["arn:aws:sqs:eu-central-1:111122223333:aws-waf-logs-x"]
    ),
    logs("two fields in one redaction", redactedFields=[{"uriPath": {}, "queryString": {}}]),
    logs("second log of a web ACL", DUPLICATE, (ACL, LOGS, named(LOGGING, "first"))),
    logs("filter of a log that keeps nothing by name", loggingFilter={"defaultBehavior": "HIDE", "filters": []}),
    Case(
        SERVICE, "association without a resource", without(ASSOCIATION, "resourceArn"), "CheckFailure", (*STAGED, ACL)
    ),
    Case(
        SERVICE,
        "more priority than one in an update",
        changed(ACL, rules=[managed(COMMON), own("countries")]),
        INVALID,
        (ACL,),
        operation="update",
    ),
)
