"""Reports as they come by mail: of abuse (ARF, RFC 5965) and of deliveries that failed (RFC 3464)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any

from consents.instants import SECOND
from providers.feedback import events
from providers.feedback.events import BadEvents, EventBody, EventKind, FeedbackEvent

# Bad mailbox, bad domain, mailbox moved without a forward, mailbox switched off (RFC 3463, 3.2 and 3.3).
NO_MAILBOX = re.compile(r"5\.(?:1\.(?:1|2|6|10)|2\.1)")
_ONE_CLICK = re.compile(r"<[^<>\s]*/u/([^<>\s/?#]{1,500})>")
_COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})


def read(body: bytes) -> EventBody:
    """Errors: BadEvents."""
    try:
        report = message_from_bytes(body, policy=policy.compat32)
        # Of the complaint, or of the failure; Arrival-Date in it is when the mail came (RFC 5965, 3.2).
        parts, at = list(_parts(report)), _mail_date(str(report.get("date", "")))
        for part in parts:
            if part.get_content_type() == "message/feedback-report":
                return _abuse(part, parts, at)
            if part.get_content_type() == "message/delivery-status":
                return _failed(part, at)
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        raise BadEvents("form") from None
    raise BadEvents("form")


def _parts(message: Message) -> Iterator[Message]:
    """The parts of a report, not those of the mail in it."""
    if message.get_content_maintype() != "multipart":
        yield message
        return
    payload = message.get_payload()
    for part in payload if isinstance(payload, list) else []:
        if isinstance(part, Message):
            yield part


def _abuse(part: Message, parts: list[Message], at: int | None) -> EventBody:
    fields = _fields(part)
    kind = fields.get("feedback-type", [""])[0].lower()
    if kind not in _COMPLAINTS:
        return EventBody([], 1)
    original = next((one for one in parts if one.get_content_type() in ("message/rfc822", "text/rfc822-headers")), None)
    headers = _fields(original) if original is not None else {}
    token = next((found[1] for text in headers.get("list-unsubscribe", []) if (found := _ONE_CLICK.search(text))), "")
    people = fields.get("original-rcpt-to", []) or [_mailbox(one) for one in headers.get("to", [])[:1]]
    event = EventKind.UNSUBSCRIBED if kind.startswith("opt-out") else EventKind.COMPLAINT
    if token:
        return EventBody([FeedbackEvent(event, "", at, "", token)])
    if not people:
        raise BadEvents("form")
    return EventBody([FeedbackEvent(event, _mailbox(one), at) for one in events.few(people)])


def _failed(part: Message, at: int | None) -> EventBody:
    """One group of fields a recipient, after one about the message."""
    groups = part.get_payload()
    found, others = [], 0
    for group in events.few(groups if isinstance(groups, list) else []):
        fields = {name.lower(): str(value) for name, value in group.items()}
        if "final-recipient" not in fields and "original-recipient" not in fields:
            continue
        if fields.get("action", "").strip().lower() != "failed" or not NO_MAILBOX.match(fields.get("status", "")):
            others += 1
            continue
        written = fields.get("original-recipient") or fields["final-recipient"]
        found.append(FeedbackEvent(EventKind.BOUNCE, _mailbox(written.rpartition(";")[2]), at))
    return EventBody(found, others)


def _fields(part: Message) -> dict[str, list[str]]:
    """The fields in a part's body, by their small names; a folded one is one line."""
    inner: Any = part.get_payload()
    if isinstance(inner, list):
        source: Message = inner[0]
    else:
        source = message_from_bytes(str(inner or "").encode("utf-8", "replace"), policy=policy.compat32)
    found: dict[str, list[str]] = {}
    for name, value in source.items():
        found.setdefault(name.lower(), []).append(" ".join(str(value).split()))
    return found


def _mailbox(text: str) -> str:
    """The address of “Name <address>”."""
    inner = re.search(r"<([^<>\s]{1,320})>", text[:2_000])
    return (inner[1] if inner else text[:320]).strip()


def _mail_date(text: str) -> int | None:
    try:
        return int(parsedate_to_datetime(text).timestamp() * SECOND)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
