"""What a piece of work may do with the database: read a snapshot, or write within a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from consents.store.failures import LONG
from consents.store.statements import POSTGRESQL, SQLITE, Statement, Value, array

R = TypeVar("R", bound=tuple[Any, ...])
V = TypeVar("V")
NONE: Mapping[str, Any] = {}
MANY = 50  # rows: more are copied on PostgreSQL


class Only(NamedTuple):
    """An SQL condition under which a row is appended, with a ``%s`` for each of its values; ``reads``: its table."""

    condition: str
    values: Sequence[Any]
    reads: str


@lru_cache(maxsize=512)
def on_conflict(table: str, key: str, columns: str, *, adding: bool) -> str:
    others = [name for name in columns.split(",") if name not in key.split(",")]
    before = f"{table}.{{0}} + " if adding else ""
    changes = ",".join(f"{{0}}={before}excluded.{{0}}".format(name) for name in others)
    return f"ON CONFLICT ({key}) DO UPDATE SET {changes}"


@lru_cache(maxsize=512)
def insertion(table: str, columns: str, count: int, conflict: str = "", condition: str | None = None) -> str:
    """An INSERT of ``count`` rows, or of one under a ``condition``, with a ``%s`` for each value."""
    marks = ",".join(["%s"] * len(columns.split(",")))
    given = f"SELECT {marks} WHERE {condition}" if condition else f"VALUES {','.join([f'({marks})'] * count)}"
    return f"INSERT INTO {table} ({columns}) {given} {conflict}".rstrip()


class Snapshot:
    def __init__(self, connection: Any, dialect: str) -> None:
        self.connection = connection
        self.dialect = dialect
        self._cursor = connection.cursor()

    def unhurried(self) -> None:
        """Gives each statement from here on ``failures.LONG``; SQLite's have no limit anyway."""
        if self.dialect == POSTGRESQL:
            self.connection.patience = LONG
            self._cursor.execute(f"SET LOCAL statement_timeout = {round(LONG * 1000)}")

    def one(self, statement: Statement[R], values: Mapping[str, Any] = NONE) -> R | None:
        cursor = self._cursor
        cursor.execute(*statement.bound(self.dialect, values))
        row: R | None = cursor.fetchone()
        if row is None:
            return None
        if self.dialect == SQLITE:
            cursor.fetchall()  # ends the statement, else it would hold the snapshot open
        return row if statement.made is None else statement.made(row)

    def all(self, statement: Statement[R], values: Mapping[str, Any] = NONE) -> list[R]:
        cursor = self._cursor
        cursor.execute(*statement.bound(self.dialect, values))
        rows: list[R] = cursor.fetchall()
        return rows if statement.made is None else list(map(statement.made, rows))

    def value(self, statement: Value[V | None], values: Mapping[str, Any] = NONE) -> V | None:
        """Of the one row's one column; None where there is no row."""
        row = self.one(statement, values)
        return None if row is None else row[0]

    def column(self, statement: Value[V], values: Mapping[str, Any] = NONE) -> list[V]:
        """Of the rows' one column."""
        return [value for (value,) in self.all(statement, values)]

    def stream(self, statement: Statement[R], values: Mapping[str, Any] = NONE, size: int = 2000) -> Iterator[R]:
        """Rows one by one, in flat memory; for work with a connection of its own."""
        cursor = self.connection.cursor(name="stream") if self.dialect == POSTGRESQL else self.connection.cursor()
        try:
            cursor.execute(*statement.bound(self.dialect, values))
            while rows := cursor.fetchmany(size):
                yield from rows if statement.made is None else map(statement.made, rows)
        finally:
            with suppress(Exception):  # who was given up in the middle may end after its connection
                cursor.close()

    def array(self, values: Iterable[int] | Iterable[bytes]) -> Any:
        return array(self.dialect, values)


class Look(Snapshot):
    """A read of one SELECT, outside a transaction. Errors: AssertionError for anything else."""

    def __init__(self, connection: Any, dialect: str) -> None:
        super().__init__(connection, dialect)
        self._looked = False

    def one(self, statement: Statement[R], values: Mapping[str, Any] = NONE) -> R | None:
        self._check(statement)
        return super().one(statement, values)

    def all(self, statement: Statement[R], values: Mapping[str, Any] = NONE) -> list[R]:
        self._check(statement)
        return super().all(statement, values)

    def stream(self, statement: Statement[R], values: Mapping[str, Any] = NONE, size: int = 2000) -> Iterator[R]:
        raise AssertionError("a stream needs a snapshot")

    def _check(self, statement: Statement[Any]) -> None:
        assert not self._looked, "a second statement needs a snapshot"
        assert statement.reads(self.dialect), "it may only read"
        self._looked = True


class Transaction(Snapshot):
    """Reads and writes on the writer's connection, between BEGIN and COMMIT. ``now``: µs since 1970 UTC."""

    def __init__(self, connection: Any, dialect: str, now: int) -> None:
        super().__init__(connection, dialect)
        self.now = now
        self._last_ids: dict[str, int] = {}
        # The act that is known to be the last so far, and when it was recorded (as stored); None: it must be looked up.
        self.last_act: tuple[int, int | float] | None = None
        # Seals by the newest key what an older one has sealed; None while nobody here holds an older one. So nothing is
        # ever written that a rotation has gone past, however long ago it was sealed (docs/decisions/0025).
        self.reencrypt: Callable[[bytes], bytes] | None = None

    def one(self, statement: Statement[R], values: Mapping[str, Any] = NONE) -> R | None:
        return super().one(statement, self._written(statement, values))

    def all(self, statement: Statement[R], values: Mapping[str, Any] = NONE) -> list[R]:
        return super().all(statement, self._written(statement, values))

    def run(self, statement: Statement[Any], values: Mapping[str, Any] = NONE) -> int:
        """The number of rows it touched."""
        return self.run_as_given(statement, self._written(statement, values))

    def run_as_given(self, statement: Statement[Any], values: Mapping[str, Any] = NONE) -> int:
        """``run`` for a statement that looks for encrypted data and writes none."""
        self._cursor.execute(*statement.bound(self.dialect, values))
        return int(self._cursor.rowcount)

    def later(self, statement: Statement[Any], values: Mapping[str, Any] = NONE) -> None:
        """``run`` without the count: on PostgreSQL it is not waited for."""
        self.run(statement, values)

    def expect(self, statement: Statement[Any], values: Mapping[str, Any], rows: int) -> None:
        """Fails the transaction unless so many rows are touched; on PostgreSQL it is not waited for."""
        if (touched := self.run(statement, values)) != rows:
            raise AssertionError(f"{touched} rows of {rows}")

    def _written(self, statement: Statement[Any], values: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.reencrypt is None or not values or statement.reads(self.dialect):
            return values
        return {name: self.reencrypt(value) if isinstance(value, bytes) else value for name, value in values.items()}

    def _rows(self, rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
        if self.reencrypt is None:
            return rows
        reencrypt = self.reencrypt
        return [tuple(reencrypt(value) if isinstance(value, bytes) else value for value in row) for row in rows]

    def insert(self, table: str, columns: str, rows: Sequence[Sequence[Any]], *, only: Only | None = None) -> None:
        """Appends rows (tuples in the order of ``columns``, a comma-separated list); ``only``: if it holds, one row."""
        assert only is None or len(rows) == 1
        rows = self._rows(rows)
        if self.dialect == POSTGRESQL and len(rows) > MANY:
            with self._cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        self._append_rows(table, columns, rows, "", only)

    def upsert(
        self,
        table: str,
        key: str,
        columns: str,
        rows: Sequence[Sequence[Any]],
        *,
        adding: bool = False,
        only: Only | None = None,
    ) -> None:
        """Inserts rows or replaces the other columns where ``key`` exists; ``adding``: adds to them. ``only``: if it
        holds, one row."""
        rows = self._rows(rows)
        conflict = on_conflict(table, key, columns, adding=adding)
        if self.dialect == POSTGRESQL and len(rows) > MANY:
            stage = f"stage_{table}"
            self._cursor.execute(
                f"CREATE TEMP TABLE IF NOT EXISTS {stage} (LIKE {table} INCLUDING DEFAULTS) ON COMMIT DELETE ROWS"
            )
            self._cursor.execute(f"TRUNCATE {stage}")
            self.insert(stage, columns, rows)
            self._cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {stage} {conflict}")
            return
        self._append_rows(table, columns, rows, conflict, only)

    def _append_rows(
        self, table: str, columns: str, rows: Sequence[Sequence[Any]], conflict: str, only: Only | None
    ) -> None:
        text = insertion(table, columns, 1, conflict, only and only.condition)
        if only is not None:
            ((*row,),) = rows
            rows = [(*row, *only.values)]
        self._cursor.executemany(text if self.dialect == POSTGRESQL else text.replace("%s", "?"), rows)

    def numbers(self, table: str, count: int = 1) -> int:
        """Reserves ``count`` ids of a table numbered in commit order without gaps; the first of them. The writer holds
        the only write lock until its COMMIT (SQLite: BEGIN IMMEDIATE; PostgreSQL: an advisory lock)."""
        last = self._last_ids.get(table)
        if last is None:
            last = self._last_id(table)
        self._last_ids[table] = last + count
        return last + 1

    def _last_id(self, table: str) -> int:
        self._cursor.execute(f"SELECT max(id) FROM {table}")
        return self._cursor.fetchone()[0] or 0

    def begin_at(self, last: Mapping[str, int]) -> None:
        """Sets the last ids of some tables, read since the lock was taken."""
        self._last_ids.update(last)

    def look_up_numbers(self, *tables: str) -> None:
        """Reads the last ids for ``numbers`` of all these tables in one statement."""
        wanted = [table for table in tables if table not in self._last_ids]
        if wanted:
            self._cursor.execute("SELECT " + ",".join(f"(SELECT max(id) FROM {table})" for table in wanted))
            self._last_ids.update(zip(wanted, (last or 0 for last in self._cursor.fetchone()), strict=True))

    def savepoint(self) -> dict[str, int]:
        """The state for ``roll_back``."""
        self._cursor.execute("SAVEPOINT work")
        return dict(self._last_ids)

    def release(self) -> None:
        self._cursor.execute("RELEASE SAVEPOINT work")

    def roll_back(self, mark: dict[str, int]) -> None:
        self._cursor.execute("ROLLBACK TO SAVEPOINT work")
        self._cursor.execute("RELEASE SAVEPOINT work")
        self._last_ids = mark
        self.last_act = None
