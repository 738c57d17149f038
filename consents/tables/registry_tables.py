"""Data of the whole registry: its fixed decisions, its keys, a rotation of them; its live workers and their exclusive
jobs (consents/care/workers.py)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, LargeBinary, SmallInteger, Text
from sqlmodel import Field, SQLModel

from consents.columns import Id, Instant
from consents.tables.table_parts import required


class RegistryRow(SQLModel, table=True):
    __tablename__ = "registry"

    id: int = Field(sa_column=Column(SmallInteger, CheckConstraint("id = 1", name="one_row"), primary_key=True))
    reconsent: str = Field(sa_column=required(Text))  # confirm | accept, by which `consent.status` was folded
    # The first event whose transaction id rises within its second (rule L14); those before keep theirs.
    rising_from: int = Field(default=1, sa_column=required(Id))
    # Providers whose package has no more addresses than this reach the API through a partner only; None: nobody.
    partner_below: int | None = Field(default=None, sa_column=Column(Id))


class RegistryKey(SQLModel, table=True):
    """A data key, wrapped under SECRET_KEY."""

    __tablename__ = "registry_key"

    purpose: str = Field(sa_column=Column(Text, primary_key=True))
    version: int = Field(sa_column=Column(SmallInteger, primary_key=True))
    wrapped: bytes = Field(sa_column=required(LargeBinary))


class LogKeyChange(SQLModel, table=True):
    """A key of the log that another replaced: its ``version`` in ``registry_key``; ``size``: acts of the last
    checkpoint that it signed alone; ``note``: signed by both (evidence/tlog/key_changes.py)."""

    __tablename__ = "log_key"

    version: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    size: int = Field(sa_column=required(Id))
    note: str = Field(sa_column=required(Text))


class RotationRow(SQLModel, table=True):
    """One row during a rotation: how many encrypted rows it has examined, of how many."""

    __tablename__ = "rotation"

    id: int = Field(sa_column=Column(SmallInteger, CheckConstraint("id = 1", name="one_row"), primary_key=True))
    begun_at: datetime = Field(sa_column=required(Instant))
    moved_at: datetime = Field(sa_column=required(Instant))
    done: int = Field(sa_column=required(Id))
    total: int = Field(sa_column=required(Id))


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
