"""Signed tokens: what a link or form has handed out comes back as it was, or not at all.

HMAC-SHA-256 by itsdangerous, one salt a purpose; the newest key signs, the one before it still opens. A mail's token
never expires, so a key of the registry signs it, which stays when SECRET_KEY changes.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_decode, base64_encode

from consents import keys
from consents.keys import Keyring
from settings import Settings
from web import marks

LONGEST = 512  # characters
_SHAPE = re.compile(r"[A-Za-z0-9_.-]+")
_ONE_CLICK = "one-click mail"


def sign(settings: Settings, purpose: str, value: Any) -> str:
    """A token for a value that JSON can hold."""
    return str(_signer(settings.keys, purpose).dumps(value))


def read(settings: Settings, purpose: str, token: str) -> Any:
    """The value; None for a token that is too long, has another character, or was not signed for this purpose."""
    return _opened(_signer(settings.keys, purpose), token)


def one_click(keyring: Keyring, recipient: int, brand: int) -> str:
    """The token of a mail's List-Unsubscribe; recipient and brand by internal number. It never expires."""
    return str(_mail_signer((marks.derived(keyring, _ONE_CLICK),)).dumps([recipient, brand]))


def read_one_click(keyring: Keyring, settings: Settings, token: str) -> tuple[int, int] | None:
    """(recipient, brand) of such a token, also of one that a SECRET_KEY signed, present or past."""
    once = (keys.mailed(secret.decode()) for secret in settings.keys)
    value = _opened(_mail_signer((marks.derived(keyring, _ONE_CLICK), *once, *keyring.mailed)), token)
    return None if value is None else (value[0], value[1])


def unsubscribe_headers(settings: Settings, keyring: Keyring, recipient: int, brand: int) -> dict[str, str]:
    """The header fields of a brand's mail by which its reader refuses with one click (RFC 2369, RFC 8058)."""
    url = f"{settings.public_url}/u/{one_click(keyring, recipient, brand)}"
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _opened(signer: URLSafeSerializer, token: str) -> Any:
    if len(token) > LONGEST or not _SHAPE.fullmatch(token) or not _canonical(token):
        return None
    try:
        return signer.loads(token)
    except BadData:
        return None


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


@lru_cache(maxsize=16)
def _mail_signer(keys: tuple[bytes, ...]) -> URLSafeSerializer:
    """The keys are made for this purpose alone, so nothing is derived from them; the first signs."""
    options = {"digest_method": hashlib.sha256, "key_derivation": "none"}
    return URLSafeSerializer(list(reversed(keys)), signer_kwargs=options)
