"""Names that an SMS could not tell from its own words, or from another brand with RET glued to it, are not taken."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from consents.brands import companies, spelling
from consents.brands.companies import BadCompany
from consents.brands.sms_words import _WORDS, Sense, collision
from consents.registry import Registry
from optout.sms import sms_brands
from tests import case
from tests.optout.sms.conftest import CINAR, ISIK, MERSIS, MINI, Phone, furnish

PLAIN = (Sense.BUSINESS, Sense.FILLER, Sense.NEW_OF)  # a brand may be called Yeni


COMMANDS = sorted({word for kind, words in _WORDS.items() if kind not in PLAIN for word in words.split()})


def test_no_word_of_the_door_is_a_name() -> None:
    for word in COMMANDS:
        with case(word):
            assert collision(word)


@pytest.mark.parametrize(
    "name",
    [
        "GERI AL",
        "GERIAL",
        "G.E.R.I AL",
        "R.E.T",
        "RET CINAR",
        "ONAY EVI",
        "CINAR STOP",
        "REDDET",
        "SILIN",
        "RETT",
        "4821",
        "48-21",
    ],
)
def test_what_reads_as_a_command_is_no_name(name: str) -> None:
    assert collision(spelling.fold(name))


@pytest.mark.parametrize("name", ["DURAN", "RETRO", "SERVET", "REDA", "YENI", "BIR", "KARTAL", "SMS EVI", "1001 GECE"])
def test_names_that_only_begin_like_a_word_are_fine(name: str) -> None:
    assert not collision(spelling.fold(name))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("AN", "DURAN"),
        ("DURAN", "AN"),
        ("RO", "RETRO"),
        ("ALTI", "IPTALALTI"),
        ("ALFARET", "ALFA"),
        ("YENI EV", "YENIEV"),
    ],
)
def test_two_brands_that_one_message_could_mean_are_not_both_taken(
    sqlite_url: str, open_registry: Any, first: str, second: str
) -> None:
    registry = open_registry(sqlite_url)
    registry.store.write_now(lambda transaction: companies.add_provider(transaction, 600100, "Çınar A.Ş."))
    add = companies.add_brand
    registry.store.write_now(lambda transaction: add(transaction, 600100, 600101, "Bir", names=(first,)))
    with pytest.raises(BadCompany, match="could not tell"):
        registry.store.write_now(lambda transaction: add(transaction, 600100, 600102, "İki", names=(second,)))
    registry.store.write_now(lambda transaction: add(transaction, 600100, 600103, "Üç", names=("BASKA",)))


def test_a_brand_is_found_by_all_that_names_it(registry: Registry) -> None:
    registry.store.write_now(furnish)
    known = asyncio.run(sms_brands.names(registry))
    ids = {brand.code: brand.id for brand in known.book.brands}
    assert known.by_name["CINARMKT"] == known.by_name["CINAR"] == known.by_name[str(CINAR)] == (ids[CINAR],)
    assert known.by_name["CINARMINI"] == (ids[MINI],)
    assert sorted(known.by_name[MERSIS]) == sorted((ids[CINAR], ids[MINI]))
    assert known.brand(ids[ISIK]).name == "ISIK"
    assert asyncio.run(sms_brands.names(registry)) is known


def test_a_new_brand_is_known_at_once(phone: Phone) -> None:
    phone.writes("RET YENI")
    add = companies.add_brand
    phone.registry.store.write_now(lambda transaction: add(transaction, 600100, 600109, "Yeni", names=("YENI",)))
    phone.writes("RET YENI")
    assert phone.number_of("act") == 1
