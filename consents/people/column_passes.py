"""The encrypted columns of rotated keys, and a key rotation's pass through each of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from sqlalchemy import Column, bindparam, func, literal_column, select, tuple_, update

from consents.columns import SealedBytes
from consents.keys import Keyring
from consents.people.held_keys import DIGEST_SIZE, WrongKey
from consents.store import Snapshot, Statement, Store, Transaction, table
from consents.tables import metadata
from consents.tables.history_tables import Act

BATCH = 2000  # rows that are looked at together
FOUND = 50_000  # rows that a look at everything remembers

Row = tuple[Any, ...]  # the key's columns, then what is sealed


def sealed_columns() -> list[tuple[Column[Any], SealedBytes]]:
    """Every column, of the registry and of the rooms whose tables are loaded, that a rotated key encrypts."""
    columns = [column for table in metadata.sorted_tables for column in table.columns]
    return [(column, column.type) for column in columns if isinstance(column.type, SealedBytes)]


def addresses(store: Store, keyring: Keyring) -> Iterator[list[str]]:
    """The addresses of every column that holds some, a page at a time, in short reads; one may come several times."""
    for column, kind in sealed_columns():
        if kind.purpose != "address":
            continue
        names, first, following = _pages(column, BATCH)
        page = store.read_now(Snapshot.all, first)
        while page:
            yield [one for *_, sealed in page if (one := _address(keyring, sealed)) is not None]
            page = store.read_now(Snapshot.all, following, dict(zip(names, page[-1][:-1], strict=True)))


def _address(keyring: Keyring, sealed: Any) -> str | None:
    """None for a digest, for a question that nobody was asked yet, and for a row of another key."""
    try:
        return keyring.unseal(bytes(sealed)) if sealed else None
    except WrongKey:
        return None


def _pages(column: Column[Any], size: int) -> tuple[list[str], Statement[Any], Statement[Any]]:
    """Names of the bound key columns; the statements of the first page of rows and of the one after a key."""
    key = list(column.table.primary_key.columns)
    names = [f"after_{one.name}" for one in key]
    page = select(*key, column).where(column.is_not(None)).order_by(*key).limit(literal_column(str(size)))
    beyond = tuple_(*key) > tuple_(*(bindparam(name) for name in names))
    return names, Statement(page), Statement(page.where(beyond))


class ColumnPass:
    def __init__(self, column: Column[Any], kind: SealedBytes, versions: dict[int, bytes]) -> None:
        own = column.table
        self.name = own.name
        self.digests = kind.purpose == "address" or column is table(Act).c.evidence
        self._old, self._new = (AESSIV(versions[version]) for version in sorted(versions))
        self.ended, self._batch = False, kind.batch or BATCH
        key = list(own.primary_key.columns)
        self._after, self._first, self._next = _pages(column, self._batch)
        self._every = Statement(select(*key, column).where(column.is_not(None)))
        self._last: tuple[Any, ...] | None = None
        self._place = [f"of_{column.name}" for column in key]
        here = (column == bindparam(name) for column, name in zip(key, self._place, strict=True))
        same = column == bindparam("as_read")  # else it was erased, or rewritten, since it was read
        self._update = Statement(update(own).where(*here, same).values({column.name: bindparam("renewed")}))
        self._count = Statement(select(func.count()).select_from(own).where(column.is_not(None)))

    def rows(self, snapshot: Snapshot) -> int:
        return snapshot.value(self._count) or 0

    def some(self, snapshot: Snapshot) -> tuple[list[Row], int]:
        """Of the next rows those under the older key, each with its new value; how many were examined."""
        after = dict(zip(self._after, self._last or (), strict=False))
        rows = snapshot.all(self._next if self._last else self._first, after)
        self.ended = len(rows) < self._batch
        if rows:
            self._last = rows[-1][:-1]
        return self._old_ones(rows), len(rows)

    def left(self, snapshot: Snapshot) -> list[Row]:
        """The first FOUND of all rows under the older key."""
        stream = snapshot.stream(self._every, size=self._batch)
        found: list[Row] = []
        while len(found) < FOUND and (rows := list(islice(stream, self._batch))):
            found += self._old_ones(rows)
        return found

    def change(self, transaction: Transaction, rows: list[Row]) -> int:
        statement, _ = self._update.bound(transaction.dialect, {})
        names = [*self._place, "as_read", "renewed"]
        cursor = transaction.connection.cursor()
        cursor.executemany(statement, [dict(zip(names, row, strict=True)) for row in rows])
        return int(cursor.rowcount)

    def _old_ones(self, rows: list[Row]) -> list[Row]:
        return [(*row, renewed) for row in rows if (renewed := self._renewed(row)) is not None]

    def _renewed(self, row: Row) -> bytes | None:
        """The row's new value; None where it has it already, or holds a digest."""
        *key, sealed = row
        if not sealed:  # nobody is asked yet
            return None
        if self.digests and len(sealed) == DIGEST_SIZE:
            return None
        try:
            return self._new.encrypt(self._old.decrypt(sealed, None), None)
        except InvalidTag:
            pass
        try:
            self._new.decrypt(sealed, None)
        except InvalidTag:
            raise WrongKey(f"row {tuple(key)} of {self.name} was sealed with a key that is not here") from None
        return None
