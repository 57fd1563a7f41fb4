"""Rules of the network: nothing administrative open to the world, and every connection recorded."""

from collections.abc import Iterable, Iterator

from pulumi_policy import PolicyResource, ResourceValidationArgs

from policies.rule import is_everywhere, resource_rule, stack_rule

INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
VPC = "aws:ec2/vpc:Vpc"
FLOW_LOG = "aws:ec2/flowLog:FlowLog"
GUARDED_PORTS = {
    22: "SSH",
    3306: "MariaDB",
    3389: "RDP",
    5432: "PostgreSQL",
    6379: "Redis",
    7000: "Cassandra",
    8001: "the gateway's administration",
    9042: "Cassandra",
    10250: "the kubelet",
}
"""Ports that must never be open to the whole internet, with who listens there."""


def _nothing_guarded_open(args: ResourceValidationArgs) -> Iterator[str]:
    props = args.props
    if not any(is_everywhere(cidr) for cidr in (props.get("cidrIpv4"), props.get("cidrIpv6")) if cidr):
        return
    everything = props.get("ipProtocol") == "-1"
    first, last = (0, 65535) if everything else (props.get("fromPort", 0), props.get("toPort", 65535))
    for port, service in GUARDED_PORTS.items():
        if first <= port <= last:
            yield f"port {port} ({service}) is open to the whole internet"


def _flows_recorded(resources: list[PolicyResource]) -> Iterable[tuple[PolicyResource, str]]:
    recorded = {
        vpc.urn
        for log in resources
        if log.resource_type == FLOW_LOG
        for vpc in log.property_dependencies.get("vpcId", ())
    }
    for vpc in resources:
        if vpc.resource_type == VPC and vpc.urn not in recorded:
            yield vpc, "no flow log records the connections of this VPC"


NETWORK_POLICIES = (
    resource_rule(
        "security-group-guarded",
        "Administration, databases and the kubelet are never open to the whole internet.",
        (INGRESS_RULE,),
        _nothing_guarded_open,
        fix="Name the source: a security group, or the ranges that need it.",
    ),
    stack_rule(
        "vpc-flows-recorded",
        "Every VPC has a flow log.",
        _flows_recorded,
        fix="Set network.flow_logs.enabled to true.",
    ),
)
