"""Kept files of companies after an erasure: the person's lines leave the files that were made for a company, and a file
that a company sent is dropped, so that the company sends it again. An address is recognised by its digest alone."""

from __future__ import annotations

import codecs
import html
import re
import time
import zipfile
from collections.abc import Generator, Iterator, Set
from contextlib import closing
from pathlib import Path
from typing import IO

from consents.instants import DAY
from consents.keys import Keyring
from consents.languages import Sentence
from consents.people import recipients
from consents.registry import Registry
from panel.exports import export_store
from panel.exports.export_store import Export
from panel.retention import erased_list
from panel.tables import EXPORTS_KEPT
from panel.uploads import upload_pieces, upload_store
from panel.uploads.upload_pieces import PieceKind
from panel.uploads.upload_store import PanelFile
from providers.uploads.files import sniff
from web.logs import Alone

LONGEST = max(EXPORTS_KEPT, upload_store.KEPT) + DAY  # µs: no kept file is older
DROPPED = Sentence("Dosyadaki bir kişi verilerini sildirdi. Dosyayı onu çıkarıp yeniden yükleyin.")
UNREAD = Sentence("Bu dosyada verilerini sildiren biri var mı, bakılamadı. Dosyayı yeniden yükleyin.")
SECONDS = 600  # of the processor, for a sent file
_CHUNK, _OVERLAP = 1 << 20, 4096  # characters; an address with a workbook's marks is shorter than the second
_ARCHIVE = b"PK\3\4"
_CELL_END = re.compile(r"</?(?:\w{1,20}:)?(?:c|f|is|row|si|v)\b[^<>]*>")
_MARKUP = re.compile(r"<[^<>]*>")  # a cell may hold several formatted texts
_ESCAPED = re.compile(r"\\(?:[bfnrt]|u[0-9a-f]{4})")  # a control character in JSON


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
        raise errors[0]
    return whole


def _later(erased: dict[bytes, int], at: int) -> set[bytes]:
    """Those erased at ``at`` (µs) or later: who came back before a file was made stands in it rightly."""
    return {digest for digest, when in erased.items() if when >= at}


def _clean_export(registry: Registry, export: Export, erased: Set[bytes]) -> None:
    """Also drops a file that nobody can read: it may hold the person."""
    if not erased or export.finished_at is None or export.lost:
        return
    with Alone("file_unread", export=export.id) as item:
        _take_out(registry, export, erased)
    if item.error:
        registry.store.write_now(export_store.lose, export.id)


def _take_out(registry: Registry, export: Export, erased: Set[bytes]) -> None:
    place = -1
    while found := registry.store.read_now(export_store.next_part, registry.keyring, export.id, place):
        place, content = found
        lines = content.decode().splitlines(keepends=True)
        kept = [line for line in lines if not holds(registry.keyring, line, erased)]
        if len(kept) < len(lines):
            sealed = export_store.sealed(registry.keyring, "".join(kept))
            registry.store.write_now(export_store.replace_part, export.id, place, sealed, len(lines) - len(kept))


def _drop_upload(registry: Registry, file: PanelFile, erased: Set[bytes]) -> None:
    """Also drops a file that nobody can read, and one whose reading takes too long: it may hold the person."""
    if not erased:
        return
    found = False
    with Alone("file_unread", upload=file.id) as item, closing(_of_upload(registry, file)) as content:
        found = any(holds(registry.keyring, text, erased) for text in _in_time(content))
    if found or item.error:
        registry.store.write_now(upload_store.expire, registry.keyring, file, DROPPED if found else UNREAD)


def _in_time(texts: Iterator[str]) -> Iterator[str]:
    until = time.process_time() + SECONDS
    for one in texts:
        yield one
        if time.process_time() > until:
            raise TimeoutError


def _of_upload(registry: Registry, file: PanelFile) -> Generator[str]:
    """Its refused rows and its header, and the file itself, which is deleted once it is loaded."""
    for kind in (PieceKind.TRIED, PieceKind.LOADED, PieceKind.HEAD):
        place = 0
        while content := registry.store.read_now(upload_pieces.piece, registry.keyring, file.id, kind, place):
            place += 1
            yield _ESCAPED.sub(" ", content.decode("utf-8", "surrogatepass"))
    if registry.store.read_now(upload_pieces.held, file.id):
        with upload_pieces.opened(registry, file) as path:
            yield from texts(path)


def holds(keyring: Keyring, text: str, erased: Set[bytes]) -> bool:
    """Whether a text has an address of one of these digests, however it is written."""
    return any(keyring.digest(address) in erased for address in recipients.within(text))


def texts(path: Path) -> Iterator[str]:
    """The content in pieces that overlap, decoded as uploads are; of a workbook, that of its cells. Errors: BadFile,
    and those of ``zipfile``."""
    with path.open("rb") as plain:
        packed = plain.read(len(_ARCHIVE)) == _ARCHIVE
    if not packed:
        encoding = sniff.kind(path).encoding
        assert encoding is not None  # as of an archive alone
        with path.open("rb") as plain:
            yield from _pieces(plain, encoding)
        return
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.filename.lower().endswith(".xml"):
                with archive.open(member) as plain:
                    yield from (_cells(text) for text in _pieces(plain, "utf-8"))


def _pieces(plain: IO[bytes], encoding: str) -> Iterator[str]:
    before, decoder = "", codecs.getincrementaldecoder(encoding)("replace")
    while chunk := plain.read(_CHUNK):
        text = before + decoder.decode(chunk)
        yield text
        before = text[-_OVERLAP:]


def _cells(xml: str) -> str:
    return html.unescape(_MARKUP.sub("", _CELL_END.sub("\n", xml)))
