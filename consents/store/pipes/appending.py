"""What works append on PostgreSQL, in as few statements as can be: each costs both sides more than a row of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

# Of a statement with more psycopg does not keep how it is sent (psycopg/_queries.py, MAX_CACHED_STATEMENT_PARAMS).
_VALUES = 50


class Append(NamedTuple):
    """Rows for one table; ``conflict``: what is done where one stands already."""

    table: str
    columns: str
    rows: Sequence[Sequence[Any]]
    conflict: str = ""


class Sending(NamedTuple):
    """A statement, and the values for each time that it is run."""

    text: str
    rows: Sequence[Sequence[Any]]


def joined(unsent: Iterable[Append | Callable[[], None]]) -> Iterator[Sending | Callable[[], None]]:
    """The same in the same order. Neighbours with few rows, each of a table of its own, become one statement."""
    parts: list[Append] = []
    for one in unsent:
        few = isinstance(one, Append) and _size(one) <= _VALUES
        if not isinstance(one, Append) or not few or not _fits(parts, one):
            yield from _together(parts)
            parts = []
        if not isinstance(one, Append):
            yield one
        elif few:
            parts.append(one)
        else:
            yield Sending(_text(((one.table, one.columns, 1, one.conflict),)), one.rows)
    yield from _together(parts)


def _together(parts: Sequence[Append]) -> Iterator[Sending]:
    if parts:
        text = _text(tuple((part.table, part.columns, len(part.rows), part.conflict) for part in parts))
        yield Sending(text, [[value for part in parts for row in part.rows for value in row]])


def _fits(parts: Sequence[Append], one: Append) -> bool:
    return one.table not in {part.table for part in parts} and sum(map(_size, parts)) + _size(one) <= _VALUES


def _size(append: Append) -> int:
    return len(append.rows) * len(append.rows[0])


@lru_cache(maxsize=256)
def _text(parts: Sequence[tuple[str, str, int, str]]) -> str:
    """Several INSERT of one statement see the same state, before any of them; so each has a table of its own."""
    inserts = []
    for table, columns, count, conflict in parts:
        marks = ",".join(["%s"] * len(columns.split(",")))
        inserts.append(f"INSERT INTO {table} ({columns}) VALUES {','.join([f'({marks})'] * count)} {conflict}".rstrip())
    *before, last = inserts
    named = ", ".join(f"w{place} AS ({insert})" for place, insert in enumerate(before))
    return f"WITH {named} {last}" if named else last
