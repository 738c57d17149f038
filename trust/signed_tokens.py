"""Tokens of mails: recipient and brand, sealed with AES-SIV (RFC 5297) under a key of the registry that survives
SECRET_KEY; they never expire. Signed tokens of earlier versions (itsdangerous) stay valid. Tokens of result pages after
a POST, sealed for one page and holder, are valid for one hour."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import struct
import zlib
from functools import lru_cache
from itertools import islice
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_decode, base64_encode

from consents.instants import HOUR
from consents.keys import Keyring
from consents.people import held_keys
from settings import Settings
from trust import pseudonyms

LONGEST = 512  # characters
_SHAPE = re.compile(r"[A-Za-z0-9_.-]+")
_SEALED = re.compile(r"[A-Za-z0-9_-]{43}")  # a tag of 16 bytes, and two numbers of 8
_MAILED = re.compile(r"(?<![A-Za-z0-9])[A-Za-z2-7]{52}(?![A-Za-z0-9])")  # the same in base 32
_HEAD, _TRIES = 4000, 8  # characters of a line that are looked at, and what looks like a token in them
_LOCAL = 64  # characters before the @
_SIGNED = "one-click mail"
_NUMBERS = struct.Struct(">qq")
LONGEST_RESULT = 3500  # characters; a query takes 4,000 (web/guards.py)
_LONG = 500  # bytes: from here on a result is compressed
RESULT_KEPT = HOUR  # µs


def one_click(keyring: Keyring, recipient: int, brand: int) -> str:
    """The token of List-Unsubscribe; recipient and brand by internal number."""
    sealed = _cipher(_sealing_key(keyring)).encrypt(_NUMBERS.pack(recipient, brand), None)
    return base64_encode(sealed).decode()


def read_one_click(keyring: Keyring, settings: Settings, token: str) -> tuple[int, int] | None:
    """(recipient, brand) of such a token, sealed or signed; None for anything else."""
    if _SEALED.fullmatch(token):
        return _unsealed(keyring, token)
    once = (held_keys.mailed(secret.decode()) for secret in settings.keys)
    value = _opened(signer((pseudonyms.derived(keyring, _SIGNED), *once, *keyring.mailed)), token)
    return None if value is None else (value[0], value[1])


def mailed(keyring: Keyring, recipient: int, brand: int) -> str:
    """The same token for an address or subject: 52 letters and digits, because mail systems change case."""
    sealed = _cipher(_sealing_key(keyring)).encrypt(_NUMBERS.pack(recipient, brand), None)
    return base64.b32encode(sealed).decode().rstrip("=").lower()


def read_mailed(keyring: Keyring, text: str) -> tuple[int, int] | None:
    """(recipient, brand) of the first valid token in a line of a mail's head; None without one."""
    for found in islice(_MAILED.finditer(text[:_HEAD]), _TRIES):
        try:
            plain = _cipher(_sealing_key(keyring)).decrypt(base64.b32decode(found[0].upper() + "===="), None)
        except (InvalidTag, ValueError):
            continue
        recipient, brand = _NUMBERS.unpack(plain)
        return recipient, brand
    return None


def mail_to(optout_mail: str, token: str) -> str:
    """The ``mailto:`` of a refusal (RFC 6068). With a + before its @, ``optout_mail`` takes subaddresses, and the
    token stands in one where it fits (64 characters, RFC 5321, 4.5.3.1.1); else in the subject."""
    local, _, domain = optout_mail.partition("@")
    if local.endswith("+") and len(local) + len(token) <= _LOCAL:
        return f"mailto:{local}{token}@{domain}?subject=RET"
    return f"mailto:{local.removesuffix('+')}@{domain}?subject=RET%20{token}"


def unsubscribe_headers(settings: Settings, keyring: Keyring, recipient: int, brand: int) -> dict[str, str]:
    """The header fields of one-click refusal (RFC 2369, RFC 8058); also by mail where a mailbox is read."""
    ways = [f"<{settings.public_url}/u/{one_click(keyring, recipient, brand)}>"]
    if settings.optout_mail is not None:
        ways.append(f"<{mail_to(settings.optout_mail, mailed(keyring, recipient, brand))}>")
    return {"List-Unsubscribe": ", ".join(ways), "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


@lru_cache(maxsize=16)
def signer(keys: tuple[bytes, ...]) -> URLSafeSerializer:
    """Signs with the first key and accepts all; each is made for one purpose."""
    options = {"digest_method": hashlib.sha256, "key_derivation": "none"}
    return URLSafeSerializer(list(reversed(keys)), signer_kwargs=options)


def _sealing_key(keyring: Keyring) -> bytes:
    """64 bytes: AES-SIV takes two keys."""
    return pseudonyms.derived(keyring, "mail token, tag") + pseudonyms.derived(keyring, "mail token, text")


@lru_cache(maxsize=16)
def _cipher(key: bytes) -> AESSIV:
    return AESSIV(key)


def _unsealed(keyring: Keyring, token: str) -> tuple[int, int] | None:
    if not _canonical(token):
        return None
    try:
        plain = _cipher(_sealing_key(keyring)).decrypt(base64_decode(token), None)
    except InvalidTag:
        return None
    recipient, brand = _NUMBERS.unpack(plain)
    return recipient, brand


def _opened(signer: URLSafeSerializer, token: str) -> Any:
    if len(token) > LONGEST or not _SHAPE.fullmatch(token) or not _canonical(token.rpartition(".")[2]):
        return None
    try:
        return signer.loads(token)
    except BadData:
        return None


def _canonical(text: str) -> bool:
    """Whether this is the canonical base 64 of its bytes, the only one accepted."""
    try:
        return base64_encode(base64_decode(text)).decode() == text
    except BadData:
        return False


def write_result(keyring: Keyring, place: str, now: int, value: Any) -> str:
    plain = json.dumps([now + RESULT_KEPT, value], separators=(",", ":"), ensure_ascii=False).encode()
    if len(plain) >= _LONG:
        plain = zlib.compress(plain, 9)
    return base64_encode(_result_cipher(keyring).encrypt(plain, [place.encode()])).decode()


def read_result(keyring: Keyring, place: str, now: int, token: str) -> Any:
    if not token or len(token) > LONGEST_RESULT:
        return None
    try:
        plain = _result_cipher(keyring).decrypt(base64_decode(token), [place.encode()])
        until, value = json.loads(plain if plain.startswith(b"[") else zlib.decompress(plain))
    except (BadData, InvalidTag, ValueError):
        return None
    return value if now < until else None


def _result_cipher(keyring: Keyring) -> AESSIV:
    return _made(pseudonyms.derived(keyring, "result, tag") + pseudonyms.derived(keyring, "result, text"))


@lru_cache(maxsize=4)
def _made(key: bytes) -> AESSIV:
    return AESSIV(key)
