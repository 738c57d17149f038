"""What PostgreSQL is asked: each statement costs both sides, and each that is waited for under the write lock keeps
everybody waiting."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from consents.store import postgresql
from consents.store.pipelined import StatementPipe


class Asked:
    """What the database at ``url`` is asked by stores that are opened from now on."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self._said: list[str] = []
        self.trips = 0  # of the writers'
        connect, sync = postgresql.connect, StatementPipe.sync

        def listening(*arguments: Any) -> Any:
            connection = connect(*arguments)
            connection.add_notice_handler(lambda notice: self._said.append(notice.message_primary or ""))
            return connection

        def counted(pipe: StatementPipe) -> None:
            self.trips += 1
            sync(pipe)

        monkeypatch.setattr(postgresql, "connect", listening)
        monkeypatch.setattr(StatementPipe, "sync", counted)
        with psycopg.connect(url, autocommit=True) as connection:
            name = connection.info.dbname
            for setting, value in (("log_statement", "all"), ("client_min_messages", "log")):
                connection.execute(f"ALTER DATABASE {name} SET {setting} = '{value}'".encode())

    def forget(self) -> None:
        """Counts from here on."""
        self._said.clear()
        self.trips = 0

    @property
    def all(self) -> list[str]:
        """The statements, in order."""
        return [one.partition(": ")[2] for one in self._said if one.startswith(("statement", "execute"))]

    @property
    def under_the_lock(self) -> list[str]:
        """Those of the first write transaction, behind the lock and without the COMMIT."""
        begun = next(place for place, one in enumerate(self.all) if "pg_advisory" in one)
        return self.all[begun + 1 : self.all.index("COMMIT", begun)]
