"""Table ``witness_beginning``: how each machine's witness file began when last compared, under a MAC of the registry's
keys, so that a changed or replaced file is reported even if its remaining lines fit the log."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select

from consents.columns import micros, stored
from consents.keys import Keyring
from consents.registry import Registry
from consents.store import Snapshot, Statement, StoreUnavailable, Transaction, table
from evidence import witness_file
from evidence.leaves import LogFault
from evidence.tables import WitnessBeginning
from evidence.witness import WitnessCompared

_table = table(WitnessBeginning)


class Beginning(NamedTuple):
    """The first ``length`` bytes of file ``path`` (absolute) of ``machine`` (host name), with SHA-256 ``digest``, were
    compared at ``at`` (µs)."""

    machine: str
    path: str
    length: int
    digest: bytes
    at: int


class BegunOtherwise(NamedTuple):
    """A file of ``length`` bytes whose beginning changed. ``before``: this file of this machine, where ``known``; else
    the newest of all others, none of which it continues."""

    machine: str
    path: str
    length: int
    known: bool
    before: Beginning


_ROWS = Statement(select(*(_table.c[name] for name in Beginning._fields), _table.c.mark))
_COLUMNS = ",".join((*Beginning._fields, "mark"))
_FORGET = Statement(delete(_table).where(*(_table.c[name] == bindparam(name) for name in ("machine", "path"))))


def find_fault(registry: Registry, path: Path, *, strict: bool) -> BegunOtherwise | None:
    """The file's fault; None where it begins as before, or nothing is known. Call it after the comparison and before
    appending. ``strict``: errors are LogFault, Unwitnessed, StoreUnavailable; else unreadable rows and files give
    None."""
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
    """Records how much of the file was compared; deletes rows that these keys did not write."""
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
    """The machine and the file; a path that is no text is made one."""
    return socket.gethostname(), str(path.absolute()).encode(errors="backslashreplace").decode()


def _genuine(snapshot: Snapshot, keyring: Keyring) -> tuple[list[Beginning], list[tuple[str, str]]]:
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
    *named, at = seen
    row = (*named, stored(at), _mark(keyring, seen))
    transaction.upsert("witness_beginning", "machine,path", _COLUMNS, [row])


def _mark(keyring: Keyring, beginning: Beginning) -> bytes:
    return keyring.mark(repr(("witness", *beginning)).encode())
