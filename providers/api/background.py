"""Thread pools for long work: asyncio's own threads serve citizens' pages too. Work on the event loop in small parts,
where a thread would block the loop for 5 ms at each switch."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Hashable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from consents.store import Store

T = TypeVar("T")
_TURN = 0.002  # seconds; a plain list of a thousand takes about as long


class AllBusy(Exception):
    """Other work is being done for the same owner."""


@dataclass
class _Doing:
    key: Hashable
    answer: Future[Any]
    waiting: int = 0


class WorkPool:
    """The threads of one kind of work."""

    def __init__(self, name: str, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, name)

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *arguments))

    async def share(self, store: Store, owner: Hashable, key: Hashable, work: Callable[..., T], *arguments: Any) -> T:
        """``run``, shared by all callers that ask a store for ``key`` meanwhile; a caller that leaves cancels nothing,
        unstarted work without callers is dropped. One at a time for each ``owner``. Errors: AllBusy."""
        doing: dict[Hashable, _Doing] = store.own(self, dict)
        one = doing.get(owner)
        if one is None or one.answer.done():
            one = doing[owner] = _Doing(key, self._threads.submit(work, *arguments))
            one.answer.add_done_callback(lambda done: _forget(doing, owner, done))
        elif one.key != key:
            raise AllBusy
        one.waiting += 1
        try:
            result: T = await asyncio.shield(asyncio.wrap_future(one.answer))
        finally:
            one.waiting -= 1
            if not one.waiting:
                one.answer.cancel()  # what is begun goes on
        return result


def _forget(doing: dict[Hashable, _Doing], owner: Hashable, done: Future[Any]) -> None:
    one = doing.get(owner)
    if one is not None and one.answer is done:
        doing.pop(owner, None)


async def paced(items: Iterable[T]) -> AsyncIterator[T]:
    """Yields items; after a while of work the loop runs others before the next."""
    began = time.perf_counter()
    for item in items:
        yield item
        if time.perf_counter() - began > _TURN:
            await asyncio.sleep(0)
            began = time.perf_counter()
