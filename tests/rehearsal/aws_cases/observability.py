"""Wrong requests to OpenSearch Service, to metric streams, and to Amazon Q Developer in chat applications."""

from typing import Any

from aws_cases.case import Case, Step
from aws_cases.firehose import BASE, DOMAIN, NETWORK, TO_S3
from aws_cases.given import OTHER_GROUP, OTHER_SUBNET, OTHER_VPC, ROLE, SECOND_SUBNET
from aws_cases.messaging import TOPIC
from aws_cases.service_given import changed, named, policy_for, role

INVALID = "ValidationException"
VALUE = "InvalidParameterValue"
CHAT = "InvalidParameterException"
NODES: dict[str, Any] = {"instanceType": "r7g.large.search", "instanceCount": 2, "zoneAwarenessEnabled": True}
DISKS: dict[str, Any] = {"ebsEnabled": True, "volumeSize": 100, "volumeType": "gp3"}
TWO_SUBNETS: dict[str, Any] = {"subnetIds": ["${subnet.id}", "${second.id}"], "securityGroupIds": ["${group.id}"]}
STREAMER = role("streamer", "streams.metrics.cloudwatch.amazonaws.com")
METRICS = Step(
    "aws:cloudwatch/metricStream:MetricStream",
    "metrics",
    {
        "name": "metrics",
        "firehoseArn": "${s3.arn}",
        "roleArn": "${streamer.arn}",
        "outputFormat": "opentelemetry1.0",
        "includeFilters": [{"namespace": "AWS/RDS"}],
    },
)
STREAMED = (*BASE, TO_S3, STREAMER)
CHATTER = role("chatter", "chatbot.amazonaws.com")
CHANNEL = Step(
    "aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration",
    "channel",
    {
        "configurationName": "alarms",
        "slackTeamId": "T0123ABCD",
        "slackChannelId": "C0123ABCD",
        "iamRoleArn": "${chatter.arn}",
        "snsTopicArns": ["${topic.arn}"],
        "guardrailPolicyArns": ["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"],
    },
)


def domain(wrong: str, code: str = INVALID, given: tuple[Step, ...] = NETWORK, path: str = "", **inputs: Any) -> Case:
    """Make a case of a domain with some inputs changed."""
    return Case("OpenSearch", wrong, changed(DOMAIN, **inputs), code, given, path=path)


def spread(wrong: str, given: tuple[Step, ...] = (), path: str = "", *, zones: int = 2, **nodes: Any) -> Case:
    """Make a case of a domain over several zones."""
    configuration = {**NODES, "zoneAwarenessConfig": {"availabilityZoneCount": zones}, **nodes}
    request = changed(DOMAIN, clusterConfig=configuration, vpcOptions=TWO_SUBNETS)
    return Case("OpenSearch", wrong, request, INVALID, (*NETWORK, SECOND_SUBNET, *given), path=path)


def disks(wrong: str, options: dict[str, Any], path: str = "") -> Case:
    """Make a case of a domain with wrong volumes."""
    return Case("OpenSearch", wrong, changed(DOMAIN, ebsOptions=options), INVALID, NETWORK, path=path)


def metrics(wrong: str, code: str = VALUE, given: tuple[Step, ...] = STREAMED, path: str = "", **inputs: Any) -> Case:
    """Make a case of a wrong metric stream."""
    return Case("CloudWatch", wrong, changed(METRICS, **inputs), code, given, path=path)


def channel(
    wrong: str, code: str = CHAT, given: tuple[Step, ...] = (TOPIC, CHATTER), path: str = "", **inputs: Any
) -> Case:
    """Make a case of a wrong Slack channel."""
    return Case("Amazon Q in chat", wrong, changed(CHANNEL, **inputs), code, given, path=path)


CASES = (
    domain("name of a domain with two characters", domainName="lo", path="domainName"),
    domain("name of a domain of 29 characters", domainName="l" * 29, path="domainName"),
    domain("name of a domain that begins with a figure", domainName="1logs", path="domainName"),
    Case(
        "OpenSearch",
        "domain of a name that is taken",
        named(DOMAIN, "again"),
        "ResourceAlreadyExistsException",
        (*NETWORK, DOMAIN),
    ),
    domain(
        "instance type of another service",
        clusterConfig={"instanceType": "m7g.large"},
        path="clusterConfig.instanceType",
    ),
    domain("unknown version of the engine", engineVersion="OpenSearch_9.9", path="engineVersion"),
    spread("three nodes in two zones", instanceCount=3, path="clusterConfig.instanceCount"),
    spread("two nodes in three zones", zones=3, path="clusterConfig.instanceCount"),
    spread("two subnets for three zones", zones=3, instanceCount=3, path="vpcOptions.subnetIds"),
    domain("nodes in one zone with two subnets", given=(*NETWORK, SECOND_SUBNET), vpcOptions=TWO_SUBNETS),
    domain(
        "100 data nodes",
        "LimitExceededException",
        clusterConfig={**NODES, "zoneAwarenessEnabled": False, "instanceCount": 100},
    ),
    domain(
        "two dedicated master nodes",
        clusterConfig={
            "instanceType": "r7g.large.search",
            "dedicatedMasterEnabled": True,
            "dedicatedMasterType": "m7g.large.search",
            "dedicatedMasterCount": 2,
        },
        path="clusterConfig.dedicatedMasterCount",
    ),
    domain("subnet of a domain that does not exist", vpcOptions={"subnetIds": ["subnet-00000000000000000"]}),
    domain(
        "domain with a security group of another network",
        given=(*NETWORK, OTHER_VPC, OTHER_GROUP),
        vpcOptions={"subnetIds": ["${subnet.id}"], "securityGroupIds": ["${stranger.id}"]},
    ),
    Case(
        "OpenSearch",
        "domain in two networks",
        changed(
            DOMAIN,
            clusterConfig={**NODES},
            vpcOptions={"subnetIds": ["${subnet.id}", "${elsewhere.id}"], "securityGroupIds": ["${group.id}"]},
        ),
        INVALID,
        (*NETWORK, OTHER_VPC, OTHER_SUBNET),
        path="vpcOptions.subnetIds",
    ),
    disks("node without volume or disk", {"ebsEnabled": False}, "ebsOptions.ebsEnabled"),
    disks("volume of 5 GB for a node", {**DISKS, "volumeSize": 5}, "ebsOptions.volumeSize"),
    disks("volume that is too large for its node", {**DISKS, "volumeSize": 4096}, "ebsOptions.volumeSize"),
    disks("volume without a size", {"ebsEnabled": True, "volumeType": "gp3"}, "ebsOptions.volumeSize"),
    disks("too few operations of a volume", {**DISKS, "iops": 1000}, "ebsOptions.iops"),
    disks("operations of a volume that has none to give", {**DISKS, "volumeType": "gp2", "iops": 3000}),
    domain(
        "volume for a node with disks of its own",
        clusterConfig={"instanceType": "i4i.large.search"},
        path="ebsOptions.ebsEnabled",
    ),
    domain("unknown TLS policy", domainEndpointOptions={"tlsSecurityPolicy": "Policy-Min-TLS-1-3"}),
    domain(
        "own name of a domain without a certificate",
        domainEndpointOptions={"customEndpointEnabled": True, "customEndpoint": "logs.example.com"},
    ),
    domain(
        "fine-grained access without encryption between nodes",
        advancedSecurityOptions={"enabled": True, "masterUserOptions": {"masterUserArn": "${role.arn}"}},
        encryptAtRest={"enabled": True},
        domainEndpointOptions={"enforceHttps": True},
        given=(*NETWORK, ROLE),
        path="nodeToNodeEncryption.enabled",
    ),
    domain(
        "internal users without a first one",
        advancedSecurityOptions={"enabled": True, "internalUserDatabaseEnabled": True},
        encryptAtRest={"enabled": True},
        nodeToNodeEncryption={"enabled": True},
        domainEndpointOptions={"enforceHttps": True},
        path="advancedSecurityOptions.masterUserOptions",
    ),
    domain("access policy of a domain that is no JSON", accessPolicies="everyone"),
    domain(
        "domain that is open to everyone",
        given=(),
        vpcOptions=None,
        accessPolicies='{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "es:*", "Resource": "*"}]}',
        path="accessPolicies",
    ),
    domain(
        "logs of a domain that may not write them",
        logPublishingOptions=[
            {
                "logType": "ES_APPLICATION_LOGS",
                "cloudwatchLogGroupArn": "arn:aws:logs:eu-central-1:111122223333:log-group:search",
            }
        ],
    ),
    domain(
        "key of a domain of another region",
        encryptAtRest={
            "enabled": True,
            "kmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-0000-0000-000000000000",
        },
        path="encryptAtRest.kmsKeyId",
    ),
    metrics("metrics that go to a topic", given=(*STREAMED, TOPIC), firehoseArn="${topic.arn}", path="firehoseArn"),
    metrics(
        "metrics that go to another region",
        firehoseArn="arn:aws:firehose:eu-west-1:111122223333:deliverystream/metrics",
    ),
    metrics("role that metric streams cannot assume", roleArn="${writer.arn}", path="roleArn"),
    metrics("unknown format of a metric stream", outputFormat="prometheus", path="outputFormat"),
    metrics("namespaces taken and left out", "CheckFailure", excludeFilters=[{"namespace": "AWS/EC2"}]),
    metrics("namespace named by two filters", includeFilters=[{"namespace": "AWS/RDS"}, {"namespace": "AWS/RDS"}]),
    metrics(
        "trimmed mean in OpenTelemetry",
        statisticsConfigurations=[
            {
                "additionalStatistics": ["tm90"],
                "includeMetrics": [{"namespace": "AWS/RDS", "metricName": "CPUUtilization"}],
            }
        ],
    ),
    channel("Slack workspace by its name", slackTeamId="our workspace", path="slackTeamId"),
    channel("Slack channel by its name", slackChannelId="#alarms", path="slackChannelId"),
    channel("role that chat applications cannot assume", iamRoleArn="${role.arn}", given=(TOPIC, CHATTER, ROLE)),
    channel("queue in the place of a topic", snsTopicArns=["arn:aws:sqs:eu-central-1:111122223333:queue"]),
    channel("unknown level of the log", loggingLevel="DEBUG", path="loggingLevel"),
    channel("name of a configuration with a space", configurationName="my alarms", path="configurationName"),
    Case(
        "Amazon Q in chat",
        "second configuration of one channel",
        named(CHANNEL, "again", configurationName="other"),
        "ConflictException",
        (TOPIC, CHATTER, CHANNEL),
    ),
)

SEARCH_LOGS = policy_for("es.amazonaws.com", "logs:PutLogEvents")
"""Resource policy of CloudWatch Logs with which a domain may write its logs."""
