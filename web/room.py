"""Connections of one process: limits in all and per address, and which ones are idle."""

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
    def give_up(self) -> None:
        """Closes it; no request is under way."""

    def look(self, now: float, passed: float) -> None:
        """Closes it after too long a wait. ``now``: the loop's seconds; ``passed``: since the last check."""


class Room:
    """Counts connections, at most ``most``. ``proxies``: exempt from shares, because they carry everybody's
    requests. ``turned_away``: rejected since the start, by reason: ``full``, ``share``, ``idle`` (closed for
    another), ``slow``, ``malformed``."""

    def __init__(self, proxies: Networks = ()) -> None:
        self.proxies, self.most = proxies, CONNECTIONS
        self.open: dict[Held, str] = {}  # each with its block
        self.turned_away: Counter[str] = Counter()
        self._waiting: dict[Held, None] = {}  # without a request under way, in the order since when
        self._held: Counter[str] = Counter()
        self._logged, self._logged_at = Counter[str](), -_QUIET

    @property
    def for_all(self) -> int:
        """The number of connections that accept any request."""
        return self.most - min(PROBES, self.most // 10)

    def enter(self, held: Held, block: str) -> bool:
        """Adds a connection; False where it has to close. A waiting connection of the same block gives way, because
        many people may share an address (NAT)."""
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
        if held in self.open:
            del self.open[held]
            self._waiting.pop(held, None)
            self.end(block)

    def begin(self, block: str) -> bool:
        """Counts one more for a block; False above its share. "": no share applies."""
        if not block:
            return True
        self._held[block] += 1
        if self._held[block] <= SHARE:
            return True
        self.turned_away["share"] += 1
        return False

    def end(self, block: str) -> None:
        if block:
            self._held[block] -= 1
            if not self._held[block]:
                del self._held[block]

    def wait(self, held: Held) -> None:
        if held in self.open:
            self._waiting[held] = None

    def work(self, held: Held) -> None:
        self._waiting.pop(held, None)

    def waits(self, held: Held) -> bool:
        return held in self._waiting

    def block(self, address: str) -> str:
        """The block of an address: itself, or an IPv6 /64; "" for none."""
        return _block(address, self.proxies + LOOPBACK) if address else ""

    def report(self, now: float) -> None:
        """Logs rejected connections once a minute. ``now``: monotonic seconds."""
        new = self.turned_away - self._logged
        if new and now - self._logged_at >= _QUIET:
            self._logged, self._logged_at = self.turned_away.copy(), now
            full = new["full"] + new["idle"] > 0
            log.warning("connections_full" if full else "connections_turned_away", open=len(self.open), **new)

    def _make_room(self, block: str = "") -> None:
        """Closes the connection that has waited longest, of all or of a block; None where all are busy."""
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
