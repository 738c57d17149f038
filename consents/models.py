"""The tables. Migrations follow them (tests/test_house.py holds the two together).

Hot paths read and write these tables by statements built once (consents/store), not by objects of these classes.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlmodel import Field, SQLModel

from consents.columns import Coded, Id, Instant, SealedBytes
from consents.terms import Actor, Channel, Door, Identity, Source, Status

SQLModel.metadata.naming_convention = {
    "ix": "%(table_name)s_%(column_0_N_name)s",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}


# Of a table that only grows: whoever changes a row is refused by triggers (consents/care/frozen.py).
FROZEN = {"info": {"frozen": True}}


def _key(*arguments: object, **options: object) -> Column:  # type: ignore[type-arg]
    return Column(*arguments, nullable=False, **options)  # type: ignore[arg-type]


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def _references(**columns: str) -> list[Any]:
    """What columns name, kept by SQLite at each row. PostgreSQL would look each of them up by a statement and lock the
    row that it finds, which takes longer than all the rest of a loading; there ``izin verify`` proves them."""
    return [ForeignKeyConstraint([name], [f"{table}.id"]).ddl_if(dialect="sqlite") for name, table in columns.items()]


class RegistryRow(SQLModel, table=True):
    """One row: what this registry decided once for all its processes."""

    __tablename__ = "registry"

    id: int = Field(sa_column=Column(SmallInteger, CheckConstraint("id = 1", name="one_row"), primary_key=True))
    reconsent: str = Field(sa_column=_key(Text))  # confirm | accept, the mode under which `consent.status` was folded
    # The first event whose transaction id rises within its second (rule L14); those before keep theirs.
    rising_from: int = Field(default=1, sa_column=_key(Id))
    # Providers whose package has no more addresses than this reach the API through a partner only; None: nobody.
    partner_below: int | None = Field(default=None, sa_column=Column(Id))


class RegistryKey(SQLModel, table=True):
    """A data key, wrapped under SECRET_KEY: with the database alone it opens nothing."""

    __tablename__ = "registry_key"

    purpose: str = Field(sa_column=Column(Text, primary_key=True))
    version: int = Field(sa_column=Column(SmallInteger, primary_key=True))
    wrapped: bytes = Field(sa_column=_key(LargeBinary))


class RotationRow(SQLModel, table=True):
    """One row while ``izin rekey`` is at work or was cut off: how many sealed rows it has looked at, of how many."""

    __tablename__ = "rotation"

    id: int = Field(sa_column=Column(SmallInteger, CheckConstraint("id = 1", name="one_row"), primary_key=True))
    begun_at: datetime = Field(sa_column=_key(Instant))
    moved_at: datetime = Field(sa_column=_key(Instant))
    done: int = Field(sa_column=_key(Id))
    total: int = Field(sa_column=_key(Id))


class Provider(SQLModel, table=True):
    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    code: int = Field(sa_column=_key(Id, unique=True))  # iysCode
    title: str = Field(sa_column=_key(Text))
    mersis: str | None = Field(default=None, sa_column=Column(Text, unique=True))
    # active | paused | closed (consents/brands/provider_states.py)
    state: str = Field(default="active", sa_column=_key(Text, server_default="active"))


class ProviderPackage(SQLModel, table=True):
    """A provider's package (consents/brands/packages.py). ``used``: of how many addresses its own last word is ONAY,
    of any of its brands; counted with each transaction where the package has a limit, else when it was given."""

    __tablename__ = "provider_package"
    __table_args__ = ({"sqlite_with_rowid": False},)

    provider: int = Field(sa_column=Column(Id, ForeignKey("provider.id"), primary_key=True, autoincrement=False))
    package: str = Field(sa_column=_key(Text))
    used: int = Field(sa_column=_key(Id))
    since: datetime = Field(sa_column=_key(Instant))


class Brand(SQLModel, table=True):
    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    provider: int = Field(sa_column=_key(Id, ForeignKey("provider.id"), index=True))
    code: int = Field(sa_column=_key(Id, unique=True))  # brandCode; the master brand carries the provider's iysCode
    title: str = Field(sa_column=_key(Text))
    folded: str = Field(sa_column=_key(Text))  # the title as it is searched
    example: bool = Field(default=False)  # fictional, of the demo
    voucher: bytes | None = Field(
        default=None, sa_column=Column(LargeBinary)
    )  # whose it is (consents/care/vouchers.py)
    closed_at: datetime | None = Field(default=None, sa_column=Column(Instant))  # it takes refusals alone from then on


class BrandName(SQLModel, table=True):
    """A word that names a brand in an SMS: a short name or a registered header, folded, unique over all brands."""

    __tablename__ = "brand_name"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    brand: int = Field(sa_column=_key(Id, ForeignKey("brand.id"), index=True))
    header: bool = Field(default=False)


class CompanyChange(SQLModel, table=True):
    """What was changed of a provider or one of its brands: by whom, when, and why. Triggers keep it as it was written.

    ``what``: a word of ``consents/brands/company_changes.py``; ``by``: who did it, without an address.
    """

    __tablename__ = "company_change"
    __table_args__ = (Index("company_change_provider", "provider", "id"), FROZEN)

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    provider: int = Field(sa_column=_key(Id, ForeignKey("provider.id")))
    brand: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("brand.id")))
    what: str = Field(sa_column=_key(Text))
    detail: str = Field(sa_column=_key(Text))
    reason: str = Field(sa_column=_key(Text))
    by: str = Field(sa_column=Column("done_by", Text, nullable=False))
    at: datetime = Field(sa_column=_key(Instant))


class Dealer(SQLModel, table=True):
    __table_args__ = (Index("dealer_brand_external", "brand", "external", unique=True),)

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    brand: int = Field(sa_column=_key(Id, ForeignKey("brand.id")))
    code: int = Field(sa_column=_key(Id, unique=True))  # retailerCode, eight digits
    title: str = Field(sa_column=_key(Text))
    external: str | None = Field(default=None, sa_column=Column(Text))  # the provider's own code for the dealer


class DealerDetail(SQLModel, table=True):
    """What İYS asks of a dealer beside its title. ``sealed``: the responsible person's name, number and the like."""

    __tablename__ = "dealer_detail"
    __table_args__ = ({"sqlite_with_rowid": False},)

    dealer: int = Field(sa_column=Column(Id, ForeignKey("dealer.id"), primary_key=True, autoincrement=False))
    status: str = Field(sa_column=_key(Text))
    sealed: bytes = Field(sa_column=_key(SealedBytes("evidence")))
    gone_at: datetime | None = Field(default=None, sa_column=Column(Instant))  # deleted; its past stays readable


class DealerAccess(SQLModel, table=True):
    """That a dealer may use one consent. ``event``: the last event of the registry when it was given; a later RET of
    that consent ends it (rule L12), and nothing revives it."""

    __tablename__ = "dealer_access"
    __table_args__ = (Index("dealer_access_dealer", "dealer"), {"sqlite_with_rowid": False})

    recipient: int = Field(sa_column=Column(Id, ForeignKey("recipient.id"), primary_key=True, autoincrement=False))
    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False))
    channel: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    identity: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    dealer: int = Field(sa_column=Column(Id, ForeignKey("dealer.id"), primary_key=True, autoincrement=False))
    event: int = Field(sa_column=_key(Id))


class RecipientRow(SQLModel, table=True):
    """One row an address. After an erasure ``sealed`` is a one-way keyed digest (16 bytes)."""

    __tablename__ = "recipient"
    __table_args__ = (Index("recipient_erased", "sealed", **_where("length(sealed) = 16")),)

    id: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    sealed: bytes = Field(sa_column=_key(SealedBytes("address"), unique=True))
    commitment: bytes = Field(sa_column=_key(LargeBinary))  # salted hash that the log's leaves name


class TransitionWindow(SQLModel, table=True):
    """A time in which providers of a size load their old records, and until when people check them."""

    __tablename__ = "transition_window"

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    size: str = Field(sa_column=_key(Text))  # large | small (consents/brands/transitions.py)
    load_until: date = Field(sa_column=_key(Date))  # last days, in Türkiye
    check_until: date = Field(sa_column=_key(Date))
    opened_at: datetime = Field(sa_column=_key(Instant))


class Upload(SQLModel, table=True):
    """One loading of one file; its acts name it, so that it can be taken back as a whole.

    ``window``: in which transition it was loaded, so that people see until when to check it.
    """

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    brand: int = Field(sa_column=_key(Id, ForeignKey("brand.id"), index=True))
    digest: bytes = Field(sa_column=_key(LargeBinary))  # SHA-256 of the file's bytes
    started_at: datetime = Field(sa_column=_key(Instant))
    finished_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    rows: int = Field(default=0, sa_column=_key(Id))
    refused: int = Field(default=0, sa_column=_key(Id))
    window: int | None = Field(default=None, sa_column=Column("transition", Id, ForeignKey("transition_window.id")))


class Act(SQLModel, table=True):
    """One deed: who, through which door, when recorded, on what evidence, which earlier act it undoes.

    Its events carry the ids ``first_event`` to ``last_event``; acts and events are numbered in commit order without
    gaps, so a missing row shows.
    """

    __table_args__ = (
        Index("act_recipient", "recipient", **_where("recipient IS NOT NULL")),
        Index("act_undoes", "undoes", unique=True, **_where("undoes IS NOT NULL")),
        Index("act_undoing", "recipient", **_where("undoes IS NOT NULL")),
        Index("act_upload", "upload", **_where("upload IS NOT NULL")),
        FROZEN,
    )

    id: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    actor: Actor = Field(sa_column=_key(Coded(Actor)))
    door: Door = Field(sa_column=_key(Coded(Door)))
    recorded_at: datetime = Field(sa_column=_key(Instant))
    recipient: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("recipient.id")))
    upload: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("upload.id")))
    undoes: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("act.id")))
    first_event: int = Field(sa_column=_key(Id))
    last_event: int = Field(sa_column=_key(Id))  # first_event - 1 where the act has none
    evidence: bytes | None = Field(default=None, sa_column=Column(SealedBytes("evidence")))  # emptied by an erasure
    evidence_digest: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # SHA-256, stays
    # True where the citizen refuses and says that he never gave the consent that the company declared; else None.
    disputed: bool | None = Field(default=None, sa_column=Column(Boolean))
    # How many rows of table blanket_word it has, else None. Its events only tell what follows: the fold skips them.
    blankets: int | None = Field(default=None, sa_column=Column(SmallInteger))


class BlanketWord(SQLModel, table=True):
    """A standing refusal (rule L13), or its end: one recipient's word for a channel and identity, not about a brand."""

    __tablename__ = "blanket_word"
    __table_args__ = (Index("blanket_word_recipient", "recipient"), Index("blanket_word_act", "act"), FROZEN)

    id: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    act: int = Field(sa_column=_key(Id, ForeignKey("act.id")))
    recipient: int = Field(sa_column=_key(Id, ForeignKey("recipient.id")))
    channel: Channel = Field(sa_column=_key(Coded(Channel)))
    identity: Identity = Field(sa_column=_key(Coded(Identity)))
    refuses: bool = Field(sa_column=_key(Boolean))  # False: it ends the one before
    source: Source = Field(sa_column=_key(Coded(Source)))
    decided_at: datetime = Field(sa_column=_key(Instant))


CITIZENS = 32  # codes of sources from here on are the registry's own (terms.Source)
_OWN = f"source >= {CITIZENS}"
_SPOKEN = "citizen_event IS NOT NULL"


class ConsentEvent(SQLModel, table=True):
    """What happened to one key. Triggers refuse UPDATE, DELETE and TRUNCATE."""

    __tablename__ = "consent_event"
    __table_args__ = (
        *_references(recipient="recipient", brand="brand", dealer="dealer", act="act"),
        # SQLite appends the row number to every index by itself.
        Index("consent_event_brand", "brand").ddl_if(dialect="sqlite"),
        Index("consent_event_brand", "brand", "id").ddl_if(dialect="postgresql"),
        # The citizens' words, few among all, for the feed that asks for nothing else.
        Index("consent_event_own", "brand", **_where(_OWN)).ddl_if(dialect="sqlite"),
        Index("consent_event_own", "brand", "id", **_where(_OWN)).ddl_if(dialect="postgresql"),
        # With the brand, so that what is said of one key is found without reading all that somebody ever said.
        Index("consent_event_recipient", "recipient", "brand").ddl_if(dialect="sqlite"),
        Index("consent_event_recipient", "recipient", "brand", "id").ddl_if(dialect="postgresql"),
        FROZEN,
    )

    id: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    recipient: int = Field(sa_column=_key(Id))
    brand: int = Field(sa_column=_key(Id))
    channel: Channel = Field(sa_column=_key(Coded(Channel)))
    identity: Identity = Field(sa_column=_key(Coded(Identity)))
    status: Status = Field(sa_column=_key(Coded(Status), CheckConstraint("status IN (0, 1)", name="word")))
    source: Source | None = Field(default=None, sa_column=Column(Coded(Source)))  # a first TACIR record may have none
    decided_at: datetime = Field(sa_column=_key(Instant))  # 1970 = without a date (TACIR), the oldest possible
    dealer: int | None = Field(default=None, sa_column=Column(Id))
    act: int = Field(sa_column=_key(Id))


class Consent(SQLModel, table=True):
    """What stands for one key: the citizen's last word, the provider's last word, and what follows from the two.

    Where the citizen has no own word and a standing refusal is in force, that is his word: ``citizen_event`` is then
    the negative number of its row in table blanket_word.
    """

    __table_args__ = (
        *_references(recipient="recipient", brand="brand", provider_dealer="dealer"),
        CheckConstraint("status IN (0, 1, 2)", name="state"),
        Index("consent_brand", "brand").ddl_if(dialect="sqlite"),
        Index("consent_brand", "brand", "recipient").ddl_if(dialect="postgresql"),
        Index("consent_spoken", "brand", **_where(_SPOKEN)).ddl_if(dialect="sqlite"),
        Index("consent_spoken", "brand", "recipient", **_where(_SPOKEN)).ddl_if(dialect="postgresql"),
        Index("consent_dealer", "provider_dealer", **_where("provider_dealer IS NOT NULL")),
        {"sqlite_with_rowid": False},
    )

    recipient: int = Field(sa_column=Column(Id, primary_key=True))
    brand: int = Field(sa_column=Column(Id, primary_key=True))
    channel: Channel = Field(sa_column=Column(Coded(Channel), primary_key=True))
    identity: Identity = Field(sa_column=Column(Coded(Identity), primary_key=True))
    status: Status = Field(sa_column=_key(Coded(Status)))
    citizen_status: Status | None = Field(default=None, sa_column=Column(Coded(Status)))
    citizen_source: Source | None = Field(default=None, sa_column=Column(Coded(Source)))
    citizen_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    citizen_event: int | None = Field(default=None, sa_column=Column(Id))
    provider_status: Status | None = Field(default=None, sa_column=Column(Coded(Status)))
    provider_source: Source | None = Field(default=None, sa_column=Column(Coded(Source)))
    provider_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    provider_dealer: int | None = Field(default=None, sa_column=Column(Id))
    provider_event: int | None = Field(default=None, sa_column=Column(Id))


class MovementCount(SQLModel, table=True):
    """How many movements of a kind a brand had on a day (consents/counts). ``day``: days since 1970 in Türkiye;
    ``status``: RET 0, ONAY 1, a RET that disputes 3; ``own``: the citizen's word; ``door``: by code."""

    __tablename__ = "movement_count"
    __table_args__ = ({"sqlite_with_rowid": False},)

    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False))
    day: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    channel: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    status: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    own: bool = Field(sa_column=Column(Boolean, primary_key=True))
    door: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    count: int = Field(sa_column=Column("movements", Id, nullable=False))


class MovementsCounted(SQLModel, table=True):
    """One row: up to which event table ``movement_count`` counts."""

    __tablename__ = "movements_counted"

    id: int = Field(sa_column=Column(SmallInteger, CheckConstraint("id = 1", name="one_row"), primary_key=True))
    event: int = Field(sa_column=_key(Id))


class ConsentCount(SQLModel, table=True):
    """How many consents of a kind a brand held when it was last counted. ``source``: of the word in force, 0: none."""

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
    moved: int = Field(sa_column=_key(Id))
    counted: int = Field(sa_column=_key(Id))
    at: datetime | None = Field(default=None, sa_column=Column(Instant))
    took: int = Field(sa_column=_key(Id))


class RecipientView(SQLModel, table=True):
    """One row an address whose holder was asked whether the number is new to him."""

    __tablename__ = "recipient_view"

    recipient: int = Field(sa_column=Column(Id, ForeignKey("recipient.id"), primary_key=True, autoincrement=False))
    answered_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    hidden_before: datetime | None = Field(default=None, sa_column=Column(Instant))  # None: it was his all along


class WorkerRow(SQLModel, table=True):
    """One row a worker that lives, or that died without a goodbye (consents/care/workers.py).

    ``beats``: how often it said that it lives; ``doing``: the chores it was at then.
    """

    __tablename__ = "worker"

    id: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    name: str = Field(sa_column=Column(Text, nullable=False))
    begun_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    lived_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    beats: int = Field(sa_column=_key(Id))
    doing: str = Field(sa_column=Column(Text, nullable=False))


class ChoreRow(SQLModel, table=True):
    """Whose a chore is that one worker alone does, for as long as that one lives."""

    __tablename__ = "chore"
    __table_args__ = ({"sqlite_with_rowid": False},)

    name: str = Field(sa_column=Column(Text, primary_key=True))
    worker: int = Field(sa_column=_key(Id))


metadata = SQLModel.metadata
