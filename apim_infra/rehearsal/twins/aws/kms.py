"""Rows of KMS."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.iam.documents import read_document, strings
from apim_infra.rehearsal.twins.aws.iam.rules import document, existing_principals
from apim_infra.rehearsal.twins.aws.inquiries import Answer, Inquiry
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType
from apim_infra.rehearsal.twins.aws.templates import uuid_of
from apim_infra.rehearsal.twins.cloud.values import is_mapping

API = "AWS KMS API reference, 2026"
MALFORMED = "MalformedPolicyDocumentException"
ENCRYPTING = "SYMMETRIC_DEFAULT"
USAGES: Mapping[str, tuple[str, ...]] = {
    "SYMMETRIC_DEFAULT": ("ENCRYPT_DECRYPT",),
    "RSA_": ("ENCRYPT_DECRYPT", "SIGN_VERIFY"),
    "ECC_": ("SIGN_VERIFY", "KEY_AGREEMENT"),
    "ML_DSA_": ("SIGN_VERIFY",),
    "HMAC_": ("GENERATE_VERIFY_MAC",),
    "SM2": ("ENCRYPT_DECRYPT", "SIGN_VERIFY", "KEY_AGREEMENT"),
}
"""Usages by the beginning of the key specification (KMS API reference, CreateKey)."""
SPECIFICATIONS = (
    "SYMMETRIC_DEFAULT", "RSA_2048", "RSA_3072", "RSA_4096", "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1",
    "ECC_NIST_EDWARDS25519", "HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512", "ML_DSA_44", "ML_DSA_65", "ML_DSA_87", "SM2",
)  # fmt: skip
LONGEST_POLICY = 32768
"""Bytes of a key policy (KMS developer guide, quotas)."""
KEY_DOCUMENT = document("policy", "resource", MALFORMED, LONGEST_POLICY, exceeded="LimitExceededException")
OPERATIONS = (
    "Encrypt", "Decrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext",
    "ReEncryptFrom", "ReEncryptTo", "CreateGrant", "RetireGrant", "DescribeKey", "GetPublicKey", "Sign", "Verify", "GenerateMac", "VerifyMac",
    "DeriveSharedSecret",
)  # fmt: skip


def _lock_out(context: Context) -> Iterator[Problem]:
    """Refuse a policy that leaves no one who may change it: neither the account's root nor whoever makes the request."""
    if context.inputs.get("bypassPolicyLockoutSafetyCheck"):
        return
    for text in context.get("policy"):
        found = read_document(str(text), "resource")
        if not found.faults and not any(_may_change(statement) for statement in found.statements):
            message = "The new key policy will not allow you to update the key policy in the future."
            hint = f"allow arn:aws:iam::{context.account}:root the action kms:*"
            yield context.problem(MALFORMED, message, "policy", hint)


def _may_change(statement: Mapping[str, Any]) -> bool:
    actions = [action.lower() for action in strings(statement.get("Action"))]
    allowed = any(action in ("*", "kms:*", "kms:putkeypolicy", "kms:put*") for action in actions) or bool(
        statement.get("NotAction")
    )
    principal = statement.get("Principal")
    named = strings(principal.get("AWS")) if is_mapping(principal) else ["*"] if principal == "*" else []
    return statement.get("Effect") == "Allow" and allowed and bool(named)


def _key_use(context: Context) -> Iterator[Problem]:
    specification = str(context.inputs.get("customerMasterKeySpec", ENCRYPTING))
    usage = context.inputs.get("keyUsage", "ENCRYPT_DECRYPT")
    allowed = next((usages for start, usages in USAGES.items() if specification.startswith(start)), None)
    if allowed and usage not in allowed:
        message = f"The operation failed because the KeyUsage {usage} is not valid for the key spec {specification}."
        yield context.problem("ValidationException", message, "keyUsage", f"use {' or '.join(allowed)}")
    if context.inputs.get("enableKeyRotation") and specification != ENCRYPTING:
        message = f"{specification} keys cannot be rotated automatically"
        yield context.problem(
            "UnsupportedOperationException", message, "enableKeyRotation", "leave enableKeyRotation out"
        )
    if context.inputs.get("rotationPeriodInDays") and not context.inputs.get("enableKeyRotation"):
        message = '"rotation_period_in_days": all of `enable_key_rotation,rotation_period_in_days` must be specified'
        yield context.problem("CheckFailure", message, "rotationPeriodInDays", "set enableKeyRotation")


def _key_outputs(context: Context) -> Mapping[str, Any]:
    known = context.outputs.get("keyId")
    seed = f"{context.seed}/{context.urn}/{context.world.generations.get(context.urn, 0)}"
    key = known or (f"mrk-{uuid_of(seed).replace('-', '')}" if context.inputs.get("multiRegion") else uuid_of(seed))
    return {
        "keyId": key,
        "isEnabled": context.inputs.get("isEnabled", True),
        "enableKeyRotation": context.inputs.get("enableKeyRotation", False),
        "multiRegion": context.inputs.get("multiRegion", False),
        "keyUsage": context.inputs.get("keyUsage", "ENCRYPT_DECRYPT"),
        "customerMasterKeySpec": context.inputs.get("customerMasterKeySpec", ENCRYPTING),
        "policy": context.inputs.get("policy", ""),
    }


def _replica(context: Context) -> Iterator[Problem]:
    arn = context.value("primaryKeyArn")
    primary = context.find(tokens.KEY, arn, "arn", anywhere=True)
    if primary is None:
        return
    if not primary["multiRegion"]:
        message = f"{arn} is not a multi-region primary key"
        yield context.problem(
            "UnsupportedOperationException",
            message,
            "primaryKeyArn",
            "set multiRegion of the primary key (it replaces the key)",
        )
    if primary.region == context.region:
        message = f"the replica of {arn} must be in another region than {context.region}"
        yield context.problem("ValidationException", message, "region", "set region to the recovery region")
    for other in context.all(tokens.REPLICA_KEY, primaryKeyArn=arn):
        message = f"a replica {other.id} of the key exists in {context.region}"
        yield context.problem("AlreadyExistsException", message, "primaryKeyArn", "one replica a region")


def _replica_outputs(context: Context) -> Mapping[str, Any]:
    key = str(context.inputs.get("primaryKeyArn", "")).rsplit("/", maxsplit=1)[-1]
    return {
        "keyId": key,
        "keySpec": ENCRYPTING,
        "keyUsage": "ENCRYPT_DECRYPT",
        "enabled": context.inputs.get("enabled", True),
        "keyRotationEnabled": False,
    }


def _alias(context: Context) -> Iterator[Problem]:
    if context.name.startswith("alias/aws/"):
        message = "The alias prefix alias/aws/ is reserved for keys that AWS manages"
        yield context.problem("NotAuthorizedException", message, "name", "use another prefix")


def _alias_outputs(context: Context) -> Mapping[str, Any]:
    target = str(context.inputs.get("targetKeyId", ""))
    key = context.find(tokens.KEY, target, "arn|keyId") or context.find(tokens.REPLICA_KEY, target, "arn|keyId")
    return {
        "targetKeyArn": key["arn"] if key else target,
        "arn": f"arn:aws:kms:{context.region}:{context.account}:{context.name}",
    }


def _to_key(path: str, message: str = "Key '{value}' does not exist") -> Reference:
    return Reference(path, (tokens.KEY, tokens.REPLICA_KEY), "NotFoundException", by="arn|keyId", message=message)


def _get_alias(inquiry: Inquiry) -> Mapping[str, Any]:
    name = str(inquiry.arguments.get("name"))
    alias = inquiry.world.find(tokens.KEY_ALIAS, name, "name", inquiry.region)
    if alias:
        return {
            "id": alias["arn"],
            "arn": alias["arn"],
            "name": name,
            "targetKeyArn": alias["targetKeyArn"],
            "targetKeyId": alias["targetKeyId"],
        }
    if not name.startswith("alias/aws/"):
        raise inquiry.refuse("NotFoundException", f"Alias {name} is not found.", "name")
    account, key = inquiry.world.account, uuid_of(f"{inquiry.region}/{name}")
    arn = f"arn:aws:kms:{inquiry.region}:{account}"
    return {
        "id": f"{arn}:{name}",
        "arn": f"{arn}:{name}",
        "name": name,
        "targetKeyArn": f"{arn}:key/{key}",
        "targetKeyId": key,
    }


ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        token=tokens.KEY,
        kind="key",
        identifier="{keyId}",
        arn="arn:aws:kms:{region}:{account}:key/{id}",
        create_only=frozenset({"customerMasterKeySpec", "keyUsage", "multiRegion", "customKeyStoreId", "xksKeyId"}),
        enums={"customerMasterKeySpec": SPECIFICATIONS},
        ranges={"deletionWindowInDays": (7, 30)},
        value_code="ValidationException",
        cloudformation="AWS::KMS::Key",
        renamed={"keyUsage": "KeyUsage"},
        rules=(
            KEY_DOCUMENT,
            existing_principals("policy", "resource", MALFORMED),
            _lock_out,
            _key_use,
        ),
        outputs=_key_outputs,
        quota=Quota(100_000, ("region",), "LimitExceededException"),
        source=API,
    ),
    ResourceType(
        token=tokens.REPLICA_KEY,
        kind="replica key",
        identifier="{keyId}",
        arn="arn:aws:kms:{region}:{account}:key/{id}",
        references=(
            Reference(
                "primaryKeyArn",
                tokens.KEY,
                "NotFoundException",
                by="arn",
                message="Key '{value}' does not exist",
                same_region=False,
            ),
        ),
        create_only=frozenset({"primaryKeyArn"}),
        ranges={"deletionWindowInDays": (7, 30)},
        value_code="ValidationException",
        cloudformation="AWS::KMS::ReplicaKey",
        rules=(
            KEY_DOCUMENT,
            existing_principals("policy", "resource", MALFORMED),
            _lock_out,
            _replica,
        ),
        outputs=_replica_outputs,
        source=API,
    ),
    ResourceType(
        token=tokens.KEY_ALIAS,
        kind="alias",
        identifier="{name}",
        name=Name(
            "name",
            r"alias/[a-zA-Z0-9/_-]+",
            256,
            "ValidationException",
            ("region",),
            "AlreadyExistsException",
            prefix="alias/",
        ),
        references=(_to_key("targetKeyId"),),
        create_only=frozenset({"name", "namePrefix"}),
        value_code="ValidationException",
        rules=(_alias,),
        outputs=_alias_outputs,
        source=API,
    ),
    ResourceType(
        token=tokens.GRANT,
        kind="grant",
        identifier="{keyId}:{hex64}",
        name=Name("name", r"[a-zA-Z0-9:/_-]+", 256, "ValidationException", None),
        references=(
            _to_key("keyId"),
            Reference(
                "granteePrincipal",
                tokens.ROLE,
                "InvalidArnException",
                by="arn",
                message="ARN does not refer to a valid principal: {value}",
                same_region=False,
                allow=r"[a-z0-9.-]+\.amazonaws\.com|arn:aws[\w-]*:iam::\d{12}:(user|root).*",
            ),
        ),
        create_only=frozenset({"keyId", "granteePrincipal", "operations", "name", "constraints", "retiringPrincipal"}),
        enums={"operations[*]": OPERATIONS},
        value_code="ValidationException",
        outputs=lambda context: {
            "grantId": context.hexadecimal(64, "grant"),
            "grantToken": context.hexadecimal(64, "token"),
        },
        secret_outputs=frozenset({"grantToken"}),
        source=API,
    ),
    ResourceType(
        token=tokens.KEY_POLICY,
        kind="key policy",
        identifier="{keyId}",
        references=(_to_key("keyId"),),
        create_only=frozenset({"keyId"}),
        value_code="ValidationException",
        rules=(
            KEY_DOCUMENT,
            existing_principals("policy", "resource", MALFORMED),
            _lock_out,
        ),
        source=API,
    ),
)

ANSWERS: Mapping[str, Answer] = {"aws:kms/getAlias:getAlias": _get_alias}
