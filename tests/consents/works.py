"""Small pieces of work for a store: rows of a table that is numbered without gaps."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
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
    future: Future[Any] = store._writing().submit(work, *arguments).future
    return future


@asynccontextmanager
async def full_of_work() -> AsyncIterator[None]:
    """The loop's own threads are busy as long as the block runs, as with long reports."""
    go_on = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        asyncio.get_running_loop().set_default_executor(threads)
        waiting = [asyncio.ensure_future(asyncio.to_thread(go_on.wait)) for _ in range(3)]
        try:
            yield
        finally:
            go_on.set()
        await asyncio.gather(*waiting)
