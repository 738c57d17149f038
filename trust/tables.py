"""The table of the limits that hold for everybody at every door."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from consents.columns import Id, Instant


class Throttle(SQLModel, table=True):
    """How often something happened at one moment. ``key`` is a keyed hash: nobody can read whose it is."""

    __table_args__ = (Index("throttle_at", "at"), {"sqlite_with_rowid": False})

    key: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    at: datetime = Field(sa_column=Column(Instant, primary_key=True))
    count: int = Field(sa_column=Column(Id, nullable=False))
