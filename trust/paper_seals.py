"""The seal of a PDF receipt: a comment behind the end of the file (ISO 32000-1, 7.5.5 and 7.2.3), signed with the
log's key over every byte before it."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consents.keys import Keyring

FORMAT = "izin-receipt-pdf/1"
_SEAL = re.compile(rb"\n%izin-receipt-pdf/1 ([0-9]{12}) ([A-Za-z0-9+/]{86}==)\n").fullmatch
_LENGTH = len(f"\n%{FORMAT} {'0' * 12} {'A' * 86}==\n")


class NoSeal(Exception):
    """The file has no seal: a reprint, a scan, or of another origin."""


class BrokenSeal(Exception):
    """The file's seal does not match its contents and this key."""


def sealed(pdf: bytes, number: str, keyring: Keyring) -> bytes:
    """The sealed PDF; ``number``: the record number of its receipt, 12 digits."""
    signature = b64encode(keyring.signer().sign(_signed_part(pdf, number))).decode()
    return pdf + f"\n%{FORMAT} {number} {signature}\n".encode()


def check(data: bytes, public: bytes) -> str:
    """The record number of an intact PDF; ``public``: the log's key. Errors: NoSeal, BrokenSeal."""
    seal = _SEAL(data[-_LENGTH:])
    if seal is None:
        raise BrokenSeal if f"%{FORMAT}".encode() in data else NoSeal
    number = seal[1].decode()
    try:
        signature, body = b64decode(seal[2], validate=True), data[:-_LENGTH]
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _signed_part(body, number))
    except (InvalidSignature, ValueError):
        raise BrokenSeal from None
    return number


def _signed_part(pdf: bytes, number: str) -> bytes:
    return f"{FORMAT}\n{number}\n{sha256(pdf).hexdigest()}\n".encode()
