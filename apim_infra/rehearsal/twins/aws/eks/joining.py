"""What nodes need to join their cluster: addresses, a way to AWS's endpoints, the policies of their role, pod networking.

AWS accepts the request and reports these some 25 minutes later, as the health issue of a node group that failed.
"""

from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.eks.common import GUIDE, cluster_of, setting
from apim_infra.rehearsal.twins.aws.service_rules import (
    attached_policies,
    find_role,
    free_addresses,
    has_inline_policies,
    subnets,
)
from apim_infra.rehearsal.twins.aws.table import Rule
from apim_infra.rehearsal.twins.aws.ways_out import way_out
from apim_infra.rehearsal.twins.cloud.world import Thing

FAILED = "NodeCreationFailure"
JOIN = "Instances failed to join the kubernetes cluster"
AWS_POLICY = "arn:aws:iam::aws:policy/"


def _addresses(context: Context) -> Iterator[Problem]:
    things = subnets(context, context.get("subnetIds[*]"))
    free = sum(free_addresses(subnet) for subnet in things)
    wanted = context.value("scalingConfig.desiredSize", 0)
    if things and all(subnet["cidrBlock"] for subnet in things) and wanted > free:
        message = f"Not enough free addresses for {wanted} nodes in the subnets, which have {free}"
        yield context.problem("InsufficientFreeAddresses", message, "subnetIds", "Use larger subnets.")


def _public_addresses(context: Context) -> Iterator[Problem]:
    for subnet in subnets(context, context.get("subnetIds[*]")):
        public = way_out(context, subnet) == "internet gateway"
        if public and not subnet.inputs.get("mapPublicIpOnLaunch") and context.value("launchTemplate") is None:
            message = (
                f"One or more Amazon EC2 Subnets of [{subnet.id}] for node group {context.name} does not automatically "
                "assign public IP addresses to instances launched into it."
            )
            hint = "Set mapPublicIpOnLaunch on the subnet, or use a private subnet."
            yield context.problem("Ec2SubnetInvalidConfiguration", message, "subnetIds", hint)


def _reach(context: Context) -> Iterator[Problem]:
    """Check that nodes reach the services that they need, over a default route or over endpoints."""
    needed = facts("eks")["private_endpoints"]["needed"]
    for subnet in subnets(context, context.get("subnetIds[*]")):
        if way_out(context, subnet) != "none":
            continue
        there = {
            str(endpoint.inputs.get("serviceName", "")).split(f".{context.region}.", maxsplit=1)[-1]
            for endpoint in context.world.all(tokens.VPC_ENDPOINT, context.region)
            if endpoint.inputs.get("vpcId") == subnet["vpcId"]
        }
        missing = [service for service in needed if service not in there]
        if missing:
            message = f"{JOIN}: subnet {subnet.id} has no route out and its VPC no endpoint for {', '.join(missing)}"
            hint = "Route 0.0.0.0/0 to a NAT gateway, or add the endpoints, before the node group."
            yield context.problem(FAILED, message, "subnetIds", hint, facts("eks")["private_endpoints"]["source"])
            return


def _names(context: Context) -> Iterator[Problem]:
    """Check that names resolve in the VPC."""
    vpc = context.find(tokens.VPC, setting(cluster_of(context), "vpcConfig.vpcId"))
    if vpc is None or vpc.assumed:
        return
    for key, default in (("enableDnsSupport", True), ("enableDnsHostnames", False)):
        if not vpc.inputs.get(key, default):
            message = f"{JOIN}: {key} of {vpc.id} is off"
            yield context.problem(FAILED, message, "subnetIds", f"Set {key} on the VPC.", GUIDE)


def _role_policies(context: Context) -> Iterator[Problem]:
    """Check the policies of the node role. What policies of the account's own allow is not computed."""
    role = find_role(context, context.value("nodeRoleArn"))
    if role is None or role.assumed:
        return
    arns = attached_policies(context, role)
    names = {arn.rsplit("/", maxsplit=1)[-1] for arn in arns}
    own = has_inline_policies(context, role) or any(not arn.startswith(AWS_POLICY) for arn in arns)
    groups = [*facts("eks")["node_policies"]["needed"]]
    if not _network_has_own_role(context):
        groups.append(["AmazonEKS_CNI_Policy", "AmazonEKS_CNI_IPv6_Policy"])
    for group in groups:
        if names.isdisjoint(group):
            message = f"{JOIN}: the node role {role['name'] or role.id} has no policy {group[0]}"
            hint = f"Attach {' or '.join(group)} before the node group (dependsOn the attachments)."
            make = context.warning if own else context.problem
            yield make(FAILED, message, "nodeRoleArn", hint, facts("eks")["node_policies"]["source"])


def _addon(context: Context, name: str) -> Thing | None:
    return context.find(tokens.ADDON, f"{context.value('clusterName')}:{name}")


def _network_has_own_role(context: Context) -> bool:
    """Tell whether the add-on vpc-cni has a role of its own, so that nodes need no policy for it."""
    addon = _addon(context, "vpc-cni")
    associations = context.world.all("aws:eks/podIdentityAssociation:PodIdentityAssociation", context.region)
    separate = any(
        association.inputs.get("serviceAccount") == "aws-node"
        and association.inputs.get("clusterName") == context.value("clusterName")
        for association in associations
    )
    inputs = addon.inputs if addon else {}
    return bool(separate or inputs.get("podIdentityAssociations") or inputs.get("serviceAccountRoleArn"))


def _pod_network(context: Context) -> Iterator[Problem]:
    """Warn when a cluster without self-managed add-ons has no vpc-cni yet; another network plug-in may come later."""
    cluster = cluster_of(context)
    bare = cluster is not None and cluster.inputs.get("bootstrapSelfManagedAddons") is False
    automatic = setting(cluster, "computeConfig.enabled", False)
    if bare and not automatic and _addon(context, "vpc-cni") is None:
        message = "Nodes stay NotReady: container runtime network not ready, cni plugin not initialized"
        hint = "Create the add-on vpc-cni before the node group, if no other network plug-in is installed."
        yield context.warning(FAILED, message, "clusterName", hint, "own knowledge")


JOINING: tuple[Rule, ...] = (_addresses, _public_addresses, _reach, _names, _role_policies, _pod_network)
