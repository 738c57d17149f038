"""A store beside other processes, on a full disk, behind a lock that does not end (INV-04)."""

from __future__ import annotations

import asyncio
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from statistics import median

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from consents import ledger
from consents.store import Statement, Store, StoreUnavailable, Transaction
from consents.store.failures import ActsMissing
from consents.store.gates import postgresql_gate, sqlite_gate
from consents.store.statements import SQLITE
from consents.terms import Actor
from tests import ROOT
from tests.conftest import Opener
from tests.consents.works import add, ids, submit


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    opened = Store.open(sqlite_url)
    yield opened
    opened.close()


CHAIN = """
import sys
from sqlalchemy import text
from consents.store import Statement, Store
store = Store.open(sys.argv[1])
gate, number = store.gate(), 10**6
counted = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) SELECT max(i) FROM n"
while True:
    number += 1
    with gate.transaction() as transaction:
        first = transaction.numbers("recipient")
        transaction.insert("recipient", "id,sealed,commitment", [(first, number.to_bytes(20, "big"), b"")])
        transaction.one(Statement(text(counted)))
    print("committed", flush=True)
"""


def test_another_process_that_writes_without_pause_does_not_starve_a_citizen(
    sqlite_store: Store, sqlite_url: str
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CHAIN, sqlite_url], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "committed\n"
            own, ahead = [sqlite_store.write_now(add, 0)], []
            while len(ahead) < 25:
                assert child.poll() is None
                own.append(sqlite_store.write_now(add, len(own)))
                if between := own[-1] - own[-2] - 1:
                    ahead.append(between)  # the chain's transactions before one of ours that met it
        finally:
            child.kill()
    assert median(ahead) <= 2, ahead  # one, where the turn is kept; dozens where it is not
    assert ids(sqlite_store) == list(range(1, len(ids(sqlite_store)) + 1))


def test_a_full_disk_acknowledges_nothing_and_is_survived(sqlite_store: Store) -> None:
    def limit(transaction: Transaction, more: int) -> None:
        pages = transaction.connection.execute("PRAGMA page_count").fetchone()[0]
        transaction.connection.execute(f"PRAGMA max_page_count={pages + more}")

    def big(transaction: Transaction, sealed: int) -> int:
        number = transaction.numbers("recipient")
        transaction.insert("recipient", "id,sealed,commitment", [(number, sealed.to_bytes(20, "big"), b"x" * 3000)])
        return number

    sqlite_store.write_now(limit, 4)
    acknowledged = []
    with pytest.raises(StoreUnavailable):  # noqa: PT012 – how many still fit does not matter
        for number in range(100):
            acknowledged.append(sqlite_store.write_now(big, number))
    assert 0 < len(acknowledged) < 100

    async def from_a_loop() -> None:
        await sqlite_store.write(limit, 4)  # of its own connection
        with pytest.raises(StoreUnavailable):  # noqa: PT012 – how many still fit does not matter
            for number in range(1000, 1100):
                acknowledged.append(await sqlite_store.write(big, number))

    asyncio.run(from_a_loop())
    assert ids(sqlite_store) == acknowledged
    sqlite_store.write_now(limit, 1000)
    assert sqlite_store.write_now(big, 2000) == len(acknowledged) + 1


@contextmanager
def _lock(url: str, dialect: str) -> Iterator[None]:
    """Holds the write lock of a registry from outside; it is free when the block has ended."""
    if dialect == SQLITE:
        with closing(Store.open(url).gate()._connect()) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    import psycopg

    with psycopg.connect(url) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (postgresql_gate.ADVISORY_LOCK,))
        yield
        connection.execute("SELECT pg_advisory_unlock_all()")


def test_a_lock_that_does_not_end_is_answered_in_time(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Store.open(database_url)) as store:
        with _lock(database_url, store.dialect), monkeypatch.context() as impatient:
            for one in (sqlite_gate, postgresql_gate):
                impatient.setattr(one, "LONGEST_WAIT", 0.2)
            waiting = submit(store, add, 1)
            with pytest.raises(StoreUnavailable):
                waiting.result(60)
        assert store.write_now(add, 2) == 1


def test_what_one_connection_has_recorded_each_of_the_program_looks_for(
    postgresql_url: str, open_registry: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of a program goes in by a connection of its own, perhaps the first to meet the wrong server."""
    from consents.store import postgresql

    monkeypatch.setattr(postgresql, "_AWAITS", "SELECT true")
    registry = open_registry(postgresql_url)
    store, evidence = registry.store, registry.keyring.seal_evidence({})
    with closing(store.gate()) as first, first.transaction() as transaction:
        act = ledger.note(transaction, Actor.STAFF, evidence)
    with closing(store.gate()) as next_one, next_one.transaction() as transaction:
        assert transaction.one(Statement(text("SELECT max(id) FROM act"))) == (act,)
    monkeypatch.setattr(postgresql, "_RECORDED_AT", "SELECT 0.0 WHERE %s > 0")  # of another history
    with closing(store.gate()) as wrong, pytest.raises(ActsMissing), wrong.transaction():
        pass


@contextmanager
def _stopped_in_line(url: str) -> Iterator[None]:
    """As if another program had been stopped while it waited for the write lock."""
    file = os.open(f"{make_url(url).database}-turn", os.O_RDWR | os.O_CREAT)
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(file)


def test_a_program_stopped_while_it_waits_holds_nobody_up_for_ever(
    sqlite_store: Store, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def from_a_loop() -> int:
        with _stopped_in_line(sqlite_url), monkeypatch.context() as impatient:
            impatient.setattr(sqlite_gate, "LONGEST_WAIT", 0.2)
            with pytest.raises(StoreUnavailable, match="another program"):
                await asyncio.wait_for(asyncio.shield(sqlite_store.write(add, 1)), 60)
        return await sqlite_store.write(add, 2)

    assert asyncio.run(from_a_loop()) == 1
    with _stopped_in_line(sqlite_url), monkeypatch.context() as impatient:
        impatient.setattr(sqlite_gate, "LONGEST_WAIT", 0.2)
        waiting = submit(sqlite_store, add, 3)
        with pytest.raises(StoreUnavailable, match="another program"):
            waiting.result(60)
    assert sqlite_store.write_now(add, 4) == 2
