"""The row of Amazon Data Firehose's delivery streams."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import (
    groups_in_vpc,
    key_problem,
    located,
    mappings,
    role_exists,
    subnets,
    vpcs,
)
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType

SOURCE = "Amazon Data Firehose API model, botocore 1.44.5, and developer guide, 2026"
OWN = "own knowledge, 2026-11"
INVALID = "InvalidArgumentException"
SERVICE = "firehose.amazonaws.com"
CONFIGURATIONS = {
    "extended_s3": "extendedS3Configuration",
    "http_endpoint": "httpEndpointConfiguration",
    "opensearch": "opensearchConfiguration",
    "opensearchserverless": "opensearchserverlessConfiguration",
    "elasticsearch": "elasticsearchConfiguration",
    "redshift": "redshiftConfiguration",
    "splunk": "splunkConfiguration",
    "snowflake": "snowflakeConfiguration",
    "iceberg": "icebergConfiguration",
}
"""Destination to the input that describes it."""
S3, HTTP, SEARCH = (CONFIGURATIONS[name] for name in ("extended_s3", "http_endpoint", "opensearch"))
ROLES = (
    f"{S3}.roleArn",
    f"{S3}.s3BackupConfiguration.roleArn",
    f"{HTTP}.roleArn",
    f"{HTTP}.s3Configuration.roleArn",
    f"{HTTP}.secretsManagerConfiguration.roleArn",
    f"{SEARCH}.roleArn",
    f"{SEARCH}.s3Configuration.roleArn",
    f"{SEARCH}.vpcConfig.roleArn",
)
BUCKETS = (S3, f"{S3}.s3BackupConfiguration", f"{HTTP}.s3Configuration", f"{SEARCH}.s3Configuration")
"""Inputs that hold `bucketArn` with prefix, compression and key."""
COMPRESSIONS = ("UNCOMPRESSED", "GZIP", "ZIP", "Snappy", "HADOOP_SNAPPY")
EXPRESSION = re.compile(r"!\{([^:}]*)(?::([^}]*))?\}")
NAMESPACES = ("timestamp", "firehose", "partitionKeyFromQuery", "partitionKeyFromLambda")
LONGEST_PREFIX = 1024
PARTITIONED_SIZE = 64
"""Smallest buffer with dynamic partitioning, in MB (developer guide)."""


def _destination(context: Context) -> Iterator[Problem]:
    """Check that the destination has its configuration, and that no other one has."""
    for place, name in located(context, "destination"):
        own = CONFIGURATIONS.get(str(name))
        if own is None:
            continue
        if context.inputs.get(own) is None:
            message = f"when destination is '{name}', {own} is required"
            yield context.problem("CheckFailure", message, own, f"Set {own}.", "AWS provider")
        others = [other for other in CONFIGURATIONS.values() if other != own and context.inputs.get(other) is not None]
        for other in others:
            message = f"Exactly one destination configuration is supported for a Firehose: {own} and {other} are set"
            yield context.problem(INVALID, message, other, f"Leave it out, or set {place} to what it describes.")


def _prefixes(context: Context) -> Iterator[Problem]:
    """Check the expressions in the prefixes of objects (developer guide, custom prefixes)."""
    for bucket in BUCKETS:
        for place, configuration in located(context, bucket):
            prefix, errors = str(configuration.get("prefix") or ""), str(configuration.get("errorOutputPrefix") or "")
            yield from _prefix(context, f"{place}.prefix", prefix)
            yield from _prefix(context, f"{place}.errorOutputPrefix", errors)
            if "!{firehose:error-output-type}" in prefix:
                message = "Prefix cannot contain !{firehose:error-output-type}"
                yield context.problem(INVALID, message, f"{place}.prefix", "Use it in errorOutputPrefix.")
            elif EXPRESSION.search(prefix) and not errors:
                message = "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions."
                hint = "Set it, with !{firehose:error-output-type} in it."
                yield context.problem(INVALID, message, f"{place}.errorOutputPrefix", hint)
            if EXPRESSION.search(errors) and "!{firehose:error-output-type}" not in errors:
                message = "ErrorOutputPrefix must contain !{firehose:error-output-type} when it contains expressions"
                yield context.problem(INVALID, message, f"{place}.errorOutputPrefix", "Add it.")


def _prefix(context: Context, place: str, text: str) -> Iterator[Problem]:
    if len(text) > LONGEST_PREFIX:
        message = f"Member must have length less than or equal to {LONGEST_PREFIX}"
        yield context.problem(INVALID, message, place, "Shorten it.")
    for namespace, _ in EXPRESSION.findall(text):
        if namespace not in NAMESPACES:
            message = f"Invalid expression namespace '{namespace}' in the prefix '{text}'"
            yield context.problem(INVALID, message, place, f"Use one of {', '.join(NAMESPACES)}.")


def _partitioning(context: Context) -> Iterator[Problem]:
    if context.value(f"{S3}.dynamicPartitioningConfiguration.enabled", False):
        size = context.value(f"{S3}.bufferingSize", 5)
        if size < PARTITIONED_SIZE:
            message = (
                f"BufferingHints.SizeInMBs must be at least {PARTITIONED_SIZE} when Dynamic Partitioning is enabled."
            )
            yield context.problem(INVALID, message, f"{S3}.bufferingSize", f"Set it to {PARTITIONED_SIZE} or more.")
        if not context.value(f"{S3}.processingConfiguration.enabled", False):
            message = "Processing Configuration is not enabled when DataPartitioning is enabled."
            yield context.problem(
                INVALID, message, f"{S3}.processingConfiguration", "Name the processor that finds keys."
            )


def _backup(context: Context) -> Iterator[Problem]:
    mode = context.value(f"{S3}.s3BackupMode", "Disabled")
    if mode == "Enabled" and not context.get(f"{S3}.s3BackupConfiguration"):
        message = "S3BackupConfiguration is required when S3BackupMode is Enabled"
        yield context.problem(INVALID, message, f"{S3}.s3BackupConfiguration", "Name the bucket of the backup.")


def _logging(context: Context) -> Iterator[Problem]:
    for parent in (S3, HTTP, SEARCH, *BUCKETS[1:]):
        for place, options in located(context, f"{parent}.cloudwatchLoggingOptions"):
            if options.get("enabled"):
                for key in ("logGroupName", "logStreamName"):
                    if not options.get(key):
                        message = f"{key} must be provided when CloudWatch logging is enabled"
                        yield context.problem(INVALID, message, f"{place}.{key}", f"Set {key}.")


def _processors(context: Context) -> Iterator[Problem]:
    """Check that records of CloudWatch Logs are unpacked before anything is taken out of them (developer guide)."""
    for parent in (S3, HTTP, SEARCH):
        processors = mappings(
            [value for _, value in located(context, f"{parent}.processingConfiguration.processors[*]")]
        )
        kinds = [str(processor.get("type")) for processor in processors]
        path = f"{parent}.processingConfiguration.processors"
        if "CloudWatchLogProcessing" in kinds and "Decompression" not in kinds:
            message = "Decompression must be enabled for message extraction from CloudWatch Logs"
            yield context.problem(INVALID, message, path, "Add a processor of the type Decompression before it.")
        if "Lambda" in kinds and not context.value(f"{parent}.processingConfiguration.enabled", False):
            message = "Processing Configuration must be enabled for a Lambda processor"
            yield context.warning(INVALID, message, path, "Set enabled.")


def _http(context: Context) -> Iterator[Problem]:
    by_secret = context.value(f"{HTTP}.secretsManagerConfiguration.enabled", False)
    if by_secret and context.get(f"{HTTP}.accessKey"):
        message = "AccessKey must not be given when SecretsManagerConfiguration is enabled"
        yield context.problem(INVALID, message, f"{HTTP}.accessKey", "Leave it out: the key is in the secret.")
    if by_secret and not context.get(f"{HTTP}.secretsManagerConfiguration.secretArn"):
        message = "SecretARN must be provided when SecretsManagerConfiguration is enabled"
        yield context.problem(INVALID, message, f"{HTTP}.secretsManagerConfiguration.secretArn", "Name the secret.")


def _search(context: Context) -> Iterator[Problem]:
    for place, configuration in located(context, SEARCH):
        if (configuration.get("domainArn") is None) == (configuration.get("clusterEndpoint") is None):
            message = "Exactly one of DomainARN and ClusterEndpoint must be given"
            yield context.problem(INVALID, message, f"{place}.domainArn", "Give the ARN of the domain.")
        domain = context.find(tokens.SEARCH_DOMAIN, configuration.get("domainArn"), "arn")
        inside = domain is not None and bool(domain.inputs.get("vpcOptions"))
        if inside and not configuration.get("vpcConfig"):
            message = f"Domain {domain['domainName'] if domain else ''} is in a VPC: VpcConfiguration is required"
            yield context.problem(
                INVALID, message, f"{place}.vpcConfig", "Name subnets, security groups and a role.", OWN
            )


def _network(context: Context) -> Iterator[Problem]:
    """Check the subnets and security groups of Firehose's own network interfaces."""
    for place, vpc in located(context, f"{SEARCH}.vpcConfig"):
        for key in ("subnetIds", "securityGroupIds"):
            if vpc.get(key) == []:
                message = f"Member must have length greater than or equal to 1: {key}"
                yield context.problem(INVALID, message, f"{place}.{key}", "Give one or more.")
        several = vpcs(subnets(context, vpc.get("subnetIds") or []))
        if len(several) > 1:
            message = f"All subnets must be in one VPC: {', '.join(several)}"
            yield context.problem(INVALID, message, f"{place}.subnetIds", f"Use subnets of {several[0]}.")


def _encryption(context: Context) -> Iterator[Problem]:
    if not context.value("serverSideEncryption.enabled", False):
        return
    kind, key = (
        context.value("serverSideEncryption.keyType", "AWS_OWNED_CMK"),
        context.value("serverSideEncryption.keyArn"),
    )
    path = "serverSideEncryption.keyArn"
    if kind == "CUSTOMER_MANAGED_CMK" and not context.inputs["serverSideEncryption"].get("keyArn"):
        yield context.problem(
            INVALID, "KeyARN is required for the key type CUSTOMER_MANAGED_CMK", path, "Give the key."
        )
    if kind == "AWS_OWNED_CMK" and key is not None:
        message = "KeyARN must not be given for the key type AWS_OWNED_CMK"
        yield context.problem(INVALID, message, path, "Set keyType to CUSTOMER_MANAGED_CMK.")
    elif key is not None:
        found = key_problem(context, str(key), context.region)
        if found:
            yield context.problem("InvalidKMSResourceException", found[0], path, found[1])
    if context.inputs.get("kinesisSourceConfiguration") is not None:
        message = "Server-side encryption of a stream that reads a Kinesis stream is that stream's own"
        yield context.problem(INVALID, message, "serverSideEncryption", "Leave it out.")


def _outputs(context: Context) -> Mapping[str, Any]:
    arn = f"arn:aws:firehose:{context.region}:{context.account}:deliverystream/{context.name}"
    return {"arn": arn, "destinationId": "destinationId-000000000001", "versionId": "1"}


def _buckets() -> tuple[Reference, ...]:
    return tuple(
        Reference(
            f"{bucket}.bucketArn",
            (tokens.BUCKET, tokens.BUCKET_V2),
            INVALID,
            by="arn",
            message="The specified bucket does not exist: {value}",
            same_region=False,
        )
        for bucket in BUCKETS
    )


DELIVERY_STREAM = ResourceType(
    token=tokens.DELIVERY_STREAM,
    kind="delivery stream",
    identifier="{arn}",
    name=Name("name", pattern=r"[a-zA-Z0-9_.-]+", longest=64, code=INVALID, taken_code="ResourceInUseException"),
    references=(
        *_buckets(),
        Reference(
            f"{SEARCH}.domainArn",
            tokens.SEARCH_DOMAIN,
            INVALID,
            by="arn",
            message="Domain {value} does not exist",
        ),
        Reference(
            f"{HTTP}.secretsManagerConfiguration.secretArn",
            tokens.SECRET,
            INVALID,
            by="arn",
            message="The secret {value} does not exist",
        ),
        Reference(
            f"{SEARCH}.vpcConfig.subnetIds[*]",
            tokens.SUBNET,
            INVALID,
            message="Subnet {value} does not exist",
            holds=True,
        ),
        Reference(
            f"{SEARCH}.vpcConfig.securityGroupIds[*]",
            tokens.SECURITY_GROUP,
            INVALID,
            message="Security group {value} does not exist",
            holds=True,
        ),
    ),
    create_only=frozenset({"name", "destination", "kinesisSourceConfiguration", f"{SEARCH}.vpcConfig"}),
    enums={
        "destination": tuple(CONFIGURATIONS),
        "serverSideEncryption.keyType": ("AWS_OWNED_CMK", "CUSTOMER_MANAGED_CMK"),
        f"{S3}.s3BackupMode": ("Disabled", "Enabled"),
        f"{HTTP}.s3BackupMode": ("FailedDataOnly", "AllData"),
        f"{SEARCH}.s3BackupMode": ("FailedDocumentsOnly", "AllDocuments"),
        f"{SEARCH}.indexRotationPeriod": ("NoRotation", "OneHour", "OneDay", "OneWeek", "OneMonth"),
        f"{HTTP}.requestConfiguration.contentEncoding": ("NONE", "GZIP"),
        **{f"{bucket}.compressionFormat": COMPRESSIONS for bucket in BUCKETS},
    },
    patterns={f"{HTTP}.url": r"https://.{1,992}", f"{SEARCH}.indexName": r".{1,80}"},
    ranges={
        **{f"{bucket}.bufferingInterval": (0, 900) for bucket in (*BUCKETS, HTTP, SEARCH)},
        **{f"{bucket}.bufferingSize": (1, 128) for bucket in BUCKETS},
        f"{HTTP}.bufferingSize": (1, 64),
        f"{SEARCH}.bufferingSize": (1, 100),
        f"{HTTP}.retryDuration": (0, 7200),
        f"{SEARCH}.retryDuration": (0, 7200),
    },
    value_code=INVALID,
    missing_code=INVALID,
    rules=(
        _destination,
        *(
            role_exists(path, INVALID, SERVICE, trust="Firehose is unable to assume role {value}. Check the role.")
            for path in ROLES
        ),
        _prefixes,
        _partitioning,
        _backup,
        _logging,
        _processors,
        _http,
        _search,
        _network,
        groups_in_vpc(
            f"{SEARCH}.vpcConfig.securityGroupIds[*]",
            INVALID,
            f"{SEARCH}.vpcConfig.subnetIds[*]",
            "Security group {value} is not in the VPC of the subnets",
        ),
        _encryption,
    ),
    outputs=_outputs,
    quota=Quota(5000, ("region",), "LimitExceededException"),
    not_verified=("whether the endpoint of an HTTP destination answers",),
    source=SOURCE,
)

ROWS = (DELIVERY_STREAM,)
