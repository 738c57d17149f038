"""The outbox: a message is a row written with its cause, and leaves once that is durable (L9). After the commit call
``arrived``; otherwise it leaves within a second."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import text as sql

from consents.columns import micros, stored
from consents.keys import Keyring
from consents.registry import Registry
from consents.store import Bells, Only, Snapshot, Statement, Transaction, Value
from gateways.carrier import Kind

STALE = 15 * 60 * 1_000_000  # µs: a carrier that was not even tried for so long may be well again

_COLUMNS = "kind,sealed,secret,created_at,expires_at,next_try_at,tries,state,who"
_DUE = Statement(
    sql(
        "SELECT 1 FROM outbox WHERE state = 'waiting' AND kind = :kind AND secret IN (TRUE, FALSE) "
        "AND next_try_at <= :now LIMIT 1"
    )
)
_FAILED_AT: Value[float] = Statement(
    sql("SELECT failed_at FROM carrier WHERE kind = :kind AND failing_since IS NOT NULL")
)
_TALLY = Statement(
    sql(
        "SELECT kind, 'waiting', count(*) FROM outbox WHERE state = 'waiting' GROUP BY kind UNION ALL "
        "SELECT kind, 'given_up', count(*) FROM outbox WHERE state = 'given_up' GROUP BY kind"
    )
)
_FAILING = Statement(sql("SELECT kind, failing_since FROM carrier WHERE failing_since IS NOT NULL ORDER BY kind"))
_RESTING = Statement(sql("SELECT name, kind, rests_until FROM gateway_rest WHERE rests_until > :now ORDER BY name"))
_READABLE = Statement(
    sql("SELECT kind, sealed, created_at FROM outbox WHERE sealed IS NOT NULL ORDER BY id DESC LIMIT :most")
)

_FORGET = Statement(sql("DELETE FROM outbox WHERE who = :who"))
_LAST: Value[int] = Statement(sql("SELECT max(id) FROM outbox"))
# For an EXISTS: format it with the SQL of a message's number.
REFUSED = "SELECT 1 FROM outbox WHERE outbox.id = {} AND outbox.state = 'given_up' AND settled_at < outbox.expires_at"
_REFUSED: Value[int] = Statement(sql(REFUSED.format(":id")))

_ADDRESS = {
    "sms": re.compile(r"\+[1-9][0-9]{6,14}"),  # E.164
    "call": re.compile(r"\+[1-9][0-9]{6,14}"),
    "mail": re.compile(r"[^\s@<>,;:\"\\()\[\]\x00-\x1f\x7f]{1,64}@[A-Za-z0-9.-]{1,255}"),
}
# Controls and the separators of lines and paragraphs; a text may have line feeds.
_UNSENDABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")

_bells = Bells()


class Readable(NamedTuple):
    at: int
    kind: str
    to: str
    subject: str
    text: str


def post(
    transaction: Transaction,
    keyring: Keyring,
    *,
    kind: Kind,
    to: str,
    text: str,
    subject: str = "",
    secret: bool = False,
    expires_at: int,
    headers: Mapping[str, str] | None = None,
    only: Only | None = None,
) -> None:
    """Posts a message, sealed; ``only``: a condition. ``to``: canonical. ``secret``: a code, whose text is deleted
    when sent or expired. ``expires_at``: µs. ``headers``: extra ones of a mail, the language of a call. Errors:
    ValueError (never repeating the text) for characters that would start a header or line, or a wrong kind of
    address."""
    if not _ADDRESS[kind].fullmatch(to):
        raise ValueError(f"no address to send {kind} to")
    more = {"headers": dict(headers)} if headers else {}
    in_a_line = "".join([subject, *(part for field in (headers or {}).items() for part in field)])
    if _UNSENDABLE.search(in_a_line + text) or "\n" in in_a_line:
        raise ValueError("a message with a control character")
    sealed, _ = keyring.seal_evidence({"to": to, "subject": subject, "text": text, **more})
    now = stored(transaction.now)
    row = (kind, sealed, secret, now, stored(expires_at), now, 0, "waiting", keyring.digest(to))
    transaction.insert("outbox", _COLUMNS, [row], only=only)


def forget(transaction: Transaction, digest: bytes) -> int:
    """Deletes the messages to an erased address (``Keyring.digest``), sent or not; how many."""
    return transaction.run(_FORGET, {"who": digest})


def last(transaction: Transaction) -> int | None:
    """The number of the newest message: of the one that this transaction posted last; None while there is none."""
    return transaction.value(_LAST)


def refused(snapshot: Snapshot, number: int) -> bool:
    """Whether the carrier refused this message for good, and not for want of time."""
    return snapshot.value(_REFUSED, {"id": number}) is not None


def due(snapshot: Snapshot, kind: Kind, now: int) -> bool:
    return snapshot.one(_DUE, {"kind": kind, "now": stored(now)}) is not None


def down(snapshot: Snapshot, kind: Kind, now: int) -> bool:
    """Whether this kind's carrier fails at ``now`` (µs), so that a page can name another way."""
    failed_at = snapshot.value(_FAILED_AT, {"kind": kind})
    return failed_at is not None and micros(failed_at) > now - STALE


def tally(snapshot: Snapshot) -> dict[tuple[str, str], int]:
    """Waiting and recently given-up messages: (kind, state) -> count."""
    return {(kind, state): count for kind, state, count in snapshot.all(_TALLY)}


def failing(snapshot: Snapshot) -> dict[str, int]:
    return {kind: micros(since) for kind, since in snapshot.all(_FAILING)}


def resting(snapshot: Snapshot, now: int) -> dict[str, tuple[str, int]]:
    """The gateways that rest at ``now`` (µs): name -> (kind, until µs)."""
    rows = snapshot.all(_RESTING, {"now": stored(now)})
    return {name: (kind, micros(until)) for name, kind, until in rows}


def readable(snapshot: Snapshot, keyring: Keyring, most: int) -> list[Readable]:
    """The newest messages whose text is kept, at most ``most``; for the trial phone of a demo."""
    found = []
    for kind, sealed, at in snapshot.all(_READABLE, {"most": most}):
        words = keyring.unseal_evidence(bytes(sealed))
        found.append(Readable(micros(at), kind, words["to"], words["subject"], words["text"]))
    return found


def arrived(registry: Registry) -> None:
    """Signals a committed message on the serving event loop; workers elsewhere poll."""
    _bells.ring(registry.store)


def bell(registry: Registry) -> asyncio.Event:
    """A new event that is set at each ``arrived``, as long as it is referenced."""
    return _bells.hang(registry.store)
