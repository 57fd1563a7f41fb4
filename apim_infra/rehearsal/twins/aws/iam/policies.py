"""Customer managed policies, OpenID Connect providers, and the document data source."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.iam.roles import iam_name, unique_id
from apim_infra.rehearsal.twins.aws.iam.rules import API, QUOTAS, document
from apim_infra.rehearsal.twins.aws.inquiries import Answer, Inquiry
from apim_infra.rehearsal.twins.aws.table import Quota, ResourceType
from apim_infra.rehearsal.twins.cloud.values import is_mapping, listed

LONGEST_POLICY = 6144
"""Characters of a managed policy, white space not counted."""


def _policy_outputs(context: Context) -> Mapping[str, Any]:
    path = context.inputs.get("path", "/")
    return {
        "arn": f"arn:aws:iam::{context.account}:policy{path}{context.name}",
        "policyId": unique_id(context, "ANPA"),
        "path": path,
        "attachmentCount": 0,
    }


def _oidc(context: Context) -> Iterator[Problem]:
    for url in context.get("url"):
        if not str(url).startswith("https://"):
            yield context.problem(
                "ValidationError", f"Invalid Open ID Connect Provider URL: {url}", "url", "begin it with https://"
            )
        for other in context.all(tokens.OIDC_PROVIDER):
            if str(other["url"]).removeprefix("https://") == str(url).removeprefix("https://"):
                message = f"Provider with url {url} already exists."
                yield context.problem(
                    "EntityAlreadyExists", message, "url", "one provider an issuer: import the one that exists"
                )
    clients = context.get("clientIdLists[*]")
    if len(clients) > 100:
        yield context.problem(
            "LimitExceeded",
            "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100",
            "clientIdLists",
            source=QUOTAS,
        )
    for thumbprint in context.get("thumbprintLists[*]"):
        if len(str(thumbprint)) != 40:
            message = f"Thumbprint {thumbprint} is not 40 characters long"
            yield context.problem("ValidationError", message, "thumbprintLists", "leave thumbprintLists out")


def _oidc_outputs(context: Context) -> Mapping[str, Any]:
    issuer = str(context.inputs.get("url", "")).removeprefix("https://")
    return {
        "arn": f"arn:aws:iam::{context.account}:oidc-provider/{issuer}",
        "thumbprintLists": context.inputs.get("thumbprintLists", []),
    }


def _one_or_many(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else sorted(values, reverse=True)


def _principals(blocks: list[Mapping[str, Any]]) -> Any:
    if any(block.get("type") == "*" for block in blocks):
        return "*"
    kinds: dict[str, list[Any]] = {}
    for block in blocks:
        kinds.setdefault(str(block.get("type")), []).extend(block.get("identifiers") or ())
    return {kind: _one_or_many(values) for kind, values in kinds.items()}


def _statement(block: Mapping[str, Any]) -> dict[str, Any]:
    statement: dict[str, Any] = {"Sid": block["sid"]} if block.get("sid") else {}
    statement["Effect"] = block.get("effect", "Allow")
    for name, element in (
        ("actions", "Action"),
        ("notActions", "NotAction"),
        ("resources", "Resource"),
        ("notResources", "NotResource"),
    ):
        if block.get(name):
            statement[element] = _one_or_many(block[name])
    for name, element in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if block.get(name):
            statement[element] = _principals(block[name])
    for condition in block.get("conditions") or ():
        values = listed(condition.get("values"))
        tests = statement.setdefault("Condition", {}).setdefault(condition.get("test"), {})
        tests[condition.get("variable")] = values[0] if len(values) == 1 else values
    return statement


def _policy_document(inquiry: Inquiry) -> Mapping[str, Any]:
    """Compute a document as the provider does, without a call."""
    arguments = inquiry.arguments
    statements: dict[Any, Mapping[str, Any]] = {}
    for source in arguments.get("sourcePolicyDocuments") or ():
        _merge(statements, json.loads(source).get("Statement", []))
    _merge(statements, [_statement(block) for block in arguments.get("statements") or ()])
    for override in arguments.get("overridePolicyDocuments") or ():
        _merge(statements, json.loads(override).get("Statement", []))
    policy: dict[str, Any] = {"Version": arguments.get("version") or "2012-10-17"}
    if arguments.get("policyId"):
        policy["Id"] = arguments["policyId"]
    policy["Statement"] = list(statements.values())
    text = json.dumps(policy, indent=2)
    return {"id": str(sum(text.encode())), "json": text, "minifiedJson": json.dumps(policy, separators=(",", ":"))}


def _merge(into: dict[Any, Mapping[str, Any]], statements: Any) -> None:
    """Add statements; one with the Sid of an earlier one takes its place."""
    for statement in [statements] if is_mapping(statements) else listed(statements):
        into[statement.get("Sid") or len(into)] = statement


def _role(inquiry: Inquiry) -> Mapping[str, Any]:
    name = str(inquiry.arguments.get("name"))
    role = inquiry.world.find(tokens.ROLE, name, "name") or inquiry.assume(tokens.ROLE, name, {"name": name})
    arn = role["arn"] or f"arn:aws:iam::{inquiry.world.account}:role/{name}"
    return {**role.outputs, "id": name, "arn": arn}


def _policy(inquiry: Inquiry) -> Mapping[str, Any]:
    by = "arn" if inquiry.arguments.get("arn") else "name"
    value = str(inquiry.arguments.get(by))
    policy = inquiry.world.find(tokens.POLICY, value, by)
    if policy:
        return dict(policy.outputs)
    arn = value if by == "arn" else f"arn:aws:iam::aws:policy/{value}"
    return {"id": arn, "arn": arn, "name": arn.rsplit("/", maxsplit=1)[-1], "path": "/"}


ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        token=tokens.POLICY,
        kind="policy",
        identifier="{arn}",
        name=iam_name(128),
        create_only=frozenset({"name", "namePrefix", "path", "description"}),
        value_code="ValidationError",
        rules=(document("policy", "identity", longest=LONGEST_POLICY),),
        outputs=_policy_outputs,
        quota=Quota(1500, ("account",), "LimitExceeded"),
        regional=False,
        source=API,
    ),
    ResourceType(
        token=tokens.OIDC_PROVIDER,
        kind="OpenID Connect provider",
        identifier="{arn}",
        create_only=frozenset({"url"}),
        value_code="ValidationError",
        rules=(_oidc,),
        outputs=_oidc_outputs,
        quota=Quota(100, ("account",), "LimitExceeded"),
        regional=False,
        source=API,
    ),
)

ANSWERS: Mapping[str, Answer] = {
    "aws:iam/getPolicyDocument:getPolicyDocument": _policy_document,
    "aws:iam/getRole:getRole": _role,
    "aws:iam/getPolicy:getPolicy": _policy,
}
