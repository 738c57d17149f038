"""The brands by everything that names one in an SMS: short name, registered header, İYS number, MERSİS number."""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakKeyDictionary

from sqlalchemy import text

from consents.brands.book import Book, Listed, Shelf
from consents.brands.sms_words import squeezed
from consents.registry import Registry
from consents.store import Snapshot, Statement, Store
from optout.reader.words import NameIndex

_NAMES = Statement(text("SELECT name, brand FROM brand_name"))


class Names:
    """The book of brands with an index by name. ``by_name``: squeezed name or number -> internal ids."""

    def __init__(self, book: Book, by_name: Mapping[str, tuple[int, ...]]) -> None:
        self.book = book
        self.by_name = by_name

    def brand(self, number: int) -> Listed:
        """The brand with this internal id."""
        return self.book.by_id[number]


class _Kept:
    """What one process keeps of one store."""

    def __init__(self) -> None:
        self.shelf = Shelf()
        self.names: Names | None = None

    def look(self, snapshot: Snapshot, now: int) -> Names:
        """The names as of ``now`` (µs); read again when the book was."""
        book, names = self.shelf.book(snapshot, now), self.names
        if names is None or names.book is not book:
            self.names = names = Names(book, _index(snapshot, book))
        return names


_kept: WeakKeyDictionary[Store, _Kept] = WeakKeyDictionary()


async def of(registry: Registry) -> Names:
    """The names that hold now."""
    kept = _kept.setdefault(registry.store, _Kept())
    return await registry.store.read(kept.look, registry.store.now())


def _index(snapshot: Snapshot, book: Book) -> NameIndex:
    """A MERSİS number names all brands of its company; a name goes before a number."""
    found: dict[str, tuple[int, ...]] = {}
    for brand in book.brands:
        if brand.mersis is not None:
            found[brand.mersis] = (*found.get(brand.mersis, ()), brand.id)
    found |= {str(brand.code): (brand.id,) for brand in book.brands}
    found |= {squeezed(name): (brand,) for name, brand in snapshot.all(_NAMES) if brand in book.by_id}
    return NameIndex(found)
