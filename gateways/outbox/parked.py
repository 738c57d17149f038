"""Failed messages of the outbox: waiting for another try, or given up. Addresses are shown masked, texts never."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import text

from consents.columns import micros, stored
from consents.instants import DAY
from consents.keys import Keyring
from consents.people.recipients import mask
from consents.store import Snapshot, Statement, Transaction

_DROPPED = "dropped:"  # the error of a dropped message; the log of acts has the encrypted reason
_COLUMNS = "id, kind, state, created_at, tries, error, sealed, secret"
_KEPT = f"substr(coalesce(error, ''), 1, {len(_DROPPED)}) <> '{_DROPPED}'"
_IS = f"((state = 'given_up' AND {_KEPT}) OR (state = 'waiting' AND tries > 0))"
_ONE = Statement(text(f"SELECT {_COLUMNS} FROM outbox WHERE id = :id AND {_IS}"))
_PARKED = Statement(text(f"SELECT {_COLUMNS} FROM outbox WHERE {_IS} ORDER BY id DESC LIMIT :most"))
_TALLY = Statement(
    text(
        "SELECT count(*), min(created_at) FROM outbox WHERE state = 'waiting' AND tries > 0 UNION ALL "
        f"SELECT count(*), min(created_at) FROM outbox WHERE state = 'given_up' AND {_KEPT}"
    )
)
_RETRY = Statement(
    text(
        "UPDATE outbox SET state = 'waiting', settled_at = NULL, next_try_at = :now, "
        "expires_at = CASE WHEN expires_at < :later THEN :later ELSE expires_at END "
        f"WHERE id = :id AND sealed IS NOT NULL AND NOT secret AND {_IS}"
    )
)
_DROP = Statement(
    text(
        "UPDATE outbox SET state = 'given_up', settled_at = :now, error = :error, sealed = NULL "
        f"WHERE id = :id AND {_IS}"
    )
)


class ParkedMessage(NamedTuple):
    """``to``: masked, "" where deleted; ``again``: whether it can be retried; ``created_at``: µs."""

    id: int
    kind: str
    state: str
    created_at: int
    tries: int
    error: str
    to: str
    again: bool


class ParkedCounts(NamedTuple):
    """Messages waiting for a retry, and given up but not dropped; the age of the oldest (µs)."""

    failing: int
    given_up: int
    oldest: int | None


def listed(snapshot: Snapshot, keyring: Keyring, most: int = 100) -> list[ParkedMessage]:
    return [_shown(keyring, row) for row in snapshot.all(_PARKED, {"most": most})]


def by_number(snapshot: Snapshot, keyring: Keyring, number: int) -> ParkedMessage | None:
    row = snapshot.one(_ONE, {"id": number})
    return None if row is None else _shown(keyring, row)


def counts(snapshot: Snapshot) -> ParkedCounts:
    (failing, one), (given_up, other) = snapshot.all(_TALLY)
    return ParkedCounts(failing, given_up, min((micros(at) for at in (one, other) if at is not None), default=None))


def retry(transaction: Transaction, number: int) -> bool:
    """Retries a message at once, for a day at least; False where it was sent, deleted, or is a code."""
    values = {"id": number, "now": stored(transaction.now), "later": stored(transaction.now + DAY)}
    return transaction.run(_RETRY, values) == 1


def drop(transaction: Transaction, number: int) -> bool:
    """Gives a message up for good and deletes its text. False where this number is not parked."""
    values = {"id": number, "now": stored(transaction.now), "error": _DROPPED}
    return transaction.run(_DROP, values) == 1


def _shown(keyring: Keyring, row: tuple[Any, ...]) -> ParkedMessage:
    number, kind, state, at, tries, error, sealed, secret = row
    to = "" if sealed is None else mask(keyring.unseal_evidence(bytes(sealed))["to"])
    again = sealed is not None and not secret
    return ParkedMessage(number, kind, state, micros(at), tries, error or "", to, again)
