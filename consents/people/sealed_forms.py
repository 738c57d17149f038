"""Finds an address under the older or the newer key during ``izin rekey``; no process is notified of a rotation. A
reader that misses an address asks the registry for the versions, after that look or in its snapshot, and tries the
forms of all of them, older first: rows only move from older to newer."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from sqlalchemy import text

from consents.keys import Keyring
from consents.people.held_keys import DIGEST_SIZE, WrongKey
from consents.store import Snapshot, Statement, StoreUnavailable
from consents.store.gates.gate import KEY_ROWS

# Both in one question, because who finds no address needs both. The condition is that of the partial index
# recipient_erased, so that costs one probe. One row where there is no key.
_TELL = Statement(
    text(
        f"SELECT (SELECT id FROM recipient WHERE length(sealed) = {DIGEST_SIZE} LIMIT 1), version, wrapped "
        "FROM (SELECT 1) AS here LEFT JOIN registry_key ON purpose = 'address' ORDER BY version"
    )
)

T = TypeVar("T")


class Versions(NamedTuple):
    """The registry's versions of the key of addresses; ``erased``: whether somebody was erased."""

    erased: bool
    oldest: int
    newest: int

    def asked(self, oldest: int, newest: int) -> bool:
        return oldest <= self.oldest and self.newest <= newest


def read_versions(snapshot: Snapshot, keyring: Keyring) -> Versions:
    """Reads the versions; the keyring loads those it lacks."""
    rows = snapshot.all(_TELL)
    erased, (oldest, newest) = rows[0][0] is not None, (rows[0][1], rows[-1][1])
    if newest is None:  # a trial's (care/scratch.py): it has no keys of its own, and rows of whichever version
        return Versions(erased, keyring.first, keyring.version)
    if not keyring.knows((version, bytes(wrapped)) for _, version, wrapped in rows):
        learn(snapshot, keyring)
    keyring.stands(oldest, newest)
    return Versions(erased, oldest, newest)


def learn(snapshot: Snapshot, keyring: Keyring) -> None:
    """The keyring loads the registry's keys. Errors: StoreUnavailable."""
    try:
        keyring.learn(snapshot.all(KEY_ROWS))
    except WrongKey as error:
        raise StoreUnavailable(str(error)) from error


def find_by_any_key(
    snapshot: Snapshot, keyring: Keyring, sealed: bytes, ask: Callable[[bytes], T | None], *, tried: bool = False
) -> tuple[T | None, Versions | None]:
    """The result of ``ask`` for the form under which an address stands; (None, versions) where it stands under none.
    ``tried``: the given form was asked in vain."""
    oldest, newest = keyring.oldest, keyring.version
    if not tried and (found := ask(sealed)) is not None:  # what is found is right, whichever form that is
        return found, None
    tried = not keyring.several
    while True:
        for form in () if tried else keyring.forms(sealed, oldest, newest):
            if (found := ask(form)) is not None:
                return found, None
        versions = read_versions(snapshot, keyring)
        if versions.asked(oldest, newest):
            return None, versions
        oldest, newest, tried = min(oldest, versions.oldest), max(newest, versions.newest), False
