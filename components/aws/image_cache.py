"""A pull-through cache: public images in the account's own registry, fetched by ECR when they are first asked for."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.iam_policies import allow, document, service_trust
from components.aws.tags import Tags
from components.common import refuse

UPSTREAM_ADDRESSES = {"docker.io": "registry-1.docker.io"}
"""Addresses of registries that are not called as their images say (ECR user guide, pull-through cache rules, 2025)."""

WITH_LOGIN = ("docker.io", "ghcr.io")
"""Registries that ECR fetches from as a user alone (ECR user guide, pull-through cache rules, 2025)."""

SECRET_PREFIX = "ecr-pullthroughcache/"  # noqa: S105  # the beginning of names, no secret
"""How ECR wants the names of secrets with logins to begin (ECR user guide, 2025)."""

LONGEST_PREFIX = 30
"""Characters of a rule's prefix (ECR API reference, CreatePullThroughCacheRule)."""

KEPT_IMAGES = 30
"""Newest images that each repository keeps, so that a rollback finds its own."""


class RegistryLoginArgs(TypedDict):
    """A user of a public registry."""

    username: pulumi.Input[str]
    """Name of the user."""
    access_token: pulumi.Input[str]
    """Access token of the user; mark it as a secret of Pulumi."""


class ImageCacheArgs(TypedDict):
    """Arguments of `ImageCache`."""

    prefix: str
    """What every repository of the cache begins with; shortened, and told apart by a digest, where ECR's rules take no more."""
    account_id: pulumi.Input[str]
    """The account, whose registry it is."""
    region: pulumi.Input[str]
    """Region of the registry."""
    upstreams: Mapping[str, str]
    """Public registry (`docker.io`) to its short name in the cache."""
    logins: Mapping[str, RegistryLoginArgs]
    """Public registry to the user that ECR fetches as; those of `WITH_LOGIN` among the upstreams."""
    node_role_name: pulumi.Input[str]
    """Role of the nodes, which make ECR fetch what is not there yet."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of the cached images; ECR's own encryption (AES-256) by default."""
    recovery_window_days: NotRequired[int]
    """How long a deleted login can be brought back: 7 to 30 days, or 0 for not at all, so that its name is free at once; default 30."""
    tags: NotRequired[Tags]
    """Tags of every resource that takes them, the cached repositories included."""


def _problems(args: ImageCacheArgs) -> Iterator[tuple[str, str]]:
    for registry in WITH_LOGIN:
        if registry in args["upstreams"] and registry not in args["logins"]:
            yield f"logins.{registry}", "ECR fetches its images as a user alone: name one"
    for registry in args["logins"]:
        if registry not in WITH_LOGIN or registry not in args["upstreams"]:
            yield f"logins.{registry}", f"only {' and '.join(WITH_LOGIN)} take a login, when they are upstreams"
    short = list(args["upstreams"].values())
    if len(set(short)) < len(short):
        yield "upstreams", "each registry needs a short name of its own"


class ImageCache(pulumi.ComponentResource):
    """A rule for each public registry, a template for the repositories that ECR makes, and the nodes' right to have images fetched.

    Tags in the cache are immutable: what was tried in one place is what runs in the next, whatever its upstream does to a tag. ECR fetches from the
    upstream itself; the first pull of an image may still lead the one who pulls to the upstream, so that nodes without a way out need images that
    somebody else has pulled once (ECR user guide, considerations for pull-through cache, 2026).
    """

    registries: Mapping[str, pulumi.Output[str]]
    """Public registry to the address from which its images are pulled; known once its rule and the template are there."""

    def __init__(self, name: str, args: ImageCacheArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:ImageCache", name, {k: v for k, v in args.items() if k != "logins"}, opts)
        refuse(name, _problems(args))
        prefix = _shortened(args["prefix"], max(len(short) for short in args["upstreams"].values()))
        self._child = pulumi.ResourceOptions(parent=self)
        self.role = self._role(name, args)
        self.template = self._template(name, prefix, args)
        self.values: dict[str, aws.secretsmanager.SecretVersion] = {}
        self.credentials = {
            registry: self._credential(name, prefix, registry, login, args)
            for registry, login in args["logins"].items()
        }
        self.rules = {
            registry: aws.ecr.PullThroughCacheRule(
                f"{name}-{short}",
                ecr_repository_prefix=f"{prefix}/{short}",
                upstream_registry_url=UPSTREAM_ADDRESSES.get(registry, registry),
                credential_arn=self.credentials[registry].arn if registry in self.credentials else None,
                # Its repositories are made from the template, which must be there before the first pull.
                opts=pulumi.ResourceOptions(
                    parent=self,
                    depends_on=[self.template, *([self.values[registry]] if registry in self.values else [])],
                    # Two rules cannot have one prefix.
                    delete_before_replace=True,
                ),
            )
            for registry, short in args["upstreams"].items()
        }
        self.rights = aws.iam.RolePolicy(
            f"{name}-rights",
            role=args["node_role_name"],
            policy=document(
                [
                    allow(
                        ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"],
                        pulumi.Output.concat(
                            "arn:aws:ecr:", args["region"], ":", args["account_id"], f":repository/{prefix}/*"
                        ),
                    )
                ]
            ),
            opts=self._child,
        )
        self.registries = {
            registry: pulumi.Output.concat(
                args["account_id"], ".dkr.ecr.", args["region"], ".amazonaws.com/", rule.ecr_repository_prefix
            )
            for registry, rule in self.rules.items()
        }
        self.register_outputs({"registries": self.registries})

    def _role(self, name: str, args: ImageCacheArgs) -> aws.iam.Role:
        """Make the role by which ECR makes repositories with tags and keys."""
        role = aws.iam.Role(
            f"{name}-role",
            assume_role_policy=service_trust("ecr.amazonaws.com"),
            description="Makes the repositories of the image cache",
            tags=args.get("tags"),
            opts=self._child,
        )
        statements = [allow(["ecr:CreateRepository", "ecr:ReplicateImage", "ecr:TagResource"])]
        if (key := args.get("key_arn")) is not None:
            statements.append(allow(["kms:CreateGrant", "kms:RetireGrant", "kms:DescribeKey"], key))
        self.role_policy = aws.iam.RolePolicy(
            f"{name}-repositories", role=role.name, policy=document(statements), opts=self._child
        )
        return role

    def _template(self, name: str, prefix: str, args: ImageCacheArgs) -> aws.ecr.RepositoryCreationTemplate:
        key = args.get("key_arn")
        return aws.ecr.RepositoryCreationTemplate(
            f"{name}-template",
            prefix=prefix,
            description="Repositories of the image cache",
            applied_fors=["PULL_THROUGH_CACHE"],
            image_tag_mutability="IMMUTABLE",
            encryption_configurations=[
                aws.ecr.RepositoryCreationTemplateEncryptionConfigurationArgs(
                    encryption_type="AES256" if key is None else "KMS", kms_key=key
                )
            ],
            lifecycle_policy=_lifecycle(),
            custom_role_arn=self.role.arn,
            resource_tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.role_policy]),
        )

    def _credential(
        self, name: str, prefix: str, registry: str, login: RegistryLoginArgs, args: ImageCacheArgs
    ) -> aws.secretsmanager.Secret:
        part = f"{name}-{args['upstreams'][registry]}-login"
        secret = aws.secretsmanager.Secret(
            part,
            # ECR reads it by this name, and with AWS's own key alone.
            name=f"{SECRET_PREFIX}{prefix}/{args['upstreams'][registry]}",
            description=f"User of {registry} as whom images are fetched",
            recovery_window_in_days=args.get("recovery_window_days", 30),
            tags=args.get("tags"),
            opts=self._child,
        )
        self.values[registry] = aws.secretsmanager.SecretVersion(
            f"{part}-value",
            secret_id=secret.id,
            secret_string=pulumi.Output.secret(
                pulumi.Output.json_dumps({"username": login["username"], "accessToken": login["access_token"]})
            ),
            opts=self._child,
        )
        return secret


def _shortened(prefix: str, room: int) -> str:
    """Return a prefix that leaves room for a slash and a short name; a digest tells apart those that begin alike."""
    longest = LONGEST_PREFIX - room - 1
    if len(prefix) <= longest:
        return prefix
    digest = hashlib.sha256(prefix.encode()).hexdigest()[:6]
    return f"{prefix[: longest - 7].rstrip('-')}-{digest}"


def _lifecycle() -> str:
    newest = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": KEPT_IMAGES}
    rule = {
        "rulePriority": 1,
        "description": "Keep the newest images",
        "selection": newest,
        "action": {"type": "expire"},
    }
    return json.dumps({"rules": [rule]})
