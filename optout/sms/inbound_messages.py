"""Table ``inbound_message``: received messages, once each; those for a person; replies."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

from sqlalchemy import text

from consents.columns import micros, optional_micros, stored
from consents.keys import Keyring
from consents.people import recipients
from consents.people.recipients import BadAddress
from consents.store import PrefetchRead, Snapshot, Statement, Transaction, Value
from gateways.received import Received

_NAME = 120  # characters
_TEXT = 2_000  # of what could not be read

_SEEN = Statement(text("SELECT reply FROM inbound_message WHERE carrier = :carrier AND name = :name"))
_UNCLEAR = Statement(
    text(
        "SELECT id, received_at, sealed FROM inbound_message WHERE state = 'unclear' AND sealed IS NOT NULL "
        "ORDER BY received_at, id"
    )
)
_WAITING = Statement(
    text(
        "SELECT carrier, count(*) FROM inbound_message WHERE state = 'unclear' AND sealed IS NOT NULL GROUP BY carrier"
    )
)
_OLDEST: Value[float | None] = Statement(
    text("SELECT min(received_at) FROM inbound_message WHERE state = 'unclear' AND sealed IS NOT NULL")
)
_DONE = Statement(text("UPDATE inbound_message SET state = 'done', sealed = NULL WHERE id = :id AND state = 'unclear'"))
_FORGET = Statement(
    text("UPDATE inbound_message SET state = 'done', sealed = NULL, reply = NULL, who = NULL WHERE who = :who")
)
# A login code or a card's number, sent here by mistake: never kept.
_SECRET = re.compile(r"\d(?:[ -]?\d){3,}")
_LETTER = re.compile(r"[^\W\d_]")


class Unclear(NamedTuple):
    """A message for a person. ``received_at``: µs; ``sender``: as the carrier wrote it."""

    id: int
    received_at: int
    sender: str
    text: str


class Repeated(NamedTuple):
    reply: str | None


def asked(inbound: Received) -> PrefetchRead:
    return PrefetchRead(_SEEN, {"carrier": inbound.carrier, "name": name(inbound)})


def repeated(snapshot: Snapshot, keyring: Keyring, inbound: Received) -> Repeated | None:
    if (row := snapshot.one(*asked(inbound))) is None:
        return None
    (reply,) = row
    return Repeated(None if reply is None else keyring.unseal_evidence(reply)["text"])


def keep(
    transaction: Transaction, keyring: Keyring, inbound: Received, reply: str | None, *, unclear: bool = False
) -> None:
    """Stores the message; its text only for a person (``unclear``)."""
    shown = _SECRET.sub("####", inbound.text)
    readable = unclear and (_LETTER.search(shown) is not None or not re.search(r"[\d#]", shown)) and bool(shown.strip())
    kept = {"from": inbound.sender, "to": inbound.to, "text": shown}
    row = (
        inbound.carrier,
        name(inbound),
        stored(inbound.received_at),
        "unclear" if readable else "done",
        keyring.seal_evidence(kept)[0] if readable else None,
        None if reply is None else keyring.seal_evidence({"text": reply})[0],
        _who(keyring, inbound.sender) if readable or reply is not None else None,
    )
    transaction.insert("inbound_message", "carrier,name,received_at,state,sealed,reply,who", [row])


def forget(transaction: Transaction, digest: bytes) -> int:
    """Deletes the texts that came from an erased address (``Keyring.digest``), and the replies; how many. The carrier's
    id stays, so that a repeated delivery changes nothing."""
    return transaction.run(_FORGET, {"who": digest})


def _who(keyring: Keyring, sender: str) -> bytes | None:
    try:
        return keyring.digest(recipients.parse(sender).address)
    except BadAddress:  # a short code, or no address at all
        return None


def known(snapshot: Snapshot, inbound: Received) -> bool:
    return snapshot.one(*asked(inbound)) is not None


def keep_unread(transaction: Transaction, keyring: Keyring, inbound: Received) -> None:
    """Stores an unreadable or failed message for a person; does nothing for a repeated delivery."""
    if known(transaction, inbound):
        return
    safe = (part.encode("utf-8", "replace").decode() for part in (inbound.sender, inbound.to, inbound.text[:_TEXT]))
    sender, to, text = safe
    kept = inbound._replace(sender=sender[:_NAME], to=to[:_NAME], text=text)
    keep(transaction, keyring, kept, None, unclear=True)


def unclear(snapshot: Snapshot, keyring: Keyring) -> list[Unclear]:
    found = []
    for number, received_at, sealed in snapshot.all(_UNCLEAR):
        kept = keyring.unseal_evidence(bytes(sealed))
        found.append(Unclear(number, micros(received_at), kept["from"], kept["text"]))
    return found


def waiting(snapshot: Snapshot) -> dict[str, int]:
    return dict(snapshot.all(_WAITING))


def oldest(snapshot: Snapshot) -> int | None:
    """Since when the first one waits for a person (µs)."""
    return optional_micros(snapshot.value(_OLDEST))


def done(transaction: Transaction, number: int) -> bool:
    """Deletes the text that a person has read; False where nothing of this number waits."""
    return transaction.run(_DONE, {"id": number}) == 1


def name(inbound: Received) -> str:
    """The carrier's id of the message, or its contents where it has none."""
    given = inbound.name
    if given and len(given) <= _NAME and given.isascii() and given.isprintable():
        return given
    content = repr(given or (inbound.sender, inbound.to, inbound.text, inbound.received_at))
    return "sha256 " + hashlib.sha256(content.encode("utf-8", "backslashreplace")).hexdigest()
