"""Limits on calls, by İYS's numbers and codes (API document 3.2.0, ``settings`` has them), for the whole site.

On SQLite one process serves, and counts in memory; on PostgreSQL all processes count in one table. No limit of the
registry's keeps a refusal of a citizen's out (rule L10): his doors are not calls.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from consents.instants import SECOND
from consents.registry import Registry
from consents.store import Transaction
from consents.store.statements import SQLITE
from providers.api.answers import Fault, Refusal
from providers.callers import rate_store
from providers.callers.rate_store import Window
from trust.pseudonyms import mark

_MOST_CLIENTS = 50_000  # counted at once in memory; the one longest unseen is forgotten


class CallLimit(NamedTuple):
    """At most ``most`` calls of a client within ``within`` µs; ``code`` is İYS's for one too many."""

    name: str
    most: int
    within: int
    code: str


class CallsTaken(NamedTuple):
    """How a client stands to a limit: what is left to it, below 0 where it was one too many, and for how long."""

    limit: CallLimit
    left: int
    seconds: int

    def headers(self) -> dict[str, str]:
        """As headers of an answer (draft-ietf-httpapi-ratelimit-headers)."""
        name, most, within, _ = self.limit
        return {
            "ratelimit-policy": f'"{name}";q={most};w={within // SECOND}',
            "ratelimit": f'"{name}";r={max(0, self.left)};t={self.seconds}',
        }


class Counting:
    """One call that is counted: in memory already, else by ``first``, in front of what the call reads first."""

    def __init__(self) -> None:
        self.first: Callable[[Transaction], None] | None = None
        self.taken: CallsTaken | None = None

    def headers(self) -> dict[str, str]:
        """The headers about the last limit that was looked at; none before anything is counted."""
        return self.taken.headers() if self.taken else {}

    def check(self) -> None:
        """Refusal 429 with ``Retry-After`` where it was counted and none was left."""
        if self.taken is not None and self.taken.left < 0:
            raise Refusal(429, Fault(self.taken.limit.code), headers={"retry-after": str(self.taken.seconds)})


class Rates:
    """What each client has called lately. Windows are fixed: each begins with the first call after the last ended."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()

    def begin(self, registry: Registry, client: str, *limits: CallLimit) -> Counting:
        """A call that counts against each limit until one is reached."""
        counting = Counting()
        if registry.store.dialect == SQLITE:
            now = registry.store.now()
            counting.taken = _last(limits, self._count_all(limits, client, now), now)
            return counting

        def first(transaction: Transaction) -> None:
            windows = [Window(mark(registry.keyring, f"api {one.name}", client), *one[1:3]) for one in limits]
            counting.taken = _last(limits, rate_store.count(transaction, windows), transaction.now)
            counting.check()

        counting.first = first
        return counting

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
    """How a client stands to the last limit that was counted; ``counted``: when its window ends (µs), its calls."""
    limit, (ends, calls) = limits[len(counted) - 1], counted[-1]
    return CallsTaken(limit, limit.most - calls, max(1, -(-(ends - now) // SECOND)))
