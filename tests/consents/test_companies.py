"""Companies: providers, brands, the names brands go by in an SMS, dealers, users of programs."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from consents.brands import companies, dealer_records
from consents.brands.companies import BadCompany
from consents.brands.spelling import fold
from consents.registry import Registry
from consents.store import Snapshot, Statement, Transaction
from providers.callers import api_users, passwords
from providers.callers.api_users import Owner
from tests import programs
from tests.consents.conftest import CINAR, ISIK, World

steady = settings(deadline=None, derandomize=True)

_NAMES = Statement(text("SELECT name, brand, header FROM brand_name ORDER BY name"))
_USERS = Statement(text("SELECT username, password FROM api_user"))


def refused(registry: Registry, add: Callable[..., object], *arguments: object, **options: object) -> str:
    """Why ``add`` is refused; empty when it is not."""
    try:
        registry.store.write_now(partial(add, **options), *arguments)
    except BadCompany as bad:
        return str(bad)
    return ""


# -- folding -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spellings", "folded"),
    [
        ("İPTAL iptal ıptal IPTAL ｉｐｔａｌ İptal i̇ptal ipta\u200bl", "IPTAL"),
        ("ÇINAR çınar Çinar cinar CINAR Çınar", "CINAR"),
        ("IŞIK ışık işik isik İŞİK", "ISIK"),
        ("ĞÜŞÖÇ ğüşöç gusoc", "GUSOC"),
    ],
)
def test_spellings_of_one_word_are_one(spellings: str, folded: str) -> None:
    assert {fold(spelling) for spelling in spellings.split()} == {folded}


def test_spaces_of_all_kinds_fold_to_one() -> None:
    assert fold("  Çınar\u00a0 Mağazacılık\tA.Ş.\n") == "CINAR MAGAZACILIK A.S."
    assert fold(" \u200b\n") == ""


@steady
@given(st.text())
def test_folding_twice_is_folding_once_and_the_writing_of_marks_does_not_matter(anything: str) -> None:
    assert fold(fold(anything)) == fold(anything)
    for form in ("NFC", "NFD"):
        assert fold(unicodedata.normalize(form, anything)) == fold(anything)


@steady
@given(st.text("abcçdefgğhıijklmnoöprsştuüvyz", max_size=12))
def test_turkish_upper_and_lower_case_fold_to_the_same(word: str) -> None:
    upper = word.replace("i", "İ").upper()
    assert fold(upper) == fold(word)


# -- providers and brands --------------------------------------------------------------------------------------------


def test_a_code_has_one_to_nine_digits(registry: Registry, world: World) -> None:
    for code in (0, -1, 1_000_000_000):
        assert "one to nine digits" in refused(registry, companies.add_provider, code, "Yeni A.Ş.")
        assert "one to nine digits" in refused(registry, companies.add_brand, 600100, code, "Yeni")


def test_a_provider_has_a_code_and_a_mersis_number_of_its_own(registry: Registry, world: World) -> None:
    add, mersis = companies.add_provider, "0123456789012345"
    assert refused(registry, add, 600300, "Yeni A.Ş.", mersis) == ""
    assert "taken" in refused(registry, add, 600300, "Yeni A.Ş.")
    assert "taken" in refused(registry, add, CINAR, "Yeni A.Ş.")
    assert "another provider" in refused(registry, add, 600400, "Eski A.Ş.", mersis)
    for wrong in ("", "123", mersis + "0", "٠" * 16, "0123-456-789-012"):
        assert "16 digits" in refused(registry, add, 600400, "Eski A.Ş.", wrong)


def test_a_title_is_printable_and_not_endless(registry: Registry, world: World) -> None:
    for title in ("", " \n ", "x" * 256, "a\x07b", "a\u202eb"):
        assert "printable" in refused(registry, companies.add_provider, 600300, title)
        assert "printable" in refused(registry, companies.add_brand, 600100, 600103, title)
        assert "printable" in refused(registry, companies.add_dealer, CINAR, title)


def test_a_brand_belongs_to_a_known_provider_and_is_found_by_its_code(registry: Registry, world: World) -> None:
    assert "izin provider add" in refused(registry, companies.add_brand, 600999, 600103, "Yeni")
    assert "taken" in refused(registry, companies.add_brand, 600200, CINAR, "Yeni")
    assert refused(registry, companies.add_brand, 600100, 600100, "  Çınar \n Mağazacılık ") == ""
    master = registry.store.read_now(companies.known_brand, 600100)
    other = registry.store.read_now(companies.known_brand, CINAR)
    assert master is not None
    assert other is not None
    assert (master.code, master.title, master.provider) == (600100, "Çınar Mağazacılık", other.provider)
    assert registry.store.read_now(companies.known_brand, 999) is None


# -- names -----------------------------------------------------------------------------------------------------------


def test_a_name_is_one_brands_over_all_brands_however_it_is_spelled(registry: Registry, world: World) -> None:
    for name in ("CINAR", "çınar", "ＣＩＮＡＲ", " Çinar "):
        for kind in ("names", "headers"):
            told = refused(registry, companies.add_brand, 600200, 600203, "Yeni", **{kind: (name,)})
            assert "belongs to another brand" in told


def test_names_and_headers_are_kept_folded(registry: Registry, world: World) -> None:
    def work(transaction: Transaction) -> None:
        companies.add_brand(
            transaction, 600200, 600203, "Yeni", names=("Yeni", "yenı", "Y.E-N&İ"), headers=("YENI", "Yeni Firma")
        )

    registry.store.write_now(work)
    brand = registry.store.read_now(companies.known_brand, 600203)
    assert brand is not None
    rows = [row for row in registry.store.read_now(Snapshot.all, _NAMES) if row[1] == brand.id]
    assert [(row[0], bool(row[2])) for row in rows] == [("Y.E-N&I", False), ("YENI", False), ("YENI FIRMA", True)]


def test_a_name_has_one_to_eleven_plain_letters_or_digits(registry: Registry, world: World) -> None:
    for name in ("", " ", "ON1KIHARFLI2", "МАРКА", "a!", "A/B", "😀"):
        assert "letters or digits" in refused(registry, companies.add_brand, 600200, 600203, "Yeni", names=(name,))


def test_a_name_is_no_word_that_an_sms_says_otherwise(registry: Registry, world: World) -> None:
    words = ("RET", "Onay", "hepsi", "ARAMA", "MESAJ", "geri al", "DURUM", "yardım")
    numbers = ("4821", str(ISIK))  # the code that gives a consent; the number of another brand
    why = {
        name: refused(registry, companies.add_brand, 600200, 600210 + place, "Yeni", names=(name,))
        for place, name in enumerate(words + numbers)
    }
    assert [name for name in why if not why[name]] == []


def test_a_brand_has_at_most_three_short_names_and_more_headers(registry: Registry, world: World) -> None:
    four = ("BIR", "IKI", "UC", "DORT")
    assert "at most 3" in refused(registry, companies.add_brand, 600200, 600203, "Yeni", names=four)
    assert refused(registry, companies.add_brand, 600200, 600203, "Yeni", names=four[:3], headers=("A", *four)) == ""


# -- dealers -----------------------------------------------------------------------------------------------------------


def test_a_dealer_gets_a_code_of_eight_digits_and_is_found_by_both_codes(registry: Registry, world: World) -> None:
    _, code = registry.store.write_now(companies.add_dealer, CINAR, "Bayi", " 0042 ")
    assert 10_000_000 <= code <= 99_999_999
    found = registry.store.read_now(companies.dealers, world.cinar)
    assert found["0042"] == found[str(code)]
    assert len(set(found.values())) == 2
    assert registry.store.read_now(companies.dealers, world.isik) == {}


def test_a_dealer_is_added_without_a_look_at_the_brands_others(
    registry: Registry, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = ("Bayi", "active", {"name": "Ayşe Örnek"})
    with monkeypatch.context() as patch:
        patch.delattr(Snapshot, "all")
        code = registry.store.write_now(dealer_records.add, registry.keyring, CINAR, *form)
    found = registry.store.read_now(dealer_records.find, registry.keyring, world.cinar, code)
    assert found is not None
    assert found[1:] == (code, *form)


def test_a_dealers_code_is_unique_in_its_brand(registry: Registry, world: World) -> None:
    assert "already" in refused(registry, companies.add_dealer, CINAR, "Bayi", " 123")
    retailer = next(code for code in registry.store.read_now(companies.dealers, world.cinar) if len(code) == 8)
    assert "already" in refused(registry, companies.add_dealer, CINAR, "Bayi", retailer)  # it would name two
    assert refused(registry, companies.add_dealer, ISIK, "Bayi", "123") == ""
    assert "no brand" in refused(registry, companies.add_dealer, 999, "Bayi")
    for nothing in (None, "", "  "):
        assert refused(registry, companies.add_dealer, CINAR, "Bayi", nothing) == ""


def test_no_two_dealers_get_one_code(registry: Registry, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([5, 5, 5, 6])
    monkeypatch.setattr("secrets.randbelow", lambda below: next(drawn))
    codes = [registry.store.write_now(companies.add_dealer, CINAR, f"Bayi {number}").code for number in range(2)]
    assert codes == [10_000_005, 10_000_006]


# -- users of programs -------------------------------------------------------------------------------------------------


def test_a_password_is_told_once_and_kept_as_a_salted_hash(registry: Registry, world: World) -> None:
    password = registry.store.write_now(api_users.add, Owner.PROVIDER, 600100, " crm ", programs.password(" crm "))
    ((username, kept),) = registry.store.read_now(Snapshot.all, _USERS)
    assert (username, len(password)) == ("crm", 32)
    assert password not in kept
    assert passwords.matches(password, kept)


def test_a_user_name_is_unique_and_of_a_known_provider(registry: Registry, world: World) -> None:
    registry.store.write_now(api_users.add, Owner.PROVIDER, 600100, "crm", programs.password("crm"))
    assert "taken" in refused(registry, api_users.add, Owner.PROVIDER, 600200, " crm", programs.password(" crm"))
    assert "empty" in refused(registry, api_users.add, Owner.PROVIDER, 600200, "  ", programs.password("  "))
    assert "no provider" in refused(registry, api_users.add, Owner.PROVIDER, 999, "erp", programs.password("erp"))
