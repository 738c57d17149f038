"""Each capability in the hands of a second client: who else holds a link, number, code or token, and what he gets.

The rows of the table in SECURITY.md, tried one by one. Those of links stand in tests/optout/links/test_undo.py.
"""

from __future__ import annotations

import re

import pytest

from consents.registry import Registry
from optout.phrases import phrase
from tests import ROOT
from tests.citizen.consents.town import AYSE, CINAR, ISIK, MEHMET, town
from tests.citizen.signin import desk as signin
from tests.conftest import Clock, Opener
from tests.optout.hooks.conftest import PATH_SECRET, Open, Post
from tests.optout.hooks.conftest import patient as patient
from tests.optout.hooks.conftest import site as site
from tests.optout.hooks.conftest import twilio as twilio
from tests.optout.hooks.conftest import verimor as verimor
from tests.optout.links import door
from tests.optout.sms.conftest import Phone, furnish, settings_of
from tests.providers.api import desk as programs
from tests.web.client import refused_for


@pytest.fixture
def registry(sqlite_url: str, open_registry: Opener) -> Registry:
    return open_registry(sqlite_url)


@pytest.fixture
def phone(registry: Registry, clock: Clock) -> Phone:
    registry.store.write_now(furnish)
    return Phone(registry, clock, settings_of())


# -- what anybody may hold ---------------------------------------------------------------------------------------------


def test_a_link_approves_nothing_and_reaches_no_other_brand_number_or_list(registry: Registry) -> None:
    with town(registry) as here:
        for brand in (CINAR, ISIK):
            here.told(AYSE, brand)
        path = door.link(here, AYSE)
        door.press(here, path)
        for form in ({"status": "ONAY"}, {"status": "ONAY", "brand": str(ISIK)}, {"address": MEHMET}):
            page = here.client.post(path, data=form)
            assert AYSE[1:] not in page.text
            assert "Işık" not in page.text
        assert (door.stands(here, AYSE), door.stands(here, AYSE, brand=ISIK)) == ("RET", "ONAY")
        assert here.client.get("/izinler").headers["location"] == "/giris", "and signs nobody in"


def test_a_poster_is_everybodys_and_does_nothing(registry: Registry) -> None:
    with town(registry) as here:
        here.told(AYSE, CINAR)
        before = door.events(here)
        assert here.client.post(f"/m/{CINAR}", data={"status": "RET"}).status_code == 405
        assert here.client.get(f"/m/{CINAR}").status_code == 200
        assert door.events(here) == before


# -- numbers that can be forged ----------------------------------------------------------------------------------------


def test_who_forges_a_sender_can_refuse_and_let_nobody_send(phone: Phone) -> None:
    """What he asks for is answered to the number itself; he guesses at the digits, three times a day."""
    phone.told(CINAR)
    phone.allows(CINAR)
    for text in (
        "ONAY CINAR",
        "RET CINAR",
        "GERI AL",
        "GERI AL 000000",
        "ONAY 000000",
        "GERI AL 111111",
        "ONAY 111111",
    ):
        phone.writes(text)
        assert phone.stands().get((CINAR, "MESAJ")) in ("ONAY", "RET")
    assert phone.stands()[CINAR, "MESAJ"] == "RET"


def test_the_digits_of_one_number_say_nothing_for_another(phone: Phone) -> None:
    for each in (phone, phone.of(MEHMET)):
        each.told(CINAR)
        each.writes("RET CINAR")
    digits = re.findall(r"GERI AL ([0-9]{6})", phone.writes("GERI AL"))
    theirs = re.findall(r"GERI AL ([0-9]{6})", phone.of(MEHMET).writes("GERI AL"))
    assert digits != theirs
    assert phone.of(MEHMET).writes(f"GERI AL {digits[0]}") == phrase("sms.undo.not-done")
    assert phone.of(MEHMET).stands()[CINAR, "MESAJ"] == "RET"


def test_who_knows_verimors_path_can_refuse_and_let_nobody_send(site: Open, verimor: object, clock: Clock) -> None:
    """The path stands in the logs of proxies. What could give or bring back a consent waits for Verimor's own list."""
    post: Post = site(SMS_GATEWAY=verimor.url, HOOK_SECRET=PATH_SECRET, OPTOUT_NUMBER="3838")  # type: ignore[attr-defined]
    post.registry.store.write_now(furnish)
    ayse = Phone(post.registry, clock, post.settings)
    ayse.told(CINAR)
    ayse.allows(CINAR)
    digits = re.findall(r"ONAY ([0-9]{6})", ayse.writes("ONAY CINAR"))
    pushed = [verimor.receive(AYSE.lstrip("+"), text, 0) for text in (f"ONAY {digits[0]}", "RET CINAR", "GERI AL")]  # type: ignore[attr-defined]
    assert post.verimor(pushed, PATH_SECRET[:-1]).status_code == 404
    assert post.verimor(pushed).status_code == 200
    assert ayse.stands()[CINAR, "MESAJ"] == "RET"


# -- signing in ------------------------------------------------------------------------------------------------------


def test_a_sign_in_code_is_good_in_the_browser_that_asked_alone(registry: Registry, clock: Clock) -> None:
    desk = signin.Desk(registry, clock, {"CODES_SENT_PER_IP": "1000", "SEND_GAP_SECONDS": "0"})
    one, other, bare = desk.browser(), desk.browser(), desk.browser()
    one.ask(AYSE)
    code = desk.code
    other.ask(MEHMET)
    for browser in (other, bare):
        browser.type(code)
        assert not browser.signed_in, "whoever is told the code, or reads it in a mail"
    one.type(code)
    assert one.signed_in
    desk.close()


def test_the_number_of_an_act_undoes_nothing_without_its_session(registry: Registry) -> None:
    with town(registry) as here:
        here.told(AYSE, CINAR)
        here.told(MEHMET, CINAR)
        here.sign_in(AYSE).refuse(CINAR)
        for number in range(1, 6):
            assert here.sign_in(MEHMET).press(f"/izinler/geri-al/{number}").status_code == 404
            here.client.post(f"/izinler/geri-al/{number}")
        assert door.stands(here, AYSE) == "RET"


# -- companies' programs ---------------------------------------------------------------------------------------------


def test_a_token_of_one_company_opens_no_brand_of_another(registry: Registry, clock: Clock) -> None:
    desk = programs.Desk(registry, clock, {})
    cinar, isik = desk.program("cinar"), desk.program("isik")
    b = programs.brand(programs.CINAR)
    path = f"{b}/short-links"
    links = {"links": [{"recipient": AYSE, "type": "MESAJ"}]}
    assert cinar.post(path, links).status_code == 200
    refused_for(isik.post(path, links), 403, "H353")
    made = cinar.post(
        f"{b}/consents",
        {
            "consentDate": "2026-11-23 12:00:00", "recipient": AYSE, "recipientType": "BIREYSEL", "source": "HS_WEB",
            "status": "ONAY", "type": "MESAJ",
        },
    )  # fmt: skip
    name = made.json()["transactionId"]
    assert cinar.get(f"{b}/deliveries/{name}").status_code == 200
    own = programs.brand(programs.ISIK)
    assert isik.get(f"{b}/deliveries/{name}").status_code == 403
    assert isik.get(f"{own}/deliveries/{name}").status_code in (404, 422)
    desk.close()


# -- the table itself ------------------------------------------------------------------------------------------------


def test_every_row_of_the_table_names_a_test_that_there_is() -> None:
    table = (
        (ROOT / "SECURITY.md").read_text(encoding="utf-8").partition("## Who else holds it")[2].partition("\n## ")[0]
    )
    rows = [line.split("|")[1:-1] for line in table.splitlines() if line.startswith("|")][2:]
    assert len(rows) >= 14
    for capability, *_, proof in rows:
        for named in re.findall(r"`(tests/[^`:]+)::(\w+)`", proof) or [("", "")]:
            path, name = named
            assert path, f"{capability} is tried by nothing"
            assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), named
