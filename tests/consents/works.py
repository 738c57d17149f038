"""Small pieces of work for a store: rows of a table that is numbered without gaps."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from sqlalchemy import text

from consents.store import Snapshot, Statement, Store, Transaction

COUNT = Statement(text("SELECT count(*), max(id) FROM recipient"))
IDS = Statement(text("SELECT id FROM recipient ORDER BY id"))


def add(transaction: Transaction, sealed: int) -> int:
    """One row of a table that is numbered without gaps; its number."""
    number = transaction.numbers("recipient")
    transaction.insert("recipient", "id,sealed,commitment", [(number, sealed.to_bytes(20, "big"), b"")])
    return number


def ids(store: Store) -> list[int]:
    return [row[0] for row in store.read_now(Snapshot.all, IDS)]


def submit(store: Store, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
    """Queues work without waiting for it."""
    return store._writing().submit(work, *arguments)
