"""Table ``watch``: whose declared consents are reported, to which target, and up to which event. A target sees the
other's news, so both were proved in one session; a watch ends half a year after that, and either holder can end it."""

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
    """One row. ``target``: sealed; ``stop``: its mark. ``proved_at``: µs."""

    recipient: int
    kind: Kind
    target: bytes
    stop: bytes
    language: str
    event: int
    proved_at: int


def token(keyring: Keyring, target: str) -> str:
    """The token that ends all alerts to this canonical address; it reveals nothing and never changes."""
    return pseudonyms.mark(keyring, "watch", target).hex()


def stop_of(keyring: Keyring, target: str) -> bytes:
    """The mark by which the store finds a target; the token cannot be derived from it."""
    return _hashed(token(keyring, target))


def find(snapshot: Snapshot, recipient: int | None) -> Watching | None:
    row = None if recipient is None else snapshot.one(_OF, {"recipient": recipient})
    return None if row is None else _read(row)


def start(transaction: Transaction, keyring: Keyring, recipient: int, target: str, language: str) -> None:
    """Starts a watch. A target already notified today, or new today, is next notified tomorrow at the earliest."""
    now, kind = stored(transaction.now), "mail" if "@" in target else "sms"
    event = declared.last_event(transaction)
    before = find(transaction, recipient)
    if before is not None and before.stop == stop_of(keyring, target):
        event = before.event  # events since the last check are still reported
    row = (recipient, kind, keyring.seal(target), stop_of(keyring, target), language, event, now, now)
    transaction.upsert("watch", "recipient", _COLUMNS, [row])


def end(transaction: Transaction, recipient: int) -> None:
    transaction.run(_END, {"recipient": recipient})


def end_by(transaction: Transaction, token: str) -> int:
    """Ends all alerts to the target of a token; returns how many watches that were."""
    return transaction.run(_END_TO, {"stop": _hashed(token)})


def list_all(snapshot: Snapshot, keyring: Keyring, address: str) -> list[Watching]:
    """What ``forget`` would end."""
    read = map(_read, snapshot.all(_TO, {"stop": stop_of(keyring, address)}))
    found = {watching.recipient: watching for watching in read}
    own = find(snapshot, register.find(snapshot, keyring, register.person(keyring, address)))
    return list((found | ({own.recipient: own} if own else {})).values())


def forget(transaction: Transaction, keyring: Keyring, address: str) -> None:
    """Ends the watches of an address and those that notify it: it was erased or has a new holder."""
    transaction.run(_END_TO, {"stop": stop_of(keyring, address)})
    if (recipient := register.find(transaction, keyring, register.person(keyring, address))) is not None:
        end(transaction, recipient)


def renew(transaction: Transaction, keyring: Keyring, proven: Collection[str]) -> None:
    """Prolongs the watches whose two sides are among these addresses, proved in one session. One side alone is not
    enough: a number's new holder must not keep the last one's watches alive."""
    stops = {stop_of(keyring, address) for address in proven}
    for address in proven:
        recipient = register.find(transaction, keyring, register.person(keyring, address))
        if (found := find(transaction, recipient)) is not None and found.stop in stops:
            values = {"recipient": found.recipient, "stop": found.stop, "now": stored(transaction.now)}
            transaction.run(_RENEW, values)


def due(snapshot: Snapshot, kind: Kind, before: int, most: int) -> list[bytes]:
    """Marks of at most ``most`` targets of this kind that have not been checked since ``before`` (µs)."""
    values = {"kind": kind, "before": stored(before), "most": most}
    return list(dict.fromkeys(snapshot.column(_DUE, values)))


def is_due(snapshot: Snapshot, stop: bytes, before: int) -> bool:
    """Whether a target has not been checked since ``before`` (µs)."""
    return snapshot.one(_IS_DUE, {"stop": stop, "before": stored(before)}) is not None


def passed_over(transaction: Transaction, stop: bytes) -> None:
    """Postpones a target to tomorrow's round, which starts at the same event."""
    transaction.run(_PASSED_OVER, {"stop": stop, "now": stored(transaction.now)})


def going_to(snapshot: Snapshot, stop: bytes) -> list[Watching]:
    return [_read(row) for row in snapshot.all(_TO, {"stop": stop})]


def looked(transaction: Transaction, stop: bytes, event: int) -> None:
    """Records the last event this target was notified of, in the transaction that posts the message."""
    transaction.run(_LOOKED, {"stop": stop, "event": event, "now": stored(transaction.now)})


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()[: pseudonyms.SIZE]


def _read(row: tuple[Any, ...]) -> Watching:
    recipient, kind, target, stop, language, event, proved_at = row
    return Watching(recipient, kind, bytes(target), bytes(stop), language, event, micros(proved_at))
