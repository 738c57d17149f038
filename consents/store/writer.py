"""The group-committing writer for callers without an event loop, and for all on PostgreSQL: one thread, one connection,
one fsync for all that waits. A change is answered only after its COMMIT (rule L8); each piece of work has a savepoint,
so one failure spoils only itself."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from time import perf_counter, sleep
from typing import Any

from consents.store.commits import Commits
from consents.store.cursors import Transaction
from consents.store.failures import Spoilt, StoreUnavailable, Unknown
from consents.store.gates import AnyGate
from consents.store.pipelined import Pipelined
from consents.store.prefetching import Prefetch, prefetch_of

MOST_WAITING = 8192
MOST_IN_A_GROUP = 512
SPENT = 0.02  # seconds for the works of one transaction; the next begins with what is left, and others go between
FEWEST = 8  # that are begun together, though the last transaction had time for fewer
# Where other processes have the lock, what a transaction is to hold is settled when it asks, and who comes while it
# waits has to wait for the next. So it asks later, by this share of the time that it would wait.
ASKS_LATER = 2 / 3
SOONEST, LATEST = 0.001, 0.02  # seconds
SEVERAL = 4  # works in a transaction: with fewer somebody would wait and nobody would come

log = logging.getLogger(__name__)

Work = Callable[..., Any]
_SILENT = "the database does not answer"


class QueuedWork:
    __slots__ = ("_taken", "answer", "arguments", "begun", "error", "first", "future", "loop", "work")

    def __init__(
        self,
        work: Work,
        arguments: tuple[Any, ...],
        future: Any,
        loop: asyncio.AbstractEventLoop | None,
        first: Prefetch | None = None,
    ) -> None:
        self.work, self.arguments, self.future, self.loop, self.first = work, arguments, future, loop, first
        self.answer: Any = None
        self.error: BaseException | None = None
        self._taken = threading.Lock()
        self.begun = False

    def begin(self) -> bool:
        """Whether the work may begin, or begin again: not after ``give_up``."""
        self.begun = self.begun or self._taken.acquire(blocking=False)
        return self.begun

    @property
    def given_up(self) -> bool:
        """Whether its caller was answered that it is not done; it never will be."""
        return not self.begun and self._taken.locked()

    def give_up(self) -> None:
        """Answers before the change is done: not done or, where it has begun, Unknown."""
        if not self.future.done():
            begun = not self._taken.acquire(blocking=False)
            with suppress(InvalidStateError):  # the writer answers in this moment
                self.future.set_exception(Unknown(_SILENT) if begun else StoreUnavailable(_SILENT))

    def settle(self) -> None:
        if self.given_up or self.future.done():
            return
        with suppress(InvalidStateError):  # a thread gives up in this moment
            if self.error is None:
                self.future.set_result(self.answer)
            else:
                self.future.set_exception(_tellable(self.error))


class Writer:
    """Owns the write connection. ``write`` from a coroutine, ``submit`` from a thread."""

    def __init__(self, gate: AnyGate, commits: Commits) -> None:
        self._gate, self._commits = gate, commits
        self._queue: queue.SimpleQueue[QueuedWork | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="izin-writer", daemon=True)
        self._closed = False
        self._most = MOST_IN_A_GROUP  # that a transaction has time for: what they ask first is asked with the lock
        self._pause = 0.0  # seconds before it asks for the lock
        self._last = False  # nothing more will be queued
        self._door = threading.Lock()  # nothing may be queued behind the end
        self._thread.start()

    def write(self, work: Work, *arguments: Any, seconds: float | None = None) -> asyncio.Future[Any]:
        """Queues ``work(transaction, *arguments)``; the future is done once its change is durable, or in time."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        item = QueuedWork(work, arguments, future, loop, prefetch_of(work, arguments))
        self._put(item)
        if seconds is not None:
            alarm = loop.call_later(seconds, item.give_up)
            future.add_done_callback(lambda _: alarm.cancel())
        return future

    def submit(self, work: Work, *arguments: Any) -> QueuedWork:
        """``write`` for callers without an event loop, who wait for its ``future`` and may ``give_up``."""
        future: Future[Any] = Future()
        item = QueuedWork(work, arguments, future, None, prefetch_of(work, arguments))
        self._put(item)
        return item

    def close(self) -> None:
        with self._door:
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _put(self, item: QueuedWork) -> None:
        with self._door:
            if self._closed:
                raise StoreUnavailable("the store is closed")
            if self._queue.qsize() >= MOST_WAITING:
                raise StoreUnavailable("too many changes are waiting to be written")
            self._queue.put(item)

    def _run(self) -> None:
        group: list[QueuedWork] = []
        while group or not self._last:
            if not group and self._queue.empty():  # nobody was there: who comes now finds others' lock as it is now
                self._pause = 0.0
            self._gather(group)
            if self._pause and len(group) < self._most and not self._last:
                sleep(self._pause)
                self._gather(group)
            # While the database is away each try takes seconds, and none is worth it for who has heard the answer.
            group = [item for item in group if not item.given_up]
            done = self._commit(group) if group else 0
            later = min(LATEST, (self._pause + self._gate.waited) * ASKS_LATER)
            self._pause = later if done >= SEVERAL and later >= SOONEST else 0.0
            _settle(group[:done])
            group = group[done:]
        self._gate.close()

    def _gather(self, group: list[QueuedWork]) -> None:
        while len(group) < MOST_IN_A_GROUP and not self._last:
            try:
                item = self._queue.get(block=not group)
            except queue.Empty:
                return
            if item is None:
                self._last = True
            else:
                group.append(item)

    def _commit(self, group: list[QueuedWork]) -> int:
        """One transaction: as many of the group as fit, in order; how many."""
        taken: list[QueuedWork] = []
        group = group[: self._most]
        self._commits.begun()
        try:
            if not self._pipelined(group, taken):
                self._one_by_one(group, taken)
        except Exception as error:
            taken = taken or group  # where not even the lock was had, nobody should wait for it once more
            self._commits.failed(error, len(taken))
            for item in taken:
                item.error = refusal(error)
        else:
            self._commits.succeeded()
            self._most = min(2 * self._most, MOST_IN_A_GROUP) if len(taken) == len(group) else max(FEWEST, len(taken))
        return len(taken)

    def _one_by_one(self, group: list[QueuedWork], taken: list[QueuedWork]) -> None:
        with self._gate.transaction() as transaction:
            for item in self._fitting(list(group), taken):
                work_off(transaction, item)

    def _pipelined(self, group: list[QueuedWork], taken: list[QueuedWork]) -> bool:
        """``_commit`` without savepoints, on PostgreSQL; False where one of the works must be undone by itself."""
        if not self._gate.pipelines:
            return False
        try:
            prefetches = [item.first for item in group if item.first is not None]
            with self._gate.pipelined(prefetches) as transaction:
                for item in self._fitting(group, taken):
                    work_on(transaction, item)
        except Spoilt as spoilt:
            if len(taken) > 1 or spoilt.fault is None:
                return False
            taken[0].error = spoilt.fault  # it was alone: nothing else is to be saved, so nothing is done again
        return True

    @staticmethod
    def _fitting(group: list[QueuedWork], taken: list[QueuedWork]) -> Iterator[QueuedWork]:
        """Those that fit into a transaction, in order; what was taken already fits again."""
        taken.clear()
        until = perf_counter() + SPENT
        for item in group:
            if taken and perf_counter() >= until and not item.begun:
                return
            taken.append(item)
            yield item


def refusal(cause: BaseException) -> StoreUnavailable:
    """The error for each caller of a transaction that could not be committed."""
    kind = Unknown if isinstance(cause, Unknown) else StoreUnavailable
    copy = kind(str(cause) if isinstance(cause, StoreUnavailable) else "the store cannot commit now")
    copy.__cause__ = cause
    return copy


def _tellable(error: BaseException) -> BaseException:
    """An error that a future takes: it refuses a StopIteration, which a work raises by ``next`` of an empty
    iterator."""
    if not isinstance(error, StopIteration):
        return error
    copy = RuntimeError("a work let a StopIteration out")
    copy.__cause__ = error
    return copy


def work_on(transaction: Pipelined, item: QueuedWork) -> None:
    """Does one piece of work, unless it was given up. Errors: Spoilt where it changed something before it failed."""
    if not item.begin():
        return
    mark = transaction.mark(item.first)
    try:
        item.answer = item.work(transaction, *item.arguments)
    except transaction.errors:  # perhaps of a work before it
        raise
    except BaseException as error:
        if not transaction.unsaid(mark):
            raise Spoilt("a work failed that had changed something", error) from error
        item.error = error


def work_off(transaction: Transaction, item: QueuedWork) -> None:
    if not item.begin():
        return
    item.error = None
    mark = transaction.savepoint()
    try:
        item.answer = item.work(transaction, *item.arguments)
    except BaseException as error:  # whatever it is, the others of the group and the thread go on
        transaction.roll_back(mark)
        item.error = error
    else:
        transaction.release()


def _settle(group: list[QueuedWork]) -> None:
    """Wakes each event loop once for all its callers: a wake-up costs as much as a small write."""
    loops: dict[asyncio.AbstractEventLoop, list[QueuedWork]] = {}
    for item in group:
        if item.loop is None:
            item.settle()
        else:
            loops.setdefault(item.loop, []).append(item)
    for loop, items in loops.items():
        try:
            loop.call_soon_threadsafe(_settle_all, items)
        except RuntimeError:  # the loop was closed while its callers waited: no caller is left
            log.warning("caller_gone", extra={"answers": len(items)})


def _settle_all(items: list[QueuedWork]) -> None:
    for item in items:
        item.settle()
