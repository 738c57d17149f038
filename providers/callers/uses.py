"""When users of programs last called, recorded beside the calls, at most once a minute for each."""

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
    """Recent records of one process; kept for each store by ``Store.own``."""

    def __init__(self) -> None:
        self._noted: dict[int, int] = {}
        self._writing: set[asyncio.Task[None]] = set()

    def of(self, store: Store, caller: Caller, now: int) -> None:
        """Records a call later; no call waits for that, and none fails with it."""
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
    before = stored(transaction.now - MINUTE)
    transaction.run(_NOTE, {"user": user, "now": stored(transaction.now), "before": before})
