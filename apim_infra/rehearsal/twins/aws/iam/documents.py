"""Policy documents as IAM reads them: grammar of identity, trust and resource policies."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from apim_infra.rehearsal.twins.cloud.values import is_mapping, listed

SOURCE = "IAM user guide, grammar of the JSON policy language, 2026"
VERSIONS = ("2012-10-17", "2008-10-17")
TOP_LEVEL = {"Version", "Id", "Statement"}
ELEMENTS = {
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
}  # fmt: skip
PRINCIPAL_KINDS = ("AWS", "Service", "Federated", "CanonicalUser")
ACTION = re.compile(r"\*|[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+")
RESOURCE = re.compile(r"\*|arn:(aws[\w-]*|\*|\$\{[^}]+\}):[^:]*:[^:]*:[^:]*:.+")
AWS_PRINCIPAL = re.compile(
    r"\*|\d{12}|arn:aws[\w-]*:(iam|sts)::\d{12}:(root|(user|role|assumed-role|federated-user)/[\w+=,.@/-]+)|arn:aws[\w-]*:iam::cloudfront:user/.+|A[A-Z0-9]{15,}"
)
SERVICE_PRINCIPAL = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal|api\.aws)")
FEDERATED = re.compile(
    r"arn:aws[\w-]*:iam::\d{12}:(oidc|saml)-provider/.+|cognito-identity\.amazonaws\.com|www\.amazon\.com|graph\.facebook\.com|accounts\.google\.com"
)
OPERATORS = {
    f"{prefix}{name}"
    for name in (
        "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike",
        "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals",
        "DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals",
        "Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Null",
    )
    for prefix in ("", "ForAllValues:", "ForAnyValue:")
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Document:
    """A policy document and what is wrong with it."""

    statements: tuple[Mapping[str, Any], ...]
    faults: tuple[str, ...]


def strings(value: Any) -> list[str]:
    """Return one string or a list of strings as a list."""
    if isinstance(value, str):
        return [value]
    return [item for item in cast("list[Any]", value) if isinstance(item, str)] if isinstance(value, list) else []


@lru_cache(maxsize=1024)
def read_document(text: str, kind: str) -> Document:
    """Read a document. `kind` is `identity` (no principal), `trust` (no resource) or `resource` (both)."""
    try:
        loaded: Any = json.loads(text)
    except ValueError as error:
        return Document((), (f"it is no JSON: {error}",))
    if not isinstance(loaded, dict):
        return Document((), ("it is no JSON object",))
    document = cast("dict[str, Any]", loaded)
    statements = document.get("Statement")
    items: list[Any] = [statements] if is_mapping(statements) else listed(statements)
    if not items or not all(is_mapping(item) for item in items):
        return Document((), ("it has no Statement",))
    found: tuple[Mapping[str, Any], ...] = tuple(items)
    return Document(found, tuple(_faults(document, found, kind)))


def _faults(document: Mapping[str, Any], statements: tuple[Mapping[str, Any], ...], kind: str) -> Iterator[str]:
    for key in document:
        if key not in TOP_LEVEL:
            yield f"the element '{key}' is not known"
    if "Version" in document and document["Version"] not in VERSIONS:
        yield f"Version '{document['Version']}' is not one of {', '.join(VERSIONS)}"
    names = [statement["Sid"] for statement in statements if statement.get("Sid")]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"Statement IDs (SID) in a single policy must be unique, '{name}' is not"
    for statement in statements:
        yield from _statement(statement, kind)


def _statement(statement: Mapping[str, Any], kind: str) -> Iterator[str]:
    for key in statement:
        if key not in ELEMENTS:
            yield f"the element '{key}' of a statement is not known"
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield f"Effect '{statement.get('Effect')}' is neither Allow nor Deny"
    sid = statement.get("Sid", "")
    if kind != "resource" and not re.fullmatch(r"[A-Za-z0-9]*", str(sid)):
        yield f"Statement ID (SID) '{sid}' may have letters and digits only"
    yield from _actions(statement)
    if kind == "trust":
        if "Resource" in statement or "NotResource" in statement:
            yield "Has prohibited field Resource"
    else:
        yield from _resources(statement, kind)
    if kind == "identity":
        if "Principal" in statement or "NotPrincipal" in statement:
            yield "Has prohibited field Principal"
    else:
        yield from _principals(statement)
    yield from _conditions(statement.get("Condition"))


def _actions(statement: Mapping[str, Any]) -> Iterator[str]:
    if ("Action" in statement) == ("NotAction" in statement):
        yield "a statement needs Action or NotAction, and not both"
    for action in strings(statement.get("Action", statement.get("NotAction"))):
        if not ACTION.fullmatch(action):
            yield f"Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.: '{action}'"


def _resources(statement: Mapping[str, Any], kind: str) -> Iterator[str]:
    given = statement.get("Resource", statement.get("NotResource"))
    if given is None and kind == "identity":
        yield "Policy statement must contain resources."
    for resource in strings(given):
        if not RESOURCE.fullmatch(resource):
            yield f'Resource {resource} must be in ARN format or "*".'


def _principals(statement: Mapping[str, Any]) -> Iterator[str]:
    principal = statement.get("Principal", statement.get("NotPrincipal"))
    if principal is None:
        yield "Missing required field Principal"
    elif isinstance(principal, dict):
        for kind, values in cast("dict[str, Any]", principal).items():
            form = {"AWS": AWS_PRINCIPAL, "Service": SERVICE_PRINCIPAL, "Federated": FEDERATED}.get(kind)
            if kind not in PRINCIPAL_KINDS:
                yield f"Invalid principal in policy: unknown kind '{kind}'"
            for value in strings(values):
                if form and not form.fullmatch(value) and value != "*":
                    yield f'Invalid principal in policy: "{kind.upper()}":"{value}"'
    elif principal != "*":
        yield f"Invalid principal in policy: {principal}"


def _conditions(conditions: Any) -> Iterator[str]:
    if conditions is None:
        return
    if not isinstance(conditions, dict):
        yield "Condition is no object"
        return
    for operator, block in cast("dict[str, Any]", conditions).items():
        if operator.removesuffix("IfExists") not in OPERATORS:
            yield f"Invalid Condition type : {operator}."
        if not isinstance(block, dict):
            yield f"the block of {operator} is no object"


def principals_of(document: Document, kind: str = "AWS") -> list[str]:
    """Return the principals of one kind that a document names."""
    found: list[str] = []
    for statement in document.statements:
        principal = statement.get("Principal")
        if isinstance(principal, dict):
            found += strings(cast("dict[str, Any]", principal).get(kind))
        elif principal == "*" and kind == "AWS":
            found.append("*")
    return found
