"""Forgetting many rows in short transactions, so that opt-outs pass between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from consents.store import Statement, Store

PART = 500  # rows in one transaction: a few ms


def some(table: str, key: str, old: str, most: int = PART) -> Statement:
    """Deletes ``most`` of the rows for which ``old`` (SQL) holds; ``key``: the columns of the table's key."""
    return Statement(text(f"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE {old} LIMIT {most})"))


async def all_of(store: Store, forget: Callable[..., int], *arguments: Any) -> None:
    """Repeats ``forget(transaction, *arguments)``, each time in a transaction of its own, until it finds nothing."""
    while await store.write(forget, *arguments) > 0:
        pass
