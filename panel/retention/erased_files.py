"""Kept files of companies after an erasure: the person's lines leave the files that were made for a company, and a file
that a company sent is dropped, so that the company sends it again. An address is recognised by its digest alone."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Set
from contextlib import suppress
from pathlib import Path
from typing import IO

from consents.instants import DAY
from consents.keys import Keyring
from consents.languages import Sentence
from consents.people import recipients
from consents.registry import Registry
from consents.store import StoreUnavailable
from panel.exports import export_store
from panel.exports.export_store import Export
from panel.retention import erased_list
from panel.tables import EXPORTS_KEPT
from panel.uploads import upload_pieces, upload_store
from panel.uploads.upload_pieces import DamagedFile, PieceKind
from panel.uploads.upload_store import PanelFile
from web.logs import Alone

LONGEST = max(EXPORTS_KEPT, upload_store.KEPT) + DAY  # µs: no kept file is older
DROPPED = Sentence("Dosyadaki bir kişi verilerini sildirdi. Dosyayı onu çıkarıp yeniden yükleyin.")
_CHUNK, _OVERLAP = 1 << 20, 400  # bytes; an address is shorter than the second
_MOST = 1 << 32  # bytes that are read of an unpacked sheet
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
_NUMBER = re.compile(r"[+0-9(][0-9() ./\u00a0-]{7,22}[0-9]")
_MOBILE = re.compile(r"(?=(5[0-9]{9}))")  # also within digits that were written together with it


def clean(registry: Registry, since: int) -> bool:
    """Takes those who were erased after ``since`` (µs) out of the kept files; False where a file is still being made or
    read, which must be looked at again. Reads every file that is older than such an erasure; for a process of its own.
    What fails is logged, and raised at the end. Errors: StoreUnavailable."""
    erased = registry.store.read_now(erased_list.after, max(since, registry.store.now() - LONGEST))
    whole, errors = True, list[Exception]()
    if not erased:
        return whole
    for one in registry.store.read_now(export_store.kept, min(erased.values()) - LONGEST):
        whole = whole and one.finished_at is not None
        with Alone("file_not_cleaned", export=one.id) as item:
            _clean_export(registry, one, _later(erased, one.asked_at))
        errors += [item.error] if item.error else []
    for file in registry.store.read_now(upload_store.kept, registry.keyring, registry.store.now()):
        at_work = file.state in upload_store.WORK
        whole = whole and not at_work
        with Alone("file_not_cleaned", upload=file.id) as item:
            if not at_work:
                _drop_upload(registry, file, _later(erased, file.received_at))
        errors += [item.error] if item.error else []
    if errors:
        raise next((one for one in errors if isinstance(one, StoreUnavailable)), errors[0])
    return whole


def _later(erased: dict[bytes, int], at: int) -> set[bytes]:
    """Those erased at ``at`` (µs) or later: who came back before a file was made stands in it rightly."""
    return {digest for digest, when in erased.items() if when >= at}


def _clean_export(registry: Registry, export: Export, erased: Set[bytes]) -> None:
    place = -1
    if not erased or export.finished_at is None:
        return
    while found := registry.store.read_now(export_store.next_part, registry.keyring, export.id, place):
        place, content = found
        lines = content.decode().splitlines(keepends=True)
        kept = [line for line in lines if not holds(registry.keyring, line, erased)]
        if len(kept) < len(lines):
            sealed = export_store.sealed(registry.keyring, "".join(kept))
            registry.store.write_now(export_store.replace_part, export.id, place, sealed, len(lines) - len(kept))


def _drop_upload(registry: Registry, file: PanelFile, erased: Set[bytes]) -> None:
    if erased and any(holds(registry.keyring, text, erased) for text in _of_upload(registry, file)):
        registry.store.write_now(upload_store.expire, registry.keyring, file, DROPPED)


def _of_upload(registry: Registry, file: PanelFile) -> Iterator[str]:
    """Its refused rows and its header, and the file itself, which is deleted once it is loaded."""
    for kind in (PieceKind.TRIED, PieceKind.LOADED, PieceKind.HEAD):
        place = 0
        while content := registry.store.read_now(upload_pieces.piece, registry.keyring, file.id, kind, place):
            place += 1
            yield content.decode("utf-8", "surrogatepass")
    with suppress(DamagedFile), upload_pieces.opened(registry, file) as path:
        yield from _texts(path)


def holds(keyring: Keyring, text: str, erased: Set[bytes]) -> bool:
    """Whether a text has an address of one of these digests, however it is written."""
    return any(keyring.digest(address) in erased for address in _addresses(text))


def _addresses(text: str) -> Iterator[str]:
    """Canonical addresses in a text, however they are written, and numbers that are none: their digest is nobody's."""
    for found in _NUMBER.finditer(text):
        digits = re.sub(r"[^0-9]", "", found[0])
        yield from (f"+90{mobile[1]}" for mobile in _MOBILE.finditer(digits))
        yield f"+90{digits[-10:]}"
        yield f"+{digits.lstrip('0')}"
    for found in _MAIL.finditer(text):
        if (read := recipients.found(recipients.email, found[0])) is not None:
            yield read.address


def _texts(path: Path) -> Iterator[str]:
    """The content in pieces that overlap; of a workbook, that of its sheets. In UTF-16, ASCII has zeros between."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as plain:
            yield from _pieces(plain)
        return
    with zipfile.ZipFile(path) as packed:
        for member in packed.infolist():
            if member.filename.endswith(".xml"):
                with packed.open(member) as plain:
                    yield from _pieces(plain)


def _pieces(plain: IO[bytes]) -> Iterator[str]:
    before, left = "", _MOST
    while (chunk := plain.read(_CHUNK)) and (left := left - len(chunk)) > 0:
        text = before + chunk.replace(b"\0", b"").decode("latin-1")
        yield text
        before = text[-_OVERLAP:]
