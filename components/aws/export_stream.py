"""Delivery of records to a bucket, a search domain or an HTTPS endpoint, by Amazon Data Firehose."""

from collections.abc import Iterator, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.iam_policies import Statement, allow, document, service_trust
from components.aws.tags import Tags
from components.common import refuse

SERVICE = "firehose.amazonaws.com"
PREFIX = "!{timestamp:yyyy/MM/dd/HH}/"
"""Objects lie in folders by hour (UTC)."""
ERRORS = "!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/"
"""What could not be delivered lies apart, by kind of error and by day."""
RETRY_SECONDS = 3600
"""How long Firehose tries before it puts a record into the bucket, in seconds (its most is 7200; own judgement)."""
BUFFER_MB = 5
BUFFER_SECONDS = 60


class ExportBucketArgs(TypedDict):
    """The bucket that takes the records, or those that could not be delivered elsewhere."""

    arn: pulumi.Input[str]
    """ARN of the bucket."""
    prefix: str
    """First part of every object's name, without a slash at its end."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of the bucket; S3's own encryption by default."""


class HttpDestinationArgs(TypedDict):
    """An HTTPS endpoint that speaks Firehose's protocol."""

    url: pulumi.Input[str]
    """Its address."""
    name: str
    """Name of the endpoint in the console."""
    secret_arn: NotRequired[pulumi.Input[str]]
    """Secret `{"api_key": ...}` whose key is sent along; none by default."""
    secret_key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of the secret; AWS's own by default."""


class SearchDestinationArgs(TypedDict):
    """An OpenSearch domain inside a network."""

    domain_arn: pulumi.Input[str]
    """ARN of the domain."""
    index: str
    """Beginning of the indices' names; each day has its own."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Subnets of Firehose's network interfaces; fixed once made."""
    security_group_ids: Sequence[pulumi.Input[str]]
    """Security groups of these interfaces, which must let them reach the domain on 443."""


class ExportStreamArgs(TypedDict):
    """Arguments of `ExportStream`."""

    account_id: pulumi.Input[str]
    """Account on whose behalf alone Firehose may take the role."""
    bucket: ExportBucketArgs
    """Where records go; with another destination, where those go that it does not take."""
    http: NotRequired[HttpDestinationArgs]
    """Deliver to an endpoint instead."""
    search: NotRequired[SearchDestinationArgs]
    """Deliver to a search domain instead."""
    packed: NotRequired[bool]
    """Whether records are CloudWatch Logs' packed batches: they are unpacked on their way to a bucket; default false."""
    buffer_seconds: NotRequired[pulumi.Input[int]]
    """Records are sent on at the latest after this time, 0 to 900 seconds; default 60."""
    buffer_mb: NotRequired[pulumi.Input[int]]
    """Records are sent on at the latest with this size; default 5 MB."""
    log_retention_days: NotRequired[pulumi.Input[int]]
    """How long errors of the delivery are kept, one of CloudWatch's periods; default 30."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of the stream and of the log group of its errors, which must allow CloudWatch Logs; AWS's own by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: ExportStreamArgs) -> Iterator[tuple[str, str]]:
    if "http" in args and "search" in args:
        yield "search", "a stream has one destination: leave http or search out"
    if args.get("packed") and "search" in args:
        yield "packed", "a search domain takes one record at a time, not packed batches: use a stream into the bucket"


class ExportStream(pulumi.ComponentResource):
    """A delivery stream with its role, a log group of its errors, and its undelivered records in a bucket.

    Children: `role`, `rights`, `errors` (log group), `errors-stream`, `stream`.
    """

    arn: pulumi.Output[str]
    """ARN of the stream."""
    stream_name: pulumi.Output[str]
    """Name of the stream, by which Fluent Bit writes to it."""

    def __init__(self, name: str, args: ExportStreamArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:ExportStream", name, {**args}, opts)
        refuse(name, _problems(args))
        child = pulumi.ResourceOptions(parent=self)
        self.errors = aws.cloudwatch.LogGroup(
            f"{name}-errors",
            retention_in_days=args.get("log_retention_days", 30),
            kms_key_id=args.get("key_arn"),
            tags=args.get("tags"),
            opts=child,
        )
        self.errors_stream = aws.cloudwatch.LogStream(
            f"{name}-errors-stream", name="delivery", log_group_name=self.errors.name, opts=child
        )
        self.role = aws.iam.Role(
            f"{name}-role",
            assume_role_policy=service_trust(SERVICE, args["account_id"]),
            description="Delivers records of a stream",
            tags=args.get("tags"),
            opts=child,
        )
        self.rights = aws.iam.RolePolicy(
            f"{name}-rights",
            role=self.role.name,
            policy=document([*_bucket_rights(args), *_destination_rights(args), *self._error_rights()]),
            opts=child,
        )
        self.stream = self._stream(name, args)
        self.arn, self.stream_name = self.stream.arn, self.stream.name
        self.register_outputs({"arn": self.arn, "stream_name": self.stream_name})

    def _error_rights(self) -> list[Statement]:
        return [allow(["logs:PutLogEvents"], pulumi.Output.concat(self.errors.arn, ":log-stream:*"))]

    def _stream(self, name: str, args: ExportStreamArgs) -> aws.kinesis.FirehoseDeliveryStream:
        destination = "http_endpoint" if "http" in args else "opensearch" if "search" in args else "extended_s3"
        key = args.get("key_arn")
        return aws.kinesis.FirehoseDeliveryStream(
            f"{name}-stream",
            destination=destination,
            extended_s3_configuration=self._into_bucket(args) if destination == "extended_s3" else None,
            http_endpoint_configuration=self._to_endpoint(args, args["http"]) if "http" in args else None,
            opensearch_configuration=self._into_domain(args, args["search"]) if "search" in args else None,
            server_side_encryption={
                "enabled": True,
                "key_type": "AWS_OWNED_CMK" if key is None else "CUSTOMER_MANAGED_CMK",
                "key_arn": key,
            },
            tags=args.get("tags"),
            # Firehose tries its role at once.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.rights, self.errors_stream]),
        )

    @property
    def _error_log(self) -> aws.kinesis.FirehoseDeliveryStreamHttpEndpointConfigurationCloudwatchLoggingOptionsArgsDict:
        return {"enabled": True, "log_group_name": self.errors.name, "log_stream_name": self.errors_stream.name}

    def _into_bucket(self, args: ExportStreamArgs) -> aws.kinesis.FirehoseDeliveryStreamExtendedS3ConfigurationArgsDict:
        bucket = args["bucket"]
        return {
            "role_arn": self.role.arn,
            "bucket_arn": bucket["arn"],
            "kms_key_arn": bucket.get("key_arn"),
            "prefix": f"{bucket['prefix']}/{PREFIX}",
            "error_output_prefix": f"{bucket['prefix']}-errors/{ERRORS}",
            "compression_format": "GZIP",
            "buffering_size": args.get("buffer_mb", BUFFER_MB),
            "buffering_interval": args.get("buffer_seconds", BUFFER_SECONDS),
            "processing_configuration": {
                "enabled": True,
                "processors": _unpacking() if args.get("packed") else _lines(),
            },
            "cloudwatch_logging_options": self._error_log,
        }

    def _undelivered(
        self, args: ExportStreamArgs
    ) -> aws.kinesis.FirehoseDeliveryStreamHttpEndpointConfigurationS3ConfigurationArgsDict:
        bucket = args["bucket"]
        return {
            "role_arn": self.role.arn,
            "bucket_arn": bucket["arn"],
            "kms_key_arn": bucket.get("key_arn"),
            "prefix": f"{bucket['prefix']}-errors/{PREFIX}",
            "error_output_prefix": f"{bucket['prefix']}-errors/{ERRORS}",
            "compression_format": "GZIP",
            "cloudwatch_logging_options": self._error_log,
        }

    def _to_endpoint(
        self, args: ExportStreamArgs, http: HttpDestinationArgs
    ) -> aws.kinesis.FirehoseDeliveryStreamHttpEndpointConfigurationArgsDict:
        configuration: aws.kinesis.FirehoseDeliveryStreamHttpEndpointConfigurationArgsDict = {
            "url": http["url"],
            "name": http["name"],
            "role_arn": self.role.arn,
            "s3_backup_mode": "FailedDataOnly",
            "s3_configuration": self._undelivered(args),
            "request_configuration": {"content_encoding": "GZIP"},
            "buffering_size": args.get("buffer_mb", BUFFER_MB),
            "buffering_interval": args.get("buffer_seconds", BUFFER_SECONDS),
            "retry_duration": RETRY_SECONDS,
            "cloudwatch_logging_options": self._error_log,
        }
        if "secret_arn" in http:
            configuration["secrets_manager_configuration"] = {
                "enabled": True,
                "secret_arn": http["secret_arn"],
                "role_arn": self.role.arn,
            }
        return configuration

    def _into_domain(
        self, args: ExportStreamArgs, search: SearchDestinationArgs
    ) -> aws.kinesis.FirehoseDeliveryStreamOpensearchConfigurationArgsDict:
        return {
            "domain_arn": search["domain_arn"],
            "index_name": search["index"],
            "index_rotation_period": "OneDay",
            "role_arn": self.role.arn,
            "s3_backup_mode": "FailedDocumentsOnly",
            "s3_configuration": self._undelivered(args),
            "buffering_size": args.get("buffer_mb", BUFFER_MB),
            "buffering_interval": args.get("buffer_seconds", BUFFER_SECONDS),
            "retry_duration": RETRY_SECONDS,
            "vpc_config": {
                "subnet_ids": search["subnet_ids"],
                "security_group_ids": search["security_group_ids"],
                "role_arn": self.role.arn,
            },
            "cloudwatch_logging_options": self._error_log,
        }


def _unpacking() -> list[
    aws.kinesis.FirehoseDeliveryStreamExtendedS3ConfigurationProcessingConfigurationProcessorArgsDict
]:
    """Return the processors that make lines of CloudWatch Logs' packed batches (Firehose developer guide, 2026)."""
    return [
        {
            "type": "Decompression",
            "parameters": [{"parameter_name": "CompressionFormat", "parameter_value": "GZIP"}],
        },
        {
            "type": "CloudWatchLogProcessing",
            "parameters": [{"parameter_name": "DataMessageExtraction", "parameter_value": "true"}],
        },
        *_lines(),
    ]


def _lines() -> list[aws.kinesis.FirehoseDeliveryStreamExtendedS3ConfigurationProcessingConfigurationProcessorArgsDict]:
    """Return the processor that ends each record of an object with a line feed, which Firehose itself does not do."""
    return [
        {
            "type": "AppendDelimiterToRecord",
            "parameters": [{"parameter_name": "Delimiter", "parameter_value": "\\n"}],
        }
    ]


def _bucket_rights(args: ExportStreamArgs) -> list[Statement]:
    bucket = args["bucket"]
    arn = pulumi.Output.from_input(bucket["arn"])
    rights = [
        allow(["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"], arn),
        allow(
            ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
            [
                pulumi.Output.concat(arn, f"/{bucket['prefix']}/*"),
                pulumi.Output.concat(arn, f"/{bucket['prefix']}-errors/*"),
            ],
        ),
    ]
    if "key_arn" in bucket:
        rights.append(allow(["kms:Decrypt", "kms:GenerateDataKey"], bucket["key_arn"]))
    return rights


def _destination_rights(args: ExportStreamArgs) -> Iterator[Statement]:
    """Yield what the destination needs (Firehose developer guide, access to destinations, 2026)."""
    http, search = args.get("http"), args.get("search")
    if http is not None and "secret_arn" in http:
        yield allow(["secretsmanager:GetSecretValue"], http["secret_arn"])
        if "secret_key_arn" in http:
            yield allow(["kms:Decrypt"], http["secret_key_arn"])
    if search is not None:
        domain = pulumi.Output.from_input(search["domain_arn"])
        yield allow(
            ["es:DescribeDomain", "es:DescribeDomains", "es:DescribeDomainConfig", "es:ESHttpPost", "es:ESHttpPut"],
            [domain, pulumi.Output.concat(domain, "/*")],
        )
        # What Firehose asks about the domain before it delivers.
        paths = (
            "_all/_settings",
            "_cluster/stats",
            f"{search['index']}*/_mapping/*",
            "_nodes",
            "_nodes/stats",
            "_nodes/*/stats",
            "_stats",
        )
        yield allow(["es:ESHttpGet"], [pulumi.Output.concat(domain, f"/{path}") for path in paths])
        yield allow(
            [
                "ec2:CreateNetworkInterface",
                "ec2:CreateNetworkInterfacePermission",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcAttribute",
                "ec2:DescribeVpcs",
            ]
        )
