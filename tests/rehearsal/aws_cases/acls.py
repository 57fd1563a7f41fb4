"""Network ACLs and flow logs."""

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import ROLE, VPC


def _flow_log(**inputs: object) -> Step:
    return Step(tokens.FLOW_LOG, "wrong", {"vpcId": "${vpc.id}", "trafficType": "ALL", **inputs})


def _acl_rule(**inputs: object) -> Step:
    return Step(
        tokens.NETWORK_ACL_RULE,
        "wrong",
        {
            "networkAclId": "${acl.id}",
            "ruleNumber": 100,
            "protocol": "tcp",
            "ruleAction": "allow",
            "cidrBlock": "0.0.0.0/0",
            "fromPort": 1,
            "toPort": 2,
            **inputs,
        },
    )


ACL = Step(tokens.NETWORK_ACL, "acl", {"vpcId": "${vpc.id}"})


CASES: tuple[Case, ...] = (
    Case(
        "EC2",
        "ACL rule with a number above 32766",
        _acl_rule(ruleNumber=40000),
        "InvalidParameterValue",
        given=(VPC, ACL),
        path="ruleNumber",
    ),
    Case(
        "EC2",
        "second ACL rule of a number",
        _acl_rule(),
        "NetworkAclEntryAlreadyExists",
        given=(VPC, ACL, Step(tokens.NETWORK_ACL_RULE, "first", _acl_rule().inputs)),
    ),
    Case(
        "EC2",
        "ACL rule of an ACL that does not exist",
        _acl_rule(networkAclId="acl-0123456789abcdef0"),
        "InvalidNetworkAclID.NotFound",
        given=(VPC, ACL),
    ),
    Case(
        "EC2",
        "flow log without a destination",
        _flow_log(iamRoleArn="${role.arn}"),
        "InvalidParameter",
        given=(VPC, ROLE),
        path="logDestination",
    ),
    Case(
        "EC2",
        "flow log to CloudWatch without a role",
        _flow_log(logDestination="arn:aws:logs:eu-central-1:111122223333:log-group:flows"),
        "InvalidParameter",
        given=(VPC,),
        path="iamRoleArn",
    ),
    Case(
        "EC2",
        "flow log with a role that does not exist",
        _flow_log(
            logDestination="arn:aws:logs:eu-central-1:111122223333:log-group:flows",
            iamRoleArn="arn:aws:iam::111122223333:role/none",
        ),
        "InvalidParameter",
        given=(VPC,),
        path="iamRoleArn",
    ),
    Case(
        "EC2",
        "flow log to a bucket that does not exist",
        _flow_log(logDestinationType="s3", logDestination="arn:aws:s3:::missing-bucket"),
        "LogDestinationNotFoundException",
        given=(VPC,),
        path="logDestination",
    ),
    Case(
        "EC2",
        "flow log of traffic that does not exist",
        _flow_log(trafficType="SOME", logDestinationType="s3", logDestination="arn:aws:s3:::missing-bucket"),
        "InvalidParameterValue",
        given=(VPC,),
        path="trafficType",
    ),
    Case(
        "EC2",
        "flow log interval that does not exist",
        _flow_log(maxAggregationInterval=300, logDestinationType="s3", logDestination="arn:aws:s3:::missing-bucket"),
        "InvalidParameterValue",
        given=(VPC,),
        path="maxAggregationInterval",
    ),
    Case("EC2", "flow log without a source", Step(tokens.FLOW_LOG, "wrong", {"trafficType": "ALL"}), "CheckFailure"),
)
