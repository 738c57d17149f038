"""Table ``complaint``: what citizens reported, each once a person, sender, channel and day. A company's counts name no
person; a sender that is not here is counted without one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import text

from consents.brands.sms_words import squeezed
from consents.brands.spelling import fold
from consents.columns import micros, optional_micros, stored
from consents.instants import DAY, day_of
from consents.keys import Keyring
from consents.people.recipients import AddressKind, found, phone
from consents.store import Snapshot, Statement, Transaction, Value
from trust import limits
from trust.limits import Limit
from trust.pseudonyms import mark

A_DAY = 20  # complaints of one person in 24 hours
SENDER = 24  # characters of a sender's name that are kept
_DIGITS = 6  # of a name that is kept: more may be somebody's number
_LISTED = 200  # complaints of a person that a page lists
_MOST = 200  # senders that are counted
ANSWER_DUE = 30 * DAY  # of the office, from the day of sending: Law 3071 art. 7

_COLUMNS = "id, brand, sender, channel, day, act, counted_at, sent_at, answered_at, text"
_COUNT = Statement(
    text(
        "INSERT INTO complaint (once, recipient, brand, sender, channel, day, act, counted_at, text) VALUES "
        "(:once, :recipient, :brand, :sender, :channel, :day, :act, :counted_at, :text) ON CONFLICT (once) DO NOTHING"
    )
)
_ONCE: Value[int] = Statement(text("SELECT id FROM complaint WHERE once = :once"))
_OF_RECIPIENT = Statement(
    text(f"SELECT {_COLUMNS} FROM complaint WHERE recipient = :recipient ORDER BY id DESC LIMIT :most")
)
_SENT = Statement(
    text("UPDATE complaint SET sent_at = :now WHERE id = :id AND recipient = :recipient AND sent_at IS NULL")
)
_ANSWERED = Statement(
    text(
        "UPDATE complaint SET answered_at = :now, sent_at = coalesce(sent_at, :now) "
        "WHERE id = :id AND recipient = :recipient AND answered_at IS NULL"
    )
)
_WITHDRAW = Statement(text("DELETE FROM complaint WHERE id = :id AND recipient = :recipient"))
_ANY_OF: Value[int] = Statement(text("SELECT 1 FROM complaint WHERE recipient = :recipient LIMIT 1"))
_FORGET = Statement(text("UPDATE complaint SET recipient = NULL, act = NULL, text = NULL WHERE recipient = :recipient"))
_BY_BRAND = Statement(
    text(
        "SELECT brand, count(*), count(sent_at), count(answered_at), max(day) FROM complaint "
        "WHERE brand IS NOT NULL AND day >= :since GROUP BY brand ORDER BY count(*) DESC, brand"
    )
)
_UNANSWERED = Statement(
    text(
        "SELECT brand, count(*), min(sent_at), sum(CASE WHEN sent_at < :due THEN 1 ELSE 0 END) FROM complaint "
        "WHERE brand IS NOT NULL AND sent_at IS NOT NULL AND answered_at IS NULL AND day >= :since GROUP BY brand"
    )
)
_BY_SENDER = Statement(
    text(
        "SELECT sender, count(*), max(day) FROM complaint WHERE sender IS NOT NULL AND day >= :since "
        "GROUP BY sender ORDER BY count(*) DESC, sender LIMIT :most"
    )
)
_BY_DAY = Statement(
    text(
        "SELECT day, channel, count(*) FROM complaint WHERE brand = :brand AND day >= :since "
        "GROUP BY day, channel ORDER BY day DESC, channel"
    )
)
_OF_DAYS: Value[int] = Statement(text("SELECT count(*) FROM complaint WHERE day >= :first AND day <= :last"))
_COMPANY_LINES = {AddressKind.LANDLINE, AddressKind.OTHER, AddressKind.PREMIUM}


class CountedComplaint(NamedTuple):
    """One complaint of a person; times in µs. ``text``: of the message, "" without the citizen's tick."""

    id: int
    brand: int | None
    sender: str
    channel: int
    day: date
    act: int | None
    counted_at: int
    sent_at: int | None
    answered_at: int | None
    text: str


class NewComplaint(NamedTuple):
    """``brand`` (internal id) or ``sender``. ``text``: kept only where the citizen ticked it, else ""."""

    channel: int
    day: date
    brand: int | None = None
    sender: str = ""
    act: int | None = None
    text: str = ""


class BrandComplaints(NamedTuple):
    """Counts of a brand (internal id); ``last``: the newest message's day."""

    brand: int
    complaints: int
    sent: int
    answered: int
    last: date


class UnansweredComplaints(NamedTuple):
    """Of a brand (internal id), sent to the office and not answered, by the citizens' own word; ``oldest``: when the
    first of them was sent, µs; ``overdue``: sent longer ago than ``ANSWER_DUE``."""

    brand: int
    complaints: int
    oldest: int
    overdue: int


class SenderComplaints(NamedTuple):
    """Counts of a sender that is not here."""

    sender: str
    complaints: int
    last: date


class DayComplaints(NamedTuple):
    """Counts of a brand on one day; ``channel``: by code."""

    day: date
    channel: int
    complaints: int


def sender_key(written: str) -> str | None:
    """A sender as it is counted: a header in capitals, or a company's number. None for a mobile number, which may be a
    private person's, also with a name beside it, and for what is neither."""
    named = squeezed(fold(written))[:SENDER]
    if any(letter.isalpha() for letter in named):
        return named if sum(letter.isnumeric() for letter in written) <= _DIGITS else None
    number = found(phone, written)
    if number is None:
        return named if 3 <= len(named) <= 6 else None  # a short code
    return number.address if number.kind in _COMPANY_LINES else None


def count(
    transaction: Transaction, keyring: Keyring, address: str, recipient: int | None, new: NewComplaint
) -> int | None:
    """The id of the complaint, or of an earlier one about the same sender, channel and day; None after ``A_DAY``.
    ``recipient``: None for a sender that is not here."""
    about = f"brand {new.brand}" if new.brand is not None else f"sender {new.sender}"
    once = mark(keyring, "complaint", f"{address} {about} {new.channel} {new.day}")
    if (known := transaction.value(_ONCE, {"once": once})) is not None:
        return known
    if not limits.take(transaction, Limit(mark(keyring, "complaints", address), A_DAY, DAY)):
        return None
    sealed = keyring.seal_evidence({"text": new.text})[0] if new.text and new.brand is not None else None
    transaction.run(
        _COUNT,
        {
            "once": once,
            "recipient": recipient,
            "brand": new.brand,
            "sender": new.sender if new.brand is None else None,
            "channel": new.channel,
            "day": str(new.day),
            "act": new.act,
            "counted_at": stored(transaction.now),
            "text": sealed,
        },
    )
    return transaction.value(_ONCE, {"once": once})


def of_recipient(snapshot: Snapshot, keyring: Keyring, recipient: int, since: int) -> list[CountedComplaint]:
    """The newest first, without those counted before ``since`` (µs): they are an earlier holder's."""
    rows = snapshot.all(_OF_RECIPIENT, {"recipient": recipient, "most": _LISTED})
    return [one for one in (_read(keyring, row) for row in rows) if one.counted_at >= since]


def sent(transaction: Transaction, recipient: int, complaint: int) -> None:
    """The citizen sent it to the office."""
    transaction.run(_SENT, {"id": complaint, "recipient": recipient, "now": stored(transaction.now)})


def answered(transaction: Transaction, recipient: int, complaint: int) -> None:
    """The office answered, so it was sent too."""
    transaction.run(_ANSWERED, {"id": complaint, "recipient": recipient, "now": stored(transaction.now)})


def withdraw(transaction: Transaction, recipient: int, complaint: int) -> None:
    transaction.run(_WITHDRAW, {"id": complaint, "recipient": recipient})


def any_of(snapshot: Snapshot, recipient: int) -> bool:
    """Whether ``forget`` would empty one."""
    return snapshot.value(_ANY_OF, {"recipient": recipient}) is not None


def forget(transaction: Transaction, recipient: int) -> None:
    """Of an erased person the counts stay."""
    transaction.run(_FORGET, {"recipient": recipient})


def by_brand(snapshot: Snapshot, today: date, days: int) -> list[BrandComplaints]:
    """Of messages of the last ``days`` days, the most first."""
    rows = snapshot.all(_BY_BRAND, {"since": str(today - timedelta(days=days))})
    return [BrandComplaints(brand, total, out, back, _day(last)) for brand, total, out, back, last in rows]


def unanswered(snapshot: Snapshot, now: int, days: int) -> list[UnansweredComplaints]:
    """Of messages of the last ``days`` days."""
    values = {"due": stored(now - ANSWER_DUE), "since": str(day_of(now) - timedelta(days=days))}
    rows = snapshot.all(_UNANSWERED, values)
    return [UnansweredComplaints(brand, total, micros(oldest), late) for brand, total, oldest, late in rows]


def by_sender(snapshot: Snapshot, today: date, days: int) -> list[SenderComplaints]:
    rows = snapshot.all(_BY_SENDER, {"since": str(today - timedelta(days=days)), "most": _MOST})
    return [SenderComplaints(sender, total, _day(last)) for sender, total, last in rows]


def of_days(snapshot: Snapshot, first: date, last: date) -> int:
    """How many there are of messages of these days, also of senders that are not here."""
    return snapshot.value(_OF_DAYS, {"first": str(first), "last": str(last)}) or 0


def by_day(snapshot: Snapshot, brand: int, today: date, days: int) -> list[DayComplaints]:
    """Of one brand (internal id), the newest day first."""
    rows = snapshot.all(_BY_DAY, {"brand": brand, "since": str(today - timedelta(days=days))})
    return [DayComplaints(_day(day), channel, total) for day, channel, total in rows]


def _read(keyring: Keyring, row: tuple[Any, ...]) -> CountedComplaint:
    complaint, brand, sender, channel, day, act, counted_at, sent_at, answered_at, sealed = row
    kept = str(keyring.unseal_evidence(bytes(sealed)).get("text", "")) if sealed is not None else ""
    moments = micros(counted_at), optional_micros(sent_at), optional_micros(answered_at)
    return CountedComplaint(complaint, brand, sender or "", channel, _day(day), act, *moments, kept)


def _day(kept: Any) -> date:
    """SQLite gives a text."""
    return kept if isinstance(kept, date) else date.fromisoformat(kept)
