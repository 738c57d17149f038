"""Common parts of files the worker makes: sealed pieces, requests and downloads. ``panel.export_job`` has the kinds."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from consents.keys import Keyring
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from panel.audit import audit_log
from panel.audit.audit_log import NewAction
from panel.exports import export_store
from panel.exports.export_store import Export, ExportKind, NewExport
from panel.rights import Member

MOST_WAITING = 3  # files of one company that wait at the same time
_MADE: Mapping[ExportKind, str] = {ExportKind.CONSENTS: "export-made", ExportKind.LINKS: "link-file-made"}
_FETCHED: Mapping[ExportKind, str] = {ExportKind.CONSENTS: "export-fetched", ExportKind.LINKS: "link-file-fetched"}


def ask(transaction: Transaction, new: NewExport) -> int | None:
    """Requests a file; its number, None with too many waiting."""
    if export_store.waiting(transaction, new.provider) >= MOST_WAITING:
        return None
    return export_store.add(transaction, new)


def sealed(keyring: Keyring, text: str) -> bytes:
    """A sealed piece; slow, so call it outside the transaction."""
    return keyring.seal_data(zlib.compress(text.encode(), 1))


def piece(snapshot: Snapshot, registry: Registry, number: int, after: int) -> tuple[int, bytes] | None:
    """The next piece after a place: (its place, bytes)."""
    found = export_store.next_part(snapshot, number, after)
    return None if found is None else (found[0], _opened(registry.keyring, found[1]))


def given(snapshot: Snapshot, registry: Registry, number: int, place: int) -> str | None:
    """Piece ``place``, from 0, of the source list."""
    found = export_store.given(snapshot, number, place)
    return None if found is None else _opened(registry.keyring, found).decode()


def finish(transaction: Transaction, registry: Registry, export: Export, rows: int) -> None:
    """Completes the file and deletes its source list."""
    if export_store.finish(transaction, export.id, rows):
        export_store.drop_given(transaction, export.id)
        names = export.person, export.provider, export.brand, f"export {export.id}"
        audit_log.record(transaction, registry.keyring, NewAction(_MADE[export.kind], *names, after=f"rows={rows}"))


def fetch(transaction: Transaction, registry: Registry, member: Member, export: Export) -> None:
    """Logs a download."""
    names = member.person.id, member.at.id, export.brand, f"export {export.id}"
    action = NewAction(_FETCHED[export.kind], *names, after=f"rows={export.rows}")
    audit_log.record(transaction, registry.keyring, action)


def _opened(keyring: Keyring, kept: bytes) -> bytes:
    return zlib.decompress(keyring.unseal_data(kept))
