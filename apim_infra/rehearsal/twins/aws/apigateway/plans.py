"""Usage plans and API keys."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws.apigateway.common import (
    API_KEY,
    GUIDE,
    INVALID,
    LIMIT,
    MISSING,
    SEEN,
    SOURCE,
    STAGE,
    TAKEN,
    USAGE_PLAN,
    USAGE_PLAN_KEY,
    has_body,
    parts,
    to_api,
)
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import CREATED_AT, located, mappings
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType
from apim_infra.rehearsal.twins.aws.templates import ALPHABETS, text_of
from apim_infra.rehearsal.twins.cloud.world import Thing

OFFSETS = {"DAY": 0, "WEEK": 6, "MONTH": 27}
"""Largest offset of a quota in each period (AWS provider)."""
SHORTEST, LONGEST = 20, 128
"""Characters of a key's value."""


def _stages(context: Context) -> Iterator[Problem]:
    seen: set[tuple[Any, Any]] = set()
    for place, entry in located(context, "apiStages[*]"):
        api, stage = entry.get("apiId"), entry.get("stage")
        if (api, stage) in seen:
            message = f"API Stage {api}:{stage} is given twice"
            yield context.problem(TAKEN, message, place, "Name each stage once.")
        seen.add((api, stage))
        if not has_body(context, api) and not any(
            s.inputs.get("stageName") == stage for s in parts(context, STAGE, api)
        ):
            message = f"API Stage not found: {api}:{stage}"
            yield context.problem(MISSING, message, f"{place}.stage", "Take stageName of the stage.", SEEN)


def _quota(context: Context) -> Iterator[Problem]:
    for place, quota in located(context, "quotaSettings"):
        period, offset = quota.get("period"), quota.get("offset") or 0
        most = OFFSETS.get(str(period))
        if most is not None and isinstance(offset, int | float) and not 0 <= offset <= most:
            message = f"Usage Plan quota offset must be between 0 and {most} in the {period} period"
            yield context.problem("CheckFailure", message, f"{place}.offset", "Use less, or 0.", "AWS provider")


USAGE_PLAN_ROW = ResourceType(
    token=USAGE_PLAN,
    kind="usage plan",
    identifier="{hex6}",
    arn="arn:aws:apigateway:{region}::/usageplans/{id}",
    name=Name("name", longest=1024, code=INVALID, unique=None),
    references=(to_api("apiStages[*].apiId"),),
    enums={"quotaSettings.period": ("DAY", "WEEK", "MONTH")},
    ranges={
        "quotaSettings.limit": (1, 2147483647),
        "throttleSettings.burstLimit": (0, 2147483647),
        "throttleSettings.rateLimit": (0, 2147483647),
    },
    value_code=INVALID,
    missing_code=INVALID,
    rules=(_stages, _quota),
    quota=Quota(300, ("region",), LIMIT),
    source=SOURCE,
)


def _value(context: Context) -> Iterator[Problem]:
    for place, value in located(context, "value"):
        if len(str(value)) < SHORTEST:
            message = f"API Key value should be at least {SHORTEST} characters"
            yield context.problem(INVALID, message, place, "Leave it out: API Gateway makes one.")
        elif len(str(value)) > LONGEST:
            message = f"API Key value should be at most {LONGEST} characters"
            yield context.problem(INVALID, message, place, "Leave it out: API Gateway makes one.")
        if next(context.all(API_KEY, value=value), None):
            yield context.problem(TAKEN, "API Key already exists", place, "Leave it out: API Gateway makes one.")


def _key_outputs(context: Context) -> Mapping[str, Any]:
    alphabet = ALPHABETS["upper"] + ALPHABETS["upper"].lower()
    return {
        "value": context.value("value") or text_of(alphabet, 40, context.hexadecimal(64, "value")),
        "createdDate": CREATED_AT,
        "lastUpdatedDate": CREATED_AT,
    }


API_KEY_ROW = ResourceType(
    token=API_KEY,
    kind="API key",
    identifier="{hex10}",
    arn="arn:aws:apigateway:{region}::/apikeys/{id}",
    name=Name("name", longest=1024, code=INVALID, unique=None),
    create_only=frozenset({"value"}),
    defaults={"enabled": True, "description": "Managed by Pulumi"},
    value_code=INVALID,
    rules=(_value,),
    outputs=_key_outputs,
    secret_outputs=frozenset({"value"}),
    quota=Quota(10000, ("region",), LIMIT),
    source=SOURCE,
)


def _plan(context: Context, identifier: Any) -> Thing | None:
    return context.find(USAGE_PLAN, identifier)


def _stages_of(plan: Thing | None) -> set[tuple[Any, Any]]:
    return {
        (entry.get("apiId"), entry.get("stage")) for entry in mappings(plan.inputs.get("apiStages") if plan else ())
    }


def _other_plans(context: Context) -> Iterator[Problem]:
    own = context.value("usagePlanId")
    for other in context.all(USAGE_PLAN_KEY, keyId=context.value("keyId")):
        plan = other.inputs.get("usagePlanId")
        if plan == own:
            message = f"Usage Plan Key {context.value('keyId')} already exists in the plan"
            yield context.problem(TAKEN, message, "keyId", "Name each key once.")
        elif _stages_of(_plan(context, plan)) & _stages_of(_plan(context, own)):
            message = f"API Stage and Key has already been associated with the usage plan {plan}"
            hint = "A key has one plan for each stage."
            yield context.problem(TAKEN, message, "keyId", hint, GUIDE)


def _member_outputs(context: Context) -> Mapping[str, Any]:
    key = context.find(API_KEY, context.value("keyId"))
    return {"name": key["name"] if key else "", "value": key["value"] if key else ""}


USAGE_PLAN_KEY_ROW = ResourceType(
    token=USAGE_PLAN_KEY,
    kind="usage plan key",
    identifier="{keyId}",
    references=(
        Reference("usagePlanId", USAGE_PLAN, MISSING, message="Invalid Usage Plan ID specified"),
        Reference("keyId", API_KEY, MISSING, message="Invalid API Key identifier specified"),
    ),
    create_only=frozenset({"usagePlanId", "keyId", "keyType"}),
    enums={"keyType": ("API_KEY",)},
    value_code=INVALID,
    missing_code=INVALID,
    rules=(_other_plans,),
    outputs=_member_outputs,
    secret_outputs=frozenset({"value"}),
    source=SOURCE,
)

ROWS = (USAGE_PLAN_ROW, API_KEY_ROW, USAGE_PLAN_KEY_ROW)
