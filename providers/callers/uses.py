"""When users of programs last called, noted beside the calls, and at most once a minute for each."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from sqlalchemy import text

from consents.columns import stored
from consents.instants import MINUTE
from consents.store import Statement, Store, StoreUnavailable, Transaction
from providers.callers.token_store import Caller

_NOTE = Statement(
    text("UPDATE api_user SET used_at = :now WHERE id = :user AND (used_at IS NULL OR used_at <= :before)")
)


class Uses:
    """What one process has noted lately; kept for each store by ``Store.own``."""

    def __init__(self) -> None:
        self._noted: dict[int, int] = {}
        self._writing: set[asyncio.Task[None]] = set()

    def of(self, store: Store, caller: Caller, now: int) -> None:
        """Has a call noted. No call waits for that, and none fails with it."""
        last = max(caller.used_at or 0, self._noted.get(caller.user, 0))
        if 0 <= now - last < MINUTE:
            return
        self._noted[caller.user] = now
        task = asyncio.create_task(_write(store, caller.user))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)


async def _write(store: Store, user: int) -> None:
    with suppress(StoreUnavailable):
        await store.write(note, user)


def note(transaction: Transaction, user: int) -> None:
    """Notes that a user (internal id) calls now."""
    before = stored(transaction.now - MINUTE)
    transaction.run(_NOTE, {"user": user, "now": stored(transaction.now), "before": before})
