"""The pages of dealers: added, changed, let go where nothing is linked, refused at their fields."""

from __future__ import annotations

import httpx2

from consents.brands import companies, dealer_records
from consents.brands.dealer_records import KnownDealer
from tests.panel.brands.forms import AT, OWNER, error_at, seen
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, STALE, Colleague, Office
from tests.panel.test_matrix import brand
from tests.web.client import refused_for

LIST = f"{AT}/bayiler/{CINAR}"


def dealers(here: Office) -> dict[str, int]:
    found: dict[str, int] = here.registry.store.read_now(companies.dealers, brand(here, CINAR))
    return found


def test_added_changed_and_let_go(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    page = owner.post(LIST, data={"title": "Kadıköy", "external": "B-1"}).headers["location"].partition("?")[0]
    assert "Kadıköy" in owner.get(LIST).text
    wish = {"title": "Kadıköy Çarşı", "external": "B-2", "status": "passive", "seen": seen(owner.get(page))}
    assert owner.post(page, data=wish).headers["location"] == f"{page}?degisti"
    assert "B-2" in dealers(here)
    assert "B-1" not in dealers(here)
    assert "Pasif" in owner.get(LIST).text
    refused_for(owner.post(page, data=wish), 409, STALE)  # it was drawn before the change
    assert owner.post(f"{page}/kaldir", data={"seen": seen(owner.get(page))}).status_code == 303
    assert dealers(here) == {}
    assert owner.get(page).status_code == 404
    assert here.acts() == ["dealer-added", "dealer-changed", "dealer-ended"]


def test_what_a_rule_refuses_is_said_at_its_field(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    owner.post(LIST, data={"title": "Bir", "external": "B-1"})
    assert "255" in error_at(owner.post(LIST, data={"title": " "}), "title")
    assert "B-1" in error_at(owner.post(LIST, data={"title": "İki", "external": "B-1"}), "external")
    assert "sekiz haneli" in error_at(owner.post(LIST, data={"title": "İki", "external": "12345678"}), "external")
    second = owner.post(LIST, data={"title": "İki", "external": "B-2"}).headers["location"].partition("?")[0]
    wish = {"title": "İki", "status": "active", "seen": seen(owner.get(second))}
    assert "B-1" in error_at(owner.post(second, data=wish | {"external": "B-1"}), "external")
    assert "pasif" in error_at(owner.post(second, data=wish | {"external": "B-2", "status": "gone"}), "status")
    assert here.acts() == ["dealer-added", "dealer-added"]


def test_a_second_click_adds_no_second_dealer(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    assert owner.post(LIST, data={"title": "Merkez"}).status_code == 303
    assert "az önce" in error_at(owner.post(LIST, data={"title": "Merkez "}), "title")
    assert owner.post(LIST, data={"title": "Merkez", "external": "B-2"}).status_code == 303
    assert here.acts() == ["dealer-added"] * 2


def test_a_dealer_that_a_consent_came_through_stays(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    page = owner.post(LIST, data={"title": "Bir"}).headers["location"].partition("?")[0]
    code = int(page.rpartition("/")[2])
    found = here.registry.store.read_now(dealer_records.find, here.registry.keyring, brand(here, CINAR), code)
    assert found is not None
    row = (1, brand(here, CINAR), 0, 0, found.id, 1)
    columns = "recipient,brand,channel,identity,dealer,event"

    def give(transaction: object) -> None:
        from consents.people import register

        keyring = here.registry.keyring
        (number,) = register.enrol_all(transaction, keyring, [register.person(keyring, "+905320000001")])  # type: ignore[arg-type]
        transaction.insert("dealer_access", columns, [(number, *row[1:])])  # type: ignore[attr-defined]

    here.registry.store.write_now(give)
    answer = owner.post(f"{page}/kaldir", data={"seen": seen(owner.get(page))})
    assert answer.status_code == 422
    assert "Önce yetkilerini alın" in answer.text
    assert owner.get(page).status_code == 200


def many(owner: Colleague, text: str = "", file: str | bytes = "") -> httpx2.Response:
    return owner.post(f"{LIST}/toplu", data={"list": text}, files={"file": ("bayiler.csv", file)})


def test_many_are_pasted_or_read_from_a_file(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    owner.post(LIST, data={"title": "Bir", "external": "34-001"})
    pasted = "34-001\tKadıköy\r\n34-002\tÜsküdar\r\n\r\n34-003"
    for _ in range(2):  # a second click adds none
        assert many(owner, pasted, '\ufeff34-004;"Şişli; Merkez"\n34-002;Başka\n').status_code == 303
    known = {one.title for one in _all(here)}
    assert known == {"Bir", "Üsküdar", "34-003", "Şişli; Merkez"}
    assert {"34-001", "34-002", "34-003", "34-004"} <= dealers(here).keys()
    assert here.acts() == ["dealer-added", "dealers-added"]


def test_the_csv_of_a_turkish_excel_keeps_its_letters(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    assert many(owner, file="34-001;Kadıköy Şubesi\r\n34-002;Üsküdar\r\n".encode("cp1254")).status_code == 303
    assert {one.title for one in _all(here)} == {"Kadıköy Şubesi", "Üsküdar"}


def test_a_list_with_a_line_that_cannot_be_read_adds_none(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    answer = many(owner, "34-001;Kadıköy\n12345678;Sekiz hane\n34-002;Üsküdar\nbak.example.com")
    assert "Şu satırlar okunamadı: 2, 4." in error_at(answer, "list")
    assert "34-002;Üsküdar" in answer.text, "what was typed is kept"
    assert "2000" in error_at(many(owner, file="\n".join(f"B-{number}" for number in range(2_001))), "list")
    assert "2000" in error_at(many(owner, file="x" * (1 << 20) + "y"), "list")
    assert "CSV" in error_at(many(owner), "list")
    assert dealers(here) == {}
    assert here.acts() == []


def test_dealers_are_found_by_title_code_and_number(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    many(owner, "\n".join([f"B-{number:03};Şube {number}" for number in range(120)] + ["ız-1;İZMİR Çarşı"]))
    number = dealers(here)["ız-1"]
    code = next(one.code for one in _all(here) if one.id == number)
    for words in ("izmir", "IZMIR", "çarşı", "İZ-1", str(code)):
        page = owner.get(LIST, params={"ara": words}).text
        assert page.count("/bayi/") == 1, words
        assert "İZMİR Çarşı" in page
    assert "Aradığınız bayi bu markada yok." in owner.get(LIST, params={"ara": "Ankara"}).text
    first = owner.get(LIST, params={"ara": "şube"}).text
    assert first.count("/bayi/") == 50
    assert "120 bayi" in first
    assert "?ara=%C5%9Fube&amp;sayfa=2" in first
    last = owner.get(LIST, params={"ara": "şube", "sayfa": "3"}).text
    assert last.count("/bayi/") == 20


def _all(here: Office) -> list[KnownDealer]:
    _, found = here.registry.store.read_now(dealer_records.page, here.registry.keyring, brand(here, CINAR), 0, 1_000)
    return found
