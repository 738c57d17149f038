"""Signed tokens: what a link or form has handed out comes back as it was, or not at all.

HMAC-SHA-256 by itsdangerous, one salt a purpose; the newest key signs, the one before it still opens.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_decode, base64_encode

from settings import Settings

LONGEST = 512  # characters
_SHAPE = re.compile(r"[A-Za-z0-9_.-]+")
_ONE_CLICK = "izin one-click mail"


def sign(settings: Settings, purpose: str, value: Any) -> str:
    """A token for a value that JSON can hold."""
    return str(_signer(settings.keys, purpose).dumps(value))


def read(settings: Settings, purpose: str, token: str) -> Any:
    """The value; None for a token that is too long, has another character, or was not signed for this purpose."""
    if len(token) > LONGEST or not _SHAPE.fullmatch(token) or not _canonical(token):
        return None
    try:
        return _signer(settings.keys, purpose).loads(token)
    except BadData:
        return None


def one_click(settings: Settings, recipient: int, brand: int) -> str:
    """The token of a mail's List-Unsubscribe; recipient and brand by internal number. It never expires."""
    return sign(settings, _ONE_CLICK, [recipient, brand])


def read_one_click(settings: Settings, token: str) -> tuple[int, int] | None:
    """(recipient, brand) of such a token."""
    value = read(settings, _ONE_CLICK, token)
    return None if value is None else (value[0], value[1])


def unsubscribe_headers(settings: Settings, recipient: int, brand: int) -> dict[str, str]:
    """The header fields of a brand's mail by which its reader refuses with one click (RFC 2369, RFC 8058)."""
    url = f"{settings.public_url}/u/{one_click(settings, recipient, brand)}"
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _canonical(token: str) -> bool:
    """Base 64 can be written in several ways that mean the same bytes; a signature is taken in one of them."""
    signature = token.rpartition(".")[2]
    try:
        return base64_encode(base64_decode(signature)).decode() == signature
    except BadData:
        return False


@lru_cache(maxsize=16)
def _signer(keys: tuple[bytes, ...], purpose: str) -> URLSafeSerializer:
    """itsdangerous takes the newest key last, and alone would use SHA-1."""
    options = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    return URLSafeSerializer(list(reversed(keys)), salt=purpose, signer_kwargs=options)
