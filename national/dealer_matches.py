"""Matches İYS's dealers with ours: by tax number, MERSIS number or the representative's T.C. number, else by the exact
title. Ambiguous ones stay unmatched: no dealer is better than a wrong one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from consents.brands.dealer_records import KnownDealer

NUMBERS = ("tin", "mersis", "tckn")  # İYS's names, and those of our details
GONE = "passive"


class IysRetailer(NamedTuple):
    """``numbers``: by İYS's names, as ``digits`` leaves them; absent where not given."""

    code: int
    title: str
    status: str
    numbers: dict[str, str]


def digits(detail: Mapping[str, Any]) -> dict[str, str]:
    """The identifying numbers. İYS writes some of them as JSON numbers, which lose their first zeros."""
    found = {name: str(detail.get(name) or "").strip().lstrip("0") for name in NUMBERS}
    return {name: value for name, value in found.items() if value.isascii() and value.isdigit()}


def match(ours: Sequence[KnownDealer], theirs: Sequence[IysRetailer]) -> dict[int, int]:
    """İYS's numbers by our dealers' internal ids, of those that fit one and only one."""
    by_number: dict[tuple[str, str], list[IysRetailer]] = defaultdict(list)
    by_title: dict[str, list[IysRetailer]] = defaultdict(list)
    for one in theirs:
        if one.status != GONE:
            by_title[_plain(one.title)].append(one)
            for pair in one.numbers.items():
                by_number[pair].append(one)
    fits: dict[int, set[int]] = {}
    for dealer in ours:
        numbers = digits(dealer.detail)
        found = [one for pair in numbers.items() for one in by_number[pair]]
        title = _plain(dealer.title)
        fits[dealer.id] = _only(found or by_title[title], numbers, title)
    claimed: dict[int, list[int]] = defaultdict(list)
    for dealer_id, codes in fits.items():
        for code in codes:
            claimed[code].append(dealer_id)
    return {rivals[0]: code for code, rivals in claimed.items() if len(rivals) == len(fits[rivals[0]]) == 1}


def _only(found: Sequence[IysRetailer], numbers: Mapping[str, str], title: str) -> set[int]:
    """Those that contradict none of our numbers; of several, such as branches of one company, those with our title."""
    fit = [one for one in found if all(one.numbers.get(name, value) == value for name, value in numbers.items())]
    codes = {one.code for one in fit}
    return codes if len(codes) <= 1 else {one.code for one in fit if _plain(one.title) == title} or codes


def _plain(title: str) -> str:
    return " ".join(title.split())
