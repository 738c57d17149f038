"""PDF documents of the site: their seal, and the file attached to them. The seal is a comment before the last keyword
startxref (ISO 32000-1, 7.2.3), signed with the log's key over all other bytes; PDF/A allows nothing behind %%EOF."""

from __future__ import annotations

import re
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from itertools import islice
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consents.instants import ISTANBUL, moment
from consents.keys import Keyring

RECEIPT, RECORD, STATEMENT = "izin-receipt-pdf/2", "izin-record-pdf/2", "izin-statement-pdf/2"
_KIND = rb"izin-(?:receipt|record|statement)-pdf/2"
_SEAL = re.compile(rb"\n%(" + _KIND + rb") ([0-9]{12}) ([A-Za-z0-9+/]{86}==)(?=\nstartxref\n[0-9]{1,10}\n%%EOF\Z)")
_ANY = re.compile(rb"%" + _KIND + rb" ")
_LONGEST = 200  # bytes from the seal to the end

# An embedded file's dictionary is never within another stream (ISO 32000-1, 7.5.7), so its name stands in plain bytes.
_EMBEDDED = re.compile(rb"/EmbeddedFile(?![A-Za-z])")
_LENGTH = re.compile(rb"/Length\s+([0-9]{1,9})(?!\s+[0-9]+\s+R)\b")
_PLACES = 8  # embedded files that are read
_DICTIONARY = 1000  # bytes from its name to its stream


class NoSeal(Exception):
    """The file has no seal: a reprint, a scan, or of another origin."""


class BrokenSeal(Exception):
    """The file's seal does not match its contents and this key."""


class Seal(NamedTuple):
    """``digits``: the record number of a RECEIPT; of a RECORD or STATEMENT its minute in Türkiye, YYYYMMDDHHMM."""

    kind: str
    digits: str


def of_minute(kind: str, at: int) -> Seal:
    """``at``: µs."""
    return Seal(kind, f"{moment(at).astimezone(ISTANBUL):%Y%m%d%H%M}")


def sealed(pdf: bytes, seal: Seal, keyring: Keyring) -> bytes:
    signature = b64encode(keyring.signer().sign(_signed_part(sha256(pdf).hexdigest(), seal))).decode()
    end = pdf.rindex(b"\nstartxref\n")
    return pdf[:end] + f"\n%{seal.kind} {seal.digits} {signature}".encode() + pdf[end:]


def check(data: bytes, *publics: bytes) -> Seal:
    """The seal of an intact PDF; ``publics``: the log's keys, the newest first. A seal of an earlier key is none,
    because nothing shows when that key made it. Errors: NoSeal, BrokenSeal."""
    reader = SealReader()
    reader.add(data)
    return reader.check(*publics)


class SealReader:
    """Checks the seal of a PDF that arrives in portions; holds one portion at most."""

    def __init__(self) -> None:
        self._hash, self._tail, self._named = sha256(), b"", False

    def add(self, portion: bytes) -> None:
        data = self._tail + portion
        self._named = self._named or _ANY.search(data) is not None
        self._hash.update(data[:-_LONGEST])
        self._tail = data[-_LONGEST:]

    def check(self, *publics: bytes) -> Seal:
        """As ``check`` of the whole file."""
        found = _SEAL.search(self._tail)
        if found is None:
            raise BrokenSeal if self._named else NoSeal
        seal, whole = Seal(found[1].decode(), found[2].decode()), self._hash.copy()
        whole.update(self._tail[: found.start()] + self._tail[found.end() :])
        signature, signed = b64decode(found[3]), _signed_part(whole.hexdigest(), seal)
        for public in publics:
            with suppress(InvalidSignature):
                Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
                if public == publics[0]:
                    return seal
                raise NoSeal
        raise BrokenSeal


def attached(pdf: bytes, most: int) -> Iterator[bytes]:
    """The files attached to a PDF, at most ``most`` bytes of all of them, also where another program saved it again.
    Damaged and larger ones, and those of other filters than Flate, are left out."""
    for name in islice(_EMBEDDED.finditer(pdf), _PLACES):
        begin = pdf.find(b"stream", name.end(), name.end() + _DICTIONARY)
        start = pdf.find(b"\n", begin, begin + len(b"stream\r\n")) + 1 if begin >= 0 else 0
        if not start:
            continue
        content = _content(_dictionary(pdf, name.start(), begin), pdf[start:], most)
        if content is not None:
            most -= len(content)
            yield content


def _dictionary(pdf: bytes, name: int, stream: int) -> bytes:
    return pdf[max(pdf.rfind(b"obj", max(0, name - _DICTIONARY), name), 0) : stream]


def _content(dictionary: bytes, stream: bytes, most: int) -> bytes | None:
    """What a stream holds; None where it is damaged, longer, or of another filter."""
    if b"/FlateDecode" in dictionary:
        return _inflated(stream, most)
    length = _LENGTH.search(dictionary)  # a short file is not compressed
    if length is None or b"/Filter" in dictionary or int(length[1]) > most:
        return None
    return stream[: int(length[1])]


def _inflated(data: bytes, most: int) -> bytes | None:
    """One whole zlib stream; None where it is damaged or longer."""
    reader = zlib.decompressobj()
    try:
        content = reader.decompress(data, most) if most > 0 else b""
    except zlib.error:
        return None
    return content if reader.eof else None


def _signed_part(digest: str, seal: Seal) -> bytes:
    return f"{seal.kind}\n{seal.digits}\n{digest}\n".encode()
