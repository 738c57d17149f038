"""What a piece of work may do with the database: read a snapshot, or write within a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Any

from consents.store.deadline import LONG
from consents.store.statements import POSTGRESQL, SQLITE, Statement, array

_NONE: Mapping[str, Any] = {}
MANY = 50  # rows: more are copied on PostgreSQL
Mark = tuple[dict[str, int], tuple[int, int | float] | None]


class Snapshot:
    """Reads on one connection."""

    def __init__(self, connection: Any, dialect: str) -> None:
        self.connection = connection
        self.dialect = dialect
        self._cursor = connection.cursor()

    def unhurried(self) -> None:
        """Gives each statement from here on ``deadline.LONG``, because nobody waits; SQLite's have no end anyway."""
        if self.dialect == POSTGRESQL:
            self.connection.patience = LONG
            self._cursor.execute(f"SET LOCAL statement_timeout = {round(LONG * 1000)}")

    def one(self, statement: Statement, values: Mapping[str, Any] = _NONE) -> tuple[Any, ...] | None:
        """The first row, or None."""
        cursor = self._cursor
        cursor.execute(*statement.bound(self.dialect, values))
        row: tuple[Any, ...] | None = cursor.fetchone()
        if row is not None and self.dialect == SQLITE:
            cursor.fetchall()  # ends the statement, else it would hold the snapshot open
        return row

    def all(self, statement: Statement, values: Mapping[str, Any] = _NONE) -> list[tuple[Any, ...]]:
        """Every row."""
        cursor = self._cursor
        cursor.execute(*statement.bound(self.dialect, values))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def stream(
        self, statement: Statement, values: Mapping[str, Any] = _NONE, size: int = 2000
    ) -> Iterator[tuple[Any, ...]]:
        """The rows one by one, in flat memory; for work that has its connection to itself."""
        cursor = self.connection.cursor(name="stream") if self.dialect == POSTGRESQL else self.connection.cursor()
        try:
            cursor.execute(*statement.bound(self.dialect, values))
            while rows := cursor.fetchmany(size):
                yield from rows
        finally:
            cursor.close()

    def array(self, values: Iterable[int] | Iterable[bytes]) -> Any:
        """A list as ``among`` takes it."""
        return array(self.dialect, values)


class Look(Snapshot):
    """A read of one SELECT, outside a transaction: nothing that it sees can have changed in between.

    Whatever else is asked for is an error of the program's.
    """

    def __init__(self, connection: Any, dialect: str) -> None:
        super().__init__(connection, dialect)
        self._looked = False

    def one(self, statement: Statement, values: Mapping[str, Any] = _NONE) -> tuple[Any, ...] | None:
        self._check(statement)
        return super().one(statement, values)

    def all(self, statement: Statement, values: Mapping[str, Any] = _NONE) -> list[tuple[Any, ...]]:
        self._check(statement)
        return super().all(statement, values)

    def stream(
        self, statement: Statement, values: Mapping[str, Any] = _NONE, size: int = 2000
    ) -> Iterator[tuple[Any, ...]]:
        raise AssertionError("a stream needs a snapshot")

    def _check(self, statement: Statement) -> None:
        assert not self._looked, "a second statement needs a snapshot"
        assert statement.reads(self.dialect), "it may only read"
        self._looked = True


class Transaction(Snapshot):
    """Reads and writes on the writer's connection, between its BEGIN and its COMMIT. ``now``: µs since 1970 UTC."""

    def __init__(self, connection: Any, dialect: str, now: int) -> None:
        super().__init__(connection, dialect)
        self.now = now
        self._last_ids: dict[str, int] = {}
        # The act that is known to be the last so far, and when it was recorded (as stored); None: it must be looked up.
        self.last_act: tuple[int, int | float] | None = None
        # Seals by the newest key what an older one has sealed; None while nobody here holds an older one. So nothing is
        # ever written that a rotation has gone past, however long ago it was sealed (docs/decisions/0025).
        self.anew: Callable[[bytes], bytes] | None = None

    def one(self, statement: Statement, values: Mapping[str, Any] = _NONE) -> tuple[Any, ...] | None:
        return super().one(statement, self._written(statement, values))

    def all(self, statement: Statement, values: Mapping[str, Any] = _NONE) -> list[tuple[Any, ...]]:
        return super().all(statement, self._written(statement, values))

    def run(self, statement: Statement, values: Mapping[str, Any] = _NONE) -> int:
        """Runs a statement; the number of rows it touched."""
        return self.run_as_given(statement, self._written(statement, values))

    def run_as_given(self, statement: Statement, values: Mapping[str, Any] = _NONE) -> int:
        """The same of one that looks for what is sealed and writes nothing sealed."""
        self._cursor.execute(*statement.bound(self.dialect, values))
        return int(self._cursor.rowcount)

    def _written(self, statement: Statement, values: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.anew is None or not values or statement.reads(self.dialect):
            return values
        return {name: self.anew(value) if isinstance(value, bytes) else value for name, value in values.items()}

    def _rows(self, rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
        if self.anew is None:
            return rows
        anew = self.anew
        return [tuple(anew(value) if isinstance(value, bytes) else value for value in row) for row in rows]

    def insert(self, table: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        """Appends rows (tuples in the order of ``columns``, a comma-separated list)."""
        rows = self._rows(rows)
        if self.dialect == POSTGRESQL and len(rows) > MANY:
            with self._cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        mark = "%s" if self.dialect == POSTGRESQL else "?"
        marks = ",".join([mark] * len(rows[0])) if rows else ""
        self._cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)

    def upsert(self, table: str, key: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        """Inserts rows or, where ``key`` stands already, replaces the other columns."""
        rows = self._rows(rows)
        names = columns.split(",")
        changes = ",".join(f"{name}=excluded.{name}" for name in names if name not in key.split(","))
        conflict = f"ON CONFLICT ({key}) DO UPDATE SET {changes}"
        if self.dialect == POSTGRESQL and len(rows) > MANY:
            stage = f"stage_{table}"
            self._cursor.execute(
                f"CREATE TEMP TABLE IF NOT EXISTS {stage} (LIKE {table} INCLUDING DEFAULTS) ON COMMIT DELETE ROWS"
            )
            self._cursor.execute(f"TRUNCATE {stage}")
            self.insert(stage, columns, rows)
            self._cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {stage} {conflict}")
            return
        mark = "%s" if self.dialect == POSTGRESQL else "?"
        marks = ",".join([mark] * len(names))
        self._cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks}) {conflict}", rows)

    def numbers(self, table: str, count: int = 1) -> int:
        """Takes ``count`` ids of a table that is numbered in commit order without gaps; the first of them.

        Safe because the writer holds the only write lock until its COMMIT (SQLite: BEGIN IMMEDIATE; PostgreSQL: an
        advisory lock of the registry).
        """
        last = self._last_ids.get(table)
        if last is None:
            last = self._last_id(table)
        self._last_ids[table] = last + count
        return last + 1

    def _last_id(self, table: str) -> int:
        self._cursor.execute(f"SELECT max(id) FROM {table}")
        return self._cursor.fetchone()[0] or 0

    def begin_at(self, last: Mapping[str, int]) -> None:
        """Tells the last ids of some tables, read since the lock was taken."""
        self._last_ids.update(last)

    def look_up_numbers(self, *tables: str) -> None:
        """Does in one statement what ``numbers`` does at first for each of these tables."""
        wanted = [table for table in tables if table not in self._last_ids]
        if wanted:
            self._cursor.execute("SELECT " + ",".join(f"(SELECT max(id) FROM {table})" for table in wanted))
            self._last_ids.update(zip(wanted, (last or 0 for last in self._cursor.fetchone()), strict=True))

    def savepoint(self) -> dict[str, int]:
        """Marks the state to which ``roll_back`` returns."""
        self._cursor.execute("SAVEPOINT work")
        return dict(self._last_ids)

    def release(self) -> None:
        self._cursor.execute("RELEASE SAVEPOINT work")

    def roll_back(self, mark: dict[str, int]) -> None:
        self._cursor.execute("ROLLBACK TO SAVEPOINT work")
        self._cursor.execute("RELEASE SAVEPOINT work")
        self._last_ids = mark


class StatementPipe:
    """Whether a connection is in pipeline mode, and how it gets in and out."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._stack = ExitStack()
        self._pipeline: Any = None

    def enter(self) -> None:
        if self._pipeline is None:
            self._pipeline = self._stack.enter_context(self._connection.pipeline())

    def sync(self) -> None:
        """Waits for the answers to all that was sent. Errors: the first of theirs."""
        if self._pipeline is not None:
            self._pipeline.sync()

    def leave(self) -> None:
        """The same, and each statement is waited for from here on."""
        if self._pipeline is not None:
            try:
                self._pipeline.sync()
            finally:
                self._pipeline = None
                with suppress(Exception):
                    self._stack.close()


class Pipelined(Transaction):
    """A transaction on PostgreSQL whose statements do not wait for each other. ``errors``: what the driver raises.

    While the lock is held every answer that is waited for keeps all others waiting, in this process and in every other.
    So only what a piece of work asks is waited for; what it writes goes, and is answered, with the next
    question's or with that of the COMMIT. There are no savepoints: a fault comes too late to tell whose it was. Then
    nothing of the transaction stands, and its works are done again with a savepoint each (``writer``).
    """

    def __init__(self, connection: Any, now: int, pipe: StatementPipe, errors: type[Exception]) -> None:
        super().__init__(connection, POSTGRESQL, now)
        self._raw, self._pipe, self.errors = connection, pipe, errors
        self._wrote = False
        # Sent with the next question and its Sync, never before: only after a Sync does PostgreSQL end a transaction of
        # which it hears nothing more (``postgresql.IDLE``).
        self._unsent: list[Callable[[], None]] = []
        self._lacking = False  # whether something could not be sent

    def commit(self) -> bool:
        """Whether it is durable. False where a statement had failed and whoever asked it has kept that to himself."""
        self._send()
        if self._lacking:
            return False
        ending = self._raw.cursor().execute("COMMIT", prepare=False)
        self._pipe.sync()
        return bool(ending.statusmessage == "COMMIT")

    def mark(self) -> Mark:
        """Where a piece of work begins."""
        self._wrote = False
        return dict(self._last_ids), self.last_act

    def unsaid(self, mark: Mark) -> bool:
        """Whether the work since the mark has changed nothing; its numbers are free again then."""
        if self._wrote:
            return False
        self._last_ids, self.last_act = mark
        return True

    @property
    def connection(self) -> Any:
        """For what a pipeline cannot do: it ends here."""
        self._wrote = True
        self._send()
        self._pipe.leave()
        return self._raw

    @connection.setter
    def connection(self, given: Any) -> None:
        self._raw = given

    def one(self, statement: Statement, values: Mapping[str, Any] = _NONE) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._ask(statement, self._written(statement, values)).fetchone()
        return row

    def all(self, statement: Statement, values: Mapping[str, Any] = _NONE) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._ask(statement, self._written(statement, values)).fetchall()
        return rows

    def run_as_given(self, statement: Statement, values: Mapping[str, Any] = _NONE) -> int:
        return int(self._ask(statement, values).rowcount)

    def insert(self, table: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        kept = list(rows)
        self._append(kept, lambda: super(Pipelined, self).insert(table, columns, kept))

    def upsert(self, table: str, key: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        kept = list(rows)
        self._append(kept, lambda: super(Pipelined, self).upsert(table, key, columns, kept))

    def stream(
        self, statement: Statement, values: Mapping[str, Any] = _NONE, size: int = 2000
    ) -> Iterator[tuple[Any, ...]]:
        return super().stream(statement, values, size)  # by ``connection``

    def _append(self, rows: Sequence[Sequence[Any]], append: Callable[[], None]) -> None:
        if not rows:
            return
        self._wrote = True
        if len(rows) > MANY:  # they are copied
            self._send()
            self._pipe.leave()
            append()
        else:
            self._unsent.append(append)

    def _last_id(self, table: str) -> int:
        self._send()
        self._cursor.execute(f"SELECT max(id) FROM {table}")
        self._pipe.sync()
        return self._cursor.fetchone()[0] or 0

    def _ask(self, statement: Statement, values: Mapping[str, Any]) -> Any:
        self._wrote = self._wrote or not statement.reads(self.dialect)
        self._send()
        self._cursor.execute(*statement.bound(self.dialect, values))
        self._pipe.sync()
        return self._cursor

    def _send(self) -> None:
        """On a cursor of their own: their answers come while the other already asks something else."""
        unsent, self._unsent = self._unsent, []
        asking, self._cursor = self._cursor, self._raw.cursor()
        try:
            for append in unsent:
                append()
        except BaseException:  # it may be raised to a work that is not its own
            self._lacking = True
            raise
        finally:
            self._cursor = asking
