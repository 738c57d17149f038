"""Bells: a change that is committed calls for the chore that goes on with it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakSet

if TYPE_CHECKING:
    from consents.store import Store


class Bells:
    """The bells of one kind of work, by store. All calls come from the event loop that serves."""

    def __init__(self) -> None:
        self._hung: WeakKeyDictionary[Store, WeakSet[asyncio.Event]] = WeakKeyDictionary()

    def ring(self, store: Store) -> None:
        """Sets every bell of this process; a worker elsewhere looks at its next turn."""
        for bell in self._hung.get(store, ()):
            bell.set()

    def hang(self, store: Store) -> asyncio.Event:
        """A new event that is set at each ``ring``, as long as somebody holds it."""
        bell = asyncio.Event()
        self._hung.setdefault(store, WeakSet()).add(bell)
        return bell
