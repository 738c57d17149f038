"""Passwords of programs, stored as scrypt hashes in the PHC string form (RFC 7914; OWASP, Password Storage)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import NamedTuple


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
