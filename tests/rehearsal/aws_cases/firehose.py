"""Wrong requests to Amazon Data Firehose."""

from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import GROUP, KEY, OTHER_GROUP, OTHER_SUBNET, OTHER_VPC, ROLE, SUBNET, VPC
from aws_cases.service_given import changed, named, role

INVALID = "InvalidArgumentException"
ELSEWHERE = "arn:aws:iam::111122223333:role/missing"
BUCKET = Step(tokens.BUCKET, "bucket", {"bucket": "apim-exports"})
WRITER = role("writer", "firehose.amazonaws.com")
SECRET = Step(tokens.SECRET, "secret", {"name": "endpoint"})
BASE = (BUCKET, WRITER)
INTO_BUCKET: dict[str, Any] = {"roleArn": "${writer.arn}", "bucketArn": "${bucket.arn}", "bufferingInterval": 60}

TO_S3 = Step(
    tokens.DELIVERY_STREAM, "s3", {"name": "logs", "destination": "extended_s3", "extendedS3Configuration": INTO_BUCKET}
)
ENDPOINT: dict[str, Any] = {
    "url": "https://logs.example.com/v1/input",
    "name": "logs",
    "roleArn": "${writer.arn}",
    "s3BackupMode": "FailedDataOnly",
    "s3Configuration": INTO_BUCKET,
    "requestConfiguration": {"contentEncoding": "GZIP"},
    "secretsManagerConfiguration": {"enabled": True, "secretArn": "${secret.arn}", "roleArn": "${writer.arn}"},
}
TO_HTTP = Step(
    tokens.DELIVERY_STREAM,
    "http",
    {"name": "http", "destination": "http_endpoint", "httpEndpointConfiguration": ENDPOINT},
)
DOMAIN = Step(
    tokens.SEARCH_DOMAIN,
    "domain",
    {
        "domainName": "logs",
        "engineVersion": "OpenSearch_2.19",
        "clusterConfig": {"instanceType": "r7g.large.search", "instanceCount": 1},
        "ebsOptions": {"ebsEnabled": True, "volumeSize": 100, "volumeType": "gp3"},
        "vpcOptions": {"subnetIds": ["${subnet.id}"], "securityGroupIds": ["${group.id}"]},
    },
)
INDEX: dict[str, Any] = {
    "domainArn": "${domain.arn}",
    "indexName": "access",
    "roleArn": "${writer.arn}",
    "s3BackupMode": "FailedDocumentsOnly",
    "s3Configuration": INTO_BUCKET,
    "vpcConfig": {
        "subnetIds": ["${subnet.id}"],
        "securityGroupIds": ["${group.id}"],
        "roleArn": "${writer.arn}",
    },
}
TO_SEARCH = Step(
    tokens.DELIVERY_STREAM,
    "search",
    {"name": "search", "destination": "opensearch", "opensearchConfiguration": INDEX},
)
NETWORK = (VPC, SUBNET, GROUP)
SEARCHED = (*BASE, *NETWORK, DOMAIN)


def s3(wrong: str, code: str = INVALID, given: tuple[Step, ...] = BASE, path: str = "", **inputs: Any) -> Case:
    """Make a case of a stream into a bucket with some of its configuration changed."""
    request = changed(TO_S3, extendedS3Configuration={**INTO_BUCKET, **inputs})
    return Case("Firehose", wrong, request, code, given, path=path)


def http(wrong: str, code: str = INVALID, path: str = "", **inputs: Any) -> Case:
    """Make a case of a stream to an endpoint with some of its configuration changed."""
    request = changed(TO_HTTP, httpEndpointConfiguration={**ENDPOINT, **inputs})
    return Case("Firehose", wrong, request, code, (*BASE, SECRET), path=path)


def search(wrong: str, given: tuple[Step, ...] = SEARCHED, path: str = "", **inputs: Any) -> Case:
    """Make a case of a stream into a domain with some of its configuration changed."""
    request = changed(TO_SEARCH, opensearchConfiguration={**INDEX, **inputs})
    return Case("Firehose", wrong, request, INVALID, given, path=path)


def encrypted(wrong: str, code: str = INVALID, given: tuple[Step, ...] = BASE, **settings: Any) -> Case:
    """Make a case of a stream with wrong encryption."""
    request = changed(TO_S3, serverSideEncryption={"enabled": True, **settings})
    return Case("Firehose", wrong, request, code, given)


CASES = (
    Case("Firehose", "name of a stream with a slash", changed(TO_S3, name="apim/logs"), INVALID, BASE, path="name"),
    Case("Firehose", "stream of a name that is taken", named(TO_S3, "again"), "ResourceInUseException", (*BASE, TO_S3)),
    Case(
        "Firehose",
        "destination without its configuration",
        changed(TO_S3, destination="http_endpoint"),
        "CheckFailure",
        BASE,
    ),
    Case(
        "Firehose",
        "two destinations in one stream",
        changed(TO_S3, httpEndpointConfiguration=ENDPOINT),
        INVALID,
        (*BASE, SECRET),
        path="httpEndpointConfiguration",
    ),
    Case("Firehose", "unknown destination", changed(TO_S3, destination="kafka"), INVALID, BASE, path="destination"),
    s3("stream with a role that does not exist", roleArn=ELSEWHERE, path="extendedS3Configuration.roleArn"),
    s3("role that Firehose cannot assume", roleArn="${role.arn}", given=(*BASE, ROLE)),
    s3(
        "stream into a bucket that does not exist",
        bucketArn="arn:aws:s3:::missing",
        path="extendedS3Configuration.bucketArn",
    ),
    s3("records held back for an hour", bufferingInterval=3600, path="extendedS3Configuration.bufferingInterval"),
    s3("objects of 256 MB", bufferingSize=256, path="extendedS3Configuration.bufferingSize"),
    s3("unknown compression of objects", compressionFormat="zstd"),
    s3("expression in a prefix without a prefix for errors", prefix="logs/!{timestamp:yyyy/MM/dd}/"),
    s3("kind of error in the prefix of records", prefix="!{firehose:error-output-type}/"),
    s3("prefix of errors that does not say which", prefix="logs/", errorOutputPrefix="errors/!{timestamp:yyyy}/"),
    s3(
        "unknown expression in a prefix",
        prefix="!{date:yyyy}/",
        errorOutputPrefix="errors/!{firehose:error-output-type}/",
    ),
    s3("backup of records without a bucket", s3BackupMode="Enabled"),
    s3("log of errors without a log group", cloudwatchLoggingOptions={"enabled": True}),
    s3("partitions with small buffers", dynamicPartitioningConfiguration={"enabled": True}, bufferingSize=5),
    s3(
        "messages taken out of packed log events",
        processingConfiguration={
            "enabled": True,
            "processors": [
                {
                    "type": "CloudWatchLogProcessing",
                    "parameters": [{"parameterName": "DataMessageExtraction", "parameterValue": "true"}],
                }
            ],
        },
    ),
    http("endpoint over plain HTTP", url="http://logs.example.com", path="httpEndpointConfiguration.url"),
    http("requests of 128 MB to an endpoint", bufferingSize=128, path="httpEndpointConfiguration.bufferingSize"),
    http("endpoint tried again for a day", retryDuration=86400, path="httpEndpointConfiguration.retryDuration"),
    http("unknown backup mode of an endpoint", s3BackupMode="Enabled"),
    http("key of an endpoint beside its secret", accessKey="0123456789", path="httpEndpointConfiguration.accessKey"),
    http(
        "secret that does not exist",
        secretsManagerConfiguration={
            "enabled": True,
            "secretArn": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:missing-abcdef",
            "roleArn": "${writer.arn}",
        },
    ),
    http("secret without its name", secretsManagerConfiguration={"enabled": True, "roleArn": "${writer.arn}"}),
    search("stream into a domain that does not exist", domainArn="arn:aws:es:eu-central-1:111122223333:domain/other"),
    search("domain of a network without network interfaces", vpcConfig=None),
    search("domain and endpoint of a cluster", clusterEndpoint="https://search.example.com"),
    search("unknown rotation of an index", indexRotationPeriod="OneYear"),
    search("network interfaces without subnets", vpcConfig={**INDEX["vpcConfig"], "subnetIds": []}),
    search(
        "network interfaces in two networks",
        (*SEARCHED, OTHER_VPC, OTHER_SUBNET),
        vpcConfig={**INDEX["vpcConfig"], "subnetIds": ["${subnet.id}", "${elsewhere.id}"]},
    ),
    search(
        "network interfaces with a security group of another network",
        (*SEARCHED, OTHER_VPC, OTHER_GROUP),
        vpcConfig={**INDEX["vpcConfig"], "securityGroupIds": ["${stranger.id}"]},
    ),
    encrypted("own key of a stream without its name", keyType="CUSTOMER_MANAGED_CMK"),
    encrypted("key of one's own as AWS's", keyType="AWS_OWNED_CMK", keyArn="${key.arn}", given=(*BASE, KEY)),
    encrypted(
        "key of a stream that does not exist",
        "InvalidKMSResourceException",
        keyType="CUSTOMER_MANAGED_CMK",
        keyArn="arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000000",
    ),
    Case(
        "EC2",
        "subnet of a delivery stream deleted before it",
        SUBNET,
        "DependencyViolation",
        (*SEARCHED, TO_SEARCH),
        operation="delete",
    ),
)
