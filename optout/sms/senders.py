"""The sender of an advertising SMS: the brands named in its text."""

from __future__ import annotations

from consents.brands.book import BrandEntry
from consents.registry import Registry
from optout.sms import sms_brands
from optout.sms.reader import letters, words
from optout.sms.reader.words import NameIndex

LONGEST = 2000  # characters of a text that are read


async def named(registry: Registry, text: str) -> list[tuple[str, BrandEntry]]:
    """The names in a text (short name, registered header, İYS or MERSİS number), each with its brand; pairs once, in
    order."""
    known = await sms_brands.names(registry)
    index = known.by_name if isinstance(known.by_name, NameIndex) else NameIndex(known.by_name)
    items = words.items(letters.plain(text[:LONGEST]), index)
    return list(dict.fromkeys((item.word, known.brand(brand)) for item in items for brand in item.brands))
