"""The SMS door's data of brands: names, own numbers, and which take a consent by SMS."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache

from sqlalchemy import text

from consents.brands import provider_list
from consents.brands.book import BrandDirectory, BrandEntry
from consents.brands.companies import BadCompany, KnownBrand
from consents.brands.sms_words import squeezed
from consents.people.recipients import BadAddress, phone
from consents.registry import Registry
from consents.store import PrefetchRead, Snapshot, Statement, Transaction, Value
from optout.sms.reader import letters, words
from optout.sms.reader.words import NameIndex

_NUMBER: Value[int] = Statement(text("SELECT brand FROM brand_number WHERE number = :number"))
_ADD_NUMBER = Statement(text("INSERT INTO brand_number (number, brand) VALUES (:number, :brand)"))
_NUMBERS = Statement(text("SELECT number FROM brand_number WHERE brand = :brand ORDER BY number"))
_REMOVE_NUMBER = Statement(text("DELETE FROM brand_number WHERE number = :number AND brand = :brand"))
_OWNED = Statement(text("SELECT number, brand FROM brand_number ORDER BY number"))
_TAKES = Statement(text("SELECT 1 FROM sms_onay WHERE brand = :brand"))
_ON = Statement(text("INSERT INTO sms_onay (brand) VALUES (:brand) ON CONFLICT (brand) DO NOTHING"))
_OFF = Statement(text("DELETE FROM sms_onay WHERE brand = :brand"))

MOST_NUMBERS = 3  # of a brand's own
_SERVICE = re.compile(r"[0-9]{3}|118[0-9]{2}").fullmatch  # 112, 155, 911; Türkiye's directory inquiries
LONGEST = 2000  # characters of a text that are read


class BrandNames:
    """The book of brands with an index by name (short name, registered header, İYS number, MERSİS number). ``by_name``:
    squeezed name or number -> internal ids."""

    def __init__(self, book: BrandDirectory, by_name: Mapping[str, tuple[int, ...]]) -> None:
        self.book = book
        self.by_name = by_name

    def brand(self, number: int) -> BrandEntry:
        return self.book.by_id[number]


async def names(registry: Registry) -> BrandNames:
    return _names(await registry.book())


@lru_cache(maxsize=1)
def _names(book: BrandDirectory) -> BrandNames:
    return BrandNames(book, _index(book))


def _index(book: BrandDirectory) -> NameIndex:
    """A MERSİS number names all brands of its company; a name goes before a number."""
    found: dict[str, tuple[int, ...]] = {}
    for brand in book.brands:
        if brand.mersis is not None:
            found[brand.mersis] = (*found.get(brand.mersis, ()), brand.id)
    found |= {str(brand.code): (brand.id,) for brand in book.brands}
    found |= {squeezed(name): (brand,) for name, brand in book.named.items()}
    return NameIndex(found)


def canonical(number: str) -> str:
    """A carrier's number as E.164, also without its +, or the digits of a short code; "" where it has none."""
    digits = "".join(c for c in number if "0" <= c <= "9")
    international = len(digits) >= 11 and not digits.startswith("0") and "+" not in number
    for spelling in ("+" + digits, number) if international else (number,):
        try:
            return phone(spelling).address
        except BadAddress:
            continue
    return digits


def prefetch_own(number: str) -> PrefetchRead:
    return PrefetchRead(_NUMBER, {"number": _written_to(number)})


def own(snapshot: Snapshot, number: str, shared: Collection[str]) -> int | None:
    """The brand (internal id) whose own number this is; None: a shared one. ``shared``: the site's numbers, which no
    brand has even if the table has."""
    brand: int | None = snapshot.value(*prefetch_own(number))
    return None if brand is None or _is_shared(_written_to(number), shared) else brand


def ineffective(snapshot: Snapshot, shared: Collection[str]) -> list[str]:
    """A sentence for each brand's own number that is one of the site's."""
    return [
        f"{number} is a number of this site and has no effect as brand {code}'s own number: "
        f"izin brand numbers --brand {code} --remove {number}"
        for number, brand in snapshot.all(_OWNED)
        if _is_shared(number, shared) and (code := provider_list.brand(snapshot, brand).code)
    ]


def _is_shared(kept: str, shared: Collection[str]) -> bool:
    return any(_written_to(one) == kept for one in shared)


@lru_cache(maxsize=256)
def _written_to(number: str) -> str:
    """Cached: few numbers take SMS, and some need libphonenumber."""
    return canonical(number)


def checked(number: str, shared: Collection[str]) -> str:
    """A possible own number as stored. ``shared``: the site's. Errors: BadCompany."""
    kept = canonical(number)
    if not 3 <= len(kept) <= 16:
        raise BadCompany("a number has 3 to 15 digits", "number", number)
    if _is_shared(kept, shared):
        raise BadCompany("this is a number of the site's own, which all brands share", "number-shared", number)
    if _SERVICE(kept):
        raise BadCompany("an emergency or information number is no brand's", "number-service", number)
    return kept


def add_number(transaction: Transaction, brand: KnownBrand, number: str, shared: Collection[str]) -> str:
    """The number as stored. ``shared``: the site's numbers. Errors: BadCompany."""
    kept = checked(number, shared)
    taken = holder(transaction, kept)
    if taken is not None and taken != brand.id:
        raise BadCompany("this number is another brand's own", "number-taken", number)
    if taken is None:
        if len(numbers(transaction, brand.id)) >= MOST_NUMBERS:
            raise BadCompany(f"a brand has at most {MOST_NUMBERS} numbers of its own", "number-many", number)
        transaction.run(_ADD_NUMBER, {"number": kept, "brand": brand.id})
    return kept


def holder(snapshot: Snapshot, kept: str) -> int | None:
    return snapshot.value(_NUMBER, {"number": kept})


def numbers(snapshot: Snapshot, brand: int) -> list[str]:
    return snapshot.column(_NUMBERS, {"brand": brand})


def remove_number(transaction: Transaction, brand: KnownBrand, number: str) -> None:
    """A RET to it then needs a name. Errors: BadCompany."""
    if not transaction.run(_REMOVE_NUMBER, {"number": canonical(number), "brand": brand.id}):
        raise BadCompany("this number is not the brand's own")


def takes_onay(snapshot: Snapshot, brand: int) -> bool:
    return snapshot.one(_TAKES, {"brand": brand}) is not None


def set_onay(transaction: Transaction, brand: int, on: bool) -> None:
    transaction.run(_ON if on else _OFF, {"brand": brand})


def of_number(snapshot: Snapshot, typed: str) -> int | None:
    """The brand (internal id) whose own number was typed, in any spelling."""
    kept = canonical(typed) if sum(letter.isalpha() for letter in typed) == 0 else ""
    return holder(snapshot, kept) if kept else None


async def senders_in(registry: Registry, text: str) -> list[tuple[str, BrandEntry]]:
    """The names in a text (short name, registered header, İYS or MERSİS number), each with its brand; pairs once, in
    order."""
    known = await names(registry)
    index = known.by_name if isinstance(known.by_name, NameIndex) else NameIndex(known.by_name)
    items = words.items(letters.plain(text[:LONGEST]), index)
    return list(dict.fromkeys((item.word, known.brand(brand)) for item in items for brand in item.brands))
