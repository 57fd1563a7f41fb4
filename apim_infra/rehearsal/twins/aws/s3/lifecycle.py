"""Lifecycle rules: what happens to objects as they age."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.s3.common import INVALID, MALFORMED, REFUSED, setting, within
from apim_infra.rehearsal.twins.aws.service_rules import located, mappings, repeated

ACTIONS = (
    "expiration", "transitions", "noncurrentVersionExpiration", "noncurrentVersionTransitions", "abortIncompleteMultipartUpload",
)  # fmt: skip
BAD_XML = "The XML you provided was not well-formed or did not validate against our published schema"
MIDNIGHT = re.compile(r"\d{4}-\d\d-\d\d(?:T00:00:00(?:\.0+)?(?:Z|\+00:00))?")


def _numbers(values: list[Any]) -> list[int]:
    return [value for value in values if isinstance(value, int)]


def _rules(context: Context) -> Iterator[Problem]:
    rules = located(context, "rules[*]")
    if not rules and "rules" in context.inputs and context.inputs["rules"] != UNKNOWN:
        yield context.problem(MALFORMED, BAD_XML, "rules", "Give at least one rule, or no configuration.")
    if len(rules) > 1000:
        message = "The number of lifecycle rules must not exceed the allowed limit of 1000 rules"
        yield context.problem(REFUSED, message, "rules", "Merge some.")
    for name in repeated([rule.get("id") for _, rule in rules]):
        message = f"Rule ID must be unique. Found same ID for more than one rule: {name}"
        yield context.problem(INVALID, message, "rules", "Give each rule an id of its own.")
    for place, rule in rules:
        if len(str(rule.get("id"))) > 255:
            message = "ID length should not exceed allowed limit of 255"
            yield context.problem(INVALID, message, f"{place}.id", "Shorten the id.")
        if not any(rule.get(action) for action in ACTIONS):
            message = "At least one action needs to be specified in a rule"
            yield context.problem(REFUSED, message, place, f"Set one of {', '.join(ACTIONS)}.")


def _filters(context: Context) -> Iterator[Problem]:
    for place, rule in located(context, "rules[*]"):
        chosen = [key for key, value in within(rule, "filter").items() if value is not None]
        if len(chosen) > 1 or (rule.get("filter") is not None and rule.get("prefix") is not None):
            hint = "Set one of prefix, tag, objectSizeGreaterThan, objectSizeLessThan; several of them go into `and`."
            yield context.problem(MALFORMED, BAD_XML, f"{place}.filter", hint)
        both = within(rule, "filter", "and")
        sizes = _numbers([both.get("objectSizeGreaterThan"), both.get("objectSizeLessThan")])
        if len(sizes) == 2 and sizes[0] >= sizes[1]:
            message = "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'"
            yield context.problem(REFUSED, message, f"{place}.filter.and", "Swap the two.")
        if "tag" in chosen or both.get("tags"):
            yield from _tagged(context, place, rule)


def _tagged(context: Context, place: str, rule: Mapping[str, Any]) -> Iterator[Problem]:
    """Two actions have no objects with tags to choose from."""
    if rule.get("abortIncompleteMultipartUpload"):
        message = "AbortIncompleteMultipartUpload cannot be specified with Tags."
        path = f"{place}.abortIncompleteMultipartUpload"
        yield context.problem(REFUSED, message, path, "Put it into a rule of its own without tags.")
    if within(rule, "expiration").get("expiredObjectDeleteMarker"):
        message = "ExpiredObjectDeleteMarker cannot be specified with Tags."
        path = f"{place}.expiration.expiredObjectDeleteMarker"
        yield context.problem(REFUSED, message, path, "Put it into a rule of its own without tags.")


def _expirations(context: Context) -> Iterator[Problem]:
    for place, expiration in located(context, "rules[*].expiration"):
        if sum(bool(expiration.get(key)) for key in ("date", "days", "expiredObjectDeleteMarker")) > 1:
            yield context.problem(MALFORMED, BAD_XML, place, "Set one of days, date, expiredObjectDeleteMarker.")
    for path, action in (
        ("rules[*].expiration.days", "Expiration"),
        ("rules[*].noncurrentVersionExpiration.noncurrentDays", "NoncurrentVersionExpiration"),
        ("rules[*].noncurrentVersionTransitions[*].noncurrentDays", "NoncurrentVersionTransition"),
        ("rules[*].abortIncompleteMultipartUpload.daysAfterInitiation", "AbortIncompleteMultipartUpload"),
    ):
        for place, days in located(context, path):
            transition_at_once = action == "NoncurrentVersionTransition" and days == 0
            if days <= 0 and not transition_at_once:
                message = f"'{path.rsplit('.', 1)[-1]}' for {action} action must be a positive integer"
                yield context.problem(INVALID, message, place, "Use 1 or more.")
    for path in ("noncurrentVersionExpiration", "noncurrentVersionTransitions[*]"):
        for place, kept in located(context, f"rules[*].{path}.newerNoncurrentVersions"):
            if not 1 <= kept <= 100:
                message = "'NewerNoncurrentVersions' must be a positive integer of 100 at most"
                yield context.problem(INVALID, message, place, "Use 1 to 100.")


def _dates(context: Context) -> Iterator[Problem]:
    for path in ("rules[*].expiration.date", "rules[*].transitions[*].date"):
        for place, date in located(context, path):
            if not MIDNIGHT.fullmatch(str(date)):
                message = f"'Date' must be at midnight GMT: {date}"
                yield context.problem(INVALID, message, place, "Write it as 2030-01-01T00:00:00Z.")


def _transitions(context: Context) -> Iterator[Problem]:
    least = facts("s3")["storage_classes"]["least_days"]
    for place, rule in located(context, "rules[*]"):
        transitions = mappings(rule.get("transitions"))
        for i, transition in enumerate(transitions):
            at, name, days = f"{place}.transitions[{i}]", transition.get("storageClass"), transition.get("days")
            if days is not None and transition.get("date") is not None:
                yield context.problem(MALFORMED, BAD_XML, at, "Set days or date.")
            if isinstance(days, int) and days < least.get(name, 0):
                message = f"'Days' in Transition action must be greater than or equal to {least[name]} for storageClass '{name}'"
                yield context.problem(INVALID, message, f"{at}.days", f"Use {least[name]} or more.")
        for name in repeated([transition.get("storageClass") for transition in transitions]):
            message = f"'StorageClass' must be different for 'Transition' actions in same 'Rule': {name}"
            yield context.problem(REFUSED, message, f"{place}.transitions", "Move objects once to each class.")
        yield from _order(context, place, rule, transitions)


def _order(
    context: Context, place: str, rule: Mapping[str, Any], transitions: list[dict[str, Any]]
) -> Iterator[Problem]:
    """Objects move down the classes, stay 30 days where that is due, and expire last."""
    expiration = within(rule, "expiration")
    by_date = [step.get("date") is not None for step in transitions]
    if expiration.get("days") or expiration.get("date"):
        by_date.append(expiration.get("date") is not None)
    if len(set(by_date)) > 1:
        message = "Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule"
        yield context.problem(REFUSED, message, place, "Use days throughout, or dates throughout.")
    days = {step.get("storageClass"): step.get("days") or 0 for step in transitions if step.get("date") is None}
    latest = max(_numbers([*days.values()]), default=None)
    end = expiration.get("days")
    if isinstance(end, int) and latest is not None and end <= latest:
        message = "'Days' in the Expiration action must be greater than 'Days' in the Transition action"
        yield context.problem(INVALID, message, f"{place}.expiration.days", f"Use more than {latest}.")
    order = facts("s3")["storage_classes"]["transitions"]
    known = sorted((name for name in days if name in order), key=order.index)
    for earlier, later in pairwise(known):
        stay = 30 if earlier in ("STANDARD_IA", "ONEZONE_IA") else 0
        if (
            isinstance(days[earlier], int)
            and isinstance(days[later], int)
            and days[later] < days[earlier] + max(stay, 1)
        ):
            message = f"'Days' in the '{later}' Transition action must be {max(stay, 1)} days more than in '{earlier}'"
            yield context.problem(INVALID, message, f"{place}.transitions", f"Move to {later} later.")


LIFECYCLE = setting(
    "BucketLifecycleConfiguration",
    "lifecycle configuration",
    enums={
        "rules[*].status": ("Enabled", "Disabled"),
        "rules[*].transitions[*].storageClass": tuple(facts("s3")["storage_classes"]["transitions"]),
        "rules[*].noncurrentVersionTransitions[*].storageClass": tuple(facts("s3")["storage_classes"]["transitions"]),
        "transitionDefaultMinimumObjectSize": ("all_storage_classes_128K", "varies_by_storage_class"),
    },
    required=("rules",),
    rules=(_rules, _filters, _expirations, _dates, _transitions),
    outputs=lambda context: {
        "transitionDefaultMinimumObjectSize": context.inputs.get(
            "transitionDefaultMinimumObjectSize", "all_storage_classes_128K"
        ),
    },
)
