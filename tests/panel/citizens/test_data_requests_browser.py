"""The operator's pages of data requests in a browser: sound at every width, in both schemes and in large letters."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from citizen.receipts import data_requests
from citizen.receipts.data_requests import DataRequestKind, NewDataRequest
from panel.rights import Staff
from tests.browsing import served
from tests.panel.office import Office
from tests.panel.operations.test_desk_browser import browser as browser
from tests.panel.operations.test_desk_browser import here as here
from tests.panel.operations.test_desk_browser import looked_at
from tests.panel.seen import number
from tests.panel.test_browser import seated


@pytest.mark.parametrize(("language", "scheme"), [("tr", "light"), ("en", "dark")])
def test_the_pages_are_sound(here: Office, browser: Browser, language: str, scheme: str) -> None:
    for kind in (DataRequestKind.CORRECTION, DataRequestKind.ERASURE):
        new = NewDataRequest(kind, number(1), "Bu numara artık benim; eski kayıt yanlış.")
        assert here.registry.store.write_now(data_requests.add, here.registry.keyring, new)
    look = {"locale": language, "color_scheme": scheme}
    with served(here.asgi) as address, seated(here, browser, Staff.OPERATOR, address, **look) as page:
        for path, name in (("", "data-requests"), ("/1", "data-request"), ("/2/kisiyi-sil", "data-request-erase")):
            page.goto(f"{address}/panel/isletmen/veri-talepleri{path}?lang={language}")
            page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
            looked_at(page, name, language, scheme)
