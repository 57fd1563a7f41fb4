"""EKS add-ons and pod identity associations."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts, version_key
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.eks.common import IN_USE, INVALID, SOURCE, cluster_of, of_cluster, setting
from apim_infra.rehearsal.twins.aws.service_rules import (
    CREATED_AT,
    find_role,
    grants,
    json_object,
    located,
    role_exists,
    unique_by,
)
from apim_infra.rehearsal.twins.aws.table import ResourceType

VERSION = re.compile(r"v\d+\.\d+\.\d+-eksbuild\.\d+")
MARKETPLACE = re.compile(r"[a-z0-9-]+_[a-z0-9-]+")
ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
PODS = "pods.eks.amazonaws.com"
NAMESPACE = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
SERVICE_ACCOUNT = r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?"


def _known(context: Context) -> dict[str, Any] | None:
    """Return what is known of the add-on, None when its name is unknown."""
    known: dict[str, dict[str, Any]] = facts("eks")["addons"]["names"]
    return known.get(str(context.value("addonName")))


def _name(context: Context) -> Iterator[Problem]:
    name = str(context.value("addonName", ""))
    if _known(context) is not None:
        return
    version = setting(cluster_of(context), "version", "")
    message = f"Addon {name} specified is not supported in {version} kubernetes version"
    source = facts("eks")["addons"]["source"]
    hint = f"Known are {', '.join(facts('eks')['addons']['names'])}."
    # Add-ons of the AWS Marketplace are called `vendor_product`; their list is not known here.
    make = context.warning if MARKETPLACE.fullmatch(name) else context.problem
    yield make(INVALID, message, "addonName", hint, source)


def _version(context: Context) -> Iterator[Problem]:
    version = context.value("addonVersion")
    if version is None:
        return
    cluster = str(setting(cluster_of(context), "version", ""))
    message = f"Addon version {version} specified is not supported in {cluster} kubernetes version"
    follows = (_known(context) or {}).get("version_of_cluster", False)
    if not VERSION.fullmatch(str(version)):
        hint = "Write it like v1.20.4-eksbuild.2, or leave it out for the default."
        yield context.problem(INVALID, message, "addonVersion", hint, "EKS user guide, add-ons, 2025")
    elif follows and cluster and version_key(str(version))[:2] > version_key(cluster):
        yield context.problem(INVALID, message, "addonVersion", f"Use a version v{cluster}.", "own knowledge")


def _nodes(context: Context) -> Iterator[Problem]:
    """Warn when an add-on that needs nodes comes before any; nodes may still come while it waits."""
    name = context.value("clusterName")
    groups = [*context.all(tokens.NODE_GROUP, clusterName=name), *context.all(tokens.FARGATE_PROFILE, clusterName=name)]
    automatic = setting(cluster_of(context), "computeConfig.enabled", False)
    if (_known(context) or {}).get("nodes") and not groups and not automatic:
        message = f"The add-on {context.value('addonName')} is unhealthy because it doesn't have the desired number of replicas."
        hint = "Let the add-on depend on a node group: it becomes active only on nodes."
        yield context.warning("InsufficientNumberOfReplicas", message, "addonName", hint, SOURCE)


def _conflicts(context: Context) -> Iterator[Problem]:
    """Warn where EKS has installed the add-on by itself and the program's settings may clash with it."""
    cluster = cluster_of(context)
    there = (_known(context) or {}).get("bootstrapped", False)
    of_eks = cluster is not None and cluster.inputs.get("bootstrapSelfManagedAddons", True)
    if there and of_eks and context.value("resolveConflictsOnCreate") != "OVERWRITE":
        message = "Conflicts found when trying to apply. Will not continue due to resolve conflicts mode"
        hint = "Set resolveConflictsOnCreate to OVERWRITE, or bootstrapSelfManagedAddons of the cluster to false."
        yield context.warning("ConfigurationConflict", message, "resolveConflictsOnCreate", hint, SOURCE)


def _identities(context: Context) -> Iterator[Problem]:
    """Check the roles that the add-on takes through Pod Identity, and that the agent is there."""
    roles = located(context, "podIdentityAssociations[*].roleArn")
    if roles and context.value("serviceAccountRoleArn") is not None:
        message = "You can't specify both podIdentityAssociations and serviceAccountRoleArn"
        yield context.problem(INVALID, message, "serviceAccountRoleArn", "Leave one of them out.", "own knowledge")
    if roles:
        yield from _agent(context)


def _agent(context: Context) -> Iterator[Problem]:
    name = context.value("clusterName")
    agent = context.find(tokens.ADDON, f"{name}:eks-pod-identity-agent")
    if agent is None and not setting(cluster_of(context), "computeConfig.enabled", False):
        message = f"Cluster {name} has no add-on eks-pod-identity-agent: pods get no credentials"
        hint = "Create the add-on eks-pod-identity-agent."
        yield context.warning(INVALID, message, "clusterName", hint, "EKS user guide, Pod Identity, 2025")


def _session(path: str) -> Any:
    """Make a rule: the role's trust policy lets EKS tag the session, without which Pod Identity cannot assume it."""

    def rule(context: Context) -> Iterator[Problem]:
        for place, value in located(context, path):
            role = find_role(context, value)
            document = role.inputs.get("assumeRolePolicy") if role else None
            if role is None or role.assumed or not grants(document, PODS):
                continue
            actions = set(re.findall(r"sts:\*|sts:[A-Za-z]+", str(document)))
            if "sts:*" not in actions and not {"sts:AssumeRole", "sts:TagSession"} <= actions:
                message = f"Trust policy of role {value} must allow sts:AssumeRole and sts:TagSession for {PODS}"
                yield context.problem(INVALID, message, place, "Allow both actions.", "EKS user guide, Pod Identity")

    return rule


def _addon_outputs(context: Context) -> Mapping[str, Any]:
    version = str(setting(cluster_of(context), "version", "1.0"))
    follows = (_known(context) or {}).get("version_of_cluster", False)
    default = f"v{version}.0-eksbuild.1" if follows else "v1.0.0-eksbuild.1"
    return {
        "addonVersion": context.value("addonVersion", default),
        "createdAt": CREATED_AT,
        "modifiedAt": CREATED_AT,
    }


ADDON = ResourceType(
    token=tokens.ADDON,
    kind="add-on",
    identifier="{clusterName}:{addonName}",
    arn="arn:aws:eks:{region}:{account}:addon/{clusterName}/{addonName}/{uuid}",
    references=(of_cluster(),),
    create_only=frozenset({"clusterName", "addonName"}),
    enums={
        "resolveConflictsOnCreate": ("NONE", "OVERWRITE"),
        "resolveConflictsOnUpdate": ("NONE", "OVERWRITE", "PRESERVE"),
    },
    patterns={"podIdentityAssociations[*].serviceAccount": SERVICE_ACCOUNT, "namespaceConfig.namespace": NAMESPACE},
    value_code=INVALID,
    missing_code=INVALID,
    cloudformation="AWS::EKS::Addon",
    rules=(
        unique_by(("clusterName", "addonName"), IN_USE, "Addon {addonName} already exists in {clusterName}."),
        _name,
        _version,
        _nodes,
        _conflicts,
        _identities,
        json_object(
            "configurationValues", INVALID, "ConfigurationValue provided in request is not supported: no JSON object"
        ),
        role_exists("serviceAccountRoleArn", INVALID),
        role_exists("podIdentityAssociations[*].roleArn", INVALID, PODS),
        _session("podIdentityAssociations[*].roleArn"),
    ),
    outputs=_addon_outputs,
    failure=Problem(
        "ConfigurationConflict",
        "Conflicts found when trying to apply. Will not continue due to resolve conflicts mode.",
        "resolveConflictsOnCreate",
        "Set resolveConflictsOnCreate to OVERWRITE.",
        SOURCE,
    ),
    source=SOURCE,
)


POD_IDENTITY = ResourceType(
    token=ASSOCIATION,
    kind="pod identity association",
    identifier="a-{hex17}",
    references=(of_cluster(),),
    patterns={"namespace": NAMESPACE, "serviceAccount": SERVICE_ACCOUNT},
    value_code=INVALID,
    missing_code=INVALID,
    cloudformation="AWS::EKS::PodIdentityAssociation",
    renamed={"disableSessionTags": ""},
    rules=(
        unique_by(
            ("clusterName", "namespace", "serviceAccount"),
            IN_USE,
            "Association already exists for {namespace}/{serviceAccount} in {clusterName}",
        ),
        _agent,
        role_exists(
            "roleArn",
            INVALID,
            PODS,
            missing="Role provided in the request does not exist: {value}",
            trust="Trust policy of role {value} does not allow the service principal {service}",
        ),
        role_exists("targetRoleArn", INVALID),
        _session("roleArn"),
    ),
    outputs=lambda context: {
        "associationId": context.id,
        "associationArn": f"arn:aws:eks:{context.region}:{context.account}:podidentityassociation/"
        f"{context.value('clusterName')}/{context.id}",
        "externalId": context.hexadecimal(24, "external id"),
    },
    source=SOURCE,
)
