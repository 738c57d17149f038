"""Dealers of brands, and which consents they may use."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, SmallInteger, Text
from sqlmodel import Field, SQLModel

from consents.columns import Id, Instant, SealedBytes
from consents.tables.table_parts import required


class Dealer(SQLModel, table=True):
    __table_args__ = (Index("dealer_brand_external", "brand", "external", unique=True),)

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    brand: int = Field(sa_column=required(Id, ForeignKey("brand.id")))
    code: int = Field(sa_column=required(Id, unique=True))  # retailerCode, eight digits
    title: str = Field(sa_column=required(Text))
    external: str | None = Field(default=None, sa_column=Column(Text))  # the provider's own code for the dealer


class DealerDetail(SQLModel, table=True):
    """``sealed``: the responsible person's name, number and the like."""

    __tablename__ = "dealer_detail"
    __table_args__ = ({"sqlite_with_rowid": False},)

    dealer: int = Field(sa_column=Column(Id, ForeignKey("dealer.id"), primary_key=True, autoincrement=False))
    status: str = Field(sa_column=required(Text))
    sealed: bytes = Field(sa_column=required(SealedBytes("evidence")))
    gone_at: datetime | None = Field(default=None, sa_column=Column(Instant))  # deleted; its past stays readable


class DealerAccess(SQLModel, table=True):
    """``event``: the registry's last event when the access was given; a later RET of that consent ends it for good
    (rule L12)."""

    __tablename__ = "dealer_access"
    __table_args__ = (Index("dealer_access_dealer", "dealer"), {"sqlite_with_rowid": False})

    recipient: int = Field(sa_column=Column(Id, ForeignKey("recipient.id"), primary_key=True, autoincrement=False))
    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False))
    channel: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    identity: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    dealer: int = Field(sa_column=Column(Id, ForeignKey("dealer.id"), primary_key=True, autoincrement=False))
    event: int = Field(sa_column=required(Id))
