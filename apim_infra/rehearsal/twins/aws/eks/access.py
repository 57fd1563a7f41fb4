"""Who may use an EKS cluster: access entries, access policies, identity providers; and Fargate profiles."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.eks.common import (
    IN_USE,
    INVALID,
    NOT_FOUND,
    SOURCE,
    cluster_of,
    of_cluster,
    setting,
)
from apim_infra.rehearsal.twins.aws.service_rules import CREATED_AT, located, role_exists, subnets, unique_by
from apim_infra.rehearsal.twins.aws.table import Companion, Name, Quota, Reference, ResourceType
from apim_infra.rehearsal.twins.aws.ways_out import way_out

POLICY_PREFIX = "arn:aws:eks::aws:cluster-access-policy/"
PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:((role|user)/.+|root)")
IDENTITY_PROVIDER = "aws:eks/identityProviderConfig:IdentityProviderConfig"


def _entries_on(context: Context) -> Iterator[Problem]:
    cluster = cluster_of(context)
    if cluster and setting(cluster, "accessConfig.authenticationMode", "CONFIG_MAP") == "CONFIG_MAP":
        message = (
            "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] "
            "to perform this operation."
        )
        hint = "Set accessConfig.authenticationMode of the cluster to API."
        yield context.problem("InvalidRequestException", message, "clusterName", hint)


def _unique_entry(context: Context) -> Iterator[Problem]:
    """Refuse a second entry of one principal, also where a node group has made the first."""
    identifier = f"{context.value('clusterName')}:{context.value('principalArn')}"
    if context.old is None and context.find(tokens.ACCESS_ENTRY, identifier):
        message = "The specified access entry resource is already in use on this cluster."
        hint = "Remove the entry: node groups and the creator of the cluster get theirs by themselves."
        yield context.problem(IN_USE, message, "principalArn", hint)


def _principal(context: Context) -> Iterator[Problem]:
    arn = str(context.value("principalArn", ""))
    if not PRINCIPAL.fullmatch(arn):
        message = f"The specified principalArn is invalid: invalid principal {arn}."
        yield context.problem(INVALID, message, "principalArn", "Give the ARN of an IAM role or user.")


def _entry_type(context: Context) -> Iterator[Problem]:
    groups = located(context, "kubernetesGroups[*]")
    if groups and context.value("type", "STANDARD") != "STANDARD":
        message = "The kubernetesGroups can only be set when the access entry type is STANDARD"
        yield context.problem(INVALID, message, "kubernetesGroups", "Leave the groups out.")
    for place, group in groups:
        if str(group).startswith("system:"):
            message = f"The kubernetes group name {group} is invalid, it cannot start with system:"
            hint = "Associate an access policy instead."
            yield context.problem(INVALID, message, place, hint)


ACCESS_ENTRY = ResourceType(
    token=tokens.ACCESS_ENTRY,
    kind="access entry",
    identifier="{clusterName}:{principalArn}",
    references=(of_cluster(),),
    enums={
        "type": (
            "STANDARD",
            "EC2_LINUX",
            "EC2_WINDOWS",
            "FARGATE_LINUX",
            "EC2",
            "HYBRID_LINUX",
            "HYPERPOD_LINUX",
        )
    },
    defaults={"type": "STANDARD"},
    value_code=INVALID,
    missing_code=INVALID,
    cloudformation="AWS::EKS::AccessEntry",
    rules=(_entries_on, _unique_entry, _principal, _entry_type),
    outputs=lambda context: {
        "accessEntryArn": f"arn:aws:eks:{context.region}:{context.account}:access-entry/"
        f"{context.value('clusterName')}/role/{context.account}/"
        f"{str(context.value('principalArn')).rsplit('/', maxsplit=1)[-1]}/{context.hexadecimal(32)}",
        "kubernetesGroups": context.value("kubernetesGroups", []),
        "userName": context.value("userName", context.value("principalArn")),
        "createdAt": CREATED_AT,
        "modifiedAt": CREATED_AT,
    },
    not_verified=("that principals outside of the stack exist",),
    source=SOURCE,
)


def _policy(context: Context) -> Iterator[Problem]:
    arn = str(context.value("policyArn", ""))
    names = facts("eks")["access_policies"]["names"]
    if not arn.startswith(POLICY_PREFIX) or arn.removeprefix(POLICY_PREFIX) not in names:
        message = f"The policyArn parameter format is not valid: {arn}"
        hint = f"Use {POLICY_PREFIX} and one of {', '.join(names[:5])} ..."
        yield context.problem(INVALID, message, "policyArn", hint, facts("eks")["access_policies"]["source"])


def _entry_exists(context: Context) -> Iterator[Problem]:
    identifier = f"{context.value('clusterName')}:{context.value('principalArn')}"
    if context.find(tokens.ACCESS_ENTRY, identifier) is None:
        message = (
            f"The specified principalArn could not be found. You can view your available access entries: {identifier}"
        )
        yield context.problem(NOT_FOUND, message, "principalArn", "Create the access entry first (dependsOn).")


def _scope(context: Context) -> Iterator[Problem]:
    kind, namespaces = context.value("accessScope.type"), context.get("accessScope.namespaces[*]")
    if kind == "namespace" and not namespaces:
        message = "The namespaces field must be specified when the scope type is namespace"
        yield context.problem(INVALID, message, "accessScope.namespaces", "Name the namespaces.")
    if kind == "cluster" and namespaces:
        message = "The namespaces field cannot be specified when the scope type is cluster"
        yield context.problem(INVALID, message, "accessScope.namespaces", "Leave the namespaces out.")


ACCESS_POLICY = ResourceType(
    token="aws:eks/accessPolicyAssociation:AccessPolicyAssociation",  # noqa: S106  a type token, no secret
    kind="access policy association",
    identifier="{clusterName}#{principalArn}#{policyArn}",
    references=(of_cluster(),),
    create_only=frozenset({"clusterName", "principalArn", "policyArn", "accessScope"}),
    enums={"accessScope.type": ("cluster", "namespace")},
    value_code=INVALID,
    missing_code=INVALID,
    rules=(_policy, _entry_exists, _scope),
    outputs=lambda context: {"associatedAt": CREATED_AT, "modifiedAt": CREATED_AT},  # noqa: ARG005 - the same whatever is asked
    source=SOURCE,
)


def _private(context: Context) -> Iterator[Problem]:
    for subnet in subnets(context, context.get("subnetIds[*]")):
        if way_out(context, subnet) == "internet gateway":
            message = f"Subnet {subnet.id} provided in Fargate Profile is not a private subnet"
            yield context.problem(INVALID, message, "subnetIds", "Use subnets without a route to a gateway.")


def _selectors(context: Context) -> Iterator[Problem]:
    if not 1 <= len(context.get("selectors[*]")) <= 5:
        yield context.problem(INVALID, "A Fargate profile has one to five selectors", "selectors")


def _fargate_companions(context: Context) -> Iterator[Companion]:
    mode = setting(cluster_of(context), "accessConfig.authenticationMode", "CONFIG_MAP")
    role, cluster = context.value("podExecutionRoleArn"), context.value("clusterName")
    identifier = f"{cluster}:{role}"
    if mode != "CONFIG_MAP" and context.find(tokens.ACCESS_ENTRY, identifier) is None:
        outputs = {"clusterName": cluster, "principalArn": role, "type": "FARGATE_LINUX"}
        yield Companion(tokens.ACCESS_ENTRY, identifier, outputs)


FARGATE_PROFILE = ResourceType(
    token=tokens.FARGATE_PROFILE,
    kind="Fargate profile",
    identifier="{clusterName}:{fargateProfileName}",
    arn="arn:aws:eks:{region}:{account}:fargateprofile/{clusterName}/{fargateProfileName}/{uuid}",
    name=Name("fargateProfileName", longest=100, code=INVALID, unique=("region", "clusterName"), taken_code=IN_USE),
    references=(
        of_cluster(holds=True),
        Reference("subnetIds[*]", tokens.SUBNET, INVALID, message="The subnet ID '{value}' does not exist", holds=True),
    ),
    value_code=INVALID,
    missing_code=INVALID,
    cloudformation="AWS::EKS::FargateProfile",
    renamed={"subnetIds": "Subnets", "selectors.labels": ""},
    rules=(
        _private,
        _selectors,
        role_exists(
            "podExecutionRoleArn",
            INVALID,
            "eks-fargate-pods.amazonaws.com",
            trust="Misconfigured PodExecutionRole Trust Policy; Please add the {service} Service Principal",
        ),
    ),
    outputs=lambda context: {"status": "ACTIVE", "subnetIds": context.value("subnetIds", [])},
    companions=_fargate_companions,
    quota=Quota(
        facts("eks")["quotas"]["fargate_profiles"], ("region", "clusterName"), "ResourceLimitExceededException"
    ),
    source=SOURCE,
)


def _issuer(context: Context) -> Iterator[Problem]:
    url = str(context.value("oidc.issuerUrl", ""))
    if not url.startswith("https://"):
        message = f"issuerUrl {url} must begin with https://"
        yield context.problem(INVALID, message, "oidc.issuerUrl", "Give an https address.")


def _identity_outputs(context: Context) -> Mapping[str, Any]:
    name = context.value("oidc.identityProviderConfigName", "")
    return {"identityProviderConfigName": name, "status": "ACTIVE"}


IDENTITY_PROVIDER_CONFIG = ResourceType(
    token=IDENTITY_PROVIDER,
    kind="identity provider configuration",
    identifier="{clusterName}:{identityProviderConfigName}",
    arn="arn:aws:eks:{region}:{account}:identityproviderconfig/{clusterName}/oidc/{identityProviderConfigName}/{uuid}",
    references=(of_cluster(),),
    value_code=INVALID,
    missing_code=INVALID,
    cloudformation="AWS::EKS::IdentityProviderConfig",
    renamed={"oidc.requiredClaims": ""},
    rules=(_issuer, unique_by(("clusterName",), IN_USE, "{clusterName} already has an identity provider config")),
    outputs=_identity_outputs,
    source=SOURCE,
)
