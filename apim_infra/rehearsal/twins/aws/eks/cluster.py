"""EKS clusters."""

import base64
import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts, version_key
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import (
    CREATED_AT,
    before,
    groups_in_vpc,
    kms_key,
    known,
    located,
    repeated,
    role_exists,
    subnets,
    vpcs,
    zones,
)
from apim_infra.rehearsal.twins.aws.table import Companion, Name, Quota, Reference, ResourceType

SOURCE = "EKS API model, botocore 1.44.5"
INVALID = "InvalidParameterException"
GUIDE = "EKS user guide, network requirements, 2024-12"
ROLE_REFUSED = (
    "Role with arn: {value}, could not be assumed because it does not exist or the trusted entity is not correct"
)
SERVICE_RANGES = tuple(ipaddress.IPv4Network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))


def network_of(text: Any) -> ipaddress.IPv4Network | None:
    """Return an IPv4 range, None when the text is none."""
    try:
        return ipaddress.IPv4Network(str(text))
    except ValueError:
        return None


def vpc_ranges(context: Context, vpc_id: str) -> list[ipaddress.IPv4Network]:
    """Return the IPv4 ranges of a VPC, secondary ones included."""
    vpc = context.find(tokens.VPC, vpc_id)
    cidrs = [vpc["cidrBlock"] or vpc.inputs.get("cidrBlock")] if vpc else []
    associations = context.world.all("aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation", context.region)
    cidrs += [association["cidrBlock"] for association in associations if association.inputs.get("vpcId") == vpc_id]
    return [network for network in map(network_of, cidrs) if network]


def _subnets(context: Context) -> Iterator[Problem]:
    """Subnets lie in two zones or more, in one VPC, and where EKS has a control plane."""
    things = subnets(context, context.get("vpcConfig.subnetIds[*]"))
    path = "vpcConfig.subnetIds"
    if things and len(set(zones(things))) < 2:
        message = "Subnets specified must be in at least two different AZs"
        yield context.problem(INVALID, message, path, "Give subnets of two zones or more.", GUIDE)
    if len(vpcs(things)) > 1:
        message = f"Subnets specified must belong to the same VPC, not to {', '.join(vpcs(things))}"
        yield context.problem(INVALID, message, path, "Give subnets of one VPC.")
    refused = facts("eks")["zones"]["without_control_plane"]
    for thing in things:
        if thing["availabilityZoneId"] in refused:
            message = (
                f"Cannot create cluster because {zones([thing])[0]}, the targeted availability zone, "
                "does not currently have sufficient capacity to support the cluster"
            )
            hint = f"Leave out subnet {thing.id} in zone {thing['availabilityZoneId']}."
            yield context.problem("UnsupportedAvailabilityZoneException", message, path, hint, GUIDE)
    for identifier in repeated(context.get("vpcConfig.subnetIds[*]")):
        yield context.problem(INVALID, f"Subnet '{identifier}' is given twice", path, "Give each subnet once.")


def _security_groups(context: Context) -> Iterator[Problem]:
    """Check that there are four groups or fewer: an interface takes five, one of which is the cluster's own."""
    if len(context.get("vpcConfig.securityGroupIds[*]")) > 4:
        message = "The number of security groups specified exceeds the limit of 4"
        yield context.problem(INVALID, message, "vpcConfig.securityGroupIds", "Give four or fewer.", "own knowledge")


def _endpoint(context: Context) -> Iterator[Problem]:
    """One endpoint is on, and public ranges are ranges of the internet."""
    public = context.value("vpcConfig.endpointPublicAccess", True)
    private = context.value("vpcConfig.endpointPrivateAccess", False)
    if not public and not private:
        message = "Private and public endpoint access cannot both be false"
        hint = "Set endpointPrivateAccess or endpointPublicAccess."
        yield context.problem(INVALID, message, "vpcConfig.endpointPrivateAccess", hint, "own knowledge")
    for place, cidr in located(context, "vpcConfig.publicAccessCidrs[*]"):
        network = network_of(cidr)
        if network is None and ":" not in str(cidr):
            yield context.problem(INVALID, f"The following CIDRs are invalid in publicAccessCidrs: [{cidr}]", place)
        elif network and any(network.subnet_of(private_range) for private_range in SERVICE_RANGES):
            message = f"The following CIDRs are not allowed in publicAccessCidrs: [{cidr}]"
            hint = "Private ranges reach the private endpoint; give public ranges."
            yield context.problem(INVALID, message, place, hint, "own knowledge")
    if len(context.get("vpcConfig.publicAccessCidrs[*]")) > 40:
        message = "publicAccessCidrs must have 40 or fewer CIDRs"
        yield context.problem(INVALID, message, "vpcConfig.publicAccessCidrs", source="EKS quotas, own knowledge")


def _version(context: Context) -> Iterator[Problem]:
    """Check that the version is offered, in the support that the upgrade policy pays for, and one minor above the last."""
    table = facts("eks")["versions"]
    wanted = context.value("version")
    if wanted is None:
        return
    offered = table["offered"].get(str(wanted))
    if offered is None:
        hint = f"Use one of {', '.join(table['offered'])}."
        message = f"unsupported Kubernetes version {wanted}"
        yield context.problem(INVALID, message, "version", hint, table["source"])
        return
    if offered["standard"] < table["date"]:
        standard = context.value("upgradePolicy.supportType") == "STANDARD"
        message = f"Kubernetes version {wanted} is in extended support since {offered['standard']}"
        if standard and context.old is None:
            hint = "Use a newer version, or the upgrade policy EXTENDED, which is billed."
            yield context.problem(INVALID, message, "version", hint, table["source"])
        else:
            yield context.warning(INVALID, f"{message}, which is billed", "version", "Use a newer version.")
    yield from _step(context, str(wanted))


def _step(context: Context, wanted: str) -> Iterator[Problem]:
    """Check that a cluster is upgraded one minor version at a time, and never back."""
    last = next(iter(before(context, "version")), wanted)
    if version_key(wanted)[1] - version_key(str(last))[1] not in (0, 1):
        message = f"Unsupported Kubernetes minor version update from {last} to {wanted}"
        yield context.problem(INVALID, message, "version", "Upgrade one minor version at a time.")


def _service_range(context: Context) -> Iterator[Problem]:
    """Check that the services' range is private, /12 to /24, and apart from the VPC's own."""
    path = "kubernetesNetworkConfig.serviceIpv4Cidr"
    text = context.value(path)
    if text is None:
        return
    network = network_of(text)
    if network is None:
        yield context.problem(INVALID, f"The specified service CIDR '{text}' is not valid", path)
        return
    if not 12 <= network.prefixlen <= 24 or not any(network.subnet_of(allowed) for allowed in SERVICE_RANGES):
        message = f"The specified service CIDR '{text}' must be between /24 and /12 in 10/8, 172.16/12 or 192.168/16"
        yield context.problem(INVALID, message, path)
    for vpc_id in vpcs(subnets(context, context.get("vpcConfig.subnetIds[*]"))):
        for taken in vpc_ranges(context, vpc_id):
            if network.overlaps(taken):
                message = f"The specified service CIDR '{text}' overlaps with the VPC's CIDR '{taken}'"
                yield context.problem(INVALID, message, path, "Use a range outside the VPC.")


def _automatic_mode(context: Context) -> Iterator[Problem]:
    """Check that the three switches of Auto Mode are all on or all off."""
    paths = (
        "computeConfig.enabled",
        "kubernetesNetworkConfig.elasticLoadBalancing.enabled",
        "storageConfig.blockStorage.enabled",
    )
    states = [context.value(path) for path in paths]
    if any(state is not None for state in states) and len({bool(state) for state in states}) > 1:
        message = (
            "For EKS Auto Mode, please ensure that all required configs, including computeConfig, "
            "kubernetesNetworkConfig, and blockStorage are all either fully enabled or fully disabled."
        )
        yield context.problem(INVALID, message, paths[0], f"Set {', '.join(paths)} alike.")
    if states[0] and context.value("bootstrapSelfManagedAddons", True):
        message = "When EKS Auto Mode is enabled, bootstrapSelfManagedAddons must be false"
        yield context.problem(INVALID, message, "bootstrapSelfManagedAddons", "Set it to false.", "own knowledge")


def _encryption(context: Context) -> Iterator[Problem]:
    """Envelope encryption covers secrets, and names its key by ARN."""
    for place, resources in located(context, "encryptionConfig.resources"):
        if resources != ["secrets"]:
            yield context.problem(INVALID, f"Encryption resources {resources} must be ['secrets']", place)
    for place, key in located(context, "encryptionConfig.provider.keyArn"):
        if not str(key).startswith("arn:"):
            yield context.problem(INVALID, f"Invalid key ARN '{key}'", place, "Give the key's ARN.")


def _authentication(context: Context) -> Iterator[Problem]:
    """Access entries, once on, stay on."""
    order = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")
    last = next(iter(before(context, "accessConfig.authenticationMode")), "CONFIG_MAP")
    after = context.value("accessConfig.authenticationMode", "CONFIG_MAP")
    if last in order and after in order and order.index(after) < order.index(last):
        message = f"Unsupported authentication mode update from {last} to {after}"
        yield context.problem(INVALID, message, "accessConfig.authenticationMode", "The mode cannot go back.")


def _same_zones(context: Context) -> Iterator[Problem]:
    """Check that new subnets of an existing cluster lie in the zones of its first ones."""
    first = set(zones(subnets(context, before(context, "vpcConfig.subnetIds[*]"))))
    things = subnets(context, context.get("vpcConfig.subnetIds[*]"))
    after = set(zones(things))
    if first and after != first and known(things):
        message = (
            f"Provided subnets belong to the AZs '{', '.join(sorted(after))}'. But they should belong to the exact set "
            f"of AZs '{', '.join(sorted(first))}' in which subnets were provided during cluster creation."
        )
        yield context.problem(INVALID, message, "vpcConfig.subnetIds", source=GUIDE)


def _protected(context: Context) -> Iterator[Problem]:
    if context.value("deletionProtection", False):
        message = f"Cluster {context.id} cannot be deleted because deletion protection is enabled"
        yield context.problem("InvalidRequestException", message, "deletionProtection", "Switch it off first.")


def _outputs(context: Context) -> Mapping[str, Any]:
    digits = context.hexadecimal(32, "endpoint").upper()
    authority = f"-----BEGIN CERTIFICATE-----\n{context.hexadecimal(64, 'authority')}\n-----END CERTIFICATE-----\n"
    things = subnets(context, context.get("vpcConfig.subnetIds[*]"))
    vpc_id = next(iter(vpcs(things)), "")
    version = str(context.value("version", facts("eks")["versions"]["default"]))
    first_octets = [str(network).split(".")[:2] for network in vpc_ranges(context, vpc_id)]
    service_range = "10.100.0.0/16" if ["172", "20"] in first_octets else "172.20.0.0/16"
    offered = facts("eks")["versions"]["offered"]
    return {
        "endpoint": f"https://{digits}.gr7.{context.region}.eks.amazonaws.com",
        "certificateAuthority": {"data": base64.b64encode(authority.encode()).decode()},
        "identities": [{"oidcs": [{"issuer": f"https://oidc.eks.{context.region}.amazonaws.com/id/{digits}"}]}],
        "status": "ACTIVE",
        "clusterId": "",
        "createdAt": CREATED_AT,
        "version": version,
        "platformVersion": offered.get(version, {}).get("platform", "eks.1"),
        "vpcConfig": {
            "endpointPublicAccess": True,
            "endpointPrivateAccess": False,
            "publicAccessCidrs": ["0.0.0.0/0"],
            "securityGroupIds": [],
            **context.value("vpcConfig", {}),
            "vpcId": vpc_id,
            "clusterSecurityGroupId": f"sg-{context.hexadecimal(17, 'cluster security group')}",
        },
        "kubernetesNetworkConfig": {
            "ipFamily": "ipv4",
            "serviceIpv4Cidr": service_range,
            **context.value("kubernetesNetworkConfig", {}),
        },
        "accessConfig": {
            "authenticationMode": "CONFIG_MAP",
            "bootstrapClusterCreatorAdminPermissions": True,
            **context.value("accessConfig", {}),
        },
        "upgradePolicy": {"supportType": "EXTENDED", **context.value("upgradePolicy", {})},
    }


def _companions(context: Context) -> Iterator[Companion]:
    """Name the cluster's own security group, between control plane and nodes."""
    network = context.outputs["vpcConfig"]
    group = network["clusterSecurityGroupId"]
    arn = f"arn:aws:ec2:{context.region}:{context.account}:security-group/{group}"
    name = f"eks-cluster-sg-{context.id}-{context.hexadecimal(9)}"
    yield Companion(tokens.SECURITY_GROUP, group, {"arn": arn, "name": name, "vpcId": network["vpcId"]})


CLUSTER = ResourceType(
    token=tokens.CLUSTER,
    kind="cluster",
    identifier="{name}",
    arn="arn:aws:eks:{region}:{account}:cluster/{name}",
    name=Name(
        "name",
        pattern=r"[0-9A-Za-z][A-Za-z0-9\-_]*",
        longest=100,
        code=INVALID,
        taken_code="ResourceInUseException",
    ),
    references=(
        Reference(
            "vpcConfig.subnetIds[*]",
            tokens.SUBNET,
            INVALID,
            message="The subnet ID '{value}' does not exist",
            holds=True,
        ),
        Reference(
            "vpcConfig.securityGroupIds[*]",
            tokens.SECURITY_GROUP,
            INVALID,
            message="The security group '{value}' does not exist",
            holds=True,
        ),
    ),
    create_only=frozenset({"name", "roleArn", "bootstrapSelfManagedAddons", "outpostConfig"}),
    defaults={"bootstrapSelfManagedAddons": True},
    value_code=INVALID,
    missing_code=INVALID,
    cloudformation="AWS::EKS::Cluster",
    renamed={
        "vpcConfig": "ResourcesVpcConfig",
        "enabledClusterLogTypes": "Logging.ClusterLogging.EnabledTypes.Type",
    },
    rules=(
        _subnets,
        _security_groups,
        _endpoint,
        _version,
        _service_range,
        _automatic_mode,
        _encryption,
        _authentication,
        _same_zones,
        role_exists(
            "roleArn",
            INVALID,
            "eks.amazonaws.com",
            missing=ROLE_REFUSED,
            trust=ROLE_REFUSED,
        ),
        groups_in_vpc(
            "vpcConfig.securityGroupIds[*]",
            INVALID,
            "vpcConfig.subnetIds[*]",
            "Security group(s) [{value}] are not in the same VPC as the subnets.",
        ),
        kms_key("encryptionConfig.provider.keyArn", INVALID, "Invalid or inaccessible KMS key: {value}"),
    ),
    delete_rules=(_protected,),
    protections={"deletionProtection": False},
    outputs=_outputs,
    companions=_companions,
    quota=Quota(facts("eks")["quotas"]["clusters"], ("region",), "ResourceLimitExceededException"),
    failure=Problem(
        "UnsupportedAvailabilityZoneException",
        "Cannot create cluster because one of the availability zones does not currently have sufficient capacity",
        "vpcConfig.subnetIds",
        "Give subnets in other zones.",
        SOURCE,
    ),
    source=SOURCE,
)
