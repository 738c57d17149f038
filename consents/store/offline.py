"""Locks of programs on a registry: any number serve together, one rotates the keys beside them (docs/decisions/0025),
one alone rewrites the files of SQLite. A rotation takes the lock that programs of earlier versions hold, so neither
runs beside the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress

from consents.store.engines import Unfit, make_file, normalised, open_engine, reach
from consents.store.gates.turnstile import fcntl

# "izky" in ASCII: the advisory lock of who rotates a PostgreSQL registry's keys.
ADVISORY_LOCK = 0x697A6B79
_OPEN, _KEYS = "-open", "-lock"  # the files beside an SQLite database


class RegistryInUse(RuntimeError):
    """Another program uses the registry; the text names it and the correction."""


def serving_lock(database_url: str) -> AbstractContextManager[None]:
    """Held by site, worker and import; busy while the files are rewritten."""
    path = _file(database_url, _OPEN)
    refusal = "the registry's files are being written anew: start again when izin rekey --clean has ended"
    return nullcontext() if path is None else _file_lock(path, True, refusal)


def rekeying(database_url: str) -> AbstractContextManager[None]:
    """Held by a key rotation, beside all others."""
    refusal = "izin rekey is at work already, or a program of an earlier version of İzin: stop that first"
    path = _file(database_url, _KEYS)
    return _advisory_lock(database_url, refusal) if path is None else _file_lock(path, False, refusal)


@contextmanager
def alone(database_url: str) -> Iterator[None]:
    """Held while the files are rewritten; busy while anybody holds one of the others."""
    with ExitStack() as held:
        held.enter_context(rekeying(database_url))
        if (path := _file(database_url, _OPEN)) is not None:
            refusal = "the registry is in use: stop izin serve, izin worker and izin import first"
            held.enter_context(_file_lock(path, False, refusal))
        yield


def _file(database_url: str, kind: str) -> str | None:
    url = normalised(database_url)
    if url.get_backend_name() != "sqlite":
        return None
    make_file(url)
    return f"{url.database}{kind}"


@contextmanager
def _file_lock(path: str, shared: bool, refusal: str) -> Iterator[None]:
    if fcntl is None:
        if not shared:
            raise RegistryInUse(
                "this system cannot tell whether the registry is in use: rotate its keys on Linux or macOS"
            )
        yield
        return
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unfit(f"DATABASE_URL: {path} cannot be opened ({error.strerror})") from None
    try:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RegistryInUse(refusal) from None
        yield
    finally:
        os.close(file)


@contextmanager
def _advisory_lock(database_url: str, refusal: str) -> Iterator[None]:
    """The lock belongs to its own connection and ends with it, also when the program is killed; it is released
    explicitly too, because a server notices late. If it is lost, as at a restart, two rotations do no harm: the one
    that sees the other's writes ends."""
    import psycopg  # a program on SQLite does not load its driver

    engine = open_engine(database_url)
    reach(engine)
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT pg_try_advisory_lock(%s)", (ADVISORY_LOCK,))
        if cursor.fetchone() != (True,):
            raise RegistryInUse(refusal)
        connection.commit()
        try:
            yield
        finally:
            with suppress(psycopg.Error):  # of a connection that the server has closed
                cursor.execute("SELECT pg_advisory_unlock(%s)", (ADVISORY_LOCK,))
                connection.commit()
    finally:
        connection.invalidate()
        engine.dispose()
