"""One program for each component of the REST front end, with what it needs around it."""

from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
from components_aws_samples import TAGS, keys, load_balancer

from components.aws.rest_api import ApiLogging, RestApi
from components.aws.truststore import Truststore
from components.aws.usage_plans import UsagePlans
from components.aws.web_firewall import WebFirewall

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
HOST = "api.example.com"
ORDERS = {"api": "orders", "method": "GET", "path": "/orders"}
ORDER = {"api": "orders", "method": "GET", "path": "/orders/{id}"}


def api_logging(**options: Any) -> ApiLogging:
    args: Any = {"tags": TAGS}
    return ApiLogging("logging", {**args, **options})


def domain_name() -> aws.apigatewayv2.DomainName:
    """Make a domain name of API Gateway with a certificate that is brought along."""
    certificate = aws.acm.Certificate("imported", certificate_body=PEM, private_key="of the tests", tags=TAGS)
    return aws.apigatewayv2.DomainName(
        "front-end",
        domain_name=HOST,
        domain_name_configuration=aws.apigatewayv2.DomainNameDomainNameConfigurationArgs(
            certificate_arn=certificate.arn, endpoint_type="REGIONAL", security_policy="TLS_1_2"
        ),
        tags=TAGS,
    )


def rest_api(**options: Any) -> RestApi:
    balancer = load_balancer()
    link = aws.apigatewayv2.VpcLink(
        "link",
        subnet_ids=balancer.load_balancer.subnets,
        security_group_ids=balancer.load_balancer.security_groups,
        tags=TAGS,
    )
    args: Any = {
        "load_balancer_arn": balancer.arn,
        "vpc_link_id": link.id,
        "server_name": HOST,
        "domain_name": domain_name().domain_name,
        "operations": [ORDERS],
        "rate": 100,
        "burst": 200,
        "key_arn": keys().logs_key_arn,
        "tags": TAGS,
    }
    logging = api_logging()
    return RestApi("api", {**args, **options}, pulumi.ResourceOptions(depends_on=[logging.account]))


def usage_plans(**options: Any) -> UsagePlans:
    api = rest_api(key_required=True)
    args: Any = {
        "stages": [{"api_id": api.api_id, "stage": api.stage_name}],
        "plans": [
            {"name": "partners", "keys": ["acme", "globex"], "rate": 10, "burst": 20, "quota": 1000, "period": "WEEK"},
            {"name": "internal", "keys": ["shop"]},
        ],
        "tags": TAGS,
    }
    return UsagePlans("plans", {**args, **options})


def web_firewall(**options: Any) -> WebFirewall:
    args: Any = {
        "resources": {"api": rest_api().stage_arn},
        "managed_rules": ["AWSManagedRulesCommonRuleSet", "AWSManagedRulesAmazonIpReputationList"],
        "rate_limit": 2000,
        "blocked_countries": ["KP"],
        "blocked_cidrs": ["192.0.2.0/24"],
        "tags": TAGS,
    }
    return WebFirewall("firewall", {**args, **options})


def truststore(**options: Any) -> Truststore:
    args: Any = {"certificates": PEM, "tags": TAGS}
    return Truststore("truststore", {**args, **options})


REST_SAMPLES: Mapping[str, Callable[..., pulumi.ComponentResource]] = {
    "api_logging": api_logging,
    "rest_api": rest_api,
    "usage_plans": usage_plans,
    "web_firewall": web_firewall,
    "truststore": truststore,
}
"""Every component of the REST front end by a short name."""
