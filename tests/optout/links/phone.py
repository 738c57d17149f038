"""Somebody with a phone who has opened a link: no session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page

from tests.browsing import complaints


@contextmanager
def phone(
    browser: Browser, address: str, *, script: bool = True, scheme: str = "light", locale: str = "tr-TR"
) -> Iterator[Page]:
    """A page 360 pixels wide; whatever the browser complains of is an error, and so is a cookie of any other page."""
    context = browser.new_context(
        base_url=address,
        viewport={"width": 360, "height": 740},
        locale=locale,
        java_script_enabled=script,
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    told = complaints(page)
    yield page
    cookies = context.cookies()
    context.close()
    assert not [text for text in told if not any(code in text for code in ("403", "404", "422", "429", "503"))]
    assert all(cookie["name"] == "baglanti" and len(cookie["path"]) > len("/k/") for cookie in cookies), cookies
