"""A call that a person of the panel sends to the sandbox, in a real browser."""

from __future__ import annotations

import json
import time
from typing import Any

from playwright.sync_api import Browser, expect

from consents.registry import Registry
from providers.callers import api_users
from providers.callers.api_users import Owner
from providers.openapi import reference
from tests import programs
from tests.browsing import accessible, served, window
from tests.browsing import browser as browser
from tests.conftest import SECRET, Clock
from tests.panel.brands.forms import AT, OWNER
from tests.panel.office import CINAR, Office

KEY = f"test_{CINAR}"


def test_a_call_goes_to_the_sandbox_and_its_answer_is_shown(browser: Browser, sqlite_url: str, clock: Clock) -> None:
    clock.now = time.time_ns() // 1000  # as the sandbox has it
    with Registry.open(sqlite_url, SECRET, now=clock) as registry:
        here = Office(registry, clock)
        add = api_users.add, Owner.PROVIDER, CINAR, KEY, programs.password(KEY), True
        password = registry.store.write_now(*add)
        cookie = f"panel={here.somebody(OWNER).cookies['panel']}"
        with served(here.asgi) as address, window(browser, address, cookie=cookie, bears=["400"]) as page:
            page.goto(f"{AT}/programlar/dene?cagri={reference.page_name('consentDetail')}")
            accessible(page)
            answer = page.locator("#try-answer")

            def send(name: str, secret: str) -> None:
                page.fill("#try-name", name)
                page.fill("#try-password", secret)
                page.click("#try-send")

            send(KEY, "wrong")
            expect(answer).to_contain_text("400")
            send(KEY, password)
            expect(answer).to_contain_text("200")
            head, _, body = answer.inner_text().partition("\n\n200\n")
            assert head == f"POST /sandbox/sps/{CINAR}/brands/{CINAR}/consents/status"
            assert json.loads(body) == {}, "nobody has declared anything there"
            page.goto(f"{AT}/programlar/dene?cagri={reference.page_name('addConsent')}")
            expect(page.locator("#try-name")).to_have_value(KEY)
            send(KEY, password)
            expect(answer).to_contain_text("transactionId")  # the body on the page is one that is recorded
            assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_without_script_the_page_has_the_line_and_no_dead_form(browser: Browser, sqlite_url: str, clock: Clock) -> None:
    look: dict[str, Any] = {"java_script_enabled": False}
    with Registry.open(sqlite_url, SECRET, now=clock) as registry:
        here = Office(registry, clock)
        cookie = f"panel={here.somebody(OWNER).cookies['panel']}"
        with served(here.asgi) as address, window(browser, address, cookie=cookie, **look) as page:
            page.goto(f"{AT}/programlar/dene")
            expect(page.locator("#try")).to_be_hidden()
            expect(page.locator("#line")).to_contain_text("curl -s")
