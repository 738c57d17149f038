"""Who is at work with a registry: any number of programs together, or one alone that changes its keys.

Whoever opens a registry holds its lock for as long as it keeps the keys in memory; for it would go on sealing with
keys that a rotation is about to take away. PostgreSQL's lock is lost with its connection, as when the server restarts
or a standby takes over. So each connection that writes there takes it too, and where a rotation has it nothing is
written (``Gate``); after the rotation each write looks whether the keys are still the newest (``Gate.begin``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

import psycopg

from consents.store.engines import Unfit, make_file, normalised, open_engine, reach

try:
    import fcntl
except ImportError:  # Windows has no flock
    fcntl = None  # type: ignore[assignment]

# "izky" in ASCII: the advisory lock of those who hold a PostgreSQL registry's keys.
ADVISORY_LOCK = 0x697A6B79
HOLD = f"SELECT pg_try_advisory_lock_shared({ADVISORY_LOCK})"  # as ``serving_lock``, by a connection for itself
LET_GO = f"SELECT pg_advisory_unlock_shared({ADVISORY_LOCK})"


class RegistryInUse(RuntimeError):
    """Somebody else is at work with the registry; the text says who and what to do."""


def serving_lock(database_url: str) -> AbstractContextManager[None]:
    """Held by whatever works with the registry: site, worker, import. Busy while its keys are being rotated."""
    return _lock(database_url, True, "the registry's keys are being rotated: start again when izin rekey has ended")


def alone(database_url: str) -> AbstractContextManager[None]:
    """Held by the one who rotates the keys. Busy while anybody holds ``serving_lock``."""
    return _lock(database_url, False, "the registry is in use: stop izin serve, izin worker and izin import first")


def _lock(database_url: str, shared: bool, refusal: str) -> AbstractContextManager[None]:
    url = normalised(database_url)
    if url.get_backend_name() != "sqlite":
        return _advisory_lock(database_url, shared, refusal)
    make_file(url)
    return _file_lock(f"{url.database}-lock", shared, refusal)


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
def _advisory_lock(database_url: str, shared: bool, refusal: str) -> Iterator[None]:
    """The lock belongs to a connection of its own and goes with it, also when the program is killed.

    It is given back besides, because a server takes a moment to see that a connection has been closed.
    """
    engine = open_engine(database_url)
    reach(engine)
    connection = engine.raw_connection()
    kind = "_shared" if shared else ""
    try:
        cursor = connection.cursor()
        cursor.execute(f"SELECT pg_try_advisory_lock{kind}(%s)", (ADVISORY_LOCK,))
        if not cursor.fetchone()[0]:  # type: ignore[index]
            raise RegistryInUse(refusal)
        connection.commit()
        try:
            yield
        finally:
            with suppress(psycopg.Error):  # of a connection that the server has closed
                cursor.execute(f"SELECT pg_advisory_unlock{kind}(%s)", (ADVISORY_LOCK,))
                connection.commit()
    finally:
        connection.invalidate()
        engine.dispose()
