"""Table ``api_call``: the last ``MOST`` calls of each user of programs, without addresses: method, path, status, code.
Only a call with a good token or password is kept. The calls of a process are written together, so that none waits for
it or fails with it; a crash loses the last seconds."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from sqlalchemy import text

from consents.columns import micros, stored
from consents.store import Snapshot, Statement, Store, StoreUnavailable, Transaction, Value

MOST = 200  # calls of one user
WITHIN = 2.0  # seconds: how long a call may stand in the process alone
LONGEST_PATH = 120  # characters
SHOWN = 50

_LAST: Value[int | None] = Statement(text("SELECT max(number) FROM api_call WHERE api_user = :user"))
_OLD = Statement(text("DELETE FROM api_call WHERE api_user = :user AND number <= :last"))
_OF_PROVIDER: Statement[tuple[float, str, str, str, int, str | None]] = Statement(
    text(
        "SELECT c.at, u.username, c.method, c.path, c.status, c.code FROM api_call c "
        "JOIN api_user u ON u.id = c.api_user WHERE u.provider = :provider AND (:user = 0 OR u.id = :user) "
        "AND c.status >= :least ORDER BY c.at DESC, c.number DESC LIMIT :most"
    )
)


class DoneCall(NamedTuple):
    """``at``: µs; ``path``: of the route, with iysCode and brandCode alone filled in; ``code``: İYS's, "" for none."""

    at: int
    method: str
    path: str
    status: int
    code: str


class ListedCall(NamedTuple):
    username: str
    call: DoneCall


class CallLog:
    """Calls of one process that are not written yet, for the event loop; kept for each store by ``get``."""

    def __init__(self) -> None:
        self._waiting: dict[int, deque[DoneCall]] = {}
        self._writer: asyncio.Task[None] | None = None
        self._ends = asyncio.Event()

    def add(self, store: Store, user: int, call: DoneCall) -> None:
        """Schedules a write; ``user``: internal id."""
        self._waiting.setdefault(user, deque(maxlen=MOST)).append(call)
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
        while self._waiting and not ends.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(WITHIN):
                    await ends.wait()
            await self._write(store)

    async def _write(self, store: Store) -> None:
        """Writes what waits; what cannot be written now is dropped, because the next calls matter more."""
        found, self._waiting = self._waiting, {}
        with suppress(StoreUnavailable):
            if found:
                await store.write(keep, found)


def get(store: Store) -> CallLog:
    return store.own(CallLog, CallLog)


def keep(transaction: Transaction, found: Mapping[int, Sequence[DoneCall]]) -> None:
    """Adds calls in order and deletes all but the last ``MOST`` of each user."""
    for user, calls in found.items():
        last = transaction.value(_LAST, {"user": user}) or 0
        rows = [
            (user, last + place, stored(call.at), *call[1:4], call.code or None) for place, call in enumerate(calls, 1)
        ]
        transaction.insert("api_call", "api_user,number,at,method,path,status,code", rows)
        transaction.run(_OLD, {"user": user, "last": last + len(rows) - MOST})


def listed(snapshot: Snapshot, provider: int, user: int = 0, least: int = 0, most: int = SHOWN) -> list[ListedCall]:
    """A provider's (internal id) last calls, the newest first; ``user``: of this one alone, 0: of all; ``least``: the
    lowest HTTP status."""
    values = {"provider": provider, "user": user, "least": least, "most": most}
    return [
        ListedCall(username, DoneCall(micros(at), method, path, status, code or ""))
        for at, username, method, path, status, code in snapshot.all(_OF_PROVIDER, values)
    ]
