"""The front end's components: VPC link, domain names, HTTP APIs, truststore and health checks."""

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from components_aws_samples import (
    OPERATIONS,
    REGION,
    TAGS,
    Stack,
    added,
    changes,
    front_end_domain,
    health_checks,
    http_api,
    kinds,
    load_balancer,
    run,
    truststore,
    vpc_link,
)
from hypothesis import given
from hypothesis import strategies as st

from components.aws.http_api import ACCESS_LOG, OperationArgs, route_key, route_label

ROUTE = "aws:apigatewayv2/route:Route"
RECORD = "aws:route53/record:Record"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
CHECK = "aws:route53/healthCheck:HealthCheck"
CERTIFICATES = {
    "aws:acm/certificate:Certificate": -1,
    "aws:acm/certificateValidation:CertificateValidation": -1,
    RECORD: -1,
}


def test_a_link_waits_in_two_zones_with_groups_of_its_own() -> None:
    inputs = run(vpc_link).named("link-link").inputs
    assert len(inputs["subnetIds"]) == 2
    assert len(inputs["securityGroupIds"]) == 1


def test_another_group_makes_a_new_link() -> None:
    stack = Stack()

    def program(group: str) -> None:
        balancer = load_balancer()
        vpc = balancer.load_balancer.vpc_id
        ids = {name: aws.ec2.SecurityGroup(name, vpc_id=vpc, tags=TAGS).id for name in ("one", "two")}
        vpc_link(balancer, security_group_ids=[ids[group]])

    stack.run(lambda: program("one"))
    again = stack.run(lambda: program("two"))
    done = [str(step.operation) for step in again.steps if step.urn.endswith("::link-link")]
    assert done == ["replace", "delete"]
    assert again.named("link-link").inputs["securityGroupIds"] == [again.named("two").id]


def test_an_api_passes_everything_on_over_tls_by_the_link() -> None:
    recording = run(http_api)
    integration = recording.named("apis-gateways").inputs
    assert integration["connectionType"] == "VPC_LINK"
    assert integration["connectionId"] == recording.named("link-link").id
    assert ":listener/net/" in integration["integrationUri"]
    assert integration["tlsConfig"] == {"serverNameToVerify": "api.example.com"}
    assert integration["requestParameters"] == {"overwrite:header.host": "api.example.com"}
    assert recording.named("apis-api").inputs["disableExecuteApiEndpoint"] is True


def test_each_operation_has_a_route_and_everything_else_has_one() -> None:
    recording = run(http_api)
    keys = {route.inputs["routeKey"] for route in recording.of_type(ROUTE)}
    assert keys == {"GET /orders", "GET /orders/{id}", "GET /customers", "$default"}
    targets = {route.inputs["target"] for route in recording.of_type(ROUTE)}
    assert targets == {f"integrations/{recording.named('apis-gateways').id}"}


def test_what_is_not_listed_can_be_refused() -> None:
    assert added(run(http_api), run(lambda: http_api(forward_unlisted=False))) == {ROUTE: -1}


def test_the_only_stage_is_deployed_by_itself_with_limits_and_logs() -> None:
    recording = run(http_api)
    stage = recording.named("apis-stage").inputs
    assert (stage["name"], stage["autoDeploy"]) == ("$default", True)
    assert stage["defaultRouteSettings"] == {"throttlingRateLimit": 100, "throttlingBurstLimit": 200}
    assert json.loads(stage["accessLogSettings"]["format"]) == dict(ACCESS_LOG)
    assert stage["accessLogSettings"]["destinationArn"] == recording.named("apis-access").outputs["arn"]
    assert recording.named("apis-access").inputs["retentionInDays"] == 90


def test_the_format_of_access_logs_is_one_line_that_aws_takes() -> None:
    text = json.dumps(dict(ACCESS_LOG), separators=(",", ":"))
    assert len(text) <= 1024
    assert "$context.requestId" in ACCESS_LOG.values()
    assert all(value.startswith("$context.") for value in ACCESS_LOG.values())


def test_cors_is_the_gateways_own_until_asked_for() -> None:
    assert "corsConfiguration" not in run(http_api).named("apis-api").inputs
    cors = {"origins": ["https://app.example.com"], "methods": ["GET"], "headers": ["authorization"]}
    made = run(lambda: http_api(cors=cors)).named("apis-api").inputs["corsConfiguration"]
    assert made == {
        "allowOrigins": ["https://app.example.com"],
        "allowMethods": ["GET"],
        "allowHeaders": ["authorization"],
        "allowCredentials": False,
        "maxAge": 3600,
    }


def test_a_change_of_one_document_changes_its_routes_alone() -> None:
    stack = Stack()
    stack.run(http_api)
    changed = [
        {"api": "orders", "method": "GET", "path": "/orders"},
        {"api": "orders", "method": "DELETE", "path": "/orders/{id}"},
        {"api": "customers", "method": "GET", "path": "/customers"},
    ]
    done = changes(stack.run(lambda: http_api(operations=changed)))
    assert sorted(done.values()) == ["create", "delete"]
    assert all(name.startswith("apis-orders-") and "orders-id" in name for name in done)


def test_the_order_of_documents_and_operations_does_not_matter() -> None:
    stack = Stack()
    stack.run(http_api)
    assert changes(stack.run(lambda: http_api(operations=list(reversed(OPERATIONS))))) == {}


METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE"])
PATHS = st.lists(st.sampled_from(["a", "b", "a-b", "{a}", "{b}", "a.b", "A"]), max_size=4).map(
    lambda segments: "/" + "/".join(segments)
)


@given(st.lists(st.tuples(METHODS, PATHS), unique=True, min_size=2, max_size=12))
def test_routes_that_differ_have_names_that_differ(routes: list[tuple[str, str]]) -> None:
    operations: list[OperationArgs] = [{"api": "a", "method": method, "path": path} for method, path in routes]
    names = [route_label(route_key(operation)) for operation in operations]
    assert len(set(names)) == len(names)


def test_a_host_has_a_certificate_a_name_and_records() -> None:
    recording = run(front_end_domain)
    name = recording.named("front-name")
    assert name.inputs["domainName"] == "api.example.com"
    assert name.inputs["domainNameConfiguration"]["securityPolicy"] == "TLS_1_2"
    assert (
        name.inputs["domainNameConfiguration"]["certificateArn"] == recording.named("front-certificate").outputs["arn"]
    )
    (alias,) = recording.named("front-public").inputs["aliases"]
    assert alias["name"] == name.outputs["domainNameConfiguration"]["targetDomainName"]
    assert kinds(recording)[RECORD] == 2


def test_a_certificate_that_is_there_is_read_and_used_instead() -> None:
    arn = f"arn:aws:acm:{REGION}:111122223333:certificate/12345678-1234-1234-1234-123456789012"
    recording = run(lambda: front_end_domain(certificate_arn=arn))
    assert added(run(front_end_domain), recording) == {
        "aws:acm/certificateValidation:CertificateValidation": -1,
        RECORD: -1,
    }
    assert recording.named("front-name").inputs["domainNameConfiguration"]["certificateArn"] == arn
    assert recording.named("front-certificate").external


def test_a_private_zone_gets_the_host_too() -> None:
    def program() -> None:
        vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
        zone = aws.route53.Zone("inside", name="example.com", vpcs=[{"vpc_id": vpc.id}])
        front_end_domain(private_zone_id=zone.zone_id)

    difference = added(run(front_end_domain), run(program))
    assert difference == {RECORD: 1, "aws:route53/zone:Zone": 1, "aws:ec2/vpc:Vpc": 1}


def test_clients_show_certificates_of_the_authorities_in_the_truststore() -> None:
    def program() -> None:
        store = truststore()
        front_end_domain(truststore={"uri": store.uri, "version": store.version})

    recording = run(program)
    wanted = recording.named("front-name").inputs["mutualTlsAuthentication"]
    bucket = recording.named("trust-bucket").outputs["bucket"]
    assert wanted["truststoreUri"] == f"s3://{bucket}/truststore.pem"
    assert wanted["truststoreVersion"] == recording.named("trust-file").outputs["versionId"]


def test_other_authorities_are_a_new_version_and_nothing_is_replaced() -> None:
    stack = Stack()

    def program(text: str) -> None:
        store = truststore(certificates=f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
        front_end_domain(truststore={"uri": store.uri, "version": store.version})

    stack.run(lambda: program("one"))
    done = changes(stack.run(lambda: program("two")))
    assert done["trust-file"] == "update"
    assert set(done.values()) == {"update"}


def test_a_truststore_is_private_and_keeps_versions() -> None:
    recording = run(truststore)
    assert recording.named("trust-versions").inputs["versioningConfiguration"]["status"] == "Enabled"
    assert recording.named("trust-private").inputs["blockPublicPolicy"] is True
    assert "aws:SecureTransport" in recording.named("trust-policy").inputs["policy"]


def test_each_host_is_checked_and_watched() -> None:
    recording = run(health_checks)
    assert {check.inputs["fqdn"] for check in recording.of_type(CHECK)} == {"api.example.com", "developers.example.com"}
    assert {alarm.inputs["region"] for alarm in recording.of_type(ALARM)} == {"us-east-1"}
    (topic,) = recording.of_type("aws:sns/topic:Topic")
    assert topic.inputs["region"] == "us-east-1"
    for alarm in recording.of_type(ALARM):
        assert alarm.inputs["alarmActions"] == alarm.inputs["okActions"] == [topic.outputs["arn"]]
        assert alarm.inputs["treatMissingData"] == "breaching"
    assert {alarm.inputs["dimensions"]["HealthCheckId"] for alarm in recording.of_type(ALARM)} == {
        check.id for check in recording.of_type(CHECK)
    }


def test_without_addresses_alarms_tell_nobody() -> None:
    quiet = run(lambda: health_checks(email=[]))
    assert added(run(health_checks), quiet) == {
        "aws:sns/topic:Topic": -1,
        "aws:sns/topicSubscription:TopicSubscription": -1,
    }
    assert all(not alarm.inputs.get("alarmActions") for alarm in quiet.of_type(ALARM))


def test_another_host_adds_a_check_and_its_alarm() -> None:
    more = ["api.example.com", "developers.example.com", "status.example.com"]
    assert added(run(health_checks), run(lambda: health_checks(hosts=more))) == {CHECK: 1, ALARM: 1}


REFUSED: dict[str, tuple[Any, dict[str, Any], str]] = {
    "link in one zone": (vpc_link, {"subnet_ids": ["subnet-0123456789abcdef0"]}, "subnet_ids"),
    "link without group": (vpc_link, {"security_group_ids": []}, "security_group_ids"),
    "api that refuses everything": (http_api, {"operations": [], "forward_unlisted": False}, "operations"),
    "operation twice": (http_api, {"operations": [OPERATIONS[0], OPERATIONS[0]]}, "GET /orders occurs twice"),
    "credentials for everybody": (
        http_api,
        {"cors": {"origins": ["*"], "methods": ["GET"], "headers": [], "credentials": True}},
        "cors.origins",
    ),
    "host in capitals": (front_end_domain, {"host": "API.example.com"}, "host"),
    "truststore without certificates": (truststore, {"certificates": "hello"}, "certificates"),
    "truststore with a key": (
        truststore,
        {"certificates": "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n"},
        "there is a private key in it",
    ),
    "checks of nothing": (health_checks, {"hosts": []}, "hosts"),
    "checks of one host twice": (health_checks, {"hosts": ["a.example.com", "a.example.com"]}, "hosts"),
    "checks every minute": (health_checks, {"interval_seconds": 60}, "interval_seconds"),
    "checks that never fail": (health_checks, {"failures": 11}, "failures"),
    "path without slash": (health_checks, {"path": "health"}, "path"),
    "addresses beside a topic": (
        health_checks,
        {"topic_arn": "arn:aws:sns:us-east-1:111122223333:alarms"},
        "email",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_wrong_arguments_are_refused(name: str) -> None:
    sample, options, word = REFUSED[name]
    with pytest.raises(pulumi.InputPropertiesError, match=word):
        run(lambda: sample(**options))
