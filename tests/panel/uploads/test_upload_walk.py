"""A file from its choice to its taking back, on a phone without scripts and at a desk with them."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, Page

from panel.rights import Membership, Permission, Role
from tests.browsing import accessible, browser, narrow, served, window  # noqa: F401 - a fixture
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, Office
from tests.panel.uploads.uploads import GOOD, rows
from tests.panel.uploads.uploads import work as work_here
from web import cookies

LOADER = Membership(Role.USER, Permission.LOAD)
PRESSED = "main button, main a.btn, main select, main input:not([type=radio]):not([type=checkbox]), nav a"


def work(here: Office) -> None:
    """The worker's turn, in a thread: the browser's driver has the loop of this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work_here, here).result()


class Walk:
    """A page in which somebody is signed in; ``PICTURES`` names a folder for pictures of each step."""

    def __init__(self, here: Office, page: Page, name: str) -> None:
        self.here, self.page, self.name, self.step = here, page, name, 0

    def look(self) -> None:
        self.step += 1
        if folder := os.environ.get("PICTURES"):
            self.page.screenshot(path=f"{folder}/{self.name}-{self.step}.png", full_page=True)

    def upload(self, path: Path) -> None:
        self.page.goto(f"/panel/{CINAR}/yukle")
        self.look()
        self.page.select_option("#brand", index=1)
        self.page.set_input_files("#file", path)
        self.page.locator("main button[type=submit]").click()
        self.look()

    def press(self, deed: str) -> None:
        self.page.locator(f"form[action*='{deed}'] button").first.click()


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    path = tmp_path / "kasim-izinleri.csv"
    spoilt = [
        GOOD.replace("MESAJ", "FAKS"),
        GOOD.replace("+905320000001", "0532 000 00"),
        GOOD.replace("HS_WEB", "WEP"),
    ]
    path.write_text("\n".join([rows(40), *spoilt, GOOD]) + "\n", encoding="utf-8")
    return path


PHONE = ("phone", {"width": 360, "height": 800}, "light", "tr")
DESK = ("desk", {"width": 1280, "height": 900}, "dark", "en")


@pytest.fixture(params=[pytest.param(PHONE, marks=pytest.mark.long), DESK], ids=["phone", "desk"])
def walk(request: pytest.FixtureRequest, office: OpenOffice, browser: Browser) -> Iterator[Walk]:  # noqa: F811
    name, size, scheme, language = request.param
    here = office()
    token = here.somebody(LOADER).cookies[cookies.PANEL]
    with served(here.asgi) as address:
        look = {"viewport": size, "color_scheme": scheme, "locale": "tr-TR" if language == "tr" else "en-GB"}
        cookie = f"{cookies.PANEL}={token}"
        with window(browser, address, cookie=cookie, java_script_enabled=name == "desk", **look) as page:
            yield Walk(here, page, name)


def test_a_file_is_tried_applied_and_taken_back(walk: Walk, csv_file: Path) -> None:
    page, here = walk.page, walk.here
    scripted = walk.name == "desk"
    walk.upload(csv_file)
    work(here)
    if scripted:
        page.locator("form[action*='uygula']").wait_for()  # htmx asks by itself
    else:
        with page.expect_navigation():
            page.locator("#upload > p.acts a.btn").first.click()  # the link that loads the page anew
    walk.look()
    assert page.locator(".counts td").all_inner_texts() == ["40", "0", "0", "1", "3", "1"]
    assert page.locator("#reasons tbody tr").count() == 3
    assert page.locator("details table.stack tbody tr").count() == 3
    if scripted:
        accessible(page)
    with page.expect_download() as download:
        page.locator("button[value=own]").click()
    book = openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    wrong = [row[0] for row in book.active.iter_rows(values_only=True)]
    assert (len(wrong), sum(map(bool, wrong))) == (45, 4)
    walk.press("uygula")
    work(here)
    page.goto(page.url)
    walk.look()
    assert page.locator("a[href*='geri-al']").count() == 1
    if scripted:
        accessible(page)
        narrow(page, PRESSED)
    page.locator("a[href*='geri-al']").click()
    walk.look()
    assert "40" in page.locator("main").inner_text()
    if scripted:
        accessible(page)
        narrow(page, PRESSED)
    walk.press("geri-al")
    work(here)
    page.goto(page.url)
    walk.look()
    assert page.locator("form[action*='geri-al']").count() == 0
    page.goto(f"/panel/{CINAR}/yuklemeler")
    walk.look()
    assert page.locator("table.stack tbody tr").count() == 1
    for path in ("yukle", "yukle/tek", "yuklemeler"):
        page.goto(f"/panel/{CINAR}/{path}")
        walk.look()
        if scripted:
            accessible(page)
            narrow(page, PRESSED)
    assert here.acts()[-6:] == [
        "file-uploaded",
        "refusals-downloaded",
        "file-applied",
        "file-loaded",
        "file-taken-back",
        "file-undone",
    ]
