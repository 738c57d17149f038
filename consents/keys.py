"""Keys and what is done with them: sealing addresses, erasing them, committing to them, naming events.

``SECRET_KEY`` stays outside the database and wraps the data keys that stand in it (table ``registry_key``), so a
stolen database file, log or backup shows no address, and SECRET_KEY can change without touching the rows.

- *sealed*: AES-SIV (RFC 5297) of the canonical address. Deterministic, so one column serves look-up and display.
- *digest*: keyed BLAKE2b; replaces the sealed address of an erased person. It can be recognised, never read.
- *commitment*: hash of the address with a salt that only the key can make; the log's leaves name it, so that proofs
  outlive an erasure and one address can be proved without opening the others.
- *transaction id*: 64 hex digits that can be turned back and not be guessed: 16 that rise with the event's number
  within the second of its recording (rule L14), then AES-SIV of the number. They start at a secret place in each
  second, so ids of different seconds do not show how much was recorded between them. Events of earlier versions keep
  their ids: AES-SIV alone.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from consents.instants import SECOND

PHONE, EMAIL = 1, 2
PURPOSES = {"address": 64, "evidence": 64, "transaction": 64, "erasure": 32, "commitment": 32, "log": 32}
ROTATED = ("address", "evidence")  # the others name or prove what was handed out, and so must stay
# Beside them stand, as versions of this purpose, the keys that signed mails' tokens while SECRET_KEY itself did.
MAILED = "mail"
DIGEST_SIZE = 16

_written = json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode


class WrongKey(RuntimeError):
    """SECRET_KEY does not open this registry."""


class UnfinishedRotation(RuntimeError):
    """A rotation of the keys was begun and not ended."""


def _wrapping(secret: str, purpose: str) -> AESSIV:
    derived = HKDF(algorithm=hashes.SHA256(), length=64, salt=None, info=b"izin registry key " + purpose.encode())
    return AESSIV(derived.derive(secret.encode()))


def make(purpose: str) -> bytes:
    """A new data key."""
    return secrets.token_bytes(PURPOSES[purpose])


def wrap(secret: str, purpose: str, key: bytes) -> bytes:
    """A data key as the database may hold it."""
    return _wrapping(secret, purpose).encrypt(key, [purpose.encode()])


def unwrap(secrets_tried: Iterable[str], purpose: str, wrapped: bytes) -> bytes:
    """The data key; WrongKey when none of the secrets opens it."""
    for secret in secrets_tried:
        try:
            return _wrapping(secret, purpose).decrypt(wrapped, [purpose.encode()])
        except InvalidTag:
            continue
    raise WrongKey("SECRET_KEY does not open this registry: set the key it was made with (or SECRET_KEY_PREVIOUS)")


def mailed(secret: str) -> bytes:
    """What a SECRET_KEY once signed the tokens in mails with; they never expire. It opens nothing else."""
    return hmac.digest(secret.encode(), b"izin one-click mail", "sha256")


def packed(address: str) -> bytes:
    """A canonical address in few bytes: a phone number as a number."""
    if address[0] == "+" and "@" not in address:  # an e-mail may begin with + too
        number = int(address)
        if number >> 32 and not number >> 40:  # twelve digits, as those of Türkiye: nearly all
            return (PHONE << 40 | number).to_bytes(6, "big")
        return bytes((PHONE,)) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    return bytes((EMAIL,)) + address.encode("ascii")


def unpacked(data: bytes) -> str:
    """The inverse of ``packed``."""
    if data[0] == PHONE:
        return f"+{int.from_bytes(data[1:], 'big')}"
    return data[1:].decode("ascii")


@dataclass(frozen=True)
class Keyring:
    """The unwrapped data keys of one registry, by purpose. ``mailed``: those of MAILED.

    ``rising_from``: the first event whose transaction id rises within its second.
    """

    keys: Mapping[str, bytes]
    mailed: tuple[bytes, ...] = ()
    rising_from: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "_address", AESSIV(self.keys["address"]))
        object.__setattr__(self, "_evidence", AESSIV(self.keys["evidence"]))
        object.__setattr__(self, "_transaction", AESSIV(self.keys["transaction"]))
        object.__setattr__(self, "_start", lru_cache(maxsize=1024)(self._start_of))
        object.__setattr__(self, "_salting", hashlib.blake2b(key=self.keys["commitment"], digest_size=16))

    # -- addresses -------------------------------------------------------------------------------------------------

    def seal(self, address: str) -> bytes:
        """The address as table ``recipient`` keeps it (22 bytes for a Turkish number)."""
        sealed: bytes = self._address.encrypt(packed(address), None)  # type: ignore[attr-defined]
        return sealed

    def unseal(self, sealed: bytes) -> str | None:
        """The address, or None when the person was erased; WrongKey when another key sealed it."""
        if len(sealed) == DIGEST_SIZE:
            return None
        try:
            return unpacked(self._address.decrypt(sealed, None))  # type: ignore[attr-defined]
        except InvalidTag:
            raise WrongKey("an address was sealed with another key") from None

    def unseal_all(self, sealed: Sequence[bytes]) -> list[str | None]:
        """The same for many at once."""
        decrypt, number = self._address.decrypt, int.from_bytes  # type: ignore[attr-defined]
        try:
            plain = [b"" if len(one) == DIGEST_SIZE else decrypt(one, None) for one in sealed]
        except InvalidTag:
            raise WrongKey("an address was sealed with another key") from None
        return [
            (f"+{number(data[1:], 'big')}" if data[0] == PHONE else data[1:].decode("ascii")) if data else None
            for data in plain
        ]

    def ready(self, address: str) -> tuple[bytes, bytes]:
        """``seal`` and ``commitment`` of an address, at two thirds of their cost."""
        data = packed(address)
        salt = self._salting.copy()  # type: ignore[attr-defined]
        salt.update(data)
        commitment = hashlib.sha256(salt.digest() + data).digest()[:16]
        return self._address.encrypt(data, None), commitment  # type: ignore[attr-defined]

    def digest(self, address: str) -> bytes:
        """What stands in the place of ``seal(address)`` after an erasure."""
        return hashlib.blake2b(packed(address), key=self.keys["erasure"], digest_size=DIGEST_SIZE).digest()

    def salt(self, address: str) -> bytes:
        """The salt of this address alone: handed over with the address, it proves a log leaf and opens no other."""
        return hashlib.blake2b(packed(address), key=self.keys["commitment"], digest_size=16).digest()

    def commitment(self, address: str) -> bytes:
        """SHA-256 of salt and address, the first 16 bytes."""
        return hashlib.sha256(self.salt(address) + packed(address)).digest()[:16]

    # -- evidence --------------------------------------------------------------------------------------------------

    def seal_evidence(self, evidence: Mapping[str, Any]) -> tuple[bytes, bytes]:
        """(sealed, SHA-256 of what was sealed): the digest stays provable when the evidence is erased.

        A random salt inside keeps the digest from showing whether two evidences are alike.
        """
        plain = _written({**evidence, "salt": secrets.token_hex(16)}).encode()
        return self._evidence.encrypt(plain, None), hashlib.sha256(plain).digest()  # type: ignore[attr-defined]

    def unseal_evidence(self, sealed: bytes) -> dict[str, Any]:
        """What ``seal_evidence`` was given, with its salt; nothing after an erasure."""
        if len(sealed) == DIGEST_SIZE:
            return {}
        plain = self._evidence.decrypt(sealed, None)  # type: ignore[attr-defined]
        evidence: dict[str, Any] = json.loads(plain)
        return evidence

    def erased_evidence(self, recipient: int) -> bytes:
        """What stands in the place of a person's evidence after an erasure: who only empties it cannot make this."""
        of = recipient.to_bytes(8, "big")
        return hashlib.blake2b(of, key=self.keys["erasure"], digest_size=DIGEST_SIZE, person=b"izin evidence").digest()

    def seal_data(self, data: bytes) -> bytes:
        """Bytes that are kept to be read again: a list of consents, a piece of a file. Equal data is sealed alike."""
        sealed: bytes = self._evidence.encrypt(data, None)  # type: ignore[attr-defined]
        return sealed

    def unseal_data(self, sealed: bytes) -> bytes:
        """What ``seal_data`` was given."""
        data: bytes = self._evidence.decrypt(sealed, None)  # type: ignore[attr-defined]
        return data

    def voucher(self, brand: int, provider: int) -> bytes:
        """The proof that the brand with this brandCode belongs to the provider with this iysCode."""
        held = brand.to_bytes(8, "big") + provider.to_bytes(8, "big")
        return hashlib.blake2b(held, key=self.keys["commitment"], digest_size=16, person=b"izin voucher").digest()

    def mark(self, data: bytes) -> bytes:
        """The proof that this registry wrote down what it has verified (evidence/verified.py)."""
        return hashlib.blake2b(data, key=self.keys["commitment"], digest_size=32, person=b"izin verified").digest()

    # -- names of events -------------------------------------------------------------------------------------------

    def transaction_id(self, event: int, recorded_at: int) -> str:
        """64 hex digits, one for each event; ``recorded_at``: of the event, µs.

        Of two events of one second the later one has the greater id (rule L14).
        """
        return self.transaction_ids([event], [recorded_at // SECOND])[0]

    def transaction_ids(self, events: Iterable[int], seconds: Iterable[int]) -> list[str]:
        """The same for many; ``seconds``: since 1970 UTC, of the recording of each."""
        encrypt, rising = self._transaction.encrypt, self.rising_from  # type: ignore[attr-defined]
        start = self._start  # type: ignore[attr-defined]
        return [
            (place + encrypt(event.to_bytes(8, "big"), [place])).hex()
            if event >= rising
            else encrypt(event.to_bytes(16, "big"), None).hex()
            for event, second in zip(events, seconds, strict=True)
            for place in ((start(second) + event).to_bytes(8, "big"),)
        ]

    def event(self, transaction_id: str) -> int | None:
        """The event that a transaction id names, or None when it was not made here."""
        try:
            named = bytes.fromhex(transaction_id)
        except ValueError:
            return None
        for data, associated in ((named[8:], [named[:8]]), (named, None)):
            try:
                plain: bytes = self._transaction.decrypt(data, associated)  # type: ignore[attr-defined]
            except (InvalidTag, ValueError):
                continue
            return int.from_bytes(plain, "big")
        return None

    def _start_of(self, second: int) -> int:
        """Where the ids of a second start: below 2^63, so that no event's number leads past 64 bits."""
        of, key = second.to_bytes(8, "big"), self.keys["transaction"]
        start = hashlib.blake2b(of, key=key, digest_size=8, person=b"izin id in order").digest()
        return int.from_bytes(start, "big") >> 1

    def signer(self) -> Ed25519PrivateKey:
        """The key that signs the log's checkpoints."""
        return Ed25519PrivateKey.from_private_bytes(self.keys["log"])
