"""Keys, aliases, replicas and grants."""

import json

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import KEY, Aws


def _policy(principal: str, action: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _key(**inputs: object) -> Step:
    return Step(tokens.KEY, "wrong", inputs)


def _alias(**inputs: object) -> Step:
    return Step(tokens.KEY_ALIAS, "wrong", {"targetKeyId": "${key.keyId}", **inputs})


def _alias_twice(aws: Aws) -> None:
    key = aws("kms").create_key()["KeyMetadata"]["KeyId"]
    for _ in range(2):
        aws("kms").create_alias(AliasName="alias/apim", TargetKeyId=key)


ROOT = "arn:aws:iam::111122223333:root"
GLOBAL_KEY = Step(tokens.KEY, "primary", {"multiRegion": True})

CASES: tuple[Case, ...] = (
    Case(
        "KMS", "key policy that is no JSON", _key(policy="everyone"), "MalformedPolicyDocumentException", path="policy"
    ),
    Case(
        "KMS",
        "key policy without a principal",
        _key(
            policy=json.dumps(
                {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}
            )
        ),
        "MalformedPolicyDocumentException",
    ),
    Case(
        "KMS",
        "key policy that locks its owner out",
        _key(policy=_policy(ROOT, "kms:Decrypt")),
        "MalformedPolicyDocumentException",
    ),
    Case(
        "KMS",
        "key policy with a role that does not exist",
        _key(policy=_policy("arn:aws:iam::111122223333:role/none", "kms:*")),
        "MalformedPolicyDocumentException",
    ),
    Case(
        "KMS",
        "deletion window of three days",
        _key(deletionWindowInDays=3),
        "ValidationException",
        path="deletionWindowInDays",
    ),
    Case(
        "KMS",
        "rotation period of thirty days",
        _key(enableKeyRotation=True, rotationPeriodInDays=30),
        "ValidationException",
        path="rotationPeriodInDays",
    ),
    Case("KMS", "key specification that does not exist", _key(customerMasterKeySpec="AES_256"), "ValidationException"),
    Case(
        "KMS",
        "usage that the key specification does not have",
        _key(customerMasterKeySpec="ECC_NIST_P256", keyUsage="ENCRYPT_DECRYPT"),
        "ValidationException",
    ),
    Case(
        "KMS",
        "rotation of an asymmetric key",
        _key(customerMasterKeySpec="RSA_4096", enableKeyRotation=True),
        "UnsupportedOperationException",
    ),
    Case(
        "KMS",
        "alias without its prefix",
        _alias(name="apim"),
        "ValidationException",
        given=(KEY,),
        path="name",
        moto=lambda aws: aws("kms").create_alias(
            AliasName="apim", TargetKeyId=aws("kms").create_key()["KeyMetadata"]["KeyId"]
        ),
    ),
    Case(
        "KMS",
        "alias in AWS's own name space",
        _alias(name="alias/aws/apim"),
        "NotAuthorizedException",
        given=(KEY,),
        path="name",
    ),
    Case(
        "KMS",
        "alias of a key that does not exist",
        _alias(targetKeyId="11111111-1111-4111-a111-111111111111"),
        "NotFoundException",
        given=(KEY,),
        path="targetKeyId",
        moto=lambda aws: aws("kms").create_alias(
            AliasName="alias/apim", TargetKeyId="11111111-1111-4111-a111-111111111111"
        ),
    ),
    Case(
        "KMS",
        "second alias of a name",
        _alias(name="alias/apim"),
        "AlreadyExistsException",
        given=(KEY, Step(tokens.KEY_ALIAS, "first", {"name": "alias/apim", "targetKeyId": "${key.keyId}"})),
        moto=_alias_twice,
    ),
    Case(
        "KMS",
        "replica of a key that is not multi-region",
        Step(tokens.REPLICA_KEY, "wrong", {"primaryKeyArn": "${key.arn}", "region": "eu-west-1"}),
        "UnsupportedOperationException",
        given=(KEY,),
    ),
    Case(
        "KMS",
        "replica in the primary key's own region",
        Step(tokens.REPLICA_KEY, "wrong", {"primaryKeyArn": "${primary.arn}"}),
        "ValidationException",
        given=(GLOBAL_KEY,),
    ),
    Case(
        "KMS",
        "second replica in a region",
        Step(tokens.REPLICA_KEY, "wrong", {"primaryKeyArn": "${primary.arn}", "region": "eu-west-1"}),
        "AlreadyExistsException",
        given=(
            GLOBAL_KEY,
            Step(tokens.REPLICA_KEY, "first", {"primaryKeyArn": "${primary.arn}", "region": "eu-west-1"}),
        ),
    ),
    Case(
        "KMS",
        "grant of an operation that does not exist",
        Step(tokens.GRANT, "wrong", {"keyId": "${key.keyId}", "granteePrincipal": ROOT, "operations": ["Read"]}),
        "ValidationException",
        given=(KEY,),
    ),
    Case(
        "KMS",
        "grant to a role that does not exist",
        Step(
            tokens.GRANT,
            "wrong",
            {
                "keyId": "${key.keyId}",
                "granteePrincipal": "arn:aws:iam::111122223333:role/none",
                "operations": ["Decrypt"],
            },
        ),
        "InvalidArnException",
        given=(KEY,),
    ),
)
