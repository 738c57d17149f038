"""Write transactions on PostgreSQL whose statements do not wait for each other."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

from consents.store.appending import Append, joined
from consents.store.cursors import MANY, NONE, Only, R, Transaction, on_conflict
from consents.store.prefetching import Prefetch, Prefetched, PrefetchRead
from consents.store.statements import POSTGRESQL, Statement

Mark = tuple[dict[str, int], tuple[int, int | float] | None]


class StatementPipe:
    """Whether a connection is in pipeline mode, and how it enters and leaves."""

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
        if self._pipeline is not None:
            try:
                self._pipeline.sync()
            finally:
                self._pipeline = None
                with suppress(Exception):
                    self._stack.close()


class Pipelined(Transaction):
    """Only reads are waited for; writes are sent and answered with the next read or the COMMIT, because each wait under
    the lock delays all others. No savepoints: after a fault nothing stands, and the works run again with a savepoint
    each (``writer``). ``errors``: what the driver raises; ``prefetched``: the rows of first reads go to the
    first work about their subject, once."""

    def __init__(
        self, connection: Any, now: int, pipe: StatementPipe, errors: type[Exception], prefetched: Prefetched
    ) -> None:
        super().__init__(connection, POSTGRESQL, now)
        self._raw, self._pipe, self.errors = connection, pipe, errors
        self._prefetched: Prefetched = prefetched
        self._mine: list[tuple[PrefetchRead, Any]] = []  # of the work at hand
        self._subject: Hashable = None  # of the work at hand, where it declares one
        self._wrote = False
        # Sent with the next question and its Sync, never before: only after a Sync does PostgreSQL end a transaction of
        # which it hears nothing more (``postgresql.IDLE``).
        self._unsent: list[Append | Callable[[], None]] = []
        self._expected: list[tuple[Any, int]] = []  # how many rows what was sent is to touch
        self._lacking = False  # whether something could not be sent, or touched other rows than it should
        self.ending = False
        """Whether the COMMIT was sent, or may have been."""
        self._ending: Any = None  # the cursor of the COMMIT

    def commit(self) -> bool:
        """Whether it is durable; False where a statement had failed and its caller kept the error."""
        self._send()
        if self._lacking:
            return False
        if self._expected:
            with suppress(AssertionError):
                self._sync()
        if self._lacking:
            return False
        self.ending = True
        self._ending = self._raw.cursor().execute("COMMIT", prepare=False)
        self._pipe.sync()
        return self.committed

    @property
    def committed(self) -> bool:
        """Whether PostgreSQL reported the COMMIT, even if an error follows."""
        return self._ending is not None and bool(self._ending.statusmessage == "COMMIT")

    def mark(self, first: Prefetch | None = None) -> Mark:
        if self._wrote and self._subject is None:  # a work without a declared subject may have changed anything
            self._prefetched.clear()
        self._subject = first and first.subject
        self._mine = self._prefetched.pop(self._subject, [])
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
        self._wrote = True
        self._send()
        self._leave()
        return self._raw

    @connection.setter
    def connection(self, given: Any) -> None:
        self._raw = given

    def one(self, statement: Statement[R], values: Mapping[str, Any] = NONE) -> R | None:
        row: R | None = self._answer(statement, self._written(statement, values)).fetchone()
        return row if row is None or statement.made is None else statement.made(row)

    def all(self, statement: Statement[R], values: Mapping[str, Any] = NONE) -> list[R]:
        rows: list[R] = self._answer(statement, self._written(statement, values)).fetchall()
        return rows if statement.made is None else list(map(statement.made, rows))

    def run_as_given(self, statement: Statement[Any], values: Mapping[str, Any] = NONE) -> int:
        return int(self._ask(statement, values).rowcount)

    def later(self, statement: Statement[Any], values: Mapping[str, Any] = NONE) -> None:
        self._wrote = True
        written = self._written(statement, values)
        self._unsent.append(lambda: self._cursor.execute(*statement.bound(self.dialect, written)))

    def expect(self, statement: Statement[Any], values: Mapping[str, Any], rows: int) -> None:
        self._wrote = True
        written = self._written(statement, values)

        def send() -> None:
            cursor = self._raw.cursor()
            cursor.execute(*statement.bound(self.dialect, written))
            self._expected.append((cursor, rows))

        self._unsent.append(send)

    def insert(self, table: str, columns: str, rows: Sequence[Sequence[Any]], *, only: Only | None = None) -> None:
        rows = self._rows(rows)
        self._append(Append(table, columns, list(rows), only=only), super().insert, table, columns, rows)

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
        rows = self._rows(rows)
        append = Append(table, columns, list(rows), on_conflict(table, key, columns, adding=adding), only)
        self._append(append, partial(super().upsert, adding=adding), table, key, columns, rows)

    def _append(self, append: Append, at_once: Callable[..., None], *arguments: Any) -> None:
        if not append.rows:
            return
        assert append.only is None or len(append.rows) == 1
        self._wrote = True
        if len(append.rows) > MANY:  # they are copied
            self._send()
            self._leave()
            at_once(*arguments)
        else:
            self._unsent.append(append)

    def _last_id(self, table: str) -> int:
        self._send()
        self._cursor.execute(f"SELECT max(id) FROM {table}")
        self._sync()
        return self._cursor.fetchone()[0] or 0

    def _answer(self, statement: Statement[Any], values: Mapping[str, Any]) -> Any:
        for place, (ask, cursor) in enumerate(self._mine):
            if ask.statement is statement and ask.values == values:
                del self._mine[place]
                return cursor
        return self._ask(statement, values)

    def _ask(self, statement: Statement[Any], values: Mapping[str, Any]) -> Any:
        self._wrote = self._wrote or not statement.reads(self.dialect)
        self._send()
        self._cursor.execute(*statement.bound(self.dialect, values))
        self._sync()
        return self._cursor

    def _leave(self) -> None:
        self._sync()
        self._pipe.leave()

    def _sync(self) -> None:
        self._pipe.sync()
        expected, self._expected = self._expected, []
        for cursor, rows in expected:
            if cursor.rowcount != rows:
                self._lacking = True  # it may be raised to a work that is not its own
                raise AssertionError(f"{cursor.rowcount} rows of {rows}")

    def _send(self) -> None:
        """On a cursor of their own: their answers come while the other already asks something else."""
        unsent, self._unsent = self._unsent, []
        outer, self._cursor = self._cursor, self._raw.cursor()
        try:
            for one in joined(unsent):
                if callable(one):
                    one()
                elif len(one.rows) == 1:
                    self._cursor.execute(one.text, one.rows[0])
                else:
                    self._cursor.executemany(one.text, one.rows)
        except BaseException:  # it may be raised to a work that is not its own
            self._lacking = True
            raise
        finally:
            self._cursor = outer
