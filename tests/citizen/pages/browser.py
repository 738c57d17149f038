"""A town on a real socket and a real browser at its door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from playwright.sync_api import Browser, Page

from tests import browsing
from tests.citizen.pages.town import Town, Visitor


def served(town: Town) -> AbstractContextManager[str]:
    """The town's address while the block runs."""
    return browsing.served(town.client.app)


@contextmanager
def opened(
    browser: Browser, address: str, visitor: Visitor, *, script: bool = True, scheme: str = "light"
) -> Iterator[Page]:
    """A phone of 360 pixels with the visitor's cookie; whatever the browser complains of is an error."""
    context = browser.new_context(
        base_url=address,
        viewport={"width": 360, "height": 740},
        locale="tr-TR",
        java_script_enabled=script,
        color_scheme="dark" if scheme == "dark" else "light",
    )
    name, _, value = visitor.cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": address}])
    page = context.new_page()
    complaints = browsing.complaints(page)
    yield page
    context.close()
    told = [text for text in complaints if "404" not in text and "503" not in text]
    assert not told, told
