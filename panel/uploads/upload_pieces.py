"""Table ``panel_upload_piece``: an uploaded file and its rows' refusals, in sealed pieces."""

from __future__ import annotations

import json
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from hashlib import sha256
from pathlib import Path

from sqlalchemy import text

from consents.keys import Keyring
from consents.registry import Registry
from consents.store import Snapshot, Statement, Transaction
from panel.uploads import upload_store
from panel.uploads.reasons import RowReasons
from panel.uploads.upload_store import PanelFile
from providers.uploads.files.row_refusals import FileHead, RowRefusal

PIECE = 1 << 18  # bytes of a file in one piece
_MOST = 1000  # refusals in one piece
_TOGETHER = 32  # pieces of refusals in one transaction, half a megabyte
_NEXT = Statement(
    text("SELECT sealed FROM panel_upload_piece WHERE upload = :upload AND kind = :kind AND place = :place")
)
_HELD = Statement(text("SELECT 1 FROM panel_upload_piece WHERE upload = :upload AND kind = 0 AND place = 0"))
_DROP = Statement(text("DELETE FROM panel_upload_piece WHERE upload = :upload AND kind = :kind"))


class PieceKind(IntEnum):
    """A piece's content; the store keeps the number."""

    FILE = 0
    TRIED = 1  # refusals of the dry run
    LOADED = 2  # of the loading
    HEAD = 3  # a FileHead


class DamagedFile(RuntimeError):
    """The stored file is not what was received, or has expired."""


def sealed(keyring: Keyring, piece: bytes) -> bytes:
    """A sealed piece; slow, so call it outside the transaction."""
    return keyring.seal_data(zlib.compress(piece, 1))


def put(transaction: Transaction, upload: int, kind: PieceKind, place: int, piece: bytes) -> None:
    transaction.insert("panel_upload_piece", "upload,kind,place,sealed", [(upload, kind, place, piece)])


def drop(transaction: Transaction, upload: int, kind: PieceKind) -> None:
    transaction.run(_DROP, {"upload": upload, "kind": kind})


def held(snapshot: Snapshot, upload: int) -> bool:
    """Whether the file itself is kept."""
    return snapshot.one(_HELD, {"upload": upload}) is not None


def piece(snapshot: Snapshot, keyring: Keyring, upload: int, kind: PieceKind, place: int) -> bytes | None:
    """The piece at a place, from 0; None after the last. Pieces never change, so no common snapshot is needed."""
    row = snapshot.one(_NEXT, {"upload": upload, "kind": kind, "place": place})
    if row is None:
        return None
    (sealed_piece,) = row
    return zlib.decompress(keyring.unseal_data(bytes(sealed_piece)))


def refusals(
    snapshot: Snapshot, keyring: Keyring, upload: int, kind: PieceKind, place: int = 0
) -> list[RowRefusal] | None:
    """The refusals of a piece, in the order of the rows; None after the last."""
    held = piece(snapshot, keyring, upload, kind, place)
    return None if held is None else [_refusal(*one) for one in json.loads(held)]


def _refusal(
    row: int, field: str, code: str, message: str, value: str, line: int | None = None, sheet: str = ""
) -> RowRefusal:
    """``line``, ``sheet``: missing in an earlier version's rows, for three days."""
    return RowRefusal(row, field, code, message, value, row + 1 if line is None else line, sheet)


def keep_head(registry: Registry, upload: int, holder: bytes, head: FileHead) -> None:
    """Errors: LostLease."""
    content = sealed(registry.keyring, json.dumps(head, ensure_ascii=False).encode("utf-8", "surrogatepass"))

    def keep(transaction: Transaction) -> None:
        upload_store.check_held(transaction, upload, holder)
        drop(transaction, upload, PieceKind.HEAD)
        put(transaction, upload, PieceKind.HEAD, 0, content)

    registry.store.write_now(keep)


def head(snapshot: Snapshot, keyring: Keyring, upload: int) -> FileHead | None:
    """The header of a file whose columns were not all found."""
    held = piece(snapshot, keyring, upload, PieceKind.HEAD, 0)
    return None if held is None else FileHead(*json.loads(held))


@contextmanager
def opened(registry: Registry, file: PanelFile) -> Iterator[Path]:
    """The received file under a path, in memory where the system can. Errors: DamagedFile."""
    with tempfile.TemporaryDirectory(prefix="izin-upload-") as folder:
        place = Path(folder) / "file"
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("izin-upload")
            place.symlink_to(f"/proc/{os.getpid()}/fd/{descriptor}")
        else:
            descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as plain:
            digest = sha256()
            for part in _parts(registry, file.id):
                digest.update(part)
                plain.write(part)
            plain.flush()
            if digest.digest() != file.digest:
                raise DamagedFile(f"uploaded file {file.id} is not kept any more, or not as it was received")
            yield place


def _parts(registry: Registry, upload: int) -> Iterator[bytes]:
    place = 0
    while part := registry.store.read_now(piece, registry.keyring, upload, PieceKind.FILE, place):
        yield part
        place += 1


class KeptRefusals:
    """Stores a loading's refusals in pieces while this process has the lease; then ``end``. Many pieces share a
    transaction, because each makes the loading read its pages again. Errors: LostLease."""

    def __init__(self, registry: Registry, upload: int, holder: bytes, kind: PieceKind, reasons: RowReasons) -> None:
        self._registry, self._upload, self._holder, self._kind = registry, upload, holder, kind
        self._place, self._held, self._sealed = 0, list[RowRefusal](), list[bytes]()
        self.reasons = reasons
        registry.store.write_now(self._clear)

    def write(self, refusals: Iterable[RowRefusal]) -> None:
        """Adds refusals, in the order of the rows."""
        some = list(refusals)
        self.reasons.add(some)
        self._held += some
        while len(self._held) >= _MOST:
            self._seal(self._held[:_MOST])
            del self._held[:_MOST]
        if len(self._sealed) >= _TOGETHER:
            self._keep()

    def end(self) -> None:
        if self._held:
            self._seal(self._held)
            self._held = []
        self._keep()

    def _seal(self, some: list[RowRefusal]) -> None:
        content = json.dumps(some, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        self._sealed.append(sealed(self._registry.keyring, content))

    def _keep(self) -> None:
        if self._sealed:
            self._registry.store.write_now(self._put)
            self._place += len(self._sealed)
            self._sealed = []

    def _clear(self, transaction: Transaction) -> None:
        upload_store.check_held(transaction, self._upload, self._holder)
        drop(transaction, self._upload, self._kind)

    def _put(self, transaction: Transaction) -> None:
        upload_store.check_held(transaction, self._upload, self._holder)
        for place, content in enumerate(self._sealed, self._place):
            put(transaction, self._upload, self._kind, place, content)
