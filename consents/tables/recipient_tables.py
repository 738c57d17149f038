"""Recipients: one an address."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, LargeBinary
from sqlmodel import Field, SQLModel

from consents.columns import Id, Instant, SealedBytes
from consents.tables.table_parts import required, where


class RecipientRow(SQLModel, table=True):
    """After an erasure ``sealed`` is a one-way keyed digest (16 bytes)."""

    __tablename__ = "recipient"
    __table_args__ = (Index("recipient_erased", "sealed", **where("length(sealed) = 16")),)

    id: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    sealed: bytes = Field(sa_column=required(SealedBytes("address"), unique=True))
    commitment: bytes = Field(sa_column=required(LargeBinary))  # salted hash that the log's leaves name


class RecipientView(SQLModel, table=True):
    __tablename__ = "recipient_view"

    recipient: int = Field(sa_column=Column(Id, ForeignKey("recipient.id"), primary_key=True, autoincrement=False))
    answered_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    hidden_before: datetime | None = Field(default=None, sa_column=Column(Instant))  # None: no change of holder
