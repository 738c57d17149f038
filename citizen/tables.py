"""Tables of sessions and alerts. Addresses are sealed as in table ``recipient``, so the same statement finds and
shows them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, Column, Date, ForeignKey, Index, LargeBinary, SmallInteger, Text
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from consents.care.sweeping import Sweep
from consents.columns import Id, Instant, SealedBytes
from consents.instants import DAY, HOUR, SECOND
from settings import Settings

_PERSONAL = sql("recipient IS NOT NULL OR text IS NOT NULL")


class StoredSession(SQLModel, table=True):
    """A signed-in browser. ``key``: SHA-256 of the id in its cookie."""

    __tablename__ = "session"
    __table_args__ = (Index("session_started_at", "started_at"), {"sqlite_with_rowid": False})

    key: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    started_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    touched_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    current: int = Field(sa_column=Column(SmallInteger, nullable=False))  # the place of the address it shows
    limited: bool | None = Field(default=None, sa_column=Column(Boolean))  # True where a text sent by SMS began it
    passkey: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # that began it: its row's digest


class SessionAddress(SQLModel, table=True):
    """An address proved in a session; ``place``: from 0 in the order of proof."""

    __tablename__ = "session_address"
    __table_args__ = (Index("session_address_address", "address"), {"sqlite_with_rowid": False})

    session: bytes = Field(
        sa_column=Column(LargeBinary, ForeignKey("session.key", ondelete="CASCADE"), primary_key=True)
    )
    place: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    address: bytes = Field(sa_column=Column(SealedBytes("address"), nullable=False))  # sealed
    proved_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    last_sign_in: datetime | None = Field(default=None, sa_column=Column(Instant))  # the one before this


class HelperVisit(SQLModel, table=True):
    """An assisted session until ``ends_at``, which is never prolonged."""

    __tablename__ = "helper_visit"
    __table_args__ = (
        Index("helper_visit_address", "address"),
        Index("helper_visit_ends_at", "ends_at"),
        {"sqlite_with_rowid": False},
    )

    session: bytes = Field(
        sa_column=Column(LargeBinary, ForeignKey("session.key", ondelete="CASCADE"), primary_key=True)
    )
    address: bytes = Field(sa_column=Column(SealedBytes("address"), nullable=False))  # sealed: who sits beside
    place: int = Field(sa_column=Column(SmallInteger, nullable=False))  # of the address that helps, in the session
    began_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    ends_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    told_at: datetime | None = Field(default=None, sa_column=Column(Instant))  # the address heard of a change
    delegation: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # that opened it, without a code


class Watch(SQLModel, table=True):
    """A recipient's declaration alerts. ``target``: the message's address, sealed; ``stop``: its mark, which finds
    and ends all its alerts. ``event``: the last one notified, at first the newest. ``proved_at``: when recipient and
    target were last proved in one session."""

    __tablename__ = "watch"
    __table_args__ = (
        CheckConstraint("kind IN ('sms', 'mail')", name="kind"),
        Index("watch_looked_at", "kind", "looked_at"),
        Index("watch_proved_at", "proved_at"),
        Index("watch_stop", "stop"),
        {"sqlite_with_rowid": False},
    )

    recipient: int = Field(sa_column=Column(Id, ForeignKey("recipient.id"), primary_key=True, autoincrement=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    target: bytes = Field(sa_column=Column(SealedBytes("address"), nullable=False))
    stop: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    language: str = Field(sa_column=Column(Text, nullable=False))
    event: int = Field(sa_column=Column(Id, nullable=False))
    looked_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    proved_at: datetime = Field(sa_column=Column(Instant, nullable=False))


class Complaint(SQLModel, table=True):
    """An advertisement that a citizen reported. ``once``: mark of person, sender, channel and day, which counts each
    once. ``recipient``, ``act``: NULL for a sender that is not here, and once the row is old; ``sender``: its name,
    folded, NULL for a brand. ``sent_at``, ``answered_at``: days by the citizen's own word. ``text``: sealed, NULL
    without the citizen's tick."""

    __tablename__ = "complaint"
    __table_args__ = (
        CheckConstraint("(brand IS NULL) <> (sender IS NULL)", name="about"),
        Index("complaint_recipient", "recipient"),
        Index("complaint_brand_day", "brand", "day"),
        Index("complaint_counted_at", "counted_at", sqlite_where=_PERSONAL, postgresql_where=_PERSONAL),
    )

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    once: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    recipient: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("recipient.id")))
    brand: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("brand.id")))
    sender: str | None = Field(default=None, sa_column=Column(Text))
    channel: int = Field(sa_column=Column(SmallInteger, nullable=False))
    day: date = Field(sa_column=Column(Date, nullable=False))
    act: int | None = Field(default=None, sa_column=Column(Id))
    counted_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    sent_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    answered_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    text: bytes | None = Field(default=None, sa_column=Column(SealedBytes("evidence")))


class DataRequest(SQLModel, table=True):
    """A request about one's own data (KVKK art. 11). ``kind``, ``state``: of citizen/receipts/data_requests.py.
    ``who``: a mark of the address. ``words``: sealed JSON of what is asked and how identity was proved.
    ``entered_by``, ``closed_by``: people of the panel, NULL for the citizen. ``proved_at``: when the address was
    proved, NULL for a letter whose code nobody gave yet. ``provider``: the company that passed the letter on. An
    erasure empties ``who``, ``address``, ``words`` and ``answer``; number, kind, days and outcome stay."""

    __tablename__ = "data_request"
    __table_args__ = (
        CheckConstraint("(who IS NULL) = (address IS NULL)", name="erased"),
        CheckConstraint("(state = 0) = (closed_at IS NULL)", name="closed"),
        Index("data_request_who", "who"),
        Index("data_request_state", "state", "asked_at"),
        Index("data_request_provider", "provider", "id"),
    )

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    kind: int = Field(sa_column=Column(SmallInteger, nullable=False))
    who: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    address: bytes | None = Field(default=None, sa_column=Column(SealedBytes("address")))
    words: bytes | None = Field(default=None, sa_column=Column(SealedBytes("evidence")))
    asked_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    entered_by: int | None = Field(default=None, sa_column=Column(Id))
    state: int = Field(sa_column=Column(SmallInteger, nullable=False))
    closed_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    closed_by: int | None = Field(default=None, sa_column=Column(Id))
    answer: bytes | None = Field(default=None, sa_column=Column(SealedBytes("evidence")))
    proved_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    provider: int | None = Field(default=None, sa_column=Column(Id))


class FirstContact(SQLModel, table=True):
    """An address that gets no first-contact notice (any more): ``kind`` and ``at`` of its notice, both empty where its
    holder signed in or was erased."""

    __tablename__ = "first_contact"
    __table_args__ = (
        CheckConstraint("kind IN ('sms', 'mail')", name="kind"),
        Index("first_contact_kind_at", "kind", "at"),
        {"sqlite_with_rowid": False},
    )

    address: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))  # a mark: recognised, never read
    kind: str | None = Field(default=None, sa_column=Column(Text))
    at: datetime | None = Field(default=None, sa_column=Column(Instant))


class FirstContactPass(SQLModel, table=True):
    """Which recipients the job has looked at (citizen/alerts/first_contact.py)."""

    __tablename__ = "first_contact_pass"
    __table_args__ = ({"sqlite_with_rowid": False},)

    kind: str = Field(sa_column=Column(Text, primary_key=True))
    after: int = Field(sa_column=Column(Id, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(Instant))


def _session(settings: Settings) -> int:
    return settings.session_hours * HOUR + SECOND


# Operators give a closed number to somebody else after about half a year (µs); its last holder must not watch them.
WATCH_KEPT = 180 * DAY
COMPLAINTS_KEPT = 730 * DAY  # then the person and the text leave a complaint, which stays counted
# An answer may be asked for in a complaint to the board or in court; what was destroyed is on record for three years
# (RG 28.10.2017/30224, art. 7).
DATA_REQUESTS_KEPT = 3 * 365 * DAY
SWEEPS = (
    Sweep("data_request", "id", "state > 0 AND asked_at < :before", DATA_REQUESTS_KEPT),
    Sweep(
        "complaint",
        "id",
        "counted_at < :before AND (recipient IS NOT NULL OR text IS NOT NULL)",
        COMPLAINTS_KEPT,
        emptied="recipient = NULL, act = NULL, text = NULL",
    ),
    Sweep("session", "key", "started_at < :before", _session),
    Sweep("helper_visit", "session", "ends_at < :before", HOUR),
    Sweep("watch", "recipient", "proved_at < :before", WATCH_KEPT),
)
