"""History, append-only: loads, acts, events, standing refusals; and what stands."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, LargeBinary, SmallInteger
from sqlmodel import Field, SQLModel

from consents.columns import Coded, Id, Instant, SealedBytes
from consents.tables.table_parts import FROZEN, references, required, where
from consents.terms import Actor, Channel, Door, Identity, Source, Status

CITIZENS = 32  # codes of sources from here on are the registry's own (terms.Source)
_OWN = f"source >= {CITIZENS}"
_SPOKEN = "citizen_event IS NOT NULL"


class Upload(SQLModel, table=True):
    """One load of one file; its acts name it. ``window``: the transition in which it was loaded."""

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    brand: int = Field(sa_column=required(Id, ForeignKey("brand.id"), index=True))
    digest: bytes = Field(sa_column=required(LargeBinary))  # SHA-256 of the file's bytes
    started_at: datetime = Field(sa_column=required(Instant))
    finished_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    rows: int = Field(default=0, sa_column=required(Id))
    refused: int = Field(default=0, sa_column=required(Id))
    window: int | None = Field(default=None, sa_column=Column("transition", Id, ForeignKey("transition_window.id")))


class LoadRows(SQLModel, table=True):
    """The rows of a load's file from which the events of an act came, in their order: four bytes each."""

    __tablename__ = "load_rows"

    act: int = Field(sa_column=Column(Id, ForeignKey("act.id"), primary_key=True, autoincrement=False))
    numbers: bytes = Field(sa_column=required(LargeBinary))


class LoadNumber(SQLModel, table=True):
    """A single row: the last number of a load, or of a file that may become one."""

    __tablename__ = "load_number"

    id: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    last: int = Field(sa_column=required(Id))


class Act(SQLModel, table=True):
    """Its events have the ids ``first_event`` to ``last_event``; acts and events are numbered in commit order without
    gaps, so a missing row shows."""

    __table_args__ = (
        Index("act_recipient", "recipient", **where("recipient IS NOT NULL")),
        Index("act_undoes", "undoes", unique=True, **where("undoes IS NOT NULL")),
        Index("act_undoing", "recipient", **where("undoes IS NOT NULL")),
        Index("act_upload", "upload", **where("upload IS NOT NULL")),
        FROZEN,
    )

    id: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    actor: Actor = Field(sa_column=required(Coded(Actor)))
    door: Door = Field(sa_column=required(Coded(Door)))
    recorded_at: datetime = Field(sa_column=required(Instant))
    recipient: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("recipient.id")))
    upload: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("upload.id")))
    undoes: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("act.id")))
    first_event: int = Field(sa_column=required(Id))
    last_event: int = Field(sa_column=required(Id))  # first_event - 1 where the act has none
    evidence: bytes | None = Field(default=None, sa_column=Column(SealedBytes("evidence")))  # emptied by an erasure
    evidence_digest: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # SHA-256, stays
    # True where the citizen refuses and denies having given the consent that the company declared; else None.
    disputed: bool | None = Field(default=None, sa_column=Column(Boolean))
    # How many rows of table blanket_word it has, else None. Its events only report what follows: the fold skips them.
    blankets: int | None = Field(default=None, sa_column=Column(SmallInteger))


class BlanketWord(SQLModel, table=True):
    """A standing refusal (rule L13), or its end: a recipient's word for a channel and identity, about no single
    brand."""

    __tablename__ = "blanket_word"
    __table_args__ = (Index("blanket_word_recipient", "recipient"), Index("blanket_word_act", "act"), FROZEN)

    id: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    act: int = Field(sa_column=required(Id, ForeignKey("act.id")))
    recipient: int = Field(sa_column=required(Id, ForeignKey("recipient.id")))
    channel: Channel = Field(sa_column=required(Coded(Channel)))
    identity: Identity = Field(sa_column=required(Coded(Identity)))
    refuses: bool = Field(sa_column=required(Boolean))  # False: it ends the one before
    source: Source = Field(sa_column=required(Coded(Source)))
    decided_at: datetime = Field(sa_column=required(Instant))


class ConsentEvent(SQLModel, table=True):
    """Triggers refuse UPDATE, DELETE and TRUNCATE."""

    __tablename__ = "consent_event"
    __table_args__ = (
        *references(recipient="recipient", brand="brand", dealer="dealer", act="act"),
        # SQLite appends the row number to every index by itself.
        Index("consent_event_brand", "brand").ddl_if(dialect="sqlite"),
        Index("consent_event_brand", "brand", "id").ddl_if(dialect="postgresql"),
        # The citizens' words, few among all, for the feed that asks for nothing else.
        Index("consent_event_own", "brand", **where(_OWN)).ddl_if(dialect="sqlite"),
        Index("consent_event_own", "brand", "id", **where(_OWN)).ddl_if(dialect="postgresql"),
        # With the brand, so that the words about one key are found without reading all of a person's.
        Index("consent_event_recipient", "recipient", "brand").ddl_if(dialect="sqlite"),
        Index("consent_event_recipient", "recipient", "brand", "id").ddl_if(dialect="postgresql"),
        FROZEN,
    )

    id: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    recipient: int = Field(sa_column=required(Id))
    brand: int = Field(sa_column=required(Id))
    channel: Channel = Field(sa_column=required(Coded(Channel)))
    identity: Identity = Field(sa_column=required(Coded(Identity)))
    status: Status = Field(sa_column=required(Coded(Status), CheckConstraint("status IN (0, 1)", name="word")))
    source: Source | None = Field(default=None, sa_column=Column(Coded(Source)))  # a first TACIR record may have none
    decided_at: datetime = Field(sa_column=required(Instant))  # 1970 = without a date (TACIR), the oldest possible
    dealer: int | None = Field(default=None, sa_column=Column(Id))
    act: int = Field(sa_column=required(Id))


class Consent(SQLModel, table=True):
    """What stands for one key: the last word of citizen and provider, and the result. ``citizen_event`` is the negative
    number of a row in table blanket_word where a standing refusal is the citizen's word."""

    __table_args__ = (
        *references(recipient="recipient", brand="brand", provider_dealer="dealer"),
        CheckConstraint("status IN (0, 1, 2)", name="state"),
        Index("consent_brand", "brand").ddl_if(dialect="sqlite"),
        Index("consent_brand", "brand", "recipient").ddl_if(dialect="postgresql"),
        Index("consent_spoken", "brand", **where(_SPOKEN)).ddl_if(dialect="sqlite"),
        Index("consent_spoken", "brand", "recipient", **where(_SPOKEN)).ddl_if(dialect="postgresql"),
        Index("consent_dealer", "provider_dealer", **where("provider_dealer IS NOT NULL")),
        {"sqlite_with_rowid": False},
    )

    recipient: int = Field(sa_column=Column(Id, primary_key=True))
    brand: int = Field(sa_column=Column(Id, primary_key=True))
    channel: Channel = Field(sa_column=Column(Coded(Channel), primary_key=True))
    identity: Identity = Field(sa_column=Column(Coded(Identity), primary_key=True))
    status: Status = Field(sa_column=required(Coded(Status)))
    citizen_status: Status | None = Field(default=None, sa_column=Column(Coded(Status)))
    citizen_source: Source | None = Field(default=None, sa_column=Column(Coded(Source)))
    citizen_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    citizen_event: int | None = Field(default=None, sa_column=Column(Id))
    provider_status: Status | None = Field(default=None, sa_column=Column(Coded(Status)))
    provider_source: Source | None = Field(default=None, sa_column=Column(Coded(Source)))
    provider_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    provider_dealer: int | None = Field(default=None, sa_column=Column(Id))
    provider_event: int | None = Field(default=None, sa_column=Column(Id))
