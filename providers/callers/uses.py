"""When users of programs last called, recorded beside the calls, at most once a minute for each. Table ``api_rate``:
calls of clients, counted for all processes on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import text

from consents.columns import micros, stored
from consents.instants import MINUTE
from consents.store import Statement, Store, StoreUnavailable, Transaction
from providers.callers.token_store import Caller

_NOTE = Statement(
    text("UPDATE api_user SET used_at = :now WHERE id = :user AND (used_at IS NULL OR used_at <= :before)")
)
# A window of another process, whose clock is a little ahead, is the same one; only a moment far from it begins another.
_SAME = "api_rate.ends_at > :now AND api_rate.ends_at < :far{0}"
_COUNT = (
    "w{0} AS (INSERT INTO api_rate (key, ends_at, count) SELECT CAST(:key{0} AS bytea), :ends{0}, 1 {1} "
    f"ON CONFLICT (key) DO UPDATE SET count = CASE WHEN {_SAME} THEN api_rate.count + 1 ELSE 1 END, "
    f"ends_at = CASE WHEN {_SAME} THEN api_rate.ends_at ELSE excluded.ends_at END RETURNING ends_at, count)"
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


class Window(NamedTuple):
    """``key`` names the limit and the client, ``most`` calls within ``within`` µs."""

    key: bytes
    most: int
    within: int


def count_calls(transaction: Transaction, windows: Sequence[Window]) -> list[tuple[int, int]]:
    """Counts a call in each window until one is full, in one statement: when it ends (µs), how many calls it has."""
    now = transaction.now
    values: dict[str, object] = {"now": stored(now)}
    for place, (key, most, within) in enumerate(windows):
        times = {f"ends{place}": stored(now + within), f"far{place}": stored(now + 2 * within)}
        values |= {f"key{place}": key, f"most{place}": most, **times}
    row = transaction.one(_statement(len(windows)), values)
    assert row is not None
    pairs = zip(row[::2], row[1::2], strict=True)
    return [(micros(ends), int(calls)) for ends, calls in pairs if ends is not None]


@cache
def _statement(windows: int) -> Statement[Any]:
    """Each window is counted only where the one before it was not full."""
    places = range(windows)
    before = ["", *(f"FROM w{place} WHERE w{place}.count <= :most{place}" for place in places)]
    counted = ", ".join(_COUNT.format(place, before[place]) for place in places)
    joined = " ".join(["w0", *(f"LEFT JOIN w{place} ON true" for place in places[1:])])
    selected = ", ".join(f"w{place}.ends_at, w{place}.count" for place in places)
    return Statement(text(f"WITH {counted} SELECT {selected} FROM {joined}"))
