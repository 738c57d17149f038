"""The notice that there is no connection: what the browser keeps for it, when it shows, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.types import Receive, Scope, Send

from izin import app
from settings import load
from tests.browsing import browser as browser
from tests.browsing import served, window
from tests.citizen.consents.town import AYSE, CINAR, Town, town
from tests.conftest import SECRET, Opener
from tests.web.conftest import Build

ACTIVE = """async () => {
  const found = await navigator.serviceWorker.ready;
  while (found.active.state !== "activated") await new Promise(go => setTimeout(go, 20));
}"""
KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys())
    for (const one of await (await caches.open(name)).keys()) found.push(new URL(one.url).pathname);
  return found;
}"""
WORKERS = "async () => (await navigator.serviceWorker.getRegistrations()).length"


@pytest.fixture
def here(sqlite_url: str, open_registry: Opener) -> Iterator[Town]:
    with town(open_registry(sqlite_url)) as opened:
        yield opened


def started(page: Page, path: str = "/izinler") -> None:
    page.goto(path)
    page.evaluate(ACTIVE)


def eventually(page: Page, script: str, wanted: object) -> None:
    """A browser looks for a new worker some seconds after a page."""
    for _ in range(200):
        found = page.evaluate(script)
        if found == wanted:
            return
        page.wait_for_timeout(100)
    assert found == wanted


def test_without_a_network_a_page_is_a_notice_with_the_way_that_still_works(here: Town, browser: Browser) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    with served(here.client.app) as address, window(browser, address, cookie=visitor.cookie, bears=("",)) as page:
        started(page)
        page.goto(f"/izinler/{CINAR}")
        expect(page.locator("h1")).to_have_text("Çınar")
        page.goto("/izinler")
        assert page.evaluate(KEPT) == ["/baglanti-yok"], "nothing of a person"
        page.context.set_offline(True)
        page.goto(f"/izinler/{CINAR}")
        expect(page.locator("h1")).to_have_text("Bağlantı yok")
        expect(page).to_have_title("Bağlantı yok – İzin")
        expect(page.locator("main")).to_contain_text("3838 numarasına gönderin")
        assert page.locator("main").get_by_text("Çınar").count() == 0
        page.context.set_offline(False)
        page.get_by_role("link", name="Yeniden dene").click()
        expect(page.locator("h1")).to_have_text("Çınar")


def test_the_notice_is_in_the_language_of_the_last_page(here: Town, browser: Browser) -> None:
    with served(here.client.app) as address, window(browser, address, bears=("",)) as page:
        started(page, "/giris")
        page.goto("/giris?lang=en")
        eventually(page, "async () => (await caches.match('/baglanti-yok?lang=en')) !== undefined", True)
        eventually(page, "async () => (await caches.keys()).length", 1)
        page.evaluate(ACTIVE)
        page.context.set_offline(True)
        page.goto("/markalar?lang=en")
        expect(page.locator("h1")).to_have_text("You are offline")


def test_a_link_of_another_site_is_still_known_as_such(here: Town, browser: Browser) -> None:
    """Else a foreign page could learn the size of a citizen's page (web/pages.py), for the worker asks as our own."""
    seen: list[tuple[str, str]] = []

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in {"/izinler", "/markalar"}:
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            seen.append((headers.get("sec-fetch-site", ""), headers.get("service-worker-navigation-preload", "")))
        await here.client.app(scope, receive, send)

    visitor = here.sign_in(AYSE)
    with served(noting) as address, window(browser, address, cookie=visitor.cookie, bears=("",)) as page:
        started(page)
        page.goto("/markalar")
        assert seen[-1] == ("none", "true")
        link = f'<a href="{address}/izinler">x</a>'
        page.route("https://evil.example/", lambda route: route.fulfill(body=link, content_type="text/html"))
        page.goto("https://evil.example/")
        page.get_by_role("link").click()
        expect(page.locator("h1")).to_contain_text("marka")
        assert seen[-1] == ("cross-site", "true")


def test_a_form_is_never_sent_by_the_worker_and_the_panel_not_touched(here: Town, browser: Browser) -> None:
    visitor = here.sign_in(AYSE)
    with served(here.client.app) as address, window(browser, address, cookie=visitor.cookie, bears=("",)) as page:
        started(page)
        page.goto("/cikis")
        with page.expect_request(lambda request: request.method == "POST") as sent:
            page.get_by_role("button", name="Çıkış yap").click()
        expect(page.locator("h1")).to_have_text("Çıkış yaptınız")
        answer = sent.value.response()
        assert answer
        assert not answer.from_service_worker
        started(page, "/giris")
        page.context.set_offline(True)
        with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
            page.goto("/panel/giris")


def test_the_operator_can_take_it_out_of_every_browser(here: Town, browser: Browser) -> None:
    ended = app.build(load({"SECRET_KEY": SECRET, "OFFLINE_NOTICE": "0"}), here.registry)
    stopped: list[bool] = []

    async def either(scope: Scope, receive: Receive, send: Send) -> None:
        await (ended if stopped and scope["type"] == "http" else here.client.app)(scope, receive, send)

    with served(either) as address, window(browser, address, bears=("",)) as page:
        started(page, "/giris")
        assert page.evaluate(WORKERS) == 1
        stopped.append(True)
        page.goto("/giris")
        eventually(page, WORKERS, 0)
        assert page.evaluate(KEPT) == []
        page.goto("/giris")
        expect(page.locator("h1")).to_have_text("Kodu nereye gönderelim?")
        assert page.evaluate(WORKERS) == 0


@pytest.mark.parametrize("fault", ["/baglanti-yok.js", "/baglanti-yok"])
def test_a_page_works_where_the_worker_does_not(here: Town, browser: Browser, fault: str) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") == fault:
            scope = {**scope, "path": "/none", "raw_path": b"/none"}
        await here.client.app(scope, receive, send)

    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    with served(broken) as address, window(browser, address, cookie=visitor.cookie, bears=("404",)) as page:
        page.goto("/izinler")
        page.wait_for_load_state("networkidle")
        page.locator(f"#m-{CINAR} [type=submit]").click()
        expect(page.locator(f"#m-{CINAR}")).to_have_attribute("data-status", "refused")


def test_the_notice_is_the_same_for_everybody_and_its_worker_changes_with_it(site: Build) -> None:
    client, other = site(OPTOUT_NUMBER="3838"), site(OPTOUT_NUMBER="3344")
    page = client.get("/baglanti-yok", headers={"cookie": "sid=1"}).text
    assert page == client.get("/baglanti-yok").text
    assert "<script" not in page
    first, second = client.get("/baglanti-yok.js"), other.get("/baglanti-yok.js")
    assert first.headers["content-type"].startswith("text/javascript")
    assert first.text != second.text
    assert 'const PAGE = "/baglanti-yok?lang=en"' in client.get("/baglanti-yok.js?lang=en").text
    assert 'const PAGE = ""' in site(OFFLINE_NOTICE="0").get("/baglanti-yok.js").text
    assert "numarasına gönderin" not in site().get("/baglanti-yok").text
