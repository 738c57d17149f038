"""Passwords of programs, stored as scrypt hashes in the PHC string form (RFC 7914; OWASP, Password Storage). A small
thread pool hashes them (0.1 s and 32 MB each), with a short queue shared fairly between clients; beyond it clients get
429 or 503."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import secrets
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Any, NamedTuple

from trust.pseudonyms import neighbourhood, wider_network

THREADS = 1 if (os.cpu_count() or 1) < 4 else 2
QUEUE = 8  # hashes of programs that wait
OF_CLIENT, OF_NETWORK = 2, 5  # at work and waiting: of an IPv4 address or a /64; of an IPv4 /24 or an IPv6 /48
_RESERVED = 4  # places more that the panel's people alone can take
RETRY = {"retry-after": "2"}  # seconds, by when a full queue is done


class Cost(NamedTuple):
    """scrypt's parameters: 2**``ln`` blocks of 128 · ``r`` bytes, ``p`` times."""

    ln: int
    r: int
    p: int


# No setting reaches this. Tests put a cheaper one in its place (tests/conftest.py), because a sign-in takes 0.1 s.
COST = Cost(15, 8, 1)


class NewPassword(NamedTuple):
    text: str
    hashed: str


def new() -> NewPassword:
    """192 random bits. Takes 0.1 s: never in a transaction."""
    text = secrets.token_urlsafe(24)
    return NewPassword(text, hashed(text))


def hashed(password: str) -> str:
    """``$scrypt$ln=15,r=8,p=1$salt$hash`` (hex), with a salt of its own."""
    cost, salt = COST, secrets.token_bytes(16)
    return f"$scrypt$ln={cost.ln},r={cost.r},p={cost.p}${salt.hex()}${_digest(password, cost, salt).hex()}"


def matches(password: str, kept: str) -> bool:
    """Whether ``kept`` is a hash of this password; takes as long as it took to make."""
    _, _, parameters, salt, digest = kept.split("$")
    cost = Cost(*(int(one.partition("=")[2]) for one in parameters.split(",")))
    return hmac.compare_digest(_digest(password, cost, bytes.fromhex(salt)), bytes.fromhex(digest))


def _digest(password: str, cost: Cost, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**cost.ln, r=cost.r, p=cost.p, maxmem=2**26)


class TooBusy(Exception):
    """Nothing was hashed. ``own``: because of this client's own requests."""

    def __init__(self, *, own: bool) -> None:
        super().__init__(own)
        self.own = own


class HashingPool:
    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, "hashing")
        self._lock = Lock()
        self._held: Counter[str] = Counter()
        self._all = 0

    async def for_client(self, ip: str, work: Callable[..., Any], *arguments: Any) -> Any:
        """Runs ``work`` in a thread for this address. Errors: TooBusy."""
        shares = {f"client {neighbourhood(ip)}": OF_CLIENT, f"network {wider_network(ip)}": OF_NETWORK}
        return await self._run(shares, THREADS + QUEUE, work, *arguments)

    async def for_person(self, person: int, work: Callable[..., Any], *arguments: Any) -> Any:
        """``for_client`` for a panel user, with places that strangers cannot take."""
        return await self._run({f"person {person}": OF_CLIENT}, THREADS + QUEUE + _RESERVED, work, *arguments)

    async def _run(self, shares: dict[str, int], most: int, work: Callable[..., Any], *arguments: Any) -> Any:
        with self._lock:
            if any(self._held[name] >= share for name, share in shares.items()):
                raise TooBusy(own=True)
            if self._all >= most:
                raise TooBusy(own=False)
            self._all += 1
            self._held.update(shares.keys())
        job = self._threads.submit(work, *arguments)
        # Also if the client has disconnected: a place is freed once its work has ended or is cancelled.
        job.add_done_callback(partial(self._free, list(shares)))
        return await asyncio.wrap_future(job)

    def _free(self, names: list[str], _: object) -> None:
        with self._lock:
            self._all -= 1
            self._held.subtract(names)
            for name in names:
                if not self._held[name]:
                    del self._held[name]
