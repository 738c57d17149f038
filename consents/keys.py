"""Cryptography of the registry: AES-SIV (RFC 5297) ciphertexts of addresses, deterministic, so one column serves
look-up and display; keyed BLAKE2b digests of erased addresses; salted commitments that the log's leaves name;
transaction ids of 64 hex digits (16 that rise within the second of recording, rule L14, then AES-SIV of the event's
number; earlier versions: AES-SIV alone)."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from consents.instants import SECOND
from consents.people.held_keys import DIGEST_SIZE, PURPOSES, HeldVersions, KeyRow, WrongKey, unwrap

PHONE, EMAIL = 1, 2

_written = json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode


def packed(address: str) -> bytes:
    """A canonical address in few bytes: a phone number as a number."""
    if address[0] == "+" and "@" not in address:  # an e-mail may begin with + too
        number = int(address)
        if number >> 32 and not number >> 40:  # twelve digits, as those of Türkiye: nearly all
            return (PHONE << 40 | number).to_bytes(6, "big")
        return bytes((PHONE,)) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    return bytes((EMAIL,)) + address.encode("ascii")


def unpacked(data: bytes) -> str:
    if data[0] == PHONE:
        return f"+{int.from_bytes(data[1:], 'big')}"
    return data[1:].decode("ascii")


class Keyring(HeldVersions):
    """The keys of one registry. ``rising_from``: the first event whose transaction id rises within its second."""

    def __init__(
        self, keys: Mapping[str, bytes], mailed: Sequence[bytes] = (), rising_from: int = 1, *, version: int = 1
    ) -> None:
        super().__init__(keys, mailed, version)
        self.rising_from = rising_from
        # Of the log: all seeds, the newest last; of each earlier one the acts that it signed alone, and the note by
        # which the next one followed it.
        self.log_seeds: tuple[bytes, ...] = (self.keys["log"],)
        self.log_changes: tuple[tuple[int, str], ...] = ()
        self._transaction = AESSIV(self.keys["transaction"])
        self._start = lru_cache(maxsize=1024)(self._start_of)
        self._salting = hashlib.blake2b(key=self.keys["commitment"], digest_size=16)

    @classmethod
    def opened(cls, rows: Sequence[KeyRow], secrets_tried: Sequence[str], rising_from: int = 1) -> Keyring | None:
        """The keys of these rows, unwrapped with one of the secrets; None where some are missing. Errors: WrongKey."""
        newest = {purpose: (version, wrapped) for purpose, version, wrapped in sorted(rows)}
        if not PURPOSES.keys() <= newest.keys():
            return None
        found = {purpose: unwrap(secrets_tried, purpose, newest[purpose][1]) for purpose in PURPOSES}
        keyring = cls(found, (), rising_from, version=newest["address"][0])
        keyring.secrets = tuple(secrets_tried)
        logs = sorted((version, wrapped) for purpose, version, wrapped in rows if purpose == "log")
        keyring.log_seeds = tuple(unwrap(secrets_tried, "log", wrapped) for _, wrapped in logs)
        keyring.learn(rows)
        return keyring

    # -- addresses -------------------------------------------------------------------------------------------------

    def seal(self, address: str) -> bytes:
        """The address as table ``recipient`` holds it (22 bytes for a Turkish number)."""
        return self._address.encrypt(packed(address), None)

    def all_forms(self, address: str) -> list[bytes]:
        """All current ciphertexts of the address (``forms``); for holders of the write lock."""
        return self.forms(self.seal(address), self.oldest, self.version)

    def unseal(self, sealed: bytes) -> str | None:
        """The address, or None when the person was erased. Errors: WrongKey."""
        if len(sealed) == DIGEST_SIZE:
            return None
        try:
            return unpacked(self._open("address", sealed))
        except InvalidTag:
            raise WrongKey("an address was sealed with another key") from None

    def unseal_all(self, sealed: Sequence[bytes]) -> list[str | None]:
        decrypt, number = self._address.decrypt, int.from_bytes
        try:
            plain = [b"" if len(one) == DIGEST_SIZE else decrypt(one, None) for one in sealed]
        except InvalidTag:  # of one at least
            return [self.unseal(one) for one in sealed]
        return [
            (f"+{number(data[1:], 'big')}" if data[0] == PHONE else data[1:].decode("ascii")) if data else None
            for data in plain
        ]

    def ready(self, address: str) -> tuple[bytes, bytes]:
        """``seal`` and ``commitment`` of an address, at two thirds of their cost."""
        data = packed(address)
        salt = self._salting.copy()
        salt.update(data)
        commitment = hashlib.sha256(salt.digest() + data).digest()[:16]
        return self._address.encrypt(data, None), commitment

    def digest(self, address: str) -> bytes:
        """What replaces ``seal(address)`` after an erasure."""
        return hashlib.blake2b(packed(address), key=self.keys["erasure"], digest_size=DIGEST_SIZE).digest()

    def salt(self, address: str) -> bytes:
        """The salt of this address alone: disclosed with the address, it proves a log leaf and opens no other."""
        return hashlib.blake2b(packed(address), key=self.keys["commitment"], digest_size=16).digest()

    def commitment(self, address: str) -> bytes:
        """SHA-256 of salt and address, the first 16 bytes."""
        return hashlib.sha256(self.salt(address) + packed(address)).digest()[:16]

    # -- evidence --------------------------------------------------------------------------------------------------

    def seal_evidence(self, evidence: Mapping[str, Any]) -> tuple[bytes, bytes]:
        """(sealed, SHA-256 of the plain text with a random salt): the digest stays provable when the evidence is
        erased."""
        plain = _written({**evidence, "salt": secrets.token_hex(16)}).encode()
        return self._evidence.encrypt(plain, None), hashlib.sha256(plain).digest()

    def unseal_evidence(self, sealed: bytes) -> dict[str, Any]:
        """What ``seal_evidence`` was given, with its salt; empty after an erasure."""
        if len(sealed) == DIGEST_SIZE:
            return {}
        evidence: dict[str, Any] = json.loads(self.unseal_data(sealed))
        return evidence

    def erased_evidence(self, recipient: int) -> bytes:
        """A keyed mark in place of a person's evidence after an erasure, which only the key can make."""
        of = recipient.to_bytes(8, "big")
        return hashlib.blake2b(of, key=self.keys["erasure"], digest_size=DIGEST_SIZE, person=b"izin evidence").digest()

    def erased_act(self, act: int) -> bytes:
        """The same of an act without a recipient of its own: a company's word about one person at its desk."""
        of = act.to_bytes(8, "big")
        return hashlib.blake2b(of, key=self.keys["erasure"], digest_size=DIGEST_SIZE, person=b"izin act").digest()

    def erased_words(self, row: str) -> bytes:
        """A keyed mark in place of the sealed words of a row of a log; ``row``: what the rest of the row commits to."""
        key = self.keys["erasure"]
        return hashlib.blake2b(row.encode(), key=key, digest_size=DIGEST_SIZE, person=b"izin words").digest()

    def seal_data(self, data: bytes) -> bytes:
        """Encrypts bytes to be read again, deterministically: a list of consents, a piece of a file."""
        return self._evidence.encrypt(data, None)

    def unseal_data(self, sealed: bytes) -> bytes:
        return self._open("evidence", sealed)

    def voucher(self, brand: int, provider: int) -> bytes:
        """The proof that the brand with this brandCode belongs to the provider with this iysCode."""
        held = brand.to_bytes(8, "big") + provider.to_bytes(8, "big")
        return hashlib.blake2b(held, key=self.keys["commitment"], digest_size=16, person=b"izin voucher").digest()

    def mark(self, data: bytes) -> bytes:
        """The proof that this registry recorded what it has verified (evidence/verified.py)."""
        return hashlib.blake2b(data, key=self.keys["commitment"], digest_size=32, person=b"izin verified").digest()

    # -- names of events -------------------------------------------------------------------------------------------

    def transaction_id(self, event: int, recorded_at: int) -> str:
        """64 hex digits, unique for each event, rising within one second (rule L14); ``recorded_at``: of the event,
        µs."""
        return self.transaction_ids([event], [recorded_at // SECOND])[0]

    def transaction_ids(self, events: Iterable[int], seconds: Iterable[int]) -> list[str]:
        """``transaction_id`` for many; ``seconds``: since 1970 UTC, of the recording of each."""
        encrypt, rising = self._transaction.encrypt, self.rising_from
        start = self._start
        return [
            (place + encrypt(event.to_bytes(8, "big"), [place])).hex()
            if event >= rising
            else encrypt(event.to_bytes(16, "big"), None).hex()
            for event, second in zip(events, seconds, strict=True)
            for place in ((start(second) + event).to_bytes(8, "big"),)
        ]

    def event(self, transaction_id: str) -> int | None:
        """The event that a transaction id names; None where it was not made here."""
        try:
            named = bytes.fromhex(transaction_id)
        except ValueError:
            return None
        for data, associated in ((named[8:], [named[:8]]), (named, None)):
            try:
                plain = self._transaction.decrypt(data, associated)
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
        return Ed25519PrivateKey.from_private_bytes(self.keys["log"])
