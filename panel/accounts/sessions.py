"""Tables ``panel_session`` and ``panel_device``. The key is the SHA-256 of the cookie's id. An ended session is
deleted, so a copied cookie is worthless at once."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import text

from consents.columns import micros, stored
from consents.instants import HOUR, MINUTE
from consents.store import Snapshot, Statement, Transaction

IDLE, LIFE = 30 * MINUTE, 12 * HOUR
FRESH = 5 * MINUTE  # for how long after the second step it may be changed
CHALLENGE = 5 * MINUTE  # for how long a passkey may answer
_TOUCH_EVERY = MINUTE

_FIND = Statement(text("SELECT person, device, started_at, touched_at, step_at FROM panel_session WHERE key = :key"))
_OF = Statement(
    text(
        "SELECT s.key, s.device, s.started_at, s.touched_at, coalesce(d.label, '') FROM panel_session s "
        "LEFT JOIN panel_device d ON d.person = s.person AND d.device = s.device "
        "WHERE s.person = :person AND s.touched_at > :idle AND s.started_at > :life ORDER BY s.touched_at DESC"
    )
)
_TOUCH = Statement(text("UPDATE panel_session SET touched_at = :now WHERE key = :key"))
_STEP = Statement(text("UPDATE panel_session SET step_at = :now, key = :new WHERE key = :key"))
_END = Statement(text("DELETE FROM panel_session WHERE key = :key"))
_END_OF = Statement(text("DELETE FROM panel_session WHERE person = :person"))
_END_OTHERS = Statement(text("DELETE FROM panel_session WHERE person = :person AND key <> :key"))
_ASK = Statement(text("UPDATE panel_session SET challenge = :challenge, challenge_at = :now WHERE key = :key"))
_ASKED = Statement(text("SELECT challenge, challenge_at FROM panel_session WHERE key = :key"))
_ANY_DEVICE = Statement(text("SELECT 1 FROM panel_device WHERE person = :person LIMIT 1"))
_RENEW = Statement(
    text("UPDATE panel_device SET device = :new, last_at = :now WHERE person = :person AND device = :device")
)
_DEVICES = Statement(
    text("SELECT device, label, first_at, last_at FROM panel_device WHERE person = :person ORDER BY last_at DESC")
)
_FORGET = Statement(text("DELETE FROM panel_device WHERE person = :person"))


class LiveSession(NamedTuple):
    """A session that has not run out; times in µs."""

    person: int
    device: bytes
    started_at: int
    touched_at: int
    step_at: int | None


class OpenSession(NamedTuple):
    """A session as its person sees it; times in µs."""

    key: bytes
    device: bytes
    started_at: int
    touched_at: int
    label: str


class Device(NamedTuple):
    device: bytes
    label: str
    first_at: int
    last_at: int


def find(snapshot: Snapshot, key: bytes, now: int) -> LiveSession | None:
    """The session; None without one, after 30 minutes unused or 12 hours in all."""
    row = snapshot.one(_FIND, {"key": key})
    if row is None:
        return None
    person, device, started, touched, step = row
    live = LiveSession(person, bytes(device), micros(started), micros(touched), None if step is None else micros(step))
    return live if now < live.touched_at + IDLE and now < live.started_at + LIFE else None


def touch_is_due(touched_at: int, now: int) -> bool:
    """True once a minute at the most, to spare writes."""
    return now - touched_at >= _TOUCH_EVERY


def touch(transaction: Transaction, key: bytes) -> None:
    """Records the session's use."""
    transaction.run(_TOUCH, {"key": key, "now": stored(transaction.now)})


def open_(transaction: Transaction, key: bytes, person: int, device: bytes) -> None:
    """Begins a session, without its second step."""
    now = stored(transaction.now)
    transaction.insert("panel_session", "key,person,device,started_at,touched_at", [(key, person, device, now, now)])


def pass_step(transaction: Transaction, key: bytes, new: bytes) -> bool:
    """Records the second step; the session gets a new key (ASVS 5.0, 7.2.4). False where it has ended."""
    return transaction.run(_STEP, {"key": key, "new": new, "now": stored(transaction.now)}) == 1


def end(transaction: Transaction, key: bytes) -> None:
    transaction.run(_END, {"key": key})


def end_of(transaction: Transaction, person: int) -> int:
    return transaction.run(_END_OF, {"person": person})


def end_others(transaction: Transaction, person: int, key: bytes) -> int:
    """Ends the person's sessions except one."""
    return transaction.run(_END_OTHERS, {"person": person, "key": key})


def sessions_of(snapshot: Snapshot, person: int, now: int) -> list[OpenSession]:
    """A person's live sessions, the last used first."""
    values = {"person": person, "idle": stored(now - IDLE), "life": stored(now - LIFE)}
    return [
        OpenSession(bytes(key), bytes(device), micros(began), micros(used), label)
        for key, device, began, used, label in snapshot.all(_OF, values)
    ]


def challenge(transaction: Transaction, key: bytes, made: bytes) -> None:
    """Stores a passkey's challenge; replaces the previous one."""
    transaction.run(_ASK, {"key": key, "challenge": made, "now": stored(transaction.now)})


def take_challenge(transaction: Transaction, key: bytes) -> bytes | None:
    """The passkey's challenge; valid once, for five minutes."""
    made, at = transaction.one(_ASKED, {"key": key}) or (None, None)
    transaction.run(_ASK, {"key": key, "challenge": None, "now": None})
    return None if made is None or transaction.now > micros(at) + CHALLENGE else bytes(made)


def remember(transaction: Transaction, person: int, old: bytes | None, new: bytes, label: str) -> bool:
    """Records the browser's new cookie. True for a new browser of a person who has others."""
    now = stored(transaction.now)
    values = {"person": person, "device": old, "new": new, "now": now}
    if old is not None and transaction.run(_RENEW, values):
        return False
    others = transaction.one(_ANY_DEVICE, {"person": person}) is not None
    columns = "person,device,label,first_at,last_at"
    transaction.insert("panel_device", columns, [(person, new, label, now, now)])
    return others


def devices(snapshot: Snapshot, person: int) -> list[Device]:
    found = snapshot.all(_DEVICES, {"person": person})
    return [Device(bytes(key), label, micros(first), micros(last)) for key, label, first, last in found]


def forget_devices(transaction: Transaction, person: int) -> None:
    """Forgets all browsers of the person."""
    transaction.run(_FORGET, {"person": person})
