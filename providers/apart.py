"""Threads of their own for what takes long: asyncio's are everybody's, and in them citizens' pages wait too.

However many programs ask for long work of one kind, a few threads do it one after the other, and nobody else waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from consents.store import Store

T = TypeVar("T")


class Apart:
    """The threads of one kind of work."""

    def __init__(self, name: str, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, name)
        self._shared: WeakKeyDictionary[Store, dict[Hashable, Future[Any]]] = WeakKeyDictionary()

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        """Does ``work(*arguments)``."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *arguments))

    async def share(self, store: Store, key: Hashable, work: Callable[..., T], *arguments: Any) -> T:
        """The same, once for all who ask a store for ``key`` while it is being done; who goes away takes it from
        nobody."""
        doing = self._shared.setdefault(store, {})
        answer = doing.get(key)
        if answer is None or answer.done():
            answer = doing[key] = self._threads.submit(work, *arguments)
            answer.add_done_callback(lambda done: doing.pop(key) if doing.get(key) is done else None)
        told: T = await asyncio.shield(asyncio.wrap_future(answer))
        return told
