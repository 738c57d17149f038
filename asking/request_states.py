"""A request of a company to one recipient, from its start to its end. İYS calls it a ViA process; its stages and
statuses on the wire are made from these (API document 3.2.0, “VİA İşlem Durumu Sorgulama”)."""

from __future__ import annotations

from enum import IntEnum

from consents.instants import DAY, MINUTE


class RequestPurpose(IntEnum):
    """What is asked. An answer to one is never an answer to the other (KVKK decisions 2021/1 and 2025/1072)."""

    VERIFY = 0  # “Is this number yours?” It proves the address and records no consent.
    CONSENT = 1  # “May we write to you?”


class RequestMethod(IntEnum):
    """How it is answered. A CODE is typed by the company, a LINK opens a page, a WORD is shown by a till or poster and
    comes from the recipient's own phone."""

    SMS_OTP = 0
    EPOSTA_OTP = 1
    SMS_SHORTURL = 2
    EPOSTA_SHORTURL = 3
    TILL = 4
    POSTER = 5


CODES = frozenset({RequestMethod.SMS_OTP, RequestMethod.EPOSTA_OTP})
LINKS = frozenset({RequestMethod.SMS_SHORTURL, RequestMethod.EPOSTA_SHORTURL})
WORDS = frozenset({RequestMethod.TILL, RequestMethod.POSTER})
BY_SMS = frozenset({RequestMethod.SMS_OTP, RequestMethod.SMS_SHORTURL})
BY_MAIL = frozenset({RequestMethod.EPOSTA_OTP, RequestMethod.EPOSTA_SHORTURL})

TRIES = 3  # on a code; a fourth is not compared (facts of İYS: 3 minutes, 3 tries)
# For how long (µs) it can be answered.
LASTS = {
    **dict.fromkeys(CODES, 3 * MINUTE),
    **dict.fromkeys(LINKS, DAY),
    **dict.fromkeys(WORDS, 10 * MINUTE),
}


class RequestState(IntEnum):
    OPEN = 0
    WRONG = 1  # open, and the last code was wrong
    ANSWERED = 2
    SPENT = 3  # the last try was wrong
    EXPIRED = 4
    UNSENT = 5  # its message could not be delivered
    CANCELLED = 6  # by the till that asked, or because another request took its place


class RequestEvent(IntEnum):
    ANSWER = 0
    WRONG_CODE = 1
    LAST_WRONG_CODE = 2
    TIME = 3  # it ran out
    DELIVERY_FAILED = 4
    CANCEL = 5


_FROM_OPEN = {
    RequestEvent.ANSWER: RequestState.ANSWERED,
    RequestEvent.WRONG_CODE: RequestState.WRONG,
    RequestEvent.LAST_WRONG_CODE: RequestState.SPENT,
    RequestEvent.TIME: RequestState.EXPIRED,
    RequestEvent.DELIVERY_FAILED: RequestState.UNSENT,
    RequestEvent.CANCEL: RequestState.CANCELLED,
}
# The whole machine: what is not here cannot happen. Every ended state stays.
NEXT: dict[tuple[RequestState, RequestEvent], RequestState] = {
    (state, event): after for state in (RequestState.OPEN, RequestState.WRONG) for event, after in _FROM_OPEN.items()
}
LIVE = frozenset(state for state, _ in NEXT)
ENDED = frozenset(RequestState) - LIVE


def after(state: RequestState, event: RequestEvent, method: RequestMethod) -> RequestState | None:
    """The state after an event; None where the event cannot happen there."""
    if event in (RequestEvent.WRONG_CODE, RequestEvent.LAST_WRONG_CODE) and method not in CODES:
        return None
    return NEXT.get((state, event))
