"""A town on a real socket and a real browser at its door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from playwright.sync_api import Browser, Page

from tests import browsing
from tests.citizen.consents.town import Town, Visitor


def served(town: Town) -> AbstractContextManager[str]:
    """The town's address while the block runs."""
    return browsing.served(town.client.app)


@contextmanager
def opened(
    browser: Browser, address: str, visitor: Visitor, *, script: bool = True, scheme: str = "light"
) -> Iterator[Page]:
    """A phone of 360 pixels with the visitor's cookie; whatever the browser complains of is an error."""
    look: dict[str, Any] = {"java_script_enabled": script, "color_scheme": "dark" if scheme == "dark" else "light"}
    with browsing.window(browser, address, cookie=visitor.cookie, bears=("404", "503"), **look) as page:
        yield page
