"""Table ``one_time_code``: each browser's last request for a code."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple, Self

from sqlalchemy import bindparam, delete, literal_column, select, update

from consents.columns import micros, optional_micros, stored
from consents.instants import HOUR, MINUTE, SECOND
from consents.keys import Keyring
from consents.people.held_keys import WrongKey
from consents.store import Snapshot, Statement, Transaction, table
from settings import Settings
from trust.tables import OneTimeCode

_table = table(OneTimeCode)


class Purpose(IntEnum):
    """The purpose of a code; it is valid for nothing else (ASVS 5.0, 6.6.2)."""

    SIGN_IN = 0
    ADD = 1
    HELP = 2  # to show a helper another person's consents
    PANEL = 3
    APPLY = 4  # to apply for a company
    LASTING = 5  # to make a helper a lasting one
    REQUEST = 6  # to answer what a company asks, on the page that asks
    LETTER = 7  # to prove a letter's writer to the operator's desk


class Pending(NamedTuple):
    """One row, in the order of its columns; times in µs, the address opened. ``asker``: whom the address trusted
    then."""

    holder: bytes
    purpose: int
    address: str
    mac: bytes
    earlier: bytes | None
    first_asked_at: int
    asked: int
    asked_at: int
    expires_at: int
    tries: int
    wrong: int
    used_at: int | None
    asker: bytes | None = None

    def ends_at(self, settings: Settings) -> int:
        """When the request ends, whether or not a code was sent; its tries count until then."""
        return self.asked_at + settings.code_minutes * MINUTE

    def again_at(self, settings: Settings) -> int:
        """When this browser may request the next code, by its own limit."""
        gap = self.asked_at + settings.send_gap_seconds * SECOND
        return max(gap, self.first_asked_at + HOUR) if self.asked >= settings.codes_sent_per_hour else gap

    def live(self, now: int) -> bool:
        """True while a sent code can still be right."""
        return bool(self.mac) and now < self.expires_at

    def locked(self, settings: Settings, now: int, most: int) -> bool:
        return self.tries >= most and now < self.ends_at(settings)

    def asked_again(self, settings: Settings, now: int) -> Self:
        fresh = now >= self.first_asked_at + HOUR
        return self._replace(
            first_asked_at=now if fresh else self.first_asked_at,
            asked=1 if fresh else self.asked + 1,
            asked_at=now,
            tries=self.tries if now < self.ends_at(settings) else 0,
            used_at=None,
        )


_FIND = Statement(select(*[_table.c[name] for name in Pending._fields]).where(_table.c.holder == bindparam("holder")))
# Before anything is compared, and in one statement: of guesses made at once only so many find a try left.
_TRY = Statement(
    update(_table)
    .where(_table.c.holder == bindparam("of"), _table.c.tries < bindparam("most"), _table.c.used_at.is_(None))
    .values(tries=literal_column("tries + 1"), wrong=literal_column("wrong + 1"))
)
_USE = Statement(
    update(_table)
    .where(_table.c.holder == bindparam("of"))
    .values(used_at=bindparam("now"), tries=literal_column("tries - 1"), wrong=literal_column("wrong - 1"))
)
_FORGET = Statement(delete(_table).where(_table.c.address == bindparam("of")))


def asked_first(holder: bytes, purpose: Purpose, address: str, mac: bytes, now: int) -> Pending:
    """The row of a browser's first request for this address."""
    return Pending(holder, purpose, address, mac, None, now, 1, now, now, 0, 0, None)


def find(snapshot: Snapshot, keyring: Keyring, holder: bytes) -> Pending | None:
    """This browser's last request; None also where the address's sealing key is gone."""
    if (found := snapshot.one(_FIND, {"holder": holder})) is None:
        return None
    row = Pending._make(found)
    try:
        address = keyring.unseal(bytes(found[2]))
    except WrongKey:
        return None
    assert address is not None  # an erasure leaves no digest in this table
    return row._replace(
        holder=holder,
        address=address,
        first_asked_at=micros(row.first_asked_at),
        asked_at=micros(row.asked_at),
        expires_at=micros(row.expires_at),
        used_at=optional_micros(row.used_at),
    )


def keep(transaction: Transaction, keyring: Keyring, row: Pending) -> None:
    values = row._asdict() | {
        "purpose": int(row.purpose),
        "address": keyring.seal(row.address),
        "first_asked_at": stored(row.first_asked_at),
        "asked_at": stored(row.asked_at),
        "expires_at": stored(row.expires_at),
        "used_at": None if row.used_at is None else stored(row.used_at),
    }
    transaction.upsert("one_time_code", "holder", ",".join(values), [tuple(values.values())])


def spend_a_try(transaction: Transaction, holder: bytes, most: int) -> bool:
    """Counts one try as wrong before the comparison; False where none is left or the code was used."""
    return transaction.run(_TRY, {"of": holder, "most": most}) == 1


def use_up(transaction: Transaction, holder: bytes) -> None:
    transaction.run(_USE, {"of": holder, "now": stored(transaction.now)})


def forget(transaction: Transaction, keyring: Keyring, address: str) -> None:
    for form in keyring.all_forms(address):
        transaction.run_as_given(_FORGET, {"of": form})
