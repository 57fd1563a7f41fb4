"""Rows of the container registry's repositories."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import (
    kms_key,
    located,
    mappings,
    parsed,
    repeated,
    resource_policy,
)
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType, Rule

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


def exclusions(context: Context) -> Iterator[Problem]:
    """Hold exclusions and the mutability that they belong to together."""
    filters = context.get("imageTagMutabilityExclusionFilters[*]")
    excluding = str(context.value("imageTagMutability", "MUTABLE")).endswith("_WITH_EXCLUSION")
    if bool(filters) != excluding:
        message = "Exclusion filters go with the mutability MUTABLE_WITH_EXCLUSION or IMMUTABLE_WITH_EXCLUSION, and only with it"
        yield context.problem(INVALID, message, "imageTagMutabilityExclusionFilters", "Give both or none.")


def encryption(context: Context) -> Iterator[Problem]:
    """Hold a key to the encryption that uses one."""
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
    rules=(_name, exclusions, encryption, kms_key("encryptionConfigurations[*].kmsKey", "KmsException")),
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


def lifecycle_at(path: str) -> Rule:
    """Make a rule: the value is a lifecycle policy."""

    def rule(context: Context) -> Iterator[Problem]:
        for place, text in located(context, path):
            try:
                faults = lifecycle_faults(parsed(text))
            except ValueError:
                faults = ["it is no JSON"]
            for fault in faults:
                message = f"Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: '{fault}'"
                hint = "Correct the document."
                yield context.problem(INVALID, message, place, hint, "ECR user guide, lifecycle policies")

    return rule


LIFECYCLE_POLICY = ResourceType(
    token="aws:ecr/lifecyclePolicy:LifecyclePolicy",  # noqa: S106  a type token, no secret
    kind="lifecycle policy",
    identifier="{repository}",
    references=(OF_REPOSITORY,),
    create_only=frozenset({"repository", "policy"}),
    delete_before_replace=True,
    value_code=INVALID,
    rules=(lifecycle_at("policy"),),
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

ROWS = (REPOSITORY, LIFECYCLE_POLICY, REPOSITORY_POLICY)
