"""What did not reach the site is called so, on every form: no network, a 502 of a proxy, no answer in time."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from starlette.responses import PlainTextResponse
from starlette.routing import Route as SiteRoute
from starlette.types import Message, Receive, Scope, Send

from consents import state
from consents.queries import timeline
from consents.state import Key
from izin import app
from panel.rights import Membership, Staff
from tests.browsing import browser as browser
from tests.browsing import served, window
from tests.citizen.consents.states import ahead_in_force, brand_page
from tests.citizen.consents.test_choices import acts
from tests.citizen.consents.town import AYSE, CINAR, Town, town
from tests.conftest import Clock, Opener
from tests.optout.links import door as doors
from tests.panel.office import CINAR as COMPANY
from tests.panel.office import Office
from tests.panel.test_browser import OWNER, _asks, reading, seated
from tests.panel.test_matrix import filled
from tests.panel.things import THINGS
from web.rendering.assets import Assets

FORMS = "form[method=post]:not([data-passkey])"
PIECES = "form[hx-post]"
# Sends a form as a press of its button does; what is required may be empty.
SEND = """form => { form.noValidate = true; form.requestSubmit(form.querySelector("[type=submit]") || undefined) }"""
STANDS = """() => [...document.querySelectorAll("[data-status]")].map(one => one.id + one.dataset.status).join()"""
Fault = Callable[[Route], None]


def offline(route: Route) -> None:
    route.abort("internetdisconnected")


def bad_gateway(route: Route) -> None:
    route.fulfill(status=502, body="<html><h1>502 Bad Gateway</h1></html>", content_type="text/html")


HELD: list[Route] = []


def late(route: Route) -> None:
    """No answer before the test has seen what is shown meanwhile."""
    HELD.append(route)


FAULTS: dict[str, Fault] = {"offline": offline, "502": bad_gateway, "slow": late}


@pytest.fixture
def here(sqlite_url: str, open_registry: Opener) -> Iterator[Town]:
    with town(open_registry(sqlite_url)) as opened:
        yield opened


def tell_the_truth(page: Page, fault: str, sent: set[str]) -> None:
    """Sends each form of the page that leads elsewhere than those ``sent`` on other pages."""
    page.unroute_all()
    page.clock.fast_forward(15_000)  # who sends at once after an answer is not asked again whether the site is there
    page.route("**/*", FAULTS[fault])
    forms, shown = page.locator(FORMS), page.locator("#unsent")
    before, url = page.evaluate(STANDS), page.url
    for place in range(forms.count()):
        form = forms.nth(place)
        action = re.sub(r"[?].*|[0-9]+", "", form.get_attribute("action") or "")
        if action in sent or not form.evaluate("form => form.checkVisibility()"):
            continue
        sent.add(action)
        piece = form.get_attribute("hx-post") is not None
        early = piece and not page.evaluate("!!window.htmx")  # what sends it is not here: nothing is sent
        label = form.locator("[type=submit]").first.inner_text() if form.locator("[type=submit]").count() else ""
        form.evaluate(SEND)
        if fault == "slow":
            expect(shown).to_be_hidden()
            if label:
                expect(form.get_by_text("Gönderiliyor…")).to_have_count(1)
            form.evaluate(SEND)  # is not sent twice
            page.wait_for_timeout(50)
            assert len(HELD) == 1
            page.clock.fast_forward(10_500)
        expect(shown).to_be_visible()
        words = " ".join(shown.inner_text().split())
        # Of a request that was given away nobody can say that it did not arrive.
        said = (
            "Cevap gecikiyor. Kaydedildi mi, bilmiyoruz."
            if fault == "slow" and not early
            else (
                "Cevap gelmedi. Kaydedildi mi, bilmiyoruz."
                if piece and not early
                else "Gönderilemedi, bağlantı yok. Hiçbir şey değişmedi."
            )
        )
        assert words.startswith(said), words
        assert ("Sayfayı yenile ve bak" in words) == ("bilmiyoruz" in said)
        if label:
            assert form.locator("[type=submit]").first.inner_text() == label
        assert shown.get_attribute("role") == "alert"
        expect(shown.get_by_role("button", name="Yeniden dene")).to_be_visible()
        assert page.evaluate(STANDS) == before, "shown as done"
        assert page.url == url
        if form.locator("[type=submit]").count():
            assert form.evaluate("form => form.contains(document.activeElement)"), "the focus is lost"
        assert "Bad Gateway" not in page.content()
        for held in HELD:
            held.abort()
        HELD.clear()
        page.evaluate("document.getElementById('unsent').hidden = true")
    page.unroute_all()


@pytest.mark.parametrize("fault", [*FAULTS])
def test_the_first_pages_question_says_so_too(here: Town, browser: Browser, fault: str) -> None:
    """Its script is its own: the page is too light for the other."""
    with served(here.client.app) as address, window(browser, address, bears=("",)) as page:
        page.clock.install()
        page.goto("/")
        button, shown = page.get_by_role("button", name="Göndereni bul"), page.locator("#unsent")
        expect(shown).to_be_hidden()
        page.fill("#text", "CINARMKT")
        page.route("**/*", FAULTS[fault])
        button.click()
        if fault == "slow":
            expect(page.get_by_role("button", name="Gönderiliyor…")).to_be_visible()
            page.get_by_role("button", name="Gönderiliyor…").click()
            page.clock.fast_forward(10_500)
            assert len(HELD) == 1, "the second press sent nothing"
            HELD.clear()
        expect(shown).to_have_text("Gönderilemedi, bağlantı yok. Hiçbir şey değişmedi.")
        expect(button).to_be_focused()
        assert page.input_value("#text") == "CINARMKT"
        page.unroute_all()
        with page.expect_navigation():
            button.click()
        expect(page.locator("h1")).to_have_text("Bu adı kullanan marka: Çınar")


def with_htmx(page: Page) -> None:
    """Loads what sends the pieces, as the first touch of one of their forms does."""
    page.locator(PIECES).first.dispatch_event("pointerdown")
    page.evaluate("async () => { while (!window.htmx) await new Promise(go => setTimeout(go, 20)); }")
    page.wait_for_timeout(100)  # it reads the page


def citizens_pages() -> list[str]:
    """Those that can be opened without a number of something. The first page has a script of its own."""
    paths = [route.path for route in app.routes(Assets()) if isinstance(route, SiteRoute) and "GET" in route.methods]  # type: ignore[operator]
    paths = [path.replace("{brand:number}", str(CINAR)) for path in paths]
    return [path for path in paths[1:] if "{" not in path and "." not in path and not path.startswith("/panel")]


@pytest.mark.parametrize("fault", ["offline", *(pytest.param(one, marks=pytest.mark.long) for one in ("slow", "502"))])
def test_on_every_page_of_a_citizen(here: Town, clock: Clock, browser: Browser, fault: str) -> None:
    brand_page(here, clock)
    visitor = ahead_in_force(here, clock).visitor
    link, sent, pieces = doors.link(here, AYSE), set[str](), set[str]()
    act = here.registry.store.read_now(timeline.last_own, here.person(AYSE))
    assert act
    with served(here.client.app) as address, window(browser, address, cookie=visitor.cookie, bears=("",)) as page:
        page.clock.install()
        for path in (*citizens_pages(), f"/izinler/sonuc?act={act[0]}", link):
            answer = page.goto(path)
            if answer and answer.ok and "text/html" in answer.headers.get("content-type", ""):
                tell_the_truth(page, fault, sent)
                if page.locator(PIECES).count():
                    with_htmx(page)
                    tell_the_truth(page, fault, pieces)
    assert len(sent) > 10, sent
    assert len(pieces) > 1, pieces


@pytest.mark.parametrize("fault", ["502", *(pytest.param(one, marks=pytest.mark.long) for one in ("offline", "slow"))])
def test_on_every_page_of_the_panel(
    sqlite_url: str, open_registry: Opener, clock: Clock, browser: Browser, fault: str
) -> None:
    office = Office(open_registry(sqlite_url), clock)
    things = {thing: make(office, COMPANY) for thing, make in THINGS.items()}
    kinds: tuple[Membership | Staff | None, ...] = (None, OWNER, Staff.OPERATOR)
    sent: set[str] = set()
    with served(office.asgi) as address:
        for kind in kinds:
            with seated(office, browser, kind, address) as page:
                page.clock.install()
                for line in (line for line in reading() if _asks(line) == kind):
                    page.goto(f"{address}{filled(line, COMPANY, things)}?lang=tr")
                    tell_the_truth(page, fault, sent)
    office.close()
    assert len(sent) > 30, sent


def test_what_is_tried_again_is_saved(here: Town, browser: Browser) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    with served(here.client.app) as address, window(browser, address, cookie=visitor.cookie, bears=("",)) as page:
        page.clock.install()
        for path in (f"/izinler/{CINAR}", "/izinler/reddet"):
            page.goto(path)
            page.clock.fast_forward(15_000)
            page.route("**/*", offline)
            name = re.compile("^Hepsini reddet$" if "reddet" in path else "^Reddet: Çınar SMS'leri .kendiniz")
            page.get_by_role("button", name=name).click()
            expect(page.locator("#unsent")).to_be_visible()  # its words stand in the page before
            expect(page.locator("#unsent")).to_contain_text("3838")
            page.unroute_all()
            page.get_by_role("button", name="Yeniden dene").click()
            if "reddet" in path:
                expect(page.locator("h1")).to_have_text("Çınar markasını reddettiniz")
            else:
                expect(page.locator(f"#c-{CINAR}-MESAJ-BIREYSEL")).to_have_attribute("data-status", "RET")
            expect(page.locator("#unsent")).to_be_hidden()
            undo = page.get_by_role("button", name=re.compile("^Geri al")).first
            undo.click()
            expect(page.get_by_text("Geri alındı").first).to_be_visible()
    key = Key(here.person(AYSE), here.brand(CINAR), 1, 0)
    assert here.registry.store.read_now(state.of_key, key) is not None


def test_a_button_of_its_own_address_goes_there(here: Town, browser: Browser) -> None:
    """Its name and value go along, once."""
    here.told(AYSE, CINAR, ago=900)
    visitor = here.sign_in(AYSE)
    with served(here.client.app) as address, window(browser, address, cookie=visitor.cookie) as page:
        page.goto("/izinler/yeni-numara")
        with page.expect_request(lambda request: request.method == "POST") as sent:
            page.get_by_role("button", name="Hayır").click()
        assert (sent.value.post_data or "").count("new=") == 1
        assert "new=0" in (sent.value.post_data or "")


@pytest.mark.parametrize("status", [403, 404])
def test_a_probe_that_a_proxy_keeps_back_holds_up_no_refusal(here: Town, browser: Browser, status: int) -> None:
    async def kept(scope: Scope, receive: Receive, send: Send) -> None:
        proxy = scope.get("path") == "/healthz"
        await (PlainTextResponse("no", status) if proxy else here.client.app)(scope, receive, send)

    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    with served(kept) as address, window(browser, address, cookie=visitor.cookie, bears=("",)) as page:
        page.clock.install()
        page.goto("/izinler/reddet")
        page.clock.fast_forward(11_000)
        page.get_by_role("button", name=re.compile("^Hepsini reddet$")).click()
        expect(page.locator("h1")).to_have_text("Çınar markasını reddettiniz")


def test_a_proxy_that_takes_our_header_away_does_not_make_a_refusal_look_unsent(here: Town, browser: Browser) -> None:
    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        async def without(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [pair for pair in message["headers"] if pair[0] != b"x-request-id"]
            await send(message)

        await here.client.app(scope, receive, without)

    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    with served(bare) as address, window(browser, address, cookie=visitor.cookie, bears=("",)) as page:
        page.goto(f"/izinler/{CINAR}")
        page.get_by_role("button", name=re.compile("^Reddet: Çınar SMS'leri .kendiniz")).click()
        expect(page.locator(f"#c-{CINAR}-MESAJ-BIREYSEL")).to_have_attribute("data-status", "RET")
        expect(page.locator("#unsent")).to_be_hidden()


def test_what_is_tried_again_is_not_sent_once_more_by_the_question_that_hung(here: Town, browser: Browser) -> None:
    posts: list[str] = []

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") == "POST":
            posts.append(scope["path"])
            await asyncio.sleep(2)
        await here.client.app(scope, receive, send)

    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    with served(slow) as address, window(browser, address, cookie=visitor.cookie, bears=("",)) as page:
        page.clock.install()
        page.goto("/izinler/reddet")
        page.clock.fast_forward(11_000)
        page.route("**/healthz", late)
        page.get_by_role("button", name=re.compile("^Hepsini reddet$")).click()
        page.wait_for_timeout(300)
        page.clock.fast_forward(10_500)
        expect(page.locator("#unsent")).to_be_visible()
        page.get_by_role("button", name="Yeniden dene").click(no_wait_after=True)
        page.wait_for_timeout(300)
        for held in HELD:
            held.fulfill(status=200, headers={"x-request-id": "12345678"}, body="{}")
        HELD.clear()
        expect(page.locator("h1")).to_have_text("Çınar markasını reddettiniz")
    assert len(posts) == 1, posts


def test_a_file_that_has_come_is_not_called_late(here: Town, browser: Browser) -> None:
    """The page stays, and the next file may be asked for at once."""

    def download(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=200, body="a", headers={"content-disposition": "attachment; filename=a.csv"})

    asked: list[str] = []
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    with served(here.client.app) as address, window(browser, address, cookie=visitor.cookie, bears=("",)) as page:
        page.clock.install()
        page.goto("/izinler/reddet")
        page.evaluate("() => document.querySelector('main form[method=post]').setAttribute('data-file', '')")
        page.route("**/reddet*", download)
        for _ in range(2):
            with page.expect_download():
                page.get_by_role("button", name=re.compile("^Hepsini reddet$")).click()
            page.clock.fast_forward(11_000)
        assert len(asked) == 2
        expect(page.locator("#unsent")).to_be_hidden()


def test_what_the_phone_knows_to_be_unsent_changed_nothing(here: Town, browser: Browser) -> None:
    """Without a network nothing is given away, neither by a piece of a page nor by a form."""
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    with served(here.client.app) as address, window(browser, address, cookie=visitor.cookie, bears=("",)) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        for path in ("/izinler", "/izinler/reddet"):
            page.goto(path)
            page.context.set_offline(True)
            asked.clear()
            button = page.locator("main form[method=post] [type=submit]").first
            button.click()
            shown = page.locator("#unsent")
            expect(shown).to_contain_text("Gönderilemedi, bağlantı yok. Hiçbir şey değişmedi.", use_inner_text=True)
            expect(button).to_be_focused()
            expect(button).not_to_contain_text("Gönderiliyor")
            assert asked == []
            page.context.set_offline(False)
            if path == "/izinler":
                shown.get_by_role("button", name="Yeniden dene").click()
                expect(page.locator(f"#m-{CINAR}")).to_have_attribute("data-status", "refused")
                page.get_by_role("button", name=re.compile("^Geri al")).click()
                expect(page.locator(f"#m-{CINAR}")).to_have_attribute("data-status", "open")
        shown.get_by_role("button", name="Yeniden dene").click()
        expect(page.locator("h1")).to_have_text("Çınar markasını reddettiniz")


@pytest.mark.parametrize("path", ["/izinler", "/izinler/reddet"])
def test_a_button_takes_no_second_press_while_the_first_is_on_its_way(here: Town, browser: Browser, path: str) -> None:
    posts: list[str] = []

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") == "POST":
            posts.append(scope["path"])
            await asyncio.sleep(1.5)
        await here.client.app(scope, receive, send)

    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    with served(slow) as address, window(browser, address, cookie=visitor.cookie) as page:
        page.goto(path)
        button = page.locator("main form[method=post] [type=submit]").first
        presses = "for (let i = 0; i < 3; i += 1) button.click(); return [button.textContent, button.ariaDisabled]"
        assert button.evaluate(f"button => {{ {presses} }}") == ["Gönderiliyor…", "true"]
        if path == "/izinler":
            expect(page.locator(f"#m-{CINAR}")).to_have_attribute("data-status", "refused")
            expect(page.locator(f"#m-{CINAR}").get_by_role("button")).to_have_text("Geri al")
        else:
            expect(page.locator("h1")).to_have_text("Çınar markasını reddettiniz")
            page.go_back()
            expect(page.locator("body")).not_to_contain_text("Gönderiliyor…")
    assert len(posts) == 1, posts


@pytest.mark.parametrize("body", [None, "const = 1"], ids=["gone", "not understood"])
def test_a_refusal_is_sent_where_what_sends_pieces_cannot_run(here: Town, browser: Browser, body: str | None) -> None:
    """On a page that is older than the site, whose files are gone, and in a browser too old for them."""
    posts: list[str] = []

    async def counting(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") == "POST":
            posts.append(scope["path"])
        await here.client.app(scope, receive, send)

    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    bears = ("", "404", "SyntaxError", "Unexpected token", "Missing initializer")
    with served(counting) as address, window(browser, address, cookie=visitor.cookie, bears=bears) as page:
        status = 404 if body is None else 200
        page.route(
            "**/*htmx*", lambda route: route.fulfill(status=status, body=body or "", content_type="text/javascript")
        )
        page.goto("/izinler")
        button = page.locator("main form[hx-post] [type=submit]").first
        button.evaluate("button => { for (let i = 0; i < 3; i += 1) button.click() }")
        expect(page.locator("h1")).to_have_text("Çınar markasını reddettiniz")
        expect(page.locator("#unsent")).to_be_hidden()
    assert len(posts) == 1, posts


def test_a_piece_whose_answer_hung_is_asked_for_anew_and_done_once(here: Town, browser: Browser) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    hung, before = asyncio.Event(), acts(here)

    async def hanging(scope: Scope, receive: Receive, send: Send) -> None:
        """The first refusal is recorded, and its answer never comes."""

        async def kept(message: Message) -> None:
            await asyncio.sleep(60)

        first = scope.get("method") == "POST" and not hung.is_set()
        if first:
            hung.set()
        await here.client.app(scope, receive, kept if first else send)

    with served(hanging) as address, window(browser, address, cookie=visitor.cookie, bears=("",)) as page:
        page.clock.install()
        page.goto("/izinler")
        button = page.locator(f"#m-{CINAR} [type=submit]")
        button.click()
        expect(button).to_have_text("Gönderiliyor…")
        while not hung.is_set():  # the script that sends it comes at the first touch
            page.wait_for_timeout(10)
        page.clock.fast_forward(10_500)
        shown = page.locator("#unsent")
        expect(shown).to_contain_text("Cevap gecikiyor. Kaydedildi mi, bilmiyoruz.", use_inner_text=True)
        expect(button).to_have_text("Reddet")
        shown.get_by_role("button", name="Yeniden dene").click()
        expect(page.locator(f"#m-{CINAR}")).to_have_attribute("data-status", "refused")
        expect(shown).to_be_hidden()
    assert acts(here) == before + 1


PORTAL = "<!DOCTYPE html><html><body><h1>Welcome to our Wi-Fi</h1></body></html>"


def test_a_networks_own_page_is_no_piece_of_ours(here: Town, browser: Browser) -> None:
    def portal(route: Route) -> None:
        route.fulfill(status=200, body=PORTAL, content_type="text/html")

    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    # What a service worker fetches passes Playwright's routes by.
    look = {"bears": ("",), "service_workers": "block"}
    with served(here.client.app) as address, window(browser, address, cookie=visitor.cookie, **look) as page:
        page.clock.install()
        nothing = "Hiçbir şey değişmedi."
        ways = (("/izinler", nothing), ("/izinler", "Cevap gelmedi. Kaydedildi mi"), ("/izinler/reddet", nothing))
        for path, said in ways:
            page.goto(path)
            if said != nothing:
                with_htmx(page)
            page.clock.fast_forward(11_000)
            page.route("**/*", portal)
            page.locator("main form[method=post] [type=submit]").first.click()
            expect(page.locator("#unsent")).to_contain_text(said, use_inner_text=True)
            expect(page.locator("body")).not_to_contain_text("Wi-Fi")
            assert page.url.endswith(path)
            page.unroute_all()
