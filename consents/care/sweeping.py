"""Deletes rows after an age: each room lists them beside its tables (``SWEEPS``); rows go in short transactions, so
that opt-outs pass between."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import text

from consents.columns import stored
from consents.store import Statement, Store, Transaction

PART = 500  # rows in one transaction: a few ms


class Sweep(NamedTuple):
    """Rows of one table to delete. ``key``: the key's columns; ``old``: an SQL condition, ``:before`` is ``age`` µs
    ago; ``within``: SQL of the rows to search where no index leads to the old ones; ``emptied``: SQL that empties the
    row instead; ``most``: rows in one transaction."""

    table: str
    key: str
    old: str
    age: int | Callable[[Any], int] = 0
    within: str = ""
    emptied: str = ""
    most: int = PART


@cache
def statement(sweep: Sweep) -> Statement[Any]:
    """Deletes at most ``most`` rows; binds ``before`` (stored)."""
    change = f"UPDATE {sweep.table} SET {sweep.emptied}" if sweep.emptied else f"DELETE FROM {sweep.table}"
    chosen = f"SELECT {sweep.key} FROM {sweep.within or sweep.table} WHERE {sweep.old} LIMIT {sweep.most}"
    return Statement(text(f"{change} WHERE ({sweep.key}) IN ({chosen})"))


def sweep_some(transaction: Transaction, sweep: Sweep, settings: Any) -> int:
    """Deletes some of the rows; how many, 0 where none is left."""
    age = sweep.age if isinstance(sweep.age, int) else sweep.age(settings)
    return transaction.run(statement(sweep), {"before": stored(transaction.now - age)})


async def all_of(store: Store, sweep: Sweep, settings: Any) -> None:
    while await store.write(sweep_some, sweep, settings) > 0:
        pass
