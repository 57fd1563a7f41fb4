"""Network ACLs and DHCP options."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.ec2.addresses import range_problems
from apim_infra.rehearsal.twins.aws.ec2.gateways import in_subnet
from apim_infra.rehearsal.twins.aws.ec2.network import API, in_vpc
from apim_infra.rehearsal.twins.aws.ec2.permissions import WITH_PORTS, protocol_number
from apim_infra.rehearsal.twins.aws.table import Quota, Reference, ResourceType

LAST_RULE = 32766
"""Highest number of a rule; 32767 is AWS's own."""


def _in_acl(path: str = "networkAclId") -> Reference:
    return Reference(
        path, tokens.NETWORK_ACL, "InvalidNetworkAclID.NotFound", message="The networkAcl ID '{value}' does not exist"
    )


def _entry(context: Context, entry: Mapping[str, Any], at: str, protocol: str, number: str) -> Iterator[Problem]:
    """Check one entry; `protocol` and `number` are the names of its inputs."""
    known = protocol_number(entry.get(protocol))
    if known is None:
        message = f"Invalid value '{entry.get(protocol)}' for IP protocol. Unknown protocol."
        yield context.problem(
            "InvalidParameterValue", message, at + protocol, "use tcp, udp, icmp, -1 or a number up to 255"
        )
    for name, version in (("cidrBlock", 4), ("ipv6CidrBlock", 6)):
        if entry.get(name):
            yield from range_problems(context, str(entry[name]), at + name, version=version)
    if not entry.get("cidrBlock") and not entry.get("ipv6CidrBlock"):
        message = "The request must contain the parameter CidrBlock or Ipv6CidrBlock"
        yield context.problem("MissingParameter", message, f"{at}cidrBlock", "set cidrBlock or ipv6CidrBlock")
    order = entry.get(number)
    if isinstance(order, int) and not 1 <= order <= LAST_RULE:
        message = f"Value ({order}) for parameter ruleNumber is invalid. Must be between 1 and {LAST_RULE}"
        yield context.problem("InvalidParameterValue", message, at + number, f"use a number up to {LAST_RULE}")
    first, last = entry.get("fromPort"), entry.get("toPort")
    if known in WITH_PORTS and isinstance(first, int) and isinstance(last, int) and not 0 <= first <= last <= 65535:
        message = f"Invalid value '{first}-{last}' for portRange."
        yield context.problem(
            "InvalidParameterValue", message, f"{at}fromPort", "use ports from 0 to 65535, the lower first"
        )


def _inline(context: Context) -> Iterator[Problem]:
    for direction in ("ingress", "egress"):
        seen: set[Any] = set()
        for i, entry in enumerate(context.get(f"{direction}[*]")):
            yield from _entry(context, entry, f"{direction}[{i}].", "protocol", "ruleNo")
            if entry.get("ruleNo") in seen:
                message = f"The network acl entry identified by {entry.get('ruleNo')} already exists."
                yield context.problem(
                    "NetworkAclEntryAlreadyExists",
                    message,
                    f"{direction}[{i}].ruleNo",
                    "number every rule of a direction once",
                )
            seen.add(entry.get("ruleNo"))
    vpc = context.value("vpcId")
    for subnet_id in context.get("subnetIds[*]"):
        subnet = context.find(tokens.SUBNET, subnet_id)
        if subnet and vpc and subnet["vpcId"] != vpc:
            message = f"Network ACL and subnet {subnet_id} belong to different networks"
            yield context.problem("InvalidParameterValue", message, "subnetIds", f"use subnets of {vpc}")


def _rule(context: Context) -> Iterator[Problem]:
    inputs = context.inputs
    yield from _entry(context, inputs, "", "protocol", "ruleNumber")
    egress = bool(inputs.get("egress", False))
    for other in context.all(
        tokens.NETWORK_ACL_RULE, networkAclId=inputs.get("networkAclId"), ruleNumber=inputs.get("ruleNumber")
    ):
        if bool(other["egress"]) is egress:
            message = f"The network acl entry identified by {inputs.get('ruleNumber')} already exists."
            yield context.problem(
                "NetworkAclEntryAlreadyExists", message, "ruleNumber", "number every rule of a direction once"
            )


def _outputs(context: Context) -> Mapping[str, Any]:
    return {"ownerId": context.account, "subnetIds": context.inputs.get("subnetIds", [])}


def _default_outputs(context: Context) -> Mapping[str, Any]:
    acl = context.find(tokens.NETWORK_ACL, context.value("defaultNetworkAclId"))
    return {
        "ownerId": context.account,
        "vpcId": acl["vpcId"] if acl else "",
        "subnetIds": context.inputs.get("subnetIds", []),
    }


ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        token=tokens.NETWORK_ACL,
        kind="networkAcl",
        identifier="acl-{hex17}",
        arn="arn:aws:ec2:{region}:{account}:network-acl/{id}",
        references=(in_vpc(), in_subnet("subnetIds[*]", holds=False)),
        create_only=frozenset({"vpcId"}),
        enums={"ingress[*].action": ("allow", "deny"), "egress[*].action": ("allow", "deny")},
        rules=(_inline,),
        outputs=_outputs,
        quota=Quota(200, ("vpcId",), "NetworkAclLimitExceeded"),
        source=API,
    ),
    ResourceType(
        token=tokens.DEFAULT_NETWORK_ACL,
        kind="default network ACL",
        identifier="{defaultNetworkAclId}",
        arn="arn:aws:ec2:{region}:{account}:network-acl/{id}",
        references=(_in_acl("defaultNetworkAclId"), in_subnet("subnetIds[*]", holds=False)),
        create_only=frozenset({"defaultNetworkAclId"}),
        enums={"ingress[*].action": ("allow", "deny"), "egress[*].action": ("allow", "deny")},
        rules=(_inline,),
        outputs=_default_outputs,
        source=API,
    ),
    ResourceType(
        token=tokens.NETWORK_ACL_RULE,
        kind="network ACL rule",
        identifier="nacl-{digits10}",
        references=(_in_acl(),),
        create_only=frozenset(
            {
                "networkAclId",
                "ruleNumber",
                "egress",
                "protocol",
                "ruleAction",
                "cidrBlock",
                "ipv6CidrBlock",
                "fromPort",
                "toPort",
                "icmpType",
                "icmpCode",
            }
        ),
        enums={"ruleAction": ("allow", "deny")},
        rules=(_rule,),
        source=API,
    ),
    ResourceType(
        token=tokens.NETWORK_ACL_ASSOCIATION,
        kind="network ACL association",
        identifier="aclassoc-{hex17}",
        references=(_in_acl(), in_subnet(holds=False)),
        create_only=frozenset({"networkAclId", "subnetId"}),
        source=API,
    ),
    ResourceType(
        token=tokens.DHCP_OPTIONS,
        kind="DHCP options set",
        identifier="dopt-{hex17}",
        arn="arn:aws:ec2:{region}:{account}:dhcp-options/{id}",
        create_only=frozenset(
            {"domainName", "domainNameServers", "ntpServers", "netbiosNameServers", "netbiosNodeType"}
        ),
        outputs=lambda context: {"ownerId": context.account},
        source=API,
    ),
    ResourceType(
        token=tokens.DHCP_OPTIONS_ASSOCIATION,
        kind="DHCP options association",
        identifier="{dhcpOptionsId}-{vpcId}",
        references=(
            in_vpc(holds=False),
            Reference(
                "dhcpOptionsId",
                tokens.DHCP_OPTIONS,
                "InvalidDhcpOptionsID.NotFound",
                message="The dhcpOptions ID '{value}' does not exist",
                holds=True,
                allow="default",
            ),
        ),
        create_only=frozenset({"vpcId"}),
        source=API,
    ),
)
