"""Common parts of files the worker makes: sealed pieces, requests and downloads. ``panel.export_job`` has the kinds."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from consents.keys import Keyring
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from panel.audit.change import Change
from panel.exports import export_store
from panel.exports.export_store import Export, ExportKind, NewExport

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
        change = Change(transaction, registry.keyring, export.person)
        change.note(
            _MADE[export.kind],
            f"export {export.id}",
            after=f"rows={rows}",
            provider=export.provider,
            brand=export.brand,
        )


def fetch(change: Change, export: Export) -> None:
    """Logs a download."""
    _note(change, _FETCHED, export, export.rows)


def _note(change: Change, words: Mapping[ExportKind, str], export: Export, rows: int) -> None:
    about, after = f"export {export.id}", f"rows={rows}"
    change.note(words[export.kind], about, after=after, provider=export.provider, brand=export.brand)


def _opened(keyring: Keyring, kept: bytes) -> bytes:
    return zlib.decompress(keyring.unseal_data(kept))
