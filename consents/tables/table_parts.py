"""Shared by the tables: names of constraints, append-only tables, types of columns."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKeyConstraint, text
from sqlmodel import SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "%(table_name)s_%(column_0_N_name)s",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}

# Of a table that only grows: triggers refuse a change of a row (consents/care/frozen.py).
FROZEN = {"info": {"frozen": True}}


def required(*arguments: Any, **options: Any) -> Column[Any]:
    return Column(*arguments, nullable=False, **options)


def where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def references(**columns: str) -> list[Any]:
    """Foreign keys, enforced by SQLite only: PostgreSQL would look up and lock each referenced row, which takes longer
    than the rest of a load; there ``izin verify`` checks them."""
    return [ForeignKeyConstraint([name], [f"{table}.id"]).ddl_if(dialect="sqlite") for name, table in columns.items()]
