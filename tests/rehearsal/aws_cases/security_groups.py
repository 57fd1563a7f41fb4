"""Security groups and their rules."""

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import GROUP, OTHER_GROUP, OTHER_VPC, SUBNET, VPC, Aws, make_group, make_vpc


def _rule(**inputs: object) -> Step:
    return Step(
        tokens.INGRESS_RULE,
        "wrong",
        {"securityGroupId": "${group.id}", "ipProtocol": "tcp", "fromPort": 443, "toPort": 443, **inputs},
    )


def _authorize(aws: Aws, group: str, **source: object) -> None:
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}], **source}
    aws("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])


def _authorize_new(aws: Aws, **source: object) -> None:
    _authorize(aws, make_group(aws, make_vpc(aws)), **source)


def _authorize_twice(aws: Aws) -> None:
    group = make_group(aws, make_vpc(aws))
    for _ in range(2):
        _authorize(aws, group)


def _authorize_often(aws: Aws) -> None:
    group = make_group(aws, make_vpc(aws))
    _authorize(aws, group, IpRanges=[{"CidrIp": f"10.0.{i}.0/24"} for i in range(61)])


def _make_group_twice(aws: Aws) -> None:
    vpc = make_vpc(aws)
    for _ in range(2):
        make_group(aws, vpc)


RULE = Step(
    tokens.INGRESS_RULE,
    "rule",
    {"securityGroupId": "${group.id}", "ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIpv4": "10.0.0.0/8"},
)


SECOND_GROUP = Step(tokens.SECURITY_GROUP, "clients", {"vpcId": "${vpc.id}", "name": "clients"})


FROM_CLIENTS = Step(
    tokens.INGRESS_RULE,
    "clients_rule",
    {
        "securityGroupId": "${group.id}",
        "ipProtocol": "tcp",
        "fromPort": 80,
        "toPort": 80,
        "referencedSecurityGroupId": "${clients.id}",
    },
)


MANY = tuple(
    Step(
        tokens.INGRESS_RULE,
        f"rule{i}",
        {
            "securityGroupId": "${group.id}",
            "ipProtocol": "tcp",
            "fromPort": 443,
            "toPort": 443,
            "cidrIpv4": f"10.0.{i}.0/24",
        },
    )
    for i in range(60)
)


INSTANCE = Step(
    tokens.INSTANCE,
    "server",
    {
        "ami": "ami-0123456789abcdef0",
        "instanceType": "m7i.large",
        "subnetId": "${subnet.id}",
        "vpcSecurityGroupIds": ["${group.id}"],
    },
)


CASES: tuple[Case, ...] = (
    Case(
        "EC2",
        "security group in a VPC that does not exist",
        Step(tokens.SECURITY_GROUP, "wrong", {"vpcId": "vpc-0123456789abcdef0"}),
        "InvalidVpcID.NotFound",
    ),
    Case(
        "EC2",
        "security group name that begins with sg-",
        Step(tokens.SECURITY_GROUP, "wrong", {"vpcId": "${vpc.id}", "name": "sg-gateways"}),
        "InvalidParameterValue",
        given=(VPC,),
        path="name",
    ),
    Case(
        "EC2",
        "security group name with characters that are not allowed",
        Step(tokens.SECURITY_GROUP, "wrong", {"vpcId": "${vpc.id}", "name": "group?"}),
        "InvalidParameterValue",
        given=(VPC,),
        path="name",
    ),
    Case(
        "EC2",
        "security group description with characters that are not allowed",
        Step(tokens.SECURITY_GROUP, "wrong", {"vpcId": "${vpc.id}", "description": "käse"}),
        "InvalidParameterValue",
        given=(VPC,),
        path="description",
    ),
    Case(
        "EC2",
        "second security group of a name",
        Step(tokens.SECURITY_GROUP, "wrong", {"vpcId": "${vpc.id}", "name": "group"}),
        "InvalidGroup.Duplicate",
        given=(VPC, GROUP),
        path="name",
        moto=_make_group_twice,
    ),
    Case(
        "EC2",
        "security group deleted while a rule of another names it",
        SECOND_GROUP,
        "DependencyViolation",
        given=(VPC, GROUP, SECOND_GROUP, FROM_CLIENTS),
        operation="delete",
    ),
    Case(
        "EC2",
        "security group deleted while an instance uses it",
        GROUP,
        "DependencyViolation",
        given=(VPC, SUBNET, GROUP, INSTANCE),
        operation="delete",
    ),
    Case(
        "EC2",
        "rule of a group that does not exist",
        _rule(securityGroupId="sg-0123456789abcdef0", cidrIpv4="10.0.0.0/8"),
        "InvalidGroup.NotFound",
        given=(VPC, GROUP),
        path="securityGroupId",
        moto=lambda aws: _authorize(aws, "sg-0123456789abcdef0"),
    ),
    Case(
        "EC2",
        "rule from a group that does not exist",
        _rule(referencedSecurityGroupId="sg-0123456789abcdef0"),
        "InvalidGroup.NotFound",
        given=(VPC, GROUP),
        path="referencedSecurityGroupId",
        moto=lambda aws: _authorize_new(aws, IpRanges=[], UserIdGroupPairs=[{"GroupId": "sg-0123456789abcdef0"}]),
    ),
    Case(
        "EC2",
        "rule from a group of another VPC",
        _rule(referencedSecurityGroupId="${stranger.id}"),
        "InvalidGroup.NotFound",
        given=(VPC, GROUP, OTHER_VPC, OTHER_GROUP),
    ),
    Case(
        "EC2",
        "rule from a range that is no range",
        _rule(cidrIpv4="10.0.0.0/33"),
        "InvalidParameterValue",
        given=(VPC, GROUP),
        path="cidrIpv4",
        moto=lambda aws: _authorize_new(aws, IpRanges=[{"CidrIp": "10.0.0.0/33"}]),
    ),
    Case(
        "EC2",
        "rule from a range with host bits",
        _rule(cidrIpv4="10.0.0.5/24"),
        "CheckFailure",
        given=(VPC, GROUP),
        path="cidrIpv4",
    ),
    Case("EC2", "rule without a source", _rule(), "CheckFailure", given=(VPC, GROUP)),
    Case(
        "EC2",
        "rule with two sources",
        _rule(cidrIpv4="10.0.0.0/8", referencedSecurityGroupId="${group.id}"),
        "CheckFailure",
        given=(VPC, GROUP),
    ),
    Case(
        "EC2",
        "rule whose first port is above the last",
        _rule(fromPort=90, toPort=80, cidrIpv4="10.0.0.0/8"),
        "InvalidParameterValue",
        given=(VPC, GROUP),
        path="fromPort",
    ),
    Case(
        "EC2",
        "rule with a port above 65535",
        _rule(fromPort=443, toPort=70000, cidrIpv4="10.0.0.0/8"),
        "InvalidParameterValue",
        given=(VPC, GROUP),
        path="toPort",
    ),
    Case(
        "EC2",
        "rule with a protocol that does not exist",
        _rule(ipProtocol="sctpx", cidrIpv4="10.0.0.0/8"),
        "InvalidParameterValue",
        given=(VPC, GROUP),
        path="ipProtocol",
    ),
    Case(
        "EC2",
        "rule for TCP without ports",
        Step(
            tokens.EGRESS_RULE,
            "wrong",
            {"securityGroupId": "${group.id}", "ipProtocol": "tcp", "cidrIpv4": "0.0.0.0/0"},
        ),
        "InvalidParameterValue",
        given=(VPC, GROUP),
    ),
    Case(
        "EC2",
        "rule for all protocols with ports",
        _rule(ipProtocol="-1", cidrIpv4="10.0.0.0/8"),
        "CheckFailure",
        given=(VPC, GROUP),
    ),
    Case(
        "EC2",
        "rule that the group has already",
        _rule(cidrIpv4="10.0.0.0/8", description="again"),
        "InvalidPermission.Duplicate",
        given=(VPC, GROUP, RULE),
        moto=_authorize_twice,
    ),
    Case(
        "EC2",
        "sixty-first rule of a group",
        _rule(cidrIpv4="10.1.0.0/24"),
        "RulesPerSecurityGroupLimitExceeded",
        given=(VPC, GROUP, *MANY),
        moto=_authorize_often,
    ),
    Case(
        "EC2",
        "rule of a prefix list that does not exist",
        _rule(prefixListId="pl-0123456789abcdef0"),
        "InvalidPrefixListID.NotFound",
        given=(VPC, GROUP),
    ),
    Case(
        "EC2",
        "older rule without source",
        Step(
            tokens.SECURITY_GROUP_RULE,
            "wrong",
            {"securityGroupId": "${group.id}", "type": "ingress", "protocol": "tcp", "fromPort": 1, "toPort": 2},
        ),
        "CheckFailure",
        given=(VPC, GROUP),
    ),
    Case(
        "EC2",
        "older rule of a direction that does not exist",
        Step(
            tokens.SECURITY_GROUP_RULE,
            "wrong",
            {
                "securityGroupId": "${group.id}",
                "type": "inbound",
                "protocol": "tcp",
                "fromPort": 1,
                "toPort": 2,
                "cidrBlocks": ["10.0.0.0/8"],
            },
        ),
        "InvalidParameterValue",
        given=(VPC, GROUP),
        path="type",
    ),
    Case(
        "EC2",
        "older rule that a newer one has already",
        Step(
            tokens.SECURITY_GROUP_RULE,
            "wrong",
            {
                "securityGroupId": "${group.id}",
                "type": "ingress",
                "protocol": "tcp",
                "fromPort": 443,
                "toPort": 443,
                "cidrBlocks": ["10.0.0.0/8"],
            },
        ),
        "InvalidPermission.Duplicate",
        given=(VPC, GROUP, RULE),
    ),
)
