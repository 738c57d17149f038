"""Appends of works on PostgreSQL in few statements, because a statement costs both sides more than a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from consents.store.cursors import Only, insertion

# Of a statement with more psycopg does not keep how it is sent (psycopg/_queries.py, MAX_CACHED_STATEMENT_PARAMS).
_VALUES = 50


class Append(NamedTuple):
    """Rows for one table; ``conflict``: its ON CONFLICT clause; ``only``: if it holds, one row."""

    table: str
    columns: str
    rows: Sequence[Sequence[Any]]
    conflict: str = ""
    only: Only | None = None


class Sending(NamedTuple):
    text: str
    rows: Sequence[Sequence[Any]]


def joined(unsent: Iterable[Append | Callable[[], None]]) -> Iterator[Sending | Callable[[], None]]:
    """The same in order; small neighbours, each of a table of its own, become one statement."""
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
            only = () if one.only is None else one.only.values
            yield Sending(_text((_insertion(one, 1),)), [(*row, *only) for row in one.rows] if only else one.rows)
    yield from _together(parts)


def _together(parts: Sequence[Append]) -> Iterator[Sending]:
    if parts:
        text = _text(tuple(_insertion(part, len(part.rows)) for part in parts))
        yield Sending(text, [[value for part in parts for row in _given(part) for value in row]])


def _insertion(append: Append, count: int) -> str:
    return insertion(append.table, append.columns, count, append.conflict, append.only and append.only.condition)


def _given(append: Append) -> Iterator[Sequence[Any]]:
    yield from append.rows
    if append.only is not None:
        yield append.only.values


def _fits(parts: Sequence[Append], one: Append) -> bool:
    if one.only is not None and one.only.reads in {part.table for part in parts}:
        return False  # it would not see what those write
    return one.table not in {part.table for part in parts} and sum(map(_size, parts)) + _size(one) <= _VALUES


def _size(append: Append) -> int:
    return sum(map(len, _given(append)))


@lru_cache(maxsize=256)
def _text(inserts: Sequence[str]) -> str:
    """Several INSERTs of one statement see the state before any of them, so each has a table of its own."""
    *before, last = inserts
    named = ", ".join(f"w{place} AS ({insert})" for place, insert in enumerate(before))
    return f"WITH {named} {last}" if named else last
