"""İYS's JSON and day file: requests and answers (API document 3.2.0). Decisive fields are read strictly, the document's
contradictions (``"code:"``, ``subrequestId``) tolerantly. Errors: Garbled."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from consents import dates
from consents.dates import BadDate
from consents.rules import RET
from consents.terms import Channel, Identity, Source, Status
from national import dealer_matches
from national.dealer_matches import IysRetailer
from web.iys_fields import CREATED, DAY_COLUMNS, TRANSACTION, Field

_STATUSES = {str(term): term.code for term in (Status.ONAY, Status.RET)}
_CHANNELS, _IDENTITIES, _SOURCES = ({str(term): term.code for term in terms} for terms in (Channel, Identity, Source))
PENDING, SUCCESS, FAILURE = "enqueue", "success", "failure"
UNREAD = "unread"  # in place of a code that cannot be read: a person looks at the movement
_LINE = 100_000  # bytes of a line of a day file that are kept: a whole one has some 300


class Garbled(Exception):
    """No JSON, or another shape. The text names the field, never its value."""


class UnreadMovement(Garbled):
    """One unreadable movement in a readable answer."""


Page = tuple[str, "list[UpstreamMovement | None]"]
"""A cursor, and the movements up to it. None stands for one that cannot be read: the rest counts."""


class OutgoingWord(NamedTuple):
    """A word about one key; terms by code, ``at`` in µs, 0 undated; ``retailer``: İYS's number of the dealer."""

    address: str
    channel: int
    identity: int
    status: int
    source: int | None
    at: int
    retailer: int | None = None


class UpstreamMovement(NamedTuple):
    """İYS's state of one key, as ``OutgoingWord``. ``name``: its transactionId."""

    address: str
    channel: int
    identity: int
    status: int
    source: int
    at: int
    name: str
    retailer: int | None = None


class RetailerPage(NamedTuple):
    """Some of a brand's dealers at İYS, of how many ``rows``, and the total, where given."""

    found: list[IysRetailer]
    rows: int
    total: int | None


class ItemAnswer(NamedTuple):
    """The result of one entry: its place in the list, ``code`` where it failed, when İYS stored it (µs)."""

    place: int
    status: str
    code: str | None
    created_at: int | None


class IysProblem(NamedTuple):
    code: str
    place: int | None


def consents(words: Sequence[OutgoingWord]) -> bytes:
    """The body of the list call. Unused fields are absent; ``""`` and null are errors there."""
    return json.dumps([_consent(word) for word in words], ensure_ascii=False, separators=(",", ":")).encode()


def _consent(word: OutgoingWord) -> dict[str, Any]:
    content: dict[str, Any] = {
        Field.RECIPIENT: word.address,
        Field.TYPE: str(Channel.of(word.channel)),
        Field.STATUS: str(Status.of(word.status)),
        Field.IDENTITY: str(Identity.of(word.identity)),
    }
    if word.source is not None:
        content[Field.SOURCE] = str(Source.of(word.source))
    if word.at:
        content[Field.DATE] = dates.wire(word.at)
    if word.retailer is not None:
        content[Field.DEALER] = word.retailer
    return content


def sign_in(username: str, password: str) -> bytes:
    return json.dumps({"username": username, "password": password, "grant_type": "password"}).encode()


def renew(token: str) -> bytes:
    return json.dumps({"grant_type": "refresh_token", "refresh_token": token}).encode()


def asked(addresses: Sequence[str]) -> bytes:
    return json.dumps({Field.RECIPIENTS: list(addresses)}).encode()


def asked_one(address: str, channel: int, identity: int) -> bytes:
    named = {Field.TYPE: str(Channel.of(channel)), Field.IDENTITY: str(Identity.of(identity))}
    return json.dumps({Field.RECIPIENT: address, **named}).encode()


def agreed() -> bytes:
    return json.dumps({"agreementStatus": True}).encode()


def connections(url: str, username: str, password: str) -> bytes:
    """The body that registers a push address for every channel."""
    one = {"url": url, "username": username, "password": password}
    return json.dumps({"connection": [{**one, Field.TYPE: str(channel)} for channel in Channel]}).encode()


def read(body: bytes) -> Any:
    """Errors: Garbled for anything but JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Garbled("no JSON") from None


def problems(body: bytes) -> list[IysProblem]:
    """The entries of an error answer, in any of its five shapes."""
    try:
        parsed = read(body)
    except Garbled:
        return []
    found = parsed.get("errors") or [parsed] if isinstance(parsed, dict) else parsed
    found = [found] if isinstance(found, dict) else found
    if not isinstance(found, list):
        return []
    codes = [(_code(one.get("code") or one.get("code:")), one.get("index")) for one in found if isinstance(one, dict)]
    return [IysProblem(code, index if isinstance(index, int) else None) for code, index in codes if code is not None]


def _code(value: Any) -> str | None:
    return re.sub(r"[^!-~]", "", value)[:20] or None if isinstance(value, str) else None


def token(body: bytes) -> tuple[str, str | None, int]:
    """Access token, refresh token, and for how many seconds the first is valid."""
    content = read(body)
    if not isinstance(content, dict) or not isinstance(content.get("access_token"), str):
        raise Garbled("access_token")
    lives, refresh = content.get("expires_in"), content.get("refresh_token")
    seconds = int(lives) if isinstance(lives, int | float) and not isinstance(lives, bool) and lives > 0 else 0
    return content["access_token"], refresh if isinstance(refresh, str) else None, seconds


def request_id(body: bytes) -> str:
    content = read(body)
    named = content.get("requestId") if isinstance(content, dict) else None
    if not isinstance(named, str) or not 1 <= len(named) <= 64 or not named.replace("-", "").isalnum():
        raise Garbled("requestId")
    return named


def results(body: bytes, size: int) -> list[ItemAnswer]:
    """The answers to a list of ``size`` entries, without unfinished or unreadable ones, which are queried again."""
    parsed = read(body)
    if not isinstance(parsed, list):
        raise Garbled("no list")
    found = [answer for one in parsed if (answer := _result(one, size)) is not None]
    places = Counter(answer.place for answer in found)
    return [one for one in found if one.status != PENDING and places[one.place] == 1]


def _result(one: Any, size: int) -> ItemAnswer | None:
    index, status = (one.get("index"), one.get("status")) if isinstance(one, dict) else (None, None)
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < size:
        return None
    if status not in (PENDING, SUCCESS, FAILURE):
        return None
    code = None
    if status == FAILURE:
        error = one.get("error")
        code = (_code(error.get("code") or error.get("code:")) if isinstance(error, dict) else None) or UNREAD
    created = one.get(CREATED)
    return ItemAnswer(index, status, code, _moment(created) if isinstance(created, str) else None)


def allowed(body: bytes) -> set[str]:
    content = read(body)
    found = content.get("list") if isinstance(content, dict) else None
    if not isinstance(found, list):
        raise Garbled("list")
    return {one for one in found if isinstance(one, str)}


def brands(body: bytes) -> dict[int, str]:
    content = read(body)
    if not isinstance(content, list):
        raise Garbled("no list")
    return {
        one["brandCode"]: str(one.get("name", ""))[:255]
        for one in content
        if isinstance(one, dict) and isinstance(one.get("brandCode"), int) and not isinstance(one["brandCode"], bool)
    }


def retailer_code(value: Any) -> int | None:
    """İYS's number of a dealer, eight digits; None for anything else: a word counts without it."""
    if isinstance(value, str) and len(value) == 8 and value.isascii() and value.isdigit():
        value = int(value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 10_000_000 <= value <= 99_999_999 else None


def retailers(body: bytes) -> RetailerPage:
    """A page of the list of dealers, without those that have no number."""
    content = read(body)
    listed, pages = (content.get("list"), content.get("pagination")) if isinstance(content, dict) else (None, None)
    if not isinstance(listed, list):
        raise Garbled("list")
    total = pages.get("totalCount") if isinstance(pages, dict) else None
    found = [
        IysRetailer(code, str(one.get("title") or "")[:255], str(one.get("status") or ""), dealer_matches.digits(one))
        for one in listed
        if isinstance(one, dict) and (code := retailer_code(one.get(Field.DEALER))) is not None
    ]
    return RetailerPage(found, len(listed), total if isinstance(total, int) and not isinstance(total, bool) else None)


def page(body: bytes) -> Page:
    content = read(body)
    cursor, found = (content.get("after"), content.get("list")) if isinstance(content, dict) else (None, None)
    if not isinstance(cursor, str) or not cursor or len(cursor) > 200 or not isinstance(found, list):
        raise Garbled("after, list")
    return cursor, [movement(one) for one in found]


def pushed(body: bytes) -> list[tuple[Any, UpstreamMovement | None]]:
    """The movements of a push, each with its brandCode."""
    content = read(body)
    found = content.get("list") if isinstance(content, dict) else None
    if not isinstance(found, list):
        raise Garbled("list")
    return [(one.get("brandCode") if isinstance(one, dict) else None, movement(one)) for one in found]


def movement(one: Any) -> UpstreamMovement | None:
    """A movement, or the answer of one status query; None where it is unreadable."""
    if not isinstance(one, dict):
        return None
    try:
        status = _STATUSES[one[Field.STATUS]]
        if not isinstance(one[Field.RECIPIENT], str):
            return None
        written = one.get(Field.DATE)
        return UpstreamMovement(
            one[Field.RECIPIENT],
            _CHANNELS[one[Field.TYPE]],
            _IDENTITIES[one.get(Field.IDENTITY) or "BIREYSEL"],
            status,
            _SOURCES[one[Field.SOURCE]],
            dates.iys(written, later=status == RET) if written else 0,
            str(one.get(TRANSACTION, ""))[:64],
            retailer_code(one.get(Field.DEALER)),
        )
    except (KeyError, ValueError, TypeError, OverflowError):  # BadDate is a ValueError
        return None


def day_hash(body: bytes) -> str | None:
    """The hash of a day's file; None while it is not ready."""
    content = read(body)
    if not isinstance(content, dict) or not isinstance(content.get("processStatus"), str):
        raise Garbled("processStatus")
    value = content.get("hashValue")
    return value.lower() if content["processStatus"] == "completed" and isinstance(value, str) else None


class DayLines:
    """The lines of a day file, from pieces of its bytes. Its first line names the columns, or none."""

    def __init__(self) -> None:
        self._left, self._columns = b"", DAY_COLUMNS.split(",")

    def feed(self, piece: bytes) -> Iterator[UpstreamMovement | None]:
        *lines, self._left = (self._left + piece).split(b"\n")
        self._left = self._left[:_LINE]  # what is longer cannot be read anyway
        for line in lines:
            yield from self._read(line)

    def end(self) -> Iterator[UpstreamMovement | None]:
        yield from self._read(self._left)

    def _read(self, line: bytes) -> Iterator[UpstreamMovement | None]:
        cells = line.rstrip(b"\r").decode("utf-8", "replace").split(",")
        if cells == [""]:
            return
        if TRANSACTION in cells:
            self._columns = cells
        else:
            yield movement(dict(zip(self._columns, cells, strict=False))) if len(cells) == len(self._columns) else None


def day(moment: date) -> str:
    return moment.isoformat()


def _moment(text: str) -> int | None:
    try:
        return dates.iys(text)
    except BadDate:
        return None
