"""Registry of the platform's own images."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.tags import Tags
from components.common import refuse

KEPT_IMAGES = 30
"""Newest images that a repository keeps by default."""

UNTAGGED_DAYS = 7
"""How long images without a tag are kept by default, in days."""


class RegistryArgs(TypedDict):
    """Arguments of `Registry`."""

    repositories: Sequence[str]
    """Names of the repositories."""
    prefix: NotRequired[str]
    """What stands before each name and a slash; nothing by default."""
    kept_images: NotRequired[int]
    """Newest images that each repository keeps, so that a rollback finds its own; default 30."""
    untagged_days: NotRequired[int]
    """How long images without a tag are kept, in days; default 7."""
    scan: NotRequired[pulumi.Input[bool]]
    """Whether images are scanned for known vulnerabilities when they are pushed; default true."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key, fixed at creation; ECR's own encryption (AES-256) by default."""
    empty_on_delete: NotRequired[pulumi.Input[bool]]
    """Whether deleting a repository deletes its images first; default false."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi refuses to delete the repositories; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: RegistryArgs) -> Iterator[tuple[str, str]]:
    for path in ("kept_images", "untagged_days"):
        if args.get(path, 1) < 1:
            yield path, "must be 1 or more"
    if len(set(args["repositories"])) < len(args["repositories"]):
        yield "repositories", "a name occurs twice: name each repository once"


class Registry(pulumi.ComponentResource):
    """ECR repositories whose tags cannot be moved, scanned on push, that forget all but the newest images."""

    urls: Mapping[str, pulumi.Output[str]]
    """Repository to the address that images are pushed to and pulled from."""

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:Registry", name, {**args}, opts)
        refuse(name, _problems(args))
        prefix, key = args.get("prefix"), args.get("key_arn")
        self.repositories = {
            repository: aws.ecr.Repository(
                f"{name}-{repository}",
                name=f"{prefix}/{repository}" if prefix else repository,
                image_tag_mutability="IMMUTABLE",
                image_scanning_configuration=aws.ecr.RepositoryImageScanningConfigurationArgs(
                    scan_on_push=args.get("scan", True)
                ),
                encryption_configurations=[
                    aws.ecr.RepositoryEncryptionConfigurationArgs(
                        encryption_type="AES256" if key is None else "KMS", kms_key=key
                    )
                ],
                force_delete=args.get("empty_on_delete", False),
                tags=args.get("tags"),
                opts=pulumi.ResourceOptions(parent=self, protect=args.get("deletion_protection") or None),
            )
            for repository in args["repositories"]
        }
        policy = _lifecycle(args.get("kept_images", KEPT_IMAGES), args.get("untagged_days", UNTAGGED_DAYS))
        self.lifecycle_policies = {
            repository: aws.ecr.LifecyclePolicy(
                f"{name}-{repository}-lifecycle",
                repository=resource.name,
                policy=policy,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for repository, resource in self.repositories.items()
        }
        self.urls = {repository: resource.repository_url for repository, resource in self.repositories.items()}
        self.register_outputs({"urls": self.urls})


def _lifecycle(kept_images: int, untagged_days: int) -> str:
    untagged = {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": untagged_days,
    }
    newest = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": kept_images}
    rules = [
        {
            "rulePriority": 1,
            "description": "Forget images without a tag",
            "selection": untagged,
            "action": {"type": "expire"},
        },
        {"rulePriority": 2, "description": "Keep the newest images", "selection": newest, "action": {"type": "expire"}},
    ]
    return json.dumps({"rules": rules})


class RegistryReplicationArgs(TypedDict):
    """Arguments of `RegistryReplication`."""

    prefix: str
    """What stands before the names of the repositories that are copied; all others are left alone."""
    account_id: pulumi.Input[str]
    """Account of the registry."""
    recovery_region: str
    """Region that receives the copies."""


class RegistryReplication(pulumi.ComponentResource):
    """Copies of images in another region, made when they are pushed.

    A registry, that is an account in a region, has one replication configuration: a second stack that wants one there overwrites the first. What was
    pushed before is not copied. The copies stay when the replication goes.
    """

    url: pulumi.Output[str]
    """Registry and path of the copies, as `prefix` stands in it."""

    def __init__(self, name: str, args: RegistryReplicationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:RegistryReplication", name, {**args}, opts)
        region, prefix = args["recovery_region"], args["prefix"]
        self.template = aws.ecr.RepositoryCreationTemplate(
            f"{name}-template",
            region=region,
            prefix=prefix,
            description=f"Copies of the images of {prefix}",
            applied_fors=["REPLICATION"],
            image_tag_mutability="IMMUTABLE",
            lifecycle_policy=_lifecycle(KEPT_IMAGES, UNTAGGED_DAYS),
            opts=pulumi.ResourceOptions(parent=self),
        )
        rule = aws.ecr.ReplicationConfigurationReplicationConfigurationRuleArgs(
            destinations=[
                aws.ecr.ReplicationConfigurationReplicationConfigurationRuleDestinationArgs(
                    region=region, registry_id=args["account_id"]
                )
            ],
            repository_filters=[
                aws.ecr.ReplicationConfigurationReplicationConfigurationRuleRepositoryFilterArgs(
                    filter=f"{prefix}/", filter_type="PREFIX_MATCH"
                )
            ],
        )
        self.replication = aws.ecr.ReplicationConfiguration(
            f"{name}-rules",
            replication_configuration=aws.ecr.ReplicationConfigurationReplicationConfigurationArgs(rules=[rule]),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.template]),
        )
        self.url = pulumi.Output.format("{0}.dkr.ecr.{1}.amazonaws.com/{2}", args["account_id"], region, prefix)
        self.register_outputs({"url": self.url})
