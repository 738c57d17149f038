"""Somebody with a phone who has opened a link: no session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page

from tests.browsing import window


@contextmanager
def phone(
    browser: Browser, address: str, *, script: bool = True, scheme: str = "light", locale: str = "tr-TR"
) -> Iterator[Page]:
    """A page 360 pixels wide; whatever the browser complains of is an error, and so is a cookie of any other page."""
    look: dict[str, Any] = {"java_script_enabled": script, "color_scheme": "dark" if scheme == "dark" else "light"}
    with window(browser, address, bears=("403", "404", "422", "429", "503"), locale=locale, **look) as page:
        yield page
        cookies = page.context.cookies()
        assert all(kept["name"] == "baglanti" and len(kept["path"]) > len("/k/") for kept in cookies), cookies
