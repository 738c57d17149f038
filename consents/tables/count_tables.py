"""Counts for pages (consents/counts)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, SmallInteger
from sqlmodel import Field, SQLModel

from consents.columns import Id, Instant
from consents.tables.table_parts import required


class MovementCount(SQLModel, table=True):
    """``day``: days since 1970 in Türkiye; ``channel``: by code, or -1 for all; ``status``: RET 0, ONAY 1, a RET that
    disputes 3; ``own``: the citizen's word; ``door``: by code; ``people``: each once an act."""

    __tablename__ = "movement_count"
    __table_args__ = ({"sqlite_with_rowid": False},)

    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False))
    day: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    channel: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    status: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    own: bool = Field(sa_column=Column(Boolean, primary_key=True))
    door: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    count: int = Field(sa_column=Column("movements", Id, nullable=False))
    people: int = Field(default=0, sa_column=Column(Id, nullable=False, server_default="0"))


class MovementsCounted(SQLModel, table=True):
    __tablename__ = "movements_counted"

    id: int = Field(sa_column=Column(SmallInteger, CheckConstraint("id = 1", name="one_row"), primary_key=True))
    event: int = Field(sa_column=required(Id))


class ConsentCount(SQLModel, table=True):
    __tablename__ = "consent_count"
    __table_args__ = ({"sqlite_with_rowid": False},)

    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False))
    channel: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    identity: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    status: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    source: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    count: int = Field(sa_column=Column("consents", Id, nullable=False))


class BrandCounted(SQLModel, table=True):
    """Up to which of its events a brand's consents were counted, when, and how long it took (µs). ``moved``: its last
    event that table ``movement_count`` counts."""

    __tablename__ = "brand_counted"
    __table_args__ = ({"sqlite_with_rowid": False},)

    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False))
    moved: int = Field(sa_column=required(Id))
    counted: int = Field(sa_column=required(Id))
    at: datetime | None = Field(default=None, sa_column=Column(Instant))
    took: int = Field(sa_column=required(Id))
