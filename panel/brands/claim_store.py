"""Table ``panel_claim``: names and numbers that companies claim, and the operator's decisions."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

from sqlalchemy import text

from consents.columns import micros, stored
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction
from panel.audit.change import Change

_COLUMNS = "id, provider, brand, kind, value, about, person, state, asked_at, decided_at, why"
_BY_ID = Statement(text(f"SELECT {_COLUMNS} FROM panel_claim WHERE id = :id"))
_WAITING = Statement(text(f"SELECT {_COLUMNS} FROM panel_claim WHERE state = 0 ORDER BY id LIMIT :most"))
_OF_PROVIDER = Statement(
    text(f"SELECT {_COLUMNS} FROM panel_claim WHERE provider = :provider ORDER BY id DESC LIMIT :most")
)
_TALLY = Statement(text("SELECT count(*), min(asked_at) FROM panel_claim WHERE state = 0"))
_ADD = Statement(
    text(
        "INSERT INTO panel_claim (provider, brand, kind, value, about, person, state, asked_at) "
        "VALUES (:provider, :brand, :kind, :value, :about, :person, 0, :now) RETURNING id"
    )
)
# In one statement: of two that decide at once, one finds it waiting.
_SETTLE = Statement(
    text(
        "UPDATE panel_claim SET state = :state, decided_at = :now, decided_by = :by, why = :why "
        "WHERE id = :id AND state = 0"
    )
)
_KEPT = 500  # newest claims of a company that are read; open ones are among them


class ClaimKind(IntEnum):
    """The store keeps the number."""

    NUMBER = 1  # to which people write RET
    NAME = 2  # by which an SMS names the brand
    HEADER = 3  # the same, as a registered header
    TITLE = 4  # that citizens read
    BRAND = 5  # a new brand under a number of the company's choice


class ClaimState(IntEnum):
    """The store keeps the number."""

    WAITING = 0
    ACCEPTED = 1
    REFUSED = 2
    WITHDRAWN = 3


class CompanyClaim(NamedTuple):
    """``provider``, ``brand``: internal ids; ``person``: the claimant (number); ``why``: sealed; times in µs."""

    id: int
    provider: int
    brand: int | None
    kind: ClaimKind
    value: str
    about: str
    person: int
    state: ClaimState
    asked_at: int
    decided_at: int | None
    why: bytes | None


def add(
    transaction: Transaction, provider: int, brand: int | None, person: int, kind: ClaimKind, value: str, about: str
) -> int:
    """Stores a claim; returns its number."""
    values = {"provider": provider, "brand": brand, "person": person, "kind": kind.value, "value": value}
    row = transaction.one(_ADD, {**values, "about": about, "now": stored(transaction.now)})
    assert row is not None
    (number,) = row
    return int(number)


def by_number(snapshot: Snapshot, number: int) -> CompanyClaim | None:
    row = snapshot.one(_BY_ID, {"id": number})
    return None if row is None else _claim(row)


def waiting(snapshot: Snapshot, most: int = 50) -> list[CompanyClaim]:
    return [_claim(row) for row in snapshot.all(_WAITING, {"most": most})]


def of_provider(snapshot: Snapshot, provider: int) -> list[CompanyClaim]:
    """A provider's claims, the newest first."""
    return [_claim(row) for row in snapshot.all(_OF_PROVIDER, {"provider": provider, "most": _KEPT})]


def tally(snapshot: Snapshot) -> tuple[int, int | None]:
    """(open claims, time of the oldest in µs)."""
    count, oldest = snapshot.one(_TALLY) or (0, None)
    return int(count), None if oldest is None else micros(oldest)


def settle(change: Change, number: int, state: ClaimState, why: str = "") -> bool:
    """Records the decision. False where one was made already."""
    sealed = change.keyring.seal_data(why.encode()) if why else None
    now = stored(change.transaction.now)
    values = {"id": number, "state": state.value, "by": change.by, "why": sealed, "now": now}
    return change.transaction.run(_SETTLE, values) == 1


def reason(keyring: Keyring, claim: CompanyClaim) -> str:
    return "" if claim.why is None else keyring.unseal_data(bytes(claim.why)).decode()


def _claim(row: tuple[Any, ...]) -> CompanyClaim:
    found = CompanyClaim._make(row)
    return found._replace(
        kind=ClaimKind(found.kind),
        state=ClaimState(found.state),
        asked_at=micros(found.asked_at),
        decided_at=None if found.decided_at is None else micros(found.decided_at),
    )
