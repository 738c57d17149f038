"""The tables of the log: what was signed. Triggers refuse to change them (consents/care/frozen.py)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel

from consents.columns import Id, Instant
from consents.models import FROZEN


class CheckpointRow(SQLModel, table=True):
    """The log's root after ``size`` acts, signed; ``frontier`` lets the next one be computed without the old leaves."""

    __tablename__ = "checkpoint"
    __table_args__ = FROZEN

    size: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    root: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    frontier: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    made_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    signature: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Witness(SQLModel, table=True):
    """The checkpoints once more, on PostgreSQL (evidence/witness_table.py). Triggers refuse every change but INSERT."""

    __table_args__ = FROZEN

    size: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    root: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    previous: int = Field(sa_column=Column(Id, nullable=False))
    made_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    signature: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
