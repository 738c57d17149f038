"""Table ``passkey``: what signs one address in without a code, for ``PASSKEY_DAYS`` after a code proved the address.
Removing a row ends its sessions."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from sqlalchemy import text

from consents.columns import micros, optional_micros, stored
from consents.instants import DAY
from consents.keys import Keyring
from consents.people.held_keys import WrongKey
from consents.store import Snapshot, Statement, Transaction
from settings import Settings
from trust import limits
from trust.limits import Limit
from trust.passkeys import ANSWERED, NewPasskey
from trust.pseudonyms import mac, mark

MOST = 5  # passkeys of one address
LONGEST = 1023  # bytes of a credential's id (WebAuthn Level 2, 4)

_COLUMNS = "digest, credential, address, public, counter, made_at, proved_at, used_at, device, browser"
_FIND = Statement(text(f"SELECT {_COLUMNS} FROM passkey WHERE digest = :digest"))
_OF = Statement(text(f"SELECT {_COLUMNS} FROM passkey WHERE address = :address ORDER BY made_at, digest"))
_STANDS = Statement(text("SELECT 1 FROM passkey WHERE digest = :digest"))
_IN = Statement(text("SELECT 1 FROM passkey WHERE device = :device AND proved_at > :since LIMIT 1"))
# Between the lookup and this its answer was checked: one removed or used meanwhile signs nobody in.
_USE = Statement(
    text("UPDATE passkey SET counter = :counter, used_at = :now WHERE digest = :digest AND counter = :before")
)
_RENEW = Statement(text("UPDATE passkey SET proved_at = :now WHERE device = :old AND address = :address"))
_MOVE = Statement(text("UPDATE passkey SET device = :new WHERE device = :old"))
_END = Statement(text("DELETE FROM passkey WHERE digest = :digest"))
_SAVED_IN = Statement(text("SELECT 1 FROM passkey WHERE device = :device LIMIT 1"))
_END_IN = Statement(text("DELETE FROM passkey WHERE device = :device"))
_END_OF = Statement(text("DELETE FROM passkey WHERE address = :address"))


class StoredPasskey(NamedTuple):
    """Times in µs. ``address``: canonical."""

    digest: bytes
    credential: bytes
    address: str
    public: bytes
    counter: int
    made_at: int
    proved_at: int
    used_at: int | None
    device: bytes | None
    browser: str

    @property
    def name(self) -> str:
        """What forms call it."""
        return self.digest.hex()[:16]

    def ends_at(self, settings: Settings) -> int:
        """When it signs in no more until the next code (µs)."""
        return self.proved_at + settings.passkey_days * DAY


def digest_of(credential: bytes) -> bytes:
    return hashlib.sha256(credential).digest()


def handle(keyring: Keyring, address: str) -> bytes:
    """The account's name for an authenticator, which keeps one passkey for each: it reveals no address."""
    return mark(keyring, "passkey handle", address)


def may_add(snapshot: Snapshot, keyring: Keyring, address: str, made: NewPasskey) -> bool:
    """False where it exists already or the address has MOST."""
    known = stands(snapshot, digest_of(made.credential))
    return not known and len(made.credential) <= LONGEST and len(of(snapshot, keyring, address)) < MOST


def add(
    transaction: Transaction,
    keyring: Keyring,
    address: str,
    made: NewPasskey,
    device: bytes | None,
    proved_at: int,
    browser: str = "",
) -> bool:
    """Stores a passkey where it ``may_add``. ``proved_at``: the address, by a code (µs); ``browser``: its families."""
    if not may_add(transaction, keyring, address, made):
        return False
    now, digest = stored(transaction.now), digest_of(made.credential)
    sealed, proved = keyring.seal(address), stored(proved_at)
    row = (digest, made.credential, sealed, made.public, made.counter, device, now, proved, browser or None)
    transaction.insert("passkey", "digest,credential,address,public,counter,device,made_at,proved_at,browser", [row])
    return True


def find(snapshot: Snapshot, keyring: Keyring, credential: bytes) -> StoredPasskey | None:
    row = snapshot.one(_FIND, {"digest": digest_of(credential)})
    return _read(keyring, row) if row is not None else None


def of(snapshot: Snapshot, keyring: Keyring, address: str) -> list[StoredPasskey]:
    """An address's passkeys, oldest first."""
    rows = [row for form in keyring.all_forms(address) for row in snapshot.all(_OF, {"address": form})]
    return [one for row in rows if (one := _read(keyring, row)) is not None]


def stands(snapshot: Snapshot, digest: bytes) -> bool:
    return snapshot.one(_STANDS, {"digest": digest}) is not None


def in_browser(snapshot: Snapshot, settings: Settings, device: bytes, now: int) -> bool:
    """Whether this browser made a passkey that signs in."""
    return snapshot.one(_IN, {"device": device, "since": stored(now - settings.passkey_days * DAY)}) is not None


def saved_in(snapshot: Snapshot, device: bytes) -> bool:
    """Whether this browser made a passkey that was not removed, lapsed or not."""
    return snapshot.one(_SAVED_IN, {"device": device}) is not None


def use(transaction: Transaction, keyring: Keyring, one: StoredPasskey, challenge: bytes, counter: int) -> bool:
    """Records a valid answer; False where the challenge was answered before, or the passkey removed or used."""
    once = Limit(mac(keyring, "passkey answered", challenge), 1, 2 * ANSWERED)
    if not limits.take(transaction, once):
        return False
    values = {"digest": one.digest, "before": one.counter, "counter": counter, "now": stored(transaction.now)}
    return transaction.run(_USE, values) == 1


def renew(transaction: Transaction, keyring: Keyring, address: str, old: bytes, new: bytes) -> None:
    """After a code for ``address`` in the browser ``old``, whose cookie becomes ``new``."""
    for form in keyring.all_forms(address):
        values = {"address": form, "old": old, "now": stored(transaction.now)}
        transaction.run_as_given(_RENEW, values)
    transaction.run(_MOVE, {"old": old, "new": new})


def end(transaction: Transaction, keyring: Keyring, address: str, name: str) -> bool:
    """Removes one of the address's own passkeys; harmless where it is gone."""
    found = [one for one in of(transaction, keyring, address) if one.name == name]
    return any(transaction.run(_END, {"digest": one.digest}) == 1 for one in found)


def end_in(transaction: Transaction, device: bytes) -> int:
    """Removes all passkeys that this browser made, of any address; how many."""
    return transaction.run(_END_IN, {"device": device})


def end_of(transaction: Transaction, keyring: Keyring, address: str) -> int:
    """Removes all passkeys of an address; how many."""
    return sum(transaction.run_as_given(_END_OF, {"address": form}) for form in keyring.all_forms(address))


def _read(keyring: Keyring, row: Any) -> StoredPasskey | None:
    digest, credential, sealed, public, counter, made_at, proved_at, used_at, device, browser = row
    try:
        address = keyring.unseal(sealed)
    except WrongKey:
        return None
    assert address is not None  # an erasure leaves no digest in this table
    times = micros(made_at), micros(proved_at), optional_micros(used_at)
    return StoredPasskey(
        bytes(digest),
        bytes(credential),
        address,
        bytes(public),
        counter,
        *times,
        device and bytes(device),
        browser or "",
    )
