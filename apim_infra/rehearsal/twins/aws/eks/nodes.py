"""Managed node groups: what EKS checks of the request. What nodes need to join is in `joining`."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import SOURCE as CATALOGUE
from apim_infra.rehearsal.twins.aws.catalogue import facts, instance_types, is_arm, version_key
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.ec2.launch_templates import launch_problems
from apim_infra.rehearsal.twins.aws.eks.common import IN_USE, INVALID, SOURCE, cluster_of, of_cluster, setting
from apim_infra.rehearsal.twins.aws.eks.joining import JOINING
from apim_infra.rehearsal.twins.aws.service_rules import located, repeated, role_exists, strange_to
from apim_infra.rehearsal.twins.aws.table import Companion, Name, Quota, Reference, ResourceType
from apim_infra.rehearsal.twins.cloud.world import Thing

RESERVED_LABELS = ("kubernetes.io", "k8s.io", "eks.amazonaws.com")
ALLOWED_LABELS = ("node.kubernetes.io", "kubelet.kubernetes.io")
LABEL_NAME = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)")
DEFAULT_AMI_TYPE = "AL2023_x86_64_STANDARD"
DEFAULT_INSTANCE_TYPES = ["t3.medium"]


def template_of(context: Context) -> Thing | None:
    """Return the launch template of a node group."""
    identifier, name = context.value("launchTemplate.id"), context.value("launchTemplate.name")
    if identifier:
        return context.find(tokens.LAUNCH_TEMPLATE, identifier)
    return context.find(tokens.LAUNCH_TEMPLATE, name, "name") if name else None


def _scaling(context: Context) -> Iterator[Problem]:
    low, wanted, high = (context.value(f"scalingConfig.{key}", 0) for key in ("minSize", "desiredSize", "maxSize"))
    if low > high:
        message = f"Minimum capacity {low} can't be greater than maximum capacity {high}"
        yield context.problem(INVALID, message, "scalingConfig.minSize", "Raise maxSize or lower minSize.")
    elif wanted < low:
        message = f"Minimum capacity {low} can't be greater than desired size {wanted}"
        yield context.problem(INVALID, message, "scalingConfig.desiredSize", "Raise desiredSize.")
    elif wanted > high:
        message = f"Desired capacity {wanted} can't be greater than max size {high}"
        yield context.problem(INVALID, message, "scalingConfig.desiredSize", "Raise maxSize.")


def _instance_types(context: Context) -> Iterator[Problem]:
    template = template_of(context)
    of_template = template.inputs.get("instanceType") if template else None
    given = context.get("instanceTypes[*]")
    if of_template and given:
        message = "Instance types cannot be specified both in the node group and in its launch template"
        yield context.problem(INVALID, message, "instanceTypes", "Leave them out in one of the two.", "own knowledge")
    for place, value in located(context, "instanceTypes[*]"):
        if instance_types(context.region) and value not in instance_types(context.region):
            message = f"The following supplied instance types do not exist: [{value}]"
            yield context.problem(INVALID, message, place, f"Use a type that {context.region} has.", CATALOGUE)
    ami_type = str(context.value("amiType", DEFAULT_AMI_TYPE))
    for value in given or [of_template or DEFAULT_INSTANCE_TYPES[0]]:
        if ami_type != "CUSTOM" and not _image(template) and is_arm(value) != ("ARM_64" in ami_type):
            message = f"[{value}] is not a valid instance type for requested amiType {ami_type}"
            hint = "Use types of one processor architecture and the amiType that fits."
            yield context.problem(INVALID, message, "instanceTypes" if given else "amiType", hint)
    if len(given) > 20:
        yield context.problem(INVALID, "Instance types must be 20 or fewer", "instanceTypes", source="own knowledge")


def _image(template: Thing | None) -> Any:
    return template.inputs.get("imageId") if template else None


def _launch_template(context: Context) -> Iterator[Problem]:
    path = "launchTemplate"
    if context.value(path) is None:
        return
    template = template_of(context)
    if template is None:
        name = context.value(f"{path}.id") or context.value(f"{path}.name")
        yield context.problem(INVALID, f"The launch template '{name}' does not exist", path, "Name one that exists.")
        return
    version = str(context.value(f"{path}.version", ""))
    latest = int(template["latestVersion"] or 1)
    if version not in ("$Latest", "$Default") and not (version.isdigit() and 1 <= int(version) <= latest):
        message = f"The launch template {template.id} has no version '{version}'"
        yield context.problem(INVALID, message, f"{path}.version", f"Use 1 to {latest}.")
    for key, what in (("diskSize", "Disk size"), ("remoteAccess", "Remote access configuration")):
        if context.value(key) is not None:
            message = f"{what} must be specified within the launch template."
            yield context.problem(INVALID, message, key, f"Leave {key} out.")
    for key, what in (("iamInstanceProfile", "an IAM instance profile"), ("instanceMarketOptions", "market options")):
        if template.inputs.get(key):
            message = f"Launch template {template.id} should not specify {what}."
            yield context.problem(INVALID, message, path, f"Leave {key} out of the launch template.")
    for problem in launch_problems(context, template.inputs, context.region):
        # EKS takes the request; the group then ends in CREATE_FAILED with this health issue.
        message = f"{problem.code}: {problem.message}"
        yield context.problem("Ec2LaunchTemplateInvalidConfiguration", message, path, problem.hint)
    if _image(template):
        yield from _custom_image(context)


def _custom_image(context: Context) -> Iterator[Problem]:
    """Check that nothing contradicts the image of the launch template."""
    if context.value("amiType", "CUSTOM") != "CUSTOM":
        message = (
            "You cannot specify an AMI Type other than CUSTOM, when specifying an image id in your launch template."
        )
        yield context.problem(INVALID, message, "amiType", "Leave amiType out.")
    for key in ("version", "releaseVersion"):
        if context.value(key) is not None:
            message = f"You cannot specify the field {key} when using custom AMIs."
            yield context.problem(INVALID, message, key, f"Leave {key} out.")


def _template_choice(context: Context) -> Iterator[Problem]:
    given = [key for key in ("id", "name") if context.value(f"launchTemplate.{key}") is not None]
    if context.value("launchTemplate") is not None and len(given) != 1:
        message = "You must specify either the launch template ID or the launch template name in the request."
        yield context.problem(INVALID, message, "launchTemplate", "Give id or name.")


def _labels(context: Context) -> Iterator[Problem]:
    labels: Mapping[str, Any] = context.value("labels", {})
    for key, value in labels.items():
        domain, _, name = key.rpartition("/")
        kubelet = domain.endswith(".kubernetes.io") and not domain.endswith(ALLOWED_LABELS)
        if domain in RESERVED_LABELS or kubelet:
            message = "Label cannot contain reserved prefixes [kubernetes.io/, k8s.io/, eks.amazonaws.com/]"
            yield context.problem(INVALID, message, f"labels.{key}", "Use a domain of your own.", "own knowledge")
        elif not LABEL_NAME.fullmatch(name) or (value and not LABEL_NAME.fullmatch(str(value))):
            message = f"The label {key}={value} has an invalid name or value"
            hint = "A label has letters, digits, '-', '_' and '.', at most 63."
            yield context.problem(INVALID, message, f"labels.{key}", hint, "Kubernetes label syntax")


def _taints(context: Context) -> Iterator[Problem]:
    taints = located(context, "taints[*]")
    for key, effect in repeated([(taint.get("key"), taint.get("effect")) for _, taint in taints]):
        message = f"Duplicate taint with key '{key}' and effect '{effect}'"
        yield context.problem(INVALID, message, "taints", "Give each key once for an effect.", "own knowledge")
    for place, taint in taints:
        name = str(taint.get("key", "")).rpartition("/")[2]
        if not LABEL_NAME.fullmatch(name):
            yield context.problem(INVALID, f"Invalid taint key '{taint.get('key')}'", f"{place}.key")
    if len(taints) > 50:
        message = "The number of taints exceeds the limit of 50"
        yield context.problem(INVALID, message, "taints", source="own knowledge")


def _update(context: Context) -> Iterator[Problem]:
    count, share = context.value("updateConfig.maxUnavailable"), context.value("updateConfig.maxUnavailablePercentage")
    if count is not None and share is not None:
        message = "You can't specify both maxUnavailable and maxUnavailablePercentage"
        yield context.problem(INVALID, message, "updateConfig", "Give one of them.")
    elif count is not None and count > 100:
        message = "maxUnavailable must be 100 or less"
        yield context.problem(INVALID, message, "updateConfig.maxUnavailable")


def _network(context: Context) -> Iterator[Problem]:
    expected = setting(cluster_of(context), "vpcConfig.vpcId")
    for place, identifier in located(context, "subnetIds[*]"):
        subnet = context.find(tokens.SUBNET, identifier)
        if strange_to(subnet, [expected] if expected else []):
            message = f"Subnet {identifier} is not in the cluster's VPC {expected}"
            yield context.problem(INVALID, message, place, f"Give a subnet of {expected}.", "own knowledge")


def _version(context: Context) -> Iterator[Problem]:
    own, cluster = context.value("version"), setting(cluster_of(context), "version")
    wanted = str(own or cluster or "")
    if own and str(own) not in facts("eks")["versions"]["offered"]:
        message = f"unsupported Kubernetes version {own}"
        hint = f"Use one of {', '.join(facts('eks')['versions']['offered'])}."
        yield context.problem(INVALID, message, "version", hint, facts("eks")["versions"]["source"])
    elif own and cluster and version_key(str(own)) > version_key(cluster):
        message = f"Requested Nodegroup version {own} is greater than the cluster's version {cluster}"
        yield context.problem(INVALID, message, "version", "Upgrade the cluster first.")
    elif own and cluster and version_key(cluster)[1] - version_key(str(own))[1] > 3:
        message = f"Requested Nodegroup version {own} is more than three minor versions older than {cluster}"
        yield context.problem(INVALID, message, "version", "Use a newer version.", "EKS user guide, 2025-10")
    ami_type = str(context.value("amiType", ""))
    if ami_type.startswith("AL2_") and wanted and version_key(wanted) >= (1, 33):
        message = f"AMI Type {ami_type} is only supported for kubernetes versions 1.32 or earlier"
        yield context.problem(INVALID, message, "amiType", f"Use {DEFAULT_AMI_TYPE}.", "EKS user guide, 2025-10")


def _outputs(context: Context) -> Mapping[str, Any]:
    group = f"eks-{context.value('nodeGroupName') or context.name}-{context.hexadecimal(8)}"
    version = str(context.value("version") or setting(cluster_of(context), "version", ""))
    template = template_of(context)
    image = _image(template)
    launch = dict(context.value("launchTemplate", {}))
    if template:
        launch |= {"id": template.id, "name": template["name"]}
    outputs: dict[str, Any] = {
        "status": "ACTIVE",
        "amiType": context.value("amiType", "CUSTOM" if image else DEFAULT_AMI_TYPE),
        "capacityType": context.value("capacityType", "ON_DEMAND"),
        "instanceTypes": context.value("instanceTypes", [] if template else DEFAULT_INSTANCE_TYPES),
        "version": version,
        "releaseVersion": context.value("releaseVersion", "" if image else f"{version}.0-20261101"),
        "resources": [{"autoscalingGroups": [{"name": group}], "remoteAccessSecurityGroupId": ""}],
        "updateConfig": context.value("updateConfig", {"maxUnavailable": 1}),
    }
    if launch:
        outputs["launchTemplate"] = launch
    else:
        outputs["diskSize"] = context.value("diskSize", 20)
    return outputs


def _companions(context: Context) -> Iterator[Companion]:
    """Name the access entry that EKS makes for the node role, unless there is one."""
    mode = setting(cluster_of(context), "accessConfig.authenticationMode", "CONFIG_MAP")
    role, cluster = context.value("nodeRoleArn"), context.value("clusterName")
    identifier = f"{cluster}:{role}"
    if mode != "CONFIG_MAP" and context.find(tokens.ACCESS_ENTRY, identifier) is None:
        outputs = {"clusterName": cluster, "principalArn": role, "type": "EC2_LINUX"}
        yield Companion(tokens.ACCESS_ENTRY, identifier, outputs)


NODE_GROUP = ResourceType(
    token=tokens.NODE_GROUP,
    kind="node group",
    identifier="{clusterName}:{nodeGroupName}",
    arn="arn:aws:eks:{region}:{account}:nodegroup/{clusterName}/{nodeGroupName}/{uuid}",
    name=Name(
        "nodeGroupName",
        pattern=r"[0-9A-Za-z][A-Za-z0-9\-_]*",
        longest=63,
        code=INVALID,
        unique=("region", "clusterName"),
        taken_code=IN_USE,
    ),
    references=(
        of_cluster(holds=True),
        Reference(
            "subnetIds[*]",
            tokens.SUBNET,
            INVALID,
            message="The subnet ID '{value}' does not exist",
            holds=True,
        ),
    ),
    create_only=frozenset({"launchTemplate.id", "launchTemplate.name"}),
    patterns={"version": r"\d+\.\d+"},
    value_code=INVALID,
    missing_code=INVALID,
    cloudformation="AWS::EKS::Nodegroup",
    renamed={"subnetIds": "Subnets", "nodeRoleArn": "NodeRole"},
    rules=(
        _scaling,
        _instance_types,
        _template_choice,
        _launch_template,
        _labels,
        _taints,
        _update,
        _network,
        _version,
        role_exists(
            "nodeRoleArn",
            INVALID,
            "ec2.amazonaws.com",
            missing="The role with name {value} cannot be found.",
            trust="Following required service principals [{service}] were not found in the trust relationships of "
            "nodeRole arn {value}",
        ),
        *JOINING,
    ),
    outputs=_outputs,
    companions=_companions,
    quota=Quota(facts("eks")["quotas"]["node_groups"], ("region", "clusterName"), "ResourceLimitExceededException"),
    failure=Problem(
        "NodeCreationFailure",
        "Instances failed to join the kubernetes cluster",
        "subnetIds",
        "Check routes and endpoints of the subnets, the policies of the node role and the add-on vpc-cni.",
        SOURCE,
    ),
    source=SOURCE,
)
