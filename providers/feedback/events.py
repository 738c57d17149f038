"""What a mailing service or a messenger reports: who no longer wants messages. Nothing in it gives a consent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any, NamedTuple

from consents.terms import Channel

MOST = 5_000  # events of one body; of 256 kB no form has more


class EventForm(StrEnum):
    ARF = "arf"
    SES = "ses"
    MAILGUN = "mailgun"
    JSON = "json"
    WHATSAPP = "whatsapp"
    RCS = "rcs"

    def channel(self, *, mail: bool) -> Channel | None:
        """What an event about an e-mail address, or a number, refuses; None where the service has no such addresses."""
        messenger = self in (EventForm.WHATSAPP, EventForm.RCS)
        if mail is messenger and self is not EventForm.JSON:
            return None
        return Channel.EPOSTA if mail else Channel.MESAJ

    @property
    def signed(self) -> bool:
        """Whether the service signs its posts with a key that both know."""
        return self in (EventForm.MAILGUN, EventForm.WHATSAPP, EventForm.RCS)


class EventKind(StrEnum):
    COMPLAINT = "complaint"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCE = "bounce"


class FeedbackEvent(NamedTuple):
    """Somebody who wants no more: ``address`` as written, or the ``token`` of our own List-Unsubscribe link in the mail
    that was complained of. ``at``: µs, None where the event has no time. ``reference``: the service's id."""

    kind: EventKind
    address: str
    at: int | None
    reference: str = ""
    token: str = ""


class EventBody(NamedTuple):
    """``others``: events that refuse nothing; ``unread``: items that could not be read; ``confirm``: a URL that a
    person of the company opens once, by which the ``topic`` of SNS begins; ``answer``: what the service wants to read
    back, None for a count."""

    events: list[FeedbackEvent]
    others: int = 0
    unread: int = 0
    topic: str = ""
    confirm: str = ""
    answer: str | None = None


class BadEvents(Exception):
    """``reason``: signature, json or form."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def body_of(items: Iterable[Any], read: Callable[[Any], FeedbackEvent | None]) -> EventBody:
    """Reads each item by itself; ``read`` answers None for one that refuses nothing."""
    events, others, unread = list[FeedbackEvent](), 0, 0
    for item in items:
        try:
            event = read(item)
        except (KeyError, TypeError, ValueError, AttributeError):
            unread += 1
            continue
        if event is None:
            others += 1
        else:
            events.append(event)
    return EventBody(events, others, unread)


def few(items: Any) -> list[Any]:
    """The items of a list that is short enough. Errors: BadEvents."""
    if not isinstance(items, list) or len(items) > MOST:
        raise BadEvents("form")
    return items
