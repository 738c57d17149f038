"""The tables of sign-in.

No address, code or session id can be read in them without the keys.
Addresses stand sealed as in table ``recipient``, so that the same statement finds and shows them.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, SmallInteger, Text
from sqlmodel import Field, SQLModel

from consents.care.sweeping import Sweep
from consents.columns import Id, Instant, SealedBytes
from consents.instants import DAY, HOUR, SECOND
from settings import Settings


class OneTimeCode(SQLModel, table=True):
    """What one browser has asked for last: one code for one address. ``mac``: its HMAC, see ``codes.proof``."""

    __tablename__ = "one_time_code"
    __table_args__ = (
        Index("one_time_code_asked_at", "asked_at"),
        Index("one_time_code_address", "address"),
        {"sqlite_with_rowid": False},
    )

    holder: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))  # SHA-256 of the cookie that asked
    purpose: int = Field(sa_column=Column(SmallInteger, nullable=False))
    address: bytes = Field(sa_column=Column(SealedBytes("address"), nullable=False))  # sealed
    mac: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    earlier: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # the code this one has replaced
    first_asked_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    asked: int = Field(sa_column=Column(SmallInteger, nullable=False))  # times, since first_asked_at
    asked_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    expires_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    tries: int = Field(sa_column=Column(SmallInteger, nullable=False))  # on this code and those it has replaced
    wrong: int = Field(sa_column=Column(SmallInteger, nullable=False))  # of this browser on this address
    used_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    asker: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # in ``trusted_asker``, whose tries count


class StoredSession(SQLModel, table=True):
    """A signed-in browser. ``key``: SHA-256 of the id in its cookie."""

    __tablename__ = "session"
    __table_args__ = (Index("session_started_at", "started_at"), {"sqlite_with_rowid": False})

    key: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    started_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    touched_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    current: int = Field(sa_column=Column(SmallInteger, nullable=False))  # the place of the address it shows


class SessionAddress(SQLModel, table=True):
    """An address proved in a session; ``place`` counts them from 0 in the order of proof."""

    __tablename__ = "session_address"
    __table_args__ = (Index("session_address_address", "address"), {"sqlite_with_rowid": False})

    session: bytes = Field(
        sa_column=Column(LargeBinary, ForeignKey("session.key", ondelete="CASCADE"), primary_key=True)
    )
    place: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    address: bytes = Field(sa_column=Column(SealedBytes("address"), nullable=False))  # sealed
    proved_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    last_sign_in: datetime | None = Field(default=None, sa_column=Column(Instant))  # the one before this


class SignIn(SQLModel, table=True):
    """What is remembered of an address between sessions: its last sign-in, and wrong codes since then."""

    __tablename__ = "sign_in"
    __table_args__ = (
        Index("sign_in_at", "at"),
        Index("sign_in_wrong_at", "wrong_at"),
        {"sqlite_with_rowid": False},
    )

    address: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))  # a mark: recognised, never read
    at: datetime | None = Field(default=None, sa_column=Column(Instant))
    wrong: int = Field(sa_column=Column(Id, nullable=False))
    wrong_at: datetime | None = Field(default=None, sa_column=Column(Instant))


class TrustedAsker(SQLModel, table=True):
    """Who may ask for codes for an address that strangers have closed: whoever has proved it before."""

    __tablename__ = "trusted_asker"
    __table_args__ = (
        Index("trusted_asker_address", "address", "proved_at"),
        Index("trusted_asker_proved_at", "proved_at"),
        {"sqlite_with_rowid": False},
    )

    # SHA-256 of a browser's cookie (32 bytes), or the mark of an address proved in the same session (16 bytes)
    asker: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    address: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))  # a mark: recognised, never read
    wrong: int = Field(sa_column=Column(SmallInteger, nullable=False))  # codes in a row
    proved_at: datetime = Field(sa_column=Column(Instant, nullable=False))


class Watch(SQLModel, table=True):
    """A recipient who has asked to be told when a company declares a consent for him, and where.

    ``target``: where the message goes, sealed; ``stop``: its mark, by which all that goes there is found and ended.
    ``event``: the last one that he was told of, or that there was when he asked. ``proved_at``: when recipient and
    target were last proved in one session.
    """

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


def _session(settings: Settings) -> int:
    return settings.session_hours * HOUR + SECOND


def _trusted(settings: Settings) -> int:
    return settings.trusted_days * DAY


# µs, as the privacy notice says. Wrong codes long: the limit on all of them is what guessing for years runs into.
SIGN_INS_KEPT, WRONG_CODES_KEPT = 30 * DAY, 365 * DAY
# Operators give a closed number to somebody else after about half a year; its last holder must not watch him.
WATCH_KEPT = 180 * DAY
SWEEPS = (
    Sweep("one_time_code", "holder", "asked_at < :before", DAY + HOUR),
    Sweep("session", "key", "started_at < :before", _session),
    # Three, because no index serves an OR of them.
    Sweep("sign_in", "address", "at < :before AND wrong = 0", SIGN_INS_KEPT),
    Sweep("sign_in", "address", "wrong_at < :before AND wrong > 0", WRONG_CODES_KEPT),
    Sweep("sign_in", "address", "at IS NULL AND wrong_at IS NULL"),
    Sweep("trusted_asker", "asker, address", "proved_at <= :before", _trusted),
    Sweep("watch", "recipient", "proved_at < :before", WATCH_KEPT),
)
