"""Messages of the outbox that need a person: failed and waiting for another try, or given up. Retried or dropped.

An address is shown masked, and a text never.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import text

from consents.columns import micros, stored
from consents.instants import DAY
from consents.keys import Keyring
from consents.people.recipients import mask
from consents.store import Snapshot, Statement, Transaction

_PARKED = Statement(
    text(
        "SELECT id, kind, state, created_at, tries, error, sealed, secret FROM outbox "
        "WHERE state = 'given_up' OR (state = 'waiting' AND tries > 0) ORDER BY id DESC LIMIT :most"
    )
)
_TALLY = Statement(
    text(
        "SELECT count(*) FROM outbox WHERE state = 'waiting' AND tries > 0 UNION ALL "
        "SELECT count(*) FROM outbox WHERE state = 'given_up'"
    )
)
_RETRY = Statement(
    text(
        "UPDATE outbox SET state = 'waiting', settled_at = NULL, next_try_at = :now, "
        "expires_at = CASE WHEN expires_at < :later THEN :later ELSE expires_at END "
        "WHERE id = :id AND sealed IS NOT NULL AND NOT secret "
        "AND (state = 'given_up' OR (state = 'waiting' AND tries > 0))"
    )
)
_DROP = Statement(
    text(
        "UPDATE outbox SET state = 'given_up', settled_at = :now, error = :error, sealed = NULL "
        "WHERE id = :id AND (state = 'given_up' OR (state = 'waiting' AND tries > 0))"
    )
)


class ParkedMessage(NamedTuple):
    """``to``: masked, "" where it is forgotten; ``again``: whether it can be tried again; ``created_at``: µs."""

    id: int
    kind: str
    state: str
    created_at: int
    tries: int
    error: str
    to: str
    again: bool


class ParkedCounts(NamedTuple):
    """How many wait for another try, and how many were given up and are still kept."""

    failing: int
    given_up: int


def listed(snapshot: Snapshot, keyring: Keyring, most: int = 100) -> list[ParkedMessage]:
    """The newest."""
    found = []
    for number, kind, state, at, tries, error, sealed, secret in snapshot.all(_PARKED, {"most": most}):
        to = "" if sealed is None else mask(keyring.unseal_evidence(bytes(sealed))["to"])
        again = sealed is not None and not secret
        found.append(ParkedMessage(number, kind, state, micros(at), tries, error or "", to, again))
    return found


def counts(snapshot: Snapshot) -> ParkedCounts:
    """How many there are."""
    (failing,), (given_up,) = snapshot.all(_TALLY)
    return ParkedCounts(failing, given_up)


def retry(transaction: Transaction, number: int) -> bool:
    """Has a message tried again at once, for a day at least; False where it cannot: sent, forgotten, or a code."""
    values = {"id": number, "now": stored(transaction.now), "later": stored(transaction.now + DAY)}
    return transaction.run(_RETRY, values) == 1


def drop(transaction: Transaction, number: int, reason: str) -> bool:
    """Gives a message up for good and forgets its text; ``reason`` stays. False where none of this number is parked."""
    reason = "".join(filter(str.isprintable, reason)).strip()[:200]
    values = {"id": number, "now": stored(transaction.now), "error": f"dropped: {reason}"}
    return transaction.run(_DROP, values) == 1
