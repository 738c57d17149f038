"""Companies: providers with their packages, brands and their names, changes of them, transition windows."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Column, Date, ForeignKey, Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

from consents.columns import Id, Instant, SealedBytes
from consents.tables.table_parts import FROZEN, required


class Provider(SQLModel, table=True):
    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    code: int = Field(sa_column=required(Id, unique=True))  # iysCode
    title: str = Field(sa_column=required(Text))
    mersis: str | None = Field(default=None, sa_column=Column(Text, unique=True))
    # active | paused | closed (consents/brands/provider_states.py)
    state: str = Field(default="active", sa_column=required(Text, server_default="active"))


class ProviderPackage(SQLModel, table=True):
    """``used``: addresses with an own last word ONAY about any of its brands; counted with each transaction where the
    package has a limit, else when it was given."""

    __tablename__ = "provider_package"
    __table_args__ = ({"sqlite_with_rowid": False},)

    provider: int = Field(sa_column=Column(Id, ForeignKey("provider.id"), primary_key=True, autoincrement=False))
    package: str = Field(sa_column=required(Text))
    used: int = Field(sa_column=required(Id))
    since: datetime = Field(sa_column=required(Instant))


class Brand(SQLModel, table=True):
    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    provider: int = Field(sa_column=required(Id, ForeignKey("provider.id"), index=True))
    code: int = Field(sa_column=required(Id, unique=True))  # brandCode; the master brand carries the provider's iysCode
    title: str = Field(sa_column=required(Text))
    folded: str = Field(sa_column=required(Text))  # the title as it is searched
    example: bool = Field(default=False)  # fictional, of the demo
    voucher: bytes | None = Field(
        default=None, sa_column=Column(LargeBinary)
    )  # whose it is (consents/care/vouchers.py)
    closed_at: datetime | None = Field(default=None, sa_column=Column(Instant))  # it takes refusals alone from then on


class BrandName(SQLModel, table=True):
    """A short name or registered SMS header, folded, unique over all brands."""

    __tablename__ = "brand_name"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    brand: int = Field(sa_column=required(Id, ForeignKey("brand.id"), index=True))
    header: bool = Field(default=False)


class CompanyChange(SQLModel, table=True):
    """A change of a provider or brand, protected by triggers. ``what``: a word of
    ``consents/brands/company_changes.py``; ``by``: who, without an address."""

    __tablename__ = "company_change"
    __table_args__ = (Index("company_change_provider", "provider", "id"), FROZEN)

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    provider: int = Field(sa_column=required(Id, ForeignKey("provider.id")))
    brand: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("brand.id")))
    what: str = Field(sa_column=required(Text))
    detail: str = Field(sa_column=required(Text))
    reason: bytes = Field(sa_column=required(SealedBytes("evidence")))
    by: str = Field(sa_column=Column("done_by", Text, nullable=False))
    at: datetime = Field(sa_column=required(Instant))


class TransitionWindow(SQLModel, table=True):
    """A time in which providers of a size load their old records, and until when people check them."""

    __tablename__ = "transition_window"

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    size: str = Field(sa_column=required(Text))  # large | small (consents/brands/transitions.py)
    load_until: date = Field(sa_column=required(Date))  # last days, in Türkiye
    check_until: date = Field(sa_column=required(Date))
    opened_at: datetime = Field(sa_column=required(Instant))
