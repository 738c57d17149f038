"""PostgreSQL is stopped while it commits: what stands is not called undone, and is not done a second time."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import psycopg
import pytest

from consents.store import Store, Unknown
from consents.store.pipelined import Pipelined
from tests.consents.works import add, ids
from tests.crash.line import Line

_COMMITTED = b"C\0\0\0\x0bCOMMIT\0"
_ENDS = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0"


class Stopping(Line):
    """A server that is told to end while the next COMMIT is in its fsync: that is done, then the server ends.

    ``says``: whether it still says that it is done. None: nobody stops it.
    """

    says: bool | None = None

    def _carry(self, origin: socket.socket, goal: socket.socket, answers: bool) -> None:
        if not answers:
            super()._carry(origin, goal, answers)
            return
        with suppress(OSError):
            while data := origin.recv(65536):
                before, committed, _ = data.partition(_COMMITTED)
                if committed and self.says is not None:
                    goal.sendall(before + committed * self.says + b"E" + (len(_ENDS) + 4).to_bytes(4, "big") + _ENDS)
                    self.says = None
                    time.sleep(0.2)  # a server that has said so is there for a moment yet
                    break
                goal.sendall(data)
            for one in (origin, goal):
                one.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def line(postgresql_url: str) -> Iterator[Stopping]:
    with Stopping(postgresql_url) as line:
        yield line


@pytest.fixture
def store(line: Stopping) -> Iterator[Store]:
    with closing(Store.open(line.url)) as store:
        assert store.write_now(add, 1) == 1
        yield store


def test_a_commit_that_was_said_to_stand_is_acknowledged_once(store: Store, line: Stopping) -> None:
    line.says = True
    assert store.write_now(add, 2) == 2
    assert line.says is None
    assert ids(store) == [1, 2]
    assert store.write_now(add, 3) == 3
    assert not store.commits.failing


def test_a_commit_of_which_nothing_was_said_is_unknown_and_not_done_again(store: Store, line: Stopping) -> None:
    line.says = False
    with pytest.raises(Unknown):
        store.write_now(add, 2)
    assert line.says is None
    assert ids(store) == [1, 2]
    assert store.write_now(add, 3) == 3


@pytest.mark.parametrize("says", [True, False])
def test_nor_is_one_whose_statements_were_waited_for_called_undone(store: Store, line: Stopping, says: bool) -> None:
    with closing(store.gate()) as gate:
        with gate.transaction() as transaction:
            add(transaction, 2)
        line.says = says
        with pytest.raises(Unknown), gate.transaction() as transaction:
            add(transaction, 3)
        assert line.says is None
        with gate.transaction() as transaction:
            assert add(transaction, 4) == 4
    assert ids(store) == [1, 2, 3, 4]


def test_nor_is_one_after_which_the_connection_seems_to_be_open(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether its end is read with the last words is chance."""
    commit, ending = Pipelined.commit, [psycopg.errors.AdminShutdown("terminating connection")]

    def committing(self: Pipelined) -> bool:
        done = commit(self)
        if ending:
            self._ending = None  # of the COMMIT itself nothing was heard
            raise ending.pop()
        return done

    with closing(Store.open(postgresql_url)) as store:
        monkeypatch.setattr(Pipelined, "commit", committing)
        with pytest.raises(Unknown):
            store.write_now(add, 1)
        assert store.write_now(add, 2) == 2
        assert ids(store) == [1, 2]
