"""Table ``watch``: whose declared consents are told, where, and up to which event.

Whoever is told holds the other's news: so both the watched address and the target were proved in one session, the
watch ends half a year after they last were, and each holder can end it alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import text

from consents.columns import micros, stored
from consents.keys import Keyring
from consents.people import declared, register
from consents.store import Snapshot, Statement, Transaction
from gateways.carrier import Kind
from trust import pseudonyms

TOKEN = pseudonyms.SIZE * 2  # characters of the token that ends all that goes to one target

_COLUMNS = "recipient,kind,target,stop,language,event,looked_at,proved_at"
_ROW = "SELECT recipient, kind, target, stop, language, event, proved_at FROM watch WHERE"
_OF = Statement(text(f"{_ROW} recipient = :recipient"))
_TO = Statement(text(f"{_ROW} stop = :stop ORDER BY recipient"))
_DUE = Statement(text("SELECT stop FROM watch WHERE kind = :kind AND looked_at < :before LIMIT :most"))
_IS_DUE = Statement(text("SELECT 1 FROM watch WHERE stop = :stop AND looked_at < :before LIMIT 1"))
_PASSED_OVER = Statement(text("UPDATE watch SET looked_at = :now WHERE stop = :stop"))
_LOOKED = Statement(text("UPDATE watch SET event = :event, looked_at = :now WHERE stop = :stop"))
_RENEW = Statement(text("UPDATE watch SET proved_at = :now WHERE recipient = :recipient AND stop = :stop"))
_END = Statement(text("DELETE FROM watch WHERE recipient = :recipient"))
_END_TO = Statement(text("DELETE FROM watch WHERE stop = :stop"))


class Watching(NamedTuple):
    """One row: ``target`` as it is sealed, ``stop`` its mark. ``proved_at``: µs."""

    recipient: int
    kind: Kind
    target: bytes
    stop: bytes
    language: str
    event: int
    proved_at: int


def token(keyring: Keyring, target: str) -> str:
    """What a message to this canonical address carries to end all such messages; it shows nothing and never changes."""
    return pseudonyms.mark(keyring, "watch", target).hex()


def stop_of(keyring: Keyring, target: str) -> bytes:
    """The mark by which the store finds what goes to an address; who reads it there cannot make the token."""
    return _hashed(token(keyring, target))


def find(snapshot: Snapshot, recipient: int | None) -> Watching | None:
    """Whether this recipient is watched, and for whom."""
    row = None if recipient is None else snapshot.one(_OF, {"recipient": recipient})
    return None if row is None else _read(row)


def start(transaction: Transaction, keyring: Keyring, recipient: int, target: str, language: str) -> None:
    """Watches from now on; who is told today already, or asks today, is told again tomorrow at the earliest."""
    now, kind = stored(transaction.now), "mail" if "@" in target else "sms"
    event = declared.last_event(transaction)
    before = find(transaction, recipient)
    if before is not None and before.stop == stop_of(keyring, target):
        event = before.event  # what happened since the last look is still told
    row = (recipient, kind, keyring.seal(target), stop_of(keyring, target), language, event, now, now)
    transaction.upsert("watch", "recipient", _COLUMNS, [row])


def end(transaction: Transaction, recipient: int) -> None:
    """Ends the watch of this recipient, wherever it goes."""
    transaction.run(_END, {"recipient": recipient})


def end_by(transaction: Transaction, token: str) -> int:
    """Ends all that goes to the target of a token; how many watches that were."""
    return transaction.run(_END_TO, {"stop": _hashed(token)})


def every(snapshot: Snapshot, keyring: Keyring, address: str) -> list[Watching]:
    """What ``forget`` would end."""
    found = {row[0]: _read(row) for row in snapshot.all(_TO, {"stop": stop_of(keyring, address)})}
    own = find(snapshot, register.find(snapshot, keyring, register.person(keyring, address)))
    return list((found | ({own.recipient: own} if own else {})).values())


def forget(transaction: Transaction, keyring: Keyring, address: str) -> None:
    """Ends what is told of an address and what is told to it: it is erased, or somebody else has it now."""
    transaction.run(_END_TO, {"stop": stop_of(keyring, address)})
    if (recipient := register.find(transaction, keyring, register.person(keyring, address))) is not None:
        end(transaction, recipient)


def renew(transaction: Transaction, keyring: Keyring, proven: Collection[str]) -> None:
    """Prolongs the watches of which both sides are among these addresses, proved in one session.

    One side alone is not enough: the new holder of a number must not keep alive what the last one watches.
    """
    stops = {stop_of(keyring, address) for address in proven}
    for address in proven:
        recipient = register.find(transaction, keyring, register.person(keyring, address))
        if (found := find(transaction, recipient)) is not None and found.stop in stops:
            values = {"recipient": found.recipient, "stop": found.stop, "now": stored(transaction.now)}
            transaction.run(_RENEW, values)


def due(snapshot: Snapshot, kind: Kind, before: int, most: int) -> list[bytes]:
    """Marks of at most ``most`` targets of this kind for which nobody has looked since ``before`` (µs)."""
    values = {"kind": kind, "before": stored(before), "most": most}
    return list(dict.fromkeys(bytes(stop) for (stop,) in snapshot.all(_DUE, values)))


def is_due(snapshot: Snapshot, stop: bytes, before: int) -> bool:
    """Whether a target has not been checked since ``before`` (µs)."""
    return snapshot.one(_IS_DUE, {"stop": stop, "before": stored(before)}) is not None


def passed_over(transaction: Transaction, stop: bytes) -> None:
    """Postpones a target to tomorrow's round, which starts at the same event."""
    transaction.run(_PASSED_OVER, {"stop": stop, "now": stored(transaction.now)})


def going_to(snapshot: Snapshot, stop: bytes) -> list[Watching]:
    """All that goes to one target."""
    return [_read(row) for row in snapshot.all(_TO, {"stop": stop})]


def looked(transaction: Transaction, stop: bytes, event: int) -> None:
    """Notes, in the transaction that posts the message, up to which event this target has been told."""
    transaction.run(_LOOKED, {"stop": stop, "event": event, "now": stored(transaction.now)})


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()[: pseudonyms.SIZE]


def _read(row: tuple[Any, ...]) -> Watching:
    recipient, kind, target, stop, language, event, proved_at = row
    return Watching(recipient, kind, bytes(target), bytes(stop), language, event, micros(proved_at))
