"""Table ``delegation``: lasting helpers. A helper, signed in as themselves, opens the consents of an address that named
them by a code; it ends by the owner, by ``HELPER_DAYS``, after half a year without use, and by a new holder."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import text

from consents.columns import micros, stored
from consents.instants import DAY
from consents.keys import Keyring
from consents.people.held_keys import WrongKey
from consents.store import Snapshot, Statement, Transaction
from trust.pseudonyms import mark
from trust.tables import HELPERS_UNUSED

MOST_HELPERS, MOST_HELPED = 3, 5  # of one address, by one helper
_NOTICE_EVERY = 30 * DAY

_COLUMNS = "key, address, helper, label, began_at, ends_at, used_at"
_LIVE = "ends_at > :now AND used_at > :since"
_OF_OWNER = Statement(text(f"SELECT {_COLUMNS} FROM delegation WHERE address = :of AND {_LIVE} ORDER BY began_at, key"))
_OF_HELPER = Statement(text(f"SELECT {_COLUMNS} FROM delegation WHERE helper = :of AND {_LIVE} ORDER BY began_at, key"))
_STANDS = Statement(text(f"SELECT 1 FROM delegation WHERE key = :key AND {_LIVE}"))
_USE = Statement(text(f"UPDATE delegation SET used_at = :now WHERE key = :key AND {_LIVE}"))
_NOTICE_IS_DUE = Statement(text("SELECT 1 FROM delegation WHERE key = :key AND noticed_at <= :before"))
_NOTICED = Statement(text("UPDATE delegation SET noticed_at = :now WHERE key = :key"))
_END = Statement(text("DELETE FROM delegation WHERE key = :key"))
_END_OF_OWNER = Statement(text("DELETE FROM delegation WHERE address = :of"))
_END_OF_HELPER = Statement(text("DELETE FROM delegation WHERE helper = :of"))


class LastingHelper(NamedTuple):
    """Addresses are canonical, times in µs."""

    key: bytes
    address: str
    helper: str
    label: int
    began_at: int
    ends_at: int
    used_at: int

    @property
    def name(self) -> str:
        """What forms call it."""
        return self.key.hex()


def begin(transaction: Transaction, keyring: Keyring, address: str, helper: str, label: int, days: int) -> bool:
    """Begins or renews it; False where the address has MOST_HELPERS or the helper helps MOST_HELPED."""
    key = mark(keyring, "delegation", f"{address} {helper}")
    others = [one for one in of_owner(transaction, keyring, address, transaction.now) if one.key != key]
    helped = [one for one in of_helper(transaction, keyring, helper, transaction.now) if one.key != key]
    if len(others) >= MOST_HELPERS or len(helped) >= MOST_HELPED:
        return False
    now, ends_at = stored(transaction.now), stored(transaction.now + days * DAY)
    row = (key, keyring.seal(address), keyring.seal(helper), label, now, ends_at, now, now)
    transaction.upsert("delegation", "key", "key,address,helper,label,began_at,ends_at,used_at,noticed_at", [row])
    return True


def of_owner(snapshot: Snapshot, keyring: Keyring, address: str, now: int) -> list[LastingHelper]:
    return _all(snapshot, keyring, _OF_OWNER, address, now)


def of_helper(snapshot: Snapshot, keyring: Keyring, helper: str, now: int) -> list[LastingHelper]:
    return _all(snapshot, keyring, _OF_HELPER, helper, now)


def stands(snapshot: Snapshot, key: bytes, now: int) -> bool:
    return snapshot.one(_STANDS, {"key": key, **_bounds(now)}) is not None


def use(transaction: Transaction, key: bytes) -> bool:
    """Records that the helper looks; False where it has ended."""
    return transaction.run(_USE, {"key": key, **_bounds(transaction.now)}) == 1


def notice_is_due(transaction: Transaction, key: bytes) -> bool:
    """Whether the owner is to hear of a look, once in 30 days."""
    return transaction.one(_NOTICE_IS_DUE, {"key": key, "before": stored(transaction.now - _NOTICE_EVERY)}) is not None


def noticed(transaction: Transaction, key: bytes) -> None:
    """The notice was posted."""
    transaction.run(_NOTICED, {"key": key, "now": stored(transaction.now)})


def end(transaction: Transaction, key: bytes) -> None:
    """Harmless where it has ended."""
    transaction.run(_END, {"key": key})


def end_of_owner(transaction: Transaction, keyring: Keyring, address: str) -> int:
    """Ends all helpers of an address; how many."""
    return sum(transaction.run_as_given(_END_OF_OWNER, {"of": form}) for form in keyring.all_forms(address))


def forget(transaction: Transaction, keyring: Keyring, address: str) -> None:
    """Ends those by an address too: another person has it now, or nobody."""
    end_of_owner(transaction, keyring, address)
    for form in keyring.all_forms(address):
        transaction.run_as_given(_END_OF_HELPER, {"of": form})


def _bounds(now: int) -> dict[str, Any]:
    return {"now": stored(now), "since": stored(now - HELPERS_UNUSED)}


def _all(snapshot: Snapshot, keyring: Keyring, of: Statement[Any], address: str, now: int) -> list[LastingHelper]:
    rows = [row for form in keyring.all_forms(address) for row in snapshot.all(of, {"of": form, **_bounds(now)})]
    return [one for row in rows if (one := _read(keyring, row)) is not None]


def _read(keyring: Keyring, row: Any) -> LastingHelper | None:
    key, address, helper, label, began_at, ends_at, used_at = row
    try:
        owner, other = keyring.unseal(address), keyring.unseal(helper)
    except WrongKey:
        return None
    assert owner is not None  # an erasure leaves no digest in this table
    assert other is not None
    return LastingHelper(bytes(key), owner, other, label, micros(began_at), micros(ends_at), micros(used_at))
