"""Changes of an event loop on SQLite: worked in its own thread, begun and committed in another.

Python runs one thread at a time, and each statement gives that right up and has to win it back; a change of ten
statements in a thread beside a busy loop spends more on that than on its work (measured: 700 µs against 440). So the
statements of all that waits run on the loop, within ``SPENT`` at the most, and only what takes long without Python,
the wait for the lock and the COMMIT with its fsync, is done in a thread; meanwhile the loop answers others.

What is promised stays (rule L8): an answer comes only after the COMMIT, and one failure spoils only itself.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from consents.store.commits import Commits
from consents.store.cursors import Transaction
from consents.store.failures import StoreUnavailable
from consents.store.gates.sqlite_gate import SqliteGate
from consents.store.writer import MOST_WAITING, QueuedWork, Work, refusal, work_off

SPENT = 0.008  # seconds of the loop's time for the works of one transaction; the next begins with what is left

T = TypeVar("T")


class Turns:
    """The write connection of one event loop. ``write`` from its coroutines only."""

    def __init__(self, gate: SqliteGate, loop: asyncio.AbstractEventLoop, commits: Commits) -> None:
        self._gate, self._loop, self._commits = gate, loop, commits
        self._thread = ThreadPoolExecutor(1, "izin-commit")
        self._waiting: deque[QueuedWork] = deque()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def write(self, work: Work, *arguments: Any) -> asyncio.Future[Any]:
        """Queues ``work(transaction, *arguments)``; the future is done once its change is durable."""
        if self._closed:
            raise StoreUnavailable("the store is closed")
        if len(self._waiting) >= MOST_WAITING:
            raise StoreUnavailable("too many changes are waiting to be written")
        future: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.append(QueuedWork(work, arguments, future, self._loop))
        if self._task is None or self._task.done():
            self._task = self._loop.create_task(self._run(), name="izin-turns")
        return future

    def close(self) -> None:
        """Ends a COMMIT that is on its way; what was not begun is answered as not done."""
        self._closed = True
        self._thread.shutdown(wait=True)
        self._gate.close()
        self._refuse(self._waiting, StoreUnavailable("the store is closed"))
        self._waiting.clear()

    async def _run(self) -> None:
        while self._waiting:
            await self._turn()

    async def _turn(self) -> None:
        """One transaction: as much as waits and fits."""
        group: list[QueuedWork] = []
        self._commits.begun()
        try:
            transaction = self._gate.try_begin()
            if transaction is None:
                transaction = await self._apart(self._gate.begin)
            if self._closed:
                raise StoreUnavailable("the store is closed")
            self._work(transaction, group)
            await self._apart(self._gate.commit, transaction)
        except BaseException as error:
            if not self._closed:
                self._gate.abandon()
            group = group or self._taken(len(self._waiting))
            if not self._closed:
                self._commits.failed(error, len(group))
            self._refuse(group, error)
            if not isinstance(error, Exception):
                raise
            return
        self._commits.succeeded()
        for item in group:
            item.settle()

    def _work(self, transaction: Transaction, group: list[QueuedWork]) -> None:
        """Does what waits, one after the other, until the time is spent; ``group`` is what was taken.

        An error is the transaction's: where SQLite had to roll all of it back (a full disk), not even the savepoint of
        one work can be returned to.
        """
        until = time.perf_counter() + SPENT
        while self._waiting and (not group or time.perf_counter() < until):
            item = self._waiting.popleft()
            group.append(item)
            work_off(transaction, item)

    async def _apart(self, wait: Callable[..., T], *arguments: Any) -> T:
        """Runs ``wait`` in the thread, to its end also where the loop is being stopped: a change is all or nothing."""
        running = self._loop.run_in_executor(self._thread, wait, *arguments)
        stopped: asyncio.CancelledError | None = None
        while not running.done():
            try:
                await asyncio.shield(running)
            except asyncio.CancelledError as cancelled:
                stopped = cancelled
        answer = running.result()
        if stopped is not None and self._closed:
            raise stopped
        return answer

    def _taken(self, count: int) -> list[QueuedWork]:
        return [self._waiting.popleft() for _ in range(count)]

    @staticmethod
    def _refuse(items: Any, cause: BaseException) -> None:
        for item in items:
            item.error = refusal(cause)
            item.settle()
