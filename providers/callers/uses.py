"""What is recorded beside the calls: when users of programs last called, at most once a minute for each, and what a
process gathers and writes together. Table ``api_rate``: calls of clients, counted for all processes on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import text

from consents.columns import micros, stored
from consents.instants import MINUTE
from consents.store import Statement, Store, StoreUnavailable, Transaction
from providers.callers.token_store import Caller

T = TypeVar("T")
WITHIN = 2.0  # seconds: how long something gathered may stand in the process alone

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


class WriteBehind(Generic[T]):
    """What a process gathers and writes together, for the event loop: no call waits for it or fails with it, a crash
    loses the last seconds. ``failed(waiting, found)`` may put back what could not be written."""

    def __init__(
        self,
        empty: Callable[[], T],
        write: Callable[[Transaction, T], None],
        failed: Callable[[T, T], None] = lambda waiting, found: None,
    ) -> None:
        self.waiting = empty()
        self._empty, self._work, self._failed = empty, write, failed
        self._writer: asyncio.Task[None] | None = None
        self._ends = asyncio.Event()

    def begin(self, store: Store) -> None:
        """Schedules a write of all that waits."""
        if self._writer is None or self._writer.done():
            self._ends = asyncio.Event()
            self._writer = asyncio.create_task(self._write_soon(store, self._ends))

    async def close(self, store: Store) -> None:
        writer = self._writer
        if writer is not None and writer.get_loop() is asyncio.get_running_loop():
            self._ends.set()
            await writer
        await self._write(store)

    async def _write_soon(self, store: Store, ends: asyncio.Event) -> None:
        while self.waiting and not ends.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(WITHIN):
                    await ends.wait()
            await self._write(store)

    async def _write(self, store: Store) -> None:
        found, self.waiting = self.waiting, self._empty()
        try:
            if found:
                await store.write(self._work, found)
        except StoreUnavailable:
            self._failed(self.waiting, found)


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
