"""Each connection keeps what it acknowledged, and databases that could not are refused (INV-01)."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from consents.care import standbys
from consents.store import Snapshot, Statement, Store, StoreUnavailable, Unfit, engines
from tests.consents.works import COUNT, add

PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "mmap_size": 0}


def _pragmas(connection: Any) -> dict[str, Any]:
    return {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS}


def test_every_sqlite_connection_runs_with_wal_and_full(sqlite_url: str) -> None:
    store = Store.open(sqlite_url)
    assert store.write_now(lambda transaction: _pragmas(transaction.connection)) == PRAGMAS
    assert asyncio.run(store.read(lambda snapshot: _pragmas(snapshot.connection))) == PRAGMAS
    with store.snapshot() as one, store.snapshot() as other:
        assert one.connection is not other.connection
        assert _pragmas(one.connection) == _pragmas(other.connection) == PRAGMAS
    with store.engine.connect() as connection:
        assert _pragmas(connection.connection.driver_connection) == PRAGMAS
    bulk = store.gate()
    with bulk.transaction() as transaction:
        assert _pragmas(transaction.connection) == PRAGMAS
    bulk.close()
    store.close()


def test_who_passes_by_many_rows_keeps_few_pages_and_the_next_has_all_again(sqlite_url: str) -> None:
    store = Store.open(sqlite_url)
    ask = "PRAGMA cache_size"
    with store.snapshot() as before:
        usual = before.connection.execute(ask).fetchone()
    with store.snapshot(passing=True) as snapshot:
        assert snapshot.connection is before.connection
        assert snapshot.connection.execute(ask).fetchone() == (-4000,)
    with store.snapshot() as after:
        assert after.connection is before.connection
        assert after.connection.execute(ask).fetchone() == usual == (-32000,)
    store.close()


def test_a_sqlite_connection_compiles_each_statement_once(sqlite_url: str) -> None:
    """A site has about three hundred; the driver's own cache is smaller and, once full, drops what is used most."""
    store = Store.open(sqlite_url)
    with store.snapshot() as snapshot:
        connection, compiled = snapshot.connection, 0

        def count(*_: object) -> int:
            nonlocal compiled
            compiled += 1
            return sqlite3.SQLITE_OK

        connection.set_authorizer(count)
        cursor = connection.cursor()
        for _ in range(3):
            before = compiled
            for number in range(350):
                cursor.execute(f"SELECT {number}").fetchone()
        assert (before, compiled) == (350, 350)
        connection.set_authorizer(None)
    store.close()


@pytest.mark.parametrize(("said", "kept"), [("off", "on"), ("remote_write", "on"), ("remote_apply", "remote_apply")])
def test_every_postgresql_connection_commits_synchronously_whatever_the_database_says(
    postgresql_url: str, said: str, kept: str
) -> None:
    store = Store.open(postgresql_url)
    name = store.engine.url.database
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = {said}"))
    store.close()
    store = Store.open(postgresql_url)
    shown = Statement(text("SHOW synchronous_commit"))
    try:
        assert store.write_now(Snapshot.one, shown) == store.read_now(Snapshot.one, shown) == (kept,)
        with store.engine.connect() as connection:
            assert connection.execute(text("SHOW synchronous_commit")).scalar() == kept
    finally:
        store.close()


def test_a_pooler_that_gives_another_session_than_the_one_made_synchronous_is_refused(postgresql_url: str) -> None:
    import psycopg

    class Elsewhere(psycopg.Cursor[tuple[str, ...]]):
        def execute(self, query: Any, *given: Any, **named: Any) -> Any:
            return super().execute("SELECT 1" if query.startswith("SET synchronous_commit") else query)

    weak = psycopg.connect(postgresql_url, cursor_factory=Elsewhere, options="-c synchronous_commit=local")
    with weak, pytest.raises(Unfit, match="synchronous_commit=local"):
        engines._prepare_postgresql(weak, None)


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
def test_a_postgresql_that_can_lose_what_it_committed_is_refused(postgresql_url: str, setting: str) -> None:
    import psycopg

    def switch(command: str) -> None:
        with psycopg.connect(postgresql_url, autocommit=True) as connection:
            connection.execute(command)
            connection.execute("SELECT pg_reload_conf()")
            deadline = time.monotonic() + 60
            wanted = "off" if "off" in command else "on"
            while connection.execute(f"SHOW {setting}").fetchone() != (wanted,) and time.monotonic() < deadline:
                time.sleep(0.01)

    switch(f"ALTER SYSTEM SET {setting} = off")
    store = Store.open(postgresql_url)
    try:
        with pytest.raises(Unfit, match=f"{setting}=off"):
            store.read_now(Snapshot.one, COUNT)
        with pytest.raises(StoreUnavailable):
            store.write_now(add, 1)
    finally:
        switch(f"ALTER SYSTEM RESET {setting}")
        store.close()


class _Deaf:
    """A connection that does not do what one PRAGMA asks, as a library built otherwise might."""

    def __init__(self, connection: sqlite3.Connection, pragma: str) -> None:
        self.isolation_level: str | None = ""
        self._connection, self._pragma = connection, pragma

    def cursor(self) -> _Deaf:
        return self

    def execute(self, statement: str) -> sqlite3.Cursor:
        return self._connection.execute("SELECT 1" if self._pragma in statement else statement)

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("pragma", "told"), [("synchronous=FULL", "synchronous=1"), ("=WAL", "journal_mode=delete")])
def test_a_sqlite_connection_that_would_not_keep_its_commits_is_refused(tmp_path: Path, pragma: str, told: str) -> None:
    connection = sqlite3.connect(tmp_path / "other.db")
    connection.execute("PRAGMA synchronous=NORMAL")
    try:
        with pytest.raises(Unfit, match=told):
            engines._prepare_sqlite(_Deaf(connection, pragma), None)
    finally:
        connection.close()


# -- which databases -----------------------------------------------------------------------------------------------


def test_a_sqlite_with_the_wal_reset_bug_is_refused(monkeypatch: pytest.MonkeyPatch, sqlite_url: str) -> None:
    def library(version: tuple[int, int, int]) -> SimpleNamespace:
        return SimpleNamespace(sqlite_version_info=version, sqlite_version=".".join(map(str, version)))

    monkeypatch.setattr(engines, "import_module", lambda name: library((3, 51, 2)))
    with pytest.raises(Unfit, match=r"3\.51\.2 can lose data; 3\.51\.3 or newer"):
        Store.open(sqlite_url)
    monkeypatch.setattr(engines, "import_module", lambda name: library((3, 51, 3)))
    assert engines.sqlite_library().sqlite_version == "3.51.3"


def test_without_pysqlite3_pythons_own_library_serves_if_it_is_new_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    own = SimpleNamespace(sqlite_version_info=(3, 52, 0), sqlite_version="3.52.0")
    monkeypatch.setattr(engines, "import_module", missing)
    monkeypatch.setattr(engines, "sqlite3", own)
    assert engines.sqlite_library() is own  # type: ignore[comparison-overlap]
    own.sqlite_version_info = (3, 46, 1)
    with pytest.raises(Unfit, match="pip install pysqlite3"):
        engines.sqlite_library()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_meant_by_each_of_its_spellings(scheme: str) -> None:
    url = engines.normalised(f"{scheme}://izin:p%40ss@db.example:5433/izin?sslmode=require")
    assert url.render_as_string(hide_password=False) == (
        "postgresql+psycopg://izin:p%40ss@db.example:5433/izin?sslmode=require"
    )


def test_a_short_postgres_url_opens(postgresql_url: str) -> None:
    store = Store.open(postgresql_url.replace("postgresql://", "postgres://"))
    assert store.read_now(Snapshot.one, COUNT) == (0, None)
    store.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "mysql://root@db.example/izin"])
def test_a_database_that_keeps_nothing_or_is_another_is_refused(url: str) -> None:
    with pytest.raises(Unfit, match="DATABASE_URL"):
        Store.open(url)


def test_a_memory_database_in_disguise_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store.open("sqlite:///file::memory:?uri=true")
    with pytest.raises(Unfit, match="journal_mode=memory"):
        store.read_now(Snapshot.one, COUNT)
    store.close()


def test_the_folder_of_a_new_database_is_made(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/var/data/izin.db")
    assert store.read_now(Snapshot.one, Statement(text("SELECT 1"))) == (1,)
    store.close()


def test_a_connection_is_read_on_any_number_of_times(postgresql_url: str) -> None:
    """psycopg prepares what it runs often, which several statements in one cannot be."""
    store = Store.open(postgresql_url)
    try:
        for _ in range(30):
            assert store.read_now(Snapshot.one, COUNT) == (0, None)
            store.write_now(Snapshot.one, COUNT)
        assert store.engine.pool.checkedin() == 1  # type: ignore[attr-defined]
    finally:
        store.close()


@pytest.mark.parametrize(
    ("written", "hosts", "ports"),
    [
        ("postgresql://izin:p%40ss@a:1,b:2/izin?target_session_attrs=read-write", "a,b", "1,2"),
        ("postgres://a,b:2/izin", "a,b", "5432,2"),
        ("postgresql://[::1]:1,b:2/izin", "::1,b", "1,2"),
        ("postgresql:///izin?host=a:1&host=b:2", "a,b", "1,2"),
        ("postgresql:///izin?host=a,b&port=1,2", "a,b", "1,2"),
    ],
)
def test_of_several_hosts_the_primary_is_used_in_every_form(written: str, hosts: str, ports: str) -> None:
    engine = engines.open_engine(written)
    _, named = engine.dialect.create_connect_args(engine.url)
    assert (named["host"], named["port"], named["dbname"]) == (hosts, ports, "izin")
    assert named["target_session_attrs"] == "read-write"
    if "p%40ss" in written:
        assert (named["user"], named["password"]) == ("izin", "p@ss")


@pytest.mark.parametrize(
    "written",
    [
        "postgresql://izin:hidden@a:1,b:x/izin",
        "postgresql://izin:hidden@a:1,/izin",
        "postgresql://izin:hidden@a:x/izin",
        "postgresql://izin:hidden@/izin?host=a,b,c&port=1,2",
        "postgresql://izin:hidden@a,b/izin?target_session_attrs=any",
    ],
)
def test_hosts_that_cannot_be_used_are_refused_in_words_without_the_password(written: str) -> None:
    with pytest.raises(Unfit, match="DATABASE_URL") as refused:
        engines.open_engine(written)
    assert "hidden" not in str(refused.value)


def test_a_host_that_stands_first_and_does_not_answer_is_passed_by(postgresql_url: str) -> None:
    there = make_url(postgresql_url).query["host"]
    url = make_url(postgresql_url).update_query_dict({"host": f"/nowhere,{there}", "port": "5432,5432"})
    engine = engines.open_engine(url.render_as_string(False))
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar() is False
    engine.dispose()


@pytest.mark.parametrize(
    ("setting", "names"),
    [
        ("", []),
        ("*", []),
        ("b", ["b"]),
        ("b, C", ["b", "c"]),
        ("2 (b, c)", ["b", "c"]),
        ("ANY 1 (b,c)", ["b", "c"]),
        ('any 1("b", *)', ["b"]),
        ('FIRST 2 ("north, 1", "say ""c""", d)', ["north, 1", 'say "c"', "d"]),
    ],
)
def test_the_standbys_that_are_waited_for_are_known_by_name(setting: str, names: list[str]) -> None:
    assert standbys.names(setting) == names


def test_standbys_of_which_none_is_waited_for_are_warned_of(postgresql_url: str) -> None:
    import psycopg

    store = Store.open(postgresql_url)
    try:
        assert standbys.warnings(store) == []
        with psycopg.connect(postgresql_url, autocommit=True) as asked:
            at = asked.execute("SELECT pg_current_wal_flush_lsn()").fetchone()
        assert at is not None
        with closing(psycopg.connect(postgresql_url, replication="true", autocommit=True)) as standby:
            standby.pgconn.send_query(f"START_REPLICATION PHYSICAL {at[0]}".encode())
            deadline = time.monotonic() + 60
            while not (told := standbys.warnings(store)) and time.monotonic() < deadline:
                time.sleep(0.01)
            assert "none is synchronous" in told[0]
    finally:
        store.close()
