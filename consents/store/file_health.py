"""Whether the open SQLite file can be relied on. A COMMIT reports neither a damaged page nor a deleted, moved or
replaced file or WAL. ``fault`` keeps either until a restart: from then on nothing is acknowledged."""

from __future__ import annotations

import json
import logging
import os
import shutil
import time
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Any

from consents.store.failures import StoreUnavailable, sqlite_name

Identity = tuple[int, int]  # device and inode

DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
# What SQLite reports of its disk or of other programs, and not of a statement: the same request may succeed later.
OUT_OF_REACH = (
    "SQLITE_BUSY", "SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_LOCKED", "SQLITE_NOLFS", "SQLITE_NOMEM",
    "SQLITE_PROTOCOL", "SQLITE_READONLY",
)  # fmt: skip
UNDECODABLE = "Could not decode to UTF-8"  # the driver's words for text that is none
NO_ROOM = 1 << 20  # bytes free on a disk that counts as full
_NOTE = "-fault"  # the file beside the database with what a running program has found
STEPS = 200_000  # of SQLite's machine between two looks whether a check is still wanted

log = logging.getLogger(__name__)


class FileFault(Enum):
    """What is wrong with the file, and the correction. The values are labels of ``/metrics``."""

    DAMAGED = "damaged"
    WAL_GONE = "wal_gone"
    FILE_GONE = "file_gone"


_WORDS = {
    FileFault.DAMAGED: "the database file is damaged: stop the site and restore it (docs/backups.md, A damaged file)",
    FileFault.WAL_GONE: "the database's WAL was deleted or replaced under the running program: {saved}. Nothing is "
    "acknowledged until every izin program on this file was stopped and started again (docs/backups.md, A deleted WAL)",
    FileFault.FILE_GONE: "the database file was deleted, moved or replaced under the running program, which holds it "
    "as {held}: copy that before you stop it (docs/backups.md, A deleted file)",
}
_SAVED = {
    True: "what had been acknowledged was brought into the database file",
    False: "do not kill the program, what was acknowledged last stands in its memory only",
}


class FileHealth:
    """The files of one SQLite database as this program has them open; thread-safe."""

    def __init__(self, path: str) -> None:
        self.path = os.path.realpath(path)  # SQLite keeps its files beside what a symbolic link leads to
        self._wal = f"{self.path}-wal"
        self.kind: FileFault | None = None
        self.since: float | None = None
        """When it was found, seconds since 1970 UTC."""
        self._saved = False
        self._known: tuple[Identity, Identity] | None = None

    @property
    def fault(self) -> str | None:
        if self.kind is None:
            return None
        held = self._held_as() if self.kind is FileFault.FILE_GONE else ""
        return _WORDS[self.kind].format(saved=_SAVED[self._saved], held=held)

    @property
    def known(self) -> bool:
        return self._known is not None

    @property
    def moved(self) -> bool:
        return self.kind in (FileFault.WAL_GONE, FileFault.FILE_GONE)

    def check(self) -> None:
        """Errors: StoreUnavailable where the file is unreliable."""
        if self.kind is not None:
            raise StoreUnavailable(self.fault)

    def look(self) -> bool:
        """Whether the files at the paths are still those that are open: two calls of ``stat``, 3 µs. Only while this
        program has the database open."""
        try:
            file, wal = os.stat(self.path), os.stat(self._wal)
        except OSError:
            return not self.moved and self._compare(None)
        found = (file.st_dev, file.st_ino), (wal.st_dev, wal.st_ino)
        return not self.moved and (found == self._known or self._compare(found))

    def _compare(self, found: tuple[Identity, Identity] | None) -> bool:
        if self._known is None or not self._holds(self._known[1]):
            # The first look, or the last connection was closed: then SQLite deletes the WAL itself.
            if found is not None:
                self._known = found
                if (note := _noted(self.path)) is not None and (note[0] == os.getpid() or not _lives(note[0])):
                    with suppress(OSError):
                        os.unlink(f"{self.path}{_NOTE}")
                return True
            if self._known is None:
                self._found(FileFault.FILE_GONE if not os.path.exists(self.path) else FileFault.WAL_GONE)
                return False
            return True
        file, _ = self._known
        with suppress(OSError):
            if _identity(self.path) == file:
                self._found(FileFault.WAL_GONE)
                return False
        self._found(FileFault.FILE_GONE)
        return False

    def save(self, connection: Any) -> None:
        """Copies the contents of the open, deleted WAL into the database file; nothing where another program began a
        WAL under the name. ``connection``: opened before; it has no transaction."""
        if self._saved or not self.moved or _size(self._wal):
            return
        with suppress(Exception):  # the disk is full, or this connection was opened too late: another one may do it
            connection.execute("PRAGMA busy_timeout=500")
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()  # as far as readers allow, at once
            blocked, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self._saved = not blocked
            connection.execute("PRAGMA busy_timeout=0")
        if self._saved:
            log.error("database_wal_saved", extra={"fault": self.fault})
            self._note()

    @property
    def saved(self) -> bool:
        return self._saved or not self.moved

    def explain(self, error: BaseException) -> StoreUnavailable | None:
        """A driver's error as a caller's; None where it is about the statement or is ours."""
        if isinstance(error, StoreUnavailable):
            # A group of changes that failed as a whole; what is Unknown stays so.
            cause = error.__cause__ if type(error) is StoreUnavailable else None
            return self.explain(cause) if cause is not None else None
        name = sqlite_name(error)
        if name is None and not _undecodable(error):
            return None
        if self.moved or (self._known is not None and not self.look()):  # to a new connection a lost WAL is an error
            return StoreUnavailable(self.fault)
        if name is None or name.startswith(DAMAGED):
            self._found(FileFault.DAMAGED, name)
            return StoreUnavailable(self.fault)
        return StoreUnavailable(unavailable(name, self.path)) if name.startswith(OUT_OF_REACH) else None

    def check_pages(self, connection: Any, over: Any) -> bool:
        """Reads the whole file and checks its pages; seconds for a gigabyte, for a thread. ``over()``: whether to stop
        early. False where it is damaged, see ``fault``."""
        connection.set_progress_handler(lambda: int(over()), STEPS)
        try:
            (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except Exception as error:
            if sqlite_name(error) == "SQLITE_INTERRUPT":
                return True
            if self.explain(error) is None:
                raise
            return self.kind is None
        finally:
            connection.set_progress_handler(None, STEPS)
        if answer != "ok":
            self._found(FileFault.DAMAGED, "quick_check")
        return self.kind is None

    def _found(self, kind: FileFault, by: str | None = None) -> None:
        if self.kind is None:
            self.kind, self.since = kind, time.time()
            log.error("database_file_unreliable", extra={"fault": by or kind.value, "mend": self.fault})
            self._note()

    def _note(self) -> None:
        """Writes the fault beside the file for ``izin status``, which would open other files than this program has."""
        with suppress(OSError):
            Path(f"{self.path}{_NOTE}").write_text(json.dumps([os.getpid(), self.since, self.fault]), "utf-8")

    def _holds(self, identity: Identity) -> bool:
        return any(_held(number) == identity for number in _descriptors())

    def _held_as(self) -> str:
        file = self._known[0] if self._known else None
        held = next((number for number in _descriptors() if _held(number) == file), None)
        return f"/proc/{os.getpid()}/fd/{held}" if held is not None else "an open file"


def noted(path: Path | None) -> tuple[float, str] | None:
    """The fault that a running program wrote: since when (seconds since 1970 UTC), and its words."""
    if path is None:
        return None
    note = _noted(os.path.realpath(path))
    return note[1:] if note is not None and _lives(note[0]) else None


def _noted(path: Path | str) -> tuple[int, float, str] | None:
    with suppress(OSError, ValueError, TypeError):
        process, since, words = json.loads(Path(f"{path}{_NOTE}").read_text("utf-8"))
        return int(process), float(since), str(words)
    return None


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return True


def unavailable(name: str, path: str | None = None) -> str:
    """An SQLite error's meaning and correction, for the operator. ``path``: of the file, where known."""
    if name.startswith("SQLITE_IOERR") and path and _is_full(path):  # so it calls a file that it could not enlarge
        name = "SQLITE_FULL"
    for begins, words in _MEANINGS.items():
        if name.startswith(begins):
            return f"{words} ({name})"
    return f"the database cannot do this now ({name})"


_MEANINGS = {
    "SQLITE_FULL": "the disk is full: make room on the disk of the database",
    "SQLITE_READONLY": "the database cannot be written: its file, its folder or its disk is read-only",
    "SQLITE_BUSY": "another program keeps the database locked: end what hangs, as an open database tool",
    "SQLITE_LOCKED": "another program keeps the database locked: end what hangs, as an open database tool",
    "SQLITE_IOERR": "the disk of the database reports errors: look into the system's log",
    "SQLITE_CANTOPEN": "the database file or one beside it cannot be opened: look at the rights of its folder",
    "SQLITE_NOMEM": "the machine has no memory left",
    "SQLITE_CORRUPT": _WORDS[FileFault.DAMAGED],
    "SQLITE_NOTADB": "this file is not a database, or it is damaged: is DATABASE_URL right? If so, restore it "
    "(docs/backups.md, A damaged file)",
}


def _is_full(path: str) -> bool:
    try:
        return shutil.disk_usage(Path(path).parent).free < NO_ROOM
    except OSError:
        return False


def _undecodable(error: BaseException) -> bool:
    """Whether the database returned invalid bytes for a text; not where our own code decodes something."""
    if isinstance(error, UnicodeDecodeError):
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        return trace is None or trace.tb_frame.f_code.co_filename.startswith(_OF_THE_DRIVER)
    return str(error).startswith(UNDECODABLE)


_OF_THE_DRIVER = str(Path(__file__).parent)


def _identity(path: str) -> Identity:
    found = os.stat(path)
    return found.st_dev, found.st_ino


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _held(number: int) -> Identity | None:
    try:
        found = os.fstat(number)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _descriptors() -> list[int]:
    with suppress(OSError):
        return [int(name) for name in os.listdir("/dev/fd")]
    return []
