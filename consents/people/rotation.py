"""New keys for what is sealed, and a new SECRET_KEY around all keys (``izin rekey``).

While it goes on, two versions of each rotated key stand in table ``registry_key``, and nobody else can open the
registry. Each row shows by itself under which of the two it was sealed, because AES-SIV authenticates; so a rotation
that was cut off goes on from anywhere. Keys that name or prove what was handed out (transaction ids, commitments,
digests, signatures) stay. What the SECRET_KEY before signed in mails is kept as a key of its own, because such mails
never expire.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from operator import itemgetter
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from sqlalchemy import Column, bindparam, delete, func, literal_column, select, tuple_, update

from consents import keys
from consents.columns import SealedBytes
from consents.keys import DIGEST_SIZE, ROTATED, WrongKey
from consents.models import Act, RegistryKey, metadata
from consents.store import Snapshot, Statement, Store, Transaction
from consents.store.engines import reach, sqlite_library
from consents.store.offline import alone
from consents.store.statements import SQLITE

BATCH = 2000  # rows in a transaction
# Of a column that an index is unique by: each new value goes to a place of its own in it, so that a transaction writes
# about as many pages as it has rows, until it has them all.
INDEXED = 50_000

_key = RegistryKey.__table__  # type: ignore[attr-defined]
_KEYS = Statement(select(_key.c.purpose, _key.c.version, _key.c.wrapped).order_by(_key.c.purpose, _key.c.version))
_DROP = Statement(delete(_key).where(_key.c.purpose == bindparam("of_purpose"), _key.c.version < bindparam("newest")))

Versions = dict[str, dict[int, bytes]]  # purpose -> version -> key
Progress = Callable[[int, int], None]  # rows done, of how many


def sealed_columns() -> list[tuple[Column[Any], SealedBytes]]:
    """Every column, of the registry and of the rooms whose tables are loaded, that holds what a rotated key sealed."""
    columns = [column for table in metadata.sorted_tables for column in table.columns]
    return [(column, column.type) for column in columns if isinstance(column.type, SealedBytes)]


def rekey(
    database_url: str,
    secret: str,
    previous: str | None = None,
    progress: Progress | None = None,
) -> int:
    """Seals everything anew, in all ``sealed_columns``; the number of rows it changed. Load the rooms' tables first.

    All keys stand under ``secret`` from its first step on; before that, ``previous`` may have to open them. Cut off,
    it is ended by running it again. Errors: offline.Busy, keys.WrongKey, store.StoreUnavailable.
    """
    with alone(database_url):
        store = Store.open(database_url, hurried=False)
        try:
            reach(store.engine)
            return _rotate(store, secret, previous, progress or (lambda done, of: None))
        finally:
            store.close()


def _rotate(store: Store, secret: str, previous: str | None, progress: Progress) -> int:
    columns = sealed_columns()
    versions = store.write_now(_begin, secret, previous)
    passes = [_Pass(column, kind, versions[kind.purpose]) for column, kind in columns]
    total, seen = sum(store.read_now(one.rows) for one in passes), 0
    for one in passes:
        while not one.ended:
            seen += store.write_now(one.some)
            progress(seen, total)
    store.write_now(_end, versions)
    _forget(store, {column.table.name for column, _ in columns})
    return sum(one.changed for one in passes)


def _begin(transaction: Transaction, secret: str, previous: str | None) -> Versions:
    """All keys, the rotated ones in two versions, and all of them under the present secret."""
    versions: Versions = {}
    for purpose, version, wrapped in transaction.all(_KEYS):
        tried = [secret, previous] if previous else [secret]
        versions.setdefault(purpose, {})[version] = keys.unwrap(tried, purpose, bytes(wrapped))
    mailed = versions.pop(keys.MAILED, {})
    if versions.keys() != keys.PURPOSES.keys():
        raise WrongKey("the registry has no keys to rotate: run izin migrate")
    if previous and previous != secret and (signed := keys.mailed(previous)) not in mailed.values():
        mailed[max(mailed, default=0) + 1] = signed
    for purpose in ROTATED:
        if len(versions[purpose]) == 1:
            versions[purpose][max(versions[purpose]) + 1] = keys.make(purpose)
    rows = [
        (purpose, version, keys.wrap(secret, purpose, key))
        for purpose, kept in (versions | {keys.MAILED: mailed}).items()
        for version, key in kept.items()
    ]
    transaction.upsert("registry_key", "purpose,version", "purpose,version,wrapped", rows)
    return versions


def _end(transaction: Transaction, versions: Versions) -> None:
    for purpose in ROTATED:
        transaction.run(_DROP, {"of_purpose": purpose, "newest": max(versions[purpose])})


class _Pass:
    """One column, gone through in the order of its table's key."""

    def __init__(self, column: Column[Any], kind: SealedBytes, versions: dict[int, bytes]) -> None:
        table = column.table
        self.name = table.name
        self.digests = kind.purpose == "address" or column is Act.__table__.c.evidence  # type: ignore[attr-defined]
        self._old, self._new = (AESSIV(versions[version]) for version in sorted(versions))
        self.changed, self.ended, self._batch = 0, False, kind.batch or (INDEXED if column.unique else BATCH)
        key = list(table.primary_key.columns)
        self._after = [f"after_{column.name}" for column in key]
        page = select(*key, column).where(column.is_not(None)).order_by(*key).limit(literal_column(str(self._batch)))
        beyond = tuple_(*key) > tuple_(*(bindparam(name) for name in self._after))
        self._first, self._next = Statement(page), Statement(page.where(beyond))
        self._last: tuple[Any, ...] | None = None
        self._place = [f"of_{column.name}" for column in key]
        here = (column == bindparam(name) for column, name in zip(key, self._place, strict=True))
        self._update = Statement(update(table).where(*here).values({column.name: bindparam("sealed_anew")}))
        self._count = Statement(select(func.count()).select_from(table).where(column.is_not(None)))

    def rows(self, snapshot: Snapshot) -> int:
        """How many rows the column has something in."""
        row = snapshot.one(self._count)
        return row[0] if row else 0

    def some(self, transaction: Transaction) -> int:
        """Seals the next rows anew; how many were looked at."""
        after = dict(zip(self._after, self._last or (), strict=False))
        rows = transaction.all(self._next if self._last else self._first, after)
        anew = [(row, sealed) for row in rows if (sealed := self._anew(row)) is not None]
        if anew:
            anew.sort(key=itemgetter(1))  # into an index of them in its order
            statement, _ = self._update.bound(transaction.dialect, {})
            values = [dict(zip(self._place, row, strict=False)) | {"sealed_anew": sealed} for row, sealed in anew]
            transaction.connection.cursor().executemany(statement, values)
        self.changed += len(anew)
        self.ended = len(rows) < self._batch
        if rows:
            self._last = rows[-1][:-1]
        return len(rows)

    def _anew(self, row: tuple[Any, ...]) -> bytes | None:
        """What is to stand in the row; None where it stands already, or a digest."""
        sealed = bytes(row[-1])
        if self.digests and len(sealed) == DIGEST_SIZE:
            return None
        try:
            return self._new.encrypt(self._old.decrypt(sealed, None), None)
        except InvalidTag:
            pass
        try:
            self._new.decrypt(sealed, None)
        except InvalidTag:
            raise WrongKey(f"row {row[:-1]} of {self.name} was sealed with a key that is not here") from None
        return None


def _forget(store: Store, tables: set[str]) -> None:
    """Writes the database anew: what was sealed with the old keys must not lie about in the gaps of its files."""
    connection = store.engine.raw_connection()
    try:
        if store.dialect == SQLITE:
            _written_anew(connection.driver_connection, f"{store.engine.url.database}-anew")
        else:
            connection.driver_connection.autocommit = True  # type: ignore[union-attr]
            connection.driver_connection.patience = None  # type: ignore[union-attr]
            for table in sorted(tables):
                connection.cursor().execute(f"VACUUM (FULL) {table}")
    finally:
        connection.invalidate()


def _written_anew(connection: Any, copy: str) -> None:
    """What VACUUM does, by way of a file: pysqlite3 would hold its temporary database, as large as this, in memory."""
    os.close(os.open(copy, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    try:
        connection.execute("VACUUM INTO ?", (copy,))
        with closing(sqlite_library().connect(copy)) as source:
            source.backup(connection)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        os.unlink(copy)
