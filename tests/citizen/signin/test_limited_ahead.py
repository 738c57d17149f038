"""Limited sessions (a helper's visit, a shown text) beside standing refusals, watches and closed brands.

Such a session sees and refuses, also ahead. It ends no standing refusal, watches nobody, and no page leads it to a
door that is closed to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest

from citizen.session.assisted_session_store import LASTS
from consents.brands import brand_changes
from consents.brands.company_changes import Why
from consents.care import audit
from consents.queries import timeline
from consents.rules import BEKLIYOR, ONAY, RET, Reconsent
from tests.citizen.consents.test_choices import stands
from tests.citizen.consents.town import CINAR, CINAR_MINI, ISIK, Town, furnish, text
from tests.citizen.signin import test_helper as visits
from tests.citizen.signin import test_sent_texts as sent_texts
from tests.citizen.signin.conftest import Open
from tests.citizen.signin.desk import AYSE, Browser, Desk
from tests.citizen.signin.test_helper import evidence, mark
from tests.web.client import refused_for

PATH, WATCH, UNDO = "/izinler/bundan-sonrasi", "/izinler/haber", re.compile(r'action="(/izinler/geri-al/[^"]+)"')
SMS = {"way": ["MESAJ-BIREYSEL"]}
BOTH = pytest.mark.parametrize("limited", [visits.help_, sent_texts.opened], ids=["visit", "text"])
Enter = Callable[[Desk], Browser]


@pytest.fixture
def here(desk: Open) -> Desk:
    """A desk where Işık may write to whoever a limited session is about, and Çınar is refused since long."""
    opened = desk(SEND_GAP_SECONDS="0", CODES_SENT_PER_HOUR="100", CODES_SENT_PER_DAY="100", OPTOUT_NUMBER="3838")
    opened.registry.store.write_now(furnish)
    for address in (visits.MOTHER, AYSE):
        town(opened).told(address, ISIK)
    return opened


def town(desk: Desk) -> Town:
    return Town(desk.registry, None)  # type: ignore[arg-type]


def whose(desk: Desk, browser: Browser) -> str:
    return visits.MOTHER if "Yakınınızın" in browser.get("/izinler").text else AYSE


def status(desk: Desk, address: str, brand: int = ISIK) -> int:
    found: int = stands(town(desk), address, brand, "MESAJ").status
    return found


@BOTH
def test_it_refuses_ahead_and_takes_that_back(here: Desk, limited: Enter) -> None:
    browser = limited(here)
    address = whose(here, browser)
    answer = browser.post(PATH, data={**SMS, "n": mark(browser)})
    notice = browser.get(answer.headers["location"]).text
    assert "1 markanın izni kapandı." in notice
    assert status(here, address) == RET
    here.clock.forward(minutes=1)
    town(here).told(address, ISIK, ago=0.0001)
    assert status(here, address) == BEKLIYOR
    undo = UNDO.search(notice)
    assert undo
    assert "Geri alındı" in browser.get(browser.post(unescape(undo[1])).headers["location"]).text
    assert status(here, address) == ONAY
    assert here.registry.store.read_now(audit.verify, Reconsent.CONFIRM) is None


@BOTH
def test_it_neither_ends_a_standing_refusal_nor_undoes_the_holders(here: Desk, limited: Enter) -> None:
    own = here.browser().sign_in(visits.MOTHER if limited is visits.help_ else AYSE)
    own.post(PATH, data=SMS)
    browser = limited(here)
    address = whose(here, browser)
    act = here.registry.store.read_now(timeline.last_own, town(here).person(address))
    assert act
    n = mark(browser)
    ended = browser.post(PATH, data={**SMS, "n": n, "end": "1"})
    undone = browser.post(f"/izinler/geri-al/{act[0]}?n={n}")
    again = browser.post(PATH, data={**SMS, "n": n})  # it stands so already
    assert (ended.status_code, undone.status_code, again.status_code) == (403, 403, 303)
    assert status(here, address) == RET
    for page in (PATH, "/izinler", again.headers["location"]):
        shown = browser.get(page).text
        assert 'name="end"' not in shown
        assert not UNDO.search(shown)


def test_the_evidence_names_both_and_she_hears_of_it_once(here: Desk) -> None:
    browser = visits.help_(here)
    before = len(here.sent)
    browser.post(PATH, data={"way": ["ARAMA-TACIR"], "n": mark(browser)})  # no brand is touched, and yet she hears
    browser.post(PATH, data={**SMS, "n": mark(browser)})
    (notice,) = here.sent[before:]
    assert notice["to"] == visits.MOTHER
    for proof in evidence(here)[-2:]:
        assert proof["ahead"] is True
        assert proof["helper"] == "+90 532 ••• •• 01"
    assert "helper_mark" in evidence(here)[-1]
    page = text(here.browser().sign_in(visits.MOTHER).get(f"/izinler/{ISIK}").text)
    assert "Bunu yanınızdaki biriyle yaptınız: +90 532 ••• •• 01." in page


@BOTH
def test_nobody_watches_anothers_number_through_it(here: Desk, limited: Enter) -> None:
    browser = limited(here)
    assert browser.get(WATCH).status_code == 403
    refused_for(browser.post(WATCH, data={"shown": "00000000", "haber": "00000000"}), 403, "Buradan yapılamaz")
    assert WATCH not in browser.get("/izinler").text


def test_a_visit_that_is_over_refuses_nothing_ahead(here: Desk) -> None:
    browser = visits.help_(here)
    n = mark(browser)
    here.clock.forward(seconds=LASTS / 2_000_000)
    assert browser.get("/izinler").status_code == 200  # the session goes on, the visit does not
    here.clock.forward(seconds=LASTS / 2_000_000)
    assert browser.post(PATH, data={**SMS, "n": n}).headers["location"] == "/izinler/yaninda/bitti"
    assert status(here, visits.MOTHER) == ONAY
    browser.post("/izinler/yaninda/bitir")
    assert browser.post(PATH, data={**SMS, "n": n}).status_code == 404
    assert (status(here, visits.MOTHER), status(here, AYSE)) == (ONAY, ONAY)


@pytest.mark.parametrize(
    "limited",
    [visits.help_, sent_texts.opened, lambda desk: desk.browser().sign_in(AYSE)],
    ids=["visit", "text", "whole"],
)
def test_no_page_leads_to_a_closed_door(here: Desk, limited: Enter) -> None:
    """All that is reached by links from the list, with every kind of row on it."""
    address = visits.MOTHER if limited is visits.help_ else AYSE
    own = here.browser().sign_in(address)
    here_ = town(here)
    here_.told(address, CINAR)
    here_.told(address, CINAR_MINI)
    own.post(f"/izinler/{CINAR}/MESAJ/BIREYSEL", data={"status": "RET", "never": "1"})
    own.post(f"/izinler/{CINAR_MINI}/MESAJ/BIREYSEL", data={"status": "RET"})
    own.post(PATH, data=SMS)
    here.clock.forward(hours=24 * 20)  # "Hâlâ geliyor mu?" is offered by now
    here_.told(address, CINAR_MINI, ago=1)  # waits
    here.registry.store.write_now(brand_changes.close, CINAR, Why(here.registry.keyring, "the shop has closed"))
    browser = limited(here)
    seen, left = set(), ["/izinler", PATH]
    while left:
        path = left.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = browser.get(path)
        assert answer.status_code in (200, 303), (path, answer.status_code)
        if answer.status_code == 200 and "html" in answer.headers["content-type"]:
            found = {unescape(one).partition("#")[0] for one in re.findall(r'<a[^>]* href="(/[^"]+)"', answer.text)}
            left += [one for one in found if one.startswith(("/izinler", "/makbuz", "/markalar", "/belgelerim"))]
    assert len(seen) > 8
    complaints = {path for path in seen if path.startswith("/izinler/sikayet")}
    assert bool(complaints) is (limited not in (visits.help_, sent_texts.opened))
