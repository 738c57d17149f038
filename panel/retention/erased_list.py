"""The list of erasures beside the witness file, where no backup of the database goes: what a restored backup lacks is
erased again before the site serves (docs/decisions/0063). A line: the time (µs since 1970) and the keyed digest of the
address in hex."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import structlog
from sqlalchemy import text

from consents.store import Snapshot, Statement, Store, StoreUnavailable, Transaction, Value
from evidence import witness_file
from settings import Settings

log = structlog.get_logger()
_ADD = Statement(text("INSERT INTO erasure (digest, at) VALUES (:digest, :at) ON CONFLICT (digest, at) DO NOTHING"))
_KNOWN = Statement(text("SELECT 1 FROM erasure WHERE digest = :digest LIMIT 1"))
_OF = Statement(text("SELECT at FROM erasure WHERE digest = :digest ORDER BY at DESC LIMIT 1"))
_NEWEST: Value[int | None] = Statement(text("SELECT max(at) FROM erasure"))
_AFTER = Statement(text("SELECT digest, at FROM erasure WHERE at > :since ORDER BY at, digest"))
_ALL = Statement(text("SELECT digest, at FROM erasure ORDER BY at, digest"))


def beside(witness: Path) -> Path:
    """Where the list stands."""
    return witness.with_name(f"{witness.name}-erased")


def place(settings: Settings) -> Path:
    """Where that of these settings stands."""
    return beside(witness_file.place(settings.database_url, settings.witness_file))


def append_now(store: Store, settings: Settings, digest: bytes) -> None:
    """Call it after an erasure's commit: a backup restored an hour later would bring the person back. What fails is
    logged, and the worker's job repeats it. Blocking."""
    try:
        rows = store.read_now(Snapshot.all, _OF, {"digest": digest})
        append(place(settings), [(digest, at) for (at,) in rows])
    except (OSError, StoreUnavailable) as fault:
        log.error("erased_list_behind", error=type(fault).__name__)


def note(transaction: Transaction, digest: bytes, at: int | None = None) -> None:
    transaction.run(_ADD, {"digest": digest, "at": transaction.now if at is None else at})


def knows(snapshot: Snapshot, digest: bytes) -> bool:
    """Whether an address was ever erased."""
    return snapshot.one(_KNOWN, {"digest": digest}) is not None


def newest(snapshot: Snapshot) -> int:
    """When somebody was erased last (µs); 0: never."""
    return snapshot.value(_NEWEST) or 0


def after(snapshot: Snapshot, since: int) -> dict[bytes, int]:
    """Who was erased after ``since`` (µs), by digest, and when last."""
    return {bytes(digest): at for digest, at in snapshot.all(_AFTER, {"since": since})}


def read(file: Path) -> Iterator[tuple[bytes, int]]:
    """(digest, at) of each line; a line that a crash cut is skipped. Errors: OSError."""
    if not file.exists():
        return
    with file.open(encoding="ascii", errors="replace") as lines:
        for line in lines:
            at, _, digest = line.rstrip("\n").partition(" ")
            if line.endswith("\n") and at.isdecimal() and len(digest) == 32:
                try:
                    yield bytes.fromhex(digest), int(at)
                except ValueError:
                    continue


def lost(store: Store, file: Path) -> list[tuple[bytes, int]]:
    """Those of the list that the database does not know, as after a backup was restored. Errors: OSError."""
    listed = list(read(file))
    known = set(recorded(store)) if listed else set()
    return [one for one in listed if one not in known]


def complete(store: Store, file: Path) -> int:
    """Adds to the list what the database has and it lacks; how many. Errors: OSError."""
    found = recorded(store)
    known = set(read(file)) if found else set()
    missing = [one for one in found if one not in known]
    if missing:
        append(file, missing)
    return len(missing)


def recorded(store: Store) -> list[tuple[bytes, int]]:
    """(digest, at) of every erasure that the database knows."""
    return [(bytes(digest), at) for digest, at in store.read_now(Snapshot.all, _ALL)]


def append(file: Path, rows: Iterable[tuple[bytes, int]]) -> None:
    """Adds (digest, at) durably. Errors: OSError."""
    fresh = not file.exists()
    handle = os.open(file, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600)
    try:
        size = os.fstat(handle).st_size
        # A line that a crash cut ends here.
        broken = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        lines = "".join(f"{at} {digest.hex()}\n" for digest, at in rows)
        os.write(handle, ("\n" * broken + lines).encode("ascii"))
        os.fsync(handle)
    finally:
        os.close(handle)
    if fresh:
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
