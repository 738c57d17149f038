"""The page of the sync with İYS: set up, tried, compared, started, looked at; against a local İYS."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from consents.brands import companies
from consents.instants import DAY, HOUR, SECOND
from consents.rules import RET
from national import errands
from national.rounds import Sync, go
from national.upstream.transport import Pace
from panel.rights import Membership, Permission, Role, Staff
from tests.consents.deeds import onay
from tests.national.local_iys import LocalIys
from tests.national.wired import Wired
from tests.panel.audit import test_sealed_words
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, ISIK, NO_RIGHT, STALE, Colleague, Office
from tests.panel.seen import SeenDeeds, number
from tests.web.client import refused_for

OWNER = Membership(Role.OWNER, Permission.MEMBER)
PATH = f"/panel/{CINAR}/iys"
PASSWORD = "gizli-parola-7391"
SET_UP = {"iys-code": str(CINAR), "username": "sirket", "password": PASSWORD}


class AtIys:
    """An office whose worker speaks with a local İYS, which knows the first of the company's brands."""

    def __init__(self, office: Office) -> None:
        self.office, self.deeds = office, SeenDeeds(office)
        clock = office.clock
        self.iys = LocalIys(
            lambda: clock.now / 1e6,
            company=CINAR,
            brands={BRANDS[CINAR][0]: "Çınar", 600999: "Başka"},
            users={"sirket": PASSWORD},
        )
        self.loop = asyncio.new_event_loop()

        async def sleep(seconds: float) -> None:
            clock.forward(seconds=seconds)

        pace = Pace(lambda: clock.now / 1e6, sleep)
        self.sync = Sync(office.registry, Wired(self.iys), pace, seconds=lambda: clock.now / 1e6)

    def work(self) -> None:
        """What the worker does."""
        self.loop.run_until_complete(errands.do_asked(self.sync))

    def rounds(self, minutes: int) -> None:
        for _ in range(0, minutes, 5):
            self.loop.run_until_complete(go(self.sync))
            self.office.clock.forward(minutes=5)

    def set_up(self, browser: Colleague, password: str = PASSWORD) -> int:
        return browser.post(PATH, data=SET_UP | {"password": password}).status_code

    def begin(self, browser: Colleague) -> None:
        assert self.set_up(browser) == 303
        browser.post(f"{PATH}/karsilastir")
        self.work()
        browser.post(f"{PATH}/baslat")
        self.work()


@pytest.fixture
def at_iys(office: OpenOffice) -> Iterator[AtIys]:
    made = AtIys(office(IYS_URL="https://iys.example"))
    yield made
    made.loop.close()


def test_from_a_password_to_the_first_round(at_iys: AtIys, written: Callable[[], str]) -> None:
    office, deeds, iys = at_iys.office, at_iys.deeds, at_iys.iys
    browser, now = office.somebody(OWNER), office.clock.now
    deeds.allowed(1)
    deeds.declares(onay(deeds.key(2), now - 9 * DAY))
    deeds.declares(onay(deeds.key(3), now - HOUR))
    iys.elsewhere(BRANDS[CINAR][0], number(3), "MESAJ", "ONAY", (now - HOUR) // SECOND)
    shown = browser.get(PATH).text
    assert "İYS kullanıcısını yazın" in shown
    assert "Şimdi eşitle" not in shown
    assert at_iys.set_up(browser, "yanlış") == 303
    browser.post(f"{PATH}/dene")
    shown = browser.get(PATH).text
    assert "Sürüyor" in shown
    assert 'hx-trigger="every 2s"' in shown
    at_iys.work()
    shown = browser.get(PATH).text
    assert "kabul etmiyor. Aşağıya doğrusunu yazın." in shown
    refused_for(browser.post(f"{PATH}/baslat"), 409, STALE)  # nobody has seen the differences
    assert at_iys.set_up(browser) == 303
    browser.post(f"{PATH}/dene")
    at_iys.work()
    shown = browser.get(PATH).text
    assert "İki tarafta da olan markalar: 600100" in shown
    assert "Yalnız burada: 600101" in shown
    assert "Yalnız İYS'de: 600999" in shown.replace("&#39;", "'")
    browser.post(f"{PATH}/karsilastir")
    at_iys.work()
    shown = browser.get(PATH).text
    assert "1 tanesi üç iş gününden eski" in shown
    at_iys.rounds(10)
    assert not iys.batches, "before somebody starts it nothing leaves"
    assert browser.post(f"{PATH}/baslat").headers["location"] == f"{PATH}?basladi"
    at_iys.work()
    at_iys.rounds(15)
    assert iys.status(BRANDS[CINAR][0], number(1), "MESAJ") == "ONAY"
    shown = browser.get(PATH).text
    assert "İYS bütün retleri biliyor." in shown
    assert "Eşitlendi:" in shown
    refused_for(browser.post(f"{PATH}/baslat"), 409, STALE)
    done = [one for one in office.acts() if one.startswith("iys-")]
    assert done == ["iys-set-up", "iys-tried", "iys-set-up", "iys-tried", "iys-compared", "iys-started"]
    pages = shown + browser.get(f"/panel/{CINAR}/kutuk").text
    assert PASSWORD not in pages + written()
    assert number(1) not in pages + written()


def test_what_iys_refuses_is_named_and_shown_one_at_a_time(at_iys: AtIys, tmp_path: Path) -> None:
    office, deeds, iys = at_iys.office, at_iys.deeds, at_iys.iys
    owner = office.somebody(OWNER)
    key = deeds.allowed(1)
    at_iys.begin(owner)
    at_iys.rounds(15)
    iys.refuse_item = lambda item: "H525"
    deeds.decides(key, status=RET)
    at_iys.rounds(15)
    owner = office.somebody(OWNER)  # the first one's half hour is over
    assert "paketinizde yer kalmadı" in owner.get(PATH).text
    page = f"{PATH}/reddedilenler"
    shown = owner.get(page).text
    assert number(1) not in shown
    movement = shown.split("?hareket=")[1].split('"')[0]
    asked = owner.get(f"{page}?hareket={movement}").text
    assert number(1) not in asked
    refused_for(owner.post(page, data={"movement": movement}), 422, "Nedenini yazın")  # not without a reason
    before = office.acts().count("address-looked-at")
    told = owner.post(page, data={"movement": movement, "why": "İYS'ye sorulacak"})
    assert (told.status_code, number(1) in told.text) == (200, True)
    lies = test_sealed_words.plain(Path(office.registry.store.engine.url.database or ""), tmp_path)
    assert b"ye sorulacak" not in lies
    assert b"address-looked-at" in lies, "what may be read is found"
    assert office.acts().count("address-looked-at") == before + 1
    for wrong in ("0", "-5", "x", "99999999"):
        refused_for(owner.post(page, data={"movement": wrong, "why": "deneme"}), 409, STALE)
    other = office.somebody(Membership(Role.USER, Permission.SEE, frozenset({key.brand + 1})))
    refused_for(other.post(page, data={"movement": movement, "why": "deneme"}), 409, STALE)  # another brand's
    assert "?hareket=" not in other.get(page).text
    iys.refuse_item = lambda item: None
    owner.post(f"{PATH}/simdi")
    at_iys.work()
    at_iys.rounds(15)
    assert iys.status(BRANDS[CINAR][0], number(1), "MESAJ") == "RET", "what was refused went again"


def test_how_late_it_is_and_the_operators_table(at_iys: AtIys) -> None:
    office, deeds, iys = at_iys.office, at_iys.deeds, at_iys.iys
    owner, operator, auditor = (office.somebody(kind) for kind in (OWNER, Staff.OPERATOR, Staff.AUDITOR))
    key = deeds.allowed(1)
    at_iys.begin(owner)
    at_iys.rounds(15)
    assert "Yolunda" in operator.get("/panel/isletmen/iys").text
    iys.mood = lambda method, path: "cut"
    deeds.decides(key, status=RET)
    at_iys.rounds(10)
    office.clock.forward(hours=5)
    owner, operator, auditor = (office.somebody(kind) for kind in (OWNER, Staff.OPERATOR, Staff.AUDITOR))
    shown = owner.get(PATH).text
    assert "bilmediği en eski ret: 5 saat" in shown
    assert "Dört saati geçti." in shown
    for staff in (operator, auditor):
        table = staff.get("/panel/isletmen/iys").text
        assert "Gecikiyor" in table
        assert f"/panel/{CINAR}/iys" in table
        assert "İYS ile eşitlik" in staff.get("/panel/isletmen").text
        assert "Bağlantıyı dene" not in staff.get(PATH).text
        refused_for(staff.post(f"{PATH}/simdi"), 403, NO_RIGHT)
    office.clock.forward(days=1)
    owner, operator = office.somebody(OWNER), office.somebody(Staff.OPERATOR)
    assert "Bir iş günü doldu." in owner.get(PATH).text
    assert "Çok geç" in operator.get("/panel/isletmen/iys").text


def test_whoever_works_for_some_brands_sees_and_changes_nothing(at_iys: AtIys) -> None:
    brand = at_iys.deeds.key().brand
    some = at_iys.office.somebody(Membership(Role.MANAGER, Permission.MEMBER, frozenset({brand})))
    refused_for(some.post(PATH, data=SET_UP), 403, NO_RIGHT)
    assert "Kaydet" not in some.get(PATH).text
    for deed in ("dene", "karsilastir", "baslat", "simdi"):
        refused_for(some.post(f"{PATH}/{deed}"), 403, NO_RIGHT)


def test_what_cannot_be_is_said_at_its_field(at_iys: AtIys) -> None:
    browser = at_iys.office.somebody(OWNER)
    given = {"iys-code": str(CINAR), "username": "sirket", "password": PASSWORD}
    for wrong in ({"iys-code": "x"}, {"iys-code": "0"}, {"username": ""}, {"password": ""}):
        told = browser.post(PATH, data={**given, **wrong})
        assert told.status_code == 422
        assert f'href="#{next(iter(wrong))}"' in told.text
        assert PASSWORD not in told.text
    assert at_iys.set_up(browser) == 303
    assert browser.post(PATH, data={**given, "iys-code": "600998"}).status_code == 303, "a claim can be corrected"
    assert at_iys.set_up(browser) == 303
    browser.post(f"{PATH}/dene")
    at_iys.work()
    assert "doğrulandı" in browser.get(PATH).text
    taken = browser.post(PATH, data={**given, "iys-code": "600999"})
    assert (taken.status_code, "önce bağlantıyı kaldırın" in taken.text) == (422, True)
    assert browser.post(f"/panel/{CINAR}/iys/simdi").status_code == 303
    at_iys.work()
    assert "Eşitlik henüz başlatılmadı" not in browser.get(PATH).text, "a round is offered once it has begun"


ISIK_PATH = f"/panel/{ISIK}/iys"
MINE = {"iys-code": str(CINAR), "username": "baska", "password": "yanlış"}


def test_a_number_that_another_company_only_claims_is_its_owners_once_iys_has_answered(at_iys: AtIys) -> None:
    office = at_iys.office
    squatter, owner, operator = office.somebody(OWNER, ISIK), office.somebody(OWNER), office.somebody(Staff.OPERATOR)
    assert squatter.post(ISIK_PATH, data=MINE).status_code == 303
    at_iys.begin(owner)
    assert "Eşitlik başladı" in owner.get(f"{PATH}?basladi").text
    assert "doğrulandı" in owner.get(PATH).text
    squatter.post(f"{ISIK_PATH}/dene")
    at_iys.work()
    assert "kabul etmiyor. Aşağıya doğrusunu yazın." in squatter.get(ISIK_PATH).text
    assert "İYS&#39;de gösterdi" in squatter.post(ISIK_PATH, data=MINE).text, "it is told why"
    desk = operator.get("/panel/isletmen/istekler").text
    assert "Birden çok şirketin yazdığı İYS numarası" in desk
    assert desk.count("Numara bu şirketin</button>") == 1, "the verified one needs no word"
    wish = {"provider": str(ISIK), "deed": "reddet", f"why-iys-{ISIK}": "Numara Çınar'ın"}
    assert operator.post("/panel/isletmen/istekler/iys", data=wish).status_code == 303
    assert "İYS kullanıcısını yazın" in squatter.get(ISIK_PATH).text
    assert "Bekleyen istek yok" in operator.get("/panel/isletmen/istekler").text


def test_who_signs_in_at_iys_with_a_user_of_his_own_is_not_the_owner_of_anothers_number(at_iys: AtIys) -> None:
    """İYS lets the user in, and refuses what he asks about the number."""
    office = at_iys.office
    other = LocalIys(lambda: office.clock.now / 1e6, company=ISIK, brands={}, users={"baska": "yanlış"})
    at_iys.sync.transport = Wired(other)
    squatter, owner = office.somebody(OWNER, ISIK), office.somebody(OWNER)
    squatter.post(ISIK_PATH, data=MINE)
    squatter.post(f"{ISIK_PATH}/dene")
    at_iys.work()
    assert "doğrulandı:" not in squatter.get(ISIK_PATH).text
    at_iys.sync.transport = Wired(at_iys.iys)
    at_iys.begin(owner)
    assert "doğrulandı" in owner.get(PATH).text


def test_the_second_to_be_answered_is_stopped_and_reads_why(at_iys: AtIys) -> None:
    office = at_iys.office
    second, first = office.somebody(OWNER, ISIK), office.somebody(OWNER)
    known = {"iys-code": str(CINAR), "username": "sirket", "password": PASSWORD}
    assert second.post(ISIK_PATH, data=known).status_code == 303
    at_iys.begin(first)
    second.post(f"{ISIK_PATH}/dene")
    at_iys.work()
    assert "Başka bir şirket bu numaranın kendisinin olduğunu" in second.get(ISIK_PATH).text


def test_an_account_is_removed_with_a_reason_and_set_up_anew(at_iys: AtIys, tmp_path: Path) -> None:
    browser = at_iys.office.somebody(OWNER)
    at_iys.begin(browser)
    at_iys.rounds(10)
    bare = browser.post(f"{PATH}/kaldir", data={"why": " "})
    assert (bare.status_code, 'href="#why"' in bare.text) == (422, True)
    assert browser.post(f"{PATH}/kaldir", data={"why": "Numara yanlış"}).headers["location"] == f"{PATH}?kaldirildi"
    assert "İYS kullanıcısını yazın" in browser.get(PATH).text
    refused_for(browser.post(f"{PATH}/kaldir", data={"why": "yine"}), 409, STALE)
    at_iys.begin(browser)
    at_iys.rounds(10)
    assert at_iys.office.acts().count("iys-removed") == 1
    lies = test_sealed_words.plain(Path(at_iys.office.registry.store.engine.url.database or ""), tmp_path)
    assert b"iys-removed" in lies
    assert "Numara yanlış".encode() not in lies


def test_the_operator_says_whose_a_number_is(at_iys: AtIys) -> None:
    office = at_iys.office
    other, owner, operator = office.somebody(OWNER, ISIK), office.somebody(OWNER), office.somebody(Staff.OPERATOR)
    other.post(ISIK_PATH, data=MINE)
    at_iys.set_up(owner)
    wish = {"provider": str(CINAR), "deed": "onayla"}
    bare = operator.post("/panel/isletmen/istekler/iys", data=wish)
    assert (bare.status_code, f'href="#why-iys-{CINAR}"' in bare.text) == (422, True)
    wish[f"why-iys-{CINAR}"] = "Yetki belgesi görüldü"
    assert operator.post("/panel/isletmen/istekler/iys", data=wish).status_code == 303
    refused_for(operator.post("/panel/isletmen/istekler/iys", data=wish), 409, "Bu istek artık beklemiyor.")
    assert "doğrulandı" in owner.get(PATH).text
    refused_for(
        other.post(ISIK_PATH, data=MINE),
        422,
        "Başka bir şirket bu İYS numarasının kendisinin olduğunu İYS'de gösterdi.",
    )


def test_dealers_that_iys_does_not_know_are_named(at_iys: AtIys) -> None:
    browser, brand = at_iys.office.somebody(OWNER), BRANDS[CINAR][0]
    for title in ("Çınar Kadıköy", "Çınar Bostancı"):
        at_iys.office.registry.store.write_now(companies.add_dealer, brand, title)
    at_iys.iys.retailer(brand, 58954386, "Çınar Kadıköy")
    at_iys.begin(browser)
    shown = browser.get(PATH).text
    assert "İYS 1 bayinizi tanımıyor." in shown
    assert "Çınar Bostancı" in shown
    assert "Çınar Kadıköy" not in shown
