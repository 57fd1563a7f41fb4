"""When nodes that have patched themselves are rebooted, from the settings."""

from components.kubernetes.kured import KuredArgs

MIDNIGHT = "23:59"


def reboots(window: str) -> KuredArgs:
    """Return the reboots of a weekly window such as `sat:02:00-sat:06:00`; one that goes past midnight is used until then."""
    (first, start), (last, end) = (_moment(part) for part in window.split("-"))
    return {"days": [first], "start": start, "end": end if last == first and end > start else MIDNIGHT}


def _moment(part: str) -> tuple[str, str]:
    day, _, time = part.partition(":")
    return day[:2], time
