"""One site of three processes: whatever one of them was told, the two others know at the next request."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from consents.brands import brand_changes, companies
from consents.brands.company_changes import Why
from consents.instants import ISTANBUL
from consents.terms import Channel
from providers.callers import api_users
from providers.callers.api_users import Owner
from tests import programs
from tests.browsing import browser as browser
from tests.browsing import window
from tests.providers.conformance.client import Client
from tests.providers.conformance.document import PATH
from tests.several.conftest import CINAR, MEMBERS, PERSON, Answer, Site, wait
from trust import minting
from trust.minting import LinkOrder

BRAND = {"iysCode": CINAR, "brandCode": CINAR}
AYSE = "+905320000001"
ROW = f"#c-{CINAR}-MESAJ-BIREYSEL"


def consent(number: int, **other: Any) -> dict[str, Any]:
    at = datetime.now(ISTANBUL) - timedelta(minutes=30)
    plain = {
        "recipient": f"+9053200000{number:02}", "type": "MESAJ", "source": "HS_WEB", "status": "ONAY",
        "consentDate": at.strftime("%Y-%m-%d %H:%M:%S"), "recipientType": "BIREYSEL",
    }  # fmt: skip
    return plain | other


class Caller:
    """A client of the regulator's document; each of its calls goes to the next process."""

    def __init__(self, site: Site) -> None:
        self.site, self.answered = site, list[str]()
        self.client = Client(json.loads(PATH.read_text(encoding="utf-8")), self.send)

    def send(self, method: str, path: str, headers: Any, body: bytes | None) -> tuple[int, str, bytes]:
        given = json.loads(body) if body is not None else None
        answer = self.site.ask(method, self.site.url + path, given, **headers)
        self.answered.append(answer.member)
        return answer.status, answer.headers.get("content-type", ""), answer.body


@pytest.fixture(scope="module")
def caller(site: Site) -> Caller:
    made = Caller(site)
    made.client.sign_in("createToken2", "cinar", site.password)
    made.client.call("addConsent", consent(1), **BRAND)
    return made


def test_a_programs_day_goes_on_in_whatever_process(site: Site, caller: Caller) -> None:
    client, before = caller.client, len(caller.answered)
    client.call("addConsent", consent(5), **BRAND)
    key = {"recipient": "+905320000005", "type": "MESAJ", "recipientType": "BIREYSEL"}
    for _ in range(MEMBERS):
        assert client.call("consentDetail", key, **BRAND).told["status"] == "ONAY"
    taken = client.call("addBatchConsentV2", [consent(2), consent(3, status="RET")], **BRAND)
    request = {"requestId": taken.told["requestId"]}

    def results() -> Any:
        told = client.call("searchRequestDetailsV2", **request, **BRAND).told
        return told if all(item["status"] != "enqueue" for item in told) else None

    assert [item["status"] for item in wait(results, "the list")] == ["success", "success"]
    asked = {"recipients": [f"+9053200000{number:02}" for number in range(2, 6)]}
    kind = {"recipientType": "BIREYSEL", "type": "MESAJ"}
    for _ in range(MEMBERS):
        approved = client.call("batchConsentStatus", asked, **kind, **BRAND).told["list"]
        assert approved == ["+905320000002", "+905320000005"]
    feed = client.call("PullPerBrandCode", source="HS", limit=2, **BRAND).told
    rest = client.call("PullPerBrandCode", source="HS", after=feed["after"], **BRAND).told
    moves = feed["list"] + rest["list"]
    assert [move["status"] for move in moves] == ["ONAY", "ONAY", "ONAY", "RET"]
    turns = caller.answered[before:]
    assert len(set(turns)) == MEMBERS
    assert all(one != other for one, other in pairwise(turns)), "each to another process"


def test_limits_count_over_all_processes(site: Site, caller: Caller) -> None:
    left = []
    for member in site.members * 2:
        body = {"username": "nobody", "password": "wrong", "grant_type": "password"}
        answer = site.ask("POST", f"{member}/oauth2/token", body)
        left.append(int(re.findall(r";r=(\d+)", answer.headers["ratelimit"])[0]))
    assert left == list(range(left[0], left[0] - 6, -1))


def test_tokens_and_users_end_everywhere_at_once(site: Site, caller: Caller) -> None:
    path = f"/sps/{CINAR}/brands"
    password = site.registry.store.write_now(
        api_users.add, Owner.PROVIDER, CINAR, "second", programs.password("second")
    )
    proof = {"username": "second", "password": password, "grant_type": "password"}
    tokens = site.ask("POST", f"{site.members[0]}/oauth2/token", proof).json
    old = {"refresh_token": tokens["refresh_token"], "grant_type": "refresh_token"}
    fresh = site.ask("POST", f"{site.members[1]}/oauth2/token", old).json
    bearer = {"authorization": f"Bearer {fresh['access_token']}"}
    assert [site.ask("GET", each + path, **bearer).status for each in site.members] == [200] * MEMBERS
    late = site.ask("POST", f"{site.members[2]}/oauth2/token", old)
    assert (late.status, late.json["error"]) == (400, "invalid_grant"), "spent in another process"
    ended = [site.ask("GET", each + path, **bearer).status for each in site.members]
    assert ended == [401] * MEMBERS, "who gives a spent one has stolen it: all of its family ends"
    newest = site.ask("POST", f"{site.members[0]}/oauth2/token", proof).json
    bearer = {"authorization": f"Bearer {newest['access_token']}"}
    assert [site.ask("GET", each + path, **bearer).status for each in site.members] == [200] * MEMBERS
    site.registry.store.write_now(api_users.end, Owner.PROVIDER, CINAR, "second")
    assert [site.ask("GET", each + path, **bearer).status for each in site.members] == [401] * MEMBERS


def test_a_new_title_of_a_brand_is_on_every_page_within_a_second(site: Site, caller: Caller) -> None:
    registry = site.registry
    brand = registry.store.read_now(companies.known_brand, CINAR)
    assert brand is not None
    made = minting.ready(registry.keyring, site.url, ["+905320000009"])
    order = LinkOrder(brand.id, Channel.MESAJ, site.url, 30)
    (issued,) = registry.store.write_now(minting.write, registry.keyring, order, made)
    path = issued.url.removeprefix(site.url)

    def shown(title: str) -> bool:
        pages = [site.ask("GET", each + path) for each in site.members]
        assert {page.status for page in pages} == {200}
        return all(title in page.body.decode() for page in pages)

    assert shown("Çınar")
    site.registry.store.write_now(brand_changes.rename, CINAR, "Söğüt", Why(site.registry.keyring, "a new sign"))
    wait(lambda: shown("Söğüt"), "the new title", 10.0)


def form(site: Site, url: str, cookie: str, **fields: str) -> Answer:
    return site.ask("POST", url, urlencode(fields).encode(), cookie=cookie)


def test_a_sign_in_to_the_panel_goes_over_processes_and_ends_in_all(site: Site) -> None:
    one, two, three = site.members
    asked = site.ask("POST", f"{one}/panel/giris", urlencode({"email": PERSON}).encode())
    assert asked.status == 303
    holder = asked.cookies
    code = site.code_for(PERSON)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    missed = form(site, f"{two}/panel/giris/kod", holder, code=wrong)
    assert (missed.status, "Kod yanlış." in missed.body.decode()) == (422, True)
    signed = form(site, f"{three}/panel/giris/kod", holder, code=code)
    assert signed.status == 303
    session = signed.cookies
    assert form(site, f"{one}/panel/giris/kod", holder, code=code).status != 303, "used in another process"
    pages = [site.ask("GET", f"{each}/panel/hesap", cookie=session).status for each in site.members]
    assert pages == [200] * MEMBERS
    assert form(site, f"{two}/panel/cikis", session).status == 303
    pages = [site.ask("GET", f"{each}/panel/hesap", cookie=session).status for each in site.members]
    assert 200 not in pages


def sign_in(site: Site, page: Page, *, wrong: bool = False) -> None:
    before = len(site.codes(AYSE))
    page.goto("/giris")
    page.fill("#address", AYSE)
    page.click("button.main")
    page.wait_for_url(re.compile("/giris/kod$"))
    code = site.code_for(AYSE, before)
    if wrong:
        for left in (4, 3):
            page.fill("#code", f"{(int(code) + left) % 1_000_000:06}")
            page.click("button.main")
            expect(page.locator(".error")).to_contain_text(f"Kalan deneme: {left}")
    page.fill("#code", code)
    page.click("button.main")
    expect(page).to_have_url(re.compile("/izinler$"))


def test_a_citizens_walk_goes_over_processes(site: Site, caller: Caller, browser: Browser) -> None:
    shape = {"viewport": {"width": 320, "height": 700}}
    bears = ("422", "Clear-Site-Data")
    with (
        window(browser, site.url, bears=bears, **shape) as page,
        window(browser, site.url, bears=bears, **shape) as other,
    ):
        answered = list[str]()
        page.on("response", lambda answer: answered.append(answer.headers.get("x-member", "")))
        sign_in(site, page, wrong=True)
        sign_in(site, other)
        for one in (page, other):
            one.goto(f"/izinler/{CINAR}")
        for _ in range(2):
            page.locator(ROW).get_by_role("button", name="Reddet: Çınar SMS'leri").click()
            expect(page.locator(ROW)).to_have_attribute("data-status", "RET")
            other.reload()
            expect(other.locator(ROW)).to_have_attribute("data-status", "RET")
            page.locator(ROW).get_by_role("button", name="Geri al").click()
            expect(page.locator(ROW)).to_have_attribute("data-status", "ONAY")
        key = {"recipient": AYSE, "type": "MESAJ", "recipientType": "BIREYSEL"}
        page.locator(ROW).get_by_role("button", name="Reddet: Çınar SMS'leri").click()
        expect(page.locator(ROW)).to_have_attribute("data-status", "RET")
        assert caller.client.call("consentDetail", key, **BRAND).told["status"] == "RET"
        page.goto("/cikis")
        page.click("text=Tüm cihazlardan çık")
        for _ in range(MEMBERS):
            other.goto("/izinler")
            expect(other).not_to_have_url(re.compile("/izinler$"))
        assert len(set(answered)) == MEMBERS
