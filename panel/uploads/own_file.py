"""A file's own rows again, with what is wrong and what to do, to be corrected and loaded as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from consents.languages import catalogue, form_of
from consents.registry import Registry
from panel.uploads import upload_pieces
from panel.uploads.upload_pieces import PieceKind
from panel.uploads.upload_store import PanelFile
from providers.uploads.repairing import RowFault, repaired
from web.iys_fields import BRAND, Field
from web.rendering.texts import mark

KIND: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_COLUMNS = {
    Field.RECIPIENT: mark("Alıcı"),
    Field.TYPE: mark("İzin türü"),
    Field.SOURCE: mark("Kaynak"),
    Field.STATUS: mark("Durum"),
    Field.IDENTITY: mark("Alıcı tipi"),
    Field.DATE: mark("Tarih"),
    Field.DEALER: mark("Bayi kodu"),
    BRAND: mark("Marka"),
}
_TITLE = mark("İzinler")


def make(registry: Registry, file: PanelFile, kind: PieceKind, language: str) -> bytes:
    """The workbook; blocking. ``kind``: of the refused rows. Errors: DamagedFile, NotRepaired."""
    words = catalogue(language).gettext
    with upload_pieces.opened(registry, file) as path:
        faults = _faults(registry, file.id, kind, language, words)
        return repaired(path, file.name, file.form, file.layout, faults, language, words(_TITLE))


def _faults(
    registry: Registry, upload: int, kind: PieceKind, language: str, words: Callable[[str], str]
) -> Iterator[list[RowFault]]:
    place = 0
    while some := registry.store.read_now(upload_pieces.refusals, registry.keyring, upload, kind, place):
        found: list[RowFault] = []
        for one in some:
            fault, stop, repair = form_of(one.message, language).partition(". ")
            column = f"{words(_COLUMNS[one.field])}: " if one.field in _COLUMNS else ""
            found.append((one.row, f"{column}{fault}{stop.strip()}", repair))
        yield found
        place += 1
