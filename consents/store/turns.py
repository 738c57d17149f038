"""Writes of an event loop on SQLite: statements run on the loop, within ``SPENT``, because a thread beside a busy loop
loses the interpreter at each (700 µs against 440 for ten); the lock and the COMMIT with its fsync run in a thread. An
answer comes only after the COMMIT, and one failure spoils only itself (rule L8)."""

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
    """The write connection of one event loop; call ``write`` from its coroutines only."""

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
        self._closed = True
        self._thread.shutdown(wait=True)
        self._gate.close()
        self._refuse(self._waiting, StoreUnavailable("the store is closed"))
        self._waiting.clear()

    async def _run(self) -> None:
        while self._waiting:
            await self._turn()

    async def _turn(self) -> None:
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
        """Runs what waits in order, until the time is spent; ``group`` is what was taken. Errors are the transaction's:
        where SQLite rolled all back (a full disk) no savepoint is left."""
        until = time.perf_counter() + SPENT
        while self._waiting and (not group or time.perf_counter() < until):
            item = self._waiting.popleft()
            group.append(item)
            work_off(transaction, item)

    async def _apart(self, wait: Callable[..., T], *arguments: Any) -> T:
        """Runs ``wait`` in the thread to its end, also while the loop stops: a change is all or nothing."""
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
