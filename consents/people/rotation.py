"""Rotation of the data keys and of SECRET_KEY (``izin rekey``), while the site serves. Two versions of each rotated key
exist meanwhile: writers use the newest, read under the write lock; readers try both (``sealed_forms``). Rows are
re-encrypted in small transactions until one look at everything finds none under the older key, which is then deleted.
Each transaction checks keys and progress, because a standby may have taken over; an interrupted rotation continues
anywhere. Keys of what was handed out (transaction ids, commitments, digests, signatures, mail tokens) stay."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import bindparam, delete, text

from consents.columns import micros, stored
from consents.languages import in_all, mark
from consents.people import held_keys
from consents.people.column_passes import ColumnPass, Row, sealed_columns
from consents.people.held_keys import ROTATED, WrongKey
from consents.store import Snapshot, Statement, Store, StoreUnavailable, Transaction, Unfit, schema, table
from consents.store.engines import reach, sqlite_library
from consents.store.gates.gate import KEY_ROWS
from consents.store.offline import alone, rekeying
from consents.store.statements import SQLITE
from consents.tables.registry_tables import RegistryKey

HOLD = 0.012  # seconds for which the write lock is kept
FEWEST, MOST = 10, 2000  # rows in a transaction
PATIENCE = 60.0  # seconds for which it tries again where it cannot write
SOON = 3.0  # seconds before it reports why it waits

_key = table(RegistryKey)
_DROP = Statement(delete(_key).where(_key.c.purpose == bindparam("of_purpose"), _key.c.version < bindparam("newest")))
_BEGUN = Statement(
    text(
        "INSERT INTO rotation (id, begun_at, moved_at, done, total) VALUES (1, :now, :now, 0, :total) "
        "ON CONFLICT (id) DO UPDATE SET moved_at = :now, done = 0, total = :total"
    )
)
_MOVED = Statement(text("UPDATE rotation SET moved_at = :now, done = :done"))
_ENDED = Statement(text("DELETE FROM rotation"))
_UNDER_WAY = Statement(text("SELECT begun_at, moved_at, done, total FROM rotation"))
_STANDS = Statement(
    text(
        "SELECT purpose, version, wrapped, begun_at, moved_at, done "
        "FROM registry_key LEFT JOIN rotation ON rotation.id = 1 ORDER BY purpose, version"
    )
)
_ELSEWHERE = mark(
    "anahtarlar bu çalışmanın bıraktığı gibi değil, başka bir sunucu yanıt verdi ya da başka bir izin rekey çalışıyor: "
    "izin rekey komutunu yeniden çalıştırın"
)
_SKIPPED = mark("PostgreSQL bir bölümü baştan yazmadı; komutu veritabanının sahibi olan rolle yeniden çalıştırın")

KeyVersions = dict[str, dict[int, bytes]]  # purpose -> version -> key
Progress = Callable[[int, int], None]  # rows looked at, of how many
Waiting = Callable[[str], None]  # receives the reason, once a write has waited for SOON
T = TypeVar("T")


class UnderWay(NamedTuple):
    """A rotation that has not ended. Times in µs; ``moved_at``: of its last step."""

    begun_at: int
    moved_at: int
    done: int
    total: int


def under_way(snapshot: Snapshot) -> UnderWay | None:
    if (row := snapshot.one(_UNDER_WAY)) is None:
        return None
    begun_at, moved_at, done, total = row
    return UnderWay(micros(begun_at), micros(moved_at), done, total)


def rekey(
    database_url: str,
    secret: str,
    previous: str | None = None,
    progress: Progress | None = None,
    waiting: Waiting = lambda why: None,
) -> int:
    """Re-encrypts all ``sealed_columns``; the number of rows changed. Load the rooms' tables first. All keys are under
    ``secret`` from the first step on; before, ``previous`` may have to open them. Run again after an interruption.
    Errors: offline.RegistryInUse, held_keys.WrongKey, store.StoreUnavailable, Unfit (also where the database changed
    since the last step)."""
    with rekeying(database_url):
        store = Store.open(database_url, hurried=False)
        try:
            reach(store.engine)
            if schema.current(store.engine) != schema.newest():
                raise Unfit("the database is not at this program's revision: run izin migrate")
            with closing(Rotation(store, progress or (lambda done, of: None), waiting)) as rotation:
                for _ in rotation.steps(secret, previous):
                    pass
            return rotation.changed
        finally:
            store.close()


def clean(database_url: str) -> None:
    """Rewrites the database's files, so that their gaps hold nothing under a deleted key. Errors:
    offline.RegistryInUse, store.Unfit."""
    with alone(database_url):
        store = Store.open(database_url, hurried=False)
        try:
            reach(store.engine)
            _written_anew(store, {column.table.name for column, _ in sealed_columns()})
        finally:
            store.close()


class Rotation:
    def __init__(
        self, store: Store, progress: Progress = lambda done, of: None, waiting: Waiting = lambda why: None
    ) -> None:
        self._store, self._progress, self._waiting = store, progress, waiting
        self._gate = store.gate()
        self._size = FEWEST
        self._done = self._total = 0
        self._stood: list[list[Row]] = []  # what it has left: as it was acknowledged, then as it may be
        self.changed = 0

    def close(self) -> None:
        self._gate.close()

    def steps(self, secret: str, previous: str | None = None) -> Iterator[None]:
        """The whole rotation; between two steps other writers run, or it may be interrupted."""
        versions = self._write(partial(_begin, secret=secret, previous=previous))
        yield
        passes = [ColumnPass(column, kind, versions[kind.purpose]) for column, kind in sealed_columns()]
        self._total = sum(self._store.read_now(one.rows) for one in passes)
        self._write(lambda transaction: transaction.run(_BEGUN, {**_now(transaction), "total": self._total}))
        for one in passes:
            yield from self._pass(one)
        ended = False
        while not ended:
            while left := self._left(passes):
                yield
                for one, rows in left:
                    yield from self._move(one, rows)
            yield
            ended = self._end(versions)

    def _pass(self, one: ColumnPass) -> Iterator[None]:
        while not one.ended:
            rows, looked = self._store.read_now(one.some)
            self._done += looked
            yield
            yield from self._move(one, rows)
            self._progress(self._done, self._total)

    def _left(self, passes: Sequence[ColumnPass]) -> list[tuple[ColumnPass, list[Row]]]:
        """What one look at everything finds under the older key. Nothing new is written under it, so an empty result is
        final."""
        with self._store.snapshot(passing=True) as snapshot:
            found = [(one, one.left(snapshot)) for one in passes]
        return [(one, rows) for one, rows in found if rows]

    def _end(self, versions: KeyVersions) -> bool:
        """Deletes the older keys. False where that failed: a server that took over since may have rows under them, so
        look again."""
        try:
            self._once(partial(_drop, versions=versions))
        except StoreUnavailable:
            self._write(self._moved)
            return False
        return True

    def _move(self, one: ColumnPass, rows: list[Row]) -> Iterator[None]:
        """Re-encrypts rows that are still as they were read, in transactions as short as an import's."""
        start = 0
        while start < len(rows):
            part = rows[start : start + self._size]
            self.changed += self._write(partial(self._part, one, part))
            start += len(part)
            yield

    def _part(self, one: ColumnPass, rows: list[Row], transaction: Transaction) -> int:
        began = time.perf_counter()
        changed = one.change(transaction, rows)
        self._moved(transaction)
        most = int(len(rows) * HOLD / (time.perf_counter() - began))
        self._size = max(FEWEST, min(MOST, most, 2 * self._size))
        return changed

    def _moved(self, transaction: Transaction) -> None:
        transaction.run(_MOVED, {**_now(transaction), "done": self._done})

    def _write(self, work: Callable[[Transaction], T]) -> T:
        """Retried while the database cannot write, because the work is idempotent."""
        began, named = time.monotonic(), False
        while True:
            try:
                return self._once(work)
            except StoreUnavailable as fault:
                waited = time.monotonic() - began
                if waited > PATIENCE:
                    raise
                if waited > SOON and not named:
                    named = True
                    self._waiting(str(fault))
            time.sleep(0.1)

    def _once(self, work: Callable[[Transaction], T]) -> T:
        """A transaction on the database as this run left it. Errors: StoreUnavailable, Unfit."""
        with self._gate.transaction() as transaction:
            stands = transaction.all(_STANDS)
            if stands not in (self._stood or [stands]):
                raise Unfit(in_all(_ELSEWHERE))
            done = work(transaction)
            self._stood += [stands, transaction.all(_STANDS)]  # which of them, where nobody hears of the COMMIT
        self._stood = self._stood[-1:]
        return done


def _begin(transaction: Transaction, secret: str, previous: str | None) -> KeyVersions:
    """All keys, the rotated ones in two versions, all under the present secret."""
    versions: KeyVersions = {}
    for purpose, version, wrapped in transaction.all(KEY_ROWS):
        tried = [secret, previous] if previous else [secret]
        versions.setdefault(purpose, {})[version] = held_keys.unwrap(tried, purpose, bytes(wrapped))
    mailed = versions.pop(held_keys.MAILED, {})
    if versions.keys() != held_keys.PURPOSES.keys():
        raise WrongKey("the registry has no keys to rotate: run izin migrate")
    if previous and previous != secret and (signed := held_keys.mailed(previous)) not in mailed.values():
        mailed[max(mailed, default=0) + 1] = signed
    for purpose in ROTATED:
        if len(versions[purpose]) == 1:
            versions[purpose][max(versions[purpose]) + 1] = held_keys.make(purpose)
    rows = [
        (purpose, version, held_keys.wrap(secret, purpose, key))
        for purpose, kept in (versions | {held_keys.MAILED: mailed}).items()
        for version, key in kept.items()
    ]
    transaction.upsert("registry_key", "purpose,version", "purpose,version,wrapped", rows)
    return versions


def _drop(transaction: Transaction, versions: KeyVersions) -> None:
    for purpose in ROTATED:
        transaction.run(_DROP, {"of_purpose": purpose, "newest": max(versions[purpose])})
    transaction.run(_ENDED)


def _now(transaction: Transaction) -> dict[str, Any]:
    return {"now": stored(transaction.now)}


def _written_anew(store: Store, tables: set[str]) -> None:
    notices = list[tuple[str, str]]()
    connection = store.engine.raw_connection()
    driver: Any = connection.driver_connection
    try:
        if store.dialect == SQLITE:
            _by_way_of(driver, f"{store.engine.url.database}-anew")
        else:
            driver.autocommit = True
            driver.patience = None
            # It skips what the role may not rewrite, and warns. A notice is readable within its handler alone.
            driver.add_notice_handler(lambda one: notices.append((one.severity_nonlocalized, one.message_primary)))
            for table in sorted(tables):
                connection.cursor().execute(f"VACUUM (FULL, ANALYZE) {table}")
            # ANALYZE samples values, and keeps those of before in dead rows.
            connection.cursor().execute("VACUUM (FULL) pg_statistic")
    finally:
        connection.invalidate()
    if skipped := [message for severity, message in notices if severity == "WARNING"]:
        raise Unfit(in_all(_SKIPPED) + f": {'; '.join(skipped)}")


def _by_way_of(connection: Any, copy: str) -> None:
    """VACUUM by way of a file: pysqlite3 would hold its temporary database in memory."""
    os.close(os.open(copy, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    try:
        connection.execute("VACUUM INTO ?", (copy,))
        with closing(sqlite_library().connect(copy)) as source:
            source.backup(connection)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        os.unlink(copy)
