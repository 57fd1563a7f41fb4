"""What the provider itself refuses, whatever the service."""

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import GROUP, VPC

CASES: tuple[Case, ...] = (
    Case(
        "provider",
        "required input left out",
        Step(tokens.SUBNET, "wrong", {"cidrBlock": "10.0.0.0/24"}),
        "CheckFailure",
        path="vpcId",
    ),
    Case(
        "provider",
        "input that does not exist",
        Step(tokens.VPC, "wrong", {"cidr": "10.0.0.0/16"}),
        "CheckFailure",
        path="cidr",
    ),
    Case(
        "provider",
        "misspelt input inside an object",
        Step(tokens.LAUNCH_TEMPLATE, "wrong", {"metadataOptions": {"httpToken": "required"}}),
        "CheckFailure",
        path="metadataOptions.httpToken",
    ),
    Case(
        "provider",
        "misspelt input inside a list",
        Step(
            tokens.LAUNCH_TEMPLATE,
            "wrong",
            {"blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"encripted": "true"}}]},
        ),
        "CheckFailure",
        path="blockDeviceMappings[0].ebs.encripted",
    ),
    Case(
        "provider",
        "required input inside an object left out",
        Step(tokens.DEFAULT_SECURITY_GROUP, "wrong", {"ingress": [{"protocol": "tcp"}]}),
        "CheckFailure",
        path="ingress[0].fromPort",
    ),
    Case(
        "provider",
        "list where one value belongs",
        Step(tokens.VPC, "wrong", {"cidrBlock": ["10.0.0.0/16"]}),
        "CheckFailure",
        path="cidrBlock",
    ),
    Case(
        "provider",
        "one value where a list belongs",
        Step(
            tokens.VPC_ENDPOINT,
            "wrong",
            {"vpcId": "${vpc.id}", "serviceName": "com.amazonaws.eu-central-1.s3", "routeTableIds": "rtb-1"},
        ),
        "CheckFailure",
        given=(VPC,),
        path="routeTableIds",
    ),
    Case(
        "provider",
        "text where a number belongs",
        Step(
            tokens.INGRESS_RULE,
            "wrong",
            {
                "securityGroupId": "${group.id}",
                "ipProtocol": "tcp",
                "fromPort": "https",
                "toPort": 443,
                "cidrIpv4": "10.0.0.0/8",
            },
        ),
        "CheckFailure",
        given=(VPC, GROUP),
        path="fromPort",
    ),
    Case(
        "provider",
        "text where true or false belongs",
        Step(tokens.VPC, "wrong", {"cidrBlock": "10.0.0.0/16", "enableDnsSupport": "yes"}),
        "CheckFailure",
        path="enableDnsSupport",
    ),
    Case(
        "provider",
        "fraction where a whole number belongs",
        Step(tokens.KEY, "wrong", {"deletionWindowInDays": 7.5}),
        "CheckFailure",
        path="deletionWindowInDays",
    ),
    Case(
        "provider",
        "region that does not exist",
        Step(tokens.VPC, "wrong", {"cidrBlock": "10.0.0.0/16", "region": "eu-central-9"}),
        "CheckFailure",
        path="region",
    ),
    Case(
        "provider",
        "region on a type that has none",
        Step(tokens.ROLE, "wrong", {"assumeRolePolicy": "{}", "region": "eu-west-1"}),
        "CheckFailure",
        path="region",
    ),
    Case(
        "provider",
        "automatic name that becomes too long",
        Step(tokens.ROLE, "r" * 60, {"assumeRolePolicy": "{}"}),
        "CheckFailure",
        path="name",
    ),
    Case(
        "provider",
        "name and name prefix together",
        Step(tokens.SECURITY_GROUP, "wrong", {"vpcId": "${vpc.id}", "name": "a", "namePrefix": "b"}),
        "CheckFailure",
        given=(VPC,),
    ),
)
