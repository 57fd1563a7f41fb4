"""Rows of the container registry. Registries that can be cached are in `ecr.yaml`."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.regions import region_names
from apim_infra.rehearsal.twins.aws.service_rules import (
    kms_key,
    located,
    mappings,
    parsed,
    repeated,
    resource_policy,
    role_exists,
)
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType

SOURCE = "ECR API model, botocore 1.44.5"
INVALID = "InvalidParameterException"
PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
REPOSITORY_NAME = rf"{PART}(?:/{PART})*"
MUTABILITY = ("MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION")
OF_REPOSITORY = Reference(
    "repository",
    tokens.REPOSITORY,
    "RepositoryNotFoundException",
    by="name",
    message="The repository with name '{value}' does not exist in the registry",
)


def _name(context: Context) -> Iterator[Problem]:
    if len(context.name) < 2:
        message = f"Invalid parameter at 'repositoryName' failed to satisfy constraint: '{context.name}' is too short"
        yield context.problem(INVALID, message, "name", "Use 2 to 256 characters.")


def _exclusions(context: Context) -> Iterator[Problem]:
    filters = context.get("imageTagMutabilityExclusionFilters[*]")
    excluding = str(context.value("imageTagMutability", "MUTABLE")).endswith("_WITH_EXCLUSION")
    if bool(filters) != excluding:
        message = "Exclusion filters go with the mutability MUTABLE_WITH_EXCLUSION or IMMUTABLE_WITH_EXCLUSION, and only with it"
        yield context.problem(INVALID, message, "imageTagMutabilityExclusionFilters", "Give both or none.")


def _encryption(context: Context) -> Iterator[Problem]:
    for place, configuration in located(context, "encryptionConfigurations[*]"):
        if configuration.get("kmsKey") and configuration.get("encryptionType", "AES256") == "AES256":
            message = "A KMS key can only be specified when the encryption type is KMS"
            yield context.problem(INVALID, message, f"{place}.kmsKey", "Set encryptionType to KMS.")


def _repository_outputs(context: Context) -> Mapping[str, Any]:
    return {
        "registryId": context.account,
        "repositoryUrl": f"{context.account}.dkr.ecr.{context.region}.amazonaws.com/{context.name}",
        "imageTagMutability": context.value("imageTagMutability", "MUTABLE"),
    }


REPOSITORY = ResourceType(
    token=tokens.REPOSITORY,
    kind="repository",
    identifier="{name}",
    arn="arn:aws:ecr:{region}:{account}:repository/{name}",
    name=Name(
        "name",
        pattern=REPOSITORY_NAME,
        longest=256,
        code=INVALID,
        taken_code="RepositoryAlreadyExistsException",
    ),
    create_only=frozenset({"name", "encryptionConfigurations"}),
    enums={
        "encryptionConfigurations[*].encryptionType": ("AES256", "KMS", "KMS_DSSE"),
        "imageTagMutability": MUTABILITY,
        "imageTagMutabilityExclusionFilters[*].filterType": ("WILDCARD",),
    },
    value_code=INVALID,
    missing_code=INVALID,
    rules=(_name, _exclusions, _encryption, kms_key("encryptionConfigurations[*].kmsKey", "KmsException")),
    outputs=_repository_outputs,
    quota=Quota(facts("ecr")["quotas"]["repositories"], ("region",), "LimitExceededException"),
    source=SOURCE,
)


def lifecycle_faults(document: Any) -> list[str]:
    """Return what is wrong with a lifecycle policy, in a few words each."""
    policy = mappings(document)
    rules = mappings(policy[0].get("rules")) if policy else []
    if not rules:
        return ["it has no rules"]
    faults = [f"the rulePriority {p} is given twice" for p in repeated([rule.get("rulePriority") for rule in rules])]
    for rule in rules:
        faults += _rule_faults(rule)
    last = max((rule.get("rulePriority") or 0 for rule in rules), default=0)
    for rule in rules:
        selection = mappings(rule.get("selection"))
        if selection and selection[0].get("tagStatus") == "any" and rule.get("rulePriority") != last:
            faults.append("a rule for any tag must have the highest rulePriority")
    return faults


def _rule_faults(rule: dict[str, Any]) -> list[str]:
    faults: list[str] = []
    selection = next(iter(mappings(rule.get("selection"))), dict[str, Any]())
    action = next(iter(mappings(rule.get("action"))), dict[str, Any]())
    if not isinstance(rule.get("rulePriority"), int) or rule["rulePriority"] < 1:
        faults.append("a rulePriority is a whole number from 1")
    if selection.get("tagStatus") not in ("tagged", "untagged", "any"):
        faults.append("a tagStatus is tagged, untagged or any")
    if selection.get("tagStatus") == "tagged" and not (
        selection.get("tagPrefixList") or selection.get("tagPatternList")
    ):
        faults.append("a selection of tagged images needs tagPrefixList or tagPatternList")
    if selection.get("tagStatus") != "tagged" and (selection.get("tagPrefixList") or selection.get("tagPatternList")):
        faults.append("only a selection of tagged images has tagPrefixList or tagPatternList")
    if selection.get("countType") not in (
        "imageCountMoreThan",
        "sinceImagePushed",
        "sinceImagePulled",
        "sinceImageTransitioned",
    ):
        faults.append("a countType is imageCountMoreThan or sinceImagePushed")
    if selection.get("countType") == "sinceImagePushed" and selection.get("countUnit") != "days":
        faults.append("sinceImagePushed needs the countUnit days")
    if not isinstance(selection.get("countNumber"), int) or selection["countNumber"] < 1:
        faults.append("a countNumber is a whole number from 1")
    if action.get("type") not in ("expire", "transition"):
        faults.append("an action's type is expire")
    return faults


def _lifecycle(context: Context) -> Iterator[Problem]:
    try:
        faults = lifecycle_faults(parsed(context.value("policy")))
    except ValueError:
        faults = ["it is no JSON"]
    for fault in faults:
        message = f"Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: '{fault}'"
        yield context.problem(INVALID, message, "policy", "Correct the document.", "ECR user guide, lifecycle policies")


LIFECYCLE_POLICY = ResourceType(
    token="aws:ecr/lifecyclePolicy:LifecyclePolicy",  # noqa: S106  a type token, no secret
    kind="lifecycle policy",
    identifier="{repository}",
    references=(OF_REPOSITORY,),
    create_only=frozenset({"repository", "policy"}),
    delete_before_replace=True,
    value_code=INVALID,
    rules=(_lifecycle,),
    outputs=lambda context: {"registryId": context.account},
    source=SOURCE,
)

REPOSITORY_POLICY = ResourceType(
    token="aws:ecr/repositoryPolicy:RepositoryPolicy",  # noqa: S106  a type token, no secret
    kind="repository policy",
    identifier="{repository}",
    references=(OF_REPOSITORY,),
    create_only=frozenset({"repository"}),
    value_code=INVALID,
    rules=(
        resource_policy(
            "policy",
            INVALID,
            "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided': {fault}",
        ),
    ),
    outputs=lambda context: {"registryId": context.account},
    source=SOURCE,
)


def _upstream(context: Context) -> Iterator[Problem]:
    table = facts("ecr")
    url, credential = str(context.value("upstreamRegistryUrl", "")), context.value("credentialArn")
    known = table["upstreams"].get(url)
    if known is None and not any(re.fullmatch(pattern, url) for pattern in table["upstream_patterns"]):
        message = f"The specified upstream registry is not supported: {url}"
        hint = f"Use {', '.join(table['upstreams'])}."
        yield context.problem(
            "UnsupportedUpstreamRegistryException", message, "upstreamRegistryUrl", hint, table["source"]
        )
    if known and credential is None:
        message = f"The upstream registry {url} requires credentials"
        hint = f"Give credentialArn of a secret whose name begins with {table['secret_prefix']}."
        yield context.problem(INVALID, message, "credentialArn", hint, table["source"])
    secret = context.find(tokens.SECRET, credential, "arn") if credential else None
    if secret and not str(secret["name"]).startswith(table["secret_prefix"]):
        message = f"The secret's name must begin with {table['secret_prefix']}: {secret['name']}"
        yield context.problem(INVALID, message, "credentialArn", "Rename the secret.", table["source"])


CACHE_RULE = ResourceType(
    token="aws:ecr/pullThroughCacheRule:PullThroughCacheRule",  # noqa: S106  a type token, no secret
    kind="pull-through cache rule",
    identifier="{ecrRepositoryPrefix}",
    name=Name(
        "ecrRepositoryPrefix",
        pattern=rf"ROOT|{REPOSITORY_NAME}",
        longest=30,
        code=INVALID,
        taken_code="PullThroughCacheRuleAlreadyExistsException",
        automatic=False,
    ),
    references=(
        Reference(
            "credentialArn",
            tokens.SECRET,
            "SecretNotFoundException",
            by="arn",
            message="The ARN of the secret specified in the pull through cache rule was not found: {value}",
        ),
    ),
    create_only=frozenset({"ecrRepositoryPrefix", "upstreamRegistryUrl", "upstreamRepositoryPrefix"}),
    value_code=INVALID,
    rules=(_upstream, role_exists("customRoleArn", INVALID)),
    outputs=lambda context: {"registryId": context.account},
    quota=Quota(facts("ecr")["quotas"]["rules"], ("region",), "LimitExceededException"),
    source=SOURCE,
)


def _destinations(context: Context) -> Iterator[Problem]:
    path = "replicationConfiguration.rules[*].destinations[*]"
    for place, destination in located(context, path):
        region, registry = destination.get("region"), destination.get("registryId")
        if region not in region_names():
            yield context.problem(INVALID, f"Invalid region {region}", f"{place}.region", "Name a region.")
        elif region == context.region and registry == context.account:
            message = "Invalid parameter at 'replicationConfiguration': the destination is the registry's own region"
            yield context.problem(INVALID, message, f"{place}.region", "Name another region.")
        if not re.fullmatch(r"\d{12}", str(registry)):
            message = f"Invalid registry id {registry}"
            yield context.problem(INVALID, message, f"{place}.registryId", "Give an account number.")


REPLICATION = ResourceType(
    token="aws:ecr/replicationConfiguration:ReplicationConfiguration",  # noqa: S106  a type token, no secret
    kind="replication configuration",
    identifier="{account}",
    enums={"replicationConfiguration.rules[*].repositoryFilters[*].filterType": ("PREFIX_MATCH",)},
    value_code=INVALID,
    rules=(_destinations,),
    outputs=lambda context: {"registryId": context.account},
    source=SOURCE,
)

SCANNING = ResourceType(
    token="aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration",  # noqa: S106  a type token, no secret
    kind="scanning configuration",
    identifier="{account}",
    enums={
        "scanType": ("BASIC", "ENHANCED"),
        "rules[*].scanFrequency": ("SCAN_ON_PUSH", "CONTINUOUS_SCAN", "MANUAL"),
        "rules[*].repositoryFilters[*].filterType": ("WILDCARD",),
    },
    value_code=INVALID,
    outputs=lambda context: {"registryId": context.account},
    source=SOURCE,
)

TEMPLATE = ResourceType(
    token="aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate",  # noqa: S106  a type token, no secret
    kind="repository creation template",
    identifier="{prefix}",
    name=Name(
        "prefix",
        pattern=rf"ROOT|{REPOSITORY_NAME}",
        longest=256,
        code=INVALID,
        taken_code="TemplateAlreadyExistsException",
        automatic=False,
    ),
    create_only=frozenset({"prefix"}),
    enums={
        "appliedFors[*]": ("PULL_THROUGH_CACHE", "REPLICATION", "CREATE_ON_PUSH"),
        "imageTagMutability": MUTABILITY,
    },
    value_code=INVALID,
    rules=(
        kms_key("encryptionConfigurations[*].kmsKey", "KmsException"),
        role_exists("customRoleArn", INVALID),
        resource_policy("repositoryPolicy", INVALID),
    ),
    outputs=lambda context: {"registryId": context.account},
    source=SOURCE,
)

ROWS = (REPOSITORY, LIFECYCLE_POLICY, REPOSITORY_POLICY, CACHE_RULE, REPLICATION, SCANNING, TEMPLATE)
