"""All brands with their companies, cached in memory in Turkish alphabetical order. ``BrandCache.book`` compares the
highest numbers of the tables, so it has each new or changed brand; a brand looked up alone may be a second old."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select

from consents.brands.spelling import fold
from consents.store import Snapshot, Statement, table
from consents.tables.company_tables import Brand, BrandName, CompanyChange, Provider

READ_AGAIN = 300_000_000  # µs after which the book is read again, though no number has changed
RECENT = 1_000_000  # µs after a comparison of the numbers in which a brand looked up alone needs no other

_brand = table(Brand)
_provider = table(Provider)
_name = table(BrandName)
_change = table(CompanyChange).c

_VERSION = Statement(
    select(
        select(func.max(_brand.c.id)).scalar_subquery(),
        select(func.max(_provider.c.id)).scalar_subquery(),
        select(func.max(_change.id)).scalar_subquery(),
    )
)
_ALL = Statement(
    select(
        _brand.c.id,
        _brand.c.code,
        _brand.c.title,
        _brand.c.folded,
        _provider.c.id,
        _provider.c.title,
        _provider.c.code,
        _provider.c.mersis,
        or_(_brand.c.closed_at.is_not(None), _provider.c.state == "closed"),
    ).join(_provider, _provider.c.id == _brand.c.provider)
)
_NAMES = Statement(select(_name.c.brand, _name.c.name).order_by(_name.c.header, _name.c.name))

_SMALL = str.maketrans("Iİâîû", "ıiaiu")
_ALPHABET = {letter: chr(place) for place, letter in enumerate(" 0123456789abcçdefgğhıijklmnoöpqrsştuüvwxyz", 33)}


class BrandEntry(NamedTuple):
    """A brand as pages name it. ``id``, ``company``: internal; ``code``: brandCode; ``company_code``: iysCode;
    ``rank``: its place in the book; ``name``: its first short name or header, else its code."""

    id: int
    code: int
    title: str
    company: int
    company_title: str
    company_code: int
    mersis: str | None
    name: str
    rank: int
    searched: str  # folded: title, company, names and headers
    closed: bool = False  # the brand or its company: no ONAY is recorded, and every RET is


class BrandDirectory:
    """All brands at one moment, in order. ``named``: short name or header -> internal id."""

    def __init__(self, brands: list[BrandEntry], named: Mapping[str, int]) -> None:
        self.brands = brands
        self.named = named
        self.by_id = {brand.id: brand for brand in brands}
        self.by_code = {brand.code: brand for brand in brands}

    def search(self, text: str) -> list[BrandEntry]:
        """Brands whose title, company, short name or SMS header holds ``text``; all for an empty text."""
        wanted = fold(text)
        return [brand for brand in self.brands if wanted in brand.searched] if wanted else self.brands

    def company(self, code: int) -> list[BrandEntry]:
        return [brand for brand in self.brands if brand.company_code == code]


class _Cached(NamedTuple):
    """Times in µs. ``version``: the highest numbers when the book was read; ``compared_at``: when these
    were last read."""

    book: BrandDirectory
    version: tuple[int | None, ...]
    stale_at: int
    compared_at: int

    def fresh(self, now: int) -> bool:
        return 0 <= self.stale_at - now <= READ_AGAIN

    def recent(self, now: int) -> bool:
        return self.fresh(now) and 0 <= now - self.compared_at < RECENT


class BrandCache:
    """The book of one process; thread-safe."""

    def __init__(self) -> None:
        # Replaced as one, so that no thread sees a book with the version of another.
        self._cached = _Cached(BrandDirectory([], {}), (), 0, 0)

    def book(self, snapshot: Snapshot, now: int) -> BrandDirectory:
        """The book as of ``now`` (µs): the cached one while it is fresh, else read again (6 µs a brand)."""
        cached, version = self._cached, snapshot.one(_VERSION) or ()
        if version != cached.version or not cached.fresh(now):
            self._cached = cached = _Cached(read(snapshot), version, now + READ_AGAIN, now)
        else:
            self._cached = cached._replace(compared_at=now)
        return cached.book

    def fresh_book(self, snapshot: Snapshot, now: int) -> BrandDirectory | None:
        """The cached book, compared by one statement; None where it has to be read again."""
        cached, version = self._cached, snapshot.one(_VERSION) or ()
        if version != cached.version or not cached.fresh(now):
            return None
        self._cached = cached._replace(compared_at=now)
        return cached.book

    def by_id(self, snapshot: Snapshot, number: int, now: int) -> BrandEntry | None:
        """One brand by its internal id, at most ``RECENT`` old."""
        return self.recent_by_id(number, now) or self.book(snapshot, now).by_id.get(number)

    def by_code(self, snapshot: Snapshot, code: int, now: int) -> BrandEntry | None:
        return self.recent_by_code(code, now) or self.book(snapshot, now).by_code.get(code)

    def recent_by_id(self, number: int, now: int) -> BrandEntry | None:
        """Without a statement; None where the numbers were not compared just now, and for an unknown brand."""
        cached = self._cached
        return cached.book.by_id.get(number) if cached.recent(now) else None

    def recent_by_code(self, code: int, now: int) -> BrandEntry | None:
        cached = self._cached
        return cached.book.by_code.get(code) if cached.recent(now) else None


def read(snapshot: Snapshot) -> BrandDirectory:
    named = {name: brand for brand, name in snapshot.all(_NAMES)}
    names: dict[int, list[str]] = {}
    for name, brand in named.items():
        names.setdefault(brand, []).append(name)
    rows = sorted(snapshot.all(_ALL), key=_place)
    return BrandDirectory([_listed(row, rank, names) for rank, row in enumerate(rows)], named)


def _place(row: tuple[Any, ...]) -> tuple[str, int]:
    _, code, title, *_ = row
    return alphabetical(title), code


def alphabetical(title: str) -> str:
    """A key by which titles sort as in a Turkish dictionary: ç after c, ı before i; other signs come first."""
    lower = title.translate(_SMALL).lower()
    return "".join(_ALPHABET.get(letter, letter if letter.isalnum() else "") for letter in lower)


def _listed(row: tuple[Any, ...], rank: int, names: Mapping[int, list[str]]) -> BrandEntry:
    number, code, title, folded, company, company_title, company_code, mersis, closed = row
    own = names.get(number, [])
    name = own[0] if own else str(code)
    searched = "\n".join([folded, fold(company_title), *own])
    return BrandEntry(
        number, code, title, company, company_title, company_code, mersis, name, rank, searched, bool(closed)
    )
