"""Table of the public figures (izin/figures/figure_store.py)."""

from __future__ import annotations

from sqlalchemy import Column, SmallInteger
from sqlmodel import Field, SQLModel

from consents.columns import Id


class PublicFigure(SQLModel, table=True):
    """One figure of a month that is over, as it is published. ``month``: months since the year 0; ``what``: a
    ``Figure``; ``part``: of ``what``, or -1 for all parts; ``amount``: NULL where it is not published."""

    __tablename__ = "public_figure"
    __table_args__ = ({"sqlite_with_rowid": False},)

    month: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    what: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    part: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    amount: int | None = Field(default=None, sa_column=Column(Id))
