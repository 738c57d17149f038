"""The tables of what every room uses: limits, and short links."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Column, ForeignKey, Index, LargeBinary, SmallInteger
from sqlmodel import Field, SQLModel

from consents.care.sweeping import Sweep
from consents.columns import Id, Instant, SealedBytes
from consents.instants import DAY, HOUR


class Throttle(SQLModel, table=True):
    """How often something happened at one moment. ``key`` is a keyed hash: nobody can read whose it is."""

    __table_args__ = (Index("throttle_at", "at"), {"sqlite_with_rowid": False})

    key: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    at: datetime = Field(sa_column=Column(Instant, primary_key=True))
    count: int = Field(sa_column=Column(Id, nullable=False))


class ShortLink(SQLModel, table=True):
    """A link that refuses one channel of one brand for one recipient; from its page the brand's others too."""

    __tablename__ = "short_link"
    __table_args__ = (Index("short_link_expires_at", "expires_at"), {"sqlite_with_rowid": False})

    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))  # keyed hash of its code, 16 bytes
    recipient: int = Field(sa_column=Column(Id, ForeignKey("recipient.id"), nullable=False))
    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), nullable=False))
    channel: int = Field(sa_column=Column(SmallInteger, nullable=False))
    expires_at: datetime = Field(sa_column=Column(Instant, nullable=False))


class ShownText(SQLModel, table=True):
    """A text that a page shows and that signs in where it arrives by SMS from the number itself.

    ``holder``: SHA-256 of the cookie the text is bound to; once ``used``, the key of the session that it began. The
    session lasts as long as this row, so whoever takes the row away ends it.
    """

    __tablename__ = "shown_text"
    __table_args__ = (
        Index("shown_text_digest", "digest"),
        Index("shown_text_address", "address"),
        Index("shown_text_expires_at", "expires_at"),
        {"sqlite_with_rowid": False},
    )

    holder: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # keyed hash of the text, 16 bytes
    address: bytes = Field(sa_column=Column(SealedBytes("address"), nullable=False))  # sealed
    asked_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    expires_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    proved_at: datetime | None = Field(default=None, sa_column=Column(Instant))  # the SMS has come
    used: bool | None = Field(default=None, sa_column=Column(Boolean))


SWEEPS = (
    Sweep("shown_text", "holder", "expires_at < :before"),
    Sweep("throttle", "key, at", "at < :before", DAY + HOUR),  # no limit looks back further
    Sweep("short_link", "digest", "expires_at < :before"),
)
