"""Limits on calls, by İYS's numbers and codes (API document 3.2.0, ``settings`` has them).

Counted in memory, in the process that answers: a limit that is kept in the store would make each query a write. With
several processes behind one address each counts for itself. No limit of the registry's keeps a refusal of a citizen's
out (rule L10): his doors are not calls.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from consents.instants import SECOND
from providers.answers import Fault, Refusal

_MOST_CLIENTS = 50_000  # counted at once; the one longest unseen is forgotten


class Limit(NamedTuple):
    """At most ``most`` calls of a client within ``within`` µs; ``code`` is İYS's for one too many."""

    name: str
    most: int
    within: int
    code: str


class Taken(NamedTuple):
    """How a client stands to a limit: what is left to it, below 0 where it was one too many, and for how long."""

    limit: Limit
    left: int
    seconds: int

    def headers(self) -> dict[str, str]:
        """As an answer says it (draft-ietf-httpapi-ratelimit-headers)."""
        name, most, within, _ = self.limit
        return {
            "ratelimit-policy": f'"{name}";q={most};w={within // SECOND}',
            "ratelimit": f'"{name}";r={max(0, self.left)};t={self.seconds}',
        }


class Rates:
    """What each client has called lately. Windows are fixed: each begins with the first call after the last ended."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()

    def take(self, limit: Limit, client: str, now: int) -> Taken:
        """Counts a call; Refusal 429 with ``Retry-After`` where none is left."""
        key = limit.name, client
        began, count = self._seen.pop(key, (now, 0))
        if not 0 <= now - began < limit.within:
            began, count = now, 0
        self._seen[key] = began, count + 1
        if len(self._seen) > _MOST_CLIENTS:
            self._seen.popitem(last=False)
        taken = Taken(limit, limit.most - count - 1, max(1, -(-(began + limit.within - now) // SECOND)))
        if taken.left < 0:
            raise Refusal(429, Fault(limit.code), headers={**taken.headers(), "retry-after": str(taken.seconds)})
        return taken
