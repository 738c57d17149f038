"""What a real browser makes of every designed state: axe, narrow screens, weight.

``SHOTS=folder`` draws each of them into a picture.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from starlette.types import Message, Receive, Scope, Send

from tests import browsing
from tests.browsing import accessible, narrow, readable, sized
from tests.browsing import browser as browser
from tests.citizen.consents.browser import opened, served
from tests.citizen.consents.states import STATES, many
from tests.citizen.consents.town import AYSE, Town
from tests.conftest import Clock

# The folder that pictures of all states are to be drawn in.
SHOTS = os.environ.get("SHOTS")


@pytest.mark.parametrize("name", STATES)
def test_every_state_is_sound_in_a_browser(here: Town, clock: Clock, browser: Browser, name: str) -> None:
    shown = STATES[name](here, clock)
    english = shown.path + ("&" if "?" in shown.path else "?") + "lang=en"
    with served(here) as address:
        for path, scheme in ((shown.path, "light"), (english, "dark")):
            with opened(browser, address, shown.visitor, scheme=scheme) as page:
                page.goto(path)
                (accessible if scheme == "light" else readable)(page)
                if SHOTS:
                    picture = Path(SHOTS) / f"{name}-{scheme}.png"
                    page.screenshot(path=picture, full_page=name != "five_hundred")
                narrow(page, ".btn, select, summary, a.quiet, [data-status] a, .next a")
                sized(page)


def test_fifty_brands_weigh_at_most_14_kb_with_the_sheet(here: Town) -> None:
    many(here, AYSE, 50, both=True)
    visitor = here.sign_in(AYSE)
    for path in ("/izinler", "/markalar"):
        page = visitor.get(path, **{"accept-encoding": "gzip"})
        sheets = [visitor.get(f"/static/{name}", **{"accept-encoding": "gzip"}) for name in ("site.css", "more.css")]
        assert page.headers["content-encoding"] == "gzip"
        first = sum(int(part.headers["content-length"]) for part in (page, *sheets))
        assert first <= 14 * 1024
        files = re.findall(r'(?:src|rel="(?:icon|apple-touch-icon|manifest)"[^>]*? href)="(/[^"]+)"', page.text)
        assert len(files) == 4
        later = [visitor.get(file, **{"accept-encoding": "gzip"}) for file in files]
        assert first + sum(int(file.headers["content-length"]) for file in later) <= 25 * 1000


def test_what_travels_for_the_start_and_for_thirty_brands(here: Town, browser: Browser) -> None:
    """Status lines, headers and bodies of all that Chromium asks for, the files of the offline notice too. htmx comes
    with the first touch of a form that needs it."""
    many(here, AYSE, 30)
    visitor, sent = here.sign_in(AYSE), dict[str, int]()

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        async def count(message: Message) -> None:
            head = [*message.get("headers", ()), (b"HTTP/1.1 200 OK", b"")] if "status" in message else []
            size = sum(len(name) + len(value) + 4 for name, value in head) + len(message.get("body", b""))
            sent[scope["path"]] = sent.get(scope["path"], 0) + size
            await send(message)

        await (here.client.app)(scope, receive, count if scope["type"] == "http" else send)

    with browsing.served(counted) as address, opened(browser, address, visitor) as page:
        page.goto("/", wait_until="networkidle")
        assert sum(sent.values()) <= 9 * 1000, sent
        sent.clear()
        page.context.new_cdp_session(page).send("Network.clearBrowserCache")
        page.goto("/izinler")
        page.evaluate("async () => { await navigator.serviceWorker.ready }")
        assert len(page.locator(".listed").all()) == 30
        assert "/baglanti-yok" in sent
        assert "/static/htmx.min.js" not in sent
        assert sum(sent.values()) <= 18 * 1000, sent
        page.get_by_role("button", name="Reddet: Örnek Marka 1,").click()
        expect(page.locator("#m-700001")).to_be_focused()
        assert sent["/static/htmx.min.js"] > 10_000
