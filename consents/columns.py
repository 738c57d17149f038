"""Column types: the only places where a Python value and its stored form differ."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Dialect,
    Double,
    Integer,
    LargeBinary,
    Numeric,
    Select,
    SmallInteger,
    func,
    select,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from consents.terms import Term

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# SQLite makes a column its row number only where it is declared INTEGER.
Id = BigInteger().with_variant(Integer(), "sqlite")


class SealedBytes(LargeBinary):
    """Data encrypted with a registry key, empty, or an erased person's digest; ``izin rekey`` re-encrypts every column
    of this type. ``purpose``: the key (held_keys.ROTATED); ``batch``: rows in one transaction, where each is large."""

    def __init__(self, purpose: str, batch: int | None = None) -> None:
        super().__init__()
        self.purpose, self.batch = purpose, batch


def stored(micros: int) -> int | float:
    """µs since 1970 UTC as stored: seconds, an integer where whole (four bytes), else a double, exact to the µs until
    2106."""
    return micros / 1_000_000 if micros % 1_000_000 else micros // 1_000_000


def micros(stored_value: int | float) -> int:
    seconds = int(stored_value)
    return seconds * 1_000_000 + round((stored_value - seconds) * 1_000_000)


def optional_micros(stored_value: int | float | None) -> int | None:
    return None if stored_value is None else micros(stored_value)


class Instant(TypeDecorator[datetime]):
    """An aware moment in UTC, microseconds inside. Refuses naive values."""

    impl = Double
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        # NUMERIC affinity keeps whole seconds as integers; PostgreSQL needs the exact range of a double.
        return dialect.type_descriptor(Numeric(asdecimal=False) if dialect.name == "sqlite" else Double())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | float | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return stored((value - EPOCH) // timedelta(microseconds=1))

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + timedelta(microseconds=micros(value))


class Coded(TypeDecorator[Term]):
    impl = SmallInteger
    cache_ok = True

    def __init__(self, terms: type[Term]) -> None:
        super().__init__()
        self.terms = terms

    def process_bind_param(self, value: Term | None, dialect: Dialect) -> int | None:
        return None if value is None else value.code

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Term | None:
        return None if value is None else self.terms.of(value)


def first_and_last(column: ColumnElement[Any]) -> Select[Any]:
    """The least and the greatest value of a column; asked for both at once SQLite reads every row."""
    return select(select(func.min(column)).scalar_subquery(), select(func.max(column)).scalar_subquery())
