"""Tokens of result pages after a POST: sealed with AES-SIV (RFC 5297) for one page and holder, valid for one hour."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from itsdangerous import BadData
from itsdangerous.encoding import base64_decode, base64_encode

from consents.instants import HOUR
from consents.keys import Keyring
from trust import pseudonyms

LONGEST = 2000  # characters
KEPT = HOUR  # µs


def written(keyring: Keyring, place: str, now: int, value: Any) -> str:
    plain = json.dumps([now + KEPT, value], separators=(",", ":")).encode()
    return base64_encode(_cipher(keyring).encrypt(plain, [place.encode()])).decode()


def read(keyring: Keyring, place: str, now: int, token: str) -> Any:
    if not token or len(token) > LONGEST:
        return None
    try:
        until, value = json.loads(_cipher(keyring).decrypt(base64_decode(token), [place.encode()]))
    except (BadData, InvalidTag, ValueError):
        return None
    return value if now < until else None


def _cipher(keyring: Keyring) -> AESSIV:
    return _made(pseudonyms.derived(keyring, "result, tag") + pseudonyms.derived(keyring, "result, text"))


@lru_cache(maxsize=4)
def _made(key: bytes) -> AESSIV:
    return AESSIV(key)
