"""Record numbers: twelve digits that name an act, a call or a complaint, readable aloud and on a telephone's keys.
Eleven are its number in a keyed order, which reveals no volume; the last is Damm's check digit. They need no table and
survive key changes."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

from consents.keys import Keyring
from trust import pseudonyms

DIGITS = 12
_GROUP = 4  # digits that are written together
_LEFT, _RIGHT = 250_000, 400_000  # eleven digits as two halves, whose product is 10 ** 11
CALLS = _LEFT * _RIGHT // 2  # below: acts; above: calls
COMPLAINTS = CALLS + _LEFT * _RIGHT // 4  # above: complaints
_ROUNDS = 8
_SPACES = str.maketrans("", "", " \t\r\n-.\u2011\u2013\u00a0\u202f")
# H. M. Damm, Total anti-symmetrische Quasigruppen (2004), of order 10.
_DAMM = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip


def of_act(keyring: Keyring, act: int) -> str:
    if not 0 < act < CALLS:
        raise OverflowError("no more acts can be named by twelve digits")
    return _written(keyring, act)


def of_call(keyring: Keyring, call: int) -> str:
    """The number of a call, for a caller who must not learn whether anything changed."""
    if not 0 < call < COMPLAINTS - CALLS:
        raise OverflowError("no more calls can be named by twelve digits")
    return _written(keyring, CALLS + call)


def of_complaint(keyring: Keyring, complaint: int) -> str:
    if not 0 < complaint < _LEFT * _RIGHT - COMPLAINTS:
        raise OverflowError("no more complaints can be named by twelve digits")
    return _written(keyring, COMPLAINTS + complaint)


def read(keyring: Keyring, typed: str) -> int | None:
    """The act a number names, existing or not; None for a mistyped number and for a call's."""
    named = _named(keyring, typed)
    return named if named is not None and 0 < named < CALLS else None


def read_call(keyring: Keyring, typed: str) -> int | None:
    """The same for a call."""
    named = _named(keyring, typed)
    return named - CALLS if named is not None and CALLS < named < COMPLAINTS else None


def read_complaint(keyring: Keyring, typed: str) -> int | None:
    """The same for a complaint."""
    named = _named(keyring, typed)
    return named - COMPLAINTS if named is not None and named > COMPLAINTS else None


def _written(keyring: Keyring, named: int) -> str:
    key = pseudonyms.derived(keyring, "record number")
    left, right = divmod(named, _RIGHT)
    for turn in range(_ROUNDS):
        if turn % 2:
            right = (right + _mixed(key, turn, left)) % _RIGHT
        else:
            left = (left + _mixed(key, turn, right)) % _LEFT
    digits = f"{left * _RIGHT + right:011d}"
    return digits + str(_check(digits))


def _named(keyring: Keyring, typed: str) -> int | None:
    digits = plain(typed)
    if not well_formed(digits):
        return None
    key = pseudonyms.derived(keyring, "record number")
    left, right = divmod(int(digits[:-1]), _RIGHT)
    for turn in reversed(range(_ROUNDS)):
        if turn % 2:
            right = (right - _mixed(key, turn, left)) % _RIGHT
        else:
            left = (left - _mixed(key, turn, right)) % _LEFT
    return left * _RIGHT + right


def plain(typed: str) -> str:
    return typed.translate(_SPACES)


def well_formed(digits: str) -> bool:
    return len(digits) == DIGITS and digits.isascii() and digits.isdecimal() and _check(digits) == 0


def spaced(number: str) -> str:
    """ "4821 9305 7264", as pages show it."""
    return "\u00a0".join(number[at : at + _GROUP] for at in range(0, DIGITS, _GROUP))


def _check(digits: str) -> int:
    at = 0
    for digit in digits:
        at = int(_DAMM[at][int(digit)])
    return at


@lru_cache(maxsize=4096)
def _mixed(key: bytes, turn: int, half: int) -> int:
    data = bytes((turn,)) + half.to_bytes(4, "big")
    return int.from_bytes(blake2b(data, key=key, digest_size=8, person=b"izin record no").digest(), "big")
