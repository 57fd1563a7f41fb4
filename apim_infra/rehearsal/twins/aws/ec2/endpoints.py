"""VPC endpoints and their associations."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.ec2.endpoint_rules import (
    clashing_zone,
    joined_to,
    kinds_of_addresses,
    names_of_s3,
    one_route_a_service,
)
from apim_infra.rehearsal.twins.aws.ec2.gateways import in_subnet
from apim_infra.rehearsal.twins.aws.ec2.network import API, QUOTAS, in_vpc, zone_of
from apim_infra.rehearsal.twins.aws.table import Reference, ResourceType
from apim_infra.rehearsal.twins.cloud.values import data_file, listed

PRIVATE_SERVICES = ("com.amazonaws.vpce.", "aws.sagemaker.")
"""Beginnings of the names of services that are not AWS's own list: whether there is one is not known offline."""
MOST_INTERFACE = 50
"""Interface endpoints of one VPC, by default."""
MOST_GATEWAY = 20
"""Gateway endpoints of one region, by default."""


@lru_cache(maxsize=1)
def _services() -> Mapping[str, frozenset[str]]:
    loaded = data_file("apim_infra.rehearsal.twins.aws.ec2", "endpoint_services.yaml")
    return {kind: frozenset(loaded[kind]) for kind in ("gateway", "interface")}


def _group_in(path: str) -> Reference:
    return Reference(
        path,
        tokens.SECURITY_GROUP,
        "InvalidSecurityGroupID.NotFound",
        message="The security group ID '{value}' does not exist",
        holds=True,
    )


def _kind(context: Context) -> str:
    return str(context.inputs.get("vpcEndpointType", "Gateway"))


def _service(context: Context) -> Iterator[Problem]:
    if _kind(context) in ("Resource", "ServiceNetwork"):
        return
    region = context.inputs.get("serviceRegion") or context.region
    own, kinds = f"com.amazonaws.{region}.", _services()
    if not context.inputs.get("serviceName"):
        yield context.problem(
            "MissingParameter",
            "The request must contain the parameter ServiceName",
            "serviceName",
            f"set serviceName, {own}s3 for example",
        )
    for name in context.get("serviceName"):
        if name.startswith(PRIVATE_SERVICES):
            continue
        short = name.removeprefix(own)
        if not name.startswith(own) or short not in kinds["gateway"] | kinds["interface"]:
            message = f"The Vpc Endpoint Service '{name}' does not exist"
            yield context.problem(
                "InvalidServiceName", message, "serviceName", f"services of {region} are called {own}<service>"
            )
        elif short not in kinds["gateway" if _kind(context) == "Gateway" else "interface"]:
            offered = ["Gateway" if kind == "gateway" else "Interface" for kind in kinds if short in kinds[kind]]
            message = (
                f"Endpoint type ({_kind(context)}) does not match available service types ([{', '.join(offered)}])."
            )
            yield context.problem(
                "InvalidParameter", message, "vpcEndpointType", f"set vpcEndpointType to {offered[0]}"
            )


def _arguments(context: Context) -> Iterator[Problem]:
    """Each kind of endpoint takes its own inputs."""
    not_for = {"Gateway": ("subnetIds", "securityGroupIds", "privateDnsEnabled"), "Interface": ("routeTableIds",)}
    for path in not_for.get(_kind(context), ()):
        if context.inputs.get(path):
            message = f"{path} cannot be specified for an endpoint of type {_kind(context)}"
            yield context.problem(
                "InvalidParameter", message, path, f"leave {path} out, or choose another vpcEndpointType"
            )
    for policy in context.get("policy"):
        try:
            valid = isinstance(json.loads(policy), dict)
        except ValueError:
            valid = False
        if not valid:
            yield context.problem(
                "InvalidPolicyDocument",
                "The policy document is not a valid JSON policy document.",
                "policy",
                "write it with json.dumps",
            )


def _private_dns(context: Context) -> Iterator[Problem]:
    if not context.inputs.get("privateDnsEnabled"):
        return
    vpc = context.find(tokens.VPC, context.value("vpcId"))
    if vpc and not vpc.assumed and not (vpc["enableDnsSupport"] and vpc["enableDnsHostnames"]):
        message = f"Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for {vpc.id}"
        yield context.problem(
            "InvalidParameter", message, "privateDnsEnabled", "set enableDnsHostnames of the VPC to true"
        )
    name = context.value("serviceName")
    for other in context.all(
        tokens.VPC_ENDPOINT, vpcId=context.value("vpcId"), serviceName=name, privateDnsEnabled=True
    ):
        domain = ".".join(reversed(str(name).split(".")))
        message = f"private-dns-enabled cannot be set because there is already a conflicting DNS domain for {domain} in the VPC"
        yield context.problem(
            "InvalidParameter",
            message,
            "privateDnsEnabled",
            f"{other.id} serves the name already: one endpoint a service",
        )


def _network(context: Context) -> Iterator[Problem]:
    vpc = context.value("vpcId")
    zones: dict[str, str] = {}
    for subnet_id in context.get("subnetIds[*]"):
        subnet = context.find(tokens.SUBNET, subnet_id)
        if subnet is None:
            continue
        if subnet["vpcId"] != vpc:
            message = f"The subnet ID '{subnet_id}' does not exist in {vpc}"
            yield context.problem("InvalidSubnetId.NotFound", message, "subnetIds", f"use subnets of {vpc}")
        if zone_of(subnet) in zones:
            message = f"Found another VPC endpoint subnet in the availability zone of {subnet_id}."
            yield context.problem("DuplicateSubnetsInSameZone", message, "subnetIds", "give one subnet a zone")
        zones[zone_of(subnet)] = subnet_id
    for path, token, code in (
        ("securityGroupIds[*]", tokens.SECURITY_GROUP, "InvalidParameter"),
        ("routeTableIds[*]", tokens.ROUTE_TABLE, "InvalidParameter"),
    ):
        for value in context.get(path):
            there = context.find(token, value)
            if there and there["vpcId"] and there["vpcId"] != vpc:
                message = f"{value} and the endpoint's VPC {vpc} belong to different networks"
                yield context.problem(code, message, path, f"use one of {vpc}")


def _quota(context: Context) -> Iterator[Problem]:
    if context.old is not None:
        return
    gateway = _kind(context) == "Gateway"
    there = sum(
        1
        for thing in context.all(tokens.VPC_ENDPOINT)
        if (thing["vpcEndpointType"] == "Gateway") is gateway and (gateway or thing["vpcId"] == context.value("vpcId"))
    )
    limit = MOST_GATEWAY if gateway else MOST_INTERFACE
    if there >= limit:
        message = "The maximum number of VPC endpoints has been reached."
        yield context.problem(
            "VpcEndpointLimitExceeded", message, "vpcId", f"the default quota is {limit}: ask AWS to raise it", QUOTAS
        )


def _outputs(context: Context) -> Mapping[str, Any]:
    inputs = context.inputs
    service = str(inputs.get("serviceName", ""))
    gateway = _kind(context) == "Gateway"
    host = f"{context.id}-{context.hexadecimal(8, 'dns')}.{service.rsplit('.', maxsplit=1)[-1]}.{context.region}.vpce.amazonaws.com"
    subnets = listed(inputs.get("subnetIds"))
    return {
        "vpcEndpointType": _kind(context),
        "ownerId": context.account,
        "state": "available",
        "requesterManaged": False,
        "privateDnsEnabled": bool(inputs.get("privateDnsEnabled", False)),
        "prefixListId": f"pl-{context.hexadecimal(8, 'prefix-list')}" if gateway else "",
        "cidrBlocks": ["192.0.2.0/24"] if gateway else [],
        "networkInterfaceIds": [f"eni-{context.hexadecimal(17, str(subnet))}" for subnet in subnets],
        "dnsEntries": [] if gateway else [{"dnsName": host, "hostedZoneId": "Z1HUB23UULQXV"}],
        "policy": inputs.get(
            "policy",
            '{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}],"Version":"2008-10-17"}',
        ),
    }


def _to_endpoint() -> Reference:
    return Reference(
        "vpcEndpointId",
        tokens.VPC_ENDPOINT,
        "InvalidVpcEndpointId.NotFound",
        message="The Vpc Endpoint Id '{value}' does not exist",
    )


ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        token=tokens.VPC_ENDPOINT,
        kind="vpc endpoint",
        identifier="vpce-{hex17}",
        arn="arn:aws:ec2:{region}:{account}:vpc-endpoint/{id}",
        references=(
            in_vpc("InvalidVpcId.NotFound"),
            in_subnet("subnetIds[*]", code="InvalidSubnetId.NotFound"),
            _group_in("securityGroupIds[*]"),
            Reference(
                "routeTableIds[*]",
                tokens.ROUTE_TABLE,
                "InvalidRouteTableId.NotFound",
                message="The routeTable ID '{value}' does not exist",
            ),
        ),
        create_only=frozenset({"vpcId", "serviceName", "vpcEndpointType"}),
        cloudformation="AWS::EC2::VPCEndpoint",
        rules=(
            _service,
            _arguments,
            _private_dns,
            clashing_zone,
            names_of_s3,
            kinds_of_addresses,
            one_route_a_service,
            _network,
            _quota,
        ),
        outputs=_outputs,
        failure=Problem(
            "VpcEndpointLimitExceeded",
            "The maximum number of VPC endpoints has been reached.",
            hint="ask AWS to raise the quota",
            source=QUOTAS,
        ),
        source=API,
    ),
    ResourceType(
        token=tokens.VPC_ENDPOINT_ROUTE_TABLE,
        kind="endpoint route table association",
        identifier="a-{vpcEndpointId}{digits10}",
        references=(
            _to_endpoint(),
            Reference(
                "routeTableId",
                tokens.ROUTE_TABLE,
                "InvalidRouteTableId.NotFound",
                message="The routeTable ID '{value}' does not exist",
            ),
        ),
        create_only=frozenset({"vpcEndpointId", "routeTableId"}),
        rules=(joined_to("Gateway", "routeTableId"),),
        source=API,
    ),
    ResourceType(
        token=tokens.VPC_ENDPOINT_SUBNET,
        kind="endpoint subnet association",
        identifier="a-{vpcEndpointId}{digits10}",
        references=(_to_endpoint(), in_subnet(code="InvalidSubnetId.NotFound")),
        create_only=frozenset({"vpcEndpointId", "subnetId"}),
        rules=(joined_to("Interface", "subnetId"),),
        source=API,
    ),
    ResourceType(
        token=tokens.VPC_ENDPOINT_SECURITY_GROUP,
        kind="endpoint security group association",
        identifier="a-{vpcEndpointId}{digits10}",
        references=(_to_endpoint(), _group_in("securityGroupId")),
        create_only=frozenset({"vpcEndpointId", "securityGroupId"}),
        source=API,
    ),
    ResourceType(
        token=tokens.VPC_ENDPOINT_POLICY,
        kind="endpoint policy",
        identifier="{vpcEndpointId}",
        references=(_to_endpoint(),),
        create_only=frozenset({"vpcEndpointId"}),
        rules=(_arguments,),
        source=API,
    ),
)
