"""Schedule expressions of AWS: `cron(minutes hours day-of-month month day-of-week year)` (Amazon EventBridge user guide, 2026)."""

import re
from collections.abc import Iterator

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
FIELDS = (
    ("minutes", 0, 59, (), ""),
    ("hours", 0, 23, (), ""),
    ("day of month", 1, 31, (), r"L|W|\d+W|LW"),
    ("month", 1, 12, MONTHS, ""),
    ("day of week", 1, 7, DAYS, r"L|[1-7]L|[1-7]#[1-5]"),
    ("year", 1970, 2199, (), ""),
)
"""Name, smallest and largest number, words and further forms of each field."""
DAY_FIELDS = (2, 4)


def cron_faults(text: str) -> Iterator[str]:
    """Yield what is wrong with a cron expression, in a few words each."""
    found = re.fullmatch(r"cron\((.*)\)", text)
    fields = found[1].split() if found else []
    if len(fields) != len(FIELDS):
        yield f"it has {len(fields)} fields, six are needed" if found else "it is no cron(...)"
        return
    if (fields[2] == "?") == (fields[4] == "?"):
        yield "one of day of month and day of week must be ?, and only one"
    for index, field in enumerate(fields):
        name, low, high, words, other = FIELDS[index]
        if index in DAY_FIELDS and field == "?":
            continue
        if other and re.fullmatch(other, field):
            continue
        if not all(_part_holds(part, low, high, words) for part in field.split(",")):
            yield f"{field} is no {name}"


def _part_holds(part: str, low: int, high: int, words: tuple[str, ...]) -> bool:
    """Tell whether `*`, `5`, `5-10`, `*/15`, `5/15` or `MON-FRI` is within a field's bounds."""
    span, _, step = part.partition("/")
    if "/" in part and not (step.isdigit() and int(step) > 0):
        return False
    if span == "*":
        return True
    ends = [_number(end, words, low) for end in span.split("-")]
    return len(ends) <= 2 and all(end is not None and low <= end <= high for end in ends)


def _number(text: str, words: tuple[str, ...], low: int) -> int | None:
    if text.upper() in words:
        return words.index(text.upper()) + low
    return int(text) if text.isdigit() else None
