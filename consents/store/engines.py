"""Connections to the two databases, and what must be true of each before it is used."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import suppress
from enum import Enum
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from consents.store.failures import sqlite_name
from consents.store.file_health import unavailable

# 3.7.0 to 3.51.2 can corrupt a WAL database when two connections write and checkpoint at once (the WAL-reset bug).
OLDEST_SQLITE = (3, 51, 3)

# Pages that a connection keeps in memory: 32 MB, or 4 MB where it passes by each page once.
CACHE = "PRAGMA cache_size=-32000"
PASSING_CACHE = "PRAGMA cache_size=-4000"
STATEMENTS = 512  # compiled ones that a connection keeps: all of a site; of the driver's 128 a toggle compiled four

CONNECTIONS = 8  # that a program keeps open to PostgreSQL for reading
POOL_WAIT = 4.0  # seconds for one of them to come free

# The scheme and who connects, several hosts with their ports, and the rest: libpq's form, which SQLAlchemy cannot read.
SEVERAL_HOSTS = re.compile(r"(postgres(?:ql)?(?:\+psycopg)?://(?:[^/?]*@)?)([^/?@]*,[^/?@]*)(.*)", re.DOTALL)
HOST_AND_PORT = re.compile(r"(\[[^\]]+\]|[^:\[\]]+)(?::(\d+))?")

# Which of several hosts is written to: never a standby.
PRIMARY_ONLY = ("read-write", "primary")

# Each keeps an acknowledged change on the primary's disk and, where a standby is synchronous, on the standby's too.
DURABLE_COMMITS = ("on", "remote_apply")

# Execution options of a SQLAlchemy connection that will not write: on SQLite it takes no write lock.
READING = {"izin_reading": True}


class Reading(Enum):
    """Where a read-only engine leads: through a pooler, whose sessions are shared, or to a standby."""

    POOLER = "pooler"
    REPLICA = "replica"


class Unfit(RuntimeError):
    """The database or its library cannot keep what the registry promises; the text gives the correction."""


def sqlite_library() -> ModuleType:
    """pysqlite3 where its wheel exists, else Python's own if it is new enough."""
    try:
        dbapi2 = import_module("pysqlite3.dbapi2")
    except ImportError:
        dbapi2 = sqlite3
    if dbapi2.sqlite_version_info < OLDEST_SQLITE:
        wanted = ".".join(map(str, OLDEST_SQLITE))
        raise Unfit(
            f"SQLite {dbapi2.sqlite_version} can lose data; {wanted} or newer is needed (pip install pysqlite3)"
        )
    return dbapi2


def normalised(database_url: str) -> URL:
    """The URL as SQLAlchemy takes it: ``postgres://`` and ``postgresql://`` mean psycopg 3. Errors: Unfit."""
    url = _read(database_url)
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise Unfit(f"DATABASE_URL: {url.get_backend_name()} is not supported; use sqlite:///… or postgresql://…")
    return url


def _read(database_url: str) -> URL:
    several = SEVERAL_HOSTS.fullmatch(database_url)
    try:
        if several is None:
            return make_url(database_url)
        before, hosts, after = several.groups()
        found = [HOST_AND_PORT.fullmatch(host) for host in hosts.split(",")]
        pairs = [(each[1].strip("[]"), each[2] or "5432") for each in found if each]
        if len(pairs) < len(found):
            raise Unfit(
                "DATABASE_URL: several hosts are written host:port,host:port, as in postgresql://a:5432,b:5432/izin"
            )
        names, ports = zip(*pairs, strict=True)
        return make_url(before + after).update_query_dict({"host": ",".join(names), "port": ",".join(ports)})
    except (ArgumentError, ValueError):  # their texts may show the password
        raise Unfit(
            "DATABASE_URL cannot be read; it is sqlite:///… or postgresql://user:password@host:port/name"
        ) from None


def open_engine(database_url: str, reading: Reading | None = None, *, hurried: bool = False) -> Engine:
    """An engine whose connections are set up and checked. ``reading``: read-only, and where; None: the server that
    takes writes. ``hurried``: that server cancels each statement that takes longer than a request may. Errors:
    Unfit."""
    url = normalised(database_url)
    if url.get_backend_name() == "sqlite":
        if url.database in (None, "", ":memory:"):
            raise Unfit("DATABASE_URL: an in-memory database cannot keep what was acknowledged; name a file")
        make_file(url)
        engine = create_engine(url, module=sqlite_library(), connect_args={"cached_statements": STATEMENTS})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return _postgresql_engine(url, reading, hurried)


def _postgresql_engine(url: URL, reading: Reading | None, hurried: bool) -> Engine:
    from consents.store import postgresql  # a site on SQLite does not load its driver

    reaching = {name: value for name, value in postgresql.REACHING.items() if name not in url.query}
    try:
        engine = create_engine(
            _to_standby(url) if reading is Reading.REPLICA else _to_primary(url),
            pool_size=CONNECTIONS,
            pool_timeout=POOL_WAIT,
            connect_args=reaching,
        )
    except ArgumentError as error:
        raise Unfit(f"DATABASE_URL: {error}") from None
    event.listen(engine, "do_connect", postgresql.connect)
    event.listen(engine, "connect", _prepare_postgresql if reading is None else _prepare_pooled)
    if hurried and reading is None:
        event.listen(engine, "connect", postgresql.hurry)
    event.listen(engine, "checkout", postgresql.check)
    return engine


def _several(url: URL) -> bool:
    hosts = url.query.get("host", "")
    return not isinstance(hosts, str) or "," in hosts


def _to_standby(url: URL) -> URL:
    """Of several hosts uses the first that is a standby, also after a failover."""
    if not _several(url) or "target_session_attrs" in url.query:
        return url
    return url.update_query_dict({"target_session_attrs": "standby"})


def _to_primary(url: URL) -> URL:
    """Of several hosts uses the one that takes writes, also after a failover. Errors: Unfit."""
    if not _several(url):
        return url
    wanted = url.query.get("target_session_attrs", PRIMARY_ONLY[0])
    if wanted not in PRIMARY_ONLY:
        raise Unfit(f"DATABASE_URL: target_session_attrs={wanted} may reach a standby; set it to {PRIMARY_ONLY[0]}")
    return url.update_query_dict({"target_session_attrs": wanted})


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    # mmap stays off: with it a failing disk kills the process instead of giving an error that can be answered.
    for pragma in (
        "busy_timeout=5000",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",  # else REPLACE would pass the triggers that keep history
        "mmap_size=0",
        "wal_autocheckpoint=8000",  # pages, 32 MB: a loading rewrites the same pages less often
    ):
        cursor.execute("PRAGMA " + pragma).fetchall()
    cursor.execute(CACHE)
    journal = cursor.execute("PRAGMA journal_mode").fetchone()[0]
    synchronous = cursor.execute("PRAGMA synchronous").fetchone()[0]
    cursor.close()
    if (journal, synchronous) != ("wal", 2):
        raise Unfit(
            f"the database runs with journal_mode={journal}, synchronous={synchronous}; WAL and FULL are needed"
        )


def _begin_sqlite(connection: Connection) -> None:
    reading = READING.keys() <= connection.get_execution_options().keys()
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _prepare_pooled(connection: Any, _record: object) -> None:
    """Each transaction may have another session of the server, so sessions hold no state."""
    connection.prepare_threshold = None


def _prepare_postgresql(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        if cursor.fetchone()[0] != connection.info.backend_pid:
            raise Unfit(
                "DATABASE_URL, or DATABASE_DIRECT_URL where it is set, leads to PgBouncer or another pooler, which "
                "parts a program from its session: set DATABASE_DIRECT_URL to the server itself (docs/postgresql.md)"
            )
        cursor.execute("SHOW synchronous_commit")
        if cursor.fetchone()[0] not in DURABLE_COMMITS:
            cursor.execute("SET synchronous_commit = on")
            connection.commit()
            cursor.execute("SHOW synchronous_commit")  # a pooler may have given us another session
            if (kept := cursor.fetchone()[0]) not in DURABLE_COMMITS:
                raise Unfit(
                    f"PostgreSQL runs with synchronous_commit={kept} and can lose acknowledged changes; set it to on"
                )
        for name in ("fsync", "full_page_writes"):
            cursor.execute(f"SHOW {name}")
            if cursor.fetchone()[0] != "on":
                raise Unfit(f"PostgreSQL runs with {name}=off and can lose acknowledged changes; set it to on")
    connection.commit()


def sqlite_file(database_url: str) -> Path | None:
    url = normalised(database_url)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def make_file(url: URL) -> Path | None:
    """The file of an SQLite database, created with its folder for its owner alone, a mode that SQLite gives the files
    beside it too; None where the URL names no plain file. Errors: Unfit."""
    if url.query or url.database in (None, "", ":memory:"):
        return None
    path = Path(url.database)
    if path.is_dir():
        raise Unfit(f"DATABASE_URL: {path} is a folder: name a file in it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise Unfit(f"DATABASE_URL: {path} cannot be made ({error.strerror}): name a file that can") from None
    return path


def reach(engine: Engine) -> None:
    """Makes the first connection. Errors: Unfit, with the driver's message."""
    try:
        engine.connect().close()
    except DBAPIError as error:
        name = sqlite_name(error)
        reason = unavailable(name, engine.url.database) if name else str(error.orig).partition("\n")[0]
        raise Unfit(f"DATABASE_URL: the database cannot be opened: {reason}") from error
    except UnicodeDecodeError as error:  # the words of SQLite's error quote what it has read from the file
        raise Unfit(f"DATABASE_URL: the database cannot be opened: {unavailable('SQLITE_CORRUPT')}") from error
