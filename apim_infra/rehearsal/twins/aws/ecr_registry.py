"""Rows of the container registry as a whole: caches, replication, scanning, templates. Registries that can be cached are in `ecr.yaml`."""

import re
from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.ecr import (
    INVALID,
    MUTABILITY,
    REPOSITORY_NAME,
    SOURCE,
    encryption,
    exclusions,
    lifecycle_at,
)
from apim_infra.rehearsal.twins.aws.image_caches import cache_credential, cache_prefixes, template_inputs
from apim_infra.rehearsal.twins.aws.regions import region_names
from apim_infra.rehearsal.twins.aws.service_rules import (
    given,
    kms_key,
    located,
    mappings,
    repeated,
    resource_policy,
    role_exists,
)
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType


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
    rules=(_upstream, cache_prefixes, cache_credential, role_exists("customRoleArn", INVALID)),
    outputs=lambda context: {"registryId": context.account},
    quota=Quota(facts("ecr")["quotas"]["rules"], ("region",), "LimitExceededException"),
    source=SOURCE,
)


FILTER = r"(?:[a-z0-9]+(?:[._-][a-z0-9]*)*/)*[a-z0-9]*(?:[._-][a-z0-9]*)*"
"""Beginning of repositories' names (ECR API model, RepositoryFilterValue)."""


def _amounts(context: Context) -> Iterator[Problem]:
    most = facts("ecr")["replication"]
    rules = located(context, "replicationConfiguration.rules[*]")
    if len(rules) > most["rules"]:
        message = f"Invalid parameter at 'replicationConfiguration.rules': at most {most['rules']}, not {len(rules)}"
        yield context.problem(INVALID, message, "replicationConfiguration.rules", "Join rules.")
    for place, rule in rules:
        for name in ("destinations", "repositoryFilters"):
            found = mappings(rule.get(name))
            if len(found) > most[name]:
                message = f"Invalid parameter at '{name}': at most {most[name]}, not {len(found)}"
                yield context.problem(INVALID, message, f"{place}.{name}", "Give fewer.")
        ends = [(end.get("region"), end.get("registryId")) for end in mappings(rule.get("destinations"))]
        for region, registry in repeated(ends):
            message = f"Invalid parameter at 'destinations': {region} of {registry} is given twice"
            yield context.problem(INVALID, message, f"{place}.destinations", "Name each destination once.")


def _filters(context: Context) -> Iterator[Problem]:
    for place, value in located(context, "replicationConfiguration.rules[*].repositoryFilters[*].filter"):
        if not 2 <= len(str(value)) <= 256 or not re.fullmatch(FILTER, str(value)):
            message = f"Invalid parameter at 'filter' failed to satisfy constraint: {value}"
            hint = "Write how the names of repositories begin, 2 to 256 characters."
            yield context.problem(INVALID, message, place, hint)


def _once(context: Context) -> Iterator[Problem]:
    if context.old is None and next(context.all(context.row.token), None):
        message = f"the registry of {context.region} has a {context.row.kind} already: this one overwrites it"
        hint = "Keep one for each account and region, with a rule for each stack."
        yield context.warning("SettingOverwritten", message, "replicationConfiguration", hint, "ECR user guide, 2026")


def _template_role(context: Context) -> Iterator[Problem]:
    encrypted = [kind for kind in context.get("encryptionConfigurations[*].encryptionType") if kind != "AES256"]
    if (encrypted or context.value("resourceTags")) and not given(context, "customRoleArn"):
        message = "a template with KMS encryption or tags makes repositories only by a role that may use and set them"
        hint = "Set customRoleArn to a role that ecr.amazonaws.com may assume."
        source = "ECR user guide, repository creation templates, 2026"
        yield context.warning("InvalidParameterException", message, "customRoleArn", hint, source)


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
    rules=(_destinations, _amounts, _filters, _once),
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
        lifecycle_at("lifecyclePolicy"),
        _template_role,
        template_inputs,
        exclusions,
        encryption,
        role_exists("customRoleArn", INVALID),
        resource_policy("repositoryPolicy", INVALID),
    ),
    outputs=lambda context: {"registryId": context.account},
    source=SOURCE,
)

ROWS = (CACHE_RULE, REPLICATION, SCANNING, TEMPLATE)
