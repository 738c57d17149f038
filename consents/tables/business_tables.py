"""Businesses and the lines (numbers, e-mails) that they hold, for refusals as TACIR (docs/lines.md)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, SmallInteger, Text
from sqlmodel import Field, SQLModel

from consents.columns import Id, Instant, SealedBytes
from consents.tables.table_parts import required


class Business(SQLModel, table=True):
    """``owner``: the recipient that signs in for it. ``sealed``: title and number. ``standing``: its lines refuse new
    brands too, also lines that come later."""

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    owner: int = Field(sa_column=required(Id, ForeignKey("recipient.id"), unique=True))
    sealed: bytes = Field(sa_column=required(SealedBytes("evidence")))
    standing: bool = Field(default=False, sa_column=required(Boolean))
    made_at: datetime = Field(sa_column=required(Instant))


class BusinessDomain(SQLModel, table=True):
    """``proved_at``: when a TXT record was last seen; empty: never."""

    __tablename__ = "business_domain"
    __table_args__ = ({"sqlite_with_rowid": False},)

    business: int = Field(sa_column=Column(Id, ForeignKey("business.id"), primary_key=True, autoincrement=False))
    domain: str = Field(sa_column=Column(Text, primary_key=True))
    proved_at: datetime | None = Field(default=None, sa_column=Column(Instant))


class BusinessClaim(SQLModel, table=True):
    """Lines that a business claims. ``sealed``: the lines and the letter, emptied when they are added or refused.
    ``place``: how many of the lines were looked at; ``added``: how many became its lines."""

    __tablename__ = "business_claim"
    __table_args__ = (
        CheckConstraint("state IN (0, 1, 2, 3)", name="state"),
        Index("business_claim_state", "state", "id"),
        Index("business_claim_business", "business"),
    )

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    business: int = Field(sa_column=required(Id, ForeignKey("business.id")))
    state: int = Field(sa_column=required(SmallInteger))
    lines: int = Field(sa_column=required(Id))
    place: int = Field(default=0, sa_column=required(Id))
    added: int = Field(default=0, sa_column=required(Id))
    sealed: bytes | None = Field(default=None, sa_column=Column(SealedBytes("evidence")))
    asked_at: datetime = Field(sa_column=required(Instant))
    decided_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    why: bytes | None = Field(default=None, sa_column=Column(SealedBytes("evidence")))


class BusinessLine(SQLModel, table=True):
    """``left_at``: its holder took it out, or it was erased; no business can add it again."""

    __tablename__ = "business_line"
    __table_args__ = (Index("business_line_business", "business", "recipient"), {"sqlite_with_rowid": False})

    recipient: int = Field(sa_column=Column(Id, ForeignKey("recipient.id"), primary_key=True, autoincrement=False))
    business: int = Field(sa_column=required(Id, ForeignKey("business.id")))
    added_at: datetime = Field(sa_column=required(Instant))
    left_at: datetime | None = Field(default=None, sa_column=Column(Instant))


class BusinessRun(SQLModel, table=True):
    """One refusal of all lines, or its undo. ``place``: the last recipient, of an undo the last act, that was done;
    ``standing``: what the business chose, ``before``: what stood."""

    __tablename__ = "business_run"
    __table_args__ = (
        Index("business_run_open", "finished_at", "id"),
        Index("business_run_business", "business", "id"),
    )

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    business: int = Field(sa_column=required(Id, ForeignKey("business.id")))
    undoes: int | None = Field(default=None, sa_column=Column(Id, unique=True))
    standing: bool = Field(sa_column=required(Boolean))
    before: bool = Field(sa_column=required(Boolean))
    place: int = Field(default=0, sa_column=required(Id))
    done: int = Field(default=0, sa_column=required(Id))
    failed: int = Field(default=0, sa_column=required(Id))
    asked_at: datetime = Field(sa_column=required(Instant))
    finished_at: datetime | None = Field(default=None, sa_column=Column(Instant))


class BusinessAct(SQLModel, table=True):
    """The acts of a run, for its undo."""

    __tablename__ = "business_act"
    __table_args__ = (Index("business_act_run", "run", "act"), {"sqlite_with_rowid": False})

    act: int = Field(sa_column=Column(Id, ForeignKey("act.id"), primary_key=True, autoincrement=False))
    run: int = Field(sa_column=required(Id, ForeignKey("business_run.id")))
