"""The operator's list of companies: found, ordered, with counts, alarms and whom to call; the registry in numbers."""

from __future__ import annotations

import re

import pytest

from consents import movement_counts, standing_counts
from consents.brands import companies
from consents.instants import DAY
from consents.rules import RET
from consents.store import Transaction
from panel.accounts import contacts
from panel.companies import application_actions, application_store, company_list_pages
from panel.companies.application_store import NewApplication, SizeClass
from panel.rights import Membership, Permission, Role, Staff
from providers.deliveries import untaken_refusals
from tests.panel.changes import changed
from tests.panel.companies.test_joining import EMAIL, apply, tax_number
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, ISIK, NO_RIGHT, Colleague, Office
from tests.panel.seen import SECOND, SeenDeeds
from tests.web.client import refused_for

AT = "/panel/isletmen/saglayicilar"
OWNER = Membership(Role.OWNER, Permission.MEMBER)
WHOM = {"contact-name": "Ayşe Demir", "contact-phone": "0212 555 00 11", "contact-email": "ayse@isik.example"}


def titles(browser: Colleague, query: str = "") -> list[str]:
    """The companies in their order."""
    return re.findall(r"saglayicilar/\d+[^>]*>([^<]+)<", browser.get(f"{AT}{query}").text)


def with_more(here: Office) -> Colleague:
    """An operator's browser, where companies are called as Turkish sorts them."""

    def work(transaction: Transaction) -> None:
        for number, title in enumerate(("Öz Market", "Ege Tekstil", "Çam Mobilya", "Ilgaz Su", "İnci Takı"), 600300):
            companies.add_provider(transaction, number, title)
            companies.add_brand(transaction, number, number, f"{title} Markası")

    here.registry.store.write_now(work)
    return here.somebody(Staff.OPERATOR)


def test_companies_stand_in_turkish_order_and_are_found(office: OpenOffice) -> None:
    browser = with_more(office())
    own = [f"Şirket {CINAR} A.Ş.", f"Şirket {ISIK} A.Ş."]
    assert titles(browser) == ["Çam Mobilya", "Ege Tekstil", "Ilgaz Su", "İnci Takı", "Öz Market", *own]
    assert titles(browser, "?ara=inci") == titles(browser, "?ara=%C4%B0NC%C4%B0") == ["İnci Takı"]
    assert titles(browser, f"?ara=marka {SECOND}") == titles(browser, f"?ara={SECOND}") == own[:1]
    assert titles(browser, "?ara=60030") == ["Çam Mobilya", "Ege Tekstil", "Ilgaz Su", "İnci Takı", "Öz Market"]
    assert titles(browser, "?sirala=-marka")[:2] == own
    assert "Böyle bir şirket yok." in browser.get(f"{AT}?ara=yok").text


def test_pages_of_companies_do_not_repeat_or_lose_one(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = with_more(office())
    whole = titles(browser)
    monkeypatch.setattr(company_list_pages, "PAGE", 3)
    assert [one for number in (1, 2, 3) for one in titles(browser, f"?sayfa={number}")] == whole
    assert "sayfa=2" in browser.get(AT).text
    assert "sayfa=4" not in browser.get(f"{AT}?sayfa=3").text


def test_counts_alarms_and_states_are_those_of_the_registry(office: OpenOffice) -> None:
    here = office()
    deeds = SeenDeeds(here)
    for place in range(1, 5):
        deeds.allowed(place, BRANDS[ISIK][place % 2])
    deeds.decides(deeds.key(1, BRANDS[ISIK][1]), status=RET)
    deeds.allowed(9)
    movement_counts.keep_up(here.registry)
    standing_counts.keep_up(here.registry)
    operator = here.somebody(Staff.OPERATOR)
    assert titles(operator, "?sirala=-onay") == [f"Şirket {ISIK} A.Ş.", f"Şirket {CINAR} A.Ş."]
    row = operator.get(f"{AT}?ara={ISIK}").text.split("<tbody>")[1]
    assert re.findall(r'class="num"[^>]*>(\d+)<', row) == ["2", "3", "1"]
    assert titles(operator, "?durum=uyari") == []
    here.clock.now += 12 * DAY
    untaken_refusals.update(here.registry)
    operator = here.somebody(Staff.AUDITOR)
    assert titles(operator, "?durum=uyari") == [f"Şirket {ISIK} A.Ş."]
    assert titles(operator, "?sirala=uyari")[0] == f"Şirket {ISIK} A.Ş."
    assert "1 ret alınmadı" in operator.get(AT).text
    assert titles(operator, "?durum=paused") == []


def test_the_registry_in_numbers(office: OpenOffice) -> None:
    here = office()
    deeds = SeenDeeds(here)
    for place in range(1, 4):
        deeds.allowed(place, SECOND)
    deeds.decides(deeds.key(1, SECOND), status=RET)
    deeds.allowed(4, BRANDS[ISIK][0], channel=2)
    movement_counts.keep_up(here.registry)
    standing_counts.keep_up(here.registry)
    page = here.somebody(Staff.AUDITOR).get("/panel/isletmen/sayilar").text
    rows = re.findall(
        r'<th scope="row">([^<]+)</th><td class="num"[^>]*>(\d+)</td><td class="num"[^>]*>(\d+)</td>', page
    )
    assert {name: (int(first), int(second)) for name, first, second in rows}["SMS"] == (2, 1)
    assert rows[2][1:] == ("1", "0"), "of e-mails"
    assert "Onay: 4" in page
    assert "Ret: 1" in page
    refused_for(here.somebody(OWNER).get("/panel/isletmen/sayilar"), 403, NO_RIGHT)


def test_whom_to_call_is_set_by_the_company_and_by_the_operator(office: OpenOffice) -> None:
    here = office()
    owner, operator = here.somebody(OWNER, ISIK), here.somebody(Staff.OPERATOR)
    people = f"/panel/{ISIK}/kullanicilar"
    assert owner.email in operator.get(f"{AT}?ara={ISIK}").text, "without a contact the owners"
    assert owner.post(f"{people}/iletisim", data=WHOM).status_code == 303
    for page in (owner.get(people).text, operator.get(f"{AT}/{ISIK}").text, operator.get(AT).text):
        assert "0212 555 00 11" in page
        assert "ayse@isik.example" in page
    for given, place in (({"contact-phone": "bilmem"}, "contact-phone"), ({"contact-email": "x"}, "contact-email")):
        for browser, path in ((owner, f"{people}/iletisim"), (operator, f"{AT}/{ISIK}/iletisim")):
            answer = browser.post(path, data=WHOM | given)
            assert answer.status_code == 422
            assert f'id="{place}-error"' in answer.text
            assert "Ayşe Demir" in answer.text
    assert operator.post(f"{AT}/{ISIK}/iletisim", data=WHOM | {"contact-phone": "+90 532 000 00 01"}).status_code == 303
    assert "+90 532 000 00 01" in owner.get(people).text
    assert "0212" not in here.somebody(Staff.OPERATOR).get("/panel/isletmen/kutuk").text
    assert here.acts() == ["contact-changed"] * 2
    some = here.somebody(Membership(Role.MANAGER, Permission.MEMBER, frozenset()), ISIK)
    refused_for(some.post(f"{people}/iletisim", data=WHOM), 403, NO_RIGHT)
    assert "0212" not in some.get(people).text
    assert "+90 532 000 00 01" not in some.get(people).text


def test_a_sole_trader_applies_without_a_register_number(office: OpenOffice) -> None:
    here = office()
    assert apply(here, mersis="", title="Ali Usta", phone="0532 000 00 77").status_code == 200
    operator = here.somebody(Staff.OPERATOR)
    sheet = operator.get("/panel/isletmen/basvurular/1").text
    assert "ticaret siciline kayıtlı değil" in sheet
    assert "Esnaf başvurusu" in sheet
    assert "0532 000 00 77" in sheet
    assert operator.post("/panel/isletmen/basvurular/1/onayla", data={"code": "600400"}).status_code == 303
    found = here.registry.store.read_now(contacts.find, here.registry.keyring, here.id_of(600400))
    assert found == ("Deniz Örnek", "0532 000 00 77", EMAIL)
    assert ">MERSİS<" not in operator.get(f"{AT}/600400").text
    bad = here.browser()
    assert bad.get("/panel/basvuru").status_code == 200


def test_what_a_sole_trader_must_give(office: OpenOffice) -> None:
    here = office()
    for given, place in (({"mersis": "", "tax": ""}, "tax"), ({"mersis": "1"}, "mersis"), ({"phone": "yok"}, "phone")):
        answer = apply(here, **given)
        assert answer.status_code == 422
        assert f'id="{place}-error"' in answer.text
        here.clock.forward(minutes=2)


def test_a_sole_traders_second_application_is_refused_at_its_tax_number(office: OpenOffice) -> None:
    here = office()
    assert apply(here, mersis="").status_code == 200
    here.clock.forward(minutes=2)
    again = apply(here, mersis="", title="Ali Usta")
    assert again.status_code == 422
    assert 'id="tax-error"' in again.text
    assert "Bu vergi numarasıyla başvurunuz zaten bekliyor" in again.text
    assert 'id="mersis-error"' not in again.text


def test_an_application_reads_no_other_peoples(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody with some e-mails can let many wait, and an application is read within the one writer's transaction."""
    here = office()
    read = list[int]()
    opened = application_store._opened
    monkeypatch.setattr(application_store, "_opened", lambda keyring, row: read.append(row[0]) or opened(keyring, row))
    for number in range(5):
        new = NewApplication(
            f"a{number}@example.com", "Ali", "Ali", "", tax_number(), "Ali Veli", SizeClass.SMALL, None
        )
        changed(here.registry, application_actions.apply, new)
    assert read == []


def test_traders_without_the_number_are_compared_by_their_tax_number(office: OpenOffice) -> None:
    here = office()

    def new(email: str, tax: str) -> NewApplication:
        return NewApplication(email, "Ali Usta", "Ali", "", tax, "Ali Veli", SizeClass.SMALL, None)

    for number, (email, tax) in enumerate((("a1@example.com", tax_number()), ("a2@example.com", tax_number())), 1):
        assert changed(here.registry, application_actions.apply, new(email, tax)) == number
    changed(here.registry, application_actions.apply, new("a3@example.com", "10000000146"))
    operator = here.somebody(Staff.OPERATOR)
    sheets = [operator.get(f"/panel/isletmen/basvurular/{number}").text for number in (1, 2, 3)]
    assert ["Aynı vergi numarasıyla" in sheet for sheet in sheets] == [True, True, False]
    assert "a2@example.com" in sheets[0]
