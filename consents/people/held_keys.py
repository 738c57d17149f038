"""The data keys of a registry, in table ``registry_key``, wrapped under ``SECRET_KEY``, which stays outside the
database and can change without touching the rows."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PURPOSES = {"address": 64, "evidence": 64, "transaction": 64, "erasure": 32, "commitment": 32, "log": 32}
ROTATED = ("address", "evidence")  # the others name or prove what was handed out, and so must stay
KeyRow = tuple[str, int, bytes]
"""A key as table ``registry_key`` holds it: purpose, version, wrapped."""
# Beside them stand, as versions of this purpose, the keys that signed mails' tokens while SECRET_KEY itself did.
MAILED = "mail"
DIGEST_SIZE = 16  # bytes that an erasure leaves in the place of what was sealed, which is longer
_SAME = b"the same key"  # seals this alike


class WrongKey(RuntimeError):
    """SECRET_KEY does not open this registry."""


def _wrapping(secret: str, purpose: str) -> AESSIV:
    derived = HKDF(algorithm=hashes.SHA256(), length=64, salt=None, info=b"izin registry key " + purpose.encode())
    return AESSIV(derived.derive(secret.encode()))


def make(purpose: str) -> bytes:
    return secrets.token_bytes(PURPOSES[purpose])


def wrap(secret: str, purpose: str, key: bytes) -> bytes:
    return _wrapping(secret, purpose).encrypt(key, [purpose.encode()])


def unwrap(secrets_tried: Iterable[str], purpose: str, wrapped: bytes) -> bytes:
    for secret in secrets_tried:
        try:
            return _wrapping(secret, purpose).decrypt(wrapped, [purpose.encode()])
        except InvalidTag:
            continue
    raise WrongKey("SECRET_KEY does not open this registry: set the key it was made with (or SECRET_KEY_PREVIOUS)")


def mailed(secret: str) -> bytes:
    """The key by which an earlier SECRET_KEY signed the tokens in mails, which never expire."""
    return hmac.digest(secret.encode(), b"izin one-click mail", "sha256")


class HeldVersions:
    """The unwrapped data keys of one registry. ``keys``: the newest of each purpose; ``mailed``: those of MAILED. All
    versions of rotated keys are kept: during ``izin rekey`` rows of two versions exist. ``version``: the newest of
    addresses, used to encrypt; ``oldest``: the first to look for."""

    def __init__(self, keys: Mapping[str, bytes], mailed: Sequence[bytes], version: int) -> None:
        self.keys, self.mailed = dict(keys), tuple(mailed)
        self.version = self.oldest = version
        self.several = False  # whether it has met more than one version
        self.secrets: tuple[str, ...] = ()
        # Asks the registry for its keys where none of those held opens something; set where the registry is opened.
        self.ask: Callable[[], None] | None = None
        self._versions = {purpose: {version: AESSIV(self.keys[purpose])} for purpose in ROTATED}
        self._met: frozenset[KeyRow] = frozenset()  # the rows of which it has seen that they hold the keys it has
        self._learning = threading.Lock()  # of two threads at once one would undo what the other has taken up
        self._address, self._evidence = (self._versions[purpose][version] for purpose in ROTATED)

    def learn(self, rows: Iterable[KeyRow]) -> None:
        """Adds keys of the registry that this keyring lacks; thread-safe. Errors: WrongKey, also where a version has
        another key under its number: a server without it took over, and the rotation began again."""
        with self._learning:
            self._learn(list(rows))

    def _learn(self, rows: list[KeyRow]) -> None:
        versions = {purpose: dict(held) for purpose, held in self._versions.items()}
        newest: dict[str, tuple[int, bytes]] = {}
        rotated = {row for row in rows if row[0] in ROTATED}
        for purpose, version, wrapped in rotated - self._met:
            try:
                key = unwrap(self.secrets, purpose, wrapped)
            except WrongKey:
                raise WrongKey("SECRET_KEY was changed while this program ran: start it again") from None
            if version not in versions[purpose]:
                versions[purpose][version] = AESSIV(key)
                if version == max(versions[purpose]):
                    newest[purpose] = version, key
            elif versions[purpose][version].encrypt(_SAME, None) != AESSIV(key).encrypt(_SAME, None):
                raise WrongKey("the registry's keys are others than this program's: start it again")
        mails = [wrapped for purpose, _, wrapped in rows if purpose == MAILED]
        if len(mails) != len(self.mailed):
            with suppress(WrongKey):  # under a later secret: who has not got that needs none of these
                self.mailed = tuple(unwrap(self.secrets, MAILED, wrapped) for wrapped in mails)
        self._versions = versions
        self.several = any(len(held) > 1 for held in versions.values())
        self.keys = self.keys | {purpose: key for purpose, (_, key) in newest.items()}
        self._address, self._evidence = (held[max(held)] for held in (versions[purpose] for purpose in ROTATED))
        self.version = max(versions["address"])
        if standing := [version for purpose, version, _ in rows if purpose == "address"]:
            self.stands(min(standing), max(standing))
        self._met |= rotated  # last: who finds them there goes on with the rest

    def knows(self, standing: Iterable[tuple[int, bytes]]) -> bool:
        return all(("address", version, wrapped) in self._met for version, wrapped in standing)

    def stands(self, oldest: int, newest: int) -> None:
        """Sets which versions rows are under; older reports of a standby are ignored."""
        if newest == self.version:
            self.oldest = oldest

    @property
    def first(self) -> int:
        return min(self._versions["address"])

    def holds(self, oldest: int, newest: int) -> bool:
        return oldest in self._versions["address"] and newest in self._versions["address"]

    def forms(self, sealed: bytes, oldest: int, newest: int) -> list[bytes]:
        """All ciphertexts of an address under these versions, oldest first: rows go from older to newer ones."""
        if not self.several:
            return [sealed]
        data, held = self._open("address", sealed), self._versions["address"]
        return [held[version].encrypt(data, None) for version in range(oldest, newest + 1) if version in held]

    def current(self, data: bytes) -> bytes:
        """Re-encrypts with the newest key what an older one encrypted; all else unchanged."""
        if self.several and len(data) > DIGEST_SIZE:
            for held in self._versions.values():
                newest = max(held)
                for version, cipher in held.items():
                    if version != newest:
                        with suppress(InvalidTag):
                            return held[newest].encrypt(cipher.decrypt(data, None), None)
        return data

    def _open(self, purpose: str, sealed: bytes) -> bytes:
        """Decrypts by whichever version. Errors: InvalidTag."""
        try:
            return (self._address if purpose == "address" else self._evidence).decrypt(sealed, None)
        except InvalidTag:
            return self._open_otherwise(purpose, sealed)

    def _open_otherwise(self, purpose: str, sealed: bytes) -> bytes:
        for asked in (False, True):
            for cipher in self._versions[purpose].values():
                with suppress(InvalidTag):
                    return cipher.decrypt(sealed, None)
            if not asked and self.ask is not None:
                self.ask()
        raise InvalidTag
