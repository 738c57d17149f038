"""A COMMIT whose wait for the synchronous standby is cancelled succeeds for PostgreSQL; nobody may be told so.

The primary has the change and the standby may lack it. Whoever was told "recorded" would lose his refusal when that
standby takes over.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import text

from consents.store import Statement, Store, Transaction, Unknown
from consents.store.gates.postgresql_gate import PostgresqlGate
from tests.crash.server import Server

_NOTE = Statement(text("INSERT INTO noted (what) VALUES (:what)"))
_NOTED = Statement(text("SELECT 1 FROM noted LIMIT 1"))
_CANCEL = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
_END = 60.0  # seconds


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a primary whose only synchronous standby is away."""
    with Server(tmp_path_factory.mktemp("alone")) as server:
        url = server.create("izin")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE noted (what text)")
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'away'")
            connection.execute("SELECT pg_reload_conf()")
        yield url


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = Store.open(url)
    try:
        yield opened
    finally:
        opened.close()


@pytest.mark.parametrize("pipelined", [False, True])
def test_nobody_is_told_that_it_was_recorded(store: Store, url: str, pipelined: bool) -> None:
    gate = PostgresqlGate(store.engine, store.now)
    begun = gate.pipelined() if pipelined else gate.transaction()
    with administrator(url), pytest.raises(Unknown, match="standby"), begun as transaction:
        _work(transaction)
    gate.close()


def test_nor_by_the_writer(store: Store, url: str) -> None:
    with administrator(url), pytest.raises(Unknown, match="standby"):
        store.write_now(_work, seconds=_END)


@pytest.mark.parametrize("pipelined", [False, True])
def test_nor_is_who_asks_again_though_he_changes_nothing(store: Store, url: str, pipelined: bool) -> None:
    """It stands on the primary alone by now."""
    gate = PostgresqlGate(store.engine, store.now)
    for work in (_work, _look):
        begun = gate.pipelined() if pipelined else gate.transaction()
        with administrator(url), pytest.raises(Unknown, match="standby"), begun as transaction:
            work(transaction)
    gate.close()


@contextmanager
def administrator(url: str) -> Iterator[None]:
    """Cancels what waits for the standby, until something did."""

    def cancel() -> None:
        until = time.monotonic() + _END
        with psycopg.connect(url, autocommit=True) as connection:
            while not connection.execute(_CANCEL).fetchall() and time.monotonic() < until:
                time.sleep(0.01)

    thread = threading.Thread(target=cancel)
    thread.start()
    try:
        yield
    finally:
        thread.join(120)


def _look(transaction: Transaction) -> None:
    assert transaction.one(_NOTED) is not None


def _work(transaction: Transaction) -> None:
    transaction.run(_NOTE, {"what": "refused"})
