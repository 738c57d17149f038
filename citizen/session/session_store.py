"""Tables ``session`` and ``session_address``. The key is the SHA-256 of the cookie's id, so a copy of the table
signs nobody in. An ended session is deleted."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, select, text, update

from citizen.tables import SessionAddress, StoredSession
from consents.columns import micros, optional_micros, stored
from consents.instants import HOUR, MINUTE
from consents.keys import Keyring
from consents.people.held_keys import WrongKey
from consents.store import Snapshot, Statement, Transaction, Value, table
from settings import Settings

MOST_ADDRESSES = 20
_TOUCH_EVERY = MINUTE

_row = table(StoredSession)
_proven = table(SessionAddress)

_FIND = Statement(
    text(
        "SELECT a.place, a.address, a.proved_at, a.last_sign_in, s.started_at, s.touched_at, s.current, s.limited, "
        "s.passkey, v.address, v.place, v.began_at, v.ends_at, v.delegation "
        "FROM session s JOIN session_address a ON a.session = s.key "
        "LEFT JOIN helper_visit v ON v.session = s.key WHERE s.key = :key ORDER BY a.place DESC"
    )
)
_TOUCH = Statement(update(_row).where(_row.c.key == bindparam("of")).values(touched_at=bindparam("now")))
_TURN = Statement(update(_row).where(_row.c.key == bindparam("of")).values(current=bindparam("place")))
_STARTED = Statement(select(_row.c.started_at, _row.c.passkey).where(_row.c.key == bindparam("of")))
_COUNT: Value[int] = Statement(select(func.count()).select_from(_proven).where(_proven.c.session == bindparam("of")))
_MOVE = Statement(update(_proven).where(_proven.c.session == bindparam("of")).values(session=bindparam("to")))
_END = Statement(delete(_row).where(_row.c.key == bindparam("of")))
_END_OF = Statement(
    text("DELETE FROM session WHERE key IN (SELECT session FROM session_address WHERE address = :address)")
)
_ANY_OF: Value[int] = Statement(text("SELECT 1 FROM session_address WHERE address = :address LIMIT 1"))


class Proved(NamedTuple):
    """One address of a session; times in µs."""

    place: int
    address: str
    proved_at: int
    last_sign_in: int | None


class StoredVisit(NamedTuple):
    """The consents shown to a helper. ``place``: of the helper's address; times in µs. ``delegation``: of a lasting
    helper."""

    address: str
    place: int
    began_at: int
    ends_at: int
    delegation: bytes | None = None


class Live(NamedTuple):
    """A live session: its addresses newest first, the place of the shown one, its last use. ``limited``: an SMS
    login. ``visit``: its last one, which may be over. ``passkey``: the digest of the one that began it."""

    proved: tuple[Proved, ...]
    current: int
    touched_at: int
    limited: bool = False
    visit: StoredVisit | None = None
    passkey: bytes | None = None


def find(snapshot: Snapshot, keyring: Keyring, settings: Settings, key: bytes, now: int) -> Live | None:
    """The session by one indexed read; None without one, or when its lifetime, unused or in all, is over."""
    rows = snapshot.all(_FIND, {"key": key})
    if not rows:
        return None
    _, _, _, _, started_at, touched_at, current, limited, passkey, *visit = rows[0]
    started_at, touched_at = micros(started_at), micros(touched_at)
    if now >= touched_at + settings.idle_minutes * MINUTE or now >= started_at + settings.session_hours * HOUR:
        return None
    try:
        proved = tuple([_opened(keyring, *row) for row in rows])
        return Live(proved, current, touched_at, bool(limited), _visit(keyring, *visit), passkey and bytes(passkey))
    except WrongKey:  # sealed before the keys were changed: its holder signs in again
        return None


def touch_is_due(settings: Settings, live: Live, now: int) -> bool:
    """True once a minute at the most, to spare writes."""
    return now - live.touched_at >= min(_TOUCH_EVERY, settings.idle_minutes * MINUTE // 4)


def touch(transaction: Transaction, key: bytes) -> None:
    transaction.run(_TOUCH, {"of": key, "now": stored(transaction.now)})


def open_(
    transaction: Transaction,
    keyring: Keyring,
    key: bytes,
    address: str,
    last_sign_in: int | None,
    *,
    limited: bool = False,
    passkey: bytes | None = None,
) -> None:
    """Begins a session with one proved address. ``limited``: by an SMS login; ``passkey``: by this one."""
    now = stored(transaction.now)
    row = (key, now, now, 0, limited or None, passkey)
    transaction.insert("session", "key,started_at,touched_at,current,limited,passkey", [row])
    _prove(transaction, keyring, key, 0, address, last_sign_in)


def add(
    transaction: Transaction, keyring: Keyring, old: bytes, new: bytes, address: str, last_sign_in: int | None
) -> bool:
    """Adds a proved address to a session under a new key (ASVS 5.0, 7.2.4); its 12 hours go on. False when it has
    ended or is full."""
    begun, place = transaction.one(_STARTED, {"of": old}), transaction.value(_COUNT, {"of": old})
    if begun is None or place is None or place >= MOST_ADDRESSES:
        return False
    started_at, passkey = begun
    fresh = (new, started_at, stored(transaction.now), place, passkey)
    transaction.insert("session", "key,started_at,touched_at,current,passkey", [fresh])
    transaction.run(_MOVE, {"of": old, "to": new})
    end(transaction, old)
    _prove(transaction, keyring, new, place, address, last_sign_in)
    return True


def turn(transaction: Transaction, key: bytes, place: int) -> None:
    """Makes the address at this place the session's current one."""
    transaction.run(_TURN, {"of": key, "place": place})


def end(transaction: Transaction, key: bytes) -> None:
    transaction.run(_END, {"of": key})


def end_of(transaction: Transaction, keyring: Keyring, address: str) -> int:
    """Ends every session, on any device, that holds this address; returns how many."""
    forms = keyring.all_forms(address)
    return sum(transaction.run_as_given(_END_OF, {"address": form}) for form in forms)


def any_of(snapshot: Snapshot, keyring: Keyring, address: str) -> bool:
    """Whether ``end_of`` would end one."""
    return any(snapshot.value(_ANY_OF, {"address": form}) for form in keyring.all_forms(address))


def _prove(
    transaction: Transaction, keyring: Keyring, key: bytes, place: int, address: str, last_sign_in: int | None
) -> None:
    before = None if last_sign_in is None else stored(last_sign_in)
    row = (key, place, keyring.seal(address), stored(transaction.now), before)
    transaction.insert("session_address", "session,place,address,proved_at,last_sign_in", [row])


def _visit(
    keyring: Keyring, sealed: bytes | None, place: int, began_at: float, ends_at: float, delegation: bytes | None
) -> StoredVisit | None:
    if sealed is None:
        return None
    address = keyring.unseal(sealed)
    assert address is not None  # an erasure leaves no digest in this table
    return StoredVisit(address, place, micros(began_at), micros(ends_at), delegation and bytes(delegation))


def _opened(keyring: Keyring, place: int, sealed: bytes, proved_at: float, last: float | None, *_: object) -> Proved:
    address = keyring.unseal(sealed)
    assert address is not None  # an erasure leaves no digest in this table
    return Proved(place, address, micros(proved_at), optional_micros(last))
