"""Bells: a committed change wakes the job that continues it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from weakref import WeakSet

if TYPE_CHECKING:
    from consents.store import Store


class Bells:
    """The bells of one kind of work, by store; used from the serving event loop only."""

    def ring(self, store: Store) -> None:
        """Sets every bell of this process; a worker elsewhere looks at its next turn."""
        for bell in self._hung(store):
            bell.set()

    def hang(self, store: Store) -> asyncio.Event:
        """A new event that is set at each ``ring``, as long as somebody holds it."""
        bell = asyncio.Event()
        self._hung(store).add(bell)
        return bell

    def _hung(self, store: Store) -> WeakSet[asyncio.Event]:
        return store.own(self, WeakSet)
