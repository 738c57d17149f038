"""The tables of the sync with İYS; credentials, tokens and the few addresses are encrypted."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Column, Date, ForeignKey, Index, LargeBinary, SmallInteger, Text, text
from sqlmodel import Field, SQLModel

from consents.columns import Id, Instant, SealedBytes

_OPEN, _SENT = "state IN (0, 1, 4)", "batch IS NOT NULL"


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def _count() -> Any:
    return Field(default=0, sa_column=Column(Id, nullable=False, server_default="0"))


class NationalAccount(SQLModel, table=True):
    """A provider's API user at İYS. ``sealed``: user name, password, and the password of its pushes; ``started_at``:
    empty until the sync is started; ``requests``, ``failures``: since ``window_at``, ``past_…``: of the day before,
    because İYS bars low rates of success; ``clock_offset``: µs by which İYS's clock is ahead; ``verified_at``: when İYS
    first let this user in, or the operator confirmed the number, which is an unverified claim before."""

    __tablename__ = "national_account"
    __table_args__ = (Index("national_account_verified", "iys_code", unique=True, **_where("verified_at IS NOT NULL")),)

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    provider: int = Field(sa_column=Column(Id, ForeignKey("provider.id"), nullable=False, unique=True))
    iys_code: int = Field(sa_column=Column(Id, nullable=False))
    sealed: bytes = Field(sa_column=Column(SealedBytes("evidence"), nullable=False))
    token: bytes | None = Field(default=None, sa_column=Column(SealedBytes("evidence")))
    blocked_until: datetime | None = Field(default=None, sa_column=Column(Instant))
    blocked_by: str | None = Field(default=None, sa_column=Column(Text))  # İYS's code, or why it is not reached
    reached_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    started_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    clock_offset: int = _count()
    verified_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    window_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    requests: int = _count()
    failures: int = _count()
    past_requests: int = _count()
    past_failures: int = _count()


class NationalBrand(SQLModel, table=True):
    """A brand's progress. ``cursor``, ``act``: the last event and act planned for İYS; ``after_hs``, ``after_iys``:
    İYS's cursors; ``compared_at``: empty before the first comparison; ``compared_to``: the recipient up to whom, -1
    while none runs; ``sent_at``, ``pushed_at``: the last accepted list and the last push."""

    __tablename__ = "national_brand"

    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False))
    account: int = Field(sa_column=Column(Id, ForeignKey("national_account.id"), nullable=False, index=True))
    cursor: int = _count()
    act: int = _count()
    after_hs: str | None = Field(default=None, sa_column=Column(Text))
    after_iys: str | None = Field(default=None, sa_column=Column(Text))
    pulled_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    compared_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    compared_to: int = _count()
    checked_day: date | None = Field(default=None, sa_column=Column(Date))
    differing_day: date | None = Field(default=None, sa_column=Column(Date))
    sent_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    pushed_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    unread: int = _count()  # movements of İYS's that nobody can read
    dealers_due_at: datetime | None = Field(default=None, sa_column=Column(Instant))  # İYS's list of them is read


class NationalItem(SQLModel, table=True):
    """An event's state at İYS: waits 0, sent 1, done 2, escalated 3, to be merged 4. ``at``: the consentDate sent last,
    ``not_before``: the earliest that İYS takes; ``sealed``: the address of a person erased meanwhile, until İYS has the
    refusal."""

    __tablename__ = "national_item"
    __table_args__ = (
        CheckConstraint("state IN (0, 1, 2, 3, 4)", name="state"),
        Index("national_item_open", "brand", "due_at", **_where(_OPEN)),
        Index("national_item_recipient", "recipient", "brand"),
        Index("national_item_batch", "batch", **_where(_SENT)),
        Index("national_item_escalated", "brand", **_where("state = 3")),
        {"sqlite_with_rowid": False},
    )

    event: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), nullable=False))
    recipient: int = Field(sa_column=Column(Id, ForeignKey("recipient.id"), nullable=False))
    channel: int = Field(sa_column=Column(SmallInteger, nullable=False))
    identity: int = Field(sa_column=Column(SmallInteger, nullable=False))
    status: int = Field(sa_column=Column(SmallInteger, nullable=False))
    said_at: datetime = Field(sa_column=Column(Instant, nullable=False))  # when it was recorded here
    state: int = Field(sa_column=Column(SmallInteger, nullable=False))
    due_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    source: int | None = Field(default=None, sa_column=Column(SmallInteger))  # as it was sent
    at: datetime | None = Field(default=None, sa_column=Column(Instant))
    not_before: datetime | None = Field(default=None, sa_column=Column(Instant))
    code: str | None = Field(default=None, sa_column=Column(Text))
    tries: int = Field(default=0, sa_column=Column(SmallInteger, nullable=False, server_default="0"))
    batch: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("national_batch.id")))
    place: int | None = Field(default=None, sa_column=Column(SmallInteger))  # in the list
    settled_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    retailer: int | None = Field(default=None, sa_column=Column(Id))  # İYS's number of the dealer, as it was sent
    sealed: bytes | None = Field(default=None, sa_column=Column(SealedBytes("address")))


class NationalBatch(SQLModel, table=True):
    """A list on its way. ``request``: İYS's requestId, empty until it has answered."""

    __tablename__ = "national_batch"

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), nullable=False, index=True))
    request: str | None = Field(default=None, sa_column=Column(Text))
    made_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    due_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    tries: int = Field(default=0, sa_column=Column(SmallInteger, nullable=False, server_default="0"))


class NationalDealer(SQLModel, table=True):
    """İYS's number (``retailer``) of a dealer. ``by_hand``: a person named it; ``refused``: İYS does not know it."""

    __tablename__ = "national_dealer"
    __table_args__ = (
        Index("national_dealer_retailer", "brand", "retailer", unique=True),
        {"sqlite_with_rowid": False},
    )

    dealer: int = Field(sa_column=Column(Id, ForeignKey("dealer.id"), primary_key=True, autoincrement=False))
    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), nullable=False))
    retailer: int = Field(sa_column=Column(Id, nullable=False))
    by_hand: bool = Field(sa_column=Column(Boolean, nullable=False))
    refused: bool = Field(sa_column=Column(Boolean, nullable=False))


class NationalErrand(SQLModel, table=True):
    """The panel's last request for an account. ``kind``: ErrandKind; ``outcome``: JSON."""

    __tablename__ = "national_errand"
    __table_args__ = ({"sqlite_with_rowid": False},)

    account: int = Field(sa_column=Column(Id, ForeignKey("national_account.id"), primary_key=True, autoincrement=False))
    kind: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    asked_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    done_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    outcome: str | None = Field(default=None, sa_column=Column(Text))


class NationalLease(SQLModel, table=True):
    """One row: the process that speaks with İYS for this registry, and until when."""

    __tablename__ = "national_lease"

    id: int = Field(sa_column=Column(SmallInteger, CheckConstraint("id = 1", name="one_row"), primary_key=True))
    holder: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    until: datetime = Field(sa_column=Column(Instant, nullable=False))
