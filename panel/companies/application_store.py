"""Table ``provider_application``: companies that apply, and the operator's decisions."""

from __future__ import annotations

from collections import Counter
from enum import IntEnum
from typing import Any, NamedTuple

from sqlalchemy import text

from consents.columns import micros, stored
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction, Value
from panel.audit.change import Change

_COLUMNS = (
    "id, email, title, brand, mersis, tax, signatory, size, partner, state, asked_at, decided_at, decided_by, why, "
    "provider, phone"
)
_BY_ID = Statement(text(f"SELECT {_COLUMNS} FROM provider_application WHERE id = :id"))
_WAITING = Statement(text(f"SELECT {_COLUMNS} FROM provider_application WHERE state = 0 ORDER BY id"))
_DECIDED = Statement(
    text(f"SELECT {_COLUMNS} FROM provider_application WHERE state > 0 ORDER BY decided_at DESC LIMIT 50")
)
_SAME = Statement(
    text(f"SELECT {_COLUMNS} FROM provider_application WHERE state = 0 AND mersis = :mersis ORDER BY id LIMIT 20")
)
_OPEN = Statement(text(f"SELECT {_COLUMNS} FROM provider_application WHERE state = 0 AND email = :email ORDER BY id"))
_ADD = Statement(
    text(
        "INSERT INTO provider_application "
        "(email, title, brand, mersis, tax, signatory, phone, size, partner, state, asked_at) "
        "VALUES (:email, :title, :brand, :mersis, :tax, :signatory, :phone, :size, :partner, 0, :now) RETURNING id"
    )
)
# In one statement: of two that decide at once, one finds it waiting.
_DECIDE = Statement(
    text(
        "UPDATE provider_application SET state = :state, decided_at = :now, decided_by = :by, why = :why, "
        "provider = :provider WHERE id = :id AND state = 0"
    )
)
_OLD: Value[int] = Statement(
    text(
        "SELECT id FROM provider_application WHERE id > :after AND state > 0 AND decided_at < :before "
        "AND length(tax) > 0 ORDER BY id LIMIT :most"
    )
)
_FORGET = Statement(
    text(
        "UPDATE provider_application SET email = :empty, tax = :empty, signatory = :empty, phone = NULL, why = NULL "
        "WHERE id = :id AND state > 0"
    )
)


class ApplicationState(IntEnum):
    WAITING = 0
    APPROVED = 1
    REFUSED = 2


class SizeClass(IntEnum):
    """A company's number of addresses, in classes; the store keeps the class's number."""

    SMALL = 0  # up to 150,000
    LARGE = 1  # more


class NewApplication(NamedTuple):
    """A company's own data. ``email``: proved; ``mersis``: "" of a sole trader who is not in the trade register;
    ``partner``: internal id of a wanted one; ``phone``: where to call, or ""."""

    email: str
    title: str
    brand: str
    mersis: str
    tax: str
    signatory: str
    size: SizeClass
    partner: int | None
    phone: str = ""


class Application(NamedTuple):
    """An application; times in µs."""

    id: int
    email: str
    title: str
    brand: str
    mersis: str
    tax: str
    signatory: str
    size: SizeClass
    partner: int | None
    state: ApplicationState
    asked_at: int
    decided_at: int | None
    decided_by: int | None
    why: str
    provider: int | None
    phone: str


def add(transaction: Transaction, keyring: Keyring, new: NewApplication) -> int:
    """Stores an application; returns its number."""
    sealed = {
        "email": keyring.seal(new.email),
        "tax": keyring.seal_data(new.tax.encode()),
        "signatory": keyring.seal_data(new.signatory.encode()),
        "phone": keyring.seal_data(new.phone.encode()) if new.phone else None,
    }
    row = transaction.one(_ADD, {**new._asdict(), **sealed, "size": new.size.value, "now": stored(transaction.now)})
    assert row is not None
    (number,) = row
    return int(number)


def by_number(snapshot: Snapshot, keyring: Keyring, number: int) -> Application | None:
    row = snapshot.one(_BY_ID, {"id": number})
    return None if row is None else _opened(keyring, row)


def waiting(snapshot: Snapshot, keyring: Keyring) -> list[Application]:
    """Open applications, the oldest first."""
    return [_opened(keyring, row) for row in snapshot.all(_WAITING)]


def decided(snapshot: Snapshot, keyring: Keyring) -> list[Application]:
    """The latest decisions, the newest first."""
    return [_opened(keyring, row) for row in snapshot.all(_DECIDED)]


def alike(snapshot: Snapshot, keyring: Keyring, application: Application) -> list[Application]:
    """Other open applications with the MERSİS number of this one; without one, with its tax or identity number."""
    if application.mersis:
        found = of_mersis(snapshot, keyring, application.mersis)
    else:
        found = [one for one in waiting(snapshot, keyring) if one.tax == application.tax]
    return [one for one in found if one.id != application.id]


def of_mersis(snapshot: Snapshot, keyring: Keyring, mersis: str) -> list[Application]:
    """Open applications with this unverified MERSİS number, the oldest first."""
    return [_opened(keyring, row) for row in snapshot.all(_SAME, {"mersis": mersis})]


def open_of(transaction: Transaction, keyring: Keyring, email: str) -> list[Application]:
    """A canonical e-mail's open applications."""
    rows = (row for form in keyring.all_forms(email) for row in transaction.all(_OPEN, {"email": form}))
    return [_opened(keyring, row) for row in rows]


def decide(change: Change, number: int, state: ApplicationState, why: str = "", provider: int | None = None) -> bool:
    """Records the decision. False where one was made already."""
    values = {"id": number, "state": state.value, "by": change.by, "provider": provider}
    sealed = change.keyring.seal_data(why.encode()) if why else None
    now = stored(change.transaction.now)
    return change.transaction.run(_DECIDE, {**values, "why": sealed, "now": now}) == 1


def old(snapshot: Snapshot, before: int, after: int, most: int) -> list[int]:
    """Applications decided before ``before`` (µs) that still name people, by number after ``after``."""
    return snapshot.column(_OLD, {"before": stored(before), "after": after, "most": most})


def forget(transaction: Transaction, number: int) -> bool:
    """Empties e-mail, tax or identity number, signatory, phone and reason; the company's title stays."""
    return transaction.run(_FORGET, {"id": number, "empty": b""}) == 1


def contested(waiting: list[Application]) -> list[Application]:
    """Open applications that share a MERSİS number, side by side."""
    many = {number for number, count in Counter(one.mersis for one in waiting if one.mersis).items() if count > 1}
    return sorted((one for one in waiting if one.mersis in many), key=lambda one: (one.mersis, one.id))


def _opened(keyring: Keyring, row: tuple[Any, ...]) -> Application:
    kept, (_, email, *_) = Application._make(row), row
    address = keyring.unseal(bytes(email)) if email else ""
    assert address is not None  # an erasure leaves no digest in this table
    return kept._replace(
        email=address,
        tax=_text(keyring, kept.tax),
        signatory=_text(keyring, kept.signatory),
        size=SizeClass(kept.size),
        state=ApplicationState(kept.state),
        asked_at=micros(kept.asked_at),
        decided_at=None if kept.decided_at is None else micros(kept.decided_at),
        why=_text(keyring, kept.why),
        phone=_text(keyring, kept.phone),
    )


def _text(keyring: Keyring, sealed: Any) -> str:
    return "" if not sealed else keyring.unseal_data(bytes(sealed)).decode()
