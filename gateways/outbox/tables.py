"""Tables of the outbox; addresses and texts are sealed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Column, Index, LargeBinary, SmallInteger, Text, text
from sqlmodel import Field, SQLModel

from consents.care.sweeping import PART, Sweep
from consents.columns import Id, Instant, SealedBytes
from consents.instants import DAY

_KINDS = "kind IN ('sms', 'mail', 'call')"
_WAITING, _GIVEN_UP = text("state = 'waiting'"), text("state = 'given_up'")
_MARKED = text("who IS NOT NULL")


class Outbox(SQLModel, table=True):
    """One message. ``sealed``: address, subject and text; empty once a secret one is sent or given up. ``who``: the
    address as a keyed digest, by which an erasure finds it."""

    __table_args__ = (
        CheckConstraint(_KINDS, name="kind"),
        CheckConstraint("state IN ('waiting', 'sent', 'given_up')", name="state"),
        # Partial, so that what is done with costs nothing to pass over.
        Index("outbox_due", "kind", "secret", "next_try_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("outbox_given_up", "kind", sqlite_where=_GIVEN_UP, postgresql_where=_GIVEN_UP),
        Index("outbox_who", "who", sqlite_where=_MARKED, postgresql_where=_MARKED),
    )

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    sealed: bytes | None = Field(default=None, sa_column=Column(SealedBytes("evidence")))
    secret: bool = Field(sa_column=Column(Boolean, nullable=False))  # a code: goes first, and is not kept
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    expires_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    next_try_at: datetime = Field(sa_column=Column(Instant, nullable=False))  # never after expires_at
    tries: int = Field(sa_column=Column(SmallInteger, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    settled_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    message_id: str | None = Field(default=None, sa_column=Column(Text))  # the carrier's name for it
    error: str | None = Field(default=None, sa_column=Column(Text))  # class of the last failure, no carrier's words
    via: str | None = Field(default=None, sa_column=Column(Text))  # the one of several gateways that may have taken it
    who: bytes | None = Field(default=None, sa_column=Column(LargeBinary))


class CarrierState(SQLModel, table=True):
    __tablename__ = "carrier"

    kind: str = Field(sa_column=Column(Text, CheckConstraint(_KINDS, name="kind"), primary_key=True))
    failing_since: datetime | None = Field(default=None, sa_column=Column(Instant))
    failed_at: datetime | None = Field(default=None, sa_column=Column(Instant))


class GatewayRest(SQLModel, table=True):
    """A gateway that took nothing, and until when it rests; once it answers again, since then."""

    __tablename__ = "gateway_rest"
    __table_args__ = ({"sqlite_with_rowid": False},)

    name: str = Field(sa_column=Column(Text, primary_key=True))  # carrier and host (gateways/carriers.py: names)
    kind: str = Field(sa_column=Column(Text, nullable=False))
    rests_until: datetime = Field(sa_column=Column(Instant, nullable=False))


def _kept(settings: Any) -> int:
    days: int = settings.retention_messages_days
    return days * DAY


SWEEPS = (
    Sweep(
        "outbox",
        "id",
        "state <> 'waiting' AND created_at < :before",
        _kept,
        within=f"(SELECT id, state, created_at FROM outbox ORDER BY id LIMIT {PART}) AS oldest",
    ),
)
