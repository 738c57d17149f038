"""Signed notes of transparency logs (C2SP signed-note, tlog-checkpoint, tlog-cosignature): reading, signing and
verifying checkpoints of this log and of others."""

from __future__ import annotations

import re
import struct
from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import blake2b, sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from consents.keys import Keyring

# Signature types of C2SP signed-note; the last two have a timestamp before the signature.
ED25519, COSIGNATURE, ML_DSA_44 = 1, 4, 6
_KEY_BYTES = {ED25519: 32, COSIGNATURE: 32, ML_DSA_44: 1312}
_SIGNATURE_BYTES = {ED25519: 64, COSIGNATURE: 8 + 64, ML_DSA_44: 8 + 2420}
_STAMP = struct.Struct(">Q")
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]{1,255}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
LONGEST = 65_536  # characters of a note: 16 signatures of ML-DSA-44 are 53,000
MOST_SIGNATURES = 32
ROOT_BYTES = 32


class BadNote(ValueError):
    """Not a note of this form, or a known key's signature on it is false."""


class NoteKey(NamedTuple):
    """A verifier key. ``kind``: a signature type; ``public``: the raw public key."""

    name: str
    kind: int
    public: bytes

    @property
    def number(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + bytes((self.kind,)) + self.public).digest()[:4]

    def verifier(self) -> str:
        return f"{self.name}+{self.number.hex()}+{b64encode(bytes((self.kind,)) + self.public).decode()}"

    @classmethod
    def read(cls, verifier: str) -> NoteKey:
        """Errors: BadNote."""
        try:
            name, _, key = verifier.strip().split("+", 2)
            raw = b64decode(key, validate=True)
            found = cls(name, raw[0], raw[1:])
        except (ValueError, IndexError):
            raise BadNote("this is no verifier key") from None
        fits = _NAME.fullmatch(name) and len(found.public) == _KEY_BYTES.get(found.kind)
        if not fits or found.verifier() != verifier.strip():
            raise BadNote("this is no verifier key")
        return found


class Head(NamedTuple):
    """The first three lines of a checkpoint."""

    origin: str
    size: int
    root: bytes


class Signature(NamedTuple):
    """``data``: what follows the key's four bytes."""

    name: str
    number: bytes
    data: bytes

    def line(self) -> str:
        return f"— {self.name} {b64encode(self.number + self.data).decode()}\n"


class Note(NamedTuple):
    """``body`` ends with its newline."""

    body: str
    signatures: tuple[Signature, ...]

    def head(self) -> Head:
        """Errors: BadNote."""
        lines = self.body.split("\n")
        if len(lines) < 4 or "" in lines[:-1] or not _SIZE.fullmatch(lines[1]) or int(lines[1]) >= 2**63:
            raise BadNote("this is no checkpoint")
        return Head(lines[0], int(lines[1]), read_hash(lines[2]))

    def signed_at(self, key: NoteKey) -> int | None:
        """When this key signed: seconds since 1970, 0 where its signatures have no time; None where it did not. Errors:
        BadNote, for a false signature."""
        found = None
        for one in self.signatures:
            if (one.name, one.number) == (key.name, key.number):
                found = _verified(key, self, one.data)
        return found


def read(text: str) -> Note:
    """Errors: BadNote."""
    if len(text) > LONGEST or any(letter < " " and letter != "\n" for letter in text) or not text.endswith("\n"):
        raise BadNote("this is no signed note")
    body, found, signatures = text.rpartition("\n\n")
    lines = signatures.split("\n")[:-1]
    if not found or not body or not 0 < len(lines) <= MOST_SIGNATURES:
        raise BadNote("this is no signed note")
    return Note(f"{body}\n", read_signatures(lines))


def read_signatures(lines: Iterable[str]) -> tuple[Signature, ...]:
    """Errors: BadNote."""
    found = []
    for line in lines:
        dash, _, rest = line.partition(" ")
        name, _, data = rest.partition(" ")
        try:
            raw = b64decode(data, validate=True)
        except ValueError:
            raw = b""
        if dash != "—" or not _NAME.fullmatch(name) or len(raw) <= 4:
            raise BadNote("a signature line has another form")
        found.append(Signature(name, raw[:4], raw[4:]))
    return tuple(found)


def fits_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def body(head: Head) -> str:
    return f"{head.origin}\n{head.size}\n{b64encode(head.root).decode()}\n"


def sign(private: Ed25519PrivateKey, name: str, text: str) -> Signature:
    key = NoteKey(name, ED25519, private.public_key().public_bytes_raw())
    return Signature(name, key.number, private.sign(text.encode()))


def cosign(private: Ed25519PrivateKey, name: str, text: str, at: int) -> Signature:
    """``cosignature/v1``; ``at``: seconds since 1970."""
    key = NoteKey(name, COSIGNATURE, private.public_key().public_bytes_raw())
    return Signature(name, key.number, _STAMP.pack(at) + private.sign(_cosigned(text, at)))


def cosign_44(private: MLDSA44PrivateKey, name: str, head: Head, at: int) -> Signature:
    """``subtree/v1`` of a whole tree; ``at``: seconds since 1970."""
    key = NoteKey(name, ML_DSA_44, private.public_key().public_bytes_raw())
    return Signature(name, key.number, _STAMP.pack(at) + private.sign(_subtree(name, head, at)))


def post_quantum(seed: bytes, purpose: bytes) -> MLDSA44PrivateKey:
    """The ML-DSA-44 key that belongs to an Ed25519 seed. ``purpose``: at most 16 bytes."""
    return MLDSA44PrivateKey.from_seed_bytes(blake2b(key=seed, digest_size=32, person=purpose).digest())


class LogSigner:
    """Both keys of this registry's log under one name, its origin; ``seed``: of an earlier key, None for the newest."""

    def __init__(self, keyring: Keyring, origin: str, seed: bytes | None = None) -> None:
        seed = keyring.keys["log"] if seed is None else seed
        self._ed25519 = Ed25519PrivateKey.from_private_bytes(seed)
        self._ml_dsa = post_quantum(seed, b"izin log ml-dsa")
        self.origin = origin
        self.keys = (
            NoteKey(origin, ED25519, self._ed25519.public_key().public_bytes_raw()),
            NoteKey(origin, ML_DSA_44, self._ml_dsa.public_key().public_bytes_raw()),
        )

    def note(self, size: int, root: bytes, at: int) -> str:
        """The checkpoint without extension lines; ``at``: seconds since 1970, which the second signature holds."""
        return f"{body(Head(self.origin, size, root))}\n{self.lines(size, root, at)}"

    def lines(self, size: int, root: bytes, at: int) -> str:
        """The signatures of ``note``."""
        head = Head(self.origin, size, root)
        signed = sign(self._ed25519, self.origin, body(head)), cosign_44(self._ml_dsa, self.origin, head, at)
        return "".join(one.line() for one in signed)


def _cosigned(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _subtree(name: str, head: Head, at: int) -> bytes:
    names = [bytes((len(one.encode()),)) + one.encode() for one in (name, head.origin)]
    return b"subtree/v1\n\0" + names[0] + _STAMP.pack(at) + names[1] + struct.pack(">QQ", 0, head.size) + head.root


def _verified(key: NoteKey, note: Note, data: bytes) -> int:
    if len(data) != _SIGNATURE_BYTES[key.kind]:
        raise BadNote(f"the signature of {key.name} has another length")
    try:
        if key.kind == ED25519:
            Ed25519PublicKey.from_public_bytes(key.public).verify(data, note.body.encode())
            return 0
        (at,) = _STAMP.unpack(data[:8])
        if key.kind == COSIGNATURE:
            Ed25519PublicKey.from_public_bytes(key.public).verify(data[8:], _cosigned(note.body, at))
        else:
            MLDSA44PublicKey.from_public_bytes(key.public).verify(data[8:], _subtree(key.name, note.head(), at))
    except (InvalidSignature, ValueError, struct.error):
        raise BadNote(f"the signature of {key.name} is false") from None
    return int(at)


def read_hash(text: str) -> bytes:
    try:
        found = b64decode(text, validate=True)
    except ValueError:
        found = b""
    if len(found) != ROOT_BYTES or b64encode(found).decode() != text:
        raise BadNote("this is no hash")
    return found
