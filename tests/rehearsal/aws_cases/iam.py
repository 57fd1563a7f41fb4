"""Roles, policies and what joins them."""

import json

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import POLICY, READ, ROLE, TRUST, Aws, make_role


def _trust(**statement: object) -> str:
    whole = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole", **statement}
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{key: value for key, value in whole.items() if value is not None}]}
    )


def _document(**statement: object) -> str:
    whole = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **statement}
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{key: value for key, value in whole.items() if value is not None}]}
    )


def _role(trust: str = TRUST, **inputs: object) -> Step:
    return Step(tokens.ROLE, "wrong", {"assumeRolePolicy": trust, **inputs})


def _attach(policy: str, role: str = "role") -> Step:
    return Step(tokens.ROLE_POLICY_ATTACHMENT, "wrong", {"role": role, "policyArn": policy})


def _role_twice(aws: Aws) -> None:
    for _ in range(2):
        make_role(aws)


def _attach_missing(aws: Aws) -> None:
    make_role(aws)
    aws("iam").attach_role_policy(RoleName="role", PolicyArn="arn:aws:iam::aws:policy/AmazonEKSClusterPolicies")


def _delete_attached(aws: Aws) -> None:
    make_role(aws)
    policy = aws("iam").create_policy(PolicyName="policy", PolicyDocument=READ)["Policy"]["Arn"]
    aws("iam").attach_role_policy(RoleName="role", PolicyArn=policy)
    aws("iam").delete_role(RoleName="role")


def _policy_twice(aws: Aws) -> None:
    for _ in range(2):
        aws("iam").create_policy(PolicyName="policy", PolicyDocument=READ)


ATTACHED = Step(tokens.ROLE_POLICY_ATTACHMENT, "attached", {"role": "${role.name}", "policyArn": "${policy.arn}"})
ISSUER = "https://oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
MANAGED = (
    "AmazonEKSClusterPolicy", "AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryPullOnly", "AmazonS3ReadOnlyAccess",
    "AmazonSSMManagedInstanceCore", "CloudWatchAgentServerPolicy", "AmazonRoute53FullAccess", "AmazonSQSFullAccess", "AmazonSNSFullAccess",
)  # fmt: skip

CASES: tuple[Case, ...] = (
    Case("IAM", "trust policy that is no JSON", _role("ec2"), "MalformedPolicyDocument", path="assumeRolePolicy"),
    Case("IAM", "trust policy with a resource", _role(_trust(Resource="*")), "MalformedPolicyDocument"),
    Case("IAM", "trust policy without a principal", _role(_trust(Principal=None)), "MalformedPolicyDocument"),
    Case(
        "IAM",
        "trust policy with a service that is no principal",
        _role(_trust(Principal={"Service": "ec2"})),
        "MalformedPolicyDocument",
    ),
    Case(
        "IAM",
        "trust policy with a role that does not exist",
        _role(_trust(Principal={"AWS": "arn:aws:iam::111122223333:role/none"})),
        "MalformedPolicyDocument",
    ),
    Case(
        "IAM",
        "trust policy with a kind of principal that does not exist",
        _role(_trust(Principal={"Group": "admins"})),
        "MalformedPolicyDocument",
    ),
    Case(
        "IAM",
        "policy version that does not exist",
        _role(TRUST.replace("2012-10-17", "2026-11-21")),
        "MalformedPolicyDocument",
    ),
    Case("IAM", "effect that does not exist", _role(_trust(Effect="Permit")), "MalformedPolicyDocument"),
    Case(
        "IAM",
        "condition operator that does not exist",
        _role(_trust(Condition={"StringIs": {"aws:SourceAccount": "1"}})),
        "MalformedPolicyDocument",
    ),
    Case("IAM", "role name of more than 64 characters", _role(name="r" * 65), "ValidationError", path="name"),
    Case(
        "IAM", "role name with characters that are not allowed", _role(name="my role"), "ValidationError", path="name"
    ),
    Case("IAM", "second role of a name", _role(name="role"), "EntityAlreadyExists", given=(ROLE,), moto=_role_twice),
    Case(
        "IAM",
        "session of more than twelve hours",
        _role(maxSessionDuration=50000),
        "ValidationError",
        path="maxSessionDuration",
    ),
    Case(
        "IAM",
        "managed policy that does not exist in a role",
        _role(managedPolicyArns=["arn:aws:iam::aws:policy/None"]),
        "NoSuchEntity",
    ),
    Case(
        "IAM",
        "role deleted with a policy attached",
        ROLE,
        "DeleteConflict",
        given=(ROLE, POLICY, ATTACHED),
        operation="delete",
        moto=_delete_attached,
    ),
    Case(
        "IAM",
        "role deleted with an inline policy",
        ROLE,
        "DeleteConflict",
        given=(ROLE, Step(tokens.ROLE_POLICY, "inline", {"role": "${role.name}", "policy": READ})),
        operation="delete",
    ),
    Case(
        "IAM",
        "role deleted while an instance profile has it",
        ROLE,
        "DeleteConflict",
        given=(ROLE, Step(tokens.INSTANCE_PROFILE, "profile", {"role": "${role.name}"})),
        operation="delete",
    ),
    Case(
        "IAM",
        "policy deleted while attached",
        POLICY,
        "DeleteConflict",
        given=(ROLE, POLICY, ATTACHED),
        operation="delete",
    ),
    Case(
        "IAM",
        "attachment to a role that does not exist",
        _attach("arn:aws:iam::aws:policy/ReadOnlyAccess", "none"),
        "NoSuchEntity",
        path="role",
        moto=lambda aws: aws("iam").attach_role_policy(
            RoleName="none", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess"
        ),
    ),
    Case(
        "IAM",
        "attachment of a policy that does not exist",
        _attach("arn:aws:iam::aws:policy/AmazonEKSClusterPolicies"),
        "NoSuchEntity",
        given=(ROLE,),
        path="policyArn",
        moto=_attach_missing,
    ),
    Case(
        "IAM",
        "eleventh policy of a role",
        _attach("arn:aws:iam::aws:policy/ReadOnlyAccess"),
        "LimitExceeded",
        given=(
            ROLE,
            *(
                Step(
                    tokens.ROLE_POLICY_ATTACHMENT,
                    f"a{i}",
                    {"role": "role", "policyArn": f"arn:aws:iam::aws:policy/{name}"},
                )
                for i, name in enumerate(MANAGED)
            ),
        ),
    ),
    Case(
        "IAM",
        "policy that is no JSON",
        Step(tokens.POLICY, "wrong", {"policy": "{"}),
        "MalformedPolicyDocument",
        path="policy",
        moto=lambda aws: aws("iam").create_policy(PolicyName="policy", PolicyDocument="{"),
    ),
    Case(
        "IAM",
        "policy with a principal",
        Step(tokens.POLICY, "wrong", {"policy": _document(Principal="*")}),
        "MalformedPolicyDocument",
    ),
    Case(
        "IAM",
        "policy without a resource",
        Step(tokens.POLICY, "wrong", {"policy": _document(Resource=None)}),
        "MalformedPolicyDocument",
        moto=lambda aws: aws("iam").create_policy(PolicyName="policy", PolicyDocument=_document(Resource=None)),
    ),
    Case(
        "IAM",
        "policy with a resource that is no ARN",
        Step(tokens.POLICY, "wrong", {"policy": _document(Resource="bucket")}),
        "MalformedPolicyDocument",
        moto=lambda aws: aws("iam").create_policy(PolicyName="policy", PolicyDocument=_document(Resource="bucket")),
    ),
    Case(
        "IAM",
        "action without a service",
        Step(tokens.POLICY, "wrong", {"policy": _document(Action="GetObject")}),
        "MalformedPolicyDocument",
        moto=lambda aws: aws("iam").create_policy(PolicyName="policy", PolicyDocument=_document(Action="GetObject")),
    ),
    Case(
        "IAM",
        "policy longer than 6144 characters",
        Step(
            tokens.POLICY,
            "wrong",
            {"policy": _document(Resource=[f"arn:aws:s3:::bucket-number-{i}/*" for i in range(250)])},
        ),
        "LimitExceeded",
    ),
    Case(
        "IAM",
        "second policy of a name",
        Step(tokens.POLICY, "wrong", {"name": "policy", "policy": READ}),
        "EntityAlreadyExists",
        given=(POLICY,),
        moto=_policy_twice,
    ),
    Case(
        "IAM",
        "inline policy of a role that does not exist",
        Step(tokens.ROLE_POLICY, "wrong", {"role": "none", "policy": READ}),
        "NoSuchEntity",
        moto=lambda aws: aws("iam").put_role_policy(RoleName="none", PolicyName="inline", PolicyDocument=READ),
    ),
    Case(
        "IAM",
        "instance profile of a role that does not exist",
        Step(tokens.INSTANCE_PROFILE, "wrong", {"role": "none"}),
        "NoSuchEntity",
    ),
    Case(
        "IAM",
        "identity provider without https",
        Step(tokens.OIDC_PROVIDER, "wrong", {"url": ISSUER[8:], "clientIdLists": ["sts.amazonaws.com"]}),
        "ValidationError",
        moto=lambda aws: aws("iam").create_open_id_connect_provider(Url=ISSUER[8:], ThumbprintList=["a" * 40]),
    ),
    Case(
        "IAM",
        "second identity provider of an issuer",
        Step(tokens.OIDC_PROVIDER, "wrong", {"url": ISSUER, "clientIdLists": ["sts.amazonaws.com"]}),
        "EntityAlreadyExists",
        given=(Step(tokens.OIDC_PROVIDER, "issuer", {"url": ISSUER, "clientIdLists": ["sts.amazonaws.com"]}),),
        moto=lambda aws: [
            aws("iam").create_open_id_connect_provider(Url=ISSUER, ThumbprintList=["a" * 40]) for _ in range(2)
        ],
    ),
    Case(
        "IAM",
        "second service-linked role of a service",
        Step(tokens.SERVICE_LINKED_ROLE, "wrong", {"awsServiceName": "elasticloadbalancing.amazonaws.com"}),
        "InvalidInput",
        given=(Step(tokens.SERVICE_LINKED_ROLE, "elb", {"awsServiceName": "elasticloadbalancing.amazonaws.com"}),),
    ),
)
