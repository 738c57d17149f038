"""The tables of the log, guarded by triggers (consents/care/frozen.py)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, LargeBinary, SmallInteger, Text
from sqlmodel import Field, SQLModel

from consents.columns import Id, Instant
from consents.tables.table_parts import FROZEN


class CheckpointRow(SQLModel, table=True):
    """The signed root after ``size`` acts; ``frontier`` allows to compute the next one without the old leaves."""

    __tablename__ = "checkpoint"
    __table_args__ = FROZEN

    size: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    root: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    frontier: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    made_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    signature: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class VerifiedRow(SQLModel, table=True):
    """One row: what was verified (evidence/verified.py). ``mark``: a MAC of the other columns."""

    __tablename__ = "verified"

    id: int = Field(sa_column=Column(SmallInteger, CheckConstraint("id = 1", name="one_row"), primary_key=True))
    size: int = Field(sa_column=Column(Id, nullable=False))  # acts, of a checkpoint
    event: int = Field(sa_column=Column(Id, nullable=False))
    recipient: int = Field(sa_column=Column(Id, nullable=False))
    root: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    whole_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    proved_since: datetime = Field(sa_column=Column(Instant, nullable=False))
    round_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    round_act: int = Field(sa_column=Column(Id, nullable=False))
    round_recipient: int = Field(sa_column=Column(Id, nullable=False))
    witness_size: int = Field(sa_column=Column(Id, nullable=False))
    witness_bytes: int = Field(sa_column=Column(Id, nullable=False))
    witness_digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    round_bytes: int = Field(sa_column=Column(Id, nullable=False))
    mark: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class WitnessBeginning(SQLModel, table=True):
    """A machine's witness file when last compared (evidence/witness_beginnings.py). ``mark``: a MAC of the other
    columns."""

    __tablename__ = "witness_beginning"

    machine: str = Field(sa_column=Column(Text, primary_key=True))
    path: str = Field(sa_column=Column(Text, primary_key=True))
    length: int = Field(sa_column=Column(Id, nullable=False))
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    mark: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Witness(SQLModel, table=True):
    """A copy of the checkpoints, on PostgreSQL (evidence/witness_table.py); triggers allow only INSERT."""

    __table_args__ = FROZEN

    size: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    root: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    previous: int = Field(sa_column=Column(Id, nullable=False))
    made_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    signature: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class LogTile(SQLModel, table=True):
    """Hashes of one level of the log's tree, 256 in a full row (evidence/tlog/tiles.py)."""

    __tablename__ = "log_tile"

    level: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    place: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    hashes: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class LogHead(SQLModel, table=True):
    """A published checkpoint (evidence/tlog/heads.py). ``note``: with the log's own signatures; ``cosignatures``: lines
    of ``cosigned`` witnesses; ``stamp``: an authority's reply about the SHA-512 of ``note``."""

    __tablename__ = "log_head"

    size: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    made_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    note: str = Field(sa_column=Column(Text, nullable=False))
    cosignatures: str = Field(sa_column=Column(Text, nullable=False))
    cosigned: int = Field(sa_column=Column(SmallInteger, nullable=False))
    stamp: bytes | None = Field(sa_column=Column(LargeBinary))


class LogWitness(SQLModel, table=True):
    """What a witness answered last (evidence/tlog/witness_states.py). ``size``: acts that it cosigned; ``since``: when
    ``state`` began."""

    __tablename__ = "log_witness"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    size: int = Field(sa_column=Column(Id, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    detail: str = Field(sa_column=Column(Text, nullable=False))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    since: datetime = Field(sa_column=Column(Instant, nullable=False))
