"""A search domain for exported records, inside the network."""

from collections.abc import Iterator, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.iam_policies import allow, document
from components.aws.tags import Tags
from components.common import refuse

SERVICE_ROLE = "opensearchservice.amazonaws.com"
LONGEST_NAME = 28
"""Longest name of a domain (OpenSearch Service API model)."""
MASTERS_FROM = 10
"""With as many data nodes, three dedicated master nodes look after the cluster (own judgement after AWS's sizing guide)."""


class ExportDomainArgs(TypedDict):
    """Arguments of `ExportDomain`."""

    domain_name: str
    """Name of the domain, 3 to 28 small letters, digits and hyphens; unique in account and region."""
    account_id: pulumi.Input[str]
    """Account whose IAM policies decide who reads and writes."""
    region: pulumi.Input[str]
    """Region of the domain."""
    version: str
    """OpenSearch version, such as `2.19`."""
    instance_type: str
    """Instance type of a data node; ends in `.search`."""
    nodes: int
    """Data nodes, one or a multiple of the subnets."""
    storage_gb: pulumi.Input[int]
    """Volume of each data node (gp3), in GB."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Subnets, one a zone, at most three: the domain is spread over them; the first alone when there is one node."""
    security_group_ids: Sequence[pulumi.Input[str]]
    """Security groups of the domain's network interfaces."""
    service_role: NotRequired[bool]
    """Whether the service-linked role of OpenSearch Service is made: an account can have one only; default false."""
    log_retention_days: NotRequired[pulumi.Input[int]]
    """How long the domain's own log is kept, one of CloudWatch's periods; default 30."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of the records at rest; AWS's own by default (they are encrypted in any case)."""
    log_key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of the log group, which must allow CloudWatch Logs; CloudWatch's own by default."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi refuses to delete the domain; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: ExportDomainArgs) -> Iterator[tuple[str, str]]:
    zones = len(args["subnet_ids"])
    if not 1 <= zones <= 3:
        yield "subnet_ids", "a domain stands in one to three zones: give a subnet for each"
    elif args["nodes"] != 1 and args["nodes"] % zones:
        yield (
            "nodes",
            f"{args['nodes']} nodes cannot be spread evenly over {zones} zones: use a multiple of {zones}, or 1",
        )
    if len(args["domain_name"]) > LONGEST_NAME:
        yield "domain_name", f"has more than {LONGEST_NAME} characters: shorten it"


class ExportDomain(pulumi.ComponentResource):
    """An OpenSearch domain that is reached inside the network over TLS only, encrypted on disk and between nodes.

    Who may read and write is decided by IAM policies alone: requests must be signed. Children: `service-role` (as asked for), `log`, `log-policy`, `domain`.
    """

    arn: pulumi.Output[str]
    """ARN of the domain."""
    endpoint: pulumi.Output[str]
    """Host name of the domain, inside the network."""

    def __init__(self, name: str, args: ExportDomainArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:ExportDomain", name, {**args}, opts)
        refuse(name, _problems(args))
        child = pulumi.ResourceOptions(parent=self)
        self.service_role = (
            aws.iam.ServiceLinkedRole(
                f"{name}-service-role", aws_service_name=SERVICE_ROLE, tags=args.get("tags"), opts=child
            )
            if args.get("service_role", False)
            else None
        )
        self.log = aws.cloudwatch.LogGroup(
            f"{name}-log",
            retention_in_days=args.get("log_retention_days", 30),
            kms_key_id=args.get("log_key_arn"),
            tags=args.get("tags"),
            opts=child,
        )
        self.log_policy = aws.cloudwatch.LogResourcePolicy(
            f"{name}-log-policy",
            policy_name=f"{name}-log",
            policy_document=_log_writing(self.log.arn, args["account_id"]),
            opts=child,
        )
        self.domain = self._domain(name, args)
        self.arn, self.endpoint = self.domain.arn, self.domain.endpoint
        self.register_outputs({"arn": self.arn, "endpoint": self.endpoint})

    def _domain(self, name: str, args: ExportDomainArgs) -> aws.opensearch.Domain:
        nodes = args["nodes"]
        subnets = list(args["subnet_ids"])[: 1 if nodes == 1 else None]
        cluster: aws.opensearch.DomainClusterConfigArgsDict = {
            "instance_type": args["instance_type"],
            "instance_count": nodes,
            "zone_awareness_enabled": len(subnets) > 1,
        }
        if len(subnets) > 1:
            cluster["zone_awareness_config"] = {"availability_zone_count": len(subnets)}
        if nodes >= MASTERS_FROM:
            cluster["dedicated_master_enabled"] = True
            cluster["dedicated_master_count"] = 3
            cluster["dedicated_master_type"] = "m7g.large.search"
        own = pulumi.Output.format(
            "arn:aws:es:{0}:{1}:domain/{2}/*", args["region"], args["account_id"], args["domain_name"]
        )
        account = {"Principal": {"AWS": pulumi.Output.format("arn:aws:iam::{0}:root", args["account_id"])}}
        before = [self.log_policy, *([self.service_role] if self.service_role else [])]
        return aws.opensearch.Domain(
            f"{name}-domain",
            domain_name=args["domain_name"],
            engine_version=f"OpenSearch_{args['version']}",
            cluster_config=cluster,
            ebs_options={"ebs_enabled": True, "volume_type": "gp3", "volume_size": args["storage_gb"]},
            encrypt_at_rest={"enabled": True, "kms_key_id": args.get("key_arn")},
            node_to_node_encryption={"enabled": True},
            domain_endpoint_options={
                "enforce_https": True,
                "tls_security_policy": "Policy-Min-TLS-1-2-PFS-2023-10",
            },
            vpc_options={"subnet_ids": subnets, "security_group_ids": args["security_group_ids"]},
            access_policies=document([{**allow(["es:ESHttp*"], own), **account}]),
            log_publishing_options=[
                {"log_type": "ES_APPLICATION_LOGS", "cloudwatch_log_group_arn": self.log.arn, "enabled": True}
            ],
            software_update_options={"auto_software_update_enabled": True},
            tags=args.get("tags"),
            # A domain cannot have its name twice, and its service asks for log group and role at once.
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=before,
                delete_before_replace=True,
                protect=args.get("deletion_protection") or None,
            ),
        )


def _log_writing(group_arn: pulumi.Input[str], account_id: pulumi.Input[str]) -> pulumi.Output[str]:
    own = allow(
        ["logs:PutLogEvents", "logs:CreateLogStream"],
        pulumi.Output.concat(group_arn, ":*"),
        StringEquals={"aws:SourceAccount": account_id},
    )
    return document([{**own, "Principal": {"Service": "es.amazonaws.com"}}])
