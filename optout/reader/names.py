"""The brands by everything that names one in an SMS: short name, registered header, İYS number, MERSİS number."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from consents.brands.book import Book, Listed
from consents.brands.sms_words import squeezed
from consents.registry import Registry
from consents.store import Snapshot
from optout.reader.words import NameIndex


class Names:
    """The book of brands with an index by name. ``by_name``: squeezed name or number -> internal ids."""

    def __init__(self, book: Book, by_name: Mapping[str, tuple[int, ...]]) -> None:
        self.book = book
        self.by_name = by_name

    def brand(self, number: int) -> Listed:
        """The brand with this internal id."""
        return self.book.by_id[number]


async def of(registry: Registry) -> Names:
    """The names that hold now."""
    return await registry.store.read(_look, registry)


def _look(snapshot: Snapshot, registry: Registry) -> Names:
    return _names(registry.shelf.book(snapshot, registry.store.now()))


@lru_cache(maxsize=1)
def _names(book: Book) -> Names:
    return Names(book, _index(book))


def _index(book: Book) -> NameIndex:
    """A MERSİS number names all brands of its company; a name goes before a number."""
    found: dict[str, tuple[int, ...]] = {}
    for brand in book.brands:
        if brand.mersis is not None:
            found[brand.mersis] = (*found.get(brand.mersis, ()), brand.id)
    found |= {str(brand.code): (brand.id,) for brand in book.brands}
    found |= {squeezed(name): (brand,) for name, brand in book.named.items()}
    return NameIndex(found)
