"""Table ``panel_user``: the panel's people, identified by e-mail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import select, text

from consents.brands.companies import BadCompany
from consents.columns import micros, stored
from consents.keys import Keyring
from consents.people import recipients, sealed_forms
from consents.people.recipients import AddressKind, BadAddress
from consents.store import Snapshot, Statement, Transaction, among, table
from panel.rights import Staff
from panel.tables import PanelUser

_table = table(PanelUser)
_COLUMNS = "id, email, staff, created_at, ended_at, version"
_BY_EMAIL = Statement(text(f"SELECT {_COLUMNS} FROM panel_user WHERE email = :email"))
_MAY_SIGN_IN = Statement(
    select(_table.c.id).where(among(_table.c.email, "forms", blobs=True), _table.c.ended_at.is_(None))
)
_BY_ID = Statement(text(f"SELECT {_COLUMNS} FROM panel_user WHERE id = :id"))
_BY_IDS = Statement(
    select(*(_table.c[name] for name in _COLUMNS.replace(" ", "").split(","))).where(among(_table.c.id, "people"))
)
_ALL = Statement(text(f"SELECT {_COLUMNS} FROM panel_user ORDER BY id"))
_STAFF = Statement(text(f"SELECT {_COLUMNS} FROM panel_user WHERE staff > 0 AND ended_at IS NULL ORDER BY id"))
_ADD = Statement(
    text("INSERT INTO panel_user (email, staff, created_at, version) VALUES (:email, :staff, :now, 1) RETURNING id")
)
_CHANGE = Statement(
    text("UPDATE panel_user SET staff = :staff, ended_at = :ended, version = version + 1 WHERE id = :id")
)
_ANY = Statement(text("SELECT id FROM panel_user LIMIT 1"))


class PanelPerson(NamedTuple):
    """A person of the panel; times in µs."""

    id: int
    email: str
    staff: Staff
    created_at: int
    ended_at: int | None
    version: int


def canonical(text: str) -> str:
    """The stored form of an e-mail. Errors: BadCompany."""
    try:
        found = recipients.parse(text.strip())
    except BadAddress:
        found = None
    if found is None or found.kind is not AddressKind.EMAIL:
        raise BadCompany("this is no e-mail address")
    return found.address


def any_person(snapshot: Snapshot) -> bool:
    return snapshot.one(_ANY) is not None


def find(snapshot: Snapshot, keyring: Keyring, email: str) -> PanelPerson | None:
    """The person with this canonical e-mail, ended or not."""
    row, _ = sealed_forms.find_by_any_key(
        snapshot, keyring, keyring.seal(email), lambda form: snapshot.one(_BY_EMAIL, {"email": form})
    )
    return None if row is None else _opened(keyring, row)


def may_sign_in(transaction: Transaction, keyring: Keyring, email: str) -> bool:
    """Whether this canonical e-mail belongs to an active person. One query for any e-mail, because the time of
    ``find`` would reveal strangers."""
    forms = transaction.array(keyring.all_forms(email))
    return transaction.one(_MAY_SIGN_IN, {"forms": forms}) is not None


def by_number(snapshot: Snapshot, keyring: Keyring, number: int) -> PanelPerson | None:
    row = snapshot.one(_BY_ID, {"id": number})
    return None if row is None else _opened(keyring, row)


def by_numbers(snapshot: Snapshot, keyring: Keyring, numbers: Iterable[int]) -> dict[int, PanelPerson]:
    rows = snapshot.all(_BY_IDS, {"people": snapshot.array(numbers)})
    return {one.id: one for one in (_opened(keyring, row) for row in rows)}


def everybody(snapshot: Snapshot, keyring: Keyring) -> list[PanelPerson]:
    """In the order of their numbers."""
    return [_opened(keyring, row) for row in snapshot.all(_ALL)]


def staff(snapshot: Snapshot, keyring: Keyring) -> list[PanelPerson]:
    """The operator's active people."""
    return [_opened(keyring, row) for row in snapshot.all(_STAFF)]


def enrol(transaction: Transaction, keyring: Keyring, email: str) -> PanelPerson:
    """The person of this canonical e-mail, added where unknown; an ended one starts again without rights."""
    known = find(transaction, keyring, email)
    if known is None:
        values = {"email": keyring.seal(email), "staff": Staff.NONE.value, "now": stored(transaction.now)}
        transaction.one(_ADD, values)
    elif known.ended_at is not None:
        transaction.run(_CHANGE, {"id": known.id, "staff": Staff.NONE.value, "ended": None})
    found = find(transaction, keyring, email)
    assert found is not None
    return found


def set_staff(transaction: Transaction, person: int, staff: Staff) -> None:
    """Makes somebody one of the operator's people, or ends that."""
    transaction.run(_CHANGE, {"id": person, "staff": staff.value, "ended": None})


def end(transaction: Transaction, person: int) -> None:
    """Ends a person: no code signs them in."""
    transaction.run(_CHANGE, {"id": person, "staff": Staff.NONE.value, "ended": stored(transaction.now)})


def _opened(keyring: Keyring, row: tuple[Any, ...]) -> PanelPerson:
    number, email, staff, created, ended, version = row
    address = keyring.unseal(bytes(email))
    assert address is not None  # an erasure leaves no digest in this table
    since = None if ended is None else micros(ended)
    return PanelPerson(number, address, Staff(staff), micros(created), since, version)
