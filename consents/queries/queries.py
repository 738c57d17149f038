"""What stands for one recipient: brands in order, each with its lines. Reads one range of the primary key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import select

from consents.brands.book import BrandDirectory, BrandEntry
from consents.columns import stored
from consents.queries.consent_lines import BRAND, CHANNEL, IDENTITY, ConsentLine, RecipientRows, Row
from consents.rules import BEKLIYOR, ONAY, RET
from consents.store import Snapshot, Statement, among, table
from consents.tables.dealer_tables import Dealer

PAGE = 50  # brands

_dealer = table(Dealer).c

_DEALERS = Statement(select(_dealer.id, _dealer.title).where(among(_dealer.id, "dealers")))


class BrandConsents(NamedTuple):
    brand: BrandEntry
    lines: list[ConsentLine]


class ListFilter(NamedTuple):
    """Terms by code. ``q``: as typed; ``page`` counts from 1; ``after``: µs, from which on the word in force was given,
    by the recipient where ``own``; ``newest``: order by last word, newest first."""

    q: str = ""
    company: int | None = None  # iysCode
    brand: int | None = None  # brandCode
    identity: int | None = None
    channel: int | None = None
    status: int | None = None
    after: int = 0
    own: bool = False
    newest: bool = False
    page: int = 1

    @property
    def narrows(self) -> bool:
        return self._replace(page=1, newest=False) != ALL


ALL = ListFilter()


class ConsentCounts(NamedTuple):
    """Numbers of brands, each counted once. ``open``: may reach the recipient; ``waiting``: of the others those that
    ask."""

    waiting: int = 0
    open: int = 0
    refused: int = 0


class Listing(NamedTuple):
    """One page of a recipient's list, in three sections. ``counts``: of all brands; ``shown``: of the filtered ones;
    ``identities``: all that occur; ``oldest``: µs, 0 where none is dated; ``veiled``: brands of which nothing is
    shown."""

    waiting: list[BrandConsents]
    open: list[BrandConsents]
    refused: list[BrandConsents]
    counts: ConsentCounts
    shown: ConsentCounts
    page: int
    pages: int
    identities: frozenset[int]
    oldest: int
    veiled: int


class _Found(NamedTuple):
    brand: BrandEntry
    rows: list[Row]
    every: list[Row]


_Sections = tuple[list[_Found], list[_Found], list[_Found]]


def listing(
    snapshot: Snapshot, book: BrandDirectory, recipient: int, now: int, wanted: ListFilter = ALL, *, since: int = 0
) -> Listing:
    """Brands that only ask first, then those that may reach the recipient, then the refused; within a section in the
    book's order, or newest first. ``since``: refusals from before it are left out."""
    reading = RecipientRows(snapshot, recipient, now, since)
    brands = _by_brand(reading.visible())
    sections = _sections(reading, book, brands, wanted)
    pages = max(1, -(-sum(map(len, sections)) // PAGE))
    page = min(max(wanted.page, 1), pages)
    waiting, reachable, refused = _cut(reading, sections, (page - 1) * PAGE, page * PAGE, newest=wanted.newest)
    shown = counts = ConsentCounts(*map(len, sections))
    if wanted.narrows:
        counts = ConsentCounts(*map(len, _sections(reading, book, brands, ALL)))
    return Listing(
        waiting,
        reachable,
        refused,
        counts,
        shown,
        page,
        pages,
        frozenset(map(itemgetter(IDENTITY), reading.rows)),
        reading.oldest(),
        len(set(map(itemgetter(BRAND), reading.rows))) - len(brands) if since else 0,
    )


def reach(
    snapshot: Snapshot, book: BrandDirectory, recipient: int, now: int, wanted: ListFilter = ALL
) -> list[BrandConsents]:
    """The lines that may reach or ask the recipient, of the wanted brands, in the book's order."""
    reading = RecipientRows(snapshot, recipient, now)
    brands = _by_brand(row for row in reading.rows if reading.status(row) != RET)
    found = [one for section in _sections(reading, book, brands, wanted) for one in section]
    return [BrandConsents(one.brand, reading.lines(one.rows, one.every)) for one in sorted(found, key=_place)]


def of_brands(
    snapshot: Snapshot,
    recipient: int | None,
    brands: Sequence[BrandEntry],
    now: int,
    *,
    since: int = 0,
    reading: RecipientRows | None = None,
) -> list[BrandConsents]:
    """The lines of these brands, in their order, brands without lines included. ``reading``: all rows, if read
    already."""
    if recipient is None:
        return [BrandConsents(brand, []) for brand in brands]
    if reading is None:
        reading = RecipientRows(snapshot, recipient, now, since, [brand.id for brand in brands])
    wanted = {brand.id for brand in brands}
    found = {number: reading.lines(rows, rows) for number, rows in _by_brand(reading.rows) if number in wanted}
    return [BrandConsents(brand, found.get(brand.id, [])) for brand in brands]


def whole(snapshot: Snapshot, book: BrandDirectory, recipient: int, now: int, *, since: int = 0) -> list[BrandConsents]:
    reading = RecipientRows(snapshot, recipient, now, since)
    groups = [
        BrandConsents(book.by_id[number], reading.lines(rows, rows)) for number, rows in _by_brand(reading.visible())
    ]
    return sorted(groups, key=lambda group: group.brand.rank)


def counts(
    snapshot: Snapshot, recipient: int, now: int, *, since: int = 0, reading: RecipientRows | None = None
) -> ConsentCounts:
    """The ``counts`` of a recipient's listing. ``reading``: all rows, if read already."""
    reading = reading or RecipientRows(snapshot, recipient, now, since)
    ranks = Counter(reading.rank(rows) for _, rows in _by_brand(reading.visible()))
    return ConsentCounts(*(ranks[rank] for rank in range(3)))


def counted(groups: Iterable[BrandConsents]) -> ConsentCounts:
    found = [{line.status for line in group.lines} for group in groups]
    reachable = sum(ONAY in statuses for statuses in found)
    waiting = sum(ONAY not in statuses and BEKLIYOR in statuses for statuses in found)
    return ConsentCounts(waiting, reachable, len(found) - reachable - waiting)


def dealers(groups: Iterable[BrandConsents]) -> set[int | None]:
    lines = [line for group in groups for line in group.lines]
    others = (word for line in lines for word in (line.asked, line.covered) if word is not None)
    return {line.dealer for line in lines} | {word.dealer for word in others}


def dealer_titles(snapshot: Snapshot, numbers: set[int | None]) -> dict[int, str]:
    known = [number for number in numbers if number is not None]
    return dict(snapshot.all(_DEALERS, {"dealers": snapshot.array(known)})) if known else {}


def _by_brand(rows: Iterable[Row]) -> list[tuple[int, list[Row]]]:
    return [(number, list(own)) for number, own in groupby(rows, itemgetter(BRAND))]


def _sections(
    reading: RecipientRows, book: BrandDirectory, brands: list[tuple[int, list[Row]]], wanted: ListFilter
) -> _Sections:
    sections: _Sections = ([], [], [])
    named = _named(book, wanted)
    narrow = (wanted.channel, wanted.identity, wanted.status, wanted.after) != (None, None, None, 0)
    after = stored(wanted.after)
    for number, every in brands:
        if named is None or number in named:
            rows = [row for row in every if _fits(reading, row, wanted, after)] if narrow else every
            if rows:
                sections[reading.rank(rows)].append(_Found(book.by_id[number], rows, every))
    return sections


def _named(book: BrandDirectory, wanted: ListFilter) -> set[int] | None:
    if not wanted.q and wanted.company is None and wanted.brand is None:
        return None
    return {
        brand.id
        for brand in book.search(wanted.q)
        if wanted.company in (None, brand.company_code) and wanted.brand in (None, brand.code)
    }


def _fits(reading: RecipientRows, row: Row, wanted: ListFilter, after: int | float) -> bool:
    return (
        wanted.channel in (None, row[CHANNEL])
        and wanted.identity in (None, row[IDENTITY])
        and wanted.status in (None, reading.status(row))
        and (not after or reading.fits(row, after, own=wanted.own))
    )


def _cut(
    reading: RecipientRows, sections: _Sections, start: int, end: int, *, newest: bool
) -> list[list[BrandConsents]]:
    """The sections' brands from place ``start`` to ``end`` of all, with their lines."""
    cut = []
    for section in sections:
        ordered = _newest_first(reading, section) if newest else sorted(section, key=_place)
        here = ordered[max(start, 0) : max(end, 0)]
        cut.append([BrandConsents(one.brand, reading.lines(one.rows, one.every)) for one in here])
        start, end = start - len(section), end - len(section)
    return cut


def _newest_first(reading: RecipientRows, section: list[_Found]) -> list[_Found]:
    return sorted(section, key=lambda one: (-reading.newest(one.rows), one.brand.rank))


def _place(one: _Found) -> int:
    return one.brand.rank
