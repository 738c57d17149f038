"""Rows of several brands in one file: each brand's are a file of their own, tried, applied and taken back alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import text

from consents.brands import provider_list
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction
from panel.audit.change import Change
from panel.rights import Member
from panel.uploads import upload_pieces, upload_store
from panel.uploads.upload_pieces import PieceKind
from panel.uploads.upload_store import NewUpload, PanelFile, UploadState
from providers.uploads.files.file_header import Layout, folded
from providers.uploads.row_verdicts import BRAND_KEY

_COPY = Statement(
    text(
        "INSERT INTO panel_upload_piece (upload, kind, place, sealed) SELECT :to, kind, place, sealed "
        "FROM panel_upload_piece WHERE upload = :upload AND kind = :kind AND place = :place"
    )
)
_SAME = Statement(
    text(
        "SELECT id FROM panel_upload WHERE brand = :brand AND digest = :digest AND id > :after "
        "AND state NOT IN ('receiving', 'dropped', 'unreadable') ORDER BY id LIMIT 1"
    )
)


def layout_of(snapshot: Snapshot, file: PanelFile) -> Layout:
    """The file's matching, with the company's brands by title and number if there are several."""
    own = provider_list.brand(snapshot, file.brand)
    brands = provider_list.brands_of(snapshot, own.provider)
    titles = Counter(folded(one.title) for one in brands)
    if len(brands) < 2:
        return file.layout
    words = {folded(one.title): one.code for one in brands if titles[folded(one.title)] == 1 and folded(one.title)}
    return file.layout._replace(brands=words | {str(one.code): one.code for one in brands}, own=own.code)


def others(counts: Mapping[str, Any]) -> dict[int, int]:
    """Rows of other brands by brandCode, among a file's counts."""
    found = counts.get("warnings", {}).items()
    return {int(key.removeprefix(BRAND_KEY)): rows for key, rows in found if key.startswith(BRAND_KEY)}


def same(snapshot: Snapshot, file: PanelFile, brands: Iterable[int]) -> dict[int, int]:
    """The file's copies by brand (internal ids); brands without one are missing."""
    rows = {one: snapshot.one(_SAME, {"brand": one, "digest": file.digest, "after": file.id}) for one in brands}
    return {brand: int(number) for brand, row in rows.items() if row for number in row}


def begin_copy(transaction: Transaction, keyring: Keyring, file: PanelFile, person: int, brand: int) -> int:
    """A copy without pieces, for another brand (internal id)."""
    same_file = file.name, file.form, file.initial, file.size, file.lines, file.digest
    new = NewUpload(brand, person, *same_file, file.layout._replace(rest=True))
    return upload_store.begin(transaction, keyring, new)


def copy_piece(transaction: Transaction, number: int, file: PanelFile, place: int) -> bool:
    """False after the last piece."""
    values = {"to": number, "upload": file.id, "kind": PieceKind.FILE, "place": place}
    return transaction.run(_COPY, values) == 1


def received(change: Change, member: Member, number: int, brand: int, file: PanelFile) -> None:
    """Requests the copy's dry run and logs it; deletes a second copy, and one of a ``file`` that is gone."""
    person, transaction = member.person.id, change.transaction
    if same(transaction, file, [brand]) or not upload_pieces.held(transaction, file.id):  # it may lack pieces
        upload_pieces.drop(transaction, number, PieceKind.FILE)
        upload_store.unwanted(transaction, number)
        return
    if upload_store.move(change.transaction, number, UploadState.RECEIVING, UploadState.CHECKING, person):
        change.note("file-uploaded", f"upload {number}", provider=member.at.id, brand=brand)
