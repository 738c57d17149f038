"""Table ``provider_application``: companies that apply, and the operator's decisions."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

from sqlalchemy import text

from consents.columns import micros, stored
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction

_COLUMNS = (
    "id, email, title, brand, mersis, tax, signatory, size, partner, state, asked_at, decided_at, decided_by, why, "
    "provider"
)
_BY_ID = Statement(text(f"SELECT {_COLUMNS} FROM provider_application WHERE id = :id"))
_WAITING = Statement(text(f"SELECT {_COLUMNS} FROM provider_application WHERE state = 0 ORDER BY id"))
_DECIDED = Statement(
    text(f"SELECT {_COLUMNS} FROM provider_application WHERE state > 0 ORDER BY decided_at DESC LIMIT 50")
)
_SAME = Statement(
    text(f"SELECT {_COLUMNS} FROM provider_application WHERE state = 0 AND mersis = :mersis ORDER BY id LIMIT 20")
)
_OPEN = Statement(text("SELECT count(*) FROM provider_application WHERE state = 0 AND email = :email"))
_ADD = Statement(
    text(
        "INSERT INTO provider_application "
        "(email, title, brand, mersis, tax, signatory, size, partner, state, asked_at) "
        "VALUES (:email, :title, :brand, :mersis, :tax, :signatory, :size, :partner, 0, :now) RETURNING id"
    )
)
# In one statement: of two that decide at once, one finds it waiting.
_DECIDE = Statement(
    text(
        "UPDATE provider_application SET state = :state, decided_at = :now, decided_by = :by, why = :why, "
        "provider = :provider WHERE id = :id AND state = 0"
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
    """A company's own data. ``email``: proved; ``partner``: internal id of a wanted one."""

    email: str
    title: str
    brand: str
    mersis: str
    tax: str
    signatory: str
    size: SizeClass
    partner: int | None


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


def add(transaction: Transaction, keyring: Keyring, new: NewApplication) -> int:
    """Stores an application; returns its number."""
    sealed = {
        "email": keyring.seal(new.email),
        "tax": keyring.seal_data(new.tax.encode()),
        "signatory": keyring.seal_data(new.signatory.encode()),
    }
    row = transaction.one(_ADD, {**new._asdict(), **sealed, "size": new.size.value, "now": stored(transaction.now)})
    assert row is not None
    return int(row[0])


def by_number(snapshot: Snapshot, keyring: Keyring, number: int) -> Application | None:
    row = snapshot.one(_BY_ID, {"id": number})
    return None if row is None else _opened(keyring, row)


def waiting(snapshot: Snapshot, keyring: Keyring) -> list[Application]:
    """Open applications, the oldest first."""
    return [_opened(keyring, row) for row in snapshot.all(_WAITING)]


def decided(snapshot: Snapshot, keyring: Keyring) -> list[Application]:
    """The latest decisions, the newest first."""
    return [_opened(keyring, row) for row in snapshot.all(_DECIDED)]


def of_mersis(snapshot: Snapshot, keyring: Keyring, mersis: str) -> list[Application]:
    """Open applications with this unverified MERSİS number, the oldest first."""
    return [_opened(keyring, row) for row in snapshot.all(_SAME, {"mersis": mersis})]


def open_of(transaction: Transaction, keyring: Keyring, email: str) -> int:
    """A canonical e-mail's open applications."""
    rows = (transaction.one(_OPEN, {"email": form}) for form in keyring.all_forms(email))
    return sum(int(row[0]) for row in rows if row)


def decide(
    transaction: Transaction,
    keyring: Keyring,
    number: int,
    state: ApplicationState,
    by: int | None,
    why: str,
    provider: int | None = None,
) -> bool:
    """Records the decision; ``by``: None for a command. False where one was made already."""
    values = {"id": number, "state": state.value, "by": by, "provider": provider}
    sealed = keyring.seal_data(why.encode()) if why else None
    return transaction.run(_DECIDE, {**values, "why": sealed, "now": stored(transaction.now)}) == 1


def _opened(keyring: Keyring, row: tuple[Any, ...]) -> Application:
    found = Application._make(row)
    address = keyring.unseal(bytes(row[1]))
    assert address is not None  # an erasure leaves no digest in this table
    return found._replace(
        email=address,
        tax=keyring.unseal_data(bytes(row[5])).decode(),
        signatory=keyring.unseal_data(bytes(row[6])).decode(),
        size=SizeClass(row[7]),
        state=ApplicationState(row[9]),
        asked_at=micros(row[10]),
        decided_at=None if row[11] is None else micros(row[11]),
        why="" if row[13] is None else keyring.unseal_data(bytes(row[13])).decode(),
    )
