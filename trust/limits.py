"""Rolling-window limits in table ``throttle``: they survive restarts and hold for all processes. All writes run in
the store's one writer, so a check still holds when it is counted."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from sqlalchemy import text

from consents.columns import micros, stored
from consents.store import Only, PrefetchRead, Snapshot, Statement, Store, StoreUnavailable, Transaction

_COUNT = "SELECT coalesce(sum(count), 0) FROM throttle WHERE key = :key AND at > :since"
_ROOM = "(SELECT coalesce(sum(count), 0) FROM throttle WHERE key = %s AND at > %s) <= {}"
_USED = Statement(text(_COUNT))
_TAKE = Statement(
    text(
        f"INSERT INTO throttle (key, at, count) SELECT :key, :at, :weight WHERE ({_COUNT}) <= :room "
        "ON CONFLICT (key, at) DO UPDATE SET count = throttle.count + excluded.count"
    )
)
_GIVE_BACK = Statement(text("UPDATE throttle SET count = count - 1 WHERE key = :key AND at = :at AND count > 0"))
_FORGET = Statement(text("DELETE FROM throttle WHERE key = :key"))
_TIMES = Statement(text("SELECT at, count FROM throttle WHERE key = :key AND at > :since ORDER BY at"))
_KEPT = Statement(text("SELECT at, count FROM throttle WHERE key = :key"))
_SINCE_LAST = Statement(
    text(
        "WITH last AS (SELECT coalesce(max(at), :since) AS at FROM throttle WHERE key = :key AND at > :since) "
        "SELECT last.at, "
        "(SELECT coalesce(sum(count), 0) FROM throttle WHERE key = :first AND at >= last.at AND at <= :until), "
        "(SELECT coalesce(sum(count), 0) FROM throttle WHERE key = :second AND at >= last.at AND at <= :until) "
        "FROM last"
    )
)


class Limit(NamedTuple):
    """At most ``most`` times within ``within`` µs. ``slot`` µs: times are rounded down to it, to save rows.
    ``weight``: how much one counts."""

    key: bytes
    most: int
    within: int
    slot: int = 1
    weight: int = 1

    @property
    def room(self) -> int:
        return self.most - self.weight


def used(snapshot: Snapshot, limit: Limit, now: int) -> int:
    return int(snapshot.value(_USED, {"key": limit.key, "since": stored(now - limit.within)}) or 0)


def used_prefetched(snapshot: Snapshot, limit: Limit, now: int) -> int:
    """The same from prefetched rows (``asked``); reads all rows kept, so only for small limits."""
    since = stored(now - limit.within)
    return sum(int(count) for at, count in snapshot.all(*asked(limit)) if at > since)


def take(transaction: Transaction, limit: Limit) -> bool:
    values = {"key": limit.key, "at": _at(limit, transaction.now), "weight": limit.weight, "room": limit.room}
    return transaction.run(_TAKE, {**values, "since": stored(transaction.now - limit.within)}) == 1


async def admits(store: Store, limit: Limit) -> bool:
    """``take`` in a transaction of its own. Above the limit nothing is written; what cannot be counted is admitted."""
    if await store.read(used, limit, store.now()) >= limit.most:
        return False
    with suppress(StoreUnavailable):
        return await store.write(take, limit)
    return True


def asked(limit: Limit) -> PrefetchRead:
    return PrefetchRead(_KEPT, {"key": limit.key})


def room(transaction: Transaction, limit: Limit) -> Only:
    """The condition that the limit has room; ``count`` then counts without a query."""
    return Only(_ROOM.format(limit.room), (limit.key, stored(transaction.now - limit.within)), "throttle")


def count(transaction: Transaction, limit: Limit, only: Only) -> None:
    """Counts one more where there is ``room``."""
    _count(transaction, limit.key, _at(limit, transaction.now), limit.weight, only)


def note(transaction: Transaction, key: bytes, at: int) -> None:
    """Counts one more at ``at`` (µs), without a limit."""
    _count(transaction, key, stored(at), 1)


def take_all(transaction: Transaction, limits: Sequence[Limit]) -> bool:
    """Counts one more of each key, or nothing where one limit has no room."""
    reached = [used(transaction, limit, transaction.now) > limit.room for limit in limits]
    if any(reached):
        return False
    for limit in {limit.key: limit for limit in limits}.values():
        take(transaction, limit)
    return True


def give_back(transaction: Transaction, limit: Limit) -> None:
    transaction.run(_GIVE_BACK, {"key": limit.key, "at": _at(limit, transaction.now)})


def forget(transaction: Transaction, key: bytes) -> int:
    """Deletes the counts of this key; returns how many rows."""
    return transaction.run(_FORGET, {"key": key})


def since_last(
    snapshot: Snapshot, key: bytes, counted: Sequence[bytes], since: int, until: int
) -> tuple[int, tuple[int, int]]:
    """(last time of ``key`` after ``since``, else ``since``; counts of two other keys from then to ``until``); µs."""
    first, second = counted
    values = {"key": key, "first": first, "second": second, "since": stored(since), "until": stored(until)}
    ((last, of_first, of_second),) = snapshot.all(_SINCE_LAST, values)
    return micros(last), (int(of_first), int(of_second))


def opens_at(snapshot: Snapshot, limit: Limit, now: int) -> int:
    """When there is room again, µs; ``now`` where there is."""
    rows = snapshot.all(_TIMES, {"key": limit.key, "since": stored(now - limit.within)})
    total = sum(int(count) for _, count in rows)
    for at, count in rows:
        if total < limit.most:
            break
        total -= int(count)
        now = max(now, micros(at) + limit.within)
    return now


def _count(transaction: Transaction, key: bytes, at: int | float, weight: int, only: Only | None = None) -> None:
    transaction.upsert("throttle", "key,at", "key,at,count", [(key, at, weight)], adding=True, only=only)


def _at(limit: Limit, now: int) -> int | float:
    return stored(now - now % limit.slot)
