"""After each act in a browser back, forward and reload work: a POST that did something answers 303 to what shows it.

``tests.web.client.PageClient`` refuses any page that answers such a POST with 200, in every test of the site. Here
every POST route is of a kind, and each that leads is sent what it takes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import partial

import httpx2
import pytest

from consents.instants import day_of
from consents.queries import feed
from consents.rules import RET
from panel.rights import Membership, Permission, Role, Staff
from tests import ROOT
from tests.citizen.consents.town import AYSE, CINAR, CINAR_MINI, Town, town
from tests.citizen.signin.desk import Browser, Desk
from tests.conftest import Clock, Opener
from tests.panel.audit import test_sealed_words
from tests.panel.brands.forms import seen
from tests.panel.companies import test_joining
from tests.panel.conftest import OpenOffice
from tests.panel.conftest import office as office
from tests.panel.conftest import read_here as read_here
from tests.panel.office import BRANDS, Colleague, Office
from tests.panel.office import CINAR as COMPANY
from tests.panel.operations import test_desk
from tests.panel.seen import SeenDeeds
from tests.panel.test_confirming import SURE
from tests.panel.things import THINGS
from tests.panel.uploads import test_hand, test_matching
from tests.panel.uploads.uploads import rows, send, tried
from tests.web import posts
from tests.web.posts import ANSWERS, LEADS, PostAnswer

C, DESK, AT = "/panel/{company:number}", "/panel/isletmen", f"/panel/{COMPANY}"
BRAND = BRANDS[COMPANY][0]
OWNER = Membership(Role.OWNER, Permission.MEMBER)


def test_every_post_route_is_of_one_kind() -> None:
    machines = {path for path in posts.posts() if ANSWERS.get(path, PostAnswer.LEADS) is PostAnswer.LEADS} - LEADS
    calls = {one.path for one in posts.api.routes()}  # type: ignore[attr-defined]
    assert machines <= calls, "say in tests/web/posts.py what they answer a browser"
    assert not LEADS & ANSWERS.keys()
    assert LEADS | ANSWERS.keys() <= set(posts.posts())


# -- people who proved a number ----------------------------------------------------------------------------------------

Signed = Callable[[Town], httpx2.Response]


def _row(here: Town) -> httpx2.Response:
    return here.sign_in(AYSE).post(f"/izinler/{CINAR}/MESAJ/BIREYSEL", status="RET")


def _taken_back(here: Town) -> httpx2.Response:
    visitor = here.sign_in(AYSE)
    page = visitor.follow(visitor.post(f"/izinler/{CINAR}/MESAJ/BIREYSEL", status="RET"))
    (at,) = set(re.findall(r'action="(/izinler/geri-al/[0-9]+)[^"]*"', page.text))
    return visitor.post(at)


def _checked(here: Town) -> httpx2.Response:
    shown = (visitor := here.sign_in(AYSE)).follow(_row(here)).text
    (number,) = set(re.findall(r'href="/makbuz/([0-9]{12})"', shown))
    return visitor.post("/makbuz", number=number)


SIGNED: dict[str, Signed] = {
    "/izinler/{brand:number}/{channel}/{identity}": _row,
    "/izinler/geri-al/{act:number}": _taken_back,
    "/izinler/reddet": lambda here: here.sign_in(AYSE).post("/izinler/reddet", scope="all"),
    "/izinler/bundan-sonrasi": lambda here: here.sign_in(AYSE).post("/izinler/bundan-sonrasi", way="MESAJ-BIREYSEL"),
    "/izinler/yeni-numara": lambda here: here.sign_in(AYSE).post("/izinler/yeni-numara", new="1"),
    "/izinler/itiraz": lambda here: here.sign_in(AYSE).post(
        "/izinler/itiraz", brand=str(CINAR), channel="MESAJ", identity="BIREYSEL"
    ),
    "/izinler/haber": lambda here: here.sign_in(AYSE).post("/izinler/haber", shown="x"),
    "/izinler/sorular": lambda here: here.sign_in(AYSE).post("/izinler/sorular", brand=str(CINAR), do="sorma"),
    "/izinler/yaninda": lambda here: here.sign_in(AYSE).post("/izinler/yaninda", address="0532 000 00 12"),
    "/izinler/yaninda/hepsi": lambda here: here.sign_in(AYSE).post("/izinler/yaninda/hepsi"),
    "/izinler/yaninda/geri-al": lambda here: here.sign_in(AYSE).post("/izinler/yaninda/geri-al", act="1"),
    "/izinler/yaninda/bitir": lambda here: here.sign_in(AYSE).post("/izinler/yaninda/bitir"),
    "/giris/numara": lambda here: here.sign_in(AYSE).post("/giris/numara", a="0"),
    "/giris/ekle": lambda here: here.sign_in(AYSE).post("/giris/ekle", address="ayse@example.com"),
    "/izinler/sikayet/{brand:number}": lambda here: here.sign_in(AYSE).post(
        f"/izinler/sikayet/{CINAR_MINI}", day=day_of(here.now).isoformat()
    ),
    "/gonderen": lambda here: here.sign_in(AYSE).post("/gonderen", text="CINARMKT"),
    "/makbuz": _checked,
    "/cikis": lambda here: here.sign_in(AYSE).post("/cikis"),
    "/cikis/hepsi": lambda here: here.sign_in(AYSE).post("/cikis/hepsi"),
}


@pytest.mark.parametrize("path", SIGNED)
def test_what_a_citizen_did_is_shown_at_an_address(sqlite_url: str, open_registry: Opener, path: str) -> None:
    with town(open_registry(sqlite_url)) as here:
        here.told(AYSE, CINAR)
        _led(SIGNED[path](here), "/giris")


def _led(answer: httpx2.Response, *away: str) -> None:
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] not in away, "it was not done"


def _asked(browser: Browser) -> Browser:
    browser.ask(AYSE)
    return browser


def _signed_in(desk: Desk) -> httpx2.Response:
    return _asked(browser := desk.browser()) and browser.type(desk.code)


def _added(desk: Desk) -> httpx2.Response:
    browser = desk.browser().sign_in(AYSE)
    browser.ask("ayse@example.com", "/giris/ekle")
    return browser.type(desk.code, "/giris/ekle/kod")


def _once_more(desk: Desk, path: str, address: str) -> httpx2.Response:
    browser = desk.browser().sign_in(AYSE)
    browser.ask(address, path)
    return browser.post(f"{path}/kod/yeniden")


def _beside(desk: Desk) -> httpx2.Response:
    browser = desk.browser().sign_in(AYSE)
    browser.ask("+905320000012", "/izinler/yaninda")
    code = re.search(r"\b([0-9]{6})\b", desk.sent[-1]["text"])
    assert code
    return browser.type(code[1], "/izinler/yaninda/kod")


SIGNING_IN: dict[str, Callable[[Desk], httpx2.Response]] = {
    "/giris": lambda desk: desk.browser().ask(AYSE),
    "/giris/kod": _signed_in,
    "/giris/kod/yeniden": lambda desk: _asked(desk.browser()).again(),
    "/giris/ekle/kod": _added,
    "/giris/ekle/kod/yeniden": partial(_once_more, path="/giris/ekle", address="ayse@example.com"),
    "/izinler/yaninda/kod": _beside,
    "/izinler/yaninda/kod/yeniden": partial(_once_more, path="/izinler/yaninda", address="+905320000012"),
}


@pytest.mark.parametrize("path", SIGNING_IN)
def test_each_step_of_a_sign_in_is_shown_at_an_address(
    sqlite_url: str, open_registry: Opener, clock: Clock, path: str
) -> None:
    desk = Desk(open_registry(sqlite_url), clock, {"SEND_GAP_SECONDS": "0", "CODES_SENT_PER_HOUR": "100"})
    _led(SIGNING_IN[path](desk), "/giris" if path != "/giris" else "")
    desk.close()


# -- the panel ---------------------------------------------------------------------------------------------------------

Act = Callable[[Office, Colleague, Colleague], httpx2.Response]
"""Of the office, one of the operator's people, an owner."""


def _uploaded(step: str) -> Act:
    def act(here: Office, operator: Colleague, owner: Colleague) -> httpx2.Response:
        return owner.post(f"{AT}/yuklemeler/{tried(here, owner, rows(1)).id}/{step}")

    return act


def _matched(here: Office, operator: Colleague, owner: Colleague) -> httpx2.Response:
    asked = tried(here, owner, test_matching.own(test_matching.ROWS))
    return owner.post(f"{AT}/yuklemeler/{asked.id}/sutunlar", data=test_matching.ANSWER)


def _seen(page: Callable[[Office], str], step: str, **form: str) -> Act:
    """Of a form that brings back what its page showed."""

    def act(here: Office, operator: Colleague, owner: Colleague) -> httpx2.Response:
        at = page(here)
        who = operator if at.startswith(DESK) else owner
        return who.post(f"{at}{step}", data={"seen": seen(who.get(at)), **form})

    return act


def _recorded(here: Office, operator: Colleague, owner: Colleague) -> httpx2.Response:
    act = test_desk.act_in(owner.shown(f"{AT}/masa", data=test_desk.said("RET")).text)
    return owner.post(f"{AT}/masa/geri-al", data={"act": act})


def _applied(step: str) -> Act:
    def act(here: Office, operator: Colleague, owner: Colleague) -> httpx2.Response:
        browser = here.browser()
        first = browser.post("/panel/basvuru", data={"email": test_joining.EMAIL})
        proved = step and browser.post("/panel/basvuru/kod", data={"code": here.code})
        if not proved or step == "kod":
            return proved or first
        proof = re.search(r'name="proof" value="([^"]+)"', browser.get(proved.headers["location"]).text)
        assert proof
        form = {**test_joining.COMPANY, "tax": test_joining.tax_number(), "proof": proof[1]}
        return browser.post("/panel/basvuru/sirket", data=form)

    return act


def _invited(here: Office, operator: Colleague, owner: Colleague) -> httpx2.Response:
    owner.post(f"{AT}/kullanicilar/davet", data={"email": "yeni@example.com", "role": "manager"})
    token = re.search(r"\?d=(\S+)", here.sent[-1]["text"])
    assert token
    return here.browser().post("/panel/davet", data={"d": token[1]})


def _decided(here: Office, operator: Colleague, owner: Colleague) -> httpx2.Response:
    test_joining.apply(here)
    return operator.post(f"{DESK}/basvurular/1/onayla", data={"code": "600300"})


def _claimed(here: Office, operator: Colleague, owner: Colleague) -> httpx2.Response:
    test_sealed_words.REASONED[f"{C}/markalar/{{brand:number}}"](here, operator, owner)
    return test_sealed_words.REASONED[f"{DESK}/istekler/karar"](here, operator, owner)


def _taken(here: Office, operator: Colleague, owner: Colleague) -> httpx2.Response:
    deeds = SeenDeeds(here)
    deeds.decides(deeds.allowed(), status=RET)
    answer = owner.post(f"{AT}/reddedenler/aldim", data={"last": here.registry.store.read_now(feed.last_event)})
    assert answer.headers["location"].endswith("?alindi"), "nothing was taken"
    return answer


def _signed(step: str) -> Act:
    def act(here: Office, operator: Colleague, owner: Colleague) -> httpx2.Response:
        browser = here.browser()
        asked = browser.ask(owner.email)
        if step == "kod":
            return browser.type(here.code)
        if step:
            here.clock.forward(minutes=2)
        return browser.post("/panel/giris/kod/yeniden") if step else asked

    return act


PANEL: dict[str, Act] = {
    **{path: act for path, act in test_sealed_words.REASONED.items() if path in LEADS - {f"{C}/masa"}},
    f"{DESK}/istekler/karar": _claimed,
    "/panel/giris": _signed(""),
    "/panel/giris/kod": _signed("kod"),
    "/panel/giris/kod/yeniden": _signed("yeniden"),
    "/panel/cikis": lambda here, operator, owner: owner.post("/panel/cikis"),
    "/panel/hesap/cikis-hepsi": lambda here, operator, owner: owner.post("/panel/hesap/cikis-hepsi"),
    "/panel/hesap/ikinci-adim/uygulama": lambda here, operator, owner: owner.post("/panel/hesap/ikinci-adim/uygulama"),
    "/panel/davet": _invited,
    "/panel/basvuru": _applied(""),
    "/panel/basvuru/kod": _applied("kod"),
    "/panel/basvuru/sirket": _applied("sirket"),
    f"{DESK}/basvurular/{{application:number}}/onayla": _decided,
    f"{DESK}/giden/{{message:number}}/yeniden": lambda here, operator, owner: operator.post(
        f"{DESK}/giden/{THINGS['message'](here, 0)}/yeniden"
    ),
    f"{DESK}/kisiler": lambda here, operator, owner: operator.post(
        f"{DESK}/kisiler", data={"email": "denetci@example.com", "staff": "auditor"}
    ),
    f"{DESK}/ortaklar/{{partner:number}}/ad": _seen(
        lambda here: f"{DESK}/ortaklar/{THINGS['partner'](here, COMPANY)}", "/ad", title="Yeni Köprü"
    ),
    "/panel/hesap/bildirimler": lambda here, operator, owner: owner.post("/panel/hesap/bildirimler", data={}),
    f"{C}/genel/ipuclari": lambda here, operator, owner: owner.post(f"{AT}/genel/ipuclari"),
    f"{C}/reddedenler/aldim": _taken,
    f"{C}/yukle": lambda here, operator, owner: send(owner, rows(1)),
    f"{C}/yukle/tek": lambda here, operator, owner: owner.post(f"{AT}/yukle/tek", data=test_hand.GOOD),
    f"{C}/yuklemeler/{{upload:number}}/uygula": _uploaded("uygula"),
    f"{C}/yuklemeler/{{upload:number}}/sil": _uploaded("sil"),
    f"{C}/yuklemeler/{{upload:number}}/sutunlar": _matched,
    f"{C}/yuklemeler/{{upload:number}}/tarihler": _uploaded("tarihler"),
    f"{C}/yuklemeler/{{upload:number}}/sayfalar": _uploaded("sayfalar"),
    f"{C}/yuklemeler/{{upload:number}}/markalar": _uploaded("markalar"),
    f"{C}/yuklemeler/{{upload:number}}/bayiler": _uploaded("bayiler"),
    f"{C}/masa": lambda here, operator, owner: owner.post(f"{AT}/masa", data=test_desk.said("RET")),
    f"{C}/masa/geri-al": _recorded,
    f"{C}/markalar": lambda here, operator, owner: owner.post(f"{AT}/markalar", data={"title": "Çınar Ev"}),
    f"{C}/bayiler/{{brand:number}}/toplu": lambda here, operator, owner: owner.post(
        f"{AT}/bayiler/{BRAND}/toplu", files={"file": ("bayiler.csv", "34-1; Kadıköy")}
    ),
    f"{C}/bayiler/{{brand:number}}": lambda here, operator, owner: owner.post(
        f"{AT}/bayiler/{BRAND}", data={"title": "Kadıköy"}
    ),
    f"{C}/bayi/{{dealer:number}}": _seen(
        lambda here: f"{AT}/bayi/{THINGS['dealer'](here, COMPANY)}",
        "",
        title="Yeni ad",
        external="B-7",
        status="active",
    ),
    f"{C}/programlar/{{program:number}}/aglar": _seen(
        lambda here: f"{AT}/programlar/{THINGS['program'](here, COMPANY)}", "/aglar", networks="192.0.2.0/24"
    ),
    f"{C}/programlar/{{program:number}}/yetki": _seen(
        lambda here: f"{AT}/programlar/{THINGS['program'](here, COMPANY)}", "/yetki", level="read", scope="all"
    ),
    f"{C}/programlar/gonderim/{{delivery:number}}": lambda here, operator, owner: owner.post(
        f"{AT}/programlar/gonderim/{THINGS['delivery'](here, COMPANY)}"
    ),
    f"{C}/kullanicilar/davet": lambda here, operator, owner: owner.post(
        f"{AT}/kullanicilar/davet", data={"email": "yeni@example.com", "role": "manager"}
    ),
    f"{C}/kullanicilar/kural": lambda here, operator, owner: owner.post(f"{AT}/kullanicilar/kural"),
    f"{C}/davetler/{{invitation:number}}/geri-al": lambda here, operator, owner: owner.post(
        f"{AT}/davetler/{THINGS['invitation'](here, COMPANY)}/geri-al"
    ),
}


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize("path", PANEL)
def test_what_was_done_in_the_panel_is_shown_at_an_address(office: OpenOffice, path: str) -> None:
    here = office()
    _led(PANEL[path](here, here.somebody(Staff.OPERATOR), here.somebody(OWNER)), "/panel/basvuru")


# The others, by the test that sends what they take and looks at where it leads.
LINES = "tests/citizen/business/test_lines.py"
ELSEWHERE = {
    **dict.fromkeys(
        (f"/izinler/isletme{part}" for part in ("", "/ekle", "/alan-adi", "/reddet", "/geri-al", "/ayril")), LINES
    ),
    "/giris/kod/ara": "tests/optout/voice/test_signin.py",
    "/giris/ekle/kod/ara": "tests/optout/voice/test_signin.py",
    "/giris/kod/metin": "tests/citizen/signin/test_sent_texts.py",
    "/giris/metin": "tests/citizen/signin/test_sent_texts.py",
    "/izinler/yaninda/kalici": "tests/citizen/signin/test_lasting_helper.py",
    "/izinler/yaninda/kalici/kod": "tests/citizen/signin/test_lasting_helper.py",
    "/izinler/yardim/ac": "tests/citizen/signin/test_lasting_helper.py",
    "/izinler/yardim/bitir": "tests/citizen/signin/test_lasting_helper.py",
    "/giris/anahtar": "tests/citizen/signin/test_passkeys.py",
    "/izinler/anahtar": "tests/citizen/signin/test_passkeys.py",
    "/izinler/anahtar/sil": "tests/citizen/signin/test_passkeys.py",
    "/deneme/sms": "tests/optout/demo_phone/test_phone.py",
    "/izinler/verilerim/basvuru": "tests/citizen/receipts/test_data.py",
    "/izinler/verilerim/sil": "tests/citizen/receipts/test_data.py",
    **dict.fromkeys(
        (
            "/panel/isletmen/veri-talepleri",
            "/panel/isletmen/veri-talepleri/{datarequest:number}/karar",
            "/panel/isletmen/veri-talepleri/{datarequest:number}/kod",
            "/panel/isletmen/veri-talepleri/{datarequest:number}/dogrula",
            f"{C}/mektuplar",
        ),
        "tests/panel/citizens/test_data_requests.py",
    ),
    "/izinler/sikayetler": "tests/citizen/receipts/test_complaint.py",
    "/izinler/sikayet/{brand:number}/sayim": "tests/citizen/receipts/test_complaint.py",
    "/gonderen/sayim": "tests/citizen/receipts/test_sender.py",
    "/izinler/sustular": "tests/citizen/alerts/test_follow_up.py",
    "/sustu/{token}": "tests/citizen/alerts/test_follow_up.py",
    "/k/{code}/makbuz/{number}": "tests/citizen/alerts/test_follow_up.py",
    "/q/{code}/makbuz/{number}": "tests/citizen/alerts/test_follow_up.py",
    "/u/{token}/makbuz/{number}": "tests/citizen/alerts/test_follow_up.py",
    **dict.fromkeys(
        ("/o/{word}", "/o/{word}/kod", "/o/{word}/kod/yeniden", "/kasa/{key}", "/kasa/{key}/iptal"),
        "tests/asking/test_till_pages.py",
    ),
    "/panel/giris/ikinci": "tests/panel/signin/test_second_step.py",
    "/panel/giris/ikinci/anahtar": "tests/panel/signin/test_passkeys.py",
    "/panel/hesap/ikinci-adim/{factor:number}/kaldir": "tests/panel/signin/test_second_step.py",
    f"{DESK}/hatlar/{{lineclaim:number}}/karar": "tests/panel/companies/test_line_claims.py",
    f"{DESK}/ortaklar": "tests/panel/partners/test_partner_office.py",
    f"{DESK}/ortaklar/{{partner:number}}/davet": "tests/panel/partners/test_partner_office.py",
    f"{DESK}/saglayicilar/{{provider:number}}/iletisim": "tests/panel/companies/test_company_list.py",
    f"{C}/kullanicilar/iletisim": "tests/panel/companies/test_company_list.py",
    "/panel/ortak/kisiler": "tests/panel/partners/test_partner_office.py",
    "/panel/ortak/davetler/{partnerinvitation:number}/geri-al": "tests/panel/partners/test_partner_office.py",
    f"{C}/formlar/yeni": "tests/panel/asking/test_form_pages.py",
    f"{C}/formlar/{{form:number}}/duzelt": "tests/panel/asking/test_form_pages.py",
    f"{C}/formlar/{{form:number}}/gonder": "tests/panel/asking/test_form_pages.py",
    f"{C}/formlar/{{form:number}}/cek": "tests/panel/asking/test_form_pages.py",
    f"{DESK}/istekler/iys": "tests/panel/operations/test_iys.py",
    f"{DESK}/kurallar/ortak": "tests/panel/companies/test_rule_pages.py",
    f"{DESK}/kurallar/donem": "tests/panel/companies/test_rule_pages.py",
    f"{DESK}/kurallar/gunler": "tests/panel/companies/test_rule_pages.py",
    f"{C}/sorgu/dosya": "tests/panel/lookups/test_queries_by_criteria.py",
    f"{C}/raporlar/{{brand:number}}/mutabakat": "tests/panel/lookups/test_day_files.py",
    f"{C}/markalar/vazgec": "tests/panel/companies/test_claims.py",
    f"{C}/programlar/bildirim": "tests/panel/programs/test_push_page.py",
    f"{C}/programlar/deneme-alani/bosalt": "tests/panel/programs/test_sandbox_page.py",
    f"{C}/programlar/bildirim/{{push:number}}/dene": "tests/panel/programs/test_push_page.py",
    f"{C}/ortaklar/{{brand:number}}": "tests/panel/partners/test_partner_pages.py",
    f"{C}/iys": "tests/panel/operations/test_iys.py",
    f"{C}/iys/kaldir": "tests/panel/operations/test_iys.py",
    f"{C}/programlar/bildirim/{{push:number}}/bicim": "tests/panel/programs/test_push_page.py",
    f"{C}/programlar/bildirim/{{push:number}}/yeniden": "tests/panel/programs/test_push_page.py",
    f"{C}/iys/dene": "tests/panel/operations/test_iys.py",
    f"{C}/iys/karsilastir": "tests/panel/operations/test_iys.py",
    f"{C}/iys/baslat": "tests/panel/operations/test_iys.py",
    f"{C}/iys/simdi": "tests/panel/operations/test_iys.py",
    f"{C}/kanit": "tests/panel/uploads/test_disputes.py",
    f"{C}/kullanicilar/{{colleague:number}}": "tests/panel/people/test_people.py",
}


def test_each_route_that_leads_is_sent_what_it_takes() -> None:
    sure = {path for path in SURE if path in LEADS}  # tests/panel/test_confirming.py
    proven = [*SIGNED, *SIGNING_IN, *PANEL, *sure, *ELSEWHERE]
    assert set(proven) == LEADS
    assert len(proven) == len(LEADS), "proved twice"


@pytest.mark.parametrize(("path", "file"), ELSEWHERE.items())
def test_the_test_of_it_looks_at_where_it_leads(path: str, file: str) -> None:
    """That file posts to a path with this end, and a statement of it looks at the status or at where it leads."""
    source = (ROOT / file).read_text(encoding="utf-8")
    last = path.rsplit("/", 1)[1].strip("{}").partition(":")[0]
    looked = [ast.unparse(one) for one in ast.walk(ast.parse(source)) if isinstance(one, ast.Assert)]
    assert any("post" in one and ("303" in one or "location" in one) for one in looked), file
    assert last in source or path.endswith("}"), last
