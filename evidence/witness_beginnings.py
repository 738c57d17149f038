"""How the witness file of each machine began when it was last compared, so that a changed or replaced one is told.

What is left in such a file may fit the log, because a line that was taken out contradicts nothing. Table
``witness_beginning`` has a row for each file of each machine, for several may have one of their own. A MAC of the
registry's keys is in each row: who only writes the database cannot say that a file was other than it was.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select

from consents.columns import micros, stored
from consents.keys import Keyring
from consents.registry import Registry
from consents.store import Snapshot, Statement, StoreUnavailable, Transaction
from evidence import witness_file
from evidence.leaves import LogFault
from evidence.tables import WitnessBeginning
from evidence.witness import WitnessCompared

_table = WitnessBeginning.__table__  # type: ignore[attr-defined]


class Beginning(NamedTuple):
    """Of the file ``path`` (absolute) of ``machine`` (its host name) the first ``length`` bytes, whose SHA-256 is
    ``digest``, were compared at ``at`` (µs)."""

    machine: str
    path: str
    length: int
    digest: bytes
    at: int


class BegunOtherwise(NamedTuple):
    """A file of ``length`` bytes that does not begin as it was.

    ``before``: this file of this machine, where it was compared before (``known``); else the newest of all the others,
    none of which it goes on from.
    """

    machine: str
    path: str
    length: int
    known: bool
    before: Beginning


_ROWS = Statement(select(*(_table.c[name] for name in Beginning._fields), _table.c.mark))
_COLUMNS = ",".join((*Beginning._fields, "mark"))
_FORGET = Statement(delete(_table).where(*(_table.c[name] == bindparam(name) for name in ("machine", "path"))))


def look(registry: Registry, path: Path, *, strict: bool) -> BegunOtherwise | None:
    """What is to be said of the file; None where it begins as before, or nothing is known.

    To be asked once it was compared and before it is added to: then no change gets between, and none is covered.
    ``strict``: errors are Fault, where these keys did not write the table, Unwitnessed, StoreUnavailable. Else rows of
    others are passed over, and None is the answer where file or table cannot be read: a fault beside it says so.
    """
    try:
        beginnings, forged = registry.store.read_now(_genuine, registry.keyring)
        if forged and strict:
            raise LogFault(
                "table witness_beginning was not written by this registry: run izin verify, which looks at everything"
            )
        return _otherwise(path, beginnings)
    except (LogFault, StoreUnavailable, registry.store.engine.dialect.loaded_dbapi.DatabaseError):
        if strict:
            raise
        return None


def note(registry: Registry, path: Path, compared: WitnessCompared) -> None:
    """Writes down how much of the file was compared; lets go of rows that these keys did not write."""
    seen = Beginning(*_here(path), compared.witness_bytes, compared.witness_digest, registry.store.now())
    registry.store.write_now(_write, registry.keyring, seen)


def _otherwise(path: Path, beginnings: list[Beginning]) -> BegunOtherwise | None:
    here, length = _here(path), witness_file.length(path)
    own = [one for one in beginnings if (one.machine, one.path) == here]
    # A file that was moved, or whose machine has got another name, goes on from one of the others.
    known = own or [one for one in beginnings if one.length]
    if not known or witness_file.begins(path, [(one.length, one.digest) for one in known]):
        return None
    return BegunOtherwise(*here, length, bool(own), max(known, key=lambda one: one.at))


def _here(path: Path) -> tuple[str, str]:
    """The machine and the file, as they are told apart; a path that is no text is made one."""
    return socket.gethostname(), str(path.absolute()).encode(errors="backslashreplace").decode()


def _genuine(snapshot: Snapshot, keyring: Keyring) -> tuple[list[Beginning], list[tuple[str, str]]]:
    """What was written down, and the machine and file of each row that these keys did not write."""
    found: list[Beginning] = []
    forged: list[tuple[str, str]] = []
    for machine, path, length, digest, at, mark in snapshot.all(_ROWS):
        try:
            beginning = Beginning(machine, path, length, bytes(digest), micros(at))
            genuine = bytes(mark) == _mark(keyring, beginning)
        except (TypeError, ValueError, OverflowError):
            genuine = False
        if genuine:
            found.append(beginning)
        else:
            forged.append((machine, path))
    return found, forged


def _write(transaction: Transaction, keyring: Keyring, seen: Beginning) -> None:
    for machine, path in _genuine(transaction, keyring)[1]:
        transaction.run(_FORGET, {"machine": machine, "path": path})
    row = (*seen._replace(at=stored(seen.at)), _mark(keyring, seen))  # type: ignore[arg-type]
    transaction.upsert("witness_beginning", "machine,path", _COLUMNS, [row])


def _mark(keyring: Keyring, beginning: Beginning) -> bytes:
    return keyring.mark(repr(("witness", *beginning)).encode())
