"""What the API server refuses: its `Status`, as an exception."""

import json
from dataclasses import dataclass
from typing import Any, cast

import httpx

NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason of a refusal."""

    path: str
    """Path of the field, such as `spec.containers[0].image`; empty when it is about the whole object."""
    message: str
    reason: str = ""
    """Type of the cause: `FieldValueRequired`, `FieldManagerConflict`, ..."""


class Refused(Exception):  # noqa: N818 - a refusal is an answer of the server, no error of the program
    """The API server refused a request."""

    def __init__(self, code: int, reason: str, message: str, causes: tuple[Cause, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        """HTTP status: 400, 403 (admission), 404, 409 (conflict), 422 (validation), 429 (disruption budget), ..."""
        self.reason = reason
        """The server's own word: `Invalid`, `Forbidden`, `NotFound`, `Conflict`, `BadRequest`, ..."""
        self.message = message
        """The server's own sentence."""
        self.causes = causes
        """The single reasons, where the server tells them."""

    @property
    def missing(self) -> bool:
        """Whether the object or its kind is not there."""
        return self.code == NOT_FOUND


def refusal(answer: httpx.Response) -> Refused:
    """Return the refusal that an answer is; its text where it is no `Status`."""
    try:
        status = json.loads(answer.text)
    except json.JSONDecodeError:
        status = None
    if not isinstance(status, dict) or "message" not in status:
        return Refused(answer.status_code, answer.reason_phrase, answer.text.strip() or answer.reason_phrase)
    known = cast(dict[str, Any], status)
    details = cast(dict[str, Any], known.get("details") or {})
    causes = tuple(
        Cause(cause.get("field", ""), cause.get("message", ""), cause.get("reason", ""))
        for cause in details.get("causes") or ()
    )
    return Refused(answer.status_code, known.get("reason", ""), known["message"], causes)
