"""Windows of backups and maintenance, in UTC: how long they are, and whether they meet."""

from collections.abc import Iterator

from apim_infra.settings.base import BrokenRule

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
"""Minutes of a day."""
WEEK = 7 * DAY
"""Minutes of a week."""


def window_rules(
    daily: tuple[str, str], weekly: tuple[str, str], *, shortest_minutes: int, backups: bool
) -> Iterator[BrokenRule]:
    """Yield what is wrong between a daily window of backups and a weekly one of maintenance, each as its field and its value.

    `backups`: whether backups are taken at all; without them the daily window is not used and cannot be in the way.
    """
    for field, (start, length), width in ((daily[0], _daily(daily[1]), DAY), (weekly[0], _weekly(weekly[1]), WEEK)):
        if length < shortest_minutes:
            yield BrokenRule(
                field,
                f"must be {shortest_minutes} minutes long or longer, not {length}",
                f"end it at {_time(start + shortest_minutes)} or later",
            )
        elif length > DAY and width == WEEK:
            yield BrokenRule(field, "must be a day long at most", "move its end: both days are named")
    if backups and _meet(_daily(daily[1]), _weekly(weekly[1])):
        yield BrokenRule(
            daily[0],
            f"must not touch {weekly[0]} ({weekly[1]}): a backup and maintenance cannot be at the same time",
            "move one of the two windows",
        )


def minutes_of_window(window: str) -> int:
    """Return how long a weekly window (`sun:03:30-sun:04:30`) is, in minutes."""
    return _weekly(window)[1]


def touches(window: str, begin: int, end: int) -> bool:
    """Tell whether a daily (`02:00-03:00`) or weekly (`sun:03:30-sun:04:30`) window is open at any minute of a day's `begin` to `end`, in minutes."""
    if not window[0].isdigit():
        return _meet((begin, end - begin), _weekly(window))
    start, length = _daily(window)
    return any(start + shift < end and begin < start + shift + length for shift in (-DAY, 0))


def _daily(window: str) -> tuple[int, int]:
    """Return start and length in minutes."""
    start, end = (_minutes(time) for time in window.split("-"))
    return start, (end - start) % DAY


def _weekly(window: str) -> tuple[int, int]:
    """Return start, since Monday, and length in minutes."""
    start, end = (
        DAYS.index(day) * DAY + _minutes(time) for day, _, time in (part.partition(":") for part in window.split("-"))
    )
    return start, (end - start) % WEEK


def _minutes(time: str) -> int:
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)


def _time(minutes: int) -> str:
    hours, rest = divmod(minutes % DAY, 60)
    return f"{hours:02d}:{rest:02d}"


def _meet(every_day: tuple[int, int], every_week: tuple[int, int]) -> bool:
    """Tell whether the daily window is open at any minute of the weekly one."""
    start, length = every_week
    backups = (day * DAY + every_day[0] for day in range(-1, 9))
    return any(backup < start + length and start < backup + every_day[1] for backup in backups)
