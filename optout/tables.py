"""The tables of the doors without sign-in; addresses, texts and links are encrypted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, SmallInteger, Text, text
from sqlmodel import Field, SQLModel

from consents.care.sweeping import Sweep
from consents.columns import Id, Instant, SealedBytes
from consents.instants import DAY
from settings import Settings

_UNCLEAR = text("state = 'unclear'")
_READABLE = text("sealed IS NOT NULL OR reply IS NOT NULL")
_MARKED = text("who IS NOT NULL")


class BrandNumber(SQLModel, table=True):
    """A brand's own number: messages to it need no name."""

    __tablename__ = "brand_number"

    number: str = Field(sa_column=Column(Text, primary_key=True))  # E.164, or a short code's digits
    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), nullable=False, index=True))


class SmsOnay(SQLModel, table=True):
    """The brands that take a consent by SMS; none unless the operator enables it."""

    __tablename__ = "sms_onay"

    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False))


class InboundMessage(SQLModel, table=True):
    """A carrier's message or call, by its id there, so that a second delivery changes nothing; kept for ever.
    ``sealed``: the text for a person, deleted after RETENTION_MESSAGES_DAYS; ``reply``: encrypted, for repeated
    deliveries; ``who``: as in table ``outbox``, while there is a text or reply."""

    __tablename__ = "inbound_message"
    __table_args__ = (
        CheckConstraint("state IN ('done', 'unclear')", name="state"),
        Index("inbound_message_name", "carrier", "name", unique=True),
        Index("inbound_message_unclear", "received_at", sqlite_where=_UNCLEAR, postgresql_where=_UNCLEAR),
        Index("inbound_message_received_at", "received_at", sqlite_where=_READABLE, postgresql_where=_READABLE),
        Index("inbound_message_who", "who", sqlite_where=_MARKED, postgresql_where=_MARKED),
    )

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    carrier: str = Field(sa_column=Column(Text, nullable=False))
    name: str = Field(sa_column=Column(Text, nullable=False))  # the carrier's id for it
    received_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    sealed: bytes | None = Field(default=None, sa_column=Column(SealedBytes("evidence")))
    reply: bytes | None = Field(default=None, sa_column=Column(SealedBytes("evidence")))
    who: bytes | None = Field(default=None, sa_column=Column(LargeBinary))


class SmsQuestion(SQLModel, table=True):
    __tablename__ = "sms_question"
    __table_args__ = (
        CheckConstraint("asks IN ('brand', 'onay', 'undo')", name="asks"),
        Index("sms_question_expires_at", "expires_at"),
        {"sqlite_with_rowid": False},
    )

    sender: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))  # mark of the number
    asks: str = Field(sa_column=Column(Text, nullable=False))
    channels: int = Field(sa_column=Column(SmallInteger, nullable=False))  # one bit a channel code
    brand: int | None = Field(default=None, sa_column=Column(Id))
    act: int | None = Field(default=None, sa_column=Column(Id))  # what would be taken back
    code: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # keyed hash of the six digits
    tries: int = Field(sa_column=Column(SmallInteger, nullable=False))
    expires_at: datetime = Field(sa_column=Column(Instant, nullable=False))


class FollowUp(SQLModel, table=True):
    """A question about one refusal after its last day. ``due_at``: when it leaves; ``asked_at``: when it left;
    ``brand``: one that still sends, NULL with ``answered_at``: none does."""

    __tablename__ = "follow_up"
    __table_args__ = (
        CheckConstraint("kind IN ('sms', 'mail')", name="kind"),
        Index("follow_up_due_at", "due_at"),
        Index("follow_up_recipient", "recipient"),
        {"sqlite_with_rowid": False},
    )

    act: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    recipient: int = Field(sa_column=Column(Id, ForeignKey("recipient.id"), nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    language: str = Field(sa_column=Column(Text, nullable=False))
    due_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    asked_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    answered_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    brand: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("brand.id")))


class InboxCursor(SQLModel, table=True):
    __tablename__ = "inbox_cursor"

    carrier: str = Field(sa_column=Column(Text, primary_key=True))
    position: str = Field(sa_column=Column(Text, nullable=False))
    read_at: datetime = Field(sa_column=Column(Instant, nullable=False))


FOLLOW_UPS_KEPT = 90 * DAY  # µs after the question was due


def _texts(settings: Settings) -> int:
    """For so long a text can be read, and a carrier's repetition is answered alike."""
    return settings.retention_messages_days * DAY


SWEEPS = (
    Sweep("sms_question", "sender", "expires_at <= :before"),
    Sweep("follow_up", "act", "due_at < :before", FOLLOW_UPS_KEPT),
    Sweep(
        "inbound_message",
        "id",
        "received_at < :before AND (sealed IS NOT NULL OR reply IS NOT NULL)",
        _texts,
        emptied="state = 'done', sealed = NULL, reply = NULL, who = NULL",
    ),
)
