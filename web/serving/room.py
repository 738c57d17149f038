"""Connections of one process: the limits in all and per address, and which connections wait for a request."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Protocol

import structlog

Networks = tuple[IPv4Network | IPv6Network, ...]

CONNECTIONS = 1000  # at once
SHARE = 50  # connections of one address, or requests under way that a proxy passes on for one; IPv6: of its /64
PROBES = 50  # of CONNECTIONS: the last ones, at most a tenth, answer /healthz and /readyz only
LOOPBACK: Networks = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))  # a proxy without a name, or the operator
REASONS = ("full", "share", "idle", "slow", "malformed")
_QUIET = 60.0  # seconds between two lines in the log

log = structlog.get_logger()


class Held(Protocol):
    """A connection."""

    def give_up(self) -> None:
        """Ends it; nothing is under way on it."""

    def look(self, now: float, passed: float) -> None:
        """Ends it where it has waited too long. ``now``: seconds of the loop; ``passed``: since the last look."""


class Room:
    """Counts connections. ``proxies``: whose connections have no share, because they carry everybody's requests.

    ``most``: connections that there may be. ``turned_away``: how many were since the start, by reason: ``full``,
    ``share``, ``idle`` (it waited for a request while all others were busy), ``slow``, ``malformed``.
    """

    def __init__(self, proxies: Networks = ()) -> None:
        self.proxies, self.most = proxies, CONNECTIONS
        self.open: dict[Held, str] = {}  # each with its block
        self.turned_away: Counter[str] = Counter()
        self._waiting: dict[Held, None] = {}  # without a request under way, in the order since when
        self._held: Counter[str] = Counter()
        self._logged, self._logged_at = Counter[str](), -_QUIET

    @property
    def for_all(self) -> int:
        """How many connections take any request."""
        return self.most - min(PROBES, self.most // 10)

    def enter(self, held: Held, block: str) -> bool:
        """Takes a connection in. False where it has to end at once.

        Many people may share an address (the NAT of a mobile network), so of a block too a connection that only waits
        gives way.
        """
        self.open[held] = block
        if self._held[block] >= SHARE:
            self._make_room(block)
        if not self.begin(block):
            return False
        if len(self.open) > self.for_all:
            self._make_room()
        self._waiting[held] = None
        if len(self.open) <= self.most:
            return True
        self.turned_away["full"] += 1
        return False

    def leave(self, held: Held, block: str) -> None:
        """Forgets a connection that ended."""
        if held in self.open:
            del self.open[held]
            self._waiting.pop(held, None)
            self.end(block)

    def begin(self, block: str) -> bool:
        """Counts one more for a block of addresses; False where that exceeds its share. "": no share applies."""
        if not block:
            return True
        self._held[block] += 1
        if self._held[block] <= SHARE:
            return True
        self.turned_away["share"] += 1
        return False

    def end(self, block: str) -> None:
        """Counts one less."""
        if block:
            self._held[block] -= 1
            if not self._held[block]:
                del self._held[block]

    def wait(self, held: Held) -> None:
        """It has no request under way; it may be ended when another needs its place."""
        if held in self.open:
            self._waiting[held] = None

    def work(self, held: Held) -> None:
        """It has a request under way."""
        self._waiting.pop(held, None)

    def waits(self, held: Held) -> bool:
        return held in self._waiting

    def block(self, address: str) -> str:
        """Whose share an address counts for: itself, or an IPv6 network of /64; "" for what has none."""
        return _block(address, self.proxies + LOOPBACK)

    def report(self, now: float) -> None:
        """Logs once a minute what was turned away since. ``now``: monotonic seconds."""
        new = self.turned_away - self._logged
        if new and now - self._logged_at >= _QUIET:
            self._logged, self._logged_at = self.turned_away.copy(), now
            full = new["full"] + new["idle"] > 0
            log.warning("connections_full" if full else "connections_turned_away", open=len(self.open), **new)

    def _make_room(self, block: str = "") -> None:
        """Ends the connection that has waited longest, of all or of a block, so that a newer one is answered.

        None where all are busy.
        """
        oldest = next((one for one in self._waiting if not block or self.open[one] == block), None)
        if oldest is not None:
            self.turned_away["share" if block else "idle"] += 1
            oldest.give_up()


@lru_cache(maxsize=4096)
def _block(text: str, exempt: Networks) -> str:
    try:
        known = ip_address(text)
    except ValueError:
        return ""
    if isinstance(known, IPv6Address):
        known = known.ipv4_mapped or known
    if any(known in network for network in exempt):
        return ""
    return str(IPv6Network((known, 64), strict=False)) if isinstance(known, IPv6Address) else str(known)
