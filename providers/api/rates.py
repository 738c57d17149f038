"""Rate limits by İYS's numbers and codes (API document 3.2.0, ``settings``), for the whole site: in memory on SQLite,
in one table on PostgreSQL. Citizens' refusals are not calls (rule L10)."""

from __future__ import annotations

from asyncio import sleep
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from consents.instants import MINUTE, SECOND
from consents.registry import Registry
from consents.store import Transaction
from consents.store.statements import SQLITE
from providers.api.answers import Fault, Refusal
from providers.callers import uses
from providers.callers.uses import Window
from trust.pseudonyms import mark

LONGEST_DELAY = SECOND  # µs that a call is delayed instead of being refused
_IDENTIFIED = 10  # refused calls of a client within a minute whose token is looked up
_MOST_CLIENTS = 50_000  # counted at once in memory; the one longest unseen is forgotten


class CallLimit(NamedTuple):
    """At most ``most`` calls of a client within ``within`` µs; ``code``: İYS's."""

    name: str
    most: int
    within: int
    code: str


class CallsTaken(NamedTuple):
    """A client's use of a limit: calls left, below 0 where exceeded, and the rest of the window (µs)."""

    limit: CallLimit
    left: int
    lasts: int

    @property
    def seconds(self) -> int:
        """Whole seconds to the end of the window, at least 1."""
        return max(1, -(-self.lasts // SECOND))

    def headers(self) -> dict[str, str]:
        """draft-ietf-httpapi-ratelimit-headers."""
        name, most, within, _ = self.limit
        return {
            "ratelimit-policy": f'"{name}";q={most};w={within // SECOND}',
            "ratelimit": f'"{name}";r={max(0, self.left)};t={self.seconds}',
        }


class LimitReached(Refusal):
    def __init__(self, taken: CallsTaken) -> None:
        super().__init__(429, Fault(taken.limit.code), headers={"retry-after": str(taken.seconds)})
        self.taken = taken

    @property
    def brief(self) -> bool:
        """Whether the window ends so soon that the call may be delayed instead of refused."""
        return self.taken.lasts <= LONGEST_DELAY


class Counting:
    """A counted call: in memory already, else by ``first``, before the call's first reads."""

    def __init__(self) -> None:
        self.first: Callable[[Transaction], None] | None = None
        self.taken: CallsTaken | None = None

    def headers(self) -> dict[str, str]:
        """The headers of the last limit; none before anything is counted."""
        return self.taken.headers() if self.taken else {}

    def check(self) -> None:
        """Errors: Refusal 429 with ``Retry-After``."""
        if self.taken is not None and self.taken.left < 0:
            raise LimitReached(self.taken)


class Rates:
    """Recent calls of each client, in fixed windows that begin with a call."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()
        self._delayed: Counter[str] = Counter()

    @asynccontextmanager
    async def delay(self, client: str, reached: LimitReached) -> AsyncIterator[None]:
        """Runs the block, then waits for the end of the window: İYS is so slow that a program without pauses stays
        within its limit of a second, and no known program repeats a call after 429. Errors: LimitReached where too many
        calls of the client wait."""
        if not reached.brief or self._delayed[client] >= reached.taken.limit.most:
            raise reached
        self._delayed[client] += 1
        try:
            yield
            await sleep(reached.taken.lasts / SECOND)
        finally:
            self._delayed[client] -= 1
            if not self._delayed[client]:
                del self._delayed[client]

    def may_identify(self, client: str, now: int) -> bool:
        """Counts a refused call of this process; False where no more tokens are looked up for the client."""
        return self._count(CallLimit("identified", _IDENTIFIED, MINUTE, ""), client, now)[1] <= _IDENTIFIED

    def begin(self, registry: Registry, client: str, *limits: CallLimit) -> Counting:
        counting = Counting()
        if registry.store.dialect == SQLITE:
            now = registry.store.now()
            counting.taken = _last(limits, self._count_all(limits, client, now), now)
            return counting

        def first(transaction: Transaction) -> None:
            windows = [Window(mark(registry.keyring, f"api {one.name}", client), *one[1:3]) for one in limits]
            counting.taken = _last(limits, uses.count_calls(transaction, windows), transaction.now)
            counting.check()

        counting.first = first
        return counting

    def take(self, client: str, now: int, limit: CallLimit) -> None:
        """Counts a call in memory. Errors: LimitReached."""
        taken = _last([limit], self._count_all([limit], client, now), now)
        if taken.left < 0:
            raise LimitReached(taken)

    def _count_all(self, limits: Sequence[CallLimit], client: str, now: int) -> list[tuple[int, int]]:
        counted: list[tuple[int, int]] = []
        for limit in limits:
            counted.append(self._count(limit, client, now))
            if counted[-1][1] > limit.most:
                break
        return counted

    def _count(self, limit: CallLimit, client: str, now: int) -> tuple[int, int]:
        key = limit.name, client
        ends, calls = self._seen.pop(key, (0, 0))
        if not now < ends <= now + limit.within:
            ends, calls = now + limit.within, 0
        self._seen[key] = ends, calls + 1
        if len(self._seen) > _MOST_CLIENTS:
            self._seen.popitem(last=False)
        return ends, calls + 1


def _last(limits: Sequence[CallLimit], counted: Sequence[tuple[int, int]], now: int) -> CallsTaken:
    """The client's state at the last limit; ``counted``: when its window ends (µs), its calls."""
    limit, (ends, calls) = limits[len(counted) - 1], counted[-1]
    return CallsTaken(limit, limit.most - calls, ends - now)
