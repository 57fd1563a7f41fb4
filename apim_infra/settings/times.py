"""Checked kinds of text that say when: schedules, moments and windows."""

from typing import Annotated

from pydantic import AfterValidator, Field

from apim_infra.settings.checks import described, matching

_CRON = r"(\S+\s+){4}\S+"

Cron = Annotated[
    str,
    AfterValidator(matching(_CRON, "must be a cron expression of five fields", "write it like 0 2 * * *")),
    Field(json_schema_extra=described(_CRON, "0 2 * * *")),
]
"""When something happens again: minute, hour, day of the month, month, day of the week."""

_DAY = "(mon|tue|wed|thu|fri|sat|sun)"
_TIME = r"([01]\d|2[0-3]):[0-5]\d"

RestoreTime = Annotated[
    str,
    AfterValidator(
        matching(
            rf"\d{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T{_TIME}:[0-5]\dZ",
            "must be a moment in UTC",
            'write it in quotes, like "2026-11-21T03:00:00Z"',
        )
    ),
    Field(
        json_schema_extra=described(
            rf"\d{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T{_TIME}:[0-5]\dZ", "2026-11-21T03:00:00Z"
        )
    ),
]
"""A moment in UTC, to the second."""

MaintenanceWindow = Annotated[
    str,
    AfterValidator(
        matching(
            rf"{_DAY}:{_TIME}-{_DAY}:{_TIME}",
            "must be a weekly window in UTC",
            "write it like sun:03:30-sun:04:30",
        )
    ),
    Field(json_schema_extra=described(rf"{_DAY}:{_TIME}-{_DAY}:{_TIME}", "sun:03:30-sun:04:30")),
]
"""A weekly window, in UTC."""

DailyWindow = Annotated[
    str,
    AfterValidator(matching(rf"{_TIME}-{_TIME}", "must be a daily window in UTC", "write it like 02:00-03:00")),
    Field(json_schema_extra=described(rf"{_TIME}-{_TIME}", "02:00-03:00")),
]
"""A daily window, in UTC."""
