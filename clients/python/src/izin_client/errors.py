"""Refusals of the API as exceptions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from izin_client.schemas import CODES


@dataclass(frozen=True, slots=True)
class Fault:
    """``location``: path of field names and places in lists; ``index``: of the item in a list, from 0."""

    code: str
    message: str
    location: tuple[str | int, ...] = ()
    value: Any = None
    index: int | None = None

    @property
    def retry(self) -> str:
        """Whether the same request may be sent again: never, once, later or retry-after."""
        return CODES[self.code].retry if self.code in CODES else "never"


class ApiError(Exception):
    """An answer of 400 and more. ``status`` is its HTTP status; ``retry_after`` the seconds to wait, None where the
    answer has none; ``request_id`` names the request in the registry's log."""

    def __init__(
        self, status: int, faults: tuple[Fault, ...], retry_after: float | None = None, request_id: str = ""
    ) -> None:
        super().__init__(f"{status}: " + ("; ".join(f"{one.code} {one.message}" for one in faults) or "no code"))
        self.status, self.faults, self.retry_after, self.request_id = status, faults, retry_after, request_id

    @property
    def codes(self) -> list[str]:
        return [one.code for one in self.faults]


class TooManyRequests(ApiError):
    """429 for longer than the client may wait (``max_wait``)."""


class Unauthorized(ApiError):
    """User name or password are wrong, or the user was ended. Nothing is to be repeated."""


def read(status: int, body: bytes, headers: Mapping[str, str]) -> ApiError:
    """The exception of an answer, whatever its body has: a proxy's HTML too."""
    retry_after = headers.get("retry-after", "")
    seconds = float(retry_after) if retry_after.isdecimal() else None
    kind = TooManyRequests if status == 429 else Unauthorized if status == 401 else ApiError
    try:
        faults = tuple(_faults(json.loads(body)))
    except ValueError:
        faults = ()
    return kind(status, faults, seconds, headers.get("x-request-id", ""))


def _faults(body: Any) -> list[Fault]:
    """İYS writes ``errors`` as a list and as one object, ViA Pass wraps them, OAuth has a word."""
    if not isinstance(body, dict):
        return []
    if isinstance(body.get("error"), str):
        return [Fault(body["error"], str(body.get("error_description", "")))]
    inner = body.get("subSystemErrorInfo")
    errors = inner.get("errors") if isinstance(inner, dict) else body.get("errors")
    if errors is None and "errorCode" in body:
        return [Fault(str(body["errorCode"]), str(body.get("errorMessage", "")))]
    found = [errors] if isinstance(errors, dict) else errors if isinstance(errors, list) else [body]
    return [_fault(one) for one in found if isinstance(one, dict) and "code" in one]


def _fault(one: Mapping[str, Any]) -> Fault:
    location, index = one.get("location"), one.get("index")
    return Fault(
        str(one["code"]),
        str(one.get("message", "")),
        tuple(location) if isinstance(location, list) else (),
        one.get("value"),
        index if isinstance(index, int) else None,
    )
