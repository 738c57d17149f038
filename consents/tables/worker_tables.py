"""Live workers, and their exclusive jobs (consents/care/workers.py)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Text
from sqlmodel import Field, SQLModel

from consents.columns import Id, Instant
from consents.tables.table_parts import required


class WorkerRow(SQLModel, table=True):
    """A worker that lives, or died without unregistering. ``beats``: its heartbeats; ``doing``: its jobs at the last
    one."""

    __tablename__ = "worker"

    id: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    name: str = Field(sa_column=Column(Text, nullable=False))
    begun_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    lived_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    beats: int = Field(sa_column=required(Id))
    doing: str = Field(sa_column=Column(Text, nullable=False))


class ChoreRow(SQLModel, table=True):
    __tablename__ = "chore"
    __table_args__ = ({"sqlite_with_rowid": False},)

    name: str = Field(sa_column=Column(Text, primary_key=True))
    worker: int = Field(sa_column=required(Id))
