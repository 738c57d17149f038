"""Detects names and titles that resemble another company's, or a word that claims authority."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from consents.brands.sms_words import glued_alike, squeezed
from consents.brands.spelling import FORMS, LOOKS, fold, undisguised
from consents.store import Snapshot, Statement, table
from consents.tables.company_tables import Brand, BrandName, Provider

_SHORTEST_PART = 4  # letters by which a longer name counts as built upon another
_SHORTEST_SLIP = 5  # letters of names that are taken for each other with one slip between them
_MOST_WORDS = 3  # that make one name
_DIGITS = str.maketrans("013456789L", "OIEASGTBGI")  # digits for the capitals that they look like, and L for I
_SIGNS = str.maketrans({"|": "I", "!": "I", "$": "S", "@": "A", "'": None, "’": None})
_NO_LETTER = re.compile(r"[^0-9A-Z]+")
_PAIRS = (("RN", "M"), ("VV", "W"))
_RESERVED = Path(__file__).with_name("reserved_names.csv")

_brand, _provider = table(Brand).c, table(Provider).c
_name = table(BrandName).c
_TITLES = Statement(
    select(_provider.id, _provider.title, _brand.title, _brand.code).join(
        _brand.id.table, _brand.provider == _provider.id
    )
)
_NAMES = Statement(select(_brand.provider, _name.name, _brand.code).join(_brand.id.table, _brand.id == _name.brand))


class Lookalike(NamedTuple):
    """A resemblance. ``whose``: the other company's brandCode, None for a reserved word with ``why``."""

    text: str
    whose: int | None
    why: str = ""


class _Shape(NamedTuple):
    """The skeletons of a text without company forms, those of its neighbouring words, and the rest."""

    whole: str
    parts: frozenset[str]
    letters: bool
    digits: bool


def near(snapshot: Snapshot, provider: int, text: str, *, site: str = "", sms: bool = False) -> list[Lookalike]:
    """What a name or title of the provider resembles, apart from its own. ``site``: the site's name, reserved. ``sms``:
    also test what a refusing word makes of another brand's name."""
    found = [Lookalike(word, None, why) for word, why in _reserved(site) if _is_like(text, word)]
    for of, title, brand, code in snapshot.all(_TITLES):
        if of != provider:
            found += [Lookalike(other, code) for other in dict.fromkeys((brand, title)) if _is_like(text, other)]
    name = squeezed(fold(text))
    for of, other, code in snapshot.all(_NAMES):
        glued = sms and glued_alike(name, {squeezed(other)}) is not None
        if of != provider and (glued or _is_like(text, other)):
            found.append(Lookalike(other, code))
    return list(dict.fromkeys(found))


def skeleton(text: str) -> str:
    """The text's visual skeleton, without blanks: texts with the same skeleton look alike."""
    seen = squeezed(_plain(text)).translate(_DIGITS)
    for pair, one in _PAIRS:
        seen = seen.replace(pair, one)
    return seen


@cache
def _listed() -> tuple[tuple[str, str], ...]:
    with _RESERVED.open(encoding="utf-8", newline="") as file:
        return tuple((row["name"], row["reason"]) for row in csv.DictReader(file))


def _reserved(site: str) -> Iterator[tuple[str, str]]:
    yield from _listed()
    if site and site not in dict(_listed()):
        yield site, "site"


@lru_cache(maxsize=1 << 16)
def _shape(text: str) -> _Shape:
    """Cached for a whole large registry, because the writer waits during a comparison."""
    words = _words(text)
    runs = [words[start:end] for start in range(len(words)) for end in range(start + 1, len(words) + 1)]
    parts = frozenset(skeleton("".join(run)) for run in runs if len(run) <= _MOST_WORDS)
    return _Shape(skeleton("".join(words)), parts, any(map(str.isalpha, text)), any(map(str.isdigit, text)))


def _plain(text: str) -> str:
    return fold("".join(map(undisguised, text))).translate(LOOKS).translate(_SIGNS)


def _words(text: str) -> list[str]:
    words = [word for word in _NO_LETTER.split(_plain(text)) if word]
    return [word for word in words if word not in FORMS] or words


def _is_like(text: str, other: str) -> bool:
    """Whether one resembles the other or is built upon it. In numbers each digit counts."""
    one, two = _shape(text), _shape(other)
    if min(len(one.whole), len(two.whole)) < 2 or not two.letters:
        return False
    if (
        two.whole in one.parts
        or one.whole == two.whole
        or (len(one.whole) >= _SHORTEST_PART and one.whole in two.parts)
    ):
        return True
    if len(two.whole) >= _SHORTEST_PART and (one.whole.startswith(two.whole) or one.whole.endswith(two.whole)):
        return True
    if one.digits or two.digits:
        return False
    return min(len(one.whole), len(two.whole)) >= _SHORTEST_SLIP and _one_slip(one.whole, two.whole)


def _one_slip(one: str, other: str) -> bool:
    start = next((place for place, both in enumerate(zip(one, other, strict=False)) if both[0] != both[1]), None)
    if start is None:
        return abs(len(one) - len(other)) <= 1
    a, b = one[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
