"""All brands with their companies, held in memory in Turkish alphabetical order. A new or changed brand shows at once
(the highest numbers are compared at each look); one looked up alone shows a change within a second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select

from consents.brands.spelling import fold
from consents.store import Snapshot, Statement, table
from consents.tables.company_tables import Brand, BrandName, CompanyChange, Provider

FRESH = 300_000_000  # µs
LOOKED = 1_000_000  # µs for which one look at the highest numbers is good for brands looked up alone

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


class _Kept(NamedTuple):
    """A book, the highest numbers when it was read, until when it is fresh, and when they were compared (µs)."""

    book: BrandDirectory
    version: tuple[int | None, ...]
    stale_at: int
    looked_at: int

    def fresh(self, now: int) -> bool:
        return 0 <= self.stale_at - now <= FRESH

    def known(self, now: int) -> bool:
        return self.fresh(now) and 0 <= now - self.looked_at < LOOKED


class BrandCache:
    """The book of one process; thread-safe."""

    def __init__(self) -> None:
        self._kept = _Kept(
            BrandDirectory([], {}), (), 0, 0
        )  # replaced as one, so that nobody meets a book beside another's version

    def book(self, snapshot: Snapshot, now: int) -> BrandDirectory:
        """The book as of ``now`` (µs): the kept one while it is fresh, else read again (6 µs a brand)."""
        kept, version = self._kept, snapshot.one(_VERSION) or ()
        if version != kept.version or not kept.fresh(now):
            self._kept = kept = _Kept(read(snapshot), version, now + FRESH, now)
        else:
            self._kept = kept._replace(looked_at=now)
        return kept.book

    def kept(self, snapshot: Snapshot, now: int) -> BrandDirectory | None:
        """``book`` by one statement; None where it has to be read again."""
        kept, version = self._kept, snapshot.one(_VERSION) or ()
        if version != kept.version or not kept.fresh(now):
            return None
        self._kept = kept._replace(looked_at=now)
        return kept.book

    def brand(self, snapshot: Snapshot, number: int, now: int) -> BrandEntry | None:
        """One brand by its internal id, without another look if one was made just now."""
        return self.looked_at(number, now) or self.book(snapshot, now).by_id.get(number)

    def coded(self, snapshot: Snapshot, code: int, now: int) -> BrandEntry | None:
        return self.looked(code, now) or self.book(snapshot, now).by_code.get(code)

    def looked_at(self, number: int, now: int) -> BrandEntry | None:
        """One brand by its internal id without any look; None where there was none just now, or no such brand."""
        kept = self._kept
        return kept.book.by_id.get(number) if kept.known(now) else None

    def looked(self, code: int, now: int) -> BrandEntry | None:
        kept = self._kept
        return kept.book.by_code.get(code) if kept.known(now) else None


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
