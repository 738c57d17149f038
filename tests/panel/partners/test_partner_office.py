"""A partner's own people: who comes in, which customers and alarms they see, who invites whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text as sql

from consents.brands import packages
from consents.brands.company_changes import Why
from consents.instants import DAY
from consents.rules import RET
from consents.store import Snapshot, Statement, Transaction
from panel.accounts import account_store, partner_seats
from panel.partners import customer_pages
from panel.rights import Membership, Permission, Role, Staff
from providers.callers import partners
from providers.deliveries import untaken_refusals
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, ISIK, NO_RIGHT, PARTNER, Colleague, Office, Seat
from tests.panel.seen import FIRST, SECOND, SeenDeeds
from tests.panel.things import THINGS
from tests.web.client import refused_for

HOME, PEOPLE = "/panel/ortak", "/panel/ortak/kisiler"
OWNER, USER = Seat(owner=True), Seat(owner=False)


def invitation(here: Office) -> str:
    """The path in the newest mail."""
    found = re.search(r"/panel/davet\?d=\S+", here.sent[-1]["text"])
    assert found
    return found[0]


def accept(here: Office) -> int:
    path = invitation(here)
    return here.browser().shown("/panel/davet", data={"d": path.partition("d=")[2]}).status_code


def rows(browser: Colleague, path: str = HOME) -> list[str]:
    """The companies in their order."""
    return re.findall(r"/panel/ortak/musteri/\d+[^>]*>([^<]+)<", browser.get(path).text)


def both(here: Office) -> Colleague:
    """An owner's browser, at a partner with rights at both companies."""
    browser = here.somebody(OWNER)
    for brand in (SECOND, *BRANDS[ISIK]):
        here.registry.store.write_now(partners.grant, PARTNER, brand, (2, 0, 1), True)
    return browser


def test_the_operator_adds_a_partner_and_its_first_person(office: OpenOffice) -> None:
    here = office()
    operator = here.somebody(Staff.OPERATOR)
    at = "/panel/isletmen/ortaklar"
    assert operator.post(at, data={"code": "700777", "title": "Bağ Bilişim"}).headers["location"].startswith(at)
    for given, place in (
        ({"code": "700777", "title": "Bir daha"}, "code"),
        ({"code": "x", "title": "A"}, "code"),
        ({"code": "700778", "title": ""}, "title"),
    ):
        answer = operator.post(at, data=given)
        assert answer.status_code == 422
        assert f'id="{place}-error"' in answer.text
    invited = operator.post(f"{at}/700777/davet", data={"email": "ilk@bag.example", "role": "owner"})
    assert invited.status_code == 303
    assert "ilk@bag.example" in operator.get(f"{at}/700777").text
    assert accept(here) == 200
    first = here.browser()
    assert first.sign_in("ilk@bag.example").status_code == 303
    assert first.get("/panel").headers["location"].endswith("/panel/ortak")
    page = first.get(HOME).text
    assert "Henüz hiçbir şirket size yetki vermedi." in page
    assert "700777" in page
    assert here.acts() == ["partner-added", "person-invited", "person-joined", "signed-in"]
    assert "ilk@bag.example" in here.somebody(Staff.AUDITOR).get("/panel/isletmen/kutuk").text


def counting(real: Callable[..., Any], counted: list[str]) -> Callable[..., Any]:
    def counts(*arguments: Any, **more: Any) -> Any:
        counted.append(real.__name__)
        return real(*arguments, **more)

    return counts


def test_the_list_of_customers_costs_the_same_statements_for_many(
    office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = office()
    store = here.registry.store
    one = here.somebody(OWNER)
    partner = store.read_now(partner_seats.partner_of, one.number)
    counted: list[str] = []
    for name in ("all", "one", "value"):
        monkeypatch.setattr(Snapshot, name, counting(getattr(Snapshot, name), counted))
    read = partial(store.read_now, customer_pages.customers, here.registry, partner)
    first = read()
    del counted[:]
    assert read() == first
    few = len(counted)
    for brand in (SECOND, *BRANDS[ISIK]):
        store.write_now(partners.grant, PARTNER, brand, (2, 0, 1), True)
    read()
    del counted[:]
    many = read()
    assert (len(first), len(many)) == (1, 2)
    assert len(counted) == few


def test_a_customer_that_takes_its_rights_back_this_moment_is_gone(
    office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = office()
    browser = here.somebody(OWNER)
    monkeypatch.setattr(customer_pages, "customers", lambda *arguments: [])
    answer = browser.get(f"{HOME}/musteri/{CINAR}")
    assert (answer.status_code, answer.headers["location"]) == (303, HOME)


def test_customers_stand_with_their_alarms_first(office: OpenOffice) -> None:
    here = office()
    browser, deeds = both(here), SeenDeeds(here)
    assert rows(browser) == [f"Şirket {CINAR} A.Ş.", f"Şirket {ISIK} A.Ş."]
    assert "Bütün müşterilerde her şey yolunda." in browser.get(HOME).text
    key = deeds.allowed(1, BRANDS[ISIK][0])
    deeds.decides(key, status=RET)
    here.clock.now += 12 * DAY
    untaken_refusals.update(here.registry)
    browser = here.somebody(OWNER)
    page = browser.get(HOME).text
    assert rows(browser) == [f"Şirket {ISIK} A.Ş.", f"Şirket {CINAR} A.Ş."]
    assert "1 ret alınmadı" in page
    assert "geçti" in page
    assert rows(browser, f"{HOME}?uyari=1") == [f"Şirket {ISIK} A.Ş."]
    one = browser.get(f"{HOME}/musteri/{ISIK}").text
    assert "1 ret alınmadı" in one
    assert f"Marka {BRANDS[ISIK][1]}" in one
    assert "okur ve yazar" in one


def test_a_push_that_fails_and_a_package_that_fills_are_alarms(office: OpenOffice) -> None:
    here = office()
    browser = both(here)
    THINGS["push"](here, CINAR)
    packages.give(here.registry.store, ISIK, "İLETİ-5", Why(here.registry.keyring, "deneme"))

    def work(transaction: Transaction) -> None:
        transaction.run(Statement(sql("UPDATE push_connection SET tries = 3, error = 'TimeoutError'")))
        transaction.run(Statement(sql("UPDATE provider_package SET used = 4500")))

    here.registry.store.write_now(work)
    page = browser.get(HOME).text
    assert "1 bağlantı bildirim almıyor" in page
    assert "Paket İLETİ-5 doluyor: 4.500 / 5.000" in page
    assert "2 müşteride ilgilenmeniz gereken bir şey var." in page


def test_a_customer_is_found_by_company_brand_and_number(office: OpenOffice) -> None:
    browser = both(office())
    for sought in (f"şirket {ISIK}", f"MARKA {BRANDS[ISIK][1]}", str(BRANDS[ISIK][1]), str(ISIK)):
        assert rows(browser, f"{HOME}?ara={sought}") == [f"Şirket {ISIK} A.Ş."]
    assert "Böyle bir müşteri yok." in browser.get(f"{HOME}?ara=yok").text


def test_only_companies_that_gave_rights_are_seen(office: OpenOffice) -> None:
    here = office()
    browser = here.somebody(USER)
    assert rows(browser) == [f"Şirket {CINAR} A.Ş."]
    page = browser.get(f"{HOME}/musteri/{CINAR}").text
    assert f"Marka {FIRST}" in page
    assert f"Marka {SECOND}" not in page
    assert browser.get(f"{HOME}/musteri/{ISIK}").status_code == 404
    assert browser.get(f"/panel/{CINAR}/genel").status_code == 404, "no page of the company itself"
    here.registry.store.write_now(partners.revoke, PARTNER, FIRST)
    assert browser.get(f"{HOME}/musteri/{CINAR}").status_code == 404
    assert rows(browser) == []


def test_owners_invite_and_end_and_others_do_not(office: OpenOffice) -> None:
    here = office()
    owner, user = here.somebody(OWNER), here.somebody(USER)
    wish = {"email": "yeni@kopru.example", "role": "user"}
    refused_for(user.post(PEOPLE, data=wish), 403, NO_RIGHT)
    assert "Kişi davet et" not in user.get(PEOPLE).text
    refused_for(owner.post(PEOPLE, data={"email": "yok"}), 422, "Bir e-posta adresi yazın. Örnek: ad@sirket.example")
    refused_for(owner.post(PEOPLE, data={"email": "kim@kopru.example"}), 422, "Ne olacağını seçin.")
    assert owner.shown(PEOPLE, data=wish).status_code == 200
    assert accept(here) == 200
    joined = here.somebody(None, email="yeni@kopru.example")
    assert joined.get(HOME).status_code == 200
    assert joined.get(PEOPLE).text.count("example.com") == 2
    refused_for(owner.post(PEOPLE, data=wish), 422, "Bu kişi zaten")
    refused_for(owner.post(f"{PEOPLE}/{owner.number}/kapat"), 422, "Son sorumlu kaldırılamaz.")
    assert owner.post(f"{PEOPLE}/{joined.number}/kapat").status_code == 303
    assert joined.get(HOME).status_code == 403, "from the next click"
    assert here.acts() == ["person-invited", "person-joined", "person-ended"]


def test_an_invitation_is_taken_back_and_ends_with_its_inviter(office: OpenOffice) -> None:
    here = office()
    owner, second = here.somebody(OWNER), here.somebody(OWNER)
    owner.post(PEOPLE, data={"email": "bir@kopru.example", "role": "user"})
    number = re.search(r"davetler/(\d+)/geri-al", owner.get(PEOPLE).text)
    assert number
    assert owner.post(f"/panel/ortak/davetler/{number[1]}/geri-al").status_code == 303
    assert accept(here) == 410
    owner.post(PEOPLE, data={"email": "iki@kopru.example", "role": "owner"})
    assert second.post(f"{PEOPLE}/{owner.number}/kapat").status_code == 303
    assert accept(here) == 410, "its inviter has gone"


def test_a_closed_partner_has_no_people(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    owner.post(PEOPLE, data={"email": "bir@kopru.example", "role": "user"})
    here.registry.store.write_now(partners.close, PARTNER)
    refused_for(owner.get(HOME), 403, NO_RIGHT)
    assert accept(here) == 410
    here.registry.store.write_now(partners.reopen, PARTNER)
    assert owner.get(HOME).status_code == 200


def test_nobody_works_for_two_partners(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)

    def elsewhere(transaction: Transaction) -> int:
        partners.add(transaction, 700778, "Bağ Bilişim")
        person = account_store.enrol(transaction, here.registry.keyring, "iki@bag.example")
        partner_seats.put(transaction, person.id, partners.number(transaction, 700778), True)
        return person.id

    there = here.registry.store.write_now(elsewhere)
    assert owner.post(PEOPLE, data={"email": "iki@bag.example", "role": "user"}).status_code == 303
    assert accept(here) == 410
    assert owner.post(f"{PEOPLE}/{there}/kapat").status_code == 404, "of another partner's people nothing is seen"
    seat = here.registry.store.read_now(partner_seats.find, there)
    assert seat is not None
    assert seat.code == 700778


def test_of_the_operators_people_the_seat_rests(office: OpenOffice) -> None:
    here = office()
    person = here.somebody(OWNER)
    here.registry.store.write_now(account_store.set_staff, person.number, Staff.OPERATOR)
    refused_for(person.get(HOME), 403, NO_RIGHT)
    here.registry.store.write_now(account_store.set_staff, person.number, Staff.NONE)
    assert person.get(HOME).status_code == 200


def test_a_person_of_a_partner_and_a_company_chooses(office: OpenOffice) -> None:
    here = office()
    person = here.somebody(OWNER)
    here.person(person.email, Membership(Role.USER, Permission.SEE))
    page = person.get("/panel").text
    assert "Köprü Yazılım" in page
    assert f"/panel/{CINAR}/genel" in page
    assert 'href="/panel"' in person.get(f"/panel/{CINAR}/genel").text
    assert 'href="/panel"' in person.get(HOME).text


def test_partners_stand_in_turkish_order_wherever_one_is_chosen(office: OpenOffice) -> None:
    here = office()

    def work(transaction: Transaction) -> None:
        for number, title in enumerate(("Öz Bilişim", "Çam Yazılım", "Ege Veri", "Ilgaz Ağ", "İnci Bulut"), 700300):
            partners.add(transaction, number, title)

    here.registry.store.write_now(work)
    wanted = ["Çam Yazılım", "Ege Veri", "Ilgaz Ağ", "İnci Bulut", "Öz Bilişim"]
    owner = here.somebody(Membership(Role.OWNER, Permission.MEMBER))
    chosen = re.findall(r"<option value=\"7003\d\d\"[^>]*>([^<]+)<", owner.get(f"/panel/{CINAR}/ortaklar/{FIRST}").text)
    listed = re.findall(r"ortaklar/\d+\">([^<]+)<", here.somebody(Staff.AUDITOR).get("/panel/isletmen/ortaklar").text)
    assert chosen == listed == wanted
