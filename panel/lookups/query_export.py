"""Consent files made in the background: requested, written, downloaded, each logged. The worker reads pages and
stores compressed, sealed pieces, so memory stays flat and a stopped file starts again."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping

from consents import dates
from consents.brands import dealer_records, provider_list
from consents.queries import criteria_rows
from consents.queries.criteria_rows import Criteria, CriteriaRow
from consents.registry import Registry
from consents.rules import WAITING
from consents.store import Transaction
from consents.terms import Channel, Identity, Source, Status
from panel.audit.change import Change
from panel.exports import export_store
from panel.exports.export_store import Export, NewExport
from panel.lookups import query_form
from panel.lookups.query_form import QueryForm
from panel.rights import Member
from providers.uploads.files.row_refusals import spreadsheet_safe

READ_AT_ONCE = 2000  # consents
PIECE = 1 << 18  # characters of a piece
# Named as in İYS's template, so that the upload reads the file again.
_COLUMNS = (
    "ALICI", "IZINTURU", "FIRMATIPI", "DURUMU", "IZINKAYNAGI", "IZINTARIHI", "IZNINALINDIGIBAYIKODU", "BAYIADI",
    "MARKANO", "MARKAADI",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PHONE = re.compile(r"\+[0-9]{5,15}", re.ASCII)


def ask(change: Change, member: Member, form: QueryForm) -> int | None:
    """Requests a file; its number, None with too many waiting."""
    assert form.wanted
    kept, first = query_form.kept(form.wanted, form.given), form.wanted[0].brand
    number = export_store.ask(change.transaction, NewExport(member.at.id, first, member.person.id, kept))
    if number is not None:
        about, criteria = f"export {number}", query_form.summary(form.given)
        brand = first if len(form.wanted) == 1 else None
        change.note("export-asked", about, after=criteria, provider=member.at.id, brand=brand)
    return number


def make(registry: Registry, export: Export, progress: Callable[[int], None]) -> None:
    """Makes the file from its beginning; ``progress`` gets the number of consents so far."""
    store, rows = registry.store, 0
    store.write_now(export_store.drop_parts, export.id)
    asked, _ = query_form.unkept(export.criteria)
    wanted = [one._replace(asked_since=store.now() - WAITING) for one in asked]
    for place, (text, count) in enumerate(_pieces(registry, wanted)):
        rows += count
        store.write_now(_keep, export, place, export_store.sealed(registry.keyring, text), rows)
        progress(rows)
    store.write_now(export_store.finish, registry.keyring, export, rows)


def _keep(transaction: Transaction, export: Export, place: int, sealed: bytes, rows: int) -> None:
    export_store.keep_part(transaction, export, place, sealed)
    export_store.progress(transaction, export.id, rows)


def _pieces(registry: Registry, wanted: list[Criteria]) -> Iterator[tuple[str, int]]:
    """The file's pieces, each with its number of consents; for Turkish Excel semicolons and a BOM."""
    held, rows = io.StringIO("\ufeff"), 0
    held.seek(0, io.SEEK_END)
    writer = csv.writer(held, delimiter=";")
    writer.writerow(_COLUMNS)
    for criteria in wanted:
        for page in _pages(registry, criteria):
            writer.writerows(page)
            rows += len(page)
            if held.tell() >= PIECE:
                yield held.getvalue(), rows
                held, rows = io.StringIO(), 0
                writer = csv.writer(held, delimiter=";")
    yield held.getvalue(), rows


def _pages(registry: Registry, wanted: Criteria) -> Iterator[list[list[str]]]:
    """Rows, a page of the query at a time; none for an erased person."""
    known = registry.store.read_now(provider_list.brand, wanted.brand)
    assert known is not None
    brand = [str(known.code), spreadsheet_safe(known.title)]
    after: criteria_rows.Place | None = criteria_rows.START
    while after is not None:
        found = registry.store.read_now(criteria_rows.page, wanted, after, READ_AT_ONCE)
        dealers = registry.store.read_now(dealer_records.names, {row.dealer for row in found.rows if row.dealer})
        addresses = registry.keyring.unseal_all([row.sealed for row in found.rows])
        yield [
            [*_line(address, row), *_dealer(row, dealers), *brand]
            for address, row in zip(addresses, found.rows, strict=True)
            if address is not None
        ]
        after = found.after


def _line(address: str, row: CriteriaRow) -> list[str]:
    return [
        cell(address),
        str(Channel.of(row.place[1])),
        str(Identity.of(row.place[2])),
        str(Status.of(row.status)),
        str(Source.of(row.source)) if row.source else "",
        dates.wire(row.at) if row.at else "",
    ]


def _dealer(row: CriteriaRow, names: Mapping[int, tuple[int, str]]) -> list[str]:
    code, title = names.get(row.dealer or 0, ("", ""))
    return [str(code), spreadsheet_safe(title)]


def cell(address: str) -> str:
    """An address that a spreadsheet keeps as text, and every page and file here reads: a phone in groups of digits, a
    formula behind an apostrophe."""
    if not _PHONE.fullmatch(address):
        return f"'{address}" if address.startswith(_FORMULA) else address
    if address.startswith("+90") and len(address) == 13:
        return f"0{address[3:6]} {address[6:9]} {address[9:11]} {address[11:]}"
    return f"00{address[1:3]} {address[3:]}"
