"""Claims and settles messages of the outbox, each in one short transaction. A claim is a lease: after ``LEASE``
another worker sends a dead one's message, so none is lost and a few are sent twice. If only the database fails,
``delivery`` remembers what was sent."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import text

from consents.columns import micros, stored
from consents.instants import SECOND
from consents.keys import Keyring
from consents.store import Statement, Transaction
from gateways.carrier import Kind, OutgoingMessage

LEASE = 30 * SECOND
PAUSES = (5 * SECOND, 30 * SECOND, 120 * SECOND, 600 * SECOND)  # after the first try, the second, …; the last stays

_EXPIRE = Statement(
    text(
        "UPDATE outbox SET state = 'given_up', settled_at = :now, error = coalesce(error, 'expired'), "
        "sealed = CASE WHEN secret THEN NULL ELSE sealed END "
        "WHERE state = 'waiting' AND kind = :kind AND secret IN (TRUE, FALSE) AND next_try_at <= :now "
        "AND expires_at <= :now RETURNING id, tries, error"
    )
)
_CLAIM = Statement(
    text(
        "UPDATE outbox SET tries = tries + 1, "
        "next_try_at = CASE WHEN expires_at < :until THEN expires_at ELSE :until END "
        "WHERE id IN (SELECT id FROM outbox WHERE state = 'waiting' AND kind = :kind AND secret = :secret "
        "AND next_try_at <= :now AND (tries = 0 OR :again) ORDER BY next_try_at LIMIT :most) "
        "RETURNING id, sealed, tries, created_at, expires_at, via"
    )
)
_SENT = Statement(
    text(
        "UPDATE outbox SET state = 'sent', settled_at = :now, message_id = :message_id, error = NULL, "
        "sealed = CASE WHEN secret THEN NULL ELSE sealed END WHERE id = :id"
    )
)
_GIVE_UP = Statement(
    text(
        "UPDATE outbox SET state = 'given_up', settled_at = :now, error = :error, "
        "sealed = CASE WHEN secret THEN NULL ELSE sealed END WHERE id = :id AND state = 'waiting'"
    )
)
# Only the latest claim speaks for the message.
_POSTPONE = Statement(
    text(
        "UPDATE outbox SET error = :error, via = coalesce(:via, via), "
        "next_try_at = CASE WHEN expires_at < :until THEN expires_at ELSE :until END "
        "WHERE id = :id AND tries = :tries AND state = 'waiting'"
    )
)
_FAILING = Statement(
    text(
        "INSERT INTO carrier (kind, failing_since, failed_at) VALUES (:kind, :now, :now) ON CONFLICT (kind) "
        "DO UPDATE SET failing_since = coalesce(carrier.failing_since, excluded.failed_at), "
        "failed_at = excluded.failed_at"
    )
)
_ANSWERS = Statement(text("UPDATE carrier SET failing_since = NULL WHERE kind = :kind AND failing_since IS NOT NULL"))
# Numbers rise with time, so the oldest rows stand first.


class ClaimedMessage(NamedTuple):
    id: int
    kind: Kind
    sealed: bytes
    tries: int  # this one included
    created_at: int
    expires_at: int
    via: str = ""  # the gateway that may have taken it


class Expired(NamedTuple):
    """A message too old to be sent; ``error``: why it was not."""

    id: int
    tries: int
    error: str


def claim(
    transaction: Transaction, kind: Kind, most: int, again: bool = True
) -> tuple[list[ClaimedMessage], list[Expired]]:
    """Claims at most ``most`` due messages, codes first, and gives up all that are too old. ``again``: also those
    tried before."""
    now = transaction.now
    values = {"kind": kind, "now": stored(now)}
    expired = [Expired(*row) for row in transaction.all(_EXPIRE, values)]
    claimed: list[ClaimedMessage] = []
    for secret in (True, False):
        if room := most - len(claimed):
            wanted = {**values, "secret": secret, "most": room, "again": again, "until": stored(now + LEASE)}
            for row, sealed, tries, created_at, expires_at, via in transaction.all(_CLAIM, wanted):
                times = micros(created_at), micros(expires_at)
                claimed.append(ClaimedMessage(row, kind, bytes(sealed), tries, *times, via or ""))
    return claimed, expired


def opened(keyring: Keyring, claimed: ClaimedMessage, now: int) -> OutgoingMessage:
    """The readable message of a claim. Its reference comes from the seal's salt, so every try has the same."""
    words = keyring.unseal_evidence(claimed.sealed)
    reference = hashlib.sha256(words["salt"].encode()).hexdigest()[:32]
    texts, headers = (words["to"], words["subject"], words["text"]), words.get("headers", {})
    return OutgoingMessage(claimed.kind, *texts, now, claimed.expires_at, reference, headers, claimed.via)


def sent(transaction: Transaction, claimed: ClaimedMessage, message_id: str) -> None:
    """Settles a claim: the carrier has taken the message, even after the lease."""
    transaction.run(_SENT, {"id": claimed.id, "now": stored(transaction.now), "message_id": _plain(message_id)})
    transaction.run(_ANSWERS, {"kind": claimed.kind})


def give_up(transaction: Transaction, claimed: ClaimedMessage, error: str) -> None:
    """Settles a claim: the carrier will never take this message."""
    transaction.run(_GIVE_UP, {"id": claimed.id, "now": stored(transaction.now), "error": _plain(error)})
    transaction.run(_ANSWERS, {"kind": claimed.kind})


def postpone(
    transaction: Transaction, claimed: ClaimedMessage, error: str, carrier_down: bool, via: str | None = None
) -> None:
    """Returns a claim for a later try; ``carrier_down``: ``outbox.down`` reports it. ``via``: the only gateway to
    try from now on."""
    until = transaction.now + PAUSES[min(claimed.tries, len(PAUSES)) - 1]
    transaction.run(
        _POSTPONE,
        {"id": claimed.id, "tries": claimed.tries, "error": _plain(error), "until": stored(until), "via": via},
    )
    now = stored(transaction.now)
    if carrier_down:
        transaction.run(_FAILING, {"kind": claimed.kind, "now": now})
    else:
        transaction.run(_ANSWERS, {"kind": claimed.kind})


def _plain(given: str) -> str:
    """A carrier's message id in a storable form, so that a taken message is not sent again."""
    return "".join(filter(str.isprintable, str(given)))[:200]


def note_rests(transaction: Transaction, kind: Kind, news: Mapping[str, float]) -> None:
    """Records which gateways rest, and for how many seconds; 0: it answers again."""
    now = transaction.now
    rows = [(name, kind, stored(now + round(seconds * SECOND))) for name, seconds in news.items()]
    transaction.upsert("gateway_rest", "name", "name,kind,rests_until", rows)
