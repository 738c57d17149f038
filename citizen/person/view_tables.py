"""The table of how a citizen wants to see an address: what somebody else did with it before him stays hidden."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKey
from sqlmodel import Field, SQLModel

from consents.columns import Id, Instant


class RecipientView(SQLModel, table=True):
    """One row an address whose holder was asked whether the number is new to him."""

    __tablename__ = "recipient_view"

    recipient: int = Field(sa_column=Column(Id, ForeignKey("recipient.id"), primary_key=True, autoincrement=False))
    answered_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    hidden_before: datetime | None = Field(default=None, sa_column=Column(Instant))  # None: it was his all along
